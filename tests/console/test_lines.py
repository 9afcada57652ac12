"""Lines: whether each hears calls, how that was, whether it is registered, and a call to try it with."""

from pathlib import Path

import pytest

from callguard.place import Place
from tests.console.conftest import Browser, Console


async def test_a_line_says_how_it_is_what_came_and_what_is_its_own(console: Console, viewer: Browser) -> None:
    await console.ring("+13035550147", name="<b>Dr. Lee</b>")
    page = (await viewer.get("/lines")).text
    for told in ("Home", "Protecting", "Hears calls", "1 call", "(303) 555-0147", "as for the household"):
        assert told in page
    assert "<b>Dr" not in page


@pytest.fixture
def with_wishes(place: Place) -> Path:
    assert place.config is not None
    more = "lines:\n  Home:\n    number: +1 303 555 0101\n    policy: {profile: strict}\n"
    place.config.write_text(place.config.read_text() + more)
    return place.config


@pytest.mark.usefixtures("with_wishes")
async def test_what_is_different_on_a_line_stands_on_its_card(viewer: Browser) -> None:
    page = (await viewer.get("/lines")).text
    assert "(303) 555-0101" in page
    assert "Strict: also what is only likely (this line only)" in page


async def test_without_a_line_the_page_says_what_to_do(console: Console, admin: Browser, viewer: Browser) -> None:
    console.daemon.house.health.lines = []
    assert "No telephone line yet" in (await viewer.get("/lines")).text
    assert "Set up a line" in (await admin.get("/lines")).text
    assert "Set up a line" not in (await viewer.get("/lines")).text


async def test_it_is_noted_since_when_a_line_is_registered_and_that_can_be_undone(
    console: Console, admin: Browser
) -> None:
    assert "nobody has said" in (await admin.get("/lines")).text
    noted = await admin.post("/lines/registry", {"line": "Home", "registered_on": "2019-04-02"})
    assert "Noted for Home." in (await admin.follow(noted)).text
    (known,) = (await console.ask("dnc-status"))["lines"]
    assert known["registered_on"] == "2019-04-02"
    await admin.post("/lines/registry", {"line": "Home", "not_registered": "yes"})
    (known,) = (await console.ask("dnc-status"))["lines"]
    assert known["state"] == "not-registered"
    newest = (await console.ask("changes"))[0]
    assert (await admin.post(f"/changes/{newest['id']}/undo")).status == 303


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"line": "Home"}, "say since when"),
        ({"line": "Home", "registered_on": "9000-01-01"}, "has not come yet"),
        ({"line": "Home", "registered_on": "early"}, "write the day like"),
        ({"line": "a.b", "registered_on": "2019-04-02"}, "config.yaml"),
    ],
    ids=["nothing said", "a day to come", "no day", "a name that cannot be a key"],
)
async def test_a_registration_that_makes_no_sense_is_refused(admin: Browser, said: dict[str, str], told: str) -> None:
    refused = await admin.post("/lines/registry", {**said, "back": "/lines"})
    assert told in (await admin.follow(refused)).text


async def test_others_see_the_registration_but_do_not_change_it(member: Browser) -> None:
    assert "It is not registered" not in (await member.get("/lines")).text
    assert (await member.post("/lines/registry", {"line": "Home", "not_registered": "yes"})).status == 403


async def test_pretend_callers_are_offered_only_where_they_can_ring(console: Console, member: Browser) -> None:
    assert "A pretend caller rings from" not in (await member.get("/lines")).text
    refused = await member.post("/lines/ring", {"number": "+13035550147", "back": "/lines"})
    assert "Nothing was changed" in (await member.follow(refused)).text


async def test_a_viewer_rings_nobody(viewer: Browser) -> None:
    assert (await viewer.post("/lines/ring", {"number": "+13035550147"})).status == 403
