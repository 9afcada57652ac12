"""Long work in small steps: a call that comes meanwhile is not kept waiting."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")
_AT_ONCE = 40


async def each(make: Callable[[_Item], _Made], items: Sequence[_Item]) -> list[_Made]:
    """Return what *make*, which takes some microseconds, makes of each of *items*."""
    made: list[_Made] = []
    for start in range(0, len(items), _AT_ONCE):
        made += map(make, items[start : start + _AT_ONCE])
        await asyncio.sleep(0)
    return made
