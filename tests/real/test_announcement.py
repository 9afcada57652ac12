"""What a blocked caller hears at a PBX that would ring on if the call were declined."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real.peers.baresip import Extension, Phone, house_phone, outside_caller
from tests.real.peers.guard import BLOCKED, Guard, Json, account, household
from tests.real.peers.kamailio import Kamailio, Setup
from tests.real.peers.tones import write_tone
from tests.real.peers.wire import hostport

Pbx = Callable[[Setup], Kamailio]
Telephone = Callable[[Extension], Phone]
Guarded = Callable[[Json | str], Guard]
_HOUSE = "sip:house@pbx.test"
_SIT = {914, 1371, 1777}  # the three rising tones of `this number is not in service`


def _dial_blocked(exchange: Kamailio, telephone: Telephone) -> tuple[Phone, int]:
    caller = telephone(outside_caller(hostport(exchange.address), BLOCKED))
    return caller, caller.dial(_HOUSE)


@pytest.mark.parametrize("announcement", ["tone", "file"])
def test_a_blocked_caller_who_is_answered_hears_the_announcement(
    pbx: Pbx, phone: Telephone, guard: Guarded, tmp_path: Path, announcement: str
) -> None:
    exchange = pbx(Setup(ignores_6xx=True))
    played = "tone" if announcement == "tone" else str(write_tone(tmp_path / "sorry.wav", 600, 3))
    treatment = {"block": "answer", "announcement": played, "seconds": 3}
    guarding = guard(household(account(exchange.address, treatment=treatment)))
    caller, placed = _dial_blocked(exchange, phone)
    caller.established(5, placed)
    caller.closed(8, placed)
    heard = caller.hears()
    assert heard.hertz in (_SIT if announcement == "tone" else {600}), heard
    [call] = guarding.wait_for_calls(1)
    assert (call["action"], call["outcome"]) == ("block", "announced")


def test_without_an_answer_the_phone_rings_on_at_a_pbx_that_ignores_6xx(
    pbx: Pbx, phone: Telephone, guard: Guarded
) -> None:
    # Why the treatment `answer` exists; and proof that the other tests here would notice a phone that rings on.
    exchange = pbx(Setup(ignores_6xx=True))
    house = phone(house_phone(hostport(exchange.address)))
    guarding = guard(household(account(exchange.address, treatment={"block": "decline", "code": 607})))
    caller, _ = _dial_blocked(exchange, phone)
    house.rings(5)
    guarding.wait_for_calls(1)
    with pytest.raises(AssertionError, match="CALL_CLOSED"):
        house.closed(1)
    caller.hang_up()
    house.closed(5)
