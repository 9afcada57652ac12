"""Passwords are slow on purpose: they are looked at beside the loop, and strangers' keep nobody waiting."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_MOST_WAITING = 8


class BusyError(Exception):
    """Too many strangers have their passwords looked at."""


class Hashing:
    """One thread for those who have been here before, and one for strangers.

    A password costs 16 MiB and a fifth of a second on a small server, one or two on a small Pi. The threads bound
    that even if those who sent the passwords hang up.
    """

    def __init__(self) -> None:
        self._household = ThreadPoolExecutor(1, "password")
        self._strangers = ThreadPoolExecutor(1, "stranger")
        self._waiting = 0

    async def do(self, work: Callable[[], T], *, stranger: bool) -> T:
        """Return the outcome of *work*; BusyError if too many strangers wait already."""
        loop = asyncio.get_running_loop()
        if not stranger:
            return await loop.run_in_executor(self._household, work)
        if self._waiting >= _MOST_WAITING:
            raise BusyError
        self._waiting += 1
        try:
            return await loop.run_in_executor(self._strangers, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Begin nothing more."""
        self._household.shutdown(wait=False, cancel_futures=True)
        self._strangers.shutdown(wait=False, cancel_futures=True)
