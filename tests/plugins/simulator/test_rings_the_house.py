"""The simulator against CallGuard's own SIP line, in a whole running house: two SIP stacks that share no code."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from callguard import Action, CallRecord, Outcome
from callguard.control.client import ask_daemon
from callguard.daemon import Daemon
from callguard.place import Place
from callguard_simulator.script import BUILT_IN, load_script

OpenHouse = Callable[[Place], AbstractAsyncContextManager[Daemon]]
CONFIG = """
country: US
timezone: UTC
sip:
  accounts:
    - line: Home
      registrar: 127.0.0.1:{port}
      user: house
      password: pretend
      treatment: {{{treatment}}}
rules:
  allow: ["+1 303 555 0110", "303 555 0147"]
  block: ["+1 212 555 0199", "+1 900*", "+44*"]
simulator:
  enabled: true
  listen: 127.0.0.1:{port}
  user: house
  password: pretend
  script: "{script}"
  pause: 0
"""
EXPECTED = {
    "aunt May": Action.RING,
    "the doctor's office": Action.RING,
    "a telemarketer": Action.BLOCK,
    "the same telemarketer": Action.BLOCK,
    "a premium number": Action.BLOCK,
    "a call from London": Action.BLOCK,
    "a caller who hides": Action.RING,
    "a network that does not know": Action.RING,
    "a caller name that would like": Action.RING,
    "a spoofer": Action.BLOCK,
    "the handset": Action.RING,
    "a neighbour nobody knows": Action.RING,
    "somebody who hangs up": Action.RING,
}


def a_place(folder: Path, *, treatment: str = "code: 603", script: str = "") -> Place:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = folder / "config.yaml"
    config.write_text(CONFIG.format(port=port, treatment=treatment, script=script))
    return Place(data_dir=folder / "data", config=config)


async def ring(place: Place, **caller: Any) -> dict[str, Any]:
    answer = await asyncio.to_thread(ask_daemon, place.socket, "ring", caller, 20.0)
    assert isinstance(answer, dict)
    return answer


async def record_of(place: Place, told: dict[str, Any]) -> dict[str, Any]:
    answer = await asyncio.to_thread(ask_daemon, place.socket, "explain", {"id": told["id"]})
    assert isinstance(answer, dict)
    return answer


async def test_every_caller_of_the_built_in_script_is_heard_and_judged(tmp_path: Path, open_house: OpenHouse) -> None:
    callers = load_script(BUILT_IN).callers
    heard: dict[str, CallRecord] = {}
    everyone = asyncio.Event()

    def on_call(record: CallRecord) -> None:
        heard[record.call.id] = record
        if len(heard) == len(callers):
            everyone.set()

    async with open_house(a_place(tmp_path, script=BUILT_IN)) as daemon:
        daemon.on_call = on_call
        for early in daemon.house.store.newest(100).records:  # those who rang before the house said it was open
            on_call(early)
        await asyncio.wait_for(everyone.wait(), 20)
    records = sorted(heard.values(), key=lambda record: record.call.received_at)
    for scripted, (about, action), record in zip(callers, EXPECTED.items(), records, strict=True):
        assert scripted.about.startswith(about)
        assert record.verdict.action is action, f"{scripted.about}: {record.call.caller}"
        assert record.disposition is not None
        assert "\x1b" not in record.call.caller.name


@pytest.mark.parametrize(
    ("caller", "code", "headline"),
    [
        pytest.param({"number": "+12125550199"}, 603, "BLOCKED", id="blocked"),
        pytest.param({"number": "+13035550110"}, 480, "RANG", id="allowed"),
        pytest.param({"withheld": True}, 480, "RANG", id="withheld"),
        pytest.param({"number": "+13035550132", "asserted": "+12125550199"}, 603, "BLOCKED", id="seen through"),
    ],
)
async def test_ring_tells_the_callers_side_and_finds_the_houses(
    tmp_path: Path, open_house: OpenHouse, caller: dict[str, Any], code: int, headline: str
) -> None:
    place = a_place(tmp_path)
    async with open_house(place):
        told = await ring(place, **caller)
        record = await record_of(place, told)
    assert (told["code"], record["headline"]) == (code, headline)


async def test_an_answered_caller_hears_the_tone_and_is_hung_up_on(tmp_path: Path, open_house: OpenHouse) -> None:
    place = a_place(tmp_path, treatment="block: answer, seconds: 1")
    async with open_house(place):
        told = await ring(place, number="+12125550199")
        record = await record_of(place, told)
    assert told["answered"]
    assert told["rtp_packets"] >= 30
    assert record["outcome"] == Outcome.ANNOUNCED


async def test_a_caller_who_gives_up_while_it_rings_is_told_so(tmp_path: Path, open_house: OpenHouse) -> None:
    place = a_place(tmp_path, treatment="hold: 5")
    async with open_house(place):
        told = await ring(place, number="+13035550164", hold=0.2)
        record = await record_of(place, told)
    assert (told["code"], told["rang"]) == (487, True)
    assert (record["outcome"], record["code"]) == (Outcome.RANG, 487)
