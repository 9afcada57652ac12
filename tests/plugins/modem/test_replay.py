"""What real modems printed, whole and cut into pieces: exactly one call each, with the right caller.

The transcripts lie beside the product, in the folder of real data.
"""

import json
import random
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from callguard import Presentation
from callguard_modem.core.events import Phase
from callguard_modem.core.packets import read_packet
from tests.conftest import shared_data
from tests.plugins.modem.helpers.playbook import Playbook

FILE = shared_data() / "modem" / "transcripts.json"
DATA: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {"transcripts": [], "packets": []}
RANDOM_CUTS = 200
PRESENTATIONS = {
    "available": Presentation.SHOWN,
    "private": Presentation.WITHHELD,
    "unavailable": Presentation.UNAVAILABLE,
    "missing": Presentation.MISSING,
}
RING = re.compile(rb"\x10R|RING")
CADENCE = 6.0


def test_there_are_transcripts() -> None:
    if not FILE.exists():
        pytest.skip(f"the real transcripts are not here: {FILE}")
    assert len(DATA["transcripts"]) >= 25
    assert len(DATA["packets"]) >= 8


def cuts(data: bytes, also: list[int]) -> Iterator[list[int]]:
    """Yield places to cut at: nowhere, at each octet, at all of them, and anywhere."""
    yield []
    yield from ([place] for place in range(1, len(data)))
    yield list(range(1, len(data)))
    yield also
    chance = random.Random(len(data))
    for _ in range(RANDOM_CUTS):
        yield sorted(chance.sample(range(1, len(data)), chance.randint(1, min(12, len(data) - 1))))


def replay(book: Playbook, data: bytes, places: list[int], pause: float) -> None:
    """Let *data* arrive in pieces, with a *pause* before each further ring, and then silence."""
    rings = [found.start() for found in RING.finditer(data)][1:] if pause else []
    for start, end in pairwise(sorted({0, *places, *rings, len(data)})):
        if start in rings:
            book.passes(pause)
        book.hears(data[start:end])
    book.passes(20.0)


@pytest.mark.parametrize("pause", [0.0, CADENCE], ids=["at once", "in time"])
@pytest.mark.parametrize("transcript", DATA["transcripts"], ids=lambda transcript: str(transcript["id"]))
def test_a_transcript_is_one_call_however_it_is_cut(transcript: dict[str, Any], pause: float) -> None:
    data, want = transcript["raw"].encode("latin-1"), transcript["want"]
    book = Playbook()
    for places in cuts(data, transcript.get("cut", [])):
        replay(book, data, places, pause)
        caller = book.heard.caller
        found = (caller.number or None, caller.name or None, caller.presentation)
        assert found == (want["number"], want["name"], PRESENTATIONS[want["presentation"]]), places
        assert book.ended.rings == transcript["rings"], places
        assert book.phase is Phase.IDLE
        book.forget()


@pytest.mark.parametrize("entry", DATA["packets"], ids=lambda entry: str(entry["id"][:24]))
@pytest.mark.parametrize("form", ["\r\nRING\r\n\r\n{}\r\n\r\nRING\r\n", "\r\nRING\r\n\r\nMESG = {}\r\n\r\nRING\r\n"])
def test_a_packet_is_one_call_however_it_is_cut(entry: dict[str, Any], form: str) -> None:
    data, want = form.format(entry["id"]).encode("ascii"), entry["v"]
    number = want.get("NMBR", "")
    name = want.get("NAME", "")
    book = Playbook()
    for places in cuts(data, []):
        replay(book, data, places, CADENCE)
        caller = book.heard.caller
        assert caller.number == (number if number[:1].isdigit() else ""), places
        assert caller.name == (name if len(name) > 1 else ""), places
        assert caller.presentation is presentation_of(number), places
        assert book.ended.rings == 2
        book.forget()


def presentation_of(number: str) -> Presentation:
    absent = {"P": Presentation.WITHHELD, "O": Presentation.UNAVAILABLE, "": Presentation.MISSING}
    return absent.get(number, Presentation.SHOWN)


@pytest.mark.parametrize("entry", DATA["packets"], ids=lambda entry: str(entry["id"][:24]))
def test_a_packet_says_what_its_maker_put_into_it(entry: dict[str, Any]) -> None:
    packet = read_packet(entry["id"])
    assert packet is not None
    said = {
        "DATE": packet.date,
        "TIME": packet.time,
        "NMBR": packet.number or packet.no_number,
        "NAME": packet.name or packet.no_name,
        "MWI": {None: None, True: "on", False: "off"}[packet.waiting],
    }
    assert {key: said[key] for key in entry["v"]} == entry["v"]
