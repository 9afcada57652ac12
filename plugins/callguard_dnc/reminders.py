"""What the household should be reminded of about its lines' registrations."""

from collections.abc import Iterator
from datetime import date, datetime

from callguard import DncState, DncStatus, Problem, Registry, Severity
from callguard_dnc.lines import KnownLine

_VERIFY = "Then note it: callguard dnc verify {line} --verified-on DATE."


def reminders(line: KnownLine, on: date, since: datetime) -> Iterator[Problem]:
    """Return what a person should know about *line* on the day *on*."""
    if line.trouble:
        yield _note(
            "dnc-file", line, since, f"the registration of {line.name} is not known", f"See to it: {line.trouble}"
        )
    registry = line.jurisdiction.registry if line.jurisdiction else None
    if registry is None:
        return
    status = line.status(on)
    if status.state is DncState.UNKNOWN and not line.trouble:
        yield _undeclared(line, registry, since)
    elif status.state is DncState.NOT_REGISTERED and line.declared.not_registered:
        cure = f"Register it at {registry.register_url}, then: callguard dnc set {line.name} --registered-on DATE."
        yield _note("dnc-not-registered", line, since, f"{line.name} is not on the {registry.name}", cure)
    elif status.state is DncState.GRACE:
        yield _grace(line, registry, status, on, since)
    elif status.state is DncState.REGISTERED and status.verified_on is None:
        what = f"nobody has verified yet that {line.name} is on the {registry.name}"
        yield _note("dnc-unverified", line, since, what, f"{registry.verify} {_VERIFY.format(line=line.name)}")


def _undeclared(line: KnownLine, registry: Registry, since: datetime) -> Problem:
    cure = f"{registry.verify} Then say so: callguard dnc set {line.name} --registered-on DATE, or --not-registered."
    return _note(
        "dnc-undeclared", line, since, f"nobody has said whether {line.name} is on the {registry.name}", cure
    )


def _grace(line: KnownLine, registry: Registry, status: DncStatus, on: date, since: datetime) -> Problem:
    days = (on - status.registered_on).days if status.registered_on else 0
    what = f"{line.name} is on day {days} of {registry.grace_days} of its registration on the {registry.name}"
    return _note("dnc-grace", line, since, what, f"Wait: calls count from {status.takes_effect_on} on.")


def _note(code: str, line: KnownLine, since: datetime, what: str, cure: str) -> Problem:
    return Problem(code=code, severity=Severity.NOTE, what=what, since=since, cure=cure, where=line.name)
