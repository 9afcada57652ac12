"""Takes address books over into the household's contacts, and never lets a mishap empty one."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callguard import JSON, Home, Problem, Severity, TryLaterError, plain
from callguard_contacts.plan import of_book, plan
from callguard_contacts.reading.rows import Reading
from callguard_contacts.source import Source, SourceError

_LISTED = 50
_BY = "contacts"
_ACCEPT = "Look at the address book; if it is right so, `callguard contacts sync --accept` takes it over."


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one synchronisation went."""

    book: str
    state: str
    "`changed`, `unchanged`, `refused` or `failed`."
    counts: Mapping[str, int] = field(default_factory=dict)
    change: int | None = None
    "The change to undo."
    why: str = ""
    cure: str = ""
    unreadable: int = 0

    def facts(self) -> dict[str, JSON]:
        """Return it as JSON."""
        return {
            "book": self.book,
            "state": self.state,
            "counts": dict(self.counts),
            "change": self.change,
            "why": self.why,
            "cure": self.cure,
            "unreadable": self.unreadable,
        }


@dataclass(slots=True)
class _Standing:
    """How a source has been doing."""

    source: Source
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    reading: Reading | None = None
    failed: SourceError | None = None
    failing_since: datetime | None = None
    refused: str = ""
    refused_since: datetime | None = None


class Keeper:
    """All address books that the configuration names."""

    def __init__(self, sources: Iterable[Source], home: Home) -> None:
        self._home = home
        self._standings = {source.book: _Standing(source) for source in sources}

    async def work(self, book: str) -> None:
        """Bring *book* up to date, as a job: a failure is raised, so that it is tried again soon."""
        standing = self._standings[book]
        await self._refresh(standing, again=False, accept=False)
        if standing.failed is not None:
            after = timedelta(seconds=standing.failed.later)
            raise TryLaterError(str(standing.failed), after) if after else standing.failed

    async def sync(self, *, accept: bool) -> list[Result]:
        """Bring every book up to date now; *accept* books that have become much smaller."""
        return [await self._refresh(standing, again=True, accept=accept) for standing in self._standings.values()]

    def problems(self) -> list[Problem]:
        """Return what is wrong with the books."""
        found = [self._problem(standing) for standing in self._standings.values()]
        return [problem for problem in found if problem is not None]

    def owner_of(self, book: str) -> str:
        """Return where *book* comes from, if the configuration names it; else nothing."""
        standing = self._standings.get(book)
        return standing.source.whence if standing else ""

    def facts(self) -> list[JSON]:
        """Return how each book has been doing, as JSON."""
        return [self._standing_facts(standing) for standing in self._standings.values()]

    async def _refresh(self, standing: _Standing, *, again: bool, accept: bool) -> Result:
        async with standing.lock:
            try:
                return await self._taken_over(standing, again=again, accept=accept)
            except SourceError as error:
                standing.failed = error
                standing.failing_since = standing.failing_since or self._home.clock.now()
                self._home.log.warning("%s was not read: %s", plain(standing.source.book), plain(str(error), 400))
                why, cure = plain(str(error), 400), plain(error.cure, 400)
                return Result(book=standing.source.book, state="failed", why=why, cure=cure)

    async def _taken_over(self, standing: _Standing, *, again: bool, accept: bool) -> Result:
        source, household = standing.source, self._home.household
        before = of_book(household.contacts(), source.book)
        if not before and standing.reading is None:
            source.forget()  # it may have been lost with a database; whoever wants none takes it out of config.yaml
        reading = await source.read(again=again)
        standing.failed, standing.failing_since = None, None
        if reading is None:
            standing.refused, standing.refused_since = "", None  # what was refused has gone again
            return Result(book=source.book, state="unchanged")
        wanted = plan(before, reading.contacts)
        standing.reading = reading
        if wanted.shrinks and not accept:
            return self._refused(standing, len(before), len(reading.contacts))
        change = await household.replace_contacts(source.book, reading.contacts, by=_BY)
        self._remember(standing)
        return Result(
            book=source.book,
            state="unchanged" if change is None else "changed",
            counts=wanted.counts(),
            change=None if change is None else change.id,
            unreadable=reading.unreadable_count,
        )

    def _refused(self, standing: _Standing, before: int, after: int) -> Result:
        standing.refused = f"{standing.source.book} would shrink from {before} to {after} contacts"
        standing.refused_since = standing.refused_since or self._home.clock.now()
        self._home.log.warning("%s: refused, the %d contacts stay", plain(standing.refused), before)
        return Result(book=standing.source.book, state="refused", why=standing.refused, cure=_ACCEPT)

    def _remember(self, standing: _Standing) -> None:
        standing.refused, standing.refused_since = "", None
        try:
            standing.source.taken_over(self._home.clock.now())
        except OSError as error:  # the contacts are kept; only the next reading is a full one
            self._home.log.warning("%s: cannot be remembered: %s", plain(standing.source.book), error.strerror)

    def _problem(self, standing: _Standing) -> Problem | None:
        book, source = standing.source.book, standing.source
        if standing.failed is not None and standing.failing_since is not None:
            stay = len(of_book(self._home.household.contacts(), book))
            last = source.last_taken_over()
            of = f" of {last.astimezone(self._home.timezone):%d %b %Y %H:%M}" if last else ""
            return Problem(
                code="contacts-sync-failing",
                severity=Severity.PROBLEM,
                what=f"{book} cannot be read, its {stay} contacts{of} stay in use: {standing.failed}",
                since=standing.failing_since,
                cure=standing.failed.cure,
                where=book,
            )
        if standing.refused_since is not None:
            return Problem(
                code="contacts-sync-refused",
                severity=Severity.PROBLEM,
                what=f"{standing.refused}: that is more likely a mishap than a wish, so nothing was changed",
                since=standing.refused_since,
                cure=_ACCEPT,
                where=book,
            )
        return None

    def _standing_facts(self, standing: _Standing) -> JSON:
        last = standing.source.last_taken_over()
        reading = standing.reading
        listed: Sequence[JSON] = [item.facts() for item in reading.unreadable[:_LISTED]] if reading else []
        return {
            "book": standing.source.book,
            "from": standing.source.whence,
            "taken_over_at": last.isoformat() if last else None,
            "failing": str(standing.failed) if standing.failed else "",
            "refused": standing.refused,
            "unreadable": listed,
            "unreadable_count": reading.unreadable_count if reading else 0,
            "without_number": reading.without_number if reading else 0,
        }
