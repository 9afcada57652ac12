"""What is wrong with the store, in words for the household."""

from datetime import datetime
from pathlib import Path

from callguard.model.health import Problem, Severity
from callguard.store.database import Trouble
from callguard.store.writer import Losses, Outage

SLOW = 1000
"Requests waiting, from which the household is told."

_CURES = {
    Trouble.DISK: "Make room on the disk, or make it writable; what waits is then recorded by itself.",
    Trouble.DAMAGE: "Restart CallGuard: it moves the damaged file aside and begins a new one.",
}


def outage_problem(outage: Outage, waiting: int, path: Path) -> Problem:
    """Say that the disk takes nothing."""
    return Problem(
        code="store-not-writing",
        severity=Severity.PROBLEM,
        what=f"Calls are screened but not recorded: {outage.why}; {waiting} wait in memory.",
        since=outage.since,
        cure=_CURES.get(outage.kind, ""),
        where=str(path),
    )


def loss_problem(losses: Losses, path: Path) -> Problem:
    """Say how many records are gone for good."""
    calls = "1 call was" if losses.count == 1 else f"{losses.count} calls were"
    return Problem(
        code="calls-lost",
        severity=Severity.PROBLEM,
        what=f"{calls} screened but could never be recorded, the last at {losses.last:%Y-%m-%d %H:%M} UTC.",
        since=losses.first,
        cure="Find out why the disk took nothing for so long; this note ends with the next restart.",
        where=str(path),
    )


def slow_problem(waiting: int, since: datetime, path: Path) -> Problem:
    """Say that the disk does not keep up."""
    return Problem(
        code="store-slow",
        severity=Severity.PROBLEM,
        what=f"{waiting} calls wait to be recorded: the disk is slow, or does not answer.",
        since=since,
        cure="Look for what else keeps the disk busy, or whether it fails.",
        where=str(path),
    )


def damage_problem(why: str, since: datetime, path: Path) -> Problem:
    """Say that part of the file cannot be read."""
    return Problem(
        code="store-unreadable",
        severity=Severity.PROBLEM,
        what=f"Part of the call log cannot be read: {why}.",
        since=since,
        cure=_CURES[Trouble.DAMAGE],
        where=str(path),
    )


def foreign_problem(count: int, since: datetime, path: Path) -> Problem:
    """Say that something of the household's is kept that this version does not understand."""
    entries = "1 rule, setting or relationship is" if count == 1 else f"{count} rules, settings or relationships are"
    return Problem(
        code="rules-not-understood",
        severity=Severity.PROBLEM,
        what=f"{entries} kept but not applied: this version of CallGuard does not understand them.",
        since=since,
        cure="Update CallGuard to the version that wrote them.",
        where=str(path),
    )
