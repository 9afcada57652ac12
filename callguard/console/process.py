"""The console's life: started by the daemon, ended with it."""

import asyncio
import errno
import json
import logging
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from aiohttp import web

from callguard.access import Access, AccessError
from callguard.ambient import SystemClock, SystemRandomness
from callguard.console.app import application
from callguard.console.feed import Feed
from callguard.console.gate import Gate
from callguard.console.kernel import Kernel
from callguard.console.knowledge import Knowledge
from callguard.console.launch import Launch, Web
from callguard.console.render import Renderer
from callguard.control.asking import AsyncAsker
from callguard.version import software_version

_log = logging.getLogger(__name__)
_SHUTDOWN = 1.0
_LINGERS = 1.0
"""Seconds for which the rest of a refused body is read, so that the sender sees why."""
_IDLE = 60.0
"""Seconds after which a connection without requests is closed."""
_SWEEPS_EVERY = 1.0
_MOST_HEADERS = 64
_WORDS = {
    errno.EADDRINUSE: "port {port} is taken by another program",
    errno.EADDRNOTAVAIL: "this computer has no address {host}",
    errno.EACCES: "port {port} is not for ordinary programs",
}
_ELSEWHERE = "192.0.2.1"
"""For documents only (RFC 5737): asking by which way it would be reached sends nothing."""


class CertificateError(Exception):
    """The certificate for https cannot be used."""


async def live(launch: Launch) -> None:
    """Serve until the daemon is gone; says on standard output where it listens."""
    ear = await _ear()
    while not ear.at_eof():
        async with serving(kernel_of(launch)) as addresses:
            say({"listening": addresses})
            await _until_over(ear, launch.access)


def run(launch: Launch) -> int:
    """Live, and say on standard output why that cannot be; returns the exit status."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    try:
        asyncio.run(live(launch))
    except CertificateError as error:
        say(
            {"cannot": str(error), "cure": "Look at web.tls_certificate and web.tls_key, and who may read the files."}
        )
    except AccessError as error:
        say({"cannot": str(error), "cure": "`callguard user list` says more."})
    except OSError as error:
        words = _WORDS.get(error.errno or 0, error.strerror or str(error))
        say({"cannot": words.format(port=launch.web.port, host=launch.web.host), "errno": error.errno})
    else:
        return 0
    return 1


def say(message: Mapping[str, object]) -> None:
    """Tell the daemon."""
    with suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def kernel_of(launch: Launch) -> Kernel:
    """Return a console's parts; AccessError if the file of people cannot be used."""
    asker = AsyncAsker(launch.socket)
    knowledge = Knowledge(asker)
    randomness = SystemRandomness()
    access = Access.open(launch.access, randomness)
    return Kernel(
        launch=launch,
        clock=SystemClock(),
        randomness=randomness,
        asker=asker,
        access=access,
        gate=Gate(launch.web, socket.gethostname(), access.anyone),
        knowledge=knowledge,
        feed=Feed(asker, knowledge.forget),
        renderer=Renderer(),
        software=software_version(),
    )


@asynccontextmanager
async def serving(kernel: Kernel) -> AsyncIterator[list[str]]:
    """Serve the console; yields its addresses. OSError if it cannot listen there, CertificateError."""
    wishes = kernel.launch.web
    runner = web.AppRunner(
        application(kernel),
        handler_cancellation=True,
        access_log=None,
        shutdown_timeout=_SHUTDOWN,
        keepalive_timeout=_IDLE,
        lingering_time=_LINGERS,
        max_headers=_MOST_HEADERS,
        auto_decompress=False,  # nobody sends forms compressed, but for filling memory
        logger=_quiet(),
    )
    try:
        tls = _tls(wishes)
        await runner.setup()
        await web.TCPSite(runner, wishes.host or None, wishes.port, ssl_context=tls).start()
        async with asyncio.TaskGroup() as group:
            chores = [
                group.create_task(kernel.feed.run(), name="feed"),
                group.create_task(_keep_order(kernel, runner), name="order"),
                group.create_task(_renew(wishes, tls), name="certificate"),
            ]
            yield _addresses(wishes, runner.addresses[0][1])
            for chore in chores:
                chore.cancel()
    finally:
        await runner.cleanup()
        kernel.close()


async def _keep_order(kernel: Kernel, runner: web.AppRunner) -> None:
    """Hang up on those who keep places that others need, now and then."""
    while True:
        await asyncio.sleep(_SWEEPS_EVERY)
        connections = runner.server.connections if runner.server else []
        for one in kernel.crowd.unwanted(connections, kernel.clock.monotonic()):
            if one.transport is not None:
                one.transport.abort()


def _tls(wishes: Web) -> ssl.SSLContext | None:
    if not wishes.tls_certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    _load(context, wishes)
    return context


def _load(context: ssl.SSLContext, wishes: Web) -> None:
    try:
        context.load_cert_chain(wishes.tls_certificate, wishes.tls_key or None)
    except (OSError, ssl.SSLError) as error:
        raise CertificateError(f"the certificate for https cannot be used: {error.strerror or error}") from error


async def _renew(wishes: Web, context: ssl.SSLContext | None) -> None:
    """Take a new certificate when there is one: those of a public authority last for weeks."""
    seen = _changed_at(wishes)
    while context is not None:
        await asyncio.sleep(_SWEEPS_EVERY)
        if (now := _changed_at(wishes)) != seen:
            seen = now
            try:
                _load(context, wishes)
            except CertificateError as error:
                _log.warning("the old certificate is kept: %s", error)


def _changed_at(wishes: Web) -> tuple[float, ...]:
    files = [Path(name) for name in (wishes.tls_certificate, wishes.tls_key) if name]
    return tuple(file.stat().st_mtime for file in files if file.exists())


def _addresses(wishes: Web, port: int) -> list[str]:
    scheme = "https" if wishes.tls_certificate else "http"
    hosts = [wishes.host] if wishes.host else [*_own_addresses(), "localhost"]
    shown = [f"[{host}]" if ":" in host else host for host in hosts]
    return [f"{scheme}://{host}:{port}{wishes.base_path.rstrip('/')}/" for host in shown]


def _own_addresses() -> list[str]:
    """Return by which address other computers in the house reach this one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect((_ELSEWHERE, 9))
        return [probe.getsockname()[0]]
    return []


async def _ear() -> asyncio.StreamReader:
    """Return what ends when the daemon closes standard input, or at a signal."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, reader.feed_eof)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def _until_over(ear: asyncio.StreamReader, people: Path) -> None:
    """Wait for the end, or until the people are in another file: somebody moved a damaged one away."""
    there = _identity(people)
    while not ear.at_eof() and _identity(people) == there:
        with suppress(TimeoutError):
            async with asyncio.timeout(_SWEEPS_EVERY):
                await ear.read(4096)


def _identity(file: Path) -> int | None:
    try:
        return file.stat().st_ino
    except OSError:
        return None


def _quiet() -> logging.Logger:
    """Return the log of the web server, in which garbled requests are worth no traceback."""
    log = logging.getLogger("callguard.console.wire")
    log.setLevel(logging.CRITICAL)
    return log
