"""What a person or a script can ask the house; the daemon and the command line without one answer the same way."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import Any

from callguard.control import given, unhurried
from callguard.control.answers import problem_facts
from callguard.control.backups import BackupCommands
from callguard.control.complaints import ComplaintCommands
from callguard.control.given import Arguments
from callguard.control.household import HouseCommands
from callguard.control.lists import ListCommands
from callguard.control.past import PastCommands
from callguard.control.relationships import RelationshipCommands
from callguard.control.replays import ReplayCommands
from callguard.control.rules import RuleCommands
from callguard.control.settings import SettingCommands
from callguard.control.watching import Watching
from callguard.control.wire import RefusedError
from callguard.doctor import examine
from callguard.finding import Found
from callguard.health import line_facts
from callguard.house import House
from callguard.model.call import Call, Caller, Presentation
from callguard.model.experience import Opinion
from callguard.model.ident import CHANCE_BITS, new_id
from callguard.model.line import LineStatus
from callguard.model.number import NotANumberError, require_e164
from callguard.model.record import CallRecord
from callguard.model.text import plain
from callguard.model.verdict import Action
from callguard.model.wire import encode_record
from callguard.policy.ladder import judge
from callguard.sentences import event
from callguard.store import Filter, StoreError
from callguard.story import explanation


class Commands:
    """Answers commands by name; RefusedError carries a reason in words."""

    def __init__(self, house: House, watching: Watching | None = None) -> None:
        self._house = house
        self._watching = watching
        self._by_name: dict[str, Callable[[Arguments], Awaitable[Any]]] = {
            "status": self._status,
            "healthcheck": self._healthcheck,
            "calls": self._calls,
            "explain": self._explain,
            "try": self._try,
            "plugins": self._plugins,
            "doctor": self._doctor,
        }
        if watching is not None:
            self._by_name["watch"] = watching.watch
        rules, settings = RuleCommands(house), SettingCommands(house)
        families = (
            HouseCommands(house, running=watching is not None),
            PastCommands(house),
            rules,
            settings,
            ListCommands(house, settings),
            ReplayCommands(house, rules),
            RelationshipCommands(house),
            ComplaintCommands(house),
            BackupCommands(house),
        )
        for family in families:
            self._by_name.update(family.by_name)

    async def answer(self, command: str, arguments: Arguments) -> Any:
        """Return the JSON answer to *command*."""
        own = self._by_name.get(command)
        try:
            answer = await (own(arguments) if own is not None else self._ask_plugin(command, arguments))
        except (NotANumberError, StoreError) as error:
            raise RefusedError(str(error)) from error
        if self._watching is not None and not arguments.get("dry_run"):
            self._watching.answered(command)
        return answer

    async def _ask_plugin(self, command: str, arguments: Arguments) -> Any:
        added = self._house.commands.get(command)
        if added is None:
            raise RefusedError(f"this house has no command {plain(command)!r}")
        if self._watching is None and command not in self._house.plugins.offline_commands:
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
        counts = await asyncio.to_thread(house.store.counts, midnight)
        return {
            "running": self._watching is not None,
            "version": house.software,
            "since": house.started_at.astimezone(house.timezone).isoformat(),
            "data_dir": str(house.blueprint.place.data_dir),
            "config": str(house.blueprint.place.config or "embedded"),
            "profile": house.blueprint.settings.policy.profile.value,
            "lines": [{**line_facts(line), "last_call": await self._last_call(line.name)} for line in house.lines],
            "jobs": [state.facts() for state in house.health.jobs.states] if house.health.jobs else [],
            "today": {action.value: count for action, count in counts.by_action.items()},
            "problems": [problem_facts(problem, house.timezone) for problem in problems],
        }

    async def _healthcheck(self, _: Arguments) -> Any:
        deaf = self._house.health.deaf_lines()
        starting = [line.name for line in self._house.lines if line.state().status is LineStatus.STARTING]
        return {
            "protecting": not deaf and not starting,
            "starting": starting,
            "problems": [problem_facts(p, self._house.timezone) for p in deaf],
        }

    async def _calls(self, asked: Arguments) -> Any:
        wanted = Filter(
            line=given.text(asked, "line") or None,
            action=given.choice(asked, "action", Action),
            number=self._number(asked) if asked.get("number") else None,
            text=given.text(asked, "text"),
            since=self._since(asked),
            opinion=given.choice(asked, "opinion", Opinion),
        )
        limit = given.count(asked, "limit", 20)
        page = await asyncio.to_thread(
            self._house.store.newest, limit, before=given.text(asked, "before") or None, wanted=wanted
        )
        return {
            "calls": await unhurried.each(self._event, page.records),
            "next": page.next,
            "unreadable": page.unreadable,
        }

    async def _explain(self, asked: Arguments) -> Any:
        part = given.text(asked, "id")
        if part in ("", "last"):
            page = await asyncio.to_thread(self._house.store.newest, 1)
            if not page.records:
                raise RefusedError("no call has been recorded yet")
            record = page.records[0]
        else:
            record = await asyncio.to_thread(self._house.store.find, part)
        return self._explained(record, tried=False)

    async def _try(self, asked: Arguments) -> Any:
        call = self._pretend_call(asked)
        return self._explained(await self._house.rehearse(call, online=bool(asked.get("online"))), tried=True)

    def _explained(self, record: CallRecord, *, tried: bool) -> Any:
        again = judge(record.call, record.evidence, record.failures, record.policy, record.dnc)
        return {
            **self._event(record),
            "lines": explanation(record, self._house.phrases, self._house.timezone, tried=tried),
            "reproduced": again == record.verdict,
            "record": json.loads(encode_record(record)),
        }

    def _pretend_call(self, asked: Arguments) -> Call:
        house = self._house
        withheld = bool(asked.get("withheld"))
        caller = Caller(
            presentation=Presentation.WITHHELD if withheld else Presentation.SHOWN,
            number=None if withheld else self._number(asked),
            text="" if withheld else plain(given.text(asked, "number")),
            name=plain(given.text(asked, "name")),
        )
        now = house.surroundings.clock.now()
        at = given.moment(asked, "at", house.timezone)
        return Call(
            id=new_id(now, house.surroundings.randomness.bits(CHANCE_BITS)),
            line=given.line(asked, house.line_names()) or (house.lines[0].name if house.lines else "try"),
            received_at=at.astimezone(UTC) if at else now,
            caller=caller,
            country=house.blueprint.settings.country,
        )

    async def _plugins(self, _: Arguments) -> Any:
        house = self._house
        now = house.surroundings.clock.monotonic()
        return [_plugin(found, house, now) for found in house.blueprint.found]

    async def _doctor(self, _: Arguments) -> Any:
        return await examine(self._house, running=self._watching is not None)

    def _event(self, record: CallRecord) -> dict[str, Any]:
        return event(record, self._house.phrases, self._house.timezone)

    async def _last_call(self, line: str) -> Any:
        page = await asyncio.to_thread(self._house.store.newest, 1, wanted=Filter(line=line))
        return self._event(page.records[0]) if page.records else None

    def _number(self, asked: Arguments) -> str:
        return require_e164(given.text(asked, "number"), self._house.blueprint.settings.country)

    def _since(self, asked: Arguments) -> Any:
        span = given.span(asked, "seconds")
        return self._house.surroundings.clock.now() - span if span else None


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
