"""Fetches PhoneBlock's list as it asks to be fetched: all of it once a month, what changed once a day."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from callguard import JSON, FetchError, Gathered, Gathering, Home, Progress, TryLaterError, shown_url
from callguard_phoneblock.diary import Arrived, Diary, Requests
from callguard_phoneblock.settings import PhoneBlockConfig
from callguard_phoneblock.standing import Standing

NAME = "phoneblock"
_LIMIT = 100_000_000
_WITHIN = 300.0
_TOO_MANY = 429
_WHOLE, _CHANGES = "whole.json", "changes.json"


class Fetching:
    """What `gather` of the list's subscription does."""

    def __init__(self, config: PhoneBlockConfig, home: Home, standing: Standing) -> None:
        self._url = f"{config.base_url}/blocklist"
        self._home = home
        self._standing = standing
        self._headers = {"Authorization": f"Bearer {config.token.get_secret_value()}", "Accept": "application/json"}

    async def gather(self, gathering: Gathering) -> Gathered:
        """Return what to build the list from.

        What PhoneBlock asked for holds whoever asks: `gathering.force` fetches nothing that is not due.
        """
        diary, now = Diary.load(gathering.folder / "requests.json"), self._home.clock.now()
        version = gathering.state.get("version")
        if not diary.whole.wait(now):
            return await self._whole(gathering, diary)
        if isinstance(version, int) and not diary.changes.wait(now):
            return await self._changes(gathering, diary, version)
        return self._at_hand(gathering, diary, version if isinstance(version, int) else None)

    async def _whole(self, gathering: Gathering, diary: Diary) -> Gathered:
        coming = gathering.folder / "whole.new"
        facts = await self._fetched(f"{self._url}?format=json", coming, diary, diary.whole, gathering)
        coming.replace(gathering.folder / _WHOLE)
        # The whole list says all that has changed until now.
        diary.changes.begun = diary.changes.answered = diary.whole.begun
        diary.changes.unanswered = 0
        diary.version = int(str(facts["version"]))
        return await self._arrived(Arrived(version=diary.version), gathering, diary, diary.whole)

    async def _changes(self, gathering: Gathering, diary: Diary, version: int) -> Gathered:
        url = f"{self._url}?format=json&since={version}"
        facts = await self._fetched(url, gathering.folder / _CHANGES, diary, diary.changes, gathering)
        arrived = Arrived(version=int(str(facts["version"])), since=version)
        gathered = await self._arrived(arrived, gathering, diary, diary.changes)
        return gathered if facts["rows"] else Gathered(changed=False, note="nothing has changed at PhoneBlock")

    async def _arrived(self, arrived: Arrived, gathering: Gathering, diary: Diary, requests: Requests) -> Gathered:
        requests.end()
        diary.arrived = arrived
        await asyncio.to_thread(diary.save)  # a disk may take its time, and the telephone rings meanwhile
        return self._gathered(arrived, gathering)

    def _at_hand(self, gathering: Gathering, diary: Diary, version: int | None) -> Gathered:
        """Do what can be done without asking: build what came but was never built, or the whole list once more."""
        arrived, now = diary.arrived, self._home.clock.now()
        if arrived and (arrived.version == version or arrived.since not in {None, version}):
            arrived = None
        if arrived is None and version is None and diary.version is not None:
            arrived = Arrived(version=diary.version)
        if arrived is not None:
            return self._gathered(arrived, gathering, "built of what had come already; PhoneBlock was not asked")
        if version is None:
            wait = diary.whole.wait(now)
            raise TryLaterError(f"PhoneBlock did not give its list; it is asked again in {_words(wait)}", wait)
        wait = diary.changes.wait(now)
        note = f"PhoneBlock is asked at most once a day, even by force; the next time in {_words(wait)}"
        return Gathered(changed=False, note=note)

    async def _fetched(
        self, url: str, to: Path, diary: Diary, requests: Requests, gathering: Gathering
    ) -> Mapping[str, JSON]:
        """Fetch *url* and return what `inspect` says of it; it counts as answered when the caller says so."""
        requests.begin(self._home.clock.now())
        await asyncio.to_thread(diary.save)
        gathering.report(Progress(step="fetching"))
        try:
            await self._home.web.fetch(url, to=to, limit=_LIMIT, within=_WITHIN, headers=self._headers)
        except FetchError as error:
            if error.status is not None and 400 <= error.status < 500 and error.status != _TOO_MANY:
                requests.forget()
                await asyncio.to_thread(diary.save)
            raise self._standing.explained(error) from error
        self._standing.let_in()
        facts = await self._home.apart("callguard_phoneblock.building:inspect", {"file": str(to)}, None)
        if not isinstance(facts, Mapping):
            raise TypeError("inspect returned no mapping")
        return facts

    def _gathered(self, arrived: Arrived, gathering: Gathering, note: str = "") -> Gathered:
        changes = arrived.since is not None
        gathering.state["version"] = arrived.version
        arguments: dict[str, JSON] = {
            "file": str(gathering.folder / (_CHANGES if changes else _WHOLE)),
            "changes": changes,
            "name": NAME,
            "source": shown_url(self._url),
        }
        return Gathered(arguments=arguments, overlay=changes, note=note)


def _words(wait: timedelta) -> str:
    hours = round(wait.total_seconds() / 3600)
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours} hours" if hours > 1 else f"{max(1, round(wait.total_seconds() / 60))} minutes"
