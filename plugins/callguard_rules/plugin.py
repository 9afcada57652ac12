"""The check whether a call is about one of the household's own rules."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from callguard import Call, Evidence, Home, Problem, Rule, Severity, describe_rule, hookimpl
from callguard_rules.index import Occasion, RuleIndex
from callguard_rules.patterns import CURE
from callguard_rules.saying import PHRASES, RUNGS, evidence_of
from callguard_rules.settings import RulesConfig, rules_of


class Rules:
    """Knows whom the household allows, expects and blocks, from config.yaml and from the store."""

    Config = RulesConfig
    speaks_on = frozenset(RUNGS.values())
    phrases: ClassVar[Mapping[str, str]] = PHRASES

    def __init__(self, config: RulesConfig, home: Home) -> None:
        self._home = home
        self._stated = rules_of(config, home)
        self._rebuild()

    @hookimpl
    def check_call(self, call: Call) -> Sequence[Evidence] | None:
        """Say which rules *call* matches; the ladder decides between the lists."""
        self._refresh()
        occasion = Occasion(call.line, call.received_at, self._home.local_time(call))
        found = self._index.matches(call, occasion)
        zone = self._home.zones.get(call.line, self._home.timezone)
        return [evidence_of(match, call, zone) for match in found] or None

    @hookimpl
    def stated_rules(self) -> Sequence[Rule]:
        """Return the rules of config.yaml."""
        return self._stated

    @hookimpl
    def health(self) -> Sequence[Problem]:
        """Name the rules that cannot work as they are."""
        self._refresh()
        return [*self._expired(self._home.clock.now()), *self._without_library(), *self._unusable()]

    def _refresh(self) -> None:
        if self._home.household.revision() != self._revision:
            self._rebuild()

    def _rebuild(self) -> None:
        # The revision first: a rule that is added meanwhile makes the next call look again.
        self._revision = self._home.household.revision()
        self._index = RuleIndex((*self._stated, *self._home.household.rules()))
        self._built_at = self._home.clock.now()

    def _expired(self, now: datetime) -> Iterator[Problem]:
        for rule in self._stated:
            if rule.until is not None and rule.until <= now:
                yield Problem(
                    code="rule-expired-in-file",
                    severity=Severity.NOTE,
                    what=f"the rule for {self._words(rule)} ended on {rule.until:%d %b %Y}: it does nothing any more",
                    since=rule.until,
                    cure="take it out of the file, or give it a later `until`",
                    where=rule.origin,
                )

    def _words(self, rule: Rule) -> str:
        return describe_rule(rule, self._home.country)

    def _without_library(self) -> Iterator[Problem]:
        rules = self._index.without_library
        if rules:
            yield Problem(
                code="pattern-unavailable",
                severity=Severity.PROBLEM,
                what=f"{_rules(rules)} not looked at, because the library for patterns is not installed",
                since=self._built_at,
                cure=f"{CURE}, or remove these rules",
            )

    def _unusable(self) -> Iterator[Problem]:
        rules = self._index.unusable
        if rules:
            yield Problem(
                code="rule-unusable",
                severity=Severity.PROBLEM,
                what=f"{_rules(rules)} not looked at, because nobody can tell what they mean",
                since=self._built_at,
                cure="remove them (`callguard rules` lists them) and add them again",
            )


def _rules(rules: Sequence[Rule]) -> str:
    shown = ", ".join(rule.value for rule in rules[:3]) + (" …" if len(rules) > 3 else "")
    return f"{len(rules)} rules ({shown}) are" if len(rules) > 1 else f"1 rule ({shown}) is"
