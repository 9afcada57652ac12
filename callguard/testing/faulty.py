"""A web server on the loopback that answers badly on request, for tests of whatever fetches."""

import asyncio
import ssl
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from enum import StrEnum
from functools import lru_cache, reduce
from http import HTTPStatus
from types import TracebackType
from typing import Self

from callguard.home import Clock
from callguard.testing.fakes import FakeClock
from callguard.testing.web import Asked, Page
from callguard.web.guard import GuardedWeb

_HUGE = 100_000_000
_LONG = 100_000
_BLOCK = bytes(65536)
_DRIP = 0.01
_SLOW = 2000
_HEAD = 65536
_STALL = 1.0


class Fault(StrEnum):
    """What can go wrong with an answer."""

    FORBIDDEN = "403"
    NOT_FOUND = "404"
    TOO_MANY = "429"
    "With Retry-After: 120."
    BROKEN = "500"
    HTML = "a page for people, with status 200"
    EMPTY = "nothing, with status 200"
    WRONG_TYPE = "the right content, called image/png"
    HALF = "the first half, of the length of the whole"
    HUGE = "100 MB, and says so"
    ENDLESS = "100 MB, without saying so"
    DRIP = "a byte now and then"
    SLOW = "the right content, 2 kB now and then"
    SILENT = "no answer, the connection stays open"
    CLOSES = "no answer, the connection is closed"
    NONSENSE = "no HTTP"
    HEADER_FLOOD = "ten thousand headers"
    LONG_HEADER = "one header of 1 MB"
    WRONG_GZIP = "text that is called gzip"
    HALF_GZIP = "the first half of a gzip stream"
    GZIP_BOMB = "100 MB in 100 kB of gzip"
    BROTLI = "a packing nobody asked for"
    TO_PRIVATE = "a redirect to 10.0.0.1"
    TO_LOOPBACK = "a redirect to 127.0.0.1"
    TO_METADATA = "a redirect to http://169.254.169.254/"
    TO_FILE = "a redirect to a file"
    TO_NOWHERE = "a redirect without a place"
    LOOP = "a redirect to itself"


_STATUS = {Fault.FORBIDDEN: 403, Fault.NOT_FOUND: 404, Fault.TOO_MANY: 429, Fault.BROKEN: 500}
_REDIRECT = {
    Fault.TO_PRIVATE: "https://10.0.0.1/list.csv",
    Fault.TO_LOOPBACK: "https://127.0.0.1/list.csv",
    Fault.TO_METADATA: "http://169.254.169.254/latest/meta-data/",
    Fault.TO_FILE: "file:///etc/passwd",
    Fault.TO_NOWHERE: "",
    Fault.LOOP: "?again",
}
_HTML = b"<!DOCTYPE html><html><head><title>Access Denied</title></head><body>Sorry, you have been blocked.</body>"


class FaultyServer:
    """Serves `pages` by path on a free port of 127.0.0.1; a path in `faults` goes wrong in that way instead.

    An async context manager. `web()` is a guarded client that trusts this server, and nobody else.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.pages: dict[str, Page | Callable[[Asked], Page]] = {}
        self.faults: dict[str, Fault] = {}
        self.asked: list[Asked] = []
        self._tls = tls
        self._port = 0
        self._server: asyncio.Server | None = None
        self._busy: set[asyncio.Task[None] | None] = set()

    @property
    def host(self) -> str:
        """Host and port, as in `network.trusted_hosts`."""
        return f"127.0.0.1:{self._port}"

    def url(self, path: str) -> str:
        """Return the address of *path*."""
        return f"{'http' if self._tls is None else 'https'}://{self.host}{path}"

    def web(self, clock: Clock | None = None, stall: float = _STALL) -> GuardedWeb:
        """Return a client that visits this server, and gives up after *stall* seconds of silence."""
        return GuardedWeb(clock or FakeClock(), software="test", trusted_hosts=[self.host], stall=stall)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls, limit=_HEAD)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        busy = [task for task in self._busy if task is not None]
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._busy.add(task)
        try:
            asked = await _request(reader, self.url(""))
            self.asked.append(asked)
            async for portion in self._answer(asked):
                writer.write(portion)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the client has had enough
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._busy.discard(task)
            writer.close()

    async def _answer(self, asked: Asked) -> AsyncIterator[bytes]:
        path = asked.url.removeprefix(self.url("")).partition("?")[0]
        found = self.pages.get(path, Page(status=404))
        page = found(asked) if callable(found) else found
        fault = self.faults.get(path)
        if fault is None:
            yield _normal(page, asked)
            return
        async for portion in _wrong(fault, page):
            yield portion


async def _request(reader: asyncio.StreamReader, base: str) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method=method, url=base + path, headers=headers, body=body)


def _normal(page: Page, asked: Asked) -> bytes:
    if page.status != 304 and page.has_changed(asked.headers):
        return _head(page.status, {"content-length": str(len(page.body)), **page.headers}) + page.body
    return _head(304, {**page.headers})


async def _wrong(fault: Fault, page: Page) -> AsyncIterator[bytes]:
    """Return what goes over the wire, in portions."""
    if whole := _whole(fault, page):
        yield whole
        return
    match fault:
        case Fault.HUGE | Fault.ENDLESS:
            yield _head(200, {"content-length": str(_HUGE)} if fault is Fault.HUGE else {})
            for _ in range(_HUGE // len(_BLOCK) + 1):
                yield _BLOCK
        case Fault.DRIP:
            yield _head(200, {"content-length": str(_LONG)})
            while True:
                yield b"1"
                await asyncio.sleep(_DRIP)
        case Fault.SLOW:
            yield _head(200, {**page.headers, "content-length": str(len(page.body))})
            for start in range(0, len(page.body), _SLOW):
                yield page.body[start : start + _SLOW]
                await asyncio.sleep(5 * _DRIP)
        case Fault.SILENT:
            await asyncio.Event().wait()


def _whole(fault: Fault, page: Page) -> bytes:
    """Return the answers that are sent at once, or nothing."""
    if fault in _STATUS:
        return _head(_STATUS[fault], {"retry-after": "120"} if fault is Fault.TOO_MANY else {}) + _HTML
    if fault in _REDIRECT:
        return _head(302, {"location": _REDIRECT[fault], "content-length": "0"})
    return _packed(fault, page) or _odd(fault, page)


def _odd(fault: Fault, page: Page) -> bytes:
    size = str(len(page.body))
    match fault:
        case Fault.HTML:
            return _head(200, {"content-type": "text/html; charset=utf-8", "content-length": str(len(_HTML))}) + _HTML
        case Fault.EMPTY:
            return _head(200, {**page.headers, "content-length": "0"})
        case Fault.WRONG_TYPE:
            return _head(200, {**page.headers, "content-type": "image/png", "content-length": size}) + page.body
        case Fault.HALF:
            return _head(200, {**page.headers, "content-length": size}) + page.body[: len(page.body) // 2]
        case Fault.NONSENSE:
            return b"220 mail.example.com ESMTP\r\n\r\n"
        case Fault.HEADER_FLOOD:
            return _head(200, {f"x-{number}": "flood" for number in range(10_000)})
        case Fault.LONG_HEADER:
            return _head(200, {"x-long": "x" * 1_000_000})
    return b""


def _packed(fault: Fault, page: Page) -> bytes:
    match fault:
        case Fault.WRONG_GZIP:
            encoding, body = "gzip", b"Company_Phone_Number,Created_Date\r\n"
        case Fault.HALF_GZIP:
            whole = _gzip(page.body or b"1" * 1000)
            encoding, body = "gzip", whole[: len(whole) // 2]
        case Fault.GZIP_BOMB:
            encoding, body = "gzip", _bomb()
        case Fault.BROTLI:
            encoding, body = "br", page.body
        case _:
            return b""
    return _head(200, {**page.headers, "content-encoding": encoding, "content-length": str(len(body))}) + body


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _gzip(body: bytes) -> bytes:
    return zlib.compress(body, wbits=31)


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    packer = zlib.compressobj(wbits=-15)
    block = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    count = _HUGE // 1_000_000  # blocks after a full flush are independent of each other: no need to pack 100 MB
    check = reduce(lambda crc, _: zlib.crc32(bytes(1_000_000), crc), range(count), 0)
    head = b"\x1f\x8b\x08\0\0\0\0\0\0\x03"
    return head + block * count + packer.flush() + struct.pack("<II", check, _HUGE)
