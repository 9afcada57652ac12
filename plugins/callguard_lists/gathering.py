"""Brings a list into the house: fetches its URL if it changed, looks whether its file did."""

import asyncio
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from callguard import (
    JSON,
    Fetched,
    FetchError,
    Gathered,
    Gathering,
    Home,
    Progress,
    conditional,
    plain,
    remember,
    shown_url,
)
from callguard_lists.settings import Plan

MOST_BYTES = 100_000_000
"""The largest lists known have about a tenth of that."""
_WITHIN = 600.0
"""Seconds for all of it: 100 MB over a slow line."""
_GOOD_TYPES = ("text/", "application/json", "application/csv", "application/octet-stream", "binary/octet-stream")
_OTHER_GOOD_TYPES = ("application/vnd.ms-excel", "application/x-csv", "application/force-download")
_BAD_TYPES = ("text/html", "text/xml")
_AS_JSON = "+json"


async def gather(plan: Plan, home: Home, gathering: Gathering) -> Gathered:
    """Return what to build the list of *plan* from; FetchError, OSError or ValueError say why there is nothing."""
    how = json.dumps(how_read(plan), sort_keys=True)
    if gathering.state.get("how") != how:
        # The same bytes read in another way are another list.
        gathering.state.clear()
        gathering.state["how"] = how
    if plan.file:
        # In a thread: the file may lie on a network that hangs, and the telephone rings meanwhile.
        arguments = await asyncio.to_thread(_from_file, plan.file, gathering)
    else:
        arguments = await _from_web(plan, home, gathering)
    if arguments is None:
        return Gathered(changed=False, note="not changed since the last time")
    digest = await home.apart("callguard_lists.building:digest", {"file": arguments["file"]}, None)
    if digest == gathering.state.get("sha256") and not gathering.force:
        return Gathered(changed=False, note="fetched again, but it says the same as before")
    gathering.state["sha256"] = digest
    return Gathered(arguments={**how_read(plan), **arguments, "name": f"lists.{plan.name}"})


def how_read(plan: Plan) -> dict[str, JSON]:
    """Return how the bytes of the list are to be understood."""
    return {
        "format": plan.format,
        "column": plan.columns.number,
        "category_column": plan.columns.category,
        "reports_column": plan.columns.reports,
        "last_seen_column": plan.columns.last_seen,
        "country": plan.country,
        "category": plan.category.value,
    }


def check_file(file: Path) -> os.stat_result:
    """Return what the disk says about *file*; ValueError unless it is a file of bearable size, OSError if unread."""
    try:
        found = file.stat()
    except OSError as error:
        raise OSError(f"{file} cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(f"{file} is no file")
    if found.st_size > MOST_BYTES:
        raise ValueError(f"{file} is larger than {MOST_BYTES // 1_000_000} MB")
    return found


def _from_file(file: Path, gathering: Gathering) -> dict[str, JSON] | None:
    """Return where the file is, unless its time and size are those of the last success."""
    found = check_file(file)
    seen: JSON = [found.st_mtime_ns, found.st_size]
    if gathering.state.get("seen") == seen and not gathering.force:
        return None
    gathering.state["seen"] = seen
    return {"file": str(file), "source": str(file), "version": "", "temporary": False}


async def _from_web(plan: Plan, home: Home, gathering: Gathering) -> dict[str, JSON] | None:
    gathering.report(Progress(step="fetching"))
    target = gathering.folder / "fetched"
    headers = {} if gathering.force else conditional(gathering.state)
    fetched = await home.web.fetch(plan.url, to=target, limit=MOST_BYTES, within=_WITHIN, headers=headers)
    if fetched.not_modified:
        return None
    check_type(fetched)
    remember(gathering.state, fetched)
    version = plain(fetched.headers.get("last-modified", ""), 40)
    return {"file": str(target), "source": shown_url(plan.url), "version": version, "temporary": True}


def check_type(fetched: Fetched) -> None:
    """Refuse an answer that calls itself something else than a list."""
    kind = fetched.content_type
    if kind.startswith("text/html") or kind == "application/xhtml+xml":
        raise FetchError(
            "a web page came instead of a list, perhaps an error or a log-in page", status=fetched.status
        )
    good = not kind or kind.startswith((*_GOOD_TYPES, *_OTHER_GOOD_TYPES)) or kind.endswith(_AS_JSON)
    if not good or kind in _BAD_TYPES:
        raise FetchError(f"no list came, but something of type {plain(kind, 60)}", status=fetched.status)


def preview_of(plan: Plan, file: Path, known: Mapping[str, str], now: str) -> dict[str, JSON]:
    """Return the arguments of a preview of *file*, read as *plan* says."""
    return {**how_read(plan), "file": str(file), "now": now, "known": tuple(known)}
