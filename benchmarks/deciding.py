"""The house without its telephone line: how long it takes to judge a call, and until the record is on the disk."""

import asyncio
import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import yaml

from benchmarks.table import Row, quantile
from callguard import CHANCE_BITS, Call, Caller, Disposition, Outcome, Presentation, new_id
from callguard.ambient import SystemClock, SystemRandomness
from callguard.blueprint import Surroundings, draw
from callguard.house import House
from callguard.model.record import CallRecord
from callguard.place import Place
from callguard.screening import Screening
from callguard.store import Store
from tests.real.peers.guard import BLOCKED
from tests.real.peers.process import Stage

_CALLS = 2000
_RULES = 200
_STRANGERS = 10
_WITHIN = 1.0
_STORED = 20
"One call in so many is stored as well."
_APART = 0.06
"Seconds between two stored calls: the writer rests between transactions, and calls at home do not come in bursts."
_SILENT = """
from callguard import hookimpl

class Silent:
    @hookimpl
    {define} check_call(self, call):
        return None
"""


@dataclass(slots=True)
class Times:
    """Microseconds, one for each call."""

    decided: list[float] = field(default_factory=list)
    durable: list[float] = field(default_factory=list)


def measure(stage: Stage, scale: float) -> list[Row]:
    """Judge and store calls one after the other, beside the disk's own floor."""
    count = max(100, round(_CALLS * scale))
    floor = _floor(stage.subfolder("floor"), count)
    alone = asyncio.run(_judge(stage.subfolder("alone"), count, ""))
    plain = asyncio.run(_judge(stage.subfolder("plain"), count, "def"))
    waiting = asyncio.run(_judge(stage.subfolder("async"), count, "async def"))
    durable = median(alone.durable)
    return [
        _decided("decide, the shipped plugins", alone, alone),
        _decided(f"decide, and {_STRANGERS} foreign plugins with def", plain, alone),
        _decided(f"decide, and {_STRANGERS} foreign plugins with async def", waiting, alone),
        Row(what="decide and durable record", value=_p50_p99(alone.durable), ratio=durable / median(floor),
            yardstick=f"4 KiB and fdatasync {median(floor):.0f} µs"),
    ]  # fmt: skip


def _decided(what: str, times: Times, unit: Times) -> Row:
    yardstick = f"shipped plugins {median(unit.decided):.0f} µs"
    return Row(what=what, value=_p50_p99(times.decided), ratio=median(times.decided) / median(unit.decided),
               yardstick=yardstick)  # fmt: skip


def _p50_p99(times: list[float]) -> str:
    return f"p50 {median(times):.0f} p99 {quantile(times, 0.99):.0f} µs"


def _floor(folder: Path, count: int) -> list[float]:
    times: list[float] = []
    with (folder / "floor").open("wb", buffering=0) as file:
        for _ in range(count):
            begun = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - begun) * 1e6)
    return times


def _place(folder: Path, define: str) -> Place:
    rules = {"block": [BLOCKED, *(f"+1212555{number:04d}" for number in range(100, 100 + _RULES))]}
    (folder / "config.yaml").write_text(yaml.safe_dump({"country": "US", "timezone": "UTC", "rules": rules}))
    if define:
        (folder / "plugins").mkdir()
        for number in range(_STRANGERS):
            (folder / "plugins" / f"silent{number}.py").write_text(_SILENT.format(define=define))
    return Place(data_dir=folder / "data", config=folder / "config.yaml")


async def _judge(folder: Path, count: int, define: str) -> Times:
    around = Surroundings(clock=SystemClock(), randomness=SystemRandomness(), environment={})
    place = _place(folder, define)
    store = Store.open(place.database, now=around.clock.now()).store
    told: asyncio.Queue[CallRecord] = asyncio.Queue()
    house = House(draw(place, around), store, around, told.put_nowait)
    await house.open()
    times = Times()
    await _decide(house, count, times)
    async with asyncio.TaskGroup() as group:
        journal = group.create_task(house.journal.run())
        for _ in range(count // _STORED):
            await asyncio.sleep(_APART)
            await _store(house, told, times)
        journal.cancel()
    store.close()
    return times


async def _decide(house: House, count: int, times: Times) -> None:
    """Judge calls one after the other and forget them."""
    screening = Screening(
        house.plugins, house.screening.policy_of, lambda _: None, house.surroundings.clock, house.software
    )
    for _ in range(count):
        call = _call(house)
        begun = time.perf_counter()
        await screening.screen(call, _WITHIN)
        times.decided.append((time.perf_counter() - begun) * 1e6)


async def _store(house: House, told: "asyncio.Queue[CallRecord]", times: Times) -> None:
    """Judge one call and wait until it is told that the disk has it."""
    call = _call(house)
    begun = time.perf_counter()
    judged = await house.screening.screen(call, _WITHIN)
    judged.finish(Disposition(outcome=Outcome.REJECTED, ended_at=call.received_at, code=607))
    await told.get()
    times.durable.append((time.perf_counter() - begun) * 1e6)


def _call(house: House) -> Call:
    now = datetime.now(UTC)
    caller = Caller(presentation=Presentation.SHOWN, number=BLOCKED, text=BLOCKED)
    call_id = new_id(now, house.surroundings.randomness.bits(CHANCE_BITS))
    return Call(id=call_id, line="Home", received_at=now, caller=caller)
