"""The evidence that a list's answer is, the same for all lists."""

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType

from callguard.model.evidence import Evidence, Fact, Leaning
from callguard.model.numberlist import Answer, Category, Entry, ListMode, LookUp

LIST_PHRASES: Mapping[str, str] = MappingProxyType(
    {
        "listed-number": "{title}: {reports} reports about {number}, the last on {last_seen} ({category})",
        "listed-prefix": "{title}: numbers that begin with {prefix} are listed ({category})",
        "listed-as-wanted": "{title}: {number} was reported as wanted ({reports} reports)",
        "not-listed": "{title}: not listed",
        "list-stale": "{title}: not listed, but the list is {days} days old",
        "list-unavailable": "{title}: could not be asked ({why})",
    }
)
"""The sentences of what `evidence_of` says, for a plugin's `phrases`."""

_MOST = 60
"""What one basis may count for at most: complaints alone never block."""
_LARGEST = 1e12


def complaint_weight(complaints: float) -> int:
    """Return what so many aged complaints weigh, 0 to 60: 15 for one, 60 from fifteen on."""
    if not complaints > 0:
        return 0
    return min(_MOST, round(15 * math.log2(1 + min(complaints, _LARGEST))))


def evidence_of(  # noqa: PLR0913  (a list's answer, and what the household makes of the list)
    found: LookUp,
    *,
    list_name: str,
    number: str,
    mode: ListMode,
    now: datetime,
    basis: str = "complaints",
    weigh: Callable[[float], int] = complaint_weight,
    title: str = "",
) -> Evidence:
    """Return the evidence that the answer *found* about *number* is; `LIST_PHRASES` has its sentences.

    *list_name* is the list's name in the house, by which its hits are counted; *title* is what people call it.
    A hit is unwanted with the weight *weigh* gives its aged reports, half of that from a stale list, and nothing if
    people reported the number as wanted. Everything else is neutral and says which version was asked.
    """
    log_only = mode is ListMode.LOG_ONLY
    if found.entry is None:
        code, said = _silence(found, now)
        facts = {"list": list_name, "title": title or list_name, **said}
        return Evidence(code=code, leaning=Leaning.NEUTRAL, log_only=log_only, facts=facts, version=found.version)
    entry, stale = found.entry, found.answer is Answer.STALE
    wanted = entry.category is Category.LEGITIMATE
    weight = 0 if wanted else max(0, min(100, weigh(entry.weight)))
    return Evidence(
        code="listed-as-wanted" if wanted else "listed-prefix" if entry.prefix else "listed-number",
        leaning=Leaning.NEUTRAL if wanted else Leaning.UNWANTED,
        weight=weight // 2 if stale else weight,
        basis=basis,
        log_only=log_only,
        facts={"list": list_name, "title": title or list_name, **_hit(entry, found, number, now)},
        version=found.version,
    )


def _silence(found: LookUp, now: datetime) -> tuple[str, dict[str, Fact]]:
    if found.answer is Answer.UNAVAILABLE:
        return "list-unavailable", {"why": found.why}
    if found.answer is Answer.STALE:
        return "list-stale", {"days": _age(found, now), "version": found.version}
    return "not-listed", {}


def _hit(entry: Entry, found: LookUp, number: str, now: datetime) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"number": number}
    if entry.prefix:
        facts["prefix"] = entry.number
    facts |= {
        "reports": entry.reports,
        "category": entry.category.value,
        "first_seen": _iso(entry.first_seen),
        "last_seen": _iso(entry.last_seen),
        "days": None if entry.last_seen is None else max(0, (now.date() - entry.last_seen).days),
    }
    if found.answer is Answer.STALE:
        facts |= {"stale": True, "list_days": _age(found, now)}
    return facts


def _age(found: LookUp, now: datetime) -> int | None:
    return None if found.retrieved_at is None else max(0, (now - found.retrieved_at).days)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
