"""The check whether one of the caller's numbers is on one of the household's lists."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from callguard import Call, Evidence, Home, Leaning, Rule, RuleKind, RuleList, Rung, hookimpl
from callguard_rules.index import RuleIndex
from callguard_rules.settings import RulesConfig, rules_of

_CODES = {
    (RuleList.ALLOW, RuleKind.EXACT): "allowed-number",
    (RuleList.ALLOW, RuleKind.PREFIX): "allowed-prefix",
    (RuleList.BLOCK, RuleKind.EXACT): "blocked-number",
    (RuleList.BLOCK, RuleKind.PREFIX): "blocked-prefix",
}
_MEANS = {
    RuleList.ALLOW: (Leaning.WANTED, Rung.ALLOW_LIST),
    RuleList.BLOCK: (Leaning.UNWANTED, Rung.BLOCK_LIST),
}


class Rules:
    """Knows the numbers that the household allows and blocks, from config.yaml and from the store."""

    Config = RulesConfig
    speaks_on = frozenset({Rung.ALLOW_LIST, Rung.BLOCK_LIST})
    phrases: ClassVar[Mapping[str, str]] = {
        "allowed-number": "{number} is on your allow list ({why})",
        "allowed-prefix": "{number} begins with {rule}, which is on your allow list ({why})",
        "blocked-number": "{number} is on your block list ({why})",
        "blocked-prefix": "{number} begins with {rule}, which is on your block list ({why})",
    }

    def __init__(self, config: RulesConfig, home: Home) -> None:
        self._household = home.household
        self._stated = rules_of(config, home.country, home.written_at)
        self._rebuild()

    @hookimpl
    def check_call(self, call: Call) -> Sequence[Evidence] | None:
        """Say which rules the caller's numbers match, shown or asserted; the ladder decides between the lists."""
        if self._household.revision() != self._revision:
            self._rebuild()
        found = [_evidence(number, rule) for number, rule in self._index.matches(call.caller.numbers)]
        return found or None

    def _rebuild(self) -> None:
        # The revision first: a rule that is added meanwhile makes the next call look again.
        self._revision = self._household.revision()
        self._index = RuleIndex((*self._stated, *self._household.rules()))


def _evidence(number: str, rule: Rule) -> Evidence:
    leaning, rung = _MEANS[rule.list]
    return Evidence(
        code=_CODES[rule.list, rule.kind],
        leaning=leaning,
        rung=rung,
        facts={
            "number": number,
            "rule": rule.value if rule.kind is RuleKind.EXACT else f"{rule.value}*",
            "list": rule.list.value,
            "note": rule.note,
            "origin": rule.origin,
            "why": ", ".join(part for part in (rule.note, rule.origin) if part) or "your rule",
        },
    )
