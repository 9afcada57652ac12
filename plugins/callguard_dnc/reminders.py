"""What the household should be reminded of about its lines' registrations."""

from datetime import date, datetime

from callguard import DncState, DncStatus, Problem, Registry, Severity
from callguard_dnc.lines import KnownLine


def reminder(line: KnownLine, on: date, since: datetime) -> Problem | None:
    """Return what a person should know about *line* on the day *on*; None if there is nothing to do."""
    if line.trouble:
        return _file(line, since)
    registry = line.jurisdiction.registry if line.jurisdiction else None
    if registry is None:
        return None
    status = line.status(on)
    if status.state is DncState.UNKNOWN:
        return _undeclared(line, registry, since)
    if status.state is DncState.NOT_REGISTERED and line.declared.not_registered:
        return _not_registered(line, registry, since)
    if status.state is DncState.GRACE:
        return _grace(line, registry, status, on, since)
    if status.state is DncState.REGISTERED and status.verified_on is None:
        return _unverified(line, registry, since)
    return None


def _file(line: KnownLine, since: datetime) -> Problem:
    return Problem(
        code="dnc-file",
        severity=Severity.NOTE,
        what=f"it is not known whether {line.name} is registered: {line.trouble}",
        since=since,
        cure=f"Put that right, or say it: callguard dnc set {line.name} --registered-on DATE.",
        where=line.name,
    )


def _undeclared(line: KnownLine, registry: Registry, since: datetime) -> Problem:
    say = f"callguard dnc set {line.name} --registered-on DATE, or --not-registered"
    return Problem(
        code="dnc-undeclared",
        severity=Severity.NOTE,
        what=f"nobody has said whether {line.name} is on the {registry.name}",
        since=since,
        cure=f"{registry.verify} Then say so: {say}.",
        where=line.name,
    )


def _not_registered(line: KnownLine, registry: Registry, since: datetime) -> Problem:
    return Problem(
        code="dnc-not-registered",
        severity=Severity.NOTE,
        what=f"{line.name} is not on the {registry.name}",
        since=since,
        cure=f"Register it at {registry.register_url}, then: callguard dnc set {line.name} --registered-on DATE.",
        where=line.name,
    )


def _grace(line: KnownLine, registry: Registry, status: DncStatus, on: date, since: datetime) -> Problem:
    days = (on - status.registered_on).days if status.registered_on else 0
    return Problem(
        code="dnc-grace",
        severity=Severity.NOTE,
        what=f"{line.name} is on day {days} of {registry.grace_days} of its registration on the {registry.name}",
        since=since,
        cure=f"Wait: calls count from {status.takes_effect_on} on.",
        where=line.name,
    )


def _unverified(line: KnownLine, registry: Registry, since: datetime) -> Problem:
    return Problem(
        code="dnc-unverified",
        severity=Severity.NOTE,
        what=f"nobody has verified yet that {line.name} is on the {registry.name}",
        since=since,
        cure=f"{registry.verify} Then note it: callguard dnc verify {line.name} --verified-on DATE.",
        where=line.name,
    )
