"""What is known of a call besides its record, for whoever drafts a complaint about it."""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta, tzinfo

from callguard.house import House
from callguard.model.call import Call
from callguard.model.complaint import Circumstances
from callguard.model.contact import Contact
from callguard.model.dnc import DncState, DncStatus
from callguard.model.record import CallRecord
from callguard.model.rule import Rule, RuleKind, RuleList
from callguard.model.rulevalue import describe
from callguard.store import Filter

_RELATED_WITHIN = timedelta(days=90)
_MOST_RELATED = 100
_TRUSTED = (RuleList.NEVER_BLOCK, RuleList.ALLOW)

# Names that networks put in where they know none, or only the place: they are nobody's.
_NOBODYS_NAMES = frozenset(
    {"anonymous", "blocked", "business", "caller", "cell phone", "no name", "not available", "number unavailable"}
    | {"out of area", "potential spam", "private", "private caller", "private name", "private number", "restricted"}
    | {"scam likely", "spam", "spam likely", "spam?", "telemarketer", "telemarketing", "toll free", "toll free call"}
    | {"toll free caller", "toll free number", "unavailable", "unavailable name", "unknown", "unknown caller"}
    | {"unknown name", "unknown number", "v-number", "voip caller", "wireless", "wireless caller", "wireless number"}
)
_PLACE = re.compile(r"[a-z .'-]{1,20},? +[a-z]{2}")
_SHORTEST_NAME = 4


class Circumstanced:
    """Finds out what is known of calls besides their records."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._contacts: Sequence[Contact] = ()
        self._names: Mapping[str, str] = {}
        "What the household calls its contacts, by number."
        self._rules: Sequence[Rule] = ()
        self._exact: Mapping[str, Sequence[Rule]] = {}
        self._wide: Sequence[Rule] = ()

    async def of(self, record: CallRecord, answers: Mapping[str, str], *, with_related: bool = True) -> Circumstances:
        """Return what is known of the call; without its relatives that takes no look into the call log."""
        house, call = self._house, record.call
        zone = self._zone(call.line)
        now = house.surroundings.clock.now()
        return Circumstances(
            jurisdiction=await house.plugins.jurisdiction(call.line),
            dnc=await self._dnc(record),
            relationships=house.store.relationships(),
            answers=answers,
            related=await asyncio.to_thread(self._related, call) if with_related else (),
            known_as=await self._known_as(call),
            local_time=call.received_at.astimezone(zone),
            today=now.astimezone(zone).date(),
        )

    def _zone(self, line: str) -> tzinfo:
        blueprint = self._house.blueprint
        return blueprint.settings.zones().get(line, blueprint.timezone)

    async def _dnc(self, record: CallRecord) -> DncStatus | None:
        """Return what the household says today of the line's status then; else what it said then.

        A registration that was declared, or corrected, after the call is true of the call all the same.
        """
        said = await self._house.plugins.dnc_status(record.call.line, record.call.received_at)
        if said is None or (said.state is DncState.UNKNOWN and record.dnc is not None):
            return record.dnc
        return said

    def _related(self, call: Call) -> Sequence[CallRecord]:
        """Return other calls with the same number or telling name, 90 days before or after, newest first."""
        spread = (call.received_at - _RELATED_WITHIN, call.received_at + _RELATED_WITHIN)
        wanted = [Filter(number=call.caller.number, since=spread[0], until=spread[1])] if call.caller.number else []
        if name := telling_name(call):
            wanted.append(Filter(text=name, since=spread[0], until=spread[1]))
        found: dict[str, CallRecord] = {}
        for one in wanted:
            for record in self._house.store.newest(_MOST_RELATED, wanted=one).records:
                if _is_related(call, record.call):
                    found[record.call.id] = record
        newest_first = sorted(found.values(), key=lambda record: record.call.received_at, reverse=True)
        return newest_first[:_MOST_RELATED]

    async def _known_as(self, call: Call) -> str:
        number = call.caller.number
        if number is None:
            return ""
        if (self._house.store.contacts(), self._house.store.rules()) != (self._contacts, self._rules):
            await asyncio.to_thread(self._look_over)
        if number in self._names:
            return self._names[number]
        stated = await self._house.plugins.stated_rules()
        return _named_by([*stated, *self._exact.get(number, ()), *self._wide], call, number)

    def _look_over(self) -> None:
        """Sort out contacts and rules anew where they have changed: many calls are asked about at once."""
        contacts, rules = self._house.store.contacts(), self._house.store.rules()
        if contacts is not self._contacts:
            named = [(number, contact.name or number) for contact in contacts for number in contact.numbers]
            self._contacts, self._names = contacts, dict(reversed(named))
        if rules is not self._rules:
            trusted = [rule for rule in rules if rule.list in _TRUSTED]
            exact: dict[str, list[Rule]] = {}
            for rule in trusted:
                if rule.kind is RuleKind.EXACT:
                    exact.setdefault(rule.value, []).append(rule)
            wide = [rule for rule in trusted if rule.kind in (RuleKind.PREFIX, RuleKind.RANGE)]
            self._rules, self._exact, self._wide = rules, exact, wide


def telling_name(call: Call) -> str:
    """Return the caller's name where it may tell one caller from others; empty where a network made it up."""
    name = call.caller.name.strip()
    low = " ".join(name.casefold().split())
    made_up = low in _NOBODYS_NAMES or _PLACE.fullmatch(low) or not any(c.isalpha() for c in low)
    return "" if made_up or len(low) < _SHORTEST_NAME else name


def _is_related(call: Call, other: Call) -> bool:
    if other.id == call.id or other.internal:
        return False
    same_number = call.caller.number is not None and other.caller.number == call.caller.number
    name = telling_name(call)
    return same_number or (bool(name) and other.caller.name.strip().casefold() == name.casefold())


def _named_by(rules: Iterable[Rule], call: Call, number: str) -> str:
    for rule in rules:
        if rule.list in _TRUSTED and rule.line in ("", call.line) and _is_about(rule, number):
            return rule.note or describe(rule, call.country)
    return ""


def _is_about(rule: Rule, number: str) -> bool:
    if rule.kind is RuleKind.EXACT:
        return rule.value == number
    if rule.kind is RuleKind.RANGE:
        first, _, last = rule.value.partition("-")
        return len(number) == len(first) and first <= number <= last
    return rule.kind is RuleKind.PREFIX and number.startswith(rule.value)
