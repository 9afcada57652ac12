"""Every part of the console in every state, with made-up data: what the tests of its looks look at.

`python -m tests.console.gallery FOLDER` writes the pages there; tests/real/test_look.py shows them to a browser.
"""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined

from callguard.console import charts
from callguard.console.flashes import Flash, FlashKind
from callguard.console.wording import FILTERS
from callguard.model.call import Attestation
from callguard.model.evidence import Evidence, Failure, FailureKind, Leaning, Rung
from callguard.model.experience import Experience, Opinion
from callguard.model.line import LineStatus
from callguard.story import Story, story
from callguard.testing.calls import a_call, a_caller, a_record

ZONE = ZoneInfo("America/Denver")
NOW = datetime(2026, 11, 22, 18, 46, tzinfo=ZONE)
"""When the gallery plays."""
TEMPLATES = Path(__file__).parent / "gallery_pages"
PAGES = tuple(path.stem for path in sorted(TEMPLATES.glob("*.html")))
HOSTILE = 'אבג <b>"WIN" &amp; ﷽ ' + "VERYLONGNAMEWITHOUTSPACES" * 2
PHRASES = {
    ("lists", "listed"): "{count} complaints to the FTC, the last {newest}",
    ("numbercheck", "neighbour"): "looks like a number of your own neighbourhood, which robocallers like to borrow",
    ("numbercheck", "valid"): "a valid number, Denver CO",
    ("rules", "blocked-prefix"): "your rule blocks all numbers that begin with +44",
}


def environment() -> Environment:
    """Return the templates of the console and of the gallery, as strict as the console itself."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader("callguard.console"), FileSystemLoader(TEMPLATES.parent)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= FILTERS
    return made


def url(name: str, **values: object) -> str:
    """Return an address of the gallery: always its page of calls, so that every link leads somewhere."""
    query = "&".join(f"{key}={value}" for key, value in values.items())
    return f"{name}.html" + (f"?{query}" if query else "")


def static(name: str) -> str:
    """Return the address of a static file."""
    return f"static/{name}"


def render(page: str) -> str:
    """Return one page of the gallery."""
    return environment().get_template(f"{TEMPLATES.name}/{page}.html").render(**context(page), **DATA)


def context(page: str) -> Mapping[str, Any]:
    """Return what the kernel gives every page."""
    signed_in = not page.startswith("sign")
    return {
        "url": url,
        "static": static,
        "me": SimpleNamespace(name="Ana", role="viewer" if page == "viewer" else "admin") if signed_in else None,
        "can": lambda right: signed_in and (page != "viewer" or right == "read"),
        "state": STATES.get(page, STATES["calls"]) if signed_in else None,
        "flash": FLASHES if page == "calls" else [],
        "here": page,
        "path": f"/{page}.html",
        "version": "1.2.0",
        "now": NOW,
        "zone": ZONE,
        "prefix": "",
        "help_url": "help.html",
        "demo": page == "overview",
    }


def _state(words: str, kind: str, **more: Any) -> Mapping[str, Any]:
    usual = {"lines": [], "problems": 0, "review": 3, "modes": [], "expecting": None}
    return {"words": words, "kind": kind, **usual, **more}


_DEAF = {
    "code": "line-deaf",
    "severity": "deaf",
    "what": "Landline is not protected since 18:40: the modem is unplugged.",
    "since": "2026-11-22T18:40:00-07:00",
    "cure": "Plug it in again.",
    "where": "Landline",
}
_STALE = {**_DEAF, "code": "list-stale", "severity": "warning", "what": "The FTC list is 9 days old.", "where": "ftc"}
_NOTE = {**_DEAF, "code": "config-note", "severity": "note", "what": "A password is written in clear.", "where": ""}
STATES = {
    "calls": _state("Protecting 2 lines", "ok"),
    "overview": _state(
        "Expecting a call: everyone rings",
        "warn",
        problems=1,
        expecting={"until": NOW + timedelta(minutes=44), "uses": None, "rule": 7, "words": "everyone", "line": ""},
    ),
    "health": _state(_DEAF["what"].rstrip("."), "bad", problems=2, modes=[_DEAF]),
    "empty": _state("CallGuard does not answer: all calls ring normally", "away"),
}
FLASHES = [
    Flash(text="+1 303 555 0188 rings from now on.", undo=912),
    Flash(text="Nothing was changed: that is not a complete US number (needs 10 digits).", kind=FlashKind.ERROR),
]


def _button(label: str, symbol: str = "", **fields: str) -> Mapping[str, Any]:
    return {"label": label, "url": "calls.html", "fields": fields, "kind": "", "icon": symbol}


_ALLOW = [
    _button("Allow", "check", list="allow"),
    _button("Allow for 24 hours", "clock", seconds="86400"),
    _button("Allow the next call only", "phone"),
    _button("Allow only on Landline", "phone"),
]
_BLOCK = [_button("Block", "ban", list="block"), _button("Block for 24 hours", "clock"), _button("Allow", "check")]


def row(place: int, experience: Experience, minutes: int, reason: str, **more: Any) -> Mapping[str, Any]:
    """Return one call as callguard.console.rows makes it."""
    number = f"+1303555{100 + place:04}"
    stopped = experience in (Experience.BLOCKED, Experience.SCREENED)
    made: dict[str, Any] = {
        "id": f"01HZX{place:05}",
        "at": NOW - timedelta(minutes=minutes),
        "experience": experience,
        "headline": experience.upper(),
        "number": number,
        "readable": f"+1 303 555 {100 + place:04}",
        "name": "",
        "contact": "",
        "reason": reason,
        "line": "Landline",
        "url": f"why.html?id={place}",
        "repeats": 1,
        "soft": False,
        "opinion": None,
        "actions": _ALLOW if stopped else _BLOCK,
        "state_text": "",
        "undo": None,
        "new": False,
        **more,
    }
    name = f" “{made['name']}”" if made["name"] else ""
    return {"who": (made["readable"] or "hidden number") + name, **made}


ROWS = [
    row(88, Experience.BLOCKED, 1, "112 complaints to the FTC, the last 2 days ago", name="CARD SERVICES", repeats=3,
        new=True, soft=True, opinion=Opinion.OPEN),
    row(10, Experience.RANG, 41, "in your contacts", contact="Aunt Rosa"),
    row(12, Experience.SCREENED, 78, "nothing is known about this caller; you want such callers screened",
        name="VISTA RESEARCH", soft=True, opinion=Opinion.RIGHT),
    row(0, Experience.BLOCKED, 115, "the caller hides the number; you want such callers blocked", number=None,
        readable="", line="Office"),
    row(14, Experience.LET_THROUGH, 164, "nothing is known about this caller (not asked: lists)", soft=True,
        opinion=Opinion.WRONG),
    row(15, Experience.GONE, 60 * 20, "nothing is known about this caller; you let such callers ring", actions=[]),
    row(16, Experience.BLOCKED, 60 * 22, "your rule blocks all numbers that begin with +44", name=HOSTILE,
        state_text="On your block list", undo=911),
    row(17, Experience.RANG, 60 * 49, "on your allow list", contact="Dr. Lee's office",
        state_text="On your allow list"),
]  # fmt: skip


def why() -> Story:
    """Return the story of a call with something on every kind of rung."""
    at = (NOW - timedelta(minutes=1)).astimezone(UTC)
    call = a_call(
        received_at=at,
        line="Landline",
        caller=a_caller("+13035550188", name="CARD SERVICES", text="3035550188", asserted=("+12125550123",)),
        attestation=Attestation.GATEWAY,
    )
    evidence = (
        _said("listed", "lists", 70, facts={"count": 112, "newest": "2 days ago"}, version="2026-11-21", basis="ftc"),
        _said("neighbour", "numbercheck", 40, proof=True),
        _said("name", "callername", 15, facts={"name": HOSTILE}, log_only=True),
        _said("valid", "numbercheck", 0, leaning=Leaning.NEUTRAL),
    )
    failures = (Failure(source="community", kind=FailureKind.TIMED_OUT, error="no answer in 400 ms"),)
    timings = {"lists": 3.2, "numbercheck": 0.4, "contacts": 0.1, "rules": 0.2, "callername": 1.1, "community": 400.0}
    record = a_record(call, evidence=evidence, failures=failures, timings=timings, decided_in=41.3)
    return story(record, PHRASES, ZONE)


def _said(code: str, source: str, weight: int, **more: Any) -> Evidence:
    leaning = more.pop("leaning", Leaning.UNWANTED)
    return Evidence(code=code, source=source, weight=weight, leaning=leaning, rung=Rung.SIGNALS, **more)


def days(many: int) -> Sequence[tuple[date, charts.Calls]]:
    """Return days with a bit of everything, the same every time."""
    return [
        (
            NOW.date() - timedelta(days=many - 1 - place),
            {
                Experience.BLOCKED: place * 7 % 6,
                Experience.RANG: place * 5 % 7,
                Experience.SCREENED: place % 3,
                Experience.LET_THROUGH: int(place % 11 == 4),
                Experience.GONE: int(place % 6 == 2),
            },
        )
        for place in range(many)
    ]


HOURS = [
    {Experience.BLOCKED: max(0, 9 - abs(hour - 11)), Experience.RANG: max(0, 6 - abs(hour - 18))}
    for hour in range(24)
]
TOP = [
    charts.Bar(label="+1 303 555 0188 “CARD SERVICES”", value=23),
    charts.Bar(label=HOSTILE, value=9),
    charts.Bar(label="hidden number", value=1),
]
SOURCES = [
    charts.Bar(label="FTC complaints", value=61, part=38, words="61 calls"),
    charts.Bar(label="Your block list", value=22, part=22, words="22 calls"),
    charts.Bar(label="Community list", value=7, part=0, words="7 calls"),
]
LINE = [
    (NOW - timedelta(hours=40), LineStatus.PROTECTING, "registered at 192.0.2.1"),
    (NOW - timedelta(hours=9), LineStatus.DEAF, "the registrar does not answer"),
    (NOW - timedelta(hours=7), LineStatus.STARTING, "registering"),
    (NOW - timedelta(hours=6, minutes=55), LineStatus.PROTECTING, "registered at 192.0.2.1"),
]
REPLAY = {
    "since": "2026-08-24T18:46:00-06:00",
    "calls": 214,
    "changed": 7,
    "moves": [{"from": "ring", "to": "block", "calls": 6}, {"from": "block", "to": "ring", "calls": 1}],
    "contacts": 1,
    "answered": 1,
    "lost": 1,
    "differences": [
        {"id": "01HZX1", "at": "2026-11-03T09:12:00-07:00", "line": "Landline", "who": "+1 303 555 0110",
         "number": "+13035550110", "contact": "Dr. Lee's office", "answered": True, "before": "ring",
         "after": "block", "reason": "your rule blocks all numbers that begin with +1303"},
    ],
    "unjudged": {"community was not asked then": 12},
}  # fmt: skip
DATA: Mapping[str, Any] = {
    "rows": ROWS,
    "viewed": [{**one, "actions": [], "undo": None} for one in ROWS],
    "told": why(),
    "per_day": charts.calls_per_day(days(14)),
    "per_month": charts.calls_per_day(days(90)),
    "per_year": charts.calls_per_day(days(365)),
    "no_days": charts.calls_per_day([]),
    "per_hour": charts.calls_per_hour(HOURS),
    "top": charts.compared("Blocked most often", TOP, "Caller"),
    "sources": charts.compared("What stopped calls", SOURCES, "Source", "only this one"),
    "spark": charts.sparkline(days(30)),
    "line": charts.timeline(LINE, NOW - timedelta(hours=24), NOW, ZONE),
    "problems": [_DEAF, _STALE, _NOTE],
    "replay": REPLAY,
    "unchanged": {**REPLAY, "changed": 0, "lost": 0, "moves": [], "differences": [], "unjudged": {}},
}


def write(folder: Path) -> None:
    """Write all pages to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PAGES:
        (folder / f"{name}.html").write_text(render(name))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
