"""Answers what a change of rules, lists or settings would have changed about past calls."""

import asyncio
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from callguard.blueprint import draw
from callguard.config import ConfigError
from callguard.control import given
from callguard.control.given import Arguments
from callguard.control.rules import RuleCommands
from callguard.control.settings import in_words
from callguard.control.wire import RefusedError
from callguard.house import Check, House, policy_of
from callguard.lists import Lists
from callguard.model.evidence import Evidence
from callguard.model.number import NotANumberError
from callguard.model.numberlist import ListMode
from callguard.model.record import CallRecord
from callguard.model.rule import Rule, RuleKind, RuleList
from callguard.model.text import plain
from callguard.model.verdict import Action
from callguard.policy.replay import Difference, Replay, Revised, without
from callguard.screening import PolicyOf
from callguard.sentences import sentence, who

_USUAL_DAYS = 90
_BATCH = 100
"""Records read in one go, in a thread."""
_AT_ONCE = 5
"""Records judged in one go: a millisecond, so that a call that comes meanwhile is not kept waiting."""
_SHOWN = 200
PATIENCE = 20.0
"""Seconds: who asked would not wait much longer."""
_SPECIAL = frozenset({"policy"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What would be different."""

    before: tuple[Rule, ...] = ()
    after: tuple[Rule, ...] = ()
    "The rules of the store, as they are and as they would be."
    modes: Mapping[str, ListMode] = field(default_factory=dict)
    policy_of: PolicyOf | None = None
    "None: the policy of then."

    @property
    def of_rules(self) -> bool:
        """Whether the rules would be others."""
        return self.after is not self.before


class ReplayCommands:
    """Judges past calls again."""

    def __init__(self, house: House, rules: RuleCommands) -> None:
        self._house = house
        self._rules = rules
        self.by_name = {"replay": self.replay}

    async def replay(self, asked: Arguments) -> Any:
        """Return which past verdicts the changes in *asked* would have changed.

        What takes too long is broken off: `since` in the answer says how far back it came.
        """
        trial = await self._trial(asked)
        now = self._house.surroundings.clock.now()
        since = now - (given.span(asked, "seconds") or timedelta(days=_USUAL_DAYS))
        clock = self._house.surroundings.clock
        until = clock.monotonic() + PATIENCE
        replay = Replay(speakers=self._house.plugins.speakers())
        checks = (
            [self._house.trial_rules(trial.before), self._house.trial_rules(trial.after)] if trial.of_rules else []
        )
        batches = self._house.store.each(since, batch=_BATCH)
        while batch := await asyncio.to_thread(next, batches, ()):
            for place, record in enumerate(batch):
                revised = await self._revised(record, trial, checks)
                replay.take(record, lambda _, revised=revised: revised)  # type: ignore[misc]
                if place % _AT_ONCE == 0:
                    await asyncio.sleep(0)
            if clock.monotonic() > until:
                since = batch[-1].call.received_at
                break
        return self._answer(replay, since.isoformat())

    async def _revised(self, record: CallRecord, trial: Trial, checks: Sequence[Check]) -> Revised:
        evidence = list(record.evidence)
        if checks:
            old, new = [await check(record.call) for check in checks]
            gone = [item for item in old if item not in new]
            evidence = [*without(evidence, gone), *(item for item in new if item not in old)]
        for name, mode in trial.modes.items():
            silent = not any(item.facts.get("list") == name for item in evidence)
            # A list that shall be off could not have said less, and none can say anything of nobody.
            if silent and mode is not ListMode.OFF and record.call.caller.numbers:
                return f"{name} was not asked then"
            evidence = _in_mode(evidence, name, mode)
        policy = trial.policy_of(record.call) if trial.policy_of else record.policy
        if policy == record.policy and evidence == list(record.evidence):
            return record
        return replace(record, evidence=tuple(evidence), policy=policy)

    async def _trial(self, asked: Arguments) -> Trial:
        before = self._house.store.rules()
        after = before
        for change in _listed(asked, "rules"):
            after = (*after, self._proposed(change)) if isinstance(change, dict) else self._changed(after, change)
        modes = dict(_mode_of(text, self._house.lists) for text in _texts(asked, "lists"))
        settings = dict(_pair(text, "--set") for text in _texts(asked, "settings"))
        if before == after and not modes and not settings:
            raise RefusedError("say what would change: --rules, --list, --profile or --set")
        policy_of = await asyncio.to_thread(self._policy, settings) if settings else None
        return Trial(before=before, after=after, modes=modes, policy_of=policy_of)

    def _changed(self, rules: tuple[Rule, ...], text: object) -> tuple[Rule, ...]:
        if not isinstance(text, str):
            raise RefusedError("a change of rules is a text, or a rule as `add-rule` has it")
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise RefusedError(f"{plain(text)!r}: {error}") from error
        if len(words) == 2 and words[0] == "remove" and words[1].isdecimal():
            left = tuple(rule for rule in rules if rule.id != int(words[1]))
            if len(left) == len(rules):
                raise RefusedError(f"there is no rule {words[1]}: `callguard rules` lists them")
            return left
        return (*rules, self._rule(words, text))

    def _rule(self, words: list[str], text: str) -> Rule:
        kinds, lists = {kind.value for kind in RuleKind}, {on.value for on in RuleList}
        if len(words) < 2 or words[0] not in lists:
            raise RefusedError(
                f"{plain(text)!r} is no change of rules: write 'block +44*', 'allow name \"school\"' or 'remove 12'"
            )
        kind = {"kind": words[1]} if words[1] in kinds and len(words) > 2 else {}
        value = " ".join(words[2:] if kind else words[1:])
        return self._proposed({"list": words[0], "value": value, **kind})

    def _proposed(self, described: Arguments) -> Rule:
        """Return the rule that is *described* as `add-rule` has it."""
        try:
            rule = self._rules.rule_of(described)
        except NotANumberError as error:
            raise RefusedError(str(error)) from error
        return replace(rule, id=-1, origin="proposed")

    def _policy(self, settings: Mapping[str, str]) -> PolicyOf:
        strange = [key for key in settings if key.partition(".")[0] not in _SPECIAL]
        if strange:
            raise RefusedError(f"{plain(strange[0])}: only settings of `policy` can be tried on past calls")
        house = self._house
        variables = {f"CALLGUARD__{key.replace('.', '__').upper()}": value for key, value in settings.items()}
        environment = {**house.surroundings.environment, **variables}
        try:
            blueprint = draw(house.blueprint.place, replace(house.surroundings, environment=environment))
        except ConfigError as error:
            raise RefusedError("; ".join(map(in_words, error.mistakes))) from error
        return policy_of(blueprint)

    def _answer(self, replay: Replay, since: str) -> Any:
        names = {number: contact.name for contact in self._house.store.contacts() for number in contact.numbers}
        changed = sorted(replay.changed, key=lambda one: one.call.received_at, reverse=True)
        changed.sort(key=lambda one: not (one.answered or _name(one, names)))
        return {
            "since": since,
            "calls": replay.calls,
            "changed": replay.moves.total(),
            "moves": [
                {"from": before.value, "to": after.value, "calls": calls}
                for (before, after), calls in replay.moves.items()
            ],
            "contacts": sum(bool(_name(one, names)) for one in changed),
            "answered": sum(bool(one.answered) for one in changed),
            "lost": sum(_is_lost(one) and bool(one.answered or _name(one, names)) for one in changed),
            "differences": [self._difference(one, names) for one in changed[:_SHOWN]],
            "unjudged": dict(replay.unjudged),
        }

    def _difference(self, one: Difference, names: Mapping[str, str]) -> Any:
        call = one.call
        country = self._house.blueprint.settings.country
        return {
            "id": call.id,
            "at": call.received_at.astimezone(self._house.timezone).isoformat(),
            "line": call.line,
            "who": who(call),
            "number": call.caller.number,
            "contact": plain(_name(one, names)),
            "answered": one.answered,
            "before": one.before.action.value,
            "after": one.after.action.value,
            "reason": "; ".join(sentence(item, self._house.phrases, country) for item in one.evidence)
            or one.after.rung.words,
        }


def _in_mode(evidence: list[Evidence], name: str, mode: ListMode) -> list[Evidence]:
    if mode is ListMode.OFF:
        return [item for item in evidence if item.facts.get("list") != name]
    logged = mode is ListMode.LOG_ONLY
    return [replace(item, log_only=logged) if item.facts.get("list") == name else item for item in evidence]


def _is_lost(one: Difference) -> bool:
    """Tell whether a call that rang would not have rung."""
    return one.before.action is Action.RING and one.after.action is not Action.RING


def _name(one: Difference, names: Mapping[str, str]) -> str:
    return next((names[number] for number in one.call.caller.numbers if number in names), "")


def _listed(asked: Arguments, key: str) -> list[object]:
    value = asked.get(key) or []
    if isinstance(value, list):
        return value
    raise RefusedError(f"{key} must be a list of texts")


def _texts(asked: Arguments, key: str) -> list[str]:
    value = _listed(asked, key)
    if all(isinstance(text, str) for text in value):
        return [str(text) for text in value]
    raise RefusedError(f"{key} must be a list of texts")


def _pair(text: str, option: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise RefusedError(f"{plain(text)!r}: write {option} KEY=VALUE")
    return key.strip(), value.strip()


def _mode_of(text: str, lists: Lists) -> tuple[str, ListMode]:
    name, mode = _pair(text, "--list")
    name = lists.whole_name(name)
    if name not in lists.all:
        raise RefusedError(f"there is no list {plain(name)!r}; there are: {', '.join(lists.all) or 'none'}")
    try:
        return name, ListMode(mode)
    except ValueError as error:
        raise RefusedError(f"{plain(mode)!r} is none of active, log-only, off") from error
