"""Fetches the FTC's daily files: politely, one after the other, each day once."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from callguard import JSON, FetchError, Gathered, Gathering, Home, Progress, conditional, plain, remember, shown_url
from callguard_ftc.ageing import DROP_AFTER
from callguard_ftc.days import forget_before, kept_days, place_of
from callguard_ftc.index import DailyFile, daily_files, window

_KEEP = "callguard_ftc.keeping:keep"
_LARGEST_INDEX = 5_000_000
_LARGEST_DAY = 20_000_000
"""Files have 1 to 2 MB."""
_INDEX_WITHIN = 60.0
_DAY_WITHIN = 120.0
_MAY_CHANGE = timedelta(days=4)
"""A file may be put right so long after its day; afterwards it is not asked for again."""
_SILENCE = timedelta(days=14)
"""Longest gap between files, holidays included, before the list must be thought dead."""
_ENOUGH_FAILURES = 3
"""So many failures in a row are no missing days but a server that wants to be left alone."""
_NOT_THERE = 404


def browser(software: str) -> dict[str, str]:
    """Return the headers of a request: the FTC answers 403 to whatever does not begin like a browser."""
    return {
        "User-Agent": f"Mozilla/5.0 (X11; Linux) CallGuard/{software or '0'}",
        "Accept": "text/csv, text/html, */*",
    }


@dataclass(slots=True)
class _Haul:
    """What came of fetching the days, by name."""

    fetched: list[str] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)
    alarming: list[str] = field(default_factory=list)
    "Failures of recent days that are no missing days."
    retry_after: timedelta | None = None


class DailyFiles:
    """Gathers the list `ftc`."""

    def __init__(self, home: Home, index_url: str, archive: Path | None) -> None:
        self._home = home
        self._index_url = index_url
        self._archive = archive
        self._headers = browser(home.software)

    async def gather(self, gathering: Gathering) -> Gathered:
        """Fetch the days that are new or have changed, and name the files that the list is built from.

        FetchError if the index cannot be read or no new day could be fetched; what is kept stays.
        """
        today = self._home.clock.now().date()
        folder = gathering.folder / "days"
        known = {} if gathering.force else _known(gathering.state)
        listed = await self._listed(today)
        wanted = [file for file in listed if gathering.force or _is_wanted(file, folder, known, today)]
        haul = await self._fetch(wanted, gathering, known)
        await self._keep(gathering, folder, known, haul)
        forget_before(folder, today - DROP_AFTER - _MAY_CHANGE)
        # In a thread: the household's archive may lie on a network that hangs, and the telephone rings meanwhile.
        return await asyncio.to_thread(self._gathered, gathering, folder, known, haul)

    async def _listed(self, today: date) -> list[DailyFile]:
        page = await self._home.web.fetch(
            self._index_url, headers=self._headers, limit=_LARGEST_INDEX, within=_INDEX_WITHIN
        )
        oldest, newest = window(today, DROP_AFTER.days)
        files = daily_files(page.body.decode("utf-8", "replace"), page.url, oldest=oldest, newest=newest)
        if not files:
            raise FetchError(f"{shown_url(self._index_url)} names no daily files of the last {DROP_AFTER.days} days")
        if today - files[0].day > _SILENCE:
            raise FetchError(f"the newest daily file the FTC names is that of {files[0].day}")
        return files

    async def _fetch(
        self, wanted: Sequence[DailyFile], gathering: Gathering, known: dict[str, dict[str, JSON]]
    ) -> _Haul:
        haul, in_a_row = _Haul(), 0
        incoming = _emptied(gathering.folder / "incoming")
        for done, file in enumerate(wanted):
            gathering.report(Progress(step="fetching", done=done, total=len(wanted), unit="files"))
            try:
                await self._fetch_day(file, incoming / f"{file.name}.csv", known, haul)
                in_a_row = 0
            except FetchError as error:
                self._note(file, error, haul)
                in_a_row += 1
            if haul.retry_after is not None or in_a_row >= _ENOUGH_FAILURES:
                break
        return haul

    async def _fetch_day(self, file: DailyFile, to: Path, known: dict[str, dict[str, JSON]], haul: _Haul) -> None:
        own = known.get(file.name, {})
        answer = await self._home.web.fetch(
            file.url, to=to, limit=_LARGEST_DAY, within=_DAY_WITHIN, headers={**self._headers, **conditional(own)}
        )
        if not answer.not_modified:
            remember(own, answer)
            known[file.name] = own
            haul.fetched.append(file.name)

    def _note(self, file: DailyFile, error: FetchError, haul: _Haul) -> None:
        haul.wrong[file.name] = plain(str(error))
        haul.retry_after = error.retry_after
        if error.status != _NOT_THERE:
            self._alarm(file.name, haul)

    def _alarm(self, name: str, haul: _Haul) -> None:
        if date.fromisoformat(name[:10]) >= self._home.clock.now().date() - _MAY_CHANGE:
            haul.alarming.append(name)

    async def _keep(self, gathering: Gathering, folder: Path, known: dict[str, dict[str, JSON]], haul: _Haul) -> None:
        """Have the fetched files checked and kept in the second process: that takes seconds on a small computer."""
        if not haul.fetched:
            return
        incoming = str(gathering.folder / "incoming")
        arguments = {"incoming": incoming, "folder": str(folder), "now": self._home.clock.now().isoformat()}
        answer = await self._home.apart(_KEEP, arguments, gathering.report)
        wrong = answer if isinstance(answer, Mapping) else {}
        for name, why in wrong.items():
            if why:
                haul.wrong[name] = plain(str(why))
                haul.fetched.remove(name)
                known.pop(name, None)
                self._alarm(name, haul)

    def _gathered(
        self, gathering: Gathering, folder: Path, known: Mapping[str, dict[str, JSON]], haul: _Haul
    ) -> Gathered:
        kept, archive = kept_days(folder), _archived(self._archive)
        if not haul.fetched and (haul.alarming or not kept):
            raise FetchError(_told(haul.wrong) or "no daily file could be fetched", retry_after=haul.retry_after)
        files = [*kept.values(), *archive]
        seen: dict[str, JSON] = {"days": {name: known.get(name, {}) for name in kept}, "archive": _prints(archive)}
        changed = gathering.force or bool(haul.fetched) or _files_of(seen) != _files_of(gathering.state)
        gathering.state.clear()
        gathering.state.update(seen)
        newest = max(kept, default="")
        return Gathered(
            arguments={
                "name": "ftc", "files": [str(path) for path in files], "all_or_none": False,
                "version": newest, "source": shown_url(self._index_url),
            },
            changed=changed,
            note=_told(haul.wrong),
        )  # fmt: skip


def _is_wanted(file: DailyFile, folder: Path, known: Mapping[str, dict[str, JSON]], today: date) -> bool:
    if not place_of(folder, file.name).exists():
        return True
    # Without an ETag or a date there is no way to ask whether it has changed but to fetch it again.
    return today - file.day <= _MAY_CHANGE and bool(conditional(known.get(file.name, {})))


def _known(state: Mapping[str, JSON]) -> dict[str, dict[str, JSON]]:
    days = state.get("days")
    pairs = days.items() if isinstance(days, Mapping) else ()
    return {name: dict(own) for name, own in pairs if isinstance(own, Mapping)}


def _files_of(state: Mapping[str, JSON]) -> tuple[list[str], JSON]:
    return sorted(_known(state)), state.get("archive")


def _emptied(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    return folder


def _archived(folder: Path | None) -> list[Path]:
    """Return the files in the household's own folder that can be complaints by their names."""
    if folder is None:
        return []
    endings = (".csv", ".csv.gz", ".json", ".json.gz")
    return sorted(path for path in folder.iterdir() if path.name.endswith(endings) and path.is_file())


def _prints(files: Sequence[Path]) -> list[str]:
    """Return what changes when one of *files* does."""
    return [f"{path.name} {(found := path.stat()).st_size} {found.st_mtime_ns}" for path in files]


def _told(wrong: Mapping[str, str]) -> str:
    if not wrong:
        return ""
    name, why = next(iter(wrong.items()))
    others = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return plain(f"the file of {name} is missing{others}: {why}", 300)
