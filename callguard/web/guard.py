"""One fetch: each hop checked, its address pinned, its answer counted."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from callguard.home import Clock
from callguard.model.web import Fetched, FetchError, ForbiddenAddressError, TooLargeError
from callguard.web.address import why_forbidden
from callguard.web.body import Memory, PackingError, PartFile, Sink, Unpacker
from callguard.web.retry import retry_after
from callguard.web.target import Target, TrustedHost, target_of, trusted_host

if TYPE_CHECKING:
    from callguard.web.transport import Reply, Transport

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a host; OSError if it has none."""

_METHODS = ("GET", "POST", "PROPFIND", "REPORT", "OPTIONS")
_GOOD = (200, 207, 304)
_REDIRECTS = (301, 302, 303, 307, 308)
_HOPS = 5
_STALL = 30.0
"""Seconds in which at least `_LEAST` bytes must come."""
_LEAST = 1000
_FORWARDED = frozenset({"accept", "accept-language", "user-agent", "if-none-match", "if-modified-since"})
"""What another origin may be told after a redirect; anything else may be a password under whatever name."""
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ask:
    """What is asked of one server."""

    target: Target
    method: str
    headers: Mapping[str, str] = field(default_factory=dict)
    "Names in lower case."
    body: bytes | None = None
    trusting: bool = True
    "Whether the household's exceptions hold: not once a stranger has redirected."


class GuardedWeb:
    """Implements callguard.Web: https only, nothing private, everything capped; exceptions are the household's.

    It keeps nothing between two fetches: no cookie, no connection; so there is nothing to close.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        software: str = "",
        trusted_hosts: Iterable[str] = (),
        ca_file: Path | None = None,
        resolve: Resolve | None = None,
        stall: float = _STALL,
    ) -> None:
        """ValueError if one of *trusted_hosts* is no host. *ca_file* holds further certificate authorities (PEM)."""
        self._clock = clock
        self._agent = f"CallGuard/{software or '0'} (+home call blocking agent)"
        self._trusted: tuple[TrustedHost, ...] = tuple(map(trusted_host, trusted_hosts))
        self._ca_file = ca_file
        self._resolve = resolve or _system_resolve
        self._stall = stall
        self._transport: Transport | None = None
        self._loading = asyncio.Lock()

    async def fetch(  # noqa: PLR0913  (one parameter a cap)
        self,
        url: str,
        *,
        to: Path | None = None,
        limit: int = 50_000_000,
        within: float = 60.0,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        body: bytes | None = None,
    ) -> Fetched:
        """Return what *url* answers with status 200, 207 or 304; anything else raises FetchError.

        *limit* is the most bytes, compressed or not; *within* the most seconds for all of it. With *to* the body
        is written there as it comes; the file is complete or not there.
        """
        if method not in _METHODS:
            raise ValueError(f"{method} is not one of {', '.join(_METHODS)}")
        target = target_of(url)
        ask = _Ask(target=target, method=method, headers=self._headers(target, headers or {}), body=body)
        timer = asyncio.timeout(within)
        try:
            async with timer:
                return await self._follow(ask, to, limit)
        except TimeoutError:
            if not timer.expired():
                raise FetchError(f"{target.shown} went silent") from None
            raise FetchError(f"{target.shown} took longer than {within:g} seconds") from None

    async def _follow(self, ask: _Ask, to: Path | None, limit: int) -> Fetched:
        for _ in range(_HOPS + 1):
            answer = await self._hop(ask, to, limit)
            if isinstance(answer, Fetched):
                return answer
            ask = answer
        raise FetchError(f"{ask.target.shown} redirects more than {_HOPS} times")

    async def _hop(self, ask: _Ask, to: Path | None, limit: int) -> Fetched | _Ask:
        """Return the answer, or what to ask next."""
        trusted = ask.trusting and any(host.covers(ask.target) for host in self._trusted)
        addresses = await self._checked(ask.target, trusted=trusted)
        transport = await self._load()
        async with asyncio.timeout(self._stall) as stall:
            async with transport.ask(ask.target, addresses, ask.method, ask.headers, ask.body) as reply:
                if reply.status in _REDIRECTS:
                    return _redirected(replace(ask, trusting=trusted), reply)
                self._refuse_unless_good(ask.target, reply)
                return await _receive(ask.target, reply, to, limit, _Patience(stall, self._stall))

    async def _load(self) -> "Transport":
        # aiohttp takes 200 ms to import and the certificates some more to read: no verdict shall wait for that.
        async with self._loading:
            if self._transport is None:
                try:
                    self._transport = await asyncio.to_thread(_open_transport, self._ca_file)
                except OSError as error:
                    raise FetchError(f"the certificates in {self._ca_file} cannot be read: {error}") from error
            return self._transport

    async def _checked(self, target: Target, *, trusted: bool) -> list[str]:
        """Return the addresses of *target*; ForbiddenAddressError if the house does not visit one of them."""
        if target.scheme != "https" and not trusted:
            raise ForbiddenAddressError(f"{target.shown} is not fetched: it is not https; see network.trusted_hosts")
        try:
            addresses = [target.host] if target.is_literal else list(await self._resolve(target.host, target.port))
        except (OSError, UnicodeError):
            raise FetchError(f"{target.shown} is not reached: nobody knows the address of {target.host}") from None
        if not addresses:
            raise FetchError(f"{target.shown} is not reached: {target.host} has no address")
        for address in () if trusted else addresses:
            if why := why_forbidden(address):
                raise ForbiddenAddressError(f"{target.shown} is not fetched: its address {address} {why}")
        return addresses

    def _headers(self, target: Target, headers: Mapping[str, str]) -> dict[str, str]:
        ours = {"user-agent": self._agent, "accept": "*/*"}
        if target.authorization:
            ours["authorization"] = target.authorization
        asked = {name.lower(): value for name, value in headers.items()}
        return {**ours, **{name: value for name, value in asked.items() if name not in _OURS}}

    def _refuse_unless_good(self, target: Target, reply: "Reply") -> None:
        if reply.status not in _GOOD:
            raise FetchError(
                f"{target.shown} answered {_named(reply.status)}",
                status=reply.status,
                retry_after=retry_after(reply.headers.get("retry-after"), self._clock.now()),
            )


class _Patience:
    """Ends a fetch from which too little comes."""

    def __init__(self, timer: asyncio.Timeout, stall: float) -> None:
        self._timer = timer
        self._stall = stall
        self._since = 0

    def arrived(self, count: int) -> None:
        """Note that *count* bytes have come."""
        self._since += count
        if self._since >= _LEAST:
            self._since = 0
            self._timer.reschedule(asyncio.get_running_loop().time() + self._stall)


def _open_transport(ca_file: Path | None) -> "Transport":
    from callguard.web.transport import Transport  # noqa: PLC0415  (brings aiohttp along)

    return Transport(ca_file)


async def _system_resolve(host: str, port: int) -> Sequence[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _redirected(ask: _Ask, reply: "Reply") -> _Ask:
    """Return what to ask where *reply* points; FetchError if it must not be followed."""
    shown = ask.target.shown
    location = reply.headers.get("location", "")
    if not location:
        raise FetchError(f"{shown} redirects to nowhere", status=reply.status)
    target = target_of(_joined(ask.target, location))
    if ask.target.scheme == "https" and target.scheme != "https":
        raise ForbiddenAddressError(f"{shown} redirects from https to {target.shown}", status=reply.status)
    moved = target.origin != ask.target.origin
    if reply.status == 303 or (ask.method == "POST" and reply.status in (301, 302)):
        ask = replace(ask, method="GET", body=None)
    if moved and ask.method == "POST":
        raise ForbiddenAddressError(f"{shown} would hand what is sent to it to {target.shown}", status=reply.status)
    headers = {name: value for name, value in ask.headers.items() if not moved or name in _FORWARDED}
    return replace(ask, target=target, headers=headers)


def _joined(target: Target, location: str) -> str:
    try:
        return urljoin(target.url, location)
    except ValueError:
        raise ForbiddenAddressError(f"{target.shown} redirects to what is no address") from None


async def _receive(target: Target, reply: "Reply", to: Path | None, limit: int, patience: _Patience) -> Fetched:
    found = Fetched(status=reply.status, url=target.url, headers=reply.headers)
    if reply.status == 304:
        return found
    if reply.announced is not None and reply.announced > limit:
        raise _too_large(target, limit)
    try:
        with _sink(to) as sink:
            size = await _pour(target, reply, sink, limit, patience)
            return replace(found, body=await sink.finish(), size=size)
    except PackingError as error:
        raise FetchError(f"{target.shown} cannot be unpacked: {error}", status=reply.status) from None
    except OSError as error:
        raise FetchError(f"{target.shown} cannot be written to {to}: {error.strerror or error}") from error


async def _pour(target: Target, reply: "Reply", sink: Sink, limit: int, patience: _Patience) -> int:
    """Move the body into *sink*; returns its size."""
    unpacker = Unpacker(reply.headers.get("content-encoding", ""))
    packed = size = 0
    async for chunk in reply.chunks():
        patience.arrived(len(chunk))
        packed += len(chunk)
        for portion in unpacker.unpack(chunk):
            size += len(portion)
            if max(size, packed) > limit:
                raise _too_large(target, limit)
            await sink.write(portion)
            await asyncio.sleep(0)  # so that a verdict waits for one portion at most
    unpacker.finish()
    return size


def _sink(to: Path | None) -> AbstractContextManager[Sink]:
    return nullcontext(Memory()) if to is None else PartFile(to)


def _too_large(target: Target, limit: int) -> TooLargeError:
    return TooLargeError(f"{target.shown} is larger than the {limit:,} bytes that are enough for it")


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
