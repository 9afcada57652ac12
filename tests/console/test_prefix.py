"""The console somewhere below another address: behind a proxy, in Home Assistant, or by its own settings."""

import re

import pytest

from callguard.console.launch import Web
from tests.console.conftest import PASSWORD, Browser, Console
from tests.console.walking import pages, path_of

HOME = "192.168.1.20"
_LINK = re.compile(r'\s(?:href|src|action|hx-get|hx-post|hx-sse:connect)="([^"]*)"')


async def links(console: Console, browser: Browser, before: str) -> set[str]:
    """Return every address in every page, and where pages redirect to."""
    record = await console.ring("+13035550188", name="CARD SERVICES")
    found: set[str] = set()
    for route in pages():
        answered = await browser.get(before + path_of(route, id=record.call.id))
        assert answered.status < 500, route
        found |= set(_LINK.findall(answered.text)) | {answered.headers.get("Location", "")}
    return found - {""}


def outside(found: set[str], prefix: str) -> set[str]:
    return {one for one in found if not one.startswith((f"{prefix}/", "#", "https://", "tel:", "mailto:", "?"))}


@pytest.fixture
def web() -> Web:
    return Web(host="127.0.0.1", port=0, trusted_proxies=("127.0.0.1",), base_path="/callguard/")


@pytest.mark.parametrize("before", ["", "/callguard"], ids=["cut off by the proxy", "left in the path"])
async def test_every_link_stays_below_the_base_path(console: Console, admin: Browser, before: str) -> None:
    console.base = admin.base = console.base.removesuffix("/callguard")
    found = await links(console, admin, before)
    assert len(found) > 30
    assert outside(found, "/callguard") == set()


@pytest.mark.parametrize(
    ("header", "prefix"), [("X_Forwarded_Prefix", "/phone"), ("X_Ingress_Path", "/api/hassio_ingress/Ab-3_x")]
)
async def test_every_link_stays_below_what_the_proxy_says(
    console: Console, admin: Browser, header: str, prefix: str
) -> None:
    admin.base = console.base.removesuffix("/callguard")
    admin.headers |= {header: prefix, "X_Forwarded_For": HOME}
    assert outside(await links(console, admin, ""), prefix) == set()
    assert (await admin.get(f"{prefix}/more")).status == 200, "the proxy may leave its prefix in the path"


async def test_the_address_that_is_told_leads_to_the_console(console: Console, admin: Browser) -> None:
    assert console.base.endswith("/callguard")
    assert (await admin.get("")).status == 200
    assert (await admin.get("/more")).status == 200


async def test_people_sign_in_through_a_proxy_with_https(console: Console, admin: Browser) -> None:
    proxy = {"X_Forwarded_For": HOME, "X_Forwarded_Proto": "https", "X_Forwarded_Host": "home.lan"}
    browser = console.stranger(**proxy)
    asked = await browser.get("/calls?q=1")
    assert asked.location == "/callguard/sign-in?next=%2Fcallguard%2Fcalls%3Fq%3D1"
    form = {"name": "Ana", "password": PASSWORD, "next": "/callguard/calls?q=1"}
    assert (await browser.post("/sign-in", form)).status == 403, "asked by a page of http, not of https"
    inside = await browser.post("/sign-in", form, Origin="https://home.lan")
    assert (inside.status, inside.location) == (303, "/callguard/calls?q=1")
    assert inside.headers["Set-Cookie"].startswith("__Host-callguard=")
    assert (await browser.post("/sign-in", {**form, "next": "/elsewhere"}, Origin="https://home.lan")).location == (
        "/callguard/"
    )


async def test_over_https_a_cookie_from_plain_http_is_nobodys(console: Console, admin: Browser) -> None:
    secret = f"callguard={admin.cookie}"
    stranger = console.stranger(X_Forwarded_For=HOME, X_Forwarded_Proto="https")
    assert (await stranger.get("/more", Cookie=secret)).status == 303
    assert (await stranger.get("/more", Cookie=f"__Host-{secret}")).status == 200


class TestEmbedded:
    @pytest.fixture
    def web(self) -> Web:
        return Web(host="127.0.0.1", port=0, embed=True)

    async def test_a_page_of_the_same_address_may_frame_it_if_the_household_wants_that(
        self, console: Console
    ) -> None:
        answered = await console.stranger().get("/sign-in")
        assert "frame-ancestors 'self'" in answered.headers["Content-Security-Policy"]
        assert answered.headers["X-Frame-Options"] == "SAMEORIGIN"
