"""Raw caller-ID packets. Those of the shared data were made by libspandsp and by manuals; these are our own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard_modem.core.packets import Packet, read_packet, read_parameters

WHEN = b"\x01\x0811222130"
NUMBER = b"\x02\x0a2025550123"
NAME = b"\x07\x07SPAM CO"


def packet(kind: int, body: bytes, *, length: int | None = None, checksum: int | None = None) -> str:
    data = bytes((kind, len(body) if length is None else length)) + body
    return (data + bytes((-sum(data) & 0xFF if checksum is None else checksum,))).hex().upper()


def test_a_single_data_message_has_a_time_and_a_number() -> None:
    found = read_packet(packet(0x04, b"112221302025550123"))
    assert found == Packet(date="1122", time="2130", number="2025550123")


@pytest.mark.parametrize("why", ["P", "O"])
def test_a_single_data_message_may_say_why_there_is_no_number(why: str) -> None:
    found = read_packet(packet(0x04, b"11222130" + why.encode()))
    assert found == Packet(date="1122", time="2130", no_number=why)


def test_a_multiple_data_message_has_a_name_too() -> None:
    found = read_packet(packet(0x80, WHEN + NUMBER + NAME))
    assert found == Packet(date="1122", time="2130", number="2025550123", name="SPAM CO")


def test_reasons_for_absence_are_told_apart() -> None:
    found = read_packet(packet(0x80, WHEN + b"\x04\x01P\x08\x01O"))
    assert found == Packet(date="1122", time="2130", no_number="P", no_name="O")


def test_a_wrong_checksum_a_wrong_length_or_none_at_all_lose_nothing() -> None:
    whole = read_packet(packet(0x80, WHEN + NUMBER + NAME))
    assert read_packet(packet(0x80, WHEN + NUMBER + NAME, checksum=0x22)) == whole
    assert read_packet(packet(0x80, WHEN + NUMBER + NAME, length=0x1E)) == whole
    assert read_packet(packet(0x80, WHEN + NUMBER + NAME)[:-2]) == whole


def test_a_single_data_message_of_wrong_length_is_cut_at_its_checksum() -> None:
    body = b"03222405" + b"2025550123"
    length = next(length for length in range(20, 256) if -(0x04 + length + sum(body)) & 0xFF == ord("7"))
    data = bytes((0x04, length)) + body
    assert read_packet((data + b"7").hex()) == Packet(date="0322", time="2405", number="2025550123")


def test_bare_parameters_after_mesg() -> None:
    assert read_parameters("110101") == Packet(call_type="voice")
    assert read_parameters("110102") == Packet(call_type="ring-back")
    assert read_parameters("110181") == Packet(call_type="message-waiting")
    assert read_parameters("110144") == Packet(call_type="44")
    assert read_parameters("030735353531323132") == Packet(number="5551212")
    assert read_parameters("0401500801") == Packet(no_number="P")


def test_the_called_number_is_told_from_the_callers() -> None:
    assert read_packet(packet(0x80, NUMBER + b"\x03\x042001")) == Packet(number="2025550123", called="2001")
    assert read_packet(packet(0x80, b"\x04\x01P\x03\x042001")) == Packet(no_number="P", called="2001")


def test_a_message_waiting_is_no_caller() -> None:
    assert read_packet(packet(0x82, b"\x0b\x01\xff")) == Packet(waiting=True)
    assert read_packet(packet(0x82, b"\x0b\x01\x00")) == Packet(waiting=False)


@pytest.mark.parametrize(
    "text", ["", "0", "04", "80", "8000", "OK", "56000", "0412", "04FF41424344", "zz", "8010é", "5601"]
)
def test_what_is_no_packet_is_none(text: str) -> None:
    assert read_packet(text) is None


@given(st.text() | st.binary().map(bytes.hex) | st.binary().map(lambda data: (b"\x80" + data).hex()))
def test_whatever_stands_there_is_a_packet_or_none(text: str) -> None:
    read_packet(text)
    read_parameters(text)
