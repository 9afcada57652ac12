"""What a person or a script can ask the house; the daemon and the command line without one answer the same way."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from callguard.control.wire import RefusedError
from callguard.doctor import examine
from callguard.finding import Found
from callguard.health import line_facts
from callguard.house import House
from callguard.model.call import Call, Caller, Presentation
from callguard.model.health import Problem
from callguard.model.ident import CHANCE_BITS, new_id
from callguard.model.line import LineStatus
from callguard.model.number import NotANumberError, pretty, require_e164, to_prefix
from callguard.model.record import CallRecord
from callguard.model.rule import Change, Rule, RuleKind, RuleList
from callguard.model.text import plain
from callguard.model.verdict import Action
from callguard.model.wire import encode_record
from callguard.policy.ladder import judge
from callguard.sentences import event, explanation
from callguard.store import Filter, StoreError

Arguments = Mapping[str, Any]
_MOST_CALLS = 1000


class Commands:
    """Answers commands by name; RefusedError carries a reason in words."""

    def __init__(self, house: House, *, running: bool) -> None:
        self._house = house
        self._running = running
        self._by_name: dict[str, Callable[[Arguments], Awaitable[Any]]] = {
            "status": self._status,
            "healthcheck": self._healthcheck,
            "calls": self._calls,
            "explain": self._explain,
            "try": self._try,
            "allow": self._allow,
            "block": self._block,
            "undo": self._undo,
            "changes": self._changes,
            "plugins": self._plugins,
            "doctor": self._doctor,
        }

    async def answer(self, command: str, arguments: Arguments) -> Any:
        """Return the JSON answer to *command*."""
        own = self._by_name.get(command)
        try:
            if own is not None:
                return await own(arguments)
            return await self._ask_plugin(command, arguments)
        except (NotANumberError, StoreError) as error:
            raise RefusedError(str(error)) from error

    async def _ask_plugin(self, command: str, arguments: Arguments) -> Any:
        added = self._house.commands.get(command)
        if added is None:
            raise RefusedError(f"this house has no command {plain(command)!r}")
        if not self._running:
            raise RefusedError(f"`{command}` needs a running CallGuard: start `callguard run` first")
        try:
            return await added(arguments)
        except ValueError as error:
            raise RefusedError(plain(str(error), 400)) from error

    async def _status(self, _: Arguments) -> Any:
        house = self._house
        now = house.surroundings.clock.now()
        midnight = now.astimezone(house.timezone).replace(hour=0, minute=0, second=0, microsecond=0)
        problems = await house.health.problems()
        return {
            "running": self._running,
            "version": house.software,
            "since": house.started_at.isoformat(),
            "data_dir": str(house.blueprint.place.data_dir),
            "config": str(house.blueprint.place.config or "embedded"),
            "profile": house.screening.policy.profile.value,
            "lines": [{**line_facts(line), "last_call": self._last_call(line.name)} for line in house.lines],
            "jobs": [state.facts() for state in house.health.jobs.states] if house.health.jobs else [],
            "today": {action.value: count for action, count in house.store.counts(midnight).by_action.items()},
            "problems": [_problem(problem) for problem in problems],
        }

    async def _healthcheck(self, _: Arguments) -> Any:
        deaf = self._house.health.deaf_lines()
        starting = [line.name for line in self._house.lines if line.state().status is LineStatus.STARTING]
        return {
            "protecting": not deaf and not starting,
            "starting": starting,
            "problems": [_problem(p) for p in deaf],
        }

    async def _calls(self, given: Arguments) -> Any:
        wanted = Filter(
            line=_text(given, "line") or None,
            action=_action(given),
            number=self._number(given) if given.get("number") else None,
            text=_text(given, "text"),
            since=self._since(given),
        )
        limit = _count(given, "limit", 20)
        page = await asyncio.to_thread(
            self._house.store.newest, limit, before=_text(given, "before") or None, wanted=wanted
        )
        return {
            "calls": [self._event(record) for record in page.records],
            "next": page.next,
            "unreadable": page.unreadable,
        }

    async def _explain(self, given: Arguments) -> Any:
        part = _text(given, "id")
        if part in ("", "last"):
            page = await asyncio.to_thread(self._house.store.newest, 1)
            if not page.records:
                raise RefusedError("no call has been recorded yet")
            record = page.records[0]
        else:
            record = await asyncio.to_thread(self._house.store.find, part)
        return self._explained(record, tried=False)

    async def _try(self, given: Arguments) -> Any:
        return self._explained(await self._house.rehearse(self._pretend_call(given)), tried=True)

    def _explained(self, record: CallRecord, *, tried: bool) -> Any:
        again = judge(record.call, record.evidence, record.failures, record.policy)
        return {
            **self._event(record),
            "lines": explanation(record, self._house.phrases, self._house.timezone, tried=tried),
            "reproduced": again == record.verdict,
            "record": json.loads(encode_record(record)),
        }

    def _pretend_call(self, given: Arguments) -> Call:
        house = self._house
        withheld = bool(given.get("withheld"))
        caller = Caller(
            presentation=Presentation.WITHHELD if withheld else Presentation.SHOWN,
            number=None if withheld else self._number(given),
            text="" if withheld else plain(_text(given, "number")),
            name=plain(_text(given, "name")),
        )
        now = house.surroundings.clock.now()
        return Call(
            id=new_id(now, house.surroundings.randomness.bits(CHANCE_BITS)),
            line=_text(given, "line") or (house.lines[0].name if house.lines else "try"),
            received_at=now,
            caller=caller,
            country=house.blueprint.settings.country,
        )

    async def _allow(self, given: Arguments) -> Any:
        return await self._add_rule(RuleList.ALLOW, given)

    async def _block(self, given: Arguments) -> Any:
        return await self._add_rule(RuleList.BLOCK, given)

    async def _add_rule(self, on: RuleList, given: Arguments) -> Any:
        house = self._house
        country = house.blueprint.settings.country
        text = _text(given, "number")
        is_prefix = bool(given.get("prefix")) or text.rstrip().endswith("*")
        value = to_prefix(text, country) if is_prefix else self._number(given)
        kind = RuleKind.PREFIX if is_prefix else RuleKind.EXACT
        rule = Rule(list=on, kind=kind, value=value, note=plain(_text(given, "note")))
        by = plain(_text(given, "by")) or "command line"
        added = await house.store.add_rule(rule, by=by, now=house.surroundings.clock.now())
        return {
            "rule": _rule(added.rule, country),
            "change": _change(added.change) if added.change else None,
            "conflicts": [_rule(other, country) for other in added.conflicts],
            "now": None if is_prefix else await self._try({"number": value}),
        }

    async def _undo(self, given: Arguments) -> Any:
        store = self._house.store
        number = given.get("change")
        if number is None:
            newest = next((c for c in store.changes(50) if c.undone_by is None and c.what != "undone"), None)
            if newest is None:
                raise RefusedError("there is nothing to undo")
            number = newest.id
        by = plain(_text(given, "by")) or "command line"
        change = await store.undo(_whole(number), by=by, now=self._house.surroundings.clock.now())
        return {"undone": _whole(number), "change": _change(change)}

    async def _changes(self, given: Arguments) -> Any:
        return [_change(change) for change in self._house.store.changes(_count(given, "limit", 20))]

    async def _plugins(self, _: Arguments) -> Any:
        house = self._house
        now = house.surroundings.clock.monotonic()
        return [_plugin(found, house, now) for found in house.blueprint.found]

    async def _doctor(self, _: Arguments) -> Any:
        return await examine(self._house, running=self._running)

    def _event(self, record: CallRecord) -> dict[str, Any]:
        return event(record, self._house.phrases, self._house.timezone)

    def _last_call(self, line: str) -> Any:
        page = self._house.store.newest(1, wanted=Filter(line=line))
        return self._event(page.records[0]) if page.records else None

    def _number(self, given: Arguments) -> str:
        return require_e164(_text(given, "number"), self._house.blueprint.settings.country)

    def _since(self, given: Arguments) -> Any:
        seconds = given.get("seconds")
        if seconds is None:
            return None
        return self._house.surroundings.clock.now() - timedelta(seconds=_whole(seconds))


def _plugin(found: Found, house: House, now: float) -> dict[str, Any]:
    plugged = house.plugins.all.get(found.name)
    facts: dict[str, Any] = {"name": found.name, "origin": found.origin, "shipped": found.shipped}
    if plugged is None:
        return {**facts, "state": "not loaded", "error": found.error, "hooks": []}
    standing = plugged.standing
    resting = max(0.0, standing.resting_until - now)
    failing = "failing" if standing.in_a_row else "ok"
    return {
        **facts,
        "state": "resting" if resting else failing,
        "error": standing.last_error,
        "hooks": house.plugins.hooks_of(found.name),
        "asked": standing.asked,
        "failed": standing.failed,
        "mean_ms": round(standing.milliseconds / max(1, standing.asked - standing.failed), 3),
        "resting_seconds": round(resting),
    }


def _problem(problem: Problem) -> dict[str, str]:
    return {
        "code": problem.code,
        "severity": problem.severity.value,
        "what": plain(problem.what, 400),
        "since": problem.since.isoformat(),
        "cure": plain(problem.cure, 400),
        "where": plain(problem.where),
    }


def _rule(rule: Rule, country: str) -> dict[str, Any]:
    star = "*" if rule.kind is RuleKind.PREFIX else ""
    readable = rule.value + star if star else pretty(rule.value, country)
    return {
        "id": rule.id,
        "list": rule.list.value,
        "kind": rule.kind.value,
        "value": rule.value,
        "readable": readable,
        "note": rule.note,
        "origin": rule.origin,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "at": change.at.isoformat(),
        "by": change.by,
        "what": change.what,
        "subject": change.subject,
        "undone_by": change.undone_by,
    }


def _text(given: Arguments, key: str) -> str:
    value = given.get(key)
    return value if isinstance(value, str) else ""


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise RefusedError(f"{value!r:.40} is no whole number")


def _count(given: Arguments, key: str, default: int) -> int:
    value = given.get(key, default)
    return max(1, min(_whole(value), _MOST_CALLS))


def _action(given: Arguments) -> Action | None:
    text = _text(given, "action")
    try:
        return Action(text) if text else None
    except ValueError as error:
        raise RefusedError(f"{plain(text)!r} is no action: ring, screen or block") from error
