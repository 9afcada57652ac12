"""Serves the gallery of the console's parts as the console would: its policy, its events, redirects after actions."""

import mimetypes
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from callguard.console.headers import POLICY
from callguard.console.render import STATIC
from tests.console import gallery

_SOON = 0.05
_LISTENS_WITHIN = 10.0


@dataclass(slots=True)
class Place:
    """Where the gallery is, and what happens there."""

    base: str = ""
    events: "queue.Queue[str]" = field(default_factory=queue.Queue)
    watched: threading.Event = field(default_factory=threading.Event)
    "Set: a page listens."
    gone: threading.Event = field(default_factory=threading.Event)
    "Set: nobody answers any more."
    closed: threading.Event = field(default_factory=threading.Event)

    def tell(self, event: str, data: str) -> None:
        """Tell the open page that something happened, as soon as it listens."""
        self.watched.wait(_LISTENS_WITHIN)
        lines = "".join(f"data: {line}\n" for line in data.splitlines())
        self.events.put(f"event: {event}\n{lines}\n")


@contextmanager
def served() -> Iterator[Place]:
    """Serve the gallery on a free port of loopback."""
    place = Place()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"place": place}))
    server.daemon_threads = True
    place.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": _SOON})
    thread.start()
    try:
        yield place
    finally:
        place.closed.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    place: Place

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].lstrip("/")
        name = path.removesuffix(".html")
        if self.place.gone.is_set():
            self.close_connection = True
        elif path.startswith("static/"):
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            self._send(STATIC.joinpath(path.removeprefix("static/")).read_bytes(), kind)
        elif name == "events":
            self._stream()
        elif name in gallery.PAGES:
            self._send(gallery.render(name).encode(), "text/html; charset=utf-8")
        else:
            self._send(gallery.render("empty").encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(303)
        self.send_header("Location", self.headers["Referer"])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY.format(ancestors="'none'"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b": here\n\n")
        self.place.watched.set()
        while not (self.place.closed.is_set() or self.place.gone.is_set()):
            try:
                self.wfile.write(self.place.events.get(timeout=_SOON).encode())
            except queue.Empty:
                continue
            except OSError:
                return
