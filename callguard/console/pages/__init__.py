"""The screens, a module each; every one works without JavaScript."""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

from callguard.console.routing import Route


def all_routes() -> list[Route]:
    """Return the addresses of every screen and of the API."""
    modules = [f"{__name__}.{module.name}" for module in iter_modules(__path__)]
    if find_spec("callguard.console.api.routes"):  # until it is there
        modules.append("callguard.console.api.routes")
    return [route for module in modules for route in import_module(module).routes.all]
