"""What every visit to the console uses: the house, the call log, the people, the templates."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from callguard.access import Access
from callguard.console.feed import Feed
from callguard.console.flashes import Flashes
from callguard.console.knowledge import Knowledge
from callguard.console.launch import Launch
from callguard.console.render import Renderer
from callguard.control.asking import AsyncAsker
from callguard.home import Clock, Randomness
from callguard.store import Archive

T = TypeVar("T")
_READERS = 2
_HASHES_AT_ONCE = 2
"""A password costs 16 MiB and a fifth of a second here, one or two on a small Pi."""


@dataclass(slots=True, kw_only=True)
class Kernel:
    """One console."""

    launch: Launch
    clock: Clock
    randomness: Randomness
    asker: AsyncAsker
    access: Access
    knowledge: Knowledge
    feed: Feed
    renderer: Renderer
    software: str
    "CallGuard's version."
    flashes: Flashes = field(default_factory=Flashes)
    hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_HASHES_AT_ONCE))
    _archive: Archive | None = None
    _readers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_READERS, "reader"))

    async def read(self, query: Callable[[Archive], T]) -> T:
        """Return what *query* finds in the call log, read beside the loop; UnreadableError if it cannot be read."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, query)

    async def hash(self, work: Callable[[], T]) -> T:
        """Do what costs a password's worth of time beside the loop, two at once at most."""
        async with self.hashing:
            return await asyncio.to_thread(work)

    def close(self) -> None:
        """Close the files."""
        self._readers.shutdown(cancel_futures=True)
        if self._archive is not None:
            self._archive.close()
        self.access.close()

    def _read(self, query: Callable[[Archive], T]) -> T:
        if self._archive is None:
            self._archive = Archive.open(self.launch.database)
        return query(self._archive)
