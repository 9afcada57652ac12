"""A blocked SIP call's whole journey, heard to stored, against Kamailio that refuses everything and knows nothing."""

import time
from dataclasses import dataclass, field
from statistics import median

from benchmarks.table import Row, against, quantile
from tests.real.peers import guard as guards
from tests.real.peers import kamailio, sipp
from tests.real.peers.guard import BLOCKED, Guard, account, cpu_seconds, household
from tests.real.peers.kamailio import Kamailio, Setup, Topology
from tests.real.peers.process import Stage
from tests.real.peers.sipp import Calls
from tests.real.peers.wire import Address, Peer, Request, offer

_ROUNDS = 5
_SECONDS = 6
_RATES = (1000, 200)
"Calls a second; the first is the one that counts. A call costs both more where the processor sleeps in between."
_PROBES = 1000
_FULL_RATE = 1000
_FULL_SECONDS = 30
_MEGABYTE = 1 << 20
_BARE = "Kamailio's bare reject"


@dataclass(slots=True)
class Contender:
    """Something that refuses calls."""

    uri: str
    address: Address
    pids: list[int]
    cpu: dict[int, list[float]] = field(default_factory=lambda: {rate: [] for rate in _RATES})
    "Microseconds a call, for each rate one for each round."
    times: list[float] = field(default_factory=list)
    "Microseconds from INVITE to the final response."


def measure(stage: Stage, scale: float) -> list[Row]:
    """Measure both, turn by turn, then the guard alone at full rate."""
    registrar = Peer(registrar=True)
    stage.on_close(registrar.close)
    guard = guards.protecting(stage, household(account(registrar.address)))
    ours, theirs = _ours(guard), _theirs(kamailio.start(stage, Setup(topology=Topology.REJECT)))
    for _ in range(_ROUNDS):
        for contender in (theirs, ours):
            for rate in _RATES:
                _load(stage, contender, rate, max(1, round(_SECONDS * scale)))
            _probe(contender, max(50, round(_PROBES * scale / _ROUNDS)))
    return [*_compared(ours, theirs), *_full(stage, guard, ours, max(2, round(_FULL_SECONDS * scale)))]


def _ours(guard: Guard) -> Contender:
    uri, address = guard.contact()
    return Contender(uri, address, [guard.pid])


def _theirs(yardstick: Kamailio) -> Contender:
    running = yardstick.running
    return Contender(f"sip:x@127.0.0.1:{yardstick.port}", yardstick.address, [running.pid, *running.workers()])


def _load(stage: Stage, contender: Contender, rate: int, seconds: int) -> None:
    calls = Calls(
        scenario="reject", target=contender.address, uri=contender.uri, count=rate * seconds, rate=rate,
    )  # fmt: skip
    before = cpu_seconds(contender.pids)
    result = sipp.start(stage, calls).result(seconds + 30)
    time.sleep(0.5)  # what is left to do after the last call belongs to it
    contender.cpu[rate].append((cpu_seconds(contender.pids) - before) / result.good * 1e6)


def _probe(contender: Contender, count: int) -> None:
    with Peer() as caller:
        for _ in range(count):
            invite = Request(
                method="INVITE",
                uri=contender.uri,
                source=caller.address,
                number=BLOCKED,
                body=offer("127.0.0.1", 4000),
            )
            sent = time.monotonic()
            caller.send(invite, contender.address)
            final = caller.final(invite)
            contender.times.append((final.at - sent) * 1e6)
            caller.send(invite.like("ACK", to=final.get("To")), contender.address)
            caller.heard.clear()


def _compared(ours: Contender, theirs: Contender) -> list[Row]:
    rows = [_cpu_row(rate, median(ours.cpu[rate]), median(theirs.cpu[rate])) for rate in _RATES]
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        mine, its = quantile(ours.times, share), quantile(theirs.times, share)
        yardstick = f"{_BARE} {its:.0f} µs"
        rows.append(
            Row(what=f"INVITE → final, {name}", value=f"{mine:.0f} µs", ratio=mine / its, yardstick=yardstick)
        )
    return rows


def _cpu_row(rate: int, mine: float, its: float) -> Row:
    return Row(
        what=f"CPU a blocked call, {rate}/s",
        value=f"{mine:.0f} µs",
        ratio=mine / its,
        yardstick=f"{_BARE} {its:.0f} µs",
        aim=3 if rate == _RATES[0] else None,
    )


def _full(stage: Stage, guard: Guard, ours: Contender, seconds: int) -> list[Row]:
    sent = _FULL_RATE * seconds
    reported, resident, used = len(guard.calls()), guard.resident(), guard.cpu_seconds()
    calls = Calls(scenario="reject", target=ours.address, uri=ours.uri, count=sent, rate=_FULL_RATE)
    result = sipp.start(stage, calls).result(seconds + 60)
    grown = guard.resident() - resident
    guard.wait_for_count(reported + sent, 60)
    recorded = len(guard.calls()) - reported
    cpu = (guard.cpu_seconds() - used) / sent * 1e6
    at = f"{_FULL_RATE}/s for {seconds} s"
    lost = 2 * sent - result.good - recorded
    p50, p99 = median(result.milliseconds), quantile(result.milliseconds, 0.99)
    return [
        Row(what=f"{at}: lost", value=str(lost), ratio=float(lost), yardstick="none", aim=0),
        Row(what=f"{at}: INVITEs repeated", value=str(result.retransmitted)),
        Row(what=f"{at}: p50 / p99", value=f"{p50:.0f} / {p99:.0f} ms"),
        Row(what=f"{at}: CPU a call", value=f"{cpu:.0f} µs"),
        against(f"{at}: memory grown", grown / _MEGABYTE, 40, "MB"),
    ]  # fmt: skip
