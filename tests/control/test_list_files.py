"""The files of lists: open while they are used, and not longer."""

import os
from datetime import UTC, datetime
from typing import Any

from callguard import Entry, ListBuilder
from callguard.place import Place

REPORTED = "+13035550188"


def _open_files(name: str) -> int:
    found = 0
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            found += os.readlink(f"/proc/self/fd/{descriptor}").endswith(name)
        except OSError:
            continue
    return found


async def test_a_list_that_is_switched_on_and_off_again_and_again_is_open_once(enter: Any, place: Place) -> None:
    now, before = datetime.now(UTC), _open_files("/ftc/list.sqlite")
    path = place.data_dir / "plugins" / "ftc" / "ftc" / "list.sqlite"
    path.parent.mkdir(parents=True)
    place.data_dir.chmod(0o700)
    with ListBuilder(path, name="ftc") as builder:
        builder.add(Entry(number=REPORTED))
        builder.finish(version="1", as_of=now.date(), retrieved_at=now, source="a test")
    async with enter() as house:
        for mode in ("active", "log-only", "active", "log-only"):
            await house.ask("lists-mode", name="ftc", mode=mode)
            await house.ring(REPORTED)
        assert _open_files("/ftc/list.sqlite") == before + 1
    assert _open_files("/ftc/list.sqlite") == before


BROKEN = """
from callguard import hookimpl


class Broken:
    @property
    def name(self):
        raise ZeroDivisionError("no name")

    def state(self):
        return None

    update = problems = state


class Plugin:
    @hookimpl
    def number_lists(self):
        return [Broken()]
"""


async def test_a_list_that_cannot_even_say_its_name_does_not_keep_the_house_from_opening(
    enter: Any, place: Place
) -> None:
    assert place.plugins_folder
    (place.plugins_folder / "broken.py").write_text(BROKEN)
    async with enter() as house:
        assert await house.ring(REPORTED) == "ring"
        assert "number_lists did not return" in str(await house.ask("plugins"))
