"""A small reverse proxy that shows the console below a path of its own, as nginx or Home Assistant would."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import ClientSession, ClientTimeout, web

from tests.real.peers.ports import free_ports

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
_STARTS_WITHIN = 10.0


@contextmanager
def below(path: str, console: str) -> Iterator[str]:
    """Serve *console* below *path*; yields the address a browser opens."""
    port, up, loop = free_ports(), threading.Event(), asyncio.new_event_loop()
    over = asyncio.Event()

    async def serve() -> None:
        async with ClientSession(auto_decompress=False, timeout=ClientTimeout(total=None)) as session:
            app = web.Application(client_max_size=1 << 24)
            app.router.add_route("*", f"{path}{{rest:/.*}}", _Proxy(session, path, console).answer)
            runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", port).start()
            up.set()
            await over.wait()
            await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        if not up.wait(_STARTS_WITHIN):
            raise AssertionError("the proxy did not come up")
        yield f"http://127.0.0.1:{port}{path}"
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


class _Proxy:
    def __init__(self, session: ClientSession, path: str, console: str) -> None:
        self._session = session
        self._path = path
        self._console = console

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Pass a request on, and stream what comes back."""
        headers = {key: value for key, value in request.headers.items() if key.lower() not in _HOP_BY_HOP}
        headers |= {"X-Forwarded-For": request.remote or "", "X-Forwarded-Prefix": self._path}
        rest = request.rel_url.raw_path_qs.removeprefix(self._path)
        asked = self._session.request(
            request.method, self._console + rest, headers=headers, data=await request.read(), allow_redirects=False
        )
        async with asked as came:
            kept = [(key, value) for key, value in came.headers.items() if key.lower() not in _HOP_BY_HOP]
            answer = web.StreamResponse(status=came.status)
            answer.headers.extend(kept)
            await answer.prepare(request)
            async for piece in came.content.iter_any():
                await answer.write(piece)
        return answer
