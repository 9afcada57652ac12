"""A furnished house: store, plugins, policy and health, ready to screen; what runs in it is the daemon's affair."""

import logging
from collections.abc import Mapping
from datetime import datetime, tzinfo

from callguard.asking import Plugged
from callguard.blueprint import Blueprint, Surroundings, furnish, software_version
from callguard.config import Origin
from callguard.health import Health, import_failures
from callguard.hookspecs import Command
from callguard.jobs import Jobs
from callguard.journal import Journal, Told
from callguard.lines import WatchedLine
from callguard.model.call import Call
from callguard.model.health import Problem, Severity
from callguard.model.number import prepare
from callguard.model.record import CallRecord
from callguard.screening import Screening
from callguard.sentences import Phrases
from callguard.store import Store, StoreError

_log = logging.getLogger(__name__)
_REHEARSED_WITHIN = 5.0


class House:
    """Everything between a line and the record."""

    def __init__(self, blueprint: Blueprint, store: Store, surroundings: Surroundings, told: Told) -> None:
        self.surroundings = surroundings
        self.store = store
        self.started_at: datetime = surroundings.clock.now()
        self.software = software_version()
        self.journal = Journal(store, told)
        self.commands: Mapping[str, Command] = {}
        self.phrases: Phrases = {}
        self.blueprint = blueprint
        prepare(blueprint.settings.country)
        self.plugins = furnish(blueprint, store, surroundings)
        self.screening = self._screening()
        self.health = Health(self.plugins, surroundings.clock, self.timezone, self.started_at)
        self._settle()

    @property
    def timezone(self) -> tzinfo:
        """The household's time zone."""
        return self.blueprint.timezone

    @property
    def lines(self) -> list[WatchedLine]:
        """The lines that are open."""
        return [line for line in self.health.lines if isinstance(line, WatchedLine)]

    async def open(self) -> None:
        """Ask the plugins for their commands and jobs."""
        self.commands = await self.plugins.commands()
        jobs = await self.plugins.periodic_jobs()
        self.health.jobs = Jobs(jobs, self.surroundings.clock, self.surroundings.randomness)

    async def rehearse(self, call: Call) -> CallRecord:
        """Return what would become of *call*; nothing is kept and no line acts."""
        clock = self.surroundings.clock
        screening = Screening(self.plugins, self.screening.policy, lambda _: None, clock, self.software)
        return (await screening.screen(call, _REHEARSED_WITHIN)).record

    def refurnish(self, blueprint: Blueprint) -> set[str]:
        """Go over to *blueprint*; returns the names of plugins that were rebuilt or are gone.

        ConfigError if a plugin refuses its new settings; then nothing has changed.
        """
        keep = {name: plugged for name, plugged in self.plugins.all.items() if self._same(name, plugged, blueprint)}
        plugins = furnish(blueprint, self.store, self.surroundings, keep)
        changed = (set(self.plugins.all) | set(plugins.all)) - set(keep)
        lines = [line for line in self.lines if line.plugin not in changed]
        self.blueprint, self.plugins = blueprint, plugins
        self.screening.replace(plugins, blueprint.settings.policy.policy())
        self.health = Health(plugins, self.surroundings.clock, self.timezone, self.started_at)
        self.health.lines = list(lines)
        self._settle()
        return changed

    def _same(self, name: str, plugged: Plugged, blueprint: Blueprint) -> bool:
        before, after = self.blueprint, blueprint
        surroundings = ("country", "timezone")
        if any(getattr(before.settings, key) != getattr(after.settings, key) for key in surroundings):
            return False
        found = next((f for f in after.found if f.name == name and f.cls is not None), None)
        # A single file was imported anew: the household may have edited it.
        same_code = found is not None and found.cls is type(plugged.instance)
        # A line is not interrupted because a comment was written above it; anything else learns its new line numbers.
        drives_a_line = any(line.plugin == name for line in self.lines)
        same_place = drives_a_line or _origins(before, name) == _origins(after, name)
        return same_code and same_place and before.section(name) == after.section(name)

    def _settle(self) -> None:
        now = self.surroundings.clock.now()
        self.health.fixed = [*import_failures(self.blueprint.found, now), *_notes(self.blueprint, now)]
        self.health.store_problems = self.store.problems
        spoken = {(p.name, code): text for p in self.plugins.all.values() for code, text in p.phrases.items()}
        try:
            self.phrases = {**self.store.phrases(), **spoken}
        except StoreError as error:
            _log.warning("sentences of former plugins are not known: %s", error)
            self.phrases = spoken
        self._remembered = self.store.remember_phrases(spoken, now=now)

    def _screening(self) -> Screening:
        policy = self.blueprint.settings.policy.policy()
        return Screening(self.plugins, policy, self.journal.keep, self.surroundings.clock, self.software)


def _origins(blueprint: Blueprint, plugin: str) -> dict[str, Origin]:
    return {key: origin for key, origin in blueprint.loaded.origins().items() if key.startswith(f"{plugin}.")}


def _notes(blueprint: Blueprint, now: datetime) -> list[Problem]:
    return [
        Problem(
            code="config-note",
            severity=Severity.NOTE,
            what=f"{note.origin}: {note.key}: {note.what}",
            since=now,
            cure=note.hint or "See docs/settings.md.",
            where=str(note.origin),
        )
        for note in blueprint.loaded.notes
        if not blueprint.place.demo
    ]
