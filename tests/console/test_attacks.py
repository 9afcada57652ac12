"""What the web may try on the console, each a test; most of them on every address there is."""

import asyncio
import csv
import io
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing

import pytest

from callguard.access import Right, Role, rights_of
from callguard.console import bodies, crowd, process
from callguard.console.launch import Web
from callguard.console.pages import all_routes
from callguard.console.render import digest
from tests.console.conftest import Browser, Console
from tests.console.walking import SAFE, actions, pages, path_of

NUMBER = "+13035550188"
SOON = 10.0
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
HOSTILE = {
    "html": '<script>alert(1)</script>"><img src=x onerror=alert(2)>',
    "terminal": "\x1b[31mred\x1b]0;title\x07",
    "bidi": "\u202eelgoog\u2066x\u2069",
    "formula": '=HYPERLINK("http://evil.example","x")',
    "lines": "one\r\ntwo\u2028three\x00",
    "template": "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "long": "A" * 10_000,
}


# Requests that change something


FOREIGN: Mapping[str, dict[str, str]] = {
    "foreign": {"Origin": "http://evil.example"},
    "missing": {"Origin": ""},
    "null": {"Origin": "null"},
    "another port": {"Origin": "http://127.0.0.1:1"},
    "cross-site": {"Sec_Fetch_Site": "cross-site"},
    "same-site": {"Sec_Fetch_Site": "same-site"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
async def test_no_page_but_ours_changes_anything(console: Console, admin: Browser, headers: dict[str, str]) -> None:
    before = await everything(console)
    for route in actions():
        answered = await admin.send(route.method, path_of(route), headers, {"list": "block", "value": NUMBER})
        assert answered.status == 403, route
    assert await everything(console) == before


async def test_a_form_without_any_origin_is_refused(console: Console, admin: Browser) -> None:
    for route in actions():
        assert (await admin.send(route.method, path_of(route), {})).status == 403, route


async def test_looking_changes_nothing(console: Console, admin: Browser) -> None:
    record = await console.ring(NUMBER, name="CARD SERVICES")
    rule = (await console.ask("add-rule", list="block", value=NUMBER))["rule"]
    before = await everything(console)
    for route in pages():
        path = path_of(route, id=record.call.id, rule=str(rule["id"]))
        for method in SAFE:
            answered = await admin.send(method, f"{path}?value={NUMBER}&list=block&q=1", {})
            assert answered.status < 500, (route, answered.text)
    assert await everything(console) == before


async def test_an_address_answers_only_to_its_methods(console: Console, admin: Browser) -> None:
    for route in all_routes():
        path = path_of(route)
        for method in sorted({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - methods_of(path)):
            answered = await admin.send(method, path, {"Origin": console.base})
            assert answered.status == 405, (method, route)


async def test_a_method_cannot_be_smuggled_in(console: Console, admin: Browser) -> None:
    for path, headers in (("/sign-out", {"X_HTTP_Method_Override": "POST"}), ("/sign-out?_method=POST", {})):
        assert (await admin.get(path, **headers)).status == 405
    assert (await admin.get("/more")).status == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/json", "text/html", "application/x-www-form-urlencoded+x"]
)
async def test_a_form_of_another_kind_is_refused(console: Console, admin: Browser, kind: str) -> None:
    answered = await admin.send("POST", "/expect", {"Origin": console.base, "Content_Type": kind}, b"seconds=60")
    assert answered.status == 415


async def test_a_compressed_body_is_refused(console: Console, admin: Browser) -> None:
    headers = {
        "Origin": console.base,
        "Content_Encoding": "gzip",
        "Content_Type": "application/x-www-form-urlencoded",
    }
    assert (await admin.send("POST", "/expect", headers, b"\x1f\x8b")).status == 415


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n"),
        ("application/x-www-form-urlencoded; charset=nonsense", b"seconds=60"),
        ("application/x-www-form-urlencoded; charset=utf-8", b"\xff\xfe=\xff"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(2000))),
    ],
    ids=["no boundary", "cut off", "no name", "unknown letters", "no letters", "very many fields"],
)
async def test_a_garbled_form_is_refused_in_words(console: Console, admin: Browser, kind: str, body: bytes) -> None:
    answered = await admin.send("POST", "/expect", {"Origin": console.base, "Content_Type": kind}, body)
    assert answered.status in (400, 413)
    assert "<h1>" in answered.text


# Who may do what


async def test_a_stranger_gets_no_further_than_the_sign_in_page(console: Console, admin: Browser) -> None:
    stranger = console.stranger()
    for route in all_routes():
        if route.right is not None:
            answered = await stranger.send(route.method, path_of(route), {"Origin": console.base})
            assert answered.status in (303, 401), route
            assert answered.status == 401 or answered.location.startswith("/sign-in"), route


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
async def test_nobody_does_what_needs_a_right_they_have_not(console: Console, role: Role) -> None:
    browser, rights = console.person(role), rights_of(role)
    before = await everything(console)
    tried = [route for route in all_routes() if route.right is not None and route.right not in rights]
    for route in tried:
        answered = await browser.send(route.method, path_of(route), {"Origin": console.base})
        assert answered.status == 403, route
    assert tried
    assert await everything(console) == before


async def test_a_token_does_only_what_it_is_for(console: Console) -> None:
    for scope in Right:
        program = with_token(console, [scope])
        rights = set(Right) if scope is Right.ADMIN else {Right.READ, scope}
        for route in all_routes():
            if route.right is not None and route.right not in rights:
                assert (await program.send(route.method, path_of(route), {})).status == 403, (scope, route)


async def test_a_program_with_a_token_needs_no_origin(console: Console) -> None:
    program = with_token(console, [Right.CALLS])
    await program.send("POST", "/rules/add", {}, {"list": "block", "value": NUMBER})
    assert [rule["value"] for rule in await console.ask("rules")] == [NUMBER]


async def test_a_cookie_beside_a_token_does_not_matter(console: Console, admin: Browser) -> None:
    reader = with_token(console, [Right.READ]).headers["Authorization"]
    assert (await admin.get("/people", Authorization=reader)).status in (200, 403)
    assert (await admin.post("/rules/add", {}, Authorization=reader)).status == 403
    for made_up in ("Bearer cg_made-up", "Bearer ", "bearer"):
        assert (await admin.get("/calls", Authorization=made_up)).status in (303, 401)
        answered = await admin.send("POST", "/rules/add", {"Authorization": made_up})
        assert answered.status == 403, "no origin, and no token that is one"


@pytest.mark.parametrize("where", ["token", "access_token", "api_key", "authorization", "session"])
async def test_a_token_in_the_address_is_none(console: Console, where: str, caplog: pytest.LogCaptureFixture) -> None:
    token = with_token(console, [Right.ADMIN]).headers["Authorization"].removeprefix("Bearer ")
    stranger = console.stranger()
    console.person(Role.ADMIN)
    caplog.set_level("DEBUG", "callguard")
    answered = await stranger.get(f"/calls?{where}={token}")
    assert answered.location.startswith("/sign-in")
    assert (await stranger.get("/calls", Cookie=f"callguard={token}")).location.startswith("/sign-in")
    assert token not in caplog.text


async def test_a_planted_session_is_not_taken_for_ones_own(console: Console, admin: Browser, viewer: Browser) -> None:
    stranger = console.stranger()
    both = f"callguard={viewer.cookie}; callguard={admin.cookie}"
    assert (await stranger.get("/calls", Cookie=both)).status == 303
    nonsense = f"callguard=nonsense; callguard={admin.cookie}; other=1"
    assert (await stranger.get("/more", Cookie=nonsense)).status == 200


@pytest.mark.parametrize("cookie", ["callguard=", "callguard", ";;;", "callguard=" + "x" * 4000, 'callguard="', "=x"])
async def test_a_cookie_that_is_none_is_nobodys(console: Console, admin: Browser, cookie: str) -> None:
    assert (await console.stranger().get("/more", Cookie=cookie)).location.startswith("/sign-in")


# Names and addresses


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8350"])
async def test_a_name_that_was_rebound_to_us_reaches_nothing(console: Console, admin: Browser, host: str) -> None:
    for path in ("/", "/sign-in", f"/static/{digest('callguard.css')}/callguard.css", "/healthz"):
        answered = await admin.get(path, Host=host)
        assert answered.status == 421
        assert "web.hosts" in answered.text


async def test_an_absolute_target_is_held_against_the_names_too(console: Console) -> None:
    evil = await raw(console, b"GET http://evil.example/sign-in HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert evil.startswith(b"HTTP/1.1 421")
    ours = await raw(console, b"GET http://localhost/healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n")
    assert not ours.startswith(b"HTTP/1.1 500")


@pytest.mark.parametrize(
    "head",
    [b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"],
    ids=["none", "none, 1.0", "two"],
)
async def test_a_request_that_does_not_say_one_host_is_refused(console: Console, head: bytes) -> None:
    assert (await raw(console, head)).split(b" ")[1] == b"400"


async def test_a_stranger_cannot_make_up_where_it_comes_from(console: Console) -> None:
    for header in ("X_Forwarded_For", "Forwarded"):
        answered = await console.stranger().get("/healthz", **{header: "192.168.1.9"})
        assert answered.status == 403
        assert "web.trusted_proxies" in answered.text


async def test_what_a_stranger_says_of_host_and_prefix_appears_nowhere(console: Console, admin: Browser) -> None:
    lies = {"X_Forwarded_Host": "evil.example", "X_Forwarded_Prefix": "/evil", "X_Ingress_Path": "/evil"}
    for path in ("/more", "/nowhere", "/calls"):
        answered = await admin.get(path, **lies)
        assert "evil" not in answered.text + str(answered.headers)


# Files


TRAVERSALS = (
    *("../app.py", "..%2fapp.py", "%2e%2e/app.py", "..%5capp.py", "....//app.py", "/etc/passwd", "%2fetc%2fpasswd"),
    *("vendor/../../app.py", "callguard.css%00.html", ".", "", "vendor", "vendor/", "x" * 3000),
)


@pytest.mark.parametrize("name", TRAVERSALS, ids=lambda name: name[:20])
async def test_no_way_leads_out_of_the_static_files(console: Console, admin: Browser, name: str) -> None:
    for path in (f"/static/x/{name}", f"/static/{name}"):
        line = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: callguard={admin.cookie}\r\n\r\n".encode()
        assert (await raw(console, line)).split(b" ")[1] in (b"404", b"400")


@pytest.mark.parametrize("name", TRAVERSALS, ids=lambda name: name[:20])
async def test_no_way_leads_out_of_what_can_be_downloaded(console: Console, admin: Browser, name: str) -> None:
    for route in pages():
        if "{" in route.path:
            path = path_of(route, **dict.fromkeys(("id", "name", "kind", "file", "rule", "line"), name))
            line = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: callguard={admin.cookie}\r\n\r\n".encode()
            answered = await raw(console, line)
            assert int(answered.split(b" ")[1]) < 500, route
            assert b"root:" not in answered
            assert b"import " not in answered


async def test_a_static_file_is_kept_for_ever_only_under_the_address_of_its_content(console: Console) -> None:
    stranger = console.stranger()
    kept = await stranger.get(f"/static/{digest('callguard.css')}/callguard.css")
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert kept.headers["Content-Type"] == "text/css"
    assert (await stranger.get("/static/000000000000/callguard.css")).headers["Cache-Control"] == "no-store"
    assert (await stranger.post(f"/static/{digest('callguard.css')}/callguard.css")).status == 404


# What callers send


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
async def test_what_a_caller_sends_stays_text_on_every_page(console: Console, admin: Browser, name: str) -> None:
    record = await console.ring(NUMBER, name=name)
    for route in pages():
        answered = await admin.get(path_of(route, id=record.call.id))
        for forbidden in ("\x1b", "\x07", "\u202e", "\u2066", "\x00"):
            assert forbidden not in answered.text, route
        if answered.headers.get("Content-Type", "").startswith("text/html"):
            assert "<script>alert" not in answered.text, route
            assert "<img src=x" not in answered.text, route


async def test_what_a_caller_sends_is_no_formula_in_a_spreadsheet(console: Console, admin: Browser) -> None:
    for name in HOSTILE.values():
        await console.ring(NUMBER, name=name)
    exported = await admin.get("/calls/export?kind=csv")
    assert exported.status == 200
    cells = [cell for row in csv.reader(io.StringIO(exported.text.lstrip("\ufeff"))) for cell in row]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not [
        cell for cell in cells if cell.startswith(("=", "@", "\t", "\r", "+", "-")) and not cell[1:].isdigit()
    ]


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
async def test_what_a_visitor_types_stays_text(console: Console, admin: Browser, name: str) -> None:
    for path in ("/calls", "/nowhere", "/sign-in", "/rules", "/try", "/changes"):
        answered = await admin.send("GET", path, {}, params={"q": name, "number": name, "next": name, "before": name})
        assert answered.status < 500, path
        assert "<script>alert" not in answered.text
        assert "\u202e" not in answered.text


# Answers


async def test_every_answer_tells_the_browser_what_it_may_do(console: Console, admin: Browser) -> None:
    paths = [path_of(route) for route in pages()]
    answers = [await admin.get(path) for path in paths]
    answers += [
        await admin.get("/nowhere"),
        await admin.get("/static/x/nowhere"),
        await admin.get(f"/static/{digest('callguard.css')}/callguard.css"),
        await admin.get("/", Host="evil.example"),
        await admin.send("POST", "/sign-out", {"Origin": "null"}),
        await admin.send("PUT", "/calls", {"Origin": console.base}),
        await console.stranger().get("/calls"),
    ]
    for path, answered in zip([*paths, *map(str, range(99))], answers, strict=False):
        for name, beginning in HEADERS.items():
            assert answered.headers[name].startswith(beginning), (path, name)
        assert "aiohttp" not in str(answered.headers)
        assert "Access-Control-Allow-Origin" not in answered.headers
        assert "'unsafe" not in answered.headers["Content-Security-Policy"]


async def test_a_failure_tells_the_visitor_a_number_and_the_log_the_rest(
    console: Console, admin: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    assert (await admin.get("/calls")).status == 200
    monkeypatch.setattr(type(console.kernel), "read", fails)
    answered = await admin.get("/calls?q=private")
    assert answered.status == 500
    assert "secret detail" not in answered.text
    assert "Traceback" not in answered.text
    number = re.search(r"at ([a-z0-9]{8})\.", answered.text)
    assert number
    assert number[1] in caplog.text
    assert "secret detail" in caplog.text
    assert "private" not in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/nowhere", 404, "There is no such page."),
        ("GET", "/calls/made-up", 404, ""),
        ("PUT", "/calls", 405, "That cannot be done here."),
    ],
)
async def test_what_goes_wrong_is_said_in_words(
    console: Console, admin: Browser, method: str, path: str, status: int, words: str
) -> None:
    answered = await admin.send(method, path, {"Origin": console.base})
    assert answered.status == status
    assert words in answered.text
    assert "<h1>" in answered.text


# Bodies and connections


async def test_a_huge_body_is_refused_before_it_is_sent(console: Console, admin: Browser) -> None:
    for route in actions():
        head = post(console, admin, path_of(route), "Content-Length: 1099511627776", method=route.method)
        assert (await raw(console, head)).startswith(b"HTTP/1.1 413"), route


async def test_a_body_without_a_length_is_cut_off_where_it_becomes_too_long(console: Console, admin: Browser) -> None:
    head = post(console, admin, "/sign-in", "Transfer-Encoding: chunked")
    chunk = b"2000\r\n" + b"x" * 0x2000 + b"\r\n"
    assert (await raw(console, head + chunk * 4)).startswith(b"HTTP/1.1 413")


async def test_a_stranger_sends_no_files(console: Console, admin: Browser) -> None:
    head = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n"
    kind = b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 5\r\n\r\n--x--"
    assert (await raw(console, head + kind)).startswith(b"HTTP/1.1 415")


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(500)) + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
    ],
    ids=["long address", "long header", "many headers", "two lengths", "TLS", "version"],
)
async def test_a_garbled_request_is_refused_and_logs_no_traceback(
    console: Console, head: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await raw(console, head + b"\r\n\r\n")).split(b" ")[1] == b"400"
    assert "Traceback" not in caplog.text


class TestSlowOnes:
    @pytest.fixture
    def web(self, monkeypatch: pytest.MonkeyPatch) -> Web:
        monkeypatch.setattr(process, "_SWEEPS_EVERY", 0.01)
        monkeypatch.setattr(crowd, "SPEAKS_WITHIN", 0.1)
        monkeypatch.setattr(crowd, "MOST_OF_ONE", 3)
        monkeypatch.setattr(bodies, "_WITHIN", 0.1)
        monkeypatch.setattr(bodies, "_SLOWEST", 1 << 40)
        return Web(host="127.0.0.1", port=0)

    @pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "], ids=len)
    async def test_whoever_does_not_finish_asking_is_hung_up_on(self, console: Console, sent: bytes) -> None:
        assert await raw(console, sent) == b""

    async def test_whoever_does_not_finish_a_form_is_hung_up_on(self, console: Console, admin: Browser) -> None:
        assert await raw(console, post(console, admin, "/sign-in", "Content-Length: 100") + b"name=") == b""

    async def test_nobody_has_very_many_connections(self, console: Console) -> None:
        opened = [await asyncio.open_connection("127.0.0.1", port_of(console)) for _ in range(6)]
        for _, writer in opened:
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(SOON), asyncio.TaskGroup() as group:
            reading = [group.create_task(reader.read(-1)) for reader, _ in opened]
            while sum(one.done() for one in reading) < 3:
                await asyncio.wait(reading, return_when=asyncio.FIRST_COMPLETED, timeout=0.1)
            assert sum(not one.done() for one in reading) == 3
            for _, writer in opened:
                writer.close()


# Tools


def with_token(console: Console, scopes: list[Right]) -> Browser:
    access, now = console.kernel.access, console.kernel.clock.now()
    token = access.new_token(f"for {scopes[0]}", scopes, None, by="Ana", now=now)
    return console.stranger(Authorization=f"Bearer {token}")


def port_of(console: Console) -> int:
    return int(console.base.rpartition(":")[2])


def methods_of(path: str) -> set[str]:
    """Return to which methods an address answers, by whichever routes."""
    found = {route.method for route in all_routes() if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", route.path), path)}
    return found | ({"HEAD"} if "GET" in found else set())


def post(console: Console, browser: Browser, path: str, *lines: str, method: str = "POST") -> bytes:
    """Return the head of a form from one of our own pages."""
    kind = "application/x-www-form-urlencoded"
    usual = [f"Host: 127.0.0.1:{port_of(console)}", f"Origin: {console.base}", f"Cookie: callguard={browser.cookie}"]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *usual, f"Content-Type: {kind}", *lines, "", ""]).encode()


async def raw(console: Console, sent: bytes) -> bytes:
    """Return what comes back, as far as it comes in one piece; nothing if the connection is closed without a word."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(console))
    writer.write(sent)
    try:
        async with asyncio.timeout(SOON):
            return await reader.read(65_536)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def everything(console: Console) -> list[str]:
    """Return all that the house and its people keep, but for when somebody was seen."""
    kept = [str(await console.ask(name)) for name in ("rules", "changes", "contacts-list", "lists")]
    for path, apart in ((console.place.database, ()), (console.kernel.launch.access, ("seen", "sqlite_sequence"))):
        with closing(sqlite3.connect(path)) as connection:
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in sorted(tables):
                if not table.startswith(("calls_", "search", "sqlite_")) and not any(part in table for part in apart):
                    kept += [f"{table}: {row}" for row in connection.execute(f"SELECT * FROM {table}")]
    return kept
