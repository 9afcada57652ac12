"""One request through aiohttp, to addresses that were checked already. Imported at the first fetch."""

import socket
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from callguard.model.text import plain
from callguard.model.web import FetchError
from callguard.web.target import Target

if TYPE_CHECKING:
    from aiohttp.abc import ResolveResult  # unknown to older versions

_HEADER_LINE = 8190
_HEADERS = 65536
_CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer, its body still to come."""

    status: int
    headers: Mapping[str, str]
    "Names in lower case; of a name that came twice the last."
    announced: int | None
    "The length of the body, if the server said it."
    target: Target
    response: aiohttp.ClientResponse

    async def chunks(self) -> AsyncIterator[bytes]:
        """Return the body as it comes, still packed; FetchError if it breaks off."""
        try:
            async for chunk in self.response.content.iter_chunked(_CHUNK):
                yield chunk
        except (aiohttp.ClientError, ssl.SSLError, ConnectionError) as error:
            raise FetchError(f"{self.target.shown} broke off in the middle") from error


class Transport:
    """Speaks HTTP."""

    def __init__(self, ca_file: Path | None) -> None:
        """Read the certificates of the authorities that are believed; OSError if *ca_file* cannot be read."""
        self._tls = ssl.create_default_context()
        if ca_file is not None:
            self._tls.load_verify_locations(ca_file)

    @asynccontextmanager
    async def ask(
        self, target: Target, addresses: Sequence[str], method: str, headers: Mapping[str, str], body: bytes | None
    ) -> AsyncIterator[Reply]:
        """Ask *target* at one of *addresses* and nowhere else; what went wrong is a FetchError without secrets."""
        async with self._session(target, addresses) as session:
            try:
                response = await session.request(
                    method, URL(target.url, encoded=True), headers=headers, data=body, allow_redirects=False
                )
            except (aiohttp.ClientError, ssl.SSLError, OSError, ValueError) as error:
                if isinstance(error, TimeoutError):
                    raise
                raise FetchError(f"{target.shown} {_why(error)}") from error
            try:
                yield _reply(target, response)
            finally:
                response.close()

    def _session(self, target: Target, addresses: Sequence[str]) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            ssl=self._tls, resolver=_Pinned(target.host, addresses), use_dns_cache=False, force_close=True
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept-Encoding": "gzip, deflate"},
            timeout=aiohttp.ClientTimeout(total=None),  # the fetch has its own
            auto_decompress=False,
            trust_env=False,
            max_line_size=_HEADER_LINE,
            max_field_size=_HEADER_LINE,
        )


class _Pinned(AbstractResolver):
    """Knows one host, and of it only the addresses that were checked: a name cannot change its mind in between."""

    def __init__(self, host: str, addresses: Sequence[str]) -> None:
        self._host = host
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> "list[ResolveResult]":
        """Return the addresses."""
        if host != self._host:
            raise OSError(f"{host} was not checked")
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": socket.IPPROTO_TCP,
                "flags": socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            }
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


def _reply(target: Target, response: aiohttp.ClientResponse) -> Reply:
    if sum(len(name) + len(value) for name, value in response.raw_headers) > _HEADERS:
        raise FetchError(f"{target.shown} sends too many headers")
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status, headers, response.content_length, target, response)


def _why(error: Exception) -> str:
    """Return what went wrong, without what aiohttp would say: it names the whole address, secrets and all."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            told = getattr(error.certificate_error, "verify_message", "") or "unknown reason"
            return f"is not who it claims to be: {plain(told)}"
        case aiohttp.ClientConnectorSSLError() | ssl.SSLError():
            return "does not speak TLS as it should"
        case aiohttp.ClientConnectorError():
            return f"is not reached: {plain(error.os_error.strerror or 'the connection failed')}"
        case aiohttp.ServerDisconnectedError() | ConnectionError():
            return "closed the connection without an answer"
        case aiohttp.ClientResponseError():
            return "does not speak HTTP as it should, or sends too many headers"
        case _:
            return f"is not reached: {type(error).__name__}"
