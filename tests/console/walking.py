"""Every address of the console, for tests that try them all."""

import re
from collections.abc import Iterator

from callguard.console.pages import all_routes
from callguard.console.routing import Route

SAFE = ("GET", "HEAD")


def path_of(route: Route, **known: str) -> str:
    """Return an address of the route: what stands in its braces is *known*, or made up."""
    return re.sub(r"\{(\w+)(?::[^}]*)?\}", lambda found: known.get(found[1], "1"), route.path)


def pages() -> Iterator[Route]:
    """Yield everything that can be looked at, but for streams, which do not end."""
    yield from (route for route in all_routes() if route.method == "GET" and not route.path.endswith("/events"))


def actions() -> Iterator[Route]:
    """Yield everything that changes something."""
    yield from (route for route in all_routes() if route.method not in SAFE)
