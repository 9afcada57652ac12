"""An address book in a file that some other program writes."""

import asyncio
import hashlib
from datetime import datetime

from callguard import JSON, Home
from callguard_contacts.reading.rows import Reading, reading_of
from callguard_contacts.settings import FileSettings
from callguard_contacts.source import READ_FILE, Memory, SourceError


class WatchedFile:
    """Reads the file when it has changed; parsing is done in the second process."""

    def __init__(self, settings: FileSettings, home: Home) -> None:
        self.book = settings.title
        self.whence = str(settings.path)
        self._path = settings.path
        self._home = home
        name = hashlib.sha256(str(settings.path).encode()).hexdigest()[:16]
        about = f"{settings.path} {settings.title} {home.country}"
        self._memory = Memory(home.data_dir / f"file-{name}.json", about)
        self._tried: tuple[list[JSON], Reading | SourceError] | None = None
        "What came of the file that was read last, until it is taken over."

    async def read(self, *, again: bool) -> Reading | None:
        """Return what is in the file, or None if it is the one that was taken over."""
        # In a thread: the file may lie on a network that hangs, and the telephone rings meanwhile.
        seen = await asyncio.to_thread(self._look)
        if not again and self._memory.load().get("seen") == seen:
            return None
        if again or self._tried is None or self._tried[0] != seen:
            self._tried = seen, await self._read()
        outcome = self._tried[1]
        if isinstance(outcome, SourceError):
            raise outcome
        return outcome

    def taken_over(self, at: datetime) -> None:
        """Remember which file it was."""
        if self._tried is not None:
            self._memory.save(at=at.isoformat(), seen=self._tried[0])
            self._tried = None

    def forget(self) -> None:
        """Forget what was taken over, so that it is read again."""
        self._memory.forget()

    def last_taken_over(self) -> datetime | None:
        """Return when a file was taken over last."""
        return self._memory.at

    async def _read(self) -> Reading | SourceError:
        arguments = {"path": self.whence, "book": self.book, "country": self._home.country}
        try:
            return reading_of(await self._home.apart(READ_FILE, arguments), self.book)
        except ValueError as error:
            return SourceError(f"{self.whence}: {error}", f"Write the address book to {self.whence} again.")
        except RuntimeError as error:
            return SourceError(f"{self.whence}: {error}")

    def _look(self) -> list[JSON]:
        try:
            found = self._path.stat()
        except OSError as error:
            what = f"{self.whence} cannot be read: {error.strerror or error}"
            raise SourceError(
                what, "Check the path under contacts.files in config.yaml, and who may read it."
            ) from error
        return [found.st_mtime_ns, found.st_size, found.st_ino]
