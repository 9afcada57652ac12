"""Whatever a server does, a fetch ends: with all of what was asked for, or with a sentence that says why not."""

import asyncio
import gzip
import os
import subprocess
import sys
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest

from callguard import Fetched, FetchError, ForbiddenAddressError, TooLargeError
from callguard.testing import Fault, FaultyServer, Page

SECRETS = "/list.csv?key=hunter2"

ENDS = {
    Fault.FORBIDDEN: "answered 403 Forbidden",
    Fault.NOT_FOUND: "answered 404 Not Found",
    Fault.TOO_MANY: "answered 429 Too Many Requests",
    Fault.BROKEN: "answered 500 Internal Server Error",
    Fault.HALF: "broke off in the middle",
    Fault.HUGE: "larger than the 1,000,000 bytes",
    Fault.ENDLESS: "larger than the 1,000,000 bytes",
    Fault.DRIP: "went silent",
    Fault.SILENT: "went silent",
    Fault.CLOSES: "closed the connection without an answer",
    Fault.NONSENSE: "does not speak HTTP as it should",
    Fault.HEADER_FLOOD: "headers",
    Fault.LONG_HEADER: "headers",
    Fault.WRONG_GZIP: "not the gzip that it claims to be",
    Fault.HALF_GZIP: "its end is missing",
    Fault.GZIP_BOMB: "larger than the 1,000,000 bytes",
    Fault.BROTLI: "“br” is a packing nobody asked for",
    Fault.TO_PRIVATE: "its address 10.0.0.1 is private",
    Fault.TO_LOOPBACK: "its address 127.0.0.1 is this computer",
    Fault.TO_METADATA: "169.254.169.254/latest/meta-data/ is not fetched: it is not https",
    Fault.TO_FILE: "it is no https address",
    Fault.TO_NOWHERE: "redirects to nowhere",
    Fault.LOOP: "redirects more than 5 times",
}
"""How each fault is told to people; the others are well-formed answers, for the plugin to judge."""


async def test_a_page_is_fetched_with_its_headers(server: FaultyServer, csv: bytes) -> None:
    server.pages["/list.csv"] = Page(body=csv, headers={"content-type": "Text/CSV; charset=utf-8", "etag": '"7"'})
    fetched = await server.web().fetch(server.url(SECRETS))
    assert (fetched.status, fetched.body, fetched.size) == (200, csv, len(csv))
    assert (fetched.content_type, fetched.headers["etag"]) == ("text/csv", '"7"')
    assert fetched.url == server.url(SECRETS)
    [asked] = server.asked
    assert (asked.method, asked.url) == ("GET", server.url(SECRETS))
    assert asked.headers["user-agent"] == "CallGuard/test (+home call blocking agent)"
    assert asked.headers["host"] == server.host
    assert "cookie" not in asked.headers


@pytest.mark.parametrize("packing", ["gzip", "x-gzip"])
async def test_a_packed_page_arrives_unpacked(server: FaultyServer, csv: bytes, packing: str) -> None:
    server.pages["/list.csv"] = Page(body=gzip.compress(csv), headers={"content-encoding": packing})
    fetched = await server.web().fetch(server.url("/list.csv"), limit=len(csv))
    assert (fetched.body, fetched.size) == (csv, len(csv))
    assert server.asked[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("fault", ENDS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("to_file", [False, True], ids=["memory", "file"])
async def test_a_fault_is_an_error_without_secrets_and_the_good_copy_stays(
    server: FaultyServer, csv: bytes, tmp_path: Path, fault: Fault, to_file: bool
) -> None:
    to = tmp_path / "list.csv"
    to.write_bytes(b"good")
    server.pages["/list.csv"] = Page(body=csv)
    server.faults["/list.csv"] = fault
    web = server.web(stall=0.3 if ENDS[fault] == "went silent" else 20)
    with pytest.raises(FetchError) as raised:
        await web.fetch(server.url(SECRETS), to=to if to_file else None, limit=1_000_000)
    assert ENDS[fault] in str(raised.value)
    assert "hunter2" not in str(raised.value)
    assert str(raised.value).isprintable()
    assert isinstance(raised.value, TooLargeError) == (ENDS[fault].startswith("larger"))
    assert (to.read_bytes(), os.listdir(tmp_path)) == (b"good", ["list.csv"])


@pytest.mark.parametrize("fault", sorted(set(Fault) - set(ENDS) - {Fault.SLOW}), ids=lambda fault: fault.name)
async def test_a_proper_answer_with_wrong_content_is_left_to_the_plugin(
    server: FaultyServer, csv: bytes, fault: Fault
) -> None:
    server.pages["/list.csv"] = Page(body=csv, headers={"content-type": "text/csv"})
    server.faults["/list.csv"] = fault
    fetched = await server.web().fetch(server.url("/list.csv"))
    assert (fetched.content_type, fetched.body) != ("text/csv", csv)


async def test_a_server_may_ask_to_be_left_alone(server: FaultyServer) -> None:
    server.faults["/list.csv"] = Fault.TOO_MANY
    with pytest.raises(FetchError) as raised:
        await server.web().fetch(server.url("/list.csv"))
    assert (raised.value.status, raised.value.retry_after) == (429, timedelta(minutes=2))


async def test_a_bomb_does_not_fill_the_memory(server: FaultyServer, tmp_path: Path) -> None:
    server.faults["/list.csv"] = Fault.GZIP_BOMB
    web, peaks = server.web(), list[int]()
    for _ in range(2):  # the first time the server makes its bomb and the client imports what it needs
        tracemalloc.start()
        with pytest.raises(TooLargeError):
            await web.fetch(server.url("/list.csv"), limit=20_000_000, to=tmp_path / "list.csv")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[-1] < 2_000_000


async def test_an_unchanged_page_is_not_sent_again(server: FaultyServer, csv: bytes, tmp_path: Path) -> None:
    server.pages["/list.csv"] = Page(
        body=csv, headers={"etag": '"7"', "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
    )
    web, to = server.web(), tmp_path / "list.csv"
    first = await web.fetch(server.url("/list.csv"), to=to)
    for asked in ({"If-None-Match": first.headers["etag"]}, {"If-Modified-Since": first.headers["last-modified"]}):
        again = await web.fetch(server.url("/list.csv"), to=to, headers=asked)
        assert (again.not_modified, again.body, again.size) == (True, b"", 0)
    assert to.read_bytes() == csv
    assert (first.body, first.size) == (b"", len(csv))


async def test_methods_of_address_books_are_spoken(server: FaultyServer) -> None:
    server.pages["/dav"] = lambda asked: Page(status=207, body=asked.method.encode() + b" " + asked.body)
    for method in ("PROPFIND", "REPORT", "POST"):
        fetched = await server.web().fetch(
            server.url("/dav"), method=method, body=b"<a/>", headers={"Depth": "1", "Content-Type": "text/xml"}
        )
        assert (fetched.status, fetched.body) == (207, f"{method} <a/>".encode())
        assert server.asked[-1].headers["depth"] == "1"
        assert server.asked[-1].headers["content-type"] == "text/xml"
    with pytest.raises(ValueError, match="DELETE is not one of"):
        await server.web().fetch(server.url("/dav"), method="DELETE")


async def test_the_user_agent_may_be_another_but_not_the_framing(server: FaultyServer) -> None:
    server.pages["/"] = Page(body=b"x")
    headers = {"User-Agent": "Mozilla/5.0", "Host": "evil.example", "Accept-Encoding": "br", "Content-Length": "7"}
    await server.web().fetch(server.url("/"), headers=headers)
    sent = server.asked[0].headers
    assert (sent["user-agent"], sent["host"], sent["accept-encoding"]) == (
        "Mozilla/5.0",
        server.host,
        "gzip, deflate",
    )
    assert "content-length" not in sent


async def test_a_header_cannot_smuggle_another(server: FaultyServer) -> None:
    with pytest.raises(FetchError):
        await server.web().fetch(server.url("/"), headers={"If-None-Match": "a\r\nHost: nas.lan"})
    assert server.asked == []


async def test_all_of_it_takes_no_longer_than_it_may(server: FaultyServer) -> None:
    server.faults["/list.csv"] = Fault.DRIP
    with pytest.raises(FetchError, match=r"longer than 0\.2 seconds"):
        await server.web(stall=30).fetch(server.url("/list.csv"), within=0.2)


async def test_a_slow_server_that_goes_on_is_waited_for(server: FaultyServer) -> None:
    server.pages["/list.csv"] = Page(body=b"1" * 24_000)
    server.faults["/list.csv"] = Fault.SLOW
    fetched = await server.web(stall=0.4).fetch(server.url("/list.csv"))
    assert fetched.body == b"1" * 24_000


async def test_what_is_announced_as_too_large_is_not_waited_for(server: FaultyServer) -> None:
    server.faults["/list.csv"] = Fault.DRIP
    with pytest.raises(TooLargeError):
        await server.web(stall=0.3).fetch(server.url("/list.csv"), limit=99_999)


async def test_being_cancelled_leaves_nothing_open(server: FaultyServer, tmp_path: Path) -> None:
    server.faults["/list.csv"] = Fault.DRIP
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await server.web(stall=30).fetch(server.url("/list.csv"), to=tmp_path / "list.csv")
    assert os.listdir(tmp_path) == []


async def test_many_fetches_at_once_do_not_disturb_each_other(server: FaultyServer) -> None:
    web = server.web(stall=10)
    for number in range(20):
        server.pages[f"/{number}"] = Page(body=str(number).encode() * 1000)
    fetched = await asyncio.gather(*(web.fetch(server.url(f"/{number}")) for number in range(20)))
    assert [answer.body for answer in fetched] == [str(number).encode() * 1000 for number in range(20)]


async def test_a_file_that_cannot_be_written_is_said_so(server: FaultyServer, csv: bytes, tmp_path: Path) -> None:
    server.pages["/list.csv"] = Page(body=csv)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FetchError, match=r"cannot be written to .*: File exists"):
        await server.web().fetch(server.url("/list.csv"), to=tmp_path / "file" / "list.csv")


async def test_a_server_that_is_off_is_named(server: FaultyServer) -> None:
    async with FaultyServer() as other:
        web, url = other.web(), other.url("/list.csv?key=hunter2")
    with pytest.raises(FetchError, match=r"/list\.csv\?… is not reached: Connect"):
        await web.fetch(url)


async def test_nobody_is_asked_whom_the_household_did_not_name(server: FaultyServer) -> None:
    async with FaultyServer() as other:
        with pytest.raises(ForbiddenAddressError, match=r"is not https; see network\.trusted_hosts"):
            await server.web().fetch(other.url("/"))
        assert other.asked == []


def test_the_http_library_is_not_imported_before_the_first_fetch() -> None:
    code = "import callguard.web.guard, sys; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(shown.stdout.split()) & {"aiohttp", "yarl", "ssl.SSLContext"}


def test_an_answer_knows_whether_it_is_news() -> None:
    assert Fetched(status=304, url="https://example.com/").not_modified
    assert not Fetched(status=200, url="https://example.com/").not_modified
