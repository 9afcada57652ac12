"""The call log: searched, filtered, kept up to date, and taken away as a file."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import partial
from typing import Any

from aiohttp import web

from callguard.console.routing import Routes
from callguard.console.rows import known, rows
from callguard.console.sources import sources
from callguard.console.spreadsheet import csv_of
from callguard.console.visit import Visit
from callguard.console.wording import count
from callguard.control.client import NoDaemonError
from callguard.control.wire import RefusedError
from callguard.model.experience import Experience, Opinion, experience
from callguard.model.number import pretty
from callguard.model.record import CallRecord
from callguard.model.text import plain
from callguard.sentences import Phrases, event
from callguard.store import Archive, BadCursorError, Filter, Gone, Page, StoreError

routes = Routes()
PAGE = 50
_COUNTED = 1000
_EXPORTED_AT_ONCE = 200
"""Records in memory while a file is made; it grows as fast as the visitor takes it."""
_CHIPS = (
    ("", "All", ""),
    ("blocked", "Blocked", "ban"),
    ("screened", "Screened", "user-round-search"),
    ("let-through", "Let through", "triangle-alert"),
    ("rang", "Rang", "phone-incoming"),
    ("review", "To review", "inbox"),
)
_EXPORTS = (("csv", "For a spreadsheet (CSV)"), ("json", "For programs (JSON lines)"))
_PRESETS = (("Today", 0), ("Last 7 days", 6), ("Last 30 days", 29), ("Last 12 months", 364))
_SAID = ("q", "show", "source", "line", "number", "from", "to")
_COLUMNS = {
    "when": "At",
    "line": "Line",
    "number": "Number",
    "name": "Name as sent",
    "experience": "What happened",
    "reason": "Why",
    "opinion": "You said",
    "decided_in": "Decided in ms",
    "id": "Call",
}
_Exported = Sequence[tuple[CallRecord, Opinion | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the visitor wants to see, as the address of the page says it."""

    said: Mapping[str, str]
    "The parts of the address that are in force."
    filter: Filter
    mistakes: Mapping[str, str]


@routes.get("/calls", "calls")
async def calls(visit: Visit) -> web.StreamResponse:
    """Show the calls that are wanted, newest first."""
    wanted = read_wanted(visit.asked, visit.zone)
    before = visit.asked("before")
    try:
        page, counted, gone = await visit.read(lambda archive: _some_of(archive, wanted.filter, before))
    except BadCursorError:
        return visit.back(visit.url("calls", **wanted.said))  # an address from another day
    deciders, house = await sources(visit), await known(visit)
    said = wanted.said
    return await visit.page(
        "calls.html",
        rows=await rows(visit, page.records),
        unreadable=page.unreadable,
        counted=f"{_COUNTED:,} calls and more" if counted >= _COUNTED else count(counted, "call"),
        older=visit.url("calls", **{**said, "before": page.next}) if page.next else "",
        newest=visit.url("calls", **said) if before else "",
        gone=gone if page.next is None else None,
        asked={key: said.get(key, "") for key in _SAID},
        narrowed=bool(said),
        mistakes=wanted.mistakes,
        kinds=[_chip(visit, said, *chip) for chip in _CHIPS],
        presets=[_preset(visit, said, *preset) for preset in _PRESETS],
        lines=await _lines(visit, said.get("line", "")),
        sources=[("", "Anything"), *deciders.choices(said.get("source", ""))],
        exports=[_export(visit, said, *one) for one in _EXPORTS],
        readable=pretty(said["number"], house.country) if "number" in said else "",
        without_number=visit.url("calls", **{**said, "number": ""}),
        live="pill" if before or said else "rows",
    )


def _some_of(archive: Archive, wanted: Filter, before: str) -> tuple[Page, int, Gone | None]:
    page = archive.page(PAGE, before or None, wanted)
    all_there = page.next is None and not before  # then there is nothing more to count
    counted = len(page.records) + page.unreadable if all_there else archive.count(wanted, _COUNTED)
    return page, counted, archive.gone()


@routes.get("/calls/export", "calls-export")
async def export(visit: Visit) -> web.StreamResponse:
    """Send the calls that are wanted as a file, written as it is taken."""
    wanted = read_wanted(visit.asked, visit.zone)
    kind = visit.asked("kind", "csv")
    if kind not in _FORMS or wanted.mistakes:
        raise web.HTTPNotFound(reason="There is no such file.")
    return await send(visit, wanted.filter, kind)


async def send(visit: Visit, wanted: Filter, kind: str) -> web.StreamResponse:
    """Send the calls as a file of that *kind*, `csv` or `json`."""
    form, pages = _FORMS[kind], _pages(visit, wanted)
    first = await anext(pages)  # what cannot be read at all is said on a page, not in the middle of a file
    phrases = await visit.read(lambda archive: archive.phrases())
    name = f"callguard-calls-{visit.now():%Y-%m-%d}.{form.ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": form.content}
    response = web.StreamResponse(headers=headers)
    await response.prepare(visit.request)
    await response.write(form.head + form.body(first, phrases, visit.zone))
    try:
        async for page in pages:
            await response.write(form.body(page, phrases, visit.zone))
    except StoreError:
        if visit.request.transport is not None:  # a file that ends too early must not look whole
            visit.request.transport.abort()
        return response
    await response.write_eof()
    return response


def read_wanted(asked: Callable[[str], str], zone: tzinfo) -> Wanted:
    """Return what the address asks for; what makes no sense in it is left out, and said."""
    said = {key: asked(key).strip() for key in _SAID if asked(key).strip()}
    mistakes: dict[str, str] = {}
    days = {key: _day(said, key, mistakes) for key in ("from", "to")}
    source, _, key = said.get("source", "").partition("/")
    show = said.get("show", "")
    if show and show not in {name for name, _, _ in _CHIPS}:
        said.pop("show")
    wanted = Filter(
        text=said.get("q", ""),
        number=said.get("number"),
        line=said.get("line"),
        source=source if "source" in said else None,
        key=key if "/" in said.get("source", "") else None,
        experiences=frozenset({Experience(show)} if show in set(Experience) else ()),
        opinion=Opinion.OPEN if show == "review" else None,
        since=_midnight(days["from"], zone),
        until=_midnight(days["to"], zone, timedelta(days=1)),
    )
    return Wanted(said=said, filter=wanted, mistakes=mistakes)


def _day(said: dict[str, str], key: str, mistakes: dict[str, str]) -> date | None:
    try:
        found = date.fromisoformat(said[key]) if key in said else None
    except ValueError:
        found = None
    if key in said and (found is None or not 1971 <= found.year <= 9998):
        mistakes[key] = f"“{plain(said.pop(key), 40)}” is no day: write it like 2026-12-01."
        return None
    return found


def _midnight(on: date | None, zone: tzinfo, later: timedelta = timedelta()) -> datetime | None:
    return datetime.combine(on + later, time(), zone) if on else None


def _chip(visit: Visit, said: Mapping[str, str], name: str, label: str, icon: str) -> Mapping[str, str]:
    return {"name": name, "label": label, "icon": icon, "url": visit.url("calls", **{**said, "show": name})}


def _preset(visit: Visit, said: Mapping[str, str], label: str, days: int) -> Mapping[str, str]:
    start = str(visit.now().date() - timedelta(days=days))
    return {"name": start, "label": label, "url": visit.url("calls", **{**said, "from": start, "to": ""})}


def _export(visit: Visit, said: Mapping[str, str], kind: str, label: str) -> Mapping[str, object]:
    href = visit.url("calls-export", **{**said, "kind": kind})
    return {"label": label, "href": href, "icon": "download", "download": True}


async def _lines(visit: Visit, chosen: str) -> list[tuple[str, str]]:
    """Return the lines to choose from; the one that is chosen may be gone."""
    try:
        names = (await visit.known("house"))["lines"]
    except (NoDaemonError, RefusedError):
        names = []
    all_names = [*names, chosen] if chosen and chosen not in names else names
    return [("", "Every line"), *((name, plain(name)) for name in all_names)]


async def _pages(visit: Visit, wanted: Filter) -> AsyncIterator[_Exported]:
    """Yield the calls that are wanted, a few at a time, the first time also if there are none."""
    before: str | None = None
    while True:
        found, before = await visit.read(partial(_some, wanted=wanted, before=before))
        yield found
        if before is None:
            return


def _some(archive: Archive, wanted: Filter, before: str | None) -> tuple[_Exported, str | None]:
    page = archive.page(_EXPORTED_AT_ONCE, before, wanted)
    opinions = archive.opinions([record.call.id for record in page.records])
    return [(record, opinions.get(record.call.id)) for record in page.records], page.next


def _facts(record: CallRecord, opinion: Opinion | None, phrases: Phrases, zone: tzinfo) -> dict[str, Any]:
    return {**event(record, phrases, zone), "experience": experience(record), "opinion": opinion}


def _as_csv(found: _Exported, phrases: Phrases, zone: tzinfo) -> bytes:
    rows = []
    for record, opinion in found:
        facts = _facts(record, opinion, phrases, zone)
        facts["when"] = f"{record.call.received_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        rows.append([facts[key] for key in _COLUMNS])
    return csv_of(rows).encode()


def _as_lines(found: _Exported, phrases: Phrases, zone: tzinfo) -> bytes:
    return "".join(json.dumps(_facts(*one, phrases, zone)) + "\n" for one in found).encode()


@dataclass(frozen=True, slots=True)
class _Form:
    """A kind of file that calls can be taken away in."""

    ending: str
    content: str
    head: bytes
    body: Callable[[_Exported, Phrases, tzinfo], bytes]


_FORMS = {
    # The mark at the beginning tells spreadsheets that it is UTF-8.
    "csv": _Form("csv", "text/csv; charset=utf-8", f"\ufeff{','.join(_COLUMNS.values())}\r\n".encode(), _as_csv),
    "json": _Form("jsonl", "application/jsonl; charset=utf-8", b"", _as_lines),
}
