"""A call from the first ring to the silence after it, with simulated time (criteria A1-A5, A7, A8, A10)."""

from array import array
from dataclasses import replace

import pytest

from callguard import Outcome, Presentation
from callguard_modem.core.audio import RATE
from callguard_modem.core.events import CallEnded, CallHeard, Phase, Reopen, StateChanged, Trouble
from callguard_modem.core.machine import Setup
from callguard_modem.core.profile import Method
from tests.plugins.modem.helpers.playbook import CID, CONEXANT, ERROR, IAXMODEM, MUTE, OK, PLAIN, USR, Playbook

IAX_KNOWN = "DATE=1122\r\n\r\nTIME=2125\r\n\r\nNAME=SPAM CO\r\n\r\nNMBR=2025550123"
IAX_CID = f"{IAX_KNOWN}\r\n\r\nANID=<NONE>\r\n\r\nNDID=s\r\n\r\nRING"
SOUND = array("h", bytes(6 * RATE))


def greeted(setup: Setup) -> Setup:
    return replace(setup, greeting=SOUND)


def faxing(setup: Setup) -> Setup:
    return replace(setup, method=Method.FAX)


# -- setting up -----------------------------------------------------------------------------------------------------


def test_a_modem_is_woken_recognised_and_set_up_before_it_is_listened_to() -> None:
    book = Playbook(CONEXANT, started=False)
    book.connect()
    assert book.commands == [
        "ATE0V1Q0", "ATH0", "ATI0", "ATI3", "AT+GMI", "AT+GMM", "ATS0=0", "AT-SCID=1;+VCID=1;-STE=3", "AT+VCID?",
        "AT+FCLASS=?",
    ]  # fmt: skip
    assert [event.phase for event in book.all(StateChanged)] == [Phase.PROBE, Phase.IDLE]
    assert book.machine.profile.name == "conexant_cx930xx"
    assert book.machine.classes == {"0", "1", "8"}


def test_a_modem_that_sleeps_is_asked_three_times_and_then_opened_anew() -> None:
    book = Playbook(answers={"ATE0V1Q0": MUTE}, started=False)
    book.connect()
    book.passes(10.0)
    assert book.commands == ["ATE0V1Q0"] * 3
    assert book.troubles == {Trouble.SILENT}
    assert book.reopened == ["it does not answer"]
    assert book.phase is Phase.DOWN
    book.answers["ATE0V1Q0"] = OK
    book.connect()
    assert (book.phase, book.troubles) == (Phase.IDLE, set())


def test_the_first_command_for_caller_id_that_is_taken_is_used() -> None:
    book = Playbook(answers={"AT+VCID=1": ERROR}, started=False)
    book.connect()
    assert book.machine.caller_id == "AT#CID=1"


def test_a_modem_without_caller_id_is_a_problem() -> None:
    commands = ["AT+VCID=1", "AT#CID=1", "AT#CC1", "AT*ID1", "AT%CCID=1", "AT$JSCID=4,1"]
    book = Playbook(answers=dict.fromkeys(commands, ERROR), started=False)
    book.connect()
    assert book.troubles == {Trouble.NO_CALLER_ID}
    assert book.phase is Phase.IDLE


def test_an_ok_proves_nothing_so_caller_id_is_read_back() -> None:
    book = Playbook(answers={"AT+VCID?": "+VCID: 0\r\n\r\nOK"}, started=False)
    book.connect()
    assert book.troubles == {Trouble.NO_CALLER_ID}


def test_the_country_has_its_patch_and_distinctive_ring_is_switched_on_where_it_is_named() -> None:
    def in_france(setup: Setup) -> Setup:
        return replace(setup, country="FR", rings={"A": "Home"})

    book = Playbook(CONEXANT, setup=in_france, started=False)
    book.connect()
    assert "AT!4886=02" in book.commands
    assert "AT-SDR=7" in book.commands


def test_echo_and_unknown_lines_do_no_harm_while_a_command_waits() -> None:
    book = Playbook(answers={"ATE0V1Q0": "ATE0V1Q0\r\r\nOK", "ATI0": "ATI0\r\r\nV90\r\n\r\nOK"}, started=False)
    book.connect()
    assert book.phase is Phase.IDLE
    assert book.machine.identity["ATI0"] == "V90"


def test_no_modem_is_ever_reset() -> None:
    book = Playbook(started=False)
    book.connect()
    book.blocked_call()
    book.passes(500.0)
    assert not [command for command in book.commands if command.startswith(("ATZ", "AT&F"))]


# -- hearing a call: A3 ---------------------------------------------------------------------------------------------


def test_a_call_is_told_with_number_and_name_at_once() -> None:
    book = Playbook()
    book.rings()
    book.passes(1.0)
    book.prints(CID)
    assert book.when(CallHeard) == book.now
    assert (book.heard.caller.number, book.heard.caller.name, book.heard.rings) == (
        "2025550142",
        "WIRELESS CALLER",
        1,
    )
    assert book.heard.lines == ("RING", "DATE=0117", "TIME=1452", "NMBR=2025550142", "NAME=WIRELESS CALLER")


def test_without_a_name_it_is_told_a_moment_after_the_last_line() -> None:
    book = Playbook()
    book.rings()
    book.prints("NMBR=2025550142")
    begun = book.now
    book.passes(1.0)
    assert book.when(CallHeard) - begun == pytest.approx(0.3)


def test_the_next_ring_waits_for_no_name() -> None:
    book = Playbook()
    book.prints("DATE = 0124\r\nTIME = 1534\r\nNMBR = 02079460123")
    assert not book.all(CallHeard)
    book.rings()
    assert book.heard.caller.number == "02079460123"


def test_a_name_in_a_later_read_is_still_in_time() -> None:
    book = Playbook()
    book.rings()
    book.prints("NMBR=2025550142")
    book.passes(0.2)
    book.prints("NAME=JONES")
    assert book.heard.caller.name == "JONES"


@pytest.mark.parametrize(
    ("lines", "presentation"),
    [
        ("NMBR = P\r\nNAME = P", Presentation.WITHHELD),
        ("NMBR = O\r\nNAME = O", Presentation.UNAVAILABLE),
        ("NAME=<NONE>\r\nNMBR=<NONE>", Presentation.UNAVAILABLE),
        ("NAME=SPAM CO\r\nNMBR=2025550123", Presentation.SHOWN),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_each_kind_of_caller_is_one_call_before_or_after_the_ring(
    lines: str, presentation: Presentation, before: bool
) -> None:
    book = Playbook()
    for part in [lines, "RING"] if before else ["RING", lines]:
        book.prints(part)
    book.passes(6.0)
    book.rings()
    book.passes(20.0)
    assert book.heard.caller.presentation is presentation
    assert book.ended.rings == 2


def test_the_second_ring_without_caller_id_is_a_call_without_it() -> None:
    book = Playbook()
    book.rings()
    book.passes(6.0)
    assert not book.all(CallHeard)
    book.rings()
    assert book.heard.caller.presentation is Presentation.MISSING


def test_the_two_parts_of_a_double_ring_are_no_second_ring() -> None:
    book = Playbook()
    book.rings()
    book.passes(0.6)
    book.rings()
    assert not book.all(CallHeard)
    book.prints(CID)
    assert book.heard.caller.number == "2025550142"


def test_a_number_that_is_masked_at_once_is_one_call_with_the_number() -> None:
    book = Playbook()
    book.rings()
    book.prints("NMBR=2025550142\r\nNMBR=O")
    book.passes(20.0)
    assert book.heard.caller.number == "2025550142"


def test_another_number_before_the_ringing_was_seen_to_end_is_another_call() -> None:
    book = Playbook()
    book.prints("NMBR=2025550142")
    book.rings()
    book.passes(4.0)
    book.prints("NMBR=2025550177")
    book.rings()
    assert [heard.caller.number for heard in book.all(CallHeard)] == ["2025550142", "2025550177"]
    assert book.ended.note == "another call came"


@pytest.mark.parametrize("line", ["RING;2025550142;2025550199", '+CLIP: "2025550142",129'])
def test_what_comes_with_every_ring_is_one_call(line: str) -> None:
    book = Playbook()
    for _ in range(4):
        book.prints(line if line.startswith("RING") else f"RING\r\n\r\n{line}")
        book.passes(6.0)
    book.passes(20.0)
    assert book.ended.rings == 4


def test_a_rhythm_slower_than_expected_is_one_call_all_the_same() -> None:
    book = Playbook(IAXMODEM)
    for _ in range(3):
        book.rings()
        book.passes(7.5)
    book.passes(20.0)
    assert book.ended.rings == 3


def test_a_caller_who_gives_up_after_one_ring_is_told_all_the_same() -> None:
    book = Playbook()
    book.rings()
    book.passes(20.0)
    assert book.heard.caller.presentation is Presentation.MISSING
    assert (book.ended.outcome, book.ended.rings) == (Outcome.GONE, 1)
    assert book.ended.note == "ringing stopped after 1 ring"


def test_a_message_waiting_is_no_call() -> None:
    book = Playbook()
    book.prints("82030B01FF70")
    book.prints("MESG = 0B01FF")
    book.passes(20.0)
    assert not book.all(CallHeard)
    assert book.phase is Phase.IDLE


def test_a_ring_in_voice_mode_is_a_code() -> None:
    book = Playbook()
    book.hears(b"\x10R\x10XDATE=0117\r\nNMBR=2025550142\r\nNAME=JONES\r\n\x10.")
    assert (book.heard.caller.number, book.heard.rings) == ("2025550142", 1)


@pytest.mark.parametrize(
    ("after", "within"),
    [(1.0, 2.6), (2.0, 2.6), (3.5, 2.2), (4.1, 1.6)],
    ids=["ring told at its end", "later", "ring told at its begin", "at the latest"],
)
def test_a_verdict_has_time_until_the_next_ring_begins(after: float, within: float) -> None:
    book = Playbook()
    book.rings()
    book.passes(after)
    book.prints(CID)
    assert book.heard.within == pytest.approx(within)


def test_a_second_ring_leaves_less_than_a_cadence_for_the_verdict() -> None:
    book = Playbook()
    book.rings()
    book.passes(6.0)
    book.rings()
    assert book.heard.within == pytest.approx(3.7)


def test_the_household_may_say_how_long_a_verdict_takes() -> None:
    book = Playbook(setup=lambda setup: replace(setup, within=0.5))
    book.blocked_call()
    assert book.heard.within == 0.5


def test_a_call_between_a_command_and_its_ok_is_heard_and_the_ok_is_the_commands() -> None:
    book = Playbook(answers={"AT": MUTE})
    book.passes(60.0)
    assert book.commands == ["AT"]
    book.answers["AT"] = OK
    book.rings()
    book.prints("OK")
    book.prints(CID)
    assert book.heard.caller.number == "2025550142"
    book.allow()
    book.passes(100.0)
    assert book.troubles == set()


# -- distinctive ring -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rings", "line"),
    [
        (["RING A"], "Family"),
        (["RING B"], "Office"),
        (["RING 1"], "Shop"),
        (["DRON=8", "DROF=4", "DRON=8", "RING"], "Studio"),
        (["DRON=20", "RING"], "Home"),
        (["RING", "DRON=8", "DROF=4", "DRON=8"], "Home"),
        (["RING"], "Home"),
        (["RING C"], "Home"),
    ],
)
def test_a_distinctive_ring_is_a_line_of_its_own(rings: list[str], line: str) -> None:
    named = {"A": "Family", "B": "Office", "1": "Shop", "LL": "Studio"}
    book = Playbook(setup=lambda setup: replace(setup, rings=named))
    for text in rings:
        book.prints(text)
    book.prints(CID)
    assert book.heard.line == line


# -- allowed: A2 ----------------------------------------------------------------------------------------------------


def test_an_allowed_call_is_never_touched_and_its_rings_are_counted() -> None:
    book = Playbook()
    book.rings()
    book.passes(1.0)
    book.prints(CID)
    book.allow()
    book.passes(5.0)
    for _ in range(4):
        book.rings()
        book.passes(6.0)
    book.passes(10.0)
    assert book.commands == []
    assert (book.ended.outcome, book.ended.rings) == (Outcome.RANG, 5)
    assert book.ended.note == "ringing stopped after 5 rings"
    assert book.phase is Phase.IDLE


def test_the_end_of_ringing_is_noticed_sooner_once_the_rhythm_is_known() -> None:
    book = Playbook()
    for _ in range(4):
        book.rings()
        book.passes(3.0)
    begun = book.now - 3.0
    book.passes(20.0)
    assert book.when(CallEnded) - begun == pytest.approx(1.35 * 3.0)


def test_a_lifted_handset_ends_the_call_for_us() -> None:
    book = Playbook()
    book.rings()
    book.prints(CID)
    book.hears(b"\x10P")
    assert (book.ended.outcome, book.ended.note) == (Outcome.GONE, "a handset was lifted")
    book.block()
    book.passes(20.0)
    assert book.commands == []


# -- blocked: A1 ----------------------------------------------------------------------------------------------------


def test_a_blocked_caller_is_answered_at_once_held_and_hung_up_on() -> None:
    book = Playbook()
    book.blocked_call()
    answered = book.now
    book.passes(1.9)
    assert book.commands == ["ATH1"]
    book.passes(20.0)
    assert book.commands[:2] == ["ATH1", "ATH0"]
    assert book.at("ATH1") == answered
    assert book.at("ATH0") - answered == pytest.approx(2.0)
    assert not book.machine.may_be_up
    assert (book.ended.outcome, book.ended.method, book.ended.verified) == (Outcome.ANNOUNCED, Method.HOOK, True)


@pytest.mark.parametrize("seconds", [0.5, 1.0, 3.3, 10.0])
def test_the_hold_is_as_long_as_the_household_wants(seconds: float) -> None:
    book = Playbook(setup=lambda setup: replace(setup, hold=seconds))
    book.blocked_call()
    book.passes(20.0)
    assert book.at("ATH0") - book.at("ATH1") == pytest.approx(seconds)


def test_in_the_order_of_the_uk_the_first_ring_is_waited_for() -> None:
    book = Playbook(IAXMODEM)
    book.prints(IAX_CID.removesuffix("RING").strip())
    book.block()
    assert book.commands == []
    book.passes(0.3)
    book.rings()
    assert book.commands == ["ATH1"]


def test_where_nobody_has_call_waiting_no_phone_need_ring() -> None:
    book = Playbook(setup=lambda setup: replace(setup, before_ring=True))
    book.prints(CID)
    assert book.heard.within == pytest.approx(0.2)
    book.block()
    assert book.commands == ["ATH1"]
    book.passes(0.3)
    book.rings()
    book.passes(20.0)
    assert (book.ended.method, book.ended.verified) == (Method.HOOK, True)


def test_what_the_modem_still_prints_about_the_caller_belongs_to_the_call() -> None:
    book = Playbook(IAXMODEM)
    book.rings()
    book.prints(IAX_KNOWN)
    book.block()
    book.prints("ANID=<NONE>\r\n\r\nNDID=s")
    book.rings()
    book.passes(20.0)
    assert len(book.all(CallHeard)) == 1
    assert "NDID=s" in book.ended.lines


def test_a_verdict_about_a_call_that_is_over_is_ignored() -> None:
    book = Playbook()
    book.rings()
    book.prints(CID)
    book.passes(20.0)
    book.block()
    book.rings()
    book.passes(20.0)
    assert book.commands == []
    assert [ended.serial for ended in book.all(CallEnded)] == [1, 2]


def test_a_verdict_about_an_earlier_call_is_not_taken_for_this_one() -> None:
    book = Playbook()
    book.rings()
    book.prints(CID)
    book.passes(20.0)
    book.rings()
    book.prints("NMBR=2025550177\r\nNAME=AUNT")
    book.machine.verdict(1, block=True, now=book.now)
    book.passes(20.0)
    assert book.commands == []


def test_the_first_verdict_counts() -> None:
    book = Playbook()
    book.rings()
    book.prints(CID)
    book.allow()
    book.block()
    book.passes(20.0)
    assert book.commands == []


def test_a_late_verdict_waits_for_the_ring_that_is_overdue() -> None:
    """Somebody may have lifted a handset: a line is answered only while it surely rings."""
    book = Playbook()
    book.rings()
    book.prints(CID)
    book.passes(7.0)
    book.block()
    assert book.commands == []
    book.passes(20.0)
    assert (book.ended.outcome, book.commands) == (Outcome.GONE, [])


def test_a_late_verdict_is_carried_out_at_the_next_ring() -> None:
    book = Playbook()
    book.rings()
    book.prints(CID)
    book.passes(7.0)
    book.block()
    book.rings()
    assert book.commands == ["ATH1"]


# -- call waiting ---------------------------------------------------------------------------------------------------


def test_a_waiting_call_is_never_answered_into_a_conversation() -> None:
    book = Playbook()
    book.prints(CID)
    book.block()
    book.passes(60.0)
    assert book.commands in ([], ["AT"])
    assert (book.ended.outcome, book.ended.rings) == (Outcome.NOT_CARRIED_OUT, 0)
    assert "waiting call" in book.ended.note


def test_a_waiting_call_while_we_hold_another_rings_as_itself() -> None:
    book = Playbook()
    book.blocked_call()
    book.passes(2.5)
    book.prints("NMBR=2025550177\r\nNAME=AUNT")
    book.passes(0.9)
    book.rings()
    assert [heard.caller.number for heard in book.all(CallHeard)] == ["2025550142", "2025550177"]
    assert book.ended.note == "another call came at once"
    assert book.commands == ["ATH1", "ATH0"]
    book.allow()
    book.passes(30.0)
    assert [ended.outcome for ended in book.all(CallEnded)] == [Outcome.ANNOUNCED, Outcome.RANG]


# -- verified by silence, the next method otherwise -----------------------------------------------------------------


def test_ringing_that_goes_on_after_hanging_up_calls_for_the_next_method() -> None:
    book = Playbook(CONEXANT, setup=lambda setup: replace(setup, method=Method.HOOK))
    book.blocked_call()
    book.passes(5.0)
    assert book.phase is Phase.VERIFY
    book.rings()
    assert book.commands == ["ATH1", "ATH0", "AT+FCLASS=8", "AT+VLS=1"]
    book.passes(30.0)
    assert (book.ended.method, book.ended.verified) == (Method.GREETING, True)
    assert book.ended.note == "hook: it rang on"


def test_ringing_that_goes_on_while_off_hook_calls_for_the_next_method() -> None:
    """USR5637 ignores going off-hook at times."""
    book = Playbook(USR, setup=lambda setup: replace(setup, hold=5.0, method=Method.HOOK))
    book.blocked_call()
    book.passes(4.0)
    book.rings()
    assert book.commands == ["ATH1", "ATH0", "AT+FCLASS=8", "AT+VLS=1"]


def test_a_ring_out_of_step_is_another_call() -> None:
    book = Playbook()
    book.blocked_call()
    book.passes(3.5)
    book.rings()
    assert book.ended.note == "another call came at once"
    book.prints("NMBR=2025550177\r\nNAME=AUNT")
    assert [heard.caller.number for heard in book.all(CallHeard)] == ["2025550142", "2025550177"]


def test_when_nothing_helps_that_is_said_and_it_rings() -> None:
    book = Playbook(answers={"ATH1": ERROR})
    book.blocked_call()
    book.passes(5.0)
    assert book.phase is Phase.RINGING
    book.rings()
    book.passes(20.0)
    assert book.ended.outcome is Outcome.NOT_CARRIED_OUT
    assert book.ended.note == "hook: ATH1: ERROR"
    assert (book.ended.rings, book.ended.method) == (2, "")
    assert book.troubles == {Trouble.NOT_BLOCKED}
    book.answers["ATH1"] = OK
    book.blocked_call()
    book.passes(20.0)
    assert book.troubles == set()


def test_an_answer_that_never_comes_leaves_the_line_down() -> None:
    book = Playbook(answers={"ATH1": MUTE})
    book.blocked_call()
    book.passes(5.0)
    assert book.commands == ["ATH1", "ATH0"]
    assert not book.machine.may_be_up


# -- the line is never left up: A4 ----------------------------------------------------------------------------------


def test_a_modem_that_does_not_confirm_hanging_up_is_opened_anew_and_told_again() -> None:
    book = Playbook()
    book.answers["ATH0"] = MUTE
    book.blocked_call()
    answered = book.now
    book.passes(20.0)
    assert book.commands == ["ATH1", "ATH0", "ATH0", "ATH0"]
    assert book.when(Reopen) - answered < 15.0
    assert book.troubles == {Trouble.STUCK}
    assert book.ended.outcome is Outcome.NOT_CARRIED_OUT
    book.forget()
    book.answers["ATH0"] = OK
    book.connect()
    book.passes(0.2)
    assert book.commands[0] == "ATH0"
    assert (book.phase, book.machine.may_be_up) == (Phase.IDLE, False)


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("after", [0.0, 0.3, 1.2, 2.4])
def test_when_stopped_in_mid_call_the_line_is_down_before_the_end(method: Method, after: float) -> None:
    book = Playbook(CONEXANT, setup=lambda setup: replace(setup, method=method, hold=5.0, greeting=SOUND))
    book.blocked_call()
    book.passes(after)
    assert book.machine.may_be_up
    book.close()
    book.passes(1.6)
    assert book.closed.down
    assert "ATH0" in book.commands
    assert not book.machine.may_be_up
    assert book.ended.note == "CallGuard was stopped during the call"


def test_when_stopped_with_a_deaf_modem_the_end_is_not_put_off() -> None:
    book = Playbook()
    book.blocked_call()
    book.answers["ATH0"] = MUTE
    book.close()
    book.passes(4.0)
    assert not book.closed.down


def test_when_stopped_before_the_modem_confirmed_going_off_hook_it_is_heard_out_first() -> None:
    book = Playbook(answers={"ATH1": MUTE})
    book.blocked_call()
    book.close()
    assert book.commands == ["ATH1"]
    book.prints("OK")
    assert book.commands == ["ATH1", "ATH0"]
    assert book.closed.down


@pytest.mark.parametrize("rings", [0, 1])
def test_when_stopped_otherwise_nothing_is_said_to_the_modem(rings: int) -> None:
    book = Playbook()
    for _ in range(rings):
        book.rings()
        book.prints(CID)
    book.close()
    assert book.closed.down
    assert book.said == []
    book.rings()
    book.connect()
    assert book.said == []


def test_unplugged_in_mid_call_it_is_lost_never_blocked_and_brought_down_when_it_is_back() -> None:
    book = Playbook()
    book.blocked_call()
    book.passes(1.0)
    book.unplug()
    assert (book.phase, book.ended.outcome) == (Phase.DOWN, Outcome.NOT_CARRIED_OUT)
    assert book.ended.note == "the modem was lost during the call"
    book.forget()
    book.connect()
    book.passes(0.2)
    assert book.commands[0] == "ATH0"
    assert book.phase is Phase.IDLE
    book.blocked_call()
    assert book.commands[-1] == "ATH1"


def test_unplugged_while_an_allowed_call_rings_it_rang() -> None:
    book = Playbook()
    book.rings()
    book.prints(CID)
    book.allow()
    book.unplug()
    assert book.ended.outcome is Outcome.RANG


def test_a_modem_that_was_not_off_hook_is_not_told_to_hang_up_when_it_is_back() -> None:
    """ATH0 rejects a ringing call on iaxmodem."""
    book = Playbook()
    book.unplug()
    book.forget()
    book.connect()
    assert "ATH0" not in book.commands


# -- the caller quits: A5 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["NO CARRIER", "BUSY"])
def test_a_caller_who_quits_during_the_hold_is_hung_up_on_at_once(word: str) -> None:
    book = Playbook(setup=lambda setup: replace(setup, hold=10.0))
    book.blocked_call()
    book.passes(1.5)
    book.prints(word)
    assert book.commands[:2] == ["ATH1", "ATH0"]
    assert book.phase is Phase.IDLE
    assert (book.ended.outcome, book.ended.verified) == (Outcome.ANNOUNCED, True)


def test_a_caller_who_quits_without_a_word_is_noticed_by_silence() -> None:
    book = Playbook(IAXMODEM)
    book.prints(IAX_CID)
    book.block()
    book.passes(0.5)
    quits = book.now
    book.passes(5.0)
    assert book.phase is Phase.IDLE
    assert book.when(CallEnded) - quits <= 5.0


@pytest.mark.parametrize("code", ["b", "d", "l"])
def test_a_caller_who_quits_during_the_greeting_hears_no_more_of_it(code: str) -> None:
    book = Playbook(CONEXANT, setup=greeted)
    book.blocked_call()
    book.passes(1.0)
    book.hears(b"\x10" + code.encode())
    book.passes(0.1)
    assert book.phase is Phase.IDLE
    assert book.ended.note == "the caller hung up meanwhile"
    book.passes(6.0)
    book.forget()
    book.blocked_call()
    assert "AT+VTX" in book.commands


# -- greeting: A8 ---------------------------------------------------------------------------------------------------


def test_a_greeting_is_played_in_voice_mode_and_nothing_of_it_is_lost() -> None:
    sound = array("h", ((n * 37 % 65536) - 32768 for n in range(2 * RATE)))
    book = Playbook(CONEXANT, setup=lambda setup: replace(setup, greeting=sound, hold=0.5))
    book.blocked_call()
    book.passes(20.0)
    assert book.commands == [
        "AT+FCLASS=8", "AT+VSM=1,8000,0,0", "AT+VSD=0,0", "AT+VLS=1", "AT+VTX",
        "AT+VLS=0", "ATH0", "AT+FCLASS=0", "AT-SCID=1;+VCID=1;-STE=3", "AT+VCID?",
    ]  # fmt: skip
    played = b"".join(said.data for said in book.said if not said.data.startswith(b"AT")).removesuffix(b"\x10\x03")
    assert played.replace(b"\x10\x10", b"\x10") == bytes(((sample >> 8) + 128) & 0xFF for sample in sound)
    assert (book.ended.method, book.ended.verified) == (Method.GREETING, True)


def test_a_greeting_is_sent_as_fast_as_the_line_takes_it() -> None:
    book = Playbook(CONEXANT, setup=greeted)
    book.blocked_call()
    begun = book.now
    for _ in range(25):
        book.passes(0.1)
        sent = sum(len(said.data) for said in book.said if not said.data.startswith(b"AT"))
        ahead = sent / RATE - (book.now - begun)
        assert 0.25 <= ahead <= 0.55


def test_the_format_is_picked_from_what_the_modem_offers() -> None:
    offer = '0,"SIGNED PCM",8,0,8000,0,0\r\n131,"8-BIT ULAW",(8000)\r\n\r\nOK'
    book = Playbook(setup=greeted, answers={"AT+VSM=?": offer}, started=False)
    book.connect()
    assert book.commands[-5:] == ["AT+FCLASS=8", "AT+VSM=?", "AT+FCLASS=0", "AT+VCID=1", "AT+VCID?"]
    book.blocked_call()
    assert "AT+VSM=131,8000" in book.commands


def test_without_voice_mode_it_is_the_hook_inside_the_same_gap_between_rings() -> None:
    book = Playbook(USR, classes="0,1,1.0", setup=greeted, started=False)
    book.connect()
    assert book.troubles == {Trouble.NO_GREETING}
    book.forget()
    book.blocked_call()
    assert book.commands == ["ATH1"]


def test_a_refused_voice_mode_is_the_hook_at_once() -> None:
    book = Playbook(CONEXANT, setup=greeted, answers={"AT+FCLASS=8": ERROR})
    book.blocked_call()
    begun = book.now
    assert book.commands[-1] == "ATH1"
    assert book.at("ATH1") == begun
    book.passes(20.0)
    assert (book.ended.method, book.ended.note) == (Method.HOOK, "greeting: AT+FCLASS=8: ERROR")


def test_a_voice_line_that_does_not_answer_is_the_hook_before_the_next_ring() -> None:
    book = Playbook(CONEXANT, setup=greeted, answers={"AT+VLS=1": MUTE})
    book.blocked_call()
    begun = book.now
    book.passes(20.0)
    assert book.at("ATH1") - begun == pytest.approx(1.5)
    assert book.ended.method is Method.HOOK


@pytest.mark.parametrize("answers", [{"AT+VTX": ERROR}, {"AT+VSM=1,8000,0,0": ERROR}])
def test_a_greeting_that_cannot_be_played_is_a_pause(answers: dict[str, str]) -> None:
    book = Playbook(CONEXANT, setup=greeted, answers=answers)
    book.blocked_call()
    book.passes(20.0)
    assert book.at("AT+VLS=0") - book.at("AT+VLS=1") == pytest.approx(2.0)
    assert book.ended.note == "greeting: the greeting could not be played"


def test_a_modem_that_does_not_leave_voice_transmission_is_told_the_way_zoom_needs_it() -> None:
    book = Playbook(CONEXANT, setup=greeted, answers={"\x10\x03": MUTE, "\x10\x10\x10\x03": OK})
    book.blocked_call()
    book.passes(20.0)
    assert book.said[-6].data == b"\x10\x10\x10\x03"
    assert book.ended.outcome is Outcome.ANNOUNCED


# -- fax tone: A10 --------------------------------------------------------------------------------------------------


def test_the_fax_tone_sounds_and_one_octet_ends_it() -> None:
    book = Playbook(IAXMODEM, setup=faxing)
    book.prints(IAX_CID)
    book.block()
    book.passes(20.0)
    assert [said.text for said in book.said] == [
        "AT+FCLASS=1",
        "ATA",
        "\x18",
        "ATH0",
        "AT+FCLASS=0",
        "AT+VCID=1",
        "AT+VCID?",
    ]
    assert book.at("ATH0") - book.at("ATA") == pytest.approx(2.5)
    assert (book.ended.method, book.ended.verified) == (Method.FAX, True)


def test_a_fax_machine_that_answers_the_tone_is_left_as_fax_data_ends() -> None:
    book = Playbook(IAXMODEM, setup=lambda setup: replace(setup, method=Method.FAX, hold=5.0))
    book.prints(IAX_CID)
    book.block()
    book.passes(3.7)
    book.prints("CONNECT")
    book.hears(b"\xff\x03\x10\x10\x13\x84\xea\x7d" * 20)
    book.passes(20.0)
    assert [said.text for said in book.said][:4] == ["AT+FCLASS=1", "ATA", "\x10\x03", "ATH0"]
    assert book.at("ATH0") - book.at("ATA") == pytest.approx(5.0)


def test_a_caller_who_hangs_up_on_the_tone_needs_no_escape() -> None:
    book = Playbook(IAXMODEM, setup=faxing)
    book.prints(IAX_CID)
    book.block()
    book.passes(1.5)
    book.prints("NO CARRIER")
    assert [said.text for said in book.said][:3] == ["AT+FCLASS=1", "ATA", "ATH0"]
    assert book.phase is Phase.IDLE


# -- caller ID comes back: A7 ---------------------------------------------------------------------------------------


def nameless_call(book: Playbook) -> None:
    for _ in range(3):
        book.rings()
        book.passes(6.0)
    book.passes(10.0)


def test_a_call_without_caller_id_has_it_switched_on_again_and_two_are_a_problem() -> None:
    book = Playbook()
    nameless_call(book)
    assert book.commands == ["AT+VCID=1", "AT+VCID?"]
    assert book.troubles == set()
    book.forget()
    nameless_call(book)
    assert book.commands[0] == "ATE0V1Q0"
    assert "AT#CID=1" in book.commands  # the other command first: this one's OK was worth nothing
    assert book.troubles == {Trouble.NO_CALLER_ID}
    assert book.phase is Phase.IDLE
    book.blocked_call()
    book.passes(20.0)
    assert book.troubles == set()


def test_a_withheld_number_is_no_lack_of_caller_id() -> None:
    book = Playbook()
    for _ in range(3):
        book.rings()
        book.prints("NMBR = P")
        book.passes(6.0)
        book.rings()
        book.passes(20.0)
    assert book.troubles == set()
    assert book.commands in ([], ["AT"])


# -- heartbeat ------------------------------------------------------------------------------------------------------


def test_an_idle_modem_is_asked_every_minute_and_nothing_else() -> None:
    book = Playbook()
    book.passes(8 * 3600.0)
    assert set(book.commands) == {"AT"}
    assert len(book.commands) == 480


def test_a_modem_that_died_is_opened_anew() -> None:
    book = Playbook()
    book.default = MUTE
    book.passes(60.0 + 3 * 3.0 + 2 * 5.0)
    assert book.reopened == ["it no longer answers"]
    assert book.troubles == {Trouble.SILENT}
    assert book.phase is Phase.DOWN


def test_one_missed_heartbeat_is_forgiven() -> None:
    book = Playbook(answers={"AT": MUTE})
    book.passes(64.0)
    book.answers["AT"] = OK
    book.passes(300.0)
    assert book.reopened == []


def test_no_heartbeat_disturbs_a_call() -> None:
    book = Playbook()
    for _ in range(30):
        book.rings()
        book.passes(6.0)
    assert book.commands == []


# -- while it is being set up ---------------------------------------------------------------------------------------


def test_a_call_while_the_modem_is_being_set_up_is_heard_and_blocked_and_setting_up_goes_on() -> None:
    book = Playbook(answers={"ATI3": MUTE}, started=False)
    book.connect()
    book.rings()
    book.prints(CID)
    book.block()
    book.prints("OK")
    assert book.commands[-1] == "ATH1"
    book.answers["ATI3"] = OK
    book.passes(20.0)
    assert book.ended.outcome is Outcome.ANNOUNCED
    assert book.phase is Phase.IDLE
    assert book.machine.classes == {"0", "1", "8"}


def test_a_call_while_the_modem_is_being_set_up_does_not_stop_that() -> None:
    book = Playbook(answers={"ATI3": MUTE}, started=False)
    book.connect()
    book.rings()
    book.passes(3.0)
    assert book.machine.caller_id == "AT+VCID=1"
    book.prints(CID)
    book.allow()
    book.passes(20.0)
    assert (book.ended.outcome, book.phase) == (Outcome.RANG, Phase.IDLE)


# -- one after the other: A12 ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("identity", [PLAIN, CONEXANT, USR, IAXMODEM])
def test_twenty_in_a_row_are_all_blocked(identity: dict[str, str]) -> None:
    book = Playbook(identity)
    for _ in range(20):
        book.blocked_call()
        book.passes(11.0)
    assert [ended.outcome for ended in book.all(CallEnded)] == [Outcome.ANNOUNCED] * 20
    assert all(ended.verified for ended in book.all(CallEnded))
