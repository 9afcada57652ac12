"""The screens, a module each; every one works without JavaScript."""

from importlib import import_module
from importlib.util import find_spec

from callguard.console.routing import Route

_MODULES = ("signing", "setup", "overview", "calls", "call", "review", "rules", "lists", "contacts", "trying")
_MORE = ("complaints", "lines", "changes", "settings", "health", "people", "privacy", "backups", "events")


def all_routes() -> list[Route]:
    """Return the addresses of every screen and of the API."""
    modules = [f"callguard.console.pages.{name}" for name in (*_MODULES, *_MORE)]
    found: list[Route] = []
    for module in (*modules, "callguard.console.api.routes"):
        if find_spec(module):  # until every screen is there
            found += import_module(module).routes.all
    return found
