"""The overview: what came, what needs somebody, and letting everyone ring for a while."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from aiohttp import web

from callguard.access import Right
from callguard.console.charts import Bar, calls_per_day, calls_per_hour, compared
from callguard.console.cures import cure_at
from callguard.console.routing import Routes
from callguard.console.rows import Known, about_number, known, rows
from callguard.console.sources import Sources, sources
from callguard.console.visit import Visit
from callguard.console.wording import stamp
from callguard.control.client import NoDaemonError
from callguard.control.wire import RefusedError
from callguard.model.experience import Experience, Opinion
from callguard.model.number import pretty
from callguard.model.text import plain
from callguard.store import Archive, Filter, Gone, Page, Statistics

routes = Routes()
_SPANS = ((7, "7 days"), (14, "14 days"), (30, "30 days"), (90, "90 days"))
_USUAL_SPAN = 14
_REVIEWED = 3
_LATEST = 5
_LOOKED_AT = 20
"""Newest calls, of which those that repeat are shown as one."""
_SOURCES = 8
_PROBLEMS = 5
_EXPECT: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "30m": ("For 30 minutes", {"seconds": 1800}),
    "2h": ("For 2 hours", {"seconds": 7200}),
    "tonight": ("Until tonight", {"tonight": True}),
    "next": ("The next call only", {"next_call": True}),
}
_SAID_ELSEWHERE = frozenset({"contacts-only", "log-only", "line-deaf", "no-line", "dnc-undeclared"})
"""Problems that a banner or a task tells of already."""
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Log:
    """What the overview shows of the call log."""

    figures: Statistics
    latest: Page
    review: Page
    ever: bool
    "Whether any call was ever recorded."
    gone: Gone | None


@routes.get("/", "overview")
async def overview(visit: Visit) -> web.StreamResponse:
    """Show how the house is."""
    days = next((span for span, _ in _SPANS if visit.asked("days") == str(span)), _USUAL_SPAN)
    now = visit.now()
    since = (now - timedelta(days=days - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    log = await visit.read(lambda archive: _log(archive, since, now, visit.zone))
    house, names, home = await known(visit), await sources(visit), await _home(visit)
    return await visit.page(
        "overview.html",
        log=log,
        days=days,
        spans=[
            {"name": span, "label": label, "url": visit.url("overview", days=span) + "#figures"}
            for span, label in _SPANS
        ],
        per_day=calls_per_day([(day.day, day.calls) for day in log.figures.days]),
        per_hour=calls_per_hour(log.figures.hours),
        by_source=_by_source(log.figures, names),
        figures=_figures(visit, log.figures, since),
        top=_top(visit, log.figures, house),
        review=(await rows(visit, log.review.records))[:_REVIEWED],
        latest=(await rows(visit, log.latest.records))[:_LATEST],
        problems=list(_problems(visit, home["status"]["problems"])) if home else [],
        tasks=list(_tasks(visit, home)) if home else [],
        modes=home["house"]["modes"] if home else None,
        expecting=[
            {"label": label, "url": visit.url("expect"), "fields": {"for": name}, "icon": "timer"}
            for name, (label, _) in _EXPECT.items()
        ],
    )


@routes.post("/expect", "expect", Right.CALLS)
async def expect(visit: Visit) -> web.StreamResponse:
    """Let everyone ring for a while, or the next call."""
    form = await visit.form()
    chosen = _EXPECT.get(form.text("for"))
    if chosen is None:
        raise web.HTTPBadRequest(reason="Say for how long everyone shall ring.")
    answer = await visit.ask("expect", **chosen[1], line=form.text("line"))
    until = answer["rule"]["until"]
    how_long = f"until {stamp(until, visit.now())}" if until else "at the next call"
    undo = answer["change"]["id"] if answer["change"] else None
    where = await visit.return_url(visit.url("overview"))
    return visit.back(where, f"Everyone rings {how_long}, whoever it is.", undo=undo)


@routes.post("/expect/{rule}/end", "expect-end", Right.CALLS)
async def expect_end(visit: Visit) -> web.StreamResponse:
    """Judge calls again as usual."""
    rule = visit.part["rule"]
    expected = (await visit.known("house"))["expecting"]
    if rule not in {str(one["id"]) for one in expected}:
        raise RefusedError("that is over already")
    answer = await visit.ask("remove-rule", id=int(rule))
    where = await visit.return_url(visit.url("overview"))
    return visit.back(where, "Calls are judged as usual again.", undo=answer["change"]["id"])


def _log(archive: Archive, since: datetime, now: datetime, zone: tzinfo) -> _Log:
    return _Log(
        figures=archive.statistics(since, now, zone),
        latest=archive.page(_LOOKED_AT),
        review=archive.page(_LOOKED_AT, None, Filter(opinion=Opinion.OPEN)),
        ever=archive.newest_id() is not None,
        gone=archive.gone(),
    )


async def _home(visit: Visit) -> Facts | None:
    """Return what the daemon says of the house; None while it is away."""
    try:
        return {name: await visit.known(name) for name in ("house", "status", "contacts-list")}
    except (NoDaemonError, RefusedError):
        return None


def _figures(visit: Visit, figures: Statistics, since: datetime) -> list[Mapping[str, object]]:
    """Return the large numbers, each with a link to the calls it counts; the rarer ones only if there are any."""
    total = figures.total
    shown = (
        ("blocked", total[Experience.BLOCKED], "blocked", True),
        ("screened", total[Experience.SCREENED], "screened", False),
        ("rang", total[Experience.RANG], "rang", True),
        ("let-through", total[Experience.LET_THROUGH], "let through", False),
    )
    found: list[Mapping[str, object]] = [
        {
            "number": f"{number:,}",
            "name": name,
            "kind": f"x-{show}",
            "url": visit.url("calls", **{"show": show, "from": since.date()}),
        }
        for show, number, name, always in shown
        if number or always
    ]
    corrected = {"number": f"{figures.corrected:,}", "name": "corrected by you", "kind": "", "url": ""}
    return [*found, corrected]


def _by_source(figures: Statistics, names: Sources) -> Any:
    bars = [
        Bar(label=names.words(one.source, one.key), value=one.decided, part=one.only)
        for one in figures.sources[:_SOURCES]
    ]
    return compared("What decided", bars, "Source", "stopped by this alone") if bars else None


def _top(visit: Visit, figures: Statistics, house: Known) -> list[Mapping[str, object]]:
    return [
        {
            "number": pretty(one.number, house.country),
            "name": plain(house.contacts.get(one.number) or one.name, 64),
            "blocked": one.blocked,
            "last_at": one.last_at,
            "url": visit.url("calls", number=one.number),
            **about_number(visit, one.number, house),
        }
        for one in figures.top
    ]


def _problems(visit: Visit, problems: Sequence[Facts]) -> Iterator[Facts]:
    pressing = [one for one in problems if one["severity"] != "note" and one["code"] not in _SAID_ELSEWHERE]
    for one in pressing[:_PROBLEMS]:
        route, label = cure_at(one["code"], visit.rights)
        yield {**one, "page": label, "url": visit.url(route) if route else ""}


def _tasks(visit: Visit, home: Facts) -> Iterator[Mapping[str, str]]:
    """Yield what is left to do of the first run."""
    if not home["status"]["lines"] and visit.may(Right.ADMIN):
        yield {"what": "Connect a telephone line", "why": "Until then no call is heard.", "url": visit.url("lines")}
    people = home["contacts-list"]
    if not people["contacts"] and visit.may(Right.LISTS):
        why = "Whom you know always rings: nothing protects better against mistakes."
        yield {"what": "Bring your contacts", "why": why, "url": visit.url("contacts")}
    codes = {problem["code"] for problem in home["status"]["problems"]}
    if "dnc-undeclared" in codes and visit.may(Right.LISTS):
        why = "CallGuard can only say whether a sales call was lawful if it knows."
        what = "Say whether your line is on the Do Not Call registry"
        yield {"what": what, "why": why, "url": visit.url("lines")}
