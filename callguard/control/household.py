"""Questions about the house as a whole: what it is, its lines, and what leaves it."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from callguard.access import AccessError
from callguard.asking import Plugged
from callguard.control.answers import problem_facts, rule_facts
from callguard.control.given import Arguments
from callguard.control.inviting import invite
from callguard.control.wire import RefusedError
from callguard.health import line_facts
from callguard.house import House
from callguard.lines import WatchedLine
from callguard.model.experience import experience
from callguard.model.record import CallRecord
from callguard.model.rule import RuleList
from callguard.model.text import plain
from callguard.sentences import event
from callguard.store import Filter

_DAY: Final = timedelta(days=1)
_MOST_TODAY: Final = 1000
"""Calls of one line that are counted in a day."""
_UNSAID: Final = "it does not say whether it tells anybody anything"


class HouseCommands:
    """Answers questions about the house."""

    def __init__(self, house: House, *, running: bool) -> None:
        self._house = house
        self.by_name = {"house": self.house, "lines": self.lines, "disclosures": self.disclosures}
        if running:
            self.by_name["setup"] = self.setup

    async def house(self, _: Arguments) -> Any:
        """Return what every page needs to know: version, lines, place, and the wishes that are easily forgotten."""
        house = self._house
        place, settings = house.blueprint.place, house.blueprint.settings
        policy = settings.wishes().usual.policy
        kept = settings.retention.keep_calls
        return {
            "version": house.software,
            "started_at": self._local(house.started_at),
            "demo": place.demo,
            "data_dir": str(place.data_dir),
            "config": str(place.config or "embedded"),
            "country": settings.country,
            "timezone": settings.timezone,
            "lines": [line.name for line in house.lines],
            "plugins": list(house.plugins.all),
            "online_lookups": settings.network.online_lookups,
            "retention": {"calls_days": kept.days if kept else None, "after": settings.retention.after.value},
            "web": settings.web.model_dump(mode="json"),
            "expecting": self._expecting(),
            "modes": {
                "profile": policy.profile.value,
                "log_only": policy.log_only,
                "unknown_callers": policy.unknown_callers.value,
            },
        }

    async def lines(self, _: Arguments) -> Any:
        """Return every line: how it is, how it was in the last day, what is set for it alone, and its calls today."""
        return [await self._line(line) for line in self._house.lines]

    async def disclosures(self, _: Arguments) -> Any:
        """Return what leaves the house, by plugin, as the plugins say themselves."""
        return [told for plugged in self._house.plugins.all.values() for told in self._told_by(plugged)]

    async def setup(self, _: Arguments) -> Any:
        """Return where the console is and who can sign in; while nobody can, with a new code for the first one."""
        house, front = self._house, self._house.front
        try:
            invitation = await asyncio.to_thread(invite, house.blueprint.place.access, self._now())
        except AccessError as error:
            raise RefusedError(str(error)) from error
        return {
            "enabled": front is not None,
            "listening": list(front.listening) if front else [],
            "problems": [problem_facts(problem, house.timezone) for problem in front.problems()] if front else [],
            "setup_code": invitation.code,
            "people": [{"name": person.name, "role": person.role.value} for person in invitation.people],
        }

    def _expecting(self) -> list[dict[str, Any]]:
        """Return the rules by which everyone, or somebody, is expected now."""
        house, now = self._house, self._now()
        mine = (rule for rule in house.store.rules() if rule.list is RuleList.EXPECTED)
        running = (rule for rule in mine if rule.until is None or rule.until > now)
        return [rule_facts(rule, house.blueprint.settings.country, house.timezone) for rule in running]

    async def _line(self, line: WatchedLine) -> dict[str, Any]:
        house, since = self._house, self._now() - _DAY
        own = house.blueprint.settings.lines.get(line.name)
        today = await asyncio.to_thread(self._today, line.name)
        newest = await asyncio.to_thread(house.store.newest, 1, wanted=Filter(line=line.name))
        return {
            **line_facts(line),
            "plugin": line.plugin,
            "last_call": next((self._event(record) for record in newest.records), None),
            "settings": own.model_dump(mode="json", exclude_unset=True) if own else {},
            "today": today,
            "history": [
                {"at": self._local(max(at, since)), "status": status.value, "detail": plain(detail)}
                for at, status, detail in line.history_since(since)
            ],
        }

    def _today(self, line: str) -> dict[str, int]:
        """Return how many calls the line had today, by what the household experienced; heavy."""
        midnight = self._now().astimezone(self._house.timezone).replace(hour=0, minute=0, second=0, microsecond=0)
        found = self._house.store.newest(_MOST_TODAY, wanted=Filter(line=line, since=midnight))
        return dict(Counter(experience(record).value for record in found.records))

    def _told_by(self, plugged: Plugged) -> Iterator[dict[str, Any]]:
        online = self._house.blueprint.settings.network.online_lookups
        try:
            told = plugged.discloses
        except Exception as error:  # noqa: BLE001  (a plugin may raise anything)
            yield _unsaid(plugged, f"{_UNSAID}: {plain(str(error))}")
            return
        if not told and not plugged.shipped and not hasattr(plugged.instance, "discloses"):
            yield _unsaid(plugged, _UNSAID)
        for one in told:
            facts = asdict(one)
            needs_online = facts.pop("online_lookup")
            active = one.active and (online or not needs_online)
            # Whoever tries a number may want the services asked, whether or not calls have them asked.
            yield {"plugin": plugged.name, **facts, "active": active, "when_tried": one.active and needs_online}

    def _event(self, record: CallRecord) -> dict[str, Any]:
        return event(record, self._house.phrases, self._house.timezone)

    def _now(self) -> datetime:
        return self._house.surroundings.clock.now()

    def _local(self, at: datetime) -> str:
        return at.astimezone(self._house.timezone).isoformat()


def _unsaid(plugged: Plugged, what: str) -> dict[str, Any]:
    return {"plugin": plugged.name, "to": "", "what": what, "when": "", "active": True, "when_tried": True}
