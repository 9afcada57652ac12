"""What passes between a list's plugin, which fetches, and the house, which builds and swaps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from callguard.home import JSON
from callguard.model.numberlist import Report
from callguard.model.web import Fetched

CONDITIONAL = "conditional"
"""The key in a list's state that holds ETag and Last-Modified of what was fetched."""
_LONGEST = 1000
_HEADERS = (("etag", "If-None-Match"), ("last-modified", "If-Modified-Since"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a plugin fetched, for the function that builds the list from it."""

    arguments: Mapping[str, JSON] = field(default_factory=dict)
    "Handed to the building function, beside `path` and `now`."
    changed: bool = True
    "False: the copy at hand is still the newest; nothing is built."
    overlay: bool = False
    "It says only what changed since; an entry with 0 reports removes."
    note: str = ""
    "What a person should know."


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """One update of a list, as its plugin sees it."""

    folder: Path
    "Private, kept between updates."
    force: bool
    "Fetch it even if nothing seems to have changed; the state then holds no ETags."
    report: Report
    state: dict[str, JSON]
    """What the plugin noted at the last success; what it notes now is kept only if this update succeeds.

    Empty while there is no copy that can be read, so that all of the list is fetched.
    """


def conditional(state: Mapping[str, JSON], key: str = "") -> dict[str, str]:
    """Return the headers that ask for an answer only if something changed (RFC 9110 §13.1).

    *key* tells the addresses of one list apart, where it has several.
    """
    known = state.get(CONDITIONAL)
    kept = known.get(key) if isinstance(known, Mapping) else None
    if not isinstance(kept, Mapping):
        return {}
    return {header: value for name, header in _HEADERS if isinstance(value := kept.get(name), str) and value}


def remember(state: dict[str, JSON], fetched: Fetched, key: str = "") -> None:
    """Note ETag and Last-Modified of a whole answer for `conditional`; an answer 304 changes nothing."""
    if fetched.not_modified:
        return
    known = state.get(CONDITIONAL)
    kept = {name: value for name, _ in _HEADERS if _is_harmless(value := fetched.headers.get(name, ""))}
    state[CONDITIONAL] = {**(known if isinstance(known, Mapping) else {}), key: kept}


def _is_harmless(value: str) -> bool:
    """Tell whether a value may be sent back as a header one day."""
    return 0 < len(value) <= _LONGEST and value.isascii() and value.isprintable()
