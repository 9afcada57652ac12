"""Whatever arrives, nothing but BadMessage comes of it.

CALLGUARD_FUZZ sets how many mutated messages are tried (20,000 if unset; CI takes a million).
"""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard_sip.core.errors import BadMessage
from callguard_sip.core.parse import StreamParser, parse
from tests.plugins.sip.helpers.everything import handle_everything, write_and_stream
from tests.plugins.sip.helpers.samples import NASTY, REALISTIC

COUNT = int(os.environ.get("CALLGUARD_FUZZ") or 20_000)
SHARDS = 4  # so that two cores can share the work, each shard with its own seed
SHARED = Path(os.environ.get("CALLGUARD_SHARED") or Path(__file__).parents[3].parent / "shared")
TORTURE = [path.read_bytes() for path in sorted((SHARED / "data" / "sip" / "rfc4475").glob("*.dat"))]

# The realistic ones weigh nearly half as much as the torture messages together.
SEEDS = TORTURE + REALISTIC * 5


def mutated(seeds: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Yield *count* messages, each a seed with one to four small injuries."""
    chance = random.Random(seed)
    draw = chance.random
    for _ in range(count):
        data = seeds[int(draw() * len(seeds))]
        for _ in range(int(draw() * 4) + 1):
            data = injured(data, seeds, draw)
        yield data


def injured(data: bytes, seeds: list[bytes], draw: Callable[[], float]) -> bytes:
    kind = int(draw() * 8)
    at = int(draw() * (len(data) + 1))
    end = min(len(data), at + int(draw() ** 4 * 60) + 1)
    if kind <= 2:
        return data[:at] + NASTY[int(draw() * len(NASTY))] + data[end if kind else at :]
    if kind == 3:
        return data[:at] + bytes((int(draw() * 256),)) + data[at + 1 :]
    if kind == 4:
        return data[:at] + data[end:]
    if kind == 5:
        return data[:end] + data[at:end] * int(draw() ** 3 * 8) + data[end:]
    if kind == 6:
        lines = data.split(b"\r\n")
        one, other = int(draw() * len(lines)), int(draw() * len(lines))
        lines[one], lines[other] = lines[other], lines[one]
        return b"\r\n".join(lines)
    other_message = seeds[int(draw() * len(seeds))]
    return data[:at] + other_message[int(draw() * len(other_message)) :]


@pytest.mark.timeout(60 + COUNT // 1000)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_mutated_message_is_handled_or_a_bad_message(shard: int) -> None:
    for number, data in enumerate(mutated(SEEDS, COUNT // SHARDS, shard)):
        try:
            handle_everything(data)
            if number % 16 == 0:
                write_and_stream(data)
        except Exception as error:
            raise AssertionError(f"{type(error).__name__} for {data!r}") from error


def test_mutations_reach_every_layer() -> None:
    """A fuzzer whose messages all fail at the first line would prove nothing."""
    read = refused = 0
    for data in mutated(SEEDS, 400, seed=1):
        try:
            parse(data)
            read += 1
        except BadMessage:
            refused += 1
    assert read > 100
    assert refused > 40


headers = st.sampled_from(["Via", "From", "To", "Contact", "CSeq", "v", "l", "P-Asserted-Identity", "Diversion", "X"])
values = st.lists(st.sampled_from([part.decode("latin-1") for part in NASTY]) | st.text(max_size=8)).map("".join)
heads = st.lists(st.tuples(headers, values).map(": ".join)).map("\r\n".join)


@given(st.binary())
def test_any_bytes_are_handled(data: bytes) -> None:
    for prefix in (b"", b"INVITE sip:a@b SIP/2.0\r\n", b"SIP/2.0 200 OK\r\n"):
        handle_everything(prefix + data)
        StreamParser().feed(prefix + data)


@given(heads, st.booleans())
def test_any_headers_are_handled(head: str, request: bool) -> None:
    start = "INVITE sip:a@b SIP/2.0" if request else "SIP/2.0 200 OK"
    data = f"{start}\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>\r\nTo: <sip:b>\r\n{head}\r\n\r\n"
    handle_everything(data.encode("utf-8", "surrogatepass"))
