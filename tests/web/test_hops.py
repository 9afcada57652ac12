"""Every hop is checked again, names cannot change their minds, and passwords stay where they belong."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from callguard import FetchError, ForbiddenAddressError
from callguard.testing import FakeClock, FaultyServer, Page
from callguard.web.guard import GuardedWeb, _Ask, _redirected
from callguard.web.target import Target, target_of
from callguard.web.transport import Reply

SENT = {"authorization": "Basic x", "x-api-key": "k", "cookie": "c", "accept": "text/csv", "user-agent": "me"}


def port(server: FaultyServer) -> str:
    return server.host.rpartition(":")[2]


@pytest.mark.parametrize(
    ("addresses", "why"),
    [
        pytest.param(["127.0.0.1"], "127.0.0.1 is this computer", id="loopback"),
        pytest.param(["8.8.8.8", "192.168.1.1"], "192.168.1.1 is private", id="one of two"),
        pytest.param(["::ffff:10.0.0.1"], "hides an IPv4 address", id="mapped"),
        pytest.param(["fe80::1%2"], "is link-local", id="link-local"),
        pytest.param(["0.0.0.0"], "means no address", id="sinkhole"),
    ],
)
async def test_a_name_that_leads_inside_is_refused(visitor: Any, addresses: list[str], why: str) -> None:
    web, _ = visitor(names={"lists.example": [addresses]})
    with pytest.raises(ForbiddenAddressError, match=why):
        await web.fetch("https://lists.example/")


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://[::1]/", "https://192.168.1.1/", "https://10.0.0.1:443/"]
)
async def test_an_address_inside_is_refused(visitor: Any, url: str) -> None:
    web, names = visitor()
    with pytest.raises(ForbiddenAddressError, match="its address"):
        await web.fetch(url)
    assert names.asked == []


async def test_plain_http_is_refused_before_anybody_is_asked(visitor: Any) -> None:
    web, names = visitor(names={"lists.example": [["8.8.8.8"]]})
    with pytest.raises(ForbiddenAddressError, match="it is not https"):
        await web.fetch("http://lists.example/")
    assert names.asked == []


async def test_an_unknown_name_is_said_so(visitor: Any) -> None:
    web, _ = visitor(names={"empty.example": [[]]})
    with pytest.raises(FetchError, match=r"nobody knows the address of lists\.example"):
        await web.fetch("https://lists.example/")
    with pytest.raises(FetchError, match=r"empty\.example has no address"):
        await web.fetch("https://empty.example/")


async def test_the_system_knows_this_computer() -> None:
    with pytest.raises(ForbiddenAddressError, match="is this computer"):
        await GuardedWeb(FakeClock()).fetch("https://localhost/")


async def test_a_name_is_asked_once_and_visited_where_it_was_checked(visitor: Any, server: FaultyServer) -> None:
    """The second answer of the name server would be another machine."""
    server.pages["/"] = Page(body=b"here")
    web, names = visitor("nas.lan", names={"nas.lan": [["127.0.0.1"], ["127.0.0.2"]]})
    fetched = await web.fetch(f"http://nas.lan:{port(server)}/")
    assert (fetched.body, names.asked) == (b"here", ["nas.lan"])
    assert server.asked[0].headers["host"] == f"nas.lan:{port(server)}"


async def test_trust_in_a_port_is_not_trust_in_all(visitor: Any, server: FaultyServer) -> None:
    web, _ = visitor("nas.lan:1", names={"nas.lan": [["127.0.0.1"]]})
    with pytest.raises(ForbiddenAddressError):
        await web.fetch(f"http://nas.lan:{port(server)}/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_to_where_it_points(server: FaultyServer, status: int) -> None:
    server.pages["/old/list"] = Page(status=status, headers={"location": "../new?x=1#part"})
    server.pages["/new"] = Page(body=b"new")
    fetched = await server.web().fetch(server.url("/old/list"))
    assert (fetched.body, fetched.url) == (b"new", server.url("/new?x=1"))


async def test_five_redirects_are_followed_and_no_more(server: FaultyServer) -> None:
    for number in range(9):
        server.pages[f"/{number}"] = Page(status=302, headers={"location": f"/{number + 1}"})
    server.pages["/9"] = Page(body=b"end")
    assert (await server.web().fetch(server.url("/4"))).body == b"end"
    with pytest.raises(FetchError, match="more than 5 times"):
        await server.web().fetch(server.url("/3"))


async def test_passwords_and_cookies_stay_with_whom_they_were_meant_for(visitor: Any, server: FaultyServer) -> None:
    async with FaultyServer() as other:
        server.pages["/"] = Page(status=302, headers={"location": other.url("/"), "set-cookie": "id=7"})
        server.pages["/here"] = Page(status=302, headers={"location": server.url("/"), "set-cookie": "id=7"})
        other.pages["/"] = Page(body=b"x")
        web, _ = visitor(server.host, other.host)
        url = server.url("/here").replace("://", "://me:hunter2@")
        fetched = await web.fetch(url, headers={"X-Api-Key": "k", "If-None-Match": '"7"', "Cookie": "a=b"})
        assert "hunter2" not in fetched.url
        assert all(asked.headers["authorization"].startswith("Basic ") for asked in server.asked)
        assert [asked.headers["cookie"] for asked in server.asked] == ["a=b", "a=b"]
        told = {"host", "user-agent", "accept", "accept-encoding", "if-none-match"}
        assert set(other.asked[0].headers) - {"connection"} == told


async def test_a_trusted_host_cannot_lead_to_one_that_is_not(server: FaultyServer) -> None:
    async with FaultyServer() as other:
        server.pages["/"] = Page(status=302, headers={"location": other.url("/")})
        with pytest.raises(ForbiddenAddressError):
            await server.web().fetch(server.url("/"))
        assert other.asked == []


def redirected(status: int, location: str, method: str = "GET", url: str = "https://lists.example/a") -> _Ask:
    ask = _Ask(target=target_of(url), method=method, headers=SENT, body=b"secret" if method != "GET" else None)
    reply: Any = Reply(status, {"location": location}, None, ask.target, None)  # type: ignore[arg-type]
    return _redirected(ask, reply)


@pytest.mark.parametrize(
    ("location", "forwarded"),
    [
        ("/b", set(SENT)),
        ("https://LISTS.example:443/b", set(SENT)),
        ("//lists.example/b", set(SENT)),
        ("https://other.example/b", {"accept", "user-agent"}),
        ("https://lists.example:8443/b", {"accept", "user-agent"}),
        ("https://me:pw@other.example/b", {"accept", "user-agent"}),
        ("https://lists.example.evil.example/b", {"accept", "user-agent"}),
    ],
)
def test_only_the_same_origin_gets_what_may_be_a_password(location: str, forwarded: set[str]) -> None:
    assert set(redirected(302, location).headers) == forwarded


@pytest.mark.parametrize(
    ("status", "method", "then", "body"),
    [
        (301, "POST", "GET", None),
        (302, "POST", "GET", None),
        (303, "POST", "GET", None),
        (303, "PROPFIND", "GET", None),
        (307, "POST", "POST", b"secret"),
        (308, "POST", "POST", b"secret"),
        (301, "PROPFIND", "PROPFIND", b"secret"),
        (302, "REPORT", "REPORT", b"secret"),
    ],
)
def test_a_redirect_keeps_the_method_as_the_standard_says(status: int, method: str, then: str, body: bytes) -> None:
    ask = redirected(status, "/b", method)
    assert (ask.method, ask.body) == (then, body)


@pytest.mark.parametrize("status", [307, 308])
def test_what_was_sent_is_not_handed_to_another(status: int) -> None:
    with pytest.raises(ForbiddenAddressError, match="would hand what is sent to it"):
        redirected(status, "https://other.example/", "POST")


@pytest.mark.parametrize("location", ["http://lists.example/a", "http://nas.lan/", "HTTP://LISTS.EXAMPLE:443/"])
def test_no_redirect_leads_from_https_to_http(location: str) -> None:
    with pytest.raises(ForbiddenAddressError, match="redirects from https"):
        redirected(302, location)


@pytest.mark.parametrize("location", ["https://[::1", "https://2130706433/", "ftp://x/", "https://a\\@b/", "data:,x"])
def test_no_redirect_leads_to_what_is_no_address(location: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        redirected(302, location)


class Internet:
    """Public servers, by host, that all redirect; notes who was visited at which addresses."""

    def __init__(self, redirects: Mapping[str, str]) -> None:
        self.redirects = redirects
        self.visited: list[tuple[str, list[str]]] = []

    @asynccontextmanager
    async def ask(self, target: Target, addresses: list[str], *_: object) -> AsyncIterator[Reply]:
        self.visited.append((target.host, addresses))
        location = self.redirects[target.host]
        yield Reply(302, {"location": location}, None, target, None)  # type: ignore[arg-type]


async def test_a_stranger_cannot_lead_to_a_host_the_household_trusts(visitor: Any) -> None:
    """A public list must not send the house to its own NAS."""
    web, _ = visitor("nas.lan", names={"lists.example": [["8.8.8.8"]], "nas.lan": [["192.168.1.5"]]})
    web._transport = internet = Internet({"lists.example": "https://nas.lan/"})
    with pytest.raises(ForbiddenAddressError, match=r"192\.168\.1\.5 is private"):
        await web.fetch("https://lists.example/")
    assert internet.visited == [("lists.example", ["8.8.8.8"])]


async def test_a_trusted_host_may_lead_out_but_nobody_back_in(visitor: Any) -> None:
    web, _ = visitor("nas.lan", names={"lists.example": [["8.8.8.8"]], "nas.lan": [["192.168.1.5"]]})
    web._transport = internet = Internet({"lists.example": "https://nas.lan/", "nas.lan": "https://lists.example/"})
    with pytest.raises(ForbiddenAddressError, match="is private"):
        await web.fetch("https://nas.lan/")
    assert [host for host, _ in internet.visited] == ["nas.lan", "lists.example"]


async def test_a_name_that_moves_inside_between_two_hops_is_refused(visitor: Any) -> None:
    web, names = visitor(names={"lists.example": [["8.8.8.8"], ["127.0.0.1"]]})
    web._transport = internet = Internet({"lists.example": "/again"})
    with pytest.raises(ForbiddenAddressError, match="is this computer"):
        await web.fetch("https://lists.example/")
    assert internet.visited == [("lists.example", ["8.8.8.8"])]
    assert len(names.asked) == 2
