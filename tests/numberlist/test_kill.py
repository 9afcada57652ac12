"""kill -9 while a list is updated, at any moment: it answers as before or as after, and the next update succeeds."""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

from callguard import (
    JSON,
    Answer,
    Entry,
    Gathered,
    Gathering,
    ListBuilder,
    ListMode,
    Progress,
    Report,
    Subscription,
)
from callguard.numberlist.keeping import load
from callguard.testing import a_home

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
KILLS = min(30, int(os.environ.get("CALLGUARD_KILLS", "5")))
NUMBERS = 300
KEPT = {"gathered", "list.json", "list.lock", "list.sqlite", "list.overlay.sqlite"}


def nothing(_: Progress) -> None:
    return None


async def in_this_process(function: str, arguments: Mapping[str, JSON], report: Report | None = None) -> JSON:
    module, _, name = function.partition(":")
    outcome: JSON = (getattr(import_module(module), name) if module != "tests" else build)(
        arguments, report or nothing
    )
    return outcome


def build(arguments: Mapping[str, JSON], report: Report) -> JSON:
    """All numbers have as many reports as the update has a number, so that a mixture of two shows."""
    update = int(str(arguments["update"]))
    with ListBuilder(Path(str(arguments["path"])), name="test", report=report) as builder:
        for place in range(NUMBERS):
            builder.add(Entry(number=f"+1303{place:07d}", reports=update))
        builder.finish(version=str(update), as_of=NOW.date(), retrieved_at=NOW, source="")
    return None


def subscription(folder: Path) -> Subscription:
    async def gather(gathering: Gathering) -> Gathered:
        update = int(str(gathering.state.get("update", 0))) + 1
        gathering.state["update"] = update
        return Gathered(arguments={"update": update}, overlay=update % 3 != 1)

    home = a_home(folder, apart=in_this_process)
    return Subscription(home, "test", title="Test", mode=ListMode.ACTIVE, every=timedelta(days=1), gather=gather,
                        stale_after=timedelta(days=3), build="tests:build")  # fmt: skip


def test_an_update_killed_at_any_moment_leaves_the_list_as_before_or_as_after(tmp_path: Path) -> None:
    chance, reached = random.Random(KILLS), []
    one = subscription(tmp_path)
    files = one._path.parent
    asyncio.run(one.update(nothing))
    for _ in range(KILLS):
        acknowledged = killed_after(chance.uniform(0.0, 0.15), tmp_path)
        one.close()
        found = [one.look_up(f"+1303{place:07d}") for place in range(0, NUMBERS, 7)]
        assert {answer.answer for answer in found} == {Answer.LISTED}
        told = {(answer.version, answer.entry.reports if answer.entry else 0) for answer in found}
        ((version, reports),) = told
        assert int(version) == reports, "a mixture of two copies"
        remembered = load(files / "list.json").state["update"]
        assert remembered in (reports, reports - 1), "what is remembered is never ahead of the list"
        assert reports >= acknowledged
        reached.append(reports)
    one.close()
    assert reached == sorted(reached)
    assert reached[-1] > KILLS, "updates went on"
    asyncio.run(one.update(nothing))
    assert {path.name for path in files.iterdir()} <= KEPT, "nothing is left of what was killed"
    one.close()


def killed_after(seconds: float, folder: Path) -> int:
    """Return the last update that a child said was done, before it was killed so many seconds after its first."""
    with subprocess.Popen([sys.executable, __file__, str(folder)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        first = child.stdout.readline()
        time.sleep(seconds)
        child.kill()
        rest = child.stdout.read()
    return int((first + rest).split("\n")[-2])


def update_for_ever(folder: Path) -> None:
    one = subscription(folder)
    while True:
        asyncio.run(one.update(nothing))
        info = one.state().info
        print(info.version if info else 0, flush=True)


if __name__ == "__main__":
    update_for_ever(Path(sys.argv[1]))
