"""Questions about the household's rules, and the changes of them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from callguard.config import ConfigError
from callguard.control import given, unhurried
from callguard.control.answers import change_facts, rule_facts
from callguard.control.given import Arguments
from callguard.control.wire import RefusedError
from callguard.house import House
from callguard.model.decider import whose_rule
from callguard.model.number import NotANumberError, pretty, to_e164
from callguard.model.rule import Change, Rule, RuleKind, RuleList
from callguard.model.rulevalue import canonical
from callguard.model.schedule import NotAScheduleError, Schedule
from callguard.model.text import plain

_MOST_RULES = 10_000
_AT_ONCE = 20
"""Rules read in one go: less than a millisecond, so that a call that comes meanwhile is not kept waiting."""
_SHOWN_REFUSALS = 1000
_LOOKED_BACK = 1000
"""Changes among which the newest of a person's is sought: address books on a server may change every few minutes."""
_EVENING = 22
_CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clock of a router may be ahead."""
_NO_HITS = {"hits": 0, "last_hit_at": None}


class RuleCommands:
    """Answers questions about rules."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.by_name = {
            "add-rule": self.add_rule,
            "add-rules": self.add_rules,
            "expect": self.expect,
            "rules": self.rules,
            "remove-rule": self.remove_rule,
            "dialled": self.dialled,
            "undo": self.undo,
            "changes": self.changes,
        }

    @property
    def _country(self) -> str:
        return self._house.blueprint.settings.country

    @property
    def _zone(self) -> tzinfo:
        return self._house.timezone

    def _now(self) -> datetime:
        return self._house.surroundings.clock.now()

    async def add_rule(self, asked: Arguments) -> Any:
        """Put one rule in force; with the number of another as `instead_of` in its place."""
        rule = self.rule_of(asked)
        number = asked.get("instead_of")
        former = None if number is None else given.whole(number)
        added = await self._house.store.add_rule(rule, by=given.by(asked), now=self._now(), instead_of=former)
        return {
            "rule": rule_facts(added.rule, self._country, self._zone),
            "change": change_facts(added.change, self._zone) if added.change else None,
            "conflicts": [rule_facts(other, self._country, self._zone) for other in added.conflicts],
        }

    async def add_rules(self, asked: Arguments) -> Any:
        """Put many rules in force, as one change."""
        entries = asked.get("rules")
        if not isinstance(entries, list) or len(entries) > _MOST_RULES:
            raise RefusedError(f"a list of at most {_MOST_RULES} rules is needed; more belong into a number list")
        rules, refused = [], []
        for index, entry in enumerate(entries):
            if index % _AT_ONCE == 0:
                await asyncio.sleep(0)
            try:
                rules.append(self.rule_of(entry if isinstance(entry, Mapping) else {}))
            except (RefusedError, ValueError) as error:
                refused.append({"index": index, "why": plain(str(error))})
        distinct = await asyncio.to_thread(_distinct, rules)
        answer = {"refused": refused[:_SHOWN_REFUSALS], "change": None}
        if asked.get("dry_run") or not distinct:
            fresh = await asyncio.to_thread(_count_new, distinct, self._house.store.rules())
            return {**answer, "added": fresh, "there_already": len(rules) - fresh}
        subject = plain(given.text(asked, "subject")) or f"{len(distinct)} rules"
        done = await self._house.store.add_rules(distinct, by=given.by(asked), now=self._now(), subject=subject)
        change = change_facts(done.change, self._zone) if done.change else None
        return {**answer, "added": len(done.added), "there_already": len(rules) - len(done.added), "change": change}

    async def expect(self, asked: Arguments) -> Any:
        """Let everyone ring for a while, or one call."""
        until = self._until(asked)
        if asked.get("tonight"):
            until = self._tonight()
        uses = 1 if asked.get("next_call") else None
        number = given.text(asked, "number")
        kind = RuleKind.EXACT if number else RuleKind.ANYONE
        value = canonical(kind, number, self._country) if number else "*"
        if until is None and uses is None:
            until = self._now() + timedelta(minutes=30)
        rule = Rule(
            list=RuleList.EXPECTED,
            kind=kind,
            value=value,
            note=plain(given.text(asked, "note")),
            line=self._line(asked),
            until=until,
            uses_left=uses,
        )
        added = await self._house.store.add_rule(rule, by=given.by(asked), now=self._now())
        change = change_facts(added.change, self._zone) if added.change else None
        return {"rule": rule_facts(added.rule, self._country, self._zone), "change": change}

    async def rules(self, asked: Arguments) -> Any:
        """Return every rule, those of config.yaml too, with how often it was hit in the last 30 days."""
        stated = await self._house.plugins.stated_rules()
        wanted = given.choice(asked, "list", RuleList)
        hits = await asyncio.to_thread(self._house.store.hits, self._now() - timedelta(days=30))

        def counted(rule: Rule) -> dict[str, Any]:
            hit = hits.get(("rules", whose_rule(rule)))
            found = {"hits": hit.hits, "last_hit_at": hit.last_at.isoformat()} if hit else _NO_HITS
            return {**rule_facts(rule, self._country, self._zone), "key": whose_rule(rule), **found}

        rules = (*stated, *self._house.store.rules())
        return await unhurried.each(counted, rules if wanted is None else [r for r in rules if r.list is wanted])

    async def remove_rule(self, asked: Arguments) -> Any:
        """Take a rule out of force."""
        number = given.whole(asked.get("id"))
        change = await self._house.store.remove_rule(number, by=given.by(asked), now=self._now())
        return {"change": change_facts(change, self._zone)}

    async def dialled(self, asked: Arguments) -> Any:
        """Take note that the household called a number, for lines that cannot tell."""
        text = given.text(asked, "number").strip()
        number = to_e164(text, self._country)
        if number is None and not (text.isascii() and text.isdecimal() and 2 <= len(text) <= 6):
            raise RefusedError(f"{plain(text)!r} is neither a telephone number nor a short code")
        at = given.moment(asked, "at", self._house.timezone) or self._now()
        if at > self._now() + _CLOCKS_DIFFER:
            raise RefusedError(f"{at.astimezone(self._zone):%Y-%m-%d %H:%M} is still to come")
        await self._house.store.note_dialled(number or text, at=at)
        shown = pretty(number, self._country) if number else text
        return {"number": number or text, "readable": shown, "at": at.astimezone(self._zone).isoformat()}

    async def undo(self, asked: Arguments) -> Any:
        """Take a change back."""
        store = self._house.store
        number = asked.get("change")
        if number is None:
            plugins = self._house.plugins.all
            seen = await asyncio.to_thread(store.changes, _LOOKED_BACK)
            mine = (c for c in seen if c.by not in plugins and _is_own(c))
            newest = next((c for c in mine if c.undone_by is None), None)
            if newest is None:
                raise RefusedError("there is nothing to undo")
            number = newest.id
        settings = store.settings()
        change = await store.undo(given.whole(number), by=given.by(asked), now=self._now())
        if store.settings() != settings:
            await self._live_by_settings()
        return {"undone": given.whole(number), "change": change_facts(change, self._zone)}

    async def _live_by_settings(self) -> None:
        try:
            await self._house.adopt_settings()
        except ConfigError as error:
            why = f"it is taken back, but counts only when this is corrected: {error.mistakes[0]}"
            raise RefusedError(why) from error

    async def changes(self, asked: Arguments) -> Any:
        """Return the newest changes: those older than the change `before`, and those of one person, `who`."""
        before = None if asked.get("before") is None else given.whole(asked["before"])
        limit, who = given.count(asked, "limit", 20), given.text(asked, "who") or None
        found = await asyncio.to_thread(self._house.store.changes, limit, before=before, who=who)
        return await unhurried.each(lambda change: change_facts(change, self._zone), found)

    def rule_of(self, asked: Arguments) -> Rule:
        """Return the rule that *asked* describes; RefusedError or ValueError says what is wrong with it."""
        on = given.choice(asked, "list", RuleList)
        if on is None:
            raise RefusedError("say on which list: never-block, allow or block")
        text = given.text(asked, "value") or given.text(asked, "number")
        usual = RuleKind.PREFIX if text.rstrip().endswith("*") and text.strip() != "*" else RuleKind.EXACT
        kind = given.choice(asked, "kind", RuleKind) or usual
        uses = asked.get("uses")
        hours = given.text(asked, "hours")
        try:
            schedule = Schedule.parse(hours) if hours else None
        except NotAScheduleError as error:
            raise RefusedError(f"hours: {error}") from error
        return Rule(
            list=on,
            kind=kind,
            value=_value(kind, text, self._country),
            note=plain(given.text(asked, "note")),
            line=self._line(asked),
            schedule=schedule,
            until=self._until(asked),
            uses_left=None if uses is None else max(1, given.whole(uses)),
        )

    def _line(self, asked: Arguments) -> str:
        return given.line(asked, self._house.line_names())

    def _until(self, asked: Arguments) -> datetime | None:
        span = given.span(asked, "seconds")
        until = self._now() + span if span else given.moment(asked, "until", self._house.timezone)
        if until is not None and until <= self._now():
            raise RefusedError(f"{until:%Y-%m-%d %H:%M} is over already")
        return until

    def _tonight(self) -> datetime:
        local = self._now().astimezone(self._house.timezone)
        evening = local.replace(hour=_EVENING, minute=0, second=0, microsecond=0)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return evening if local < evening - timedelta(minutes=30) else midnight


def _value(kind: RuleKind, text: str, country: str) -> str:
    try:
        return canonical(kind, text, country)
    except NotANumberError:
        raise
    except ValueError as error:
        raise RefusedError(str(error)) from error


def _key(rule: Rule) -> tuple[object, ...]:
    return (rule.list, rule.kind, rule.value, rule.line, rule.schedule, rule.until, rule.uses_left)


def _distinct(rules: Sequence[Rule]) -> list[Rule]:
    """Return *rules* without those that say the same; heavy."""
    return list({_key(rule): rule for rule in rules}.values())


def _count_new(rules: Sequence[Rule], there: Sequence[Rule]) -> int:
    """Return how many of *rules* would change anything beside those that are *there*; heavy."""
    notes = {_key(rule): rule.note for rule in there}
    return sum(_is_new(rule, notes.get(_key(rule))) for rule in rules)


def _is_new(rule: Rule, note: str | None) -> bool:
    """Tell whether adding *rule* changes anything, where one like it has that *note*, or there is none."""
    return note is None or rule.note not in ("", note)


def _is_own(change: Change) -> bool:
    """Tell whether a person made *change*, so that a bare `undo` means it."""
    return change.what not in {"undone", "rule-expired", "rule-used-up"}
