"""A million calls: every question of the console, and whether calls are judged any later while it asks."""

import asyncio
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

import yaml

from benchmarks.million import COMMON_NAMES, DAYS, END, RARE_NAME, build
from benchmarks.table import Row, against, quantile
from callguard import CHANCE_BITS, Call, Caller, CallRecord, Disposition, Outcome, Presentation, new_id
from callguard.ambient import SystemClock, SystemRandomness
from callguard.blueprint import Surroundings, draw
from callguard.house import House
from callguard.model.experience import Experience, Opinion
from callguard.place import Place
from callguard.policy.sole import sole_deciders
from callguard.store import Archive, Filter, Store
from tests.real.peers.process import Stage

_CALLS = 1_000_000
_ROUNDS = 7
_ALLOWED = 100.0
"Milliseconds for each question."
_LATER = 5.0
"Milliseconds by which no verdict may be later."
_RATE = 20
_SECONDS = 8
_TURNS = 3
_BUILDING = 180.0
_DENVER = ZoneInfo("America/Denver")
_MISSING = "+15005550199"

Question = Callable[[Archive], object]


def questions(archive: Archive) -> dict[str, Question]:
    """Return everything that is asked, by what it is called in the table."""
    middle = archive.newest(1, wanted=Filter(until=END - timedelta(days=DAYS / 2))).next
    number = archive.page(1, middle).records[0].call.caller.number or ""
    blocked, screened = frozenset({Experience.BLOCKED}), frozenset({Experience.SCREENED})
    stopped = blocked | screened
    three_months = Filter(since=END - timedelta(days=230), until=END - timedelta(days=140))
    words = {
        "an absent": "Nobody Anywhere",
        "a rare": RARE_NAME,
        "a common": "card services",
    }
    return {
        "first page": lambda a: a.page(50),
        "page in the middle": lambda a: a.page(50, middle),
        **{f"search, {what} name": _page(Filter(text=text)) for what, text in words.items()},
        "search, the end of a number": _page(Filter(text=number[-4:])),
        "search, a whole number as dialled": _page(Filter(text=f"011 {number[1:2]} ({number[2:5]}) {number[5:]}")),
        "search, a number nobody has": _page(Filter(text=_MISSING)),
        "search, a common beginning": _page(Filter(text="+1 30")),
        "search, two characters": _page(Filter(text="qz")),
        "search, a list's title and blocked": _page(Filter(text="banks list", experiences=blocked)),
        "search that the line empties": _page(Filter(text="complained", line="Nowhere")),
        "count a search": lambda a: a.count(Filter(text="card services")),
        "blocked, a line, three months": _page(replace(three_months, experiences=blocked, line="Office")),
        "stopped, a line, three months, none": _page(replace(three_months, experiences=stopped, line="Attic")),
        "never experienced": _page(Filter(experiences=screened)),
        "a line that is not there": _page(Filter(line="Attic")),
        "one rule": _page(Filter(source="rules", key="3")),
        "one number": _page(Filter(number=number)),
        "to review": _page(Filter(opinion=Opinion.OPEN)),
        "how many to review": Archive.to_review,
        "figures of 14 days": lambda a: a.statistics(END - timedelta(days=14), END, _DENVER),
        "figures of 90 days": lambda a: a.statistics(END - timedelta(days=90), END, _DENVER),
        "figures of 365 days": lambda a: a.statistics(END - timedelta(days=365), END, _DENVER),
        "one caller": lambda a: a.caller(number, now=END, zone=_DENVER),
        "hits of 30 days": lambda a: a.hits(END - timedelta(days=30)),
    }


def _page(wanted: Filter) -> Question:
    return lambda archive: archive.page(50, None, wanted)


def _asked(path: Path) -> list[Row]:
    archive = Archive.open(path)
    rows: list[Row] = []
    took: dict[str, float] = {}
    for what, ask in questions(archive).items():
        times = [_milliseconds(ask, archive) for _ in range(_ROUNDS)]
        took[what] = median(times)
        rows.append(
            Row(what=what, value=f"{took[what]:.1f} ms, at most {max(times):.1f}", ratio=took[what] / _ALLOWED,
                yardstick=f"{_ALLOWED:.0f} ms allowed", aim=1.0)
        )  # fmt: skip
    archive.close()
    ratio = took["page in the middle"] / took["first page"]
    return [*rows, Row(what="page in the middle, to the first", value="", ratio=ratio, yardstick="first page", aim=3)]


def _milliseconds(ask: Question, archive: Archive) -> float:
    begun = time.perf_counter()
    ask(archive)
    return (time.perf_counter() - begun) * 1000


# --- calls meanwhile ------------------------------------------------------------------------------


@dataclass(slots=True)
class Times:
    """Milliseconds: from when a call was due to its verdict, and from its verdict until the disk had its record."""

    judged: list[float] = field(default_factory=list)
    durable: list[float] = field(default_factory=list)


async def _meanwhile(path: Path, stage: Stage, seconds: int) -> list[Row]:
    """Judge twenty calls a second by turns in peace, while another process asks, and while a copy is made."""
    around = Surroundings(clock=SystemClock(), randomness=SystemRandomness(), environment={})
    config = stage.subfolder("house") / "config.yaml"
    config.write_text(yaml.safe_dump({"country": "US", "timezone": "UTC", "rules": {"block": ["+12125550100"]}}))
    place = Place(data_dir=path.parent, config=config)
    store = Store.open(path, now=around.clock.now(), sole=sole_deciders).store
    house = House(draw(place, around), store, around, lambda _: None)
    await house.open()
    peace, asked, copied = Times(), Times(), Times()
    questions_asked = 0
    for turn in range(_TURNS):
        await _judge(house, seconds, peace)
        with _Console(path) as console:
            await _judge(house, seconds, asked)
        questions_asked += console.asked
        copy = asyncio.to_thread(store.backup, path.with_name(f"copy-{turn}.db"))
        await asyncio.gather(copy, _judge(house, seconds, copied))
    retired = Times()
    removing = store.retire(END - timedelta(days=DAYS - 3), pseudonymise=True, secret=b"bench", now=END)
    await _judge(house, seconds, retired)
    removed = f"{await removing:,}" if removing.done else "not all of them in time"
    store.close()
    return [
        *_later(f"while {questions_asked} questions are asked", asked, peace),
        *_later("while a copy is made", copied, peace),
        *_later(f"while old calls are removed ({removed})", retired, peace),
    ]


async def _judge(house: House, seconds: int, times: Times) -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    written: list[asyncio.Task[None]] = []
    async with asyncio.TaskGroup() as group:
        for n in range(seconds * _RATE):
            due = begun + n / _RATE
            await asyncio.sleep(due - loop.time())
            judged = await house.screening.screen(_a_call(house, n), 1.0)
            times.judged.append((loop.time() - due) * 1000)
            end = Disposition(outcome=Outcome.RANG, ended_at=house.surroundings.clock.now())
            written.append(group.create_task(_durable(house, replace(judged.record, disposition=end), times)))


async def _durable(house: House, record: CallRecord, times: Times) -> None:
    begun = time.perf_counter()
    await house.store.append(record)
    times.durable.append((time.perf_counter() - begun) * 1000)


def _a_call(house: House, n: int) -> Call:
    now = house.surroundings.clock.now()
    caller = Caller(presentation=Presentation.SHOWN, number=f"+1303555{n % 10_000:04}", name=COMMON_NAMES[n % 6])
    return Call(id=new_id(now, house.surroundings.randomness.bits(CHANCE_BITS)), line="Home", received_at=now,
                caller=caller)  # fmt: skip


class _Console:
    """Another process that asks one question after the other."""

    def __init__(self, path: Path) -> None:
        self.asked = 0
        self._process = subprocess.Popen(
            ["nice", "-n", "5", sys.executable, "-m", "benchmarks.console", str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "_Console":
        assert self._process.stdout
        self._process.stdout.readline()
        return self

    def __exit__(self, *_: object) -> None:
        told, _nothing = self._process.communicate("")
        self.asked = json.loads(told)


def _later(what: str, times: Times, peace: Times) -> list[Row]:
    idle, now = quantile(peace.judged, 0.99), quantile(times.judged, 0.99)
    return [
        Row(what=f"verdict {what}", value=_p99(times.judged), ratio=(now - idle) / _LATER,
            yardstick=f"in peace {_p99(peace.judged)}, {_LATER:.0f} ms more allowed", aim=1.0),
        # Mostly the disk's own time, with whatever else it does: shown, not judged.
        Row(what=f"record {what}", value=_p99(times.durable), yardstick=f"in peace {_p99(peace.durable)}"),
    ]  # fmt: skip


def _p99(times: list[float]) -> str:
    return f"p50 {median(times):.1f} p99 {quantile(times, 0.99):.1f} max {max(times):.1f} ms"


def measure(stage: Stage, scale: float) -> list[Row]:
    """Build the log, ask everything of it, then ask while calls come in."""
    path = stage.subfolder("log") / "callguard.db"
    calls = max(10_000, round(_CALLS * scale))
    built = build(path, calls)
    os.sync()  # or the disk would still be busy with it
    size = path.stat().st_size / 1e6
    return [
        against(f"build {calls:,} calls ({size:,.0f} MB)", built, _BUILDING, "s"),
        *_asked(path),
        *asyncio.run(_meanwhile(path, stage, max(2, round(_SECONDS * scale)))),
    ]


def main() -> None:
    archive = Archive.open(Path(sys.argv[1]))
    everything = list(questions(archive).values())
    print("ready", flush=True)
    asked = 0
    while not _told_to_stop():
        everything[asked % len(everything)](archive)
        asked += 1
    print(json.dumps(asked))


def _told_to_stop() -> bool:
    return bool(select.select([sys.stdin], [], [], 0)[0])


if __name__ == "__main__":
    main()
