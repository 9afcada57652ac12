"""A furnished house: store, plugins, policy and health, ready to screen; what runs in it is the daemon's affair."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

from callguard.asking import Plugged
from callguard.backup import restore_problems
from callguard.blueprint import Blueprint, Surroundings, draw, furnish
from callguard.config import ConfigError, Mistake, Origin, OriginKind
from callguard.health import Health, import_failures
from callguard.home import JSON, Nobody
from callguard.hookspecs import Command
from callguard.jobs import Jobs
from callguard.journal import Journal, Told
from callguard.lines import WatchedLine
from callguard.lists import Lists
from callguard.model.call import Call
from callguard.model.evidence import Evidence, Rung
from callguard.model.health import Problem, Severity
from callguard.model.job import Job
from callguard.model.number import prepare
from callguard.model.policy import Policy, Profile
from callguard.model.record import CallRecord
from callguard.model.rule import Change, Rule
from callguard.model.text import plain
from callguard.model.web import shown_url
from callguard.nightly import nightly_jobs
from callguard.screening import PolicyOf, Screening
from callguard.sentences import Phrases
from callguard.store import Store, StoreError
from callguard.version import software_version

_log = logging.getLogger(__name__)
_REHEARSED_WITHIN = 5.0
_MINUTE = timedelta(minutes=1)


Check = Callable[[Call], Awaitable[list[Evidence]]]
"""Says what the household's lists say about a call."""


class LockedSettingError(ValueError):
    """A setting is stated where CallGuard does not write."""


class Front(Protocol):
    """The console beside the house, as the house sees it."""

    @property
    def listening(self) -> tuple[str, ...]:
        """The addresses at which it can be reached now."""

    def problems(self) -> Sequence[Problem]:
        """Return why it cannot be reached, if it cannot."""


class _Proposed(Nobody):
    """A household with other rules."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules that are tried."""
        return self._rules


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
        self.lists: Lists = Lists([])
        self.adopt: Callable[[Blueprint], Awaitable[object]] = self._adopt
        "Goes over to another blueprint; the daemon, which has lines running, puts its own way here."
        self.changing = asyncio.Lock()
        "Held while going over to another blueprint: two at once would lose settings, and start jobs twice."
        self.front: Front | None = None
        "The console, while one is wanted."
        self.blueprint = blueprint
        prepare(blueprint.settings.country)
        self.plugins = furnish(blueprint, store, surroundings)
        self.screening = Screening(
            self.plugins,
            policy_of(blueprint),
            self._keep,
            surroundings.clock,
            self.software,
            online=blueprint.settings.network.online_lookups,
        )
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
        """Ask the plugins for their commands, lists and jobs."""
        clock = self.surroundings.clock
        self.commands = await self.plugins.commands()
        former, self.lists = self.lists, Lists(await self.plugins.number_lists())
        # A file that a newer one has replaced takes room on the disk for as long as it is open.
        former.close(but=list(self.lists.all.values()))
        own = [self._expiry(), *nightly_jobs(self.blueprint, self.store, self.surroundings)]
        jobs = [*self.lists.jobs(clock.now()), *await self.plugins.periodic_jobs(), *own]
        self.health.lists = self.lists
        self.health.jobs = Jobs(jobs, clock, self.surroundings.randomness)

    async def rehearse(self, call: Call, *, online: bool = False) -> CallRecord:
        """Return what would become of *call*; nothing is kept and no line acts."""
        clock = self.surroundings.clock
        policy = self.screening.policy_of
        screening = Screening(self.plugins, policy, lambda _: None, clock, self.software, online=online)
        return (await screening.screen(call, _REHEARSED_WITHIN)).record

    def line_names(self) -> set[str]:
        """Return the names of the lines that are open or have settings of their own; empty if nobody knows."""
        opened = {line.name for line in self.health.lines}
        return opened | set(self.blueprint.settings.lines) if opened else set()

    def trial_rules(self, rules: Sequence[Rule]) -> Check:
        """Return a check that says what the household's lists would say about a call if the store held *rules*."""
        lists = {name for name, plugged in self.plugins.all.items() if Rung.BLOCK_LIST in plugged.rungs}
        found = [one for one in self.blueprint.found if one.name in lists and one.shipped]
        trial = replace(self.blueprint, found=found)
        plugins = furnish(trial, _Proposed(tuple(rules)), self.surroundings)

        async def check(call: Call) -> list[Evidence]:
            return (await plugins.check_call(call, _REHEARSED_WITHIN)).evidence

        return check

    def mode_setting(self, name: str) -> str:
        """Return the dotted key of the setting that switches list *name*; NoSuchListError if there is none such."""
        self.lists.find(name)
        plugin = self.lists.plugin_of(name)
        rest = "" if name == plugin else name.removeprefix(f"{plugin}.")
        keys = [f"{plugin}.mode"] if not rest else [f"{plugin}.{rest}.mode", f"{plugin}.sources.{rest}.mode"]
        return next((key for key in keys if _has(self.blueprint.settings, key)), keys[-1])

    async def set_setting(self, key: str, value: JSON, *, by: str) -> Change | None:
        """Set what *key* means by command instead of in the file, and live by it; None takes that back.

        LockedSettingError if the file or the environment states it; ConfigError if the value is no good.
        """
        async with self.changing:
            origin = self.blueprint.loaded.origin(key)
            if origin.kind in (OriginKind.FILE, OriginKind.ENVIRONMENT):
                raise LockedSettingError(f"{key} is set in {origin}, which CallGuard never changes: change it there")
            inside = [name for name in self.store.settings() if name.startswith(f"{key}.")]
            overlay = {name: old for name, old in self.store.settings().items() if name not in (key, *inside)}
            if value is not None:
                overlay[key] = value
            blueprint = await self.drawn(overlay)
            # Neither may it be ignored, nor anything else because of it.
            before, after = _ignored(self.blueprint), _ignored(blueprint)
            unfit = [note for name, note in after.items() if name == key or name not in before]
            if unfit and value is not None:
                raise ConfigError(unfit)
            trial = replace(blueprint, found=[*blueprint.found])
            await asyncio.to_thread(furnish, trial, Nobody(), self.surroundings)
            shown = _shown(value, blueprint.loaded.secrets_at(key))
            now = self.surroundings.clock.now()
            made = [await self.store.set_setting(key, value, by=by, now=now, shown=shown)]
            # The whole outweighs what was set inside it before: else that would come back.
            made += [await self.store.set_setting(name, None, by=by, now=now) for name in inside]
            await self.adopt(blueprint)
            return next((change for change in made if change is not None), None)

    def shown(self, key: str, value: JSON) -> JSON:
        """Return *value*, which was set by command at *key*, as people may see it."""
        return _shown(value, self.blueprint.loaded.secrets_at(key))

    async def adopt_settings(self) -> None:
        """Live by the settings as they are in the file and the store now."""
        async with self.changing:
            await self.adopt(await self.drawn(self.store.settings()))

    async def drawn(self, overlay: Mapping[str, JSON]) -> Blueprint:
        """Return the house as it would be with *overlay* set by command; a call may come meanwhile."""
        return await asyncio.to_thread(draw, self.blueprint.place, self.surroundings, overlay)

    async def _adopt(self, blueprint: Blueprint) -> None:
        self.refurnish(blueprint)
        await self.open()

    def refurnish(self, blueprint: Blueprint) -> set[str]:
        """Go over to *blueprint*; returns the names of plugins that were rebuilt or are gone.

        ConfigError if a plugin refuses its new settings; then nothing has changed.
        """
        keep = {name: plugged for name, plugged in self.plugins.all.items() if self._same(name, plugged, blueprint)}
        plugins = furnish(blueprint, self.store, self.surroundings, keep)
        changed = (set(self.plugins.all) | set(plugins.all)) - set(keep)
        lines = [line for line in self.lines if line.plugin not in changed]
        self.blueprint, self.plugins = blueprint, plugins
        online = blueprint.settings.network.online_lookups
        self.screening.replace(plugins, policy_of(blueprint), online=online)
        self.health = Health(plugins, self.surroundings.clock, self.timezone, self.started_at)
        self.health.lines = list(lines)
        self._settle()
        return changed

    def _same(self, name: str, plugged: Plugged, blueprint: Blueprint) -> bool:
        before, after = self.blueprint, blueprint
        if _surroundings(before) != _surroundings(after):
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
        banners = _banners(self.blueprint, now)
        self.health.fixed = [
            *import_failures(self.blueprint.found, now),
            *_notes(self.blueprint, now),
            *banners,
        ]
        self.health.store_problems = self.store.problems
        self.health.front_problems = lambda: self.front.problems() if self.front else ()
        self.health.restores = lambda: restore_problems(self.blueprint.place, self.surroundings.clock.now())
        self.health.configured_lines = self.blueprint.settings.lines
        spoken = {(p.name, code): text for p in self.plugins.all.values() for code, text in p.phrases.items()}
        try:
            self.phrases = {**self.store.phrases(), **spoken}
        except StoreError as error:
            _log.warning("sentences of former plugins are not known: %s", error)
            self.phrases = spoken
        self._remembered = self.store.remember_phrases(spoken, now=now)

    def _keep(self, record: CallRecord) -> None:
        if record.disposition is None:
            self._spend(record)
        self.journal.keep(record)

    def _spend(self, record: CallRecord) -> None:
        """Count one use of a rule that was made for a number of calls, before the next call is judged."""
        if record.verdict.wanted_to is not None:
            return  # it rang all the same: the rule has not had its say yet
        for place in record.verdict.decided_by:
            rule_id = record.evidence[place].facts.get("rule_id")
            if isinstance(rule_id, int) and any(
                r.id == rule_id and r.uses_left is not None for r in self.store.rules()
            ):
                now = self.surroundings.clock.now()
                self._spent = self.store.spend_rule(rule_id, record.call.id, by="a call", now=now)

    def _expiry(self) -> tuple[str, Job]:
        async def expire() -> None:
            await self.store.expire_rules(self.surroundings.clock.now(), by="CallGuard")

        return "callguard", Job(name="take out rules whose time is over", every=_MINUTE, run=expire)


def _has(settings: object, key: str) -> bool:
    for step in key.split("."):
        if isinstance(settings, Mapping):
            if step not in settings:
                return False
            settings = settings[step]
        elif hasattr(settings, step):
            settings = getattr(settings, step)
        else:
            return False
    return True


def _shown(value: JSON, secrets: Collection[str]) -> JSON:
    """Return *value* as the log of changes may show it."""
    if isinstance(value, Mapping):
        return {key: _shown(item, secrets) for key, item in value.items()}
    if isinstance(value, str):
        return "***" if value in secrets else shown_url(value) if "://" in value else value
    if isinstance(value, Sequence):
        return [_shown(item, secrets) for item in value]
    return "***" if str(value) in secrets else value


def _ignored(blueprint: Blueprint) -> dict[str, Mistake]:
    """Return what was set by command and does not fit, by key."""
    notes = blueprint.loaded.notes
    return {note.origin.name: note for note in notes if note.origin.kind is OriginKind.CONSOLE}


def policy_of(blueprint: Blueprint) -> PolicyOf:
    """Return how the household's policy for a call is found: by its line, and the hour where the line is."""
    wishes, zones, usual = blueprint.settings.wishes(), blueprint.settings.zones(), blueprint.timezone
    return lambda call: wishes.policy_for(call.line, call.received_at.astimezone(zones.get(call.line, usual)))


def _surroundings(blueprint: Blueprint) -> tuple[object, ...]:
    """Return what every plugin is told of the house when it is built; a household's wishes are not among it."""
    settings = blueprint.settings
    hosts = settings.trusted_hosts()
    return settings.country, settings.timezone, settings.zones(), settings.numbers(), hosts


def _origins(blueprint: Blueprint, plugin: str) -> dict[str, Origin]:
    return {key: origin for key, origin in blueprint.loaded.origins().items() if key.startswith(f"{plugin}.")}


def _banners(blueprint: Blueprint, now: datetime) -> list[Problem]:
    """Remind people of wishes that are easily forgotten and keep the wrong calls out, or all of them in."""
    wishes = blueprint.settings.wishes()
    usual = _reminders(wishes.usual.policy, "policy")
    found = [("", reminder) for reminder in usual.items()]
    for line, own in wishes.by_line.items():
        reminders = _reminders(own.policy, f"lines.{line}.policy")
        found += [(line, reminder) for reminder in reminders.items() if reminder[0] not in usual]
    return [
        Problem(
            code=code,
            severity=Severity.NOTE,
            what=(f"on line {plain(line)}, " if line else "") + what,
            since=now,
            cure=cure,
            where=line,
        )
        for line, (code, (what, cure)) in found
    ]


def _reminders(policy: Policy, key: str) -> dict[str, tuple[str, str]]:
    found = {}
    if policy.log_only:
        found["log-only"] = ("every call rings: it is only logged", f"Set {key}.log_only to no.")
    if policy.profile is Profile.CONTACTS_ONLY:
        cure = f"Set {key}.profile to normal to let others ring."
        found["contacts-only"] = ("only callers you know ring", cure)
    return found


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
