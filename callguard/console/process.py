"""The console's life: started by the daemon, ended with it."""

import asyncio
import json
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from callguard.access import Access
from callguard.ambient import SystemClock, SystemRandomness
from callguard.console.app import application
from callguard.console.feed import Feed
from callguard.console.kernel import Kernel
from callguard.console.knowledge import Knowledge
from callguard.console.launch import Launch
from callguard.console.render import Renderer
from callguard.control.asking import AsyncAsker
from callguard.version import software_version

_SHUTDOWN = 1.0


async def live(launch: Launch) -> None:
    """Serve until the daemon is gone; says on standard output where it listens, or why it cannot."""
    async with serving(kernel_of(launch)) as addresses:
        sys.stdout.write(json.dumps({"listening": addresses}) + "\n")
        sys.stdout.flush()
        await _until_stdin_ends()


def kernel_of(launch: Launch) -> Kernel:
    """Return a console's parts."""
    asker = AsyncAsker(launch.socket)
    knowledge = Knowledge(asker)
    randomness = SystemRandomness()
    return Kernel(
        launch=launch,
        clock=SystemClock(),
        randomness=randomness,
        asker=asker,
        access=Access.open(launch.access, randomness),
        knowledge=knowledge,
        feed=Feed(asker, knowledge.forget),
        renderer=Renderer(),
        software=software_version(),
    )


@asynccontextmanager
async def serving(kernel: Kernel) -> AsyncIterator[list[str]]:
    """Serve the console; yields its addresses."""
    web_wishes = kernel.launch.web
    runner = web.AppRunner(
        application(kernel), handler_cancellation=True, access_log=None, shutdown_timeout=_SHUTDOWN
    )
    await runner.setup()
    site = web.TCPSite(runner, web_wishes.host or None, web_wishes.port, ssl_context=_tls(kernel))
    try:
        await site.start()
        async with asyncio.TaskGroup() as group:
            feed = group.create_task(kernel.feed.run(), name="feed")
            yield [_address(kernel, runner)]
            feed.cancel()
    finally:
        await runner.cleanup()
        kernel.close()


def _tls(kernel: Kernel) -> ssl.SSLContext | None:
    wishes = kernel.launch.web
    if not wishes.tls_certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(wishes.tls_certificate, wishes.tls_key)
    return context


def _address(kernel: Kernel, runner: web.AppRunner) -> str:
    port = runner.addresses[0][1]
    wishes = kernel.launch.web
    shown = wishes.host or "localhost"
    shown = f"[{shown}]" if ":" in shown else shown
    return f"{'https' if wishes.tls_certificate else 'http'}://{shown}:{port}{wishes.base_path}/"


async def _until_stdin_ends() -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        continue
