"""What every visit to the console uses: the house, the call log, the people, the templates."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from callguard.access import Access, Throttle
from callguard.console.crowd import Crowd
from callguard.console.feed import Feed
from callguard.console.flashes import Flashes
from callguard.console.gate import Gate
from callguard.console.hashing import Hashing
from callguard.console.knowledge import Knowledge
from callguard.console.launch import Launch
from callguard.console.rates import Rates
from callguard.console.render import Renderer
from callguard.console.waiting import Waiting
from callguard.control.asking import AsyncAsker
from callguard.home import Clock, Randomness
from callguard.store import Archive

T = TypeVar("T")
_READERS = 2


@dataclass(slots=True, kw_only=True)
class Kernel:
    """One console."""

    launch: Launch
    clock: Clock
    randomness: Randomness
    asker: AsyncAsker
    access: Access
    gate: Gate
    knowledge: Knowledge
    feed: Feed
    renderer: Renderer
    software: str
    "CallGuard's version."
    crowd: Crowd = field(init=False)
    flashes: Flashes = field(default_factory=Flashes)
    throttle: Throttle = field(default_factory=Throttle)
    hashing: Hashing = field(default_factory=Hashing)
    waiting: Waiting = field(default_factory=Waiting)
    rates: Rates = field(default_factory=Rates)
    _archive: Archive | None = None
    _opening: threading.Lock = field(default_factory=threading.Lock)
    _readers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_READERS, "reader"))

    def __post_init__(self) -> None:
        """Keep the crowd by the household's proxies."""
        self.crowd = Crowd(self.gate.is_proxy)

    async def read(self, query: Callable[[Archive], T]) -> T:
        """Return what *query* finds in the call log, read beside the loop; UnreadableError if it cannot be read."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, query)

    async def hash(self, work: Callable[[], T], *, stranger: bool = False) -> T:
        """Do what costs a password's worth of time beside the loop; BusyError if too many strangers want it."""
        return await self.hashing.do(work, stranger=stranger)

    def close(self) -> None:
        """Close the files."""
        self.hashing.close()
        self._readers.shutdown(wait=False, cancel_futures=True)
        if self._archive is not None:
            self._archive.close()
        self.access.close()

    def _read(self, query: Callable[[Archive], T]) -> T:
        with self._opening:
            if self._archive is None:
                self._archive = Archive.open(self.launch.database)
        return query(self._archive)
