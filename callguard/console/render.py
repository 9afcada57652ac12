"""Pages from templates: Jinja2, everything escaped, no template from anywhere but here."""

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from callguard.console.wording import FILTERS
from callguard.model.text import plain

STATIC: Traversable = files("callguard.console").joinpath("static")


class Renderer:
    """The templates."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("callguard.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {**FILTERS, "plain": plain}

    def render(self, template: str, context: Mapping[str, object]) -> str:
        """Return the page."""
        return self._environment.get_template(template).render(**context)


class Addresses:
    """Makes links that work wherever the console is mounted."""

    def __init__(self, paths: Mapping[str, str], prefix: str) -> None:
        self._paths = paths
        self._prefix = prefix

    def url(self, name: str, /, **values: object) -> str:
        """Return the path of the route *name*; values that are no part of the path become its query."""
        path = self._paths[name]
        for key in [key for key in values if f"{{{key}}}" in path]:
            path = path.replace(f"{{{key}}}", quote(str(values.pop(key)), safe=""))
        asked = [(key, value) for key, value in values.items() if value not in (None, "")]
        query = urlencode([(key, str(value)) for key, value in asked])
        return f"{self._prefix}{path}" + (f"?{query}" if query else "")

    def static(self, name: str) -> str:
        """Return the path of a static file, with a digest of its content, so that it may be kept for ever."""
        return f"{self._prefix}/static/{digest(name)}/{name}"


@cache
def digest(name: str) -> str:
    """Return what stands in the address of a static file for its content."""
    return sha256(STATIC.joinpath(name).read_bytes()).hexdigest()[:12]


def local(zone: tzinfo) -> Callable[[str | datetime], datetime]:
    """Return the filter that shows a moment by the household's clock."""

    def shown(moment: str | datetime) -> datetime:
        return (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).astimezone(zone)

    return shown
