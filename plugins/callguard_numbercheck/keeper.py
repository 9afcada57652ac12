"""Keeps the table of exchanges up to date with the file that the household provides."""

import asyncio
from datetime import timedelta
from pathlib import Path

from callguard import Home, Job, Problem, Severity, plain
from callguard_numbercheck.numbering import FRESH, Table, origin_of
from callguard_numbercheck.settings import TableSettings

_EVERY = timedelta(hours=6)
_FIRST_AFTER = timedelta(seconds=20)
_CURE = "Download a new table from nationalnanpa.com and put it in the file's place, or take `nanpa` out."


class TableKeeper:
    """One table: the household's file, and what was made of it in our own folder."""

    def __init__(self, wished: TableSettings, home: Home) -> None:
        self._source = home.data_dir / wished.file  # an absolute path stays itself
        self._made = home.data_dir / "exchanges.table"
        self._as_of = wished.as_of.isoformat() if wished.as_of is not None else ""
        self._home = home
        self._since = home.clock.now()
        self._refused = ""
        self.table = Table.load(self._made)

    def job(self) -> Job:
        """Return the work of looking whether the file has changed."""
        return Job(name="numbering-table", every=_EVERY, run=self.renew, first_after=_FIRST_AFTER)

    async def renew(self) -> None:
        """Make the table anew if the file has changed; a file that is refused leaves the last good one."""
        try:
            # In a thread: the file may lie on a network that hangs, and the telephone rings meanwhile.
            if self.table is not None and await asyncio.to_thread(self._same, self.table):
                return
            wanted = {"file": str(self._source), "table": str(self._made), "as_of": self._as_of}
            await self._home.apart("callguard_numbercheck.numbering:compile_table", wanted)
        except (OSError, ValueError) as error:
            if not self._refused:
                self._since = self._home.clock.now()
            self._refused = plain(str(error))
            return
        self._refused = ""
        self.table = Table.load(self._made)

    def problems(self) -> list[Problem]:
        """Return what is wrong with the table."""
        found = []
        if self._refused:
            found.append(self._problem("numbering-table-refused", Severity.PROBLEM, self._refused))
        now = self._home.clock.now()
        if self.table is not None and not self.table.is_fresh(now):
            days, most = self.table.age(now), FRESH.days
            what = (
                f"The table of assigned exchanges is {days} days old; after {most} days it is not believed any more."
            )
            found.append(self._problem("numbering-table-stale", Severity.NOTE, what))
        return found

    def _same(self, table: Table) -> bool:
        as_of = not self._as_of or self._as_of == table.as_of.isoformat()
        return as_of and table.origin == origin_of(Path(self._source))

    def _problem(self, code: str, severity: Severity, what: str) -> Problem:
        return Problem(
            code=code, severity=severity, what=what, since=self._since, cure=_CURE, where=str(self._source)
        )
