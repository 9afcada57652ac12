"""Signing in and out."""

from callguard.access import Role
from tests.console.conftest import PASSWORD, Console


async def test_somebody_who_knows_the_password_comes_in_and_out(console: Console) -> None:
    console.person(Role.MEMBER, "Ben")
    browser = console.stranger()
    page = await browser.get("/sign-in?next=/more")
    assert page.status == 200, page.text
    inside = await browser.post("/sign-in", {"name": "ben", "password": PASSWORD, "next": "/more"})
    assert (inside.status, inside.location) == (303, "/more")
    assert "Signed in as" in (await browser.get("/more")).text
    out = await browser.post("/sign-out")
    assert (out.status, out.location) == (303, "/sign-in")
    assert (await browser.get("/more")).location == "/sign-in?next=%2Fmore"
