"""SIPp as callers: one of them, or a thousand a second."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.real.peers.ports import free_ports
from tests.real.peers.process import Running, Stage, require
from tests.real.peers.wire import Address, hostport

_SCENARIOS = Path(__file__).parent.parent / "sipp"
_DID_NOT_BEGIN = frozenset({97, 99, 253, 254, 255})
"""Exit statuses other than "all calls went well" (0) and "some failed" (1)."""
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What a SIPp shall do."""

    scenario: str
    "Name of a file in sipp/."
    target: Address
    uri: str
    number: str = "+13035550188"
    count: int = 1
    rate: int = 10
    "Calls a second."
    host: str = "127.0.0.1"
    "The source address."
    transport: str = "u1"
    more: Mapping[str, str] | None = None
    "Further keys of the scenario."


@dataclass(frozen=True, slots=True)
class Result:
    """How the calls went, as SIPp counted them."""

    status: int
    good: int
    failed: int
    retransmitted: int
    milliseconds: tuple[float, ...]
    "From INVITE to the final response, one for each call, in whole milliseconds as SIPp measures."
    codes: tuple[str, ...]
    "First lines of the responses, where messages were traced."


@dataclass(slots=True)
class Sipp:
    """A running SIPp."""

    running: Running
    folder: Path
    begin: Callable[[], Running]
    "Starts it again, on other ports."

    def result(self, within: float = 30.0) -> Result:
        """Wait until all calls have ended; one that could not even begin, its port just taken, gets another try."""
        status = self.running.process.wait(within)
        for _ in range(_TRIES):
            if status not in _DID_NOT_BEGIN or self.made():
                break
            self.running = self.begin()
            status = self.running.process.wait(within)
        last = self._last_statistics()
        return Result(
            status,
            int(last.get("SuccessfulCall(C)", 0)),
            int(last.get("FailedCall(C)", 0)),
            int(last.get("Retransmissions(C)", 0)),
            self._times(),
            self._codes(),
        )

    def made(self) -> int:
        """Return how many calls have been begun, as far as SIPp has written it down (once a second)."""
        return int(self._last_statistics().get("TotalCallCreated", 0))

    def _last_statistics(self) -> dict[str, str]:
        file = self.folder / "stat.csv"
        lines = file.read_text().splitlines() if file.exists() else []
        rows = list(csv.DictReader(lines, delimiter=";"))
        return {key: value for key, value in rows[-1].items() if value} if rows else {}

    def _times(self) -> tuple[float, ...]:
        lines = [line for file in self.folder.glob("*_rtt.csv") for line in file.read_text().splitlines()[1:]]
        return tuple(float(line.split(";")[1]) for line in lines)

    def _codes(self) -> tuple[str, ...]:
        lines = [line for file in self.folder.glob("*_messages.log") for line in file.read_text().splitlines()]
        return tuple(line for line in lines if line.startswith("SIP/2.0 "))


def start(stage: Stage, calls: Calls) -> Sipp:
    """Let SIPp make *calls*."""
    program = require("sipp", "sip-tester")
    folder = stage.subfolder(f"sipp-{calls.scenario}")
    scenario = folder / f"{calls.scenario}.xml"
    scenario.write_text((_SCENARIOS / scenario.name).read_text())
    keys = {"uri": calls.uri, "number": calls.number, **(calls.more or {})}
    traced = ["-trace_msg"] if calls.count <= 10 else []

    def begin() -> Running:
        return stage.start("sipp", [
            program, hostport(calls.target), "-sf", scenario, "-i", calls.host, "-p", str(free_ports()), "-mp",
            str(free_ports(2)), "-t", calls.transport, "-m", str(calls.count), "-r", str(calls.rate), "-l",
            str(max(100, calls.rate * 30)), "-nostdin", "-buff_size", "4194304", "-trace_stat", "-fd", "1", "-stf",
            folder / "stat.csv", "-trace_rtt", "-rtt_freq", "1000", "-trace_err", *traced,
            *(part for key, value in keys.items() for part in ("-key", key, value)),
        ], cwd=folder)  # fmt: skip

    return Sipp(begin(), folder, begin)
