"""How a module of the console says which addresses it answers, and who may ask."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from callguard.access import Right
from callguard.console.visit import Visit

Handler = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One address of the console."""

    method: str
    path: str
    "As aiohttp writes it: `/calls/{id}`."
    name: str
    right: Right | None
    "What the visitor must be allowed; None: anybody, signed in or not."
    handler: Handler
    most: int = 1 << 20
    "Bytes of the longest body it takes."

    @property
    def api(self) -> bool:
        """Tell whether programs use it, rather than people."""
        return self.path.startswith("/api/")


class Routes:
    """The addresses of one module."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def get(self, path: str, name: str, right: Right | None = Right.READ) -> Callable[[Handler], Handler]:
        """Register a page; it changes nothing."""
        return self._add("GET", path, name, right)

    def post(self, path: str, name: str, right: Right | None, most: int = 1 << 20) -> Callable[[Handler], Handler]:
        """Register an action; it ends in a redirect to a page."""
        return self._add("POST", path, name, right, most)

    def add(
        self, method: str, path: str, name: str, right: Right | None, most: int = 1 << 20
    ) -> Callable[[Handler], Handler]:
        """Register an address of the API."""
        return self._add(method, path, name, right, most)

    def _add(
        self, method: str, path: str, name: str, right: Right | None, most: int = 1 << 20
    ) -> Callable[[Handler], Handler]:
        def note(handler: Handler) -> Handler:
            one = Route(method=method, path=path, name=name, right=right, handler=handler, most=most)
            self.all.append(one)
            return handler

        return note
