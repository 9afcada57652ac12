"""Says whether a line is on a Do Not Call registry, and which law holds there; never who calls."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from callguard import (
    JSON,
    Call,
    Command,
    DncStatus,
    Evidence,
    Home,
    Jurisdiction,
    Problem,
    hookimpl,
)
from callguard_dnc.dealings import dealings
from callguard_dnc.lines import KnownLine, KnownLines
from callguard_dnc.reminders import reminder
from callguard_dnc.settings import DncConfig


class Dnc:
    """Keeps what the household declared about its lines, and the jurisdictions' data."""

    Config = DncConfig
    offline_commands = frozenset({"dnc-status"})
    phrases: ClassVar[Mapping[str, str]] = {
        "existing-relationship": "existing relationship with {party} until {until}: its sales calls may be lawful",
        "asked-to-stop": "you asked {party} on {on} not to call any more",
    }

    def __init__(self, config: DncConfig, home: Home) -> None:
        self._home = home
        self._lines = KnownLines(config, home)
        self._since = home.clock.now()

    @hookimpl
    def dnc_status(self, line: str, at: datetime) -> DncStatus | None:
        """Say what was declared about the line's registration, and what that means for a call of that day."""
        return self._lines.find(line).status(self._lines.day(line, at))

    @hookimpl
    def jurisdiction(self, line: str) -> Jurisdiction | None:
        """Return the law where the line is; None where nothing is known of it."""
        return self._lines.find(line).jurisdiction

    @hookimpl
    def check_call(self, call: Call) -> Sequence[Evidence] | None:
        """Note whether the caller is somebody the household deals with, or asked to stop."""
        relationships = self._home.household.relationships()
        law = self._lines.find(call.line).jurisdiction if relationships else None
        if law is None:
            return None
        on = self._home.local_time(call).date()
        return list(dealings(call.caller.numbers, law, relationships, on)) or None

    @hookimpl
    def health(self) -> Sequence[Problem]:
        """Return the reminders about lines that the configuration knows."""
        now = self._home.clock.now()
        names = self._lines.names()
        found = (reminder(self._lines.find(name), self._lines.day(name, now), self._since) for name in names)
        return [problem for problem in found if problem is not None]

    @hookimpl
    def register_commands(self) -> Mapping[str, Command]:
        """Return what `callguard dnc` asks the daemon."""
        return {"dnc-status": self._status}

    async def _status(self, given: Mapping[str, JSON]) -> JSON:
        wanted = given.get("line")
        names = [wanted] if isinstance(wanted, str) and wanted else self._lines.names()
        now = self._home.clock.now()
        found: list[JSON] = []
        for name in names:
            line = self._lines.find(name)
            found.append(_facts(line, line.status(self._lines.day(name, now))))
        return {"lines": found}


def _facts(line: KnownLine, status: DncStatus) -> dict[str, JSON]:
    law, registry = line.jurisdiction, line.jurisdiction.registry if line.jurisdiction else None
    days = (status.registered_on, status.takes_effect_on, status.verified_on)
    registered_on, takes_effect_on, verified_on = (day.isoformat() if day else None for day in days)
    return {
        "line": status.line,
        "state": status.state.value,
        "kind": line.declared.kind.value,
        "number": status.number,
        "jurisdiction": status.jurisdiction,
        "law": law.name if law else "",
        "version": status.version,
        "registry": status.registry,
        "registered_on": registered_on,
        "takes_effect_on": takes_effect_on,
        "verified_on": verified_on,
        "provenance": status.provenance,
        "verify": registry.verify if registry else "",
        "verify_url": registry.verify_url if registry else "",
        "register_url": registry.register_url if registry else "",
        "unknown": list(law.unknown) if law else [],
        "trouble": line.trouble,
    }
