"""A whole local verdict with everything there is: all shipped checks, a list of ten million, a thousand rules."""

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median

import yaml

from benchmarks import callattendant
from benchmarks.table import Row, quantile
from callguard import CHANCE_BITS, Call, Caller, ListBuilder, Presentation, new_id
from callguard.ambient import SystemClock, SystemRandomness
from callguard.blueprint import Surroundings, draw
from callguard.control.commands import Commands
from callguard.house import House
from callguard.model.record import CallRecord, Disposition, Outcome
from callguard.place import Place
from callguard.screening import Screening
from callguard.store import Store
from tests.real.peers.process import Stage

_NUMBERS = 10_000_000
_RULES = 1000
_CALLS = 5000
_PAST = 10_000
_ROUNDS = 5
_AREA_CODES = tuple(code for code in range(201, 990) if code % 100 != 11 and code // 10 % 10 != 9)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who calls, and the rules both sides are given."""

    numbers: list[str]
    patterns: list[str]
    blocked: list[str]


def measure(stage: Stage, scale: float) -> list[Row]:
    """Judge the same strangers by turns, and judge ten thousand stored calls again."""
    asked = _asked(max(200, round(_CALLS * scale)))
    place = _place(stage.subfolder("house"), asked)
    _build_list(place, max(10_000, round(_NUMBERS * scale)))
    return asyncio.run(_measured(place, asked, stage.subfolder("peer"), scale))


async def _measured(place: Place, asked: Asked, peer: Path, scale: float) -> list[Row]:
    around = Surroundings(clock=SystemClock(), randomness=SystemRandomness(), environment={})
    store = Store.open(place.database, now=around.clock.now()).store
    try:
        house = House(draw(place, around), store, around, lambda _: None)
        await house.open()
        ours, theirs = await _by_turns(house, asked, peer)
        replayed = await _replay(house, max(500, round(_PAST * scale)))
    finally:
        store.close()
    row = Row(
        what=f"local verdict, all checks, {_RULES} rules, list of {house.lists.states()[0].info.numbers:,}",  # type: ignore[union-attr]
        value=f"p50 {median(ours):.0f} p99 {quantile(ours, 0.99):.0f} µs",
        ratio=median(ours) / median(theirs),
        yardstick=f"callattendant, {len(asked.patterns)} patterns: p50 {median(theirs):.0f} "
        f"p99 {quantile(theirs, 0.99):.0f} µs",
    )
    return [row, replayed]


async def _by_turns(house: House, asked: Asked, peer: Path) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    theirs: list[float] = []
    share = len(asked.numbers) // _ROUNDS
    for turn in range(_ROUNDS):
        numbers = asked.numbers[turn * share : (turn + 1) * share]
        ours += await _judge(house, numbers)
        theirs += callattendant.decide(peer, asked.patterns, asked.blocked, [number[2:] for number in numbers])
    return ours, theirs


async def _judge(house: House, numbers: list[str]) -> list[float]:
    times: list[float] = []
    clock = house.surroundings.clock
    screening = Screening(house.plugins, house.screening.policy_of, lambda _: None, clock, house.software)
    for number in numbers:
        call = _call(house, number)
        begun = time.perf_counter()
        await screening.screen(call, 1.0)
        times.append((time.perf_counter() - begun) * 1e6)
    return times


async def _replay(house: House, calls: int) -> Row:
    """Store so many calls, and judge them all again with one rule more."""
    screening = Screening(house.plugins, house.screening.policy_of, lambda _: None, house.surroundings.clock, "bench")
    receipt = None
    for number in _strangers(calls, seed=2):
        record = (await screening.screen(_call(house, number), 1.0)).record
        receipt = house.store.append(_ended(record))
    if receipt is not None:
        await receipt
    begun = time.perf_counter()
    answer = await Commands(house).answer("replay", {"rules": ["block +1303*"], "seconds": 86400})
    seconds = time.perf_counter() - begun
    return Row(
        what=f"replay one rule over {answer['calls']:,} stored calls",
        value=f"{seconds:.2f} s, {answer['changed']} would change",
        ratio=seconds / 5,
        yardstick="5 s",
    )


def _ended(record: CallRecord) -> CallRecord:
    end = Disposition(outcome=Outcome.RANG, ended_at=record.call.received_at, code=480)
    return replace(record, disposition=end)


def _call(house: House, number: str) -> Call:
    now = datetime.now(UTC)
    caller = Caller(presentation=Presentation.SHOWN, number=number, text=number, name="JOHN DOE")
    return Call(
        id=new_id(now, house.surroundings.randomness.bits(CHANCE_BITS)), line="Home", received_at=now, caller=caller
    )


def _asked(calls: int) -> Asked:
    patterns = [f"^{area}5550{last:02}$" for area, last in ((201 + n // 4, n % 100) for n in range(_RULES))]
    blocked = list(_strangers(400, seed=3))
    return Asked(numbers=list(_strangers(calls, seed=1)), patterns=patterns, blocked=[n[2:] for n in blocked])


def _strangers(count: int, seed: int) -> Iterator[str]:
    chance = random.Random(seed)
    for _ in range(count):
        yield f"+1{chance.choice(_AREA_CODES)}{chance.randrange(200, 1000)}{chance.randrange(10_000):04}"


def _place(folder: Path, asked: Asked) -> Place:
    rules = [
        *asked.blocked[:400],
        *({"prefix": f"+1{area}5550"} for area in range(201, 401)),
        *({"range": f"+1{area}5550100-+1{area}5550120"} for area in range(401, 501)),
        *({"name": f"CARD SERVICES {n}"} for n in range(100)),
        *({"pattern": f"^\\+1{area}5550[0-4]"} for area in range(501, 651)),
        *({"country": code} for code in ("GB", "DE", "FR", "IT", "ES")),
        *({"prefix": f"+{code}"} for code in range(220, 265)),
    ]
    config = {
        "country": "US",
        "timezone": "UTC",
        "disabled_plugins": ["sip", "simulator"],
        "rules": {"block": rules[:_RULES]},
        "ftc": {"mode": "active"},
        "lines": {"Home": {"number": "+13035550100"}},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    return Place(data_dir=folder / "data", config=folder / "config.yaml")


def _build_list(place: Place, numbers: int) -> None:
    """Build the FTC's list as an update would, from one report for each of so many numbers."""
    path = place.data_dir / "plugins" / "ftc" / "ftc" / "list.sqlite"
    path.parent.mkdir(parents=True)
    today = datetime.now(UTC).date()
    with ListBuilder(path, name="ftc") as builder:
        builder.add_reports(_reports(numbers, today))
        builder.finish(version="bench", as_of=today, retrieved_at=datetime.now(UTC), source="a benchmark")


def _reports(numbers: int, today: date) -> Iterator[tuple[int, int, int]]:
    ordinal = today.toordinal()
    return ((12_000_000_000 + number * 799, ordinal, 0) for number in range(numbers))
