"""Transcripts for strangers hold nobody's number or name, and still are what the modem printed."""

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard_modem.masking import Mask

SHARED = Path(os.environ.get("CALLGUARD_SHARED", Path(__file__).parents[4] / "shared"))
TRANSCRIPTS = SHARED / "data/modem/transcripts.json"
_FICTIONAL = re.compile(r"20255501\d\d")


@pytest.mark.parametrize(
    ("printed", "masked"),
    [
        pytest.param("NMBR = 3035550164", "NMBR = 2025550100", id="a national number"),
        pytest.param("NMBR=13035550164", "NMBR=12025550100", id="with a 1 before it"),
        pytest.param("NMBR=885", "NMBR=855", id="a short one"),
        pytest.param("NAME = JOHN DOE 3rd", "NAME = XXXX XXX 3XX", id="a name"),
        pytest.param("NAME = Vähälä", "NAME = XXXXXX", id="a name with accents"),
        pytest.param("NMBR = P", "NMBR = P", id="withheld"),
        pytest.param("NMBR=<NONE>", "NMBR=<NONE>", id="nothing"),
        pytest.param("NAME=PRIVATE", "NAME=PRIVATE", id="said to be private"),
        pytest.param("DATE = 0117", "DATE = 0117", id="the day is no secret"),
        pytest.param("TIME = 1452", "TIME = 1452", id="nor is the hour"),
        pytest.param("MESG = 030735353531323132", "MESG = 030735353535353535", id="a number in hexadecimal"),
        pytest.param("MESG = 110101", "MESG = 110101", id="the kind of call in hexadecimal"),
        pytest.param("RING A", "RING A", id="which ring it was"),
        pytest.param("RING;3035550164;3035550165", "RING;2025550100;2025550101", id="a number in a ring"),
        pytest.param('+CLIP: "3035550164",129', '+CLIP: "2025550100",155', id="as mobiles print it"),
        pytest.param("Anna Smith rang", "XXXX XXXXX XXXX", id="anything unknown"),
    ],
)
def test_a_line_keeps_its_shape(printed: str, masked: str) -> None:
    assert Mask().text(printed) == masked


def test_one_number_is_masked_alike_throughout() -> None:
    mask = Mask()
    assert mask.text("NMBR=3035550164\r\n") + mask.value("3035550164") == "NMBR=2025550100\r\n2025550100"


def test_a_packet_stays_a_packet_with_a_proper_checksum() -> None:
    body = bytes([0x80, 0x1B, 1, 8]) + b"11222130" + bytes([2, 10]) + b"3035550164" + bytes([7, 3]) + b"DOE"
    whole = body + bytes([-sum(body) & 0xFF])
    masked = bytes.fromhex(Mask().text(whole.hex().upper()))
    assert (len(masked), sum(masked) & 0xFF) == (len(whole), 0)
    assert b"XXX" in masked
    assert _FICTIONAL.search(masked.decode("latin-1"))


@pytest.mark.skipif(not TRANSCRIPTS.exists(), reason=f"the real transcripts are not there: {TRANSCRIPTS}")
def test_no_real_number_or_name_is_left_in_any_transcript() -> None:
    for case in json.loads(TRANSCRIPTS.read_text())["transcripts"]:
        raw, want = case["raw"], case["want"]
        masked = Mask().text(raw)
        assert len(masked) == len(raw), case["id"]
        assert masked.count("RING") == raw.count("RING"), case["id"]
        for told in filter(None, (want["number"], want["name"])):
            if len(told) > 3 and Mask().value(told) != told:
                assert told not in masked, case["id"]


@given(st.text(st.characters(codec="latin-1"), max_size=80))
def test_whatever_came_is_masked_without_changing_its_length(text: str) -> None:
    assert len(Mask().text(text)) == len(text)
