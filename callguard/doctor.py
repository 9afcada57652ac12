"""Looks the house over: each part with how it is, and what to do where it is not well."""

import asyncio
import shutil
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from callguard.access import Access, AccessUnreadableError
from callguard.house import House
from callguard.model.call import Call, Caller, Presentation
from callguard.model.health import Severity
from callguard.model.line import LineStatus
from callguard.store import StoreError

_LEAST_ROOM = 100 * 1024 * 1024
_OLDEST_PLAUSIBLE = datetime(2026, 1, 1, tzinfo=UTC)
_PRETEND = Caller(presentation=Presentation.SHOWN, number="+13035550100", text="+13035550100")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Grade(StrEnum):
    """How well one part is."""

    WELL = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of the house as the doctor found it."""

    part: str
    grade: Grade
    text: str
    cure: str = ""


async def examine(house: House, *, running: bool) -> dict[str, Any]:
    """Return all findings as JSON, with the number of problems."""
    findings = [
        Finding("configuration", Grade.WELL, str(house.blueprint.place.config or "embedded")),
        await _database(house),
        *await asyncio.to_thread(lambda: list(_people(house))),
        *_folder(house.blueprint.place.data_dir),
        _clock(house.surroundings.clock.now()),
        *_plugins(house),
        *(_lines(house) if running else [_not_running()]),
        await _pretend_call(house),
        *await _problems(house, running=running),
    ]
    return {
        "findings": [asdict(finding) for finding in findings],
        "problems": sum(f.grade is Grade.PROBLEM for f in findings),
        "warnings": sum(f.grade is Grade.WARNING for f in findings),
    }


async def _database(house: House) -> Finding:
    path = house.blueprint.place.database
    try:
        wrong = await asyncio.to_thread(house.store.check)
    except StoreError as error:
        wrong = (str(error),)
    if wrong:
        cure = "Stop CallGuard and start it again: it moves a damaged file aside and begins a new one."
        return Finding("database", Grade.PROBLEM, f"{path}: {'; '.join(wrong)}", cure)
    calls = house.store.counts().total
    return Finding("database", Grade.WELL, f"{path}, {calls} call{'' if calls == 1 else 's'}, sound")


def _people(house: House) -> Iterator[Finding]:
    path = house.blueprint.place.access
    if not path.exists():
        return  # nobody has been let in yet
    try:
        with closing(Access.open(path, house.surroundings.randomness)) as access:
            access.check()
            names = len(access.people())
    except AccessUnreadableError as error:
        what, _, cure = str(error).partition(". ")
        yield Finding("people", Grade.PROBLEM, what, cure or "Let CallGuard's user use that file.")
    else:
        yield Finding("people", Grade.WELL, f"{path}, {names} {'person' if names == 1 else 'people'}, sound")


def _folder(path: Path) -> Iterator[Finding]:
    try:
        room = shutil.disk_usage(path).free
        mode = path.stat().st_mode
    except OSError as error:
        yield Finding(
            "data folder", Grade.PROBLEM, f"{path}: {error.strerror}", f"Create {path} for CallGuard's user."
        )
        return
    if room < _LEAST_ROOM:
        yield Finding("disk", Grade.WARNING, f"{room // 2**20} MB free under {path}", "Make room on that disk.")
    if mode & _OTHERS:
        yield Finding("data folder", Grade.WARNING, f"others may look into {path}", f"Run: chmod 700 {path}")


def _clock(now: datetime) -> Finding:
    if now < _OLDEST_PLAUSIBLE:
        cure = "Set the clock, or let the computer keep it by NTP."
        return Finding("clock", Grade.PROBLEM, f"the computer thinks it is {now:%Y-%m-%d}", cure)
    return Finding("clock", Grade.WELL, f"{now:%Y-%m-%d %H:%M} UTC")


def _plugins(house: House) -> Iterator[Finding]:
    working = sorted(house.plugins.all)
    yield Finding("plugins", Grade.WELL, f"{len(working)} loaded: {', '.join(working)}")


def _lines(house: House) -> Iterator[Finding]:
    for line in house.lines:
        state = line.state()
        if state.status is not LineStatus.DEAF:  # a deaf one is among the problems
            grade = Grade.WELL if state.status is LineStatus.PROTECTING else Grade.WARNING
            yield Finding(f"line {line.name}", grade, f"{state.status.value}: {state.detail}", state.cure)


def _not_running() -> Finding:
    return Finding("daemon", Grade.WARNING, "CallGuard is not running, so no line was looked at", "callguard run")


async def _pretend_call(house: House) -> Finding:
    now = house.surroundings.clock.now()
    call = Call(id="doctor", line="doctor", received_at=now, caller=_PRETEND, country="US")
    record = await house.rehearse(call)
    text = f"judged in {record.decided_in:.1f} ms: it would {record.verdict.action.value}"
    if record.failures:
        names = ", ".join(f"{f.source} ({f.kind.value}: {f.error})" for f in record.failures)
        return Finding("pretend call", Grade.PROBLEM, f"{text}; without {names}", "Repair or disable those plugins.")
    return Finding("pretend call", Grade.WELL, text)


async def _problems(house: House, *, running: bool) -> list[Finding]:
    grades = {Severity.DEAF: Grade.PROBLEM, Severity.PROBLEM: Grade.PROBLEM, Severity.NOTE: Grade.WARNING}
    return [
        Finding(problem.where or problem.code, grades[problem.severity], problem.what, problem.cure)
        for problem in await house.health.problems()
        if running or problem.severity is not Severity.DEAF
    ]
