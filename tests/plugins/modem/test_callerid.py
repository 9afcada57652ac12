"""The dialects of modem.md §1.2, line by line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard import Presentation
from callguard_modem.core.callerid import Assembler, CallerId

SHOWN, WITHHELD = Presentation.SHOWN, Presentation.WITHHELD
UNAVAILABLE, MISSING = Presentation.UNAVAILABLE, Presentation.MISSING


def read(*lines: str) -> CallerId:
    assembler = Assembler()
    for line in lines:
        assembler.feed(line)
    return assembler.caller()


@pytest.mark.parametrize(
    "line",
    [
        "NMBR = 2025550142",  # Conexant, Rockwell, Zoom
        "NMBR=2025550142",  # USR, iaxmodem
        "nmbr = 2025550142",
        "DDN_NMBR = 2025550142",  # Rockwell with distinctive ring
        "NBR= 2025550142",  # Kortex
        "CALLER NUMBER: 2025550142",  # ZyXEL
        "FM:2025550142 TO:2025550199",  # ZyXEL 2864
        "RING;2025550142;2025550199",  # ELSA
        "RING;2025550142",
        "CallerID: 2025550142",  # USR Courier
        '+CLIP: "2025550142",129,,,,0',  # GSM
        "MESG = 020A32303235353530313432",
        "80 0C 02 0A 32303235353530313432".replace(" ", ""),
    ],
)
def test_a_number_is_read_in_every_dialect(line: str) -> None:
    caller = read(line)
    assert (caller.number, caller.presentation) == ("2025550142", SHOWN)


@pytest.mark.parametrize("line", ["FM:2025550142 TO:2025550199", "RING;2025550142;2025550199"])
def test_the_called_number_is_kept_where_it_is_told(line: str) -> None:
    assert read(line).called == "2025550199"
    assert read("NDID=s").called == ""
    assert read("NDID=2025550199").called == "2025550199"


@pytest.mark.parametrize("line", ["NAME = JONES", "NAME=JONES", "CALLER NAME: JONES", "MESG = 07054A4F4E4553"])
def test_a_name_is_read_in_every_dialect(line: str) -> None:
    assert read(line).name == "JONES"


@pytest.mark.parametrize(
    ("value", "presentation"),
    [
        ("P", WITHHELD),
        ("p", WITHHELD),
        ("PRIVATE", WITHHELD),
        ("WITHHELD", WITHHELD),
        ("Restricted", WITHHELD),
        ("Anonymous", WITHHELD),
        ("Private Caller", WITHHELD),
        ("O", UNAVAILABLE),
        ("Unavailable", UNAVAILABLE),
        ("OUT OF AREA", UNAVAILABLE),
        ("0000000000", UNAVAILABLE),
        ("", UNAVAILABLE),
        ("<NONE>", UNAVAILABLE),
        ("0", SHOWN),  # an exchange printed it with the name Unknown
        ("885", SHOWN),
        ("+442079460123", SHOWN),
    ],
)
def test_an_absent_number_says_why(value: str, presentation: Presentation) -> None:
    caller = read(f"NMBR = {value}")
    assert caller.presentation is presentation
    assert caller.number == (value if presentation is SHOWN else "")


def test_zyxel_gives_reasons_in_words() -> None:
    assert read("REASON FOR NO CALLER NUMBER: PRIVATE").presentation is WITHHELD
    assert read("REASON FOR NO CALLER NUMBER: OUT OF AREA").presentation is UNAVAILABLE
    assert read("REASON FOR NO CALLER NAME: PRIVATE").name == ""


def test_nothing_at_all_is_missing() -> None:
    assert read("DATE = 0117", "TIME = 1452").presentation is MISSING


def test_the_first_number_counts_because_a_later_one_masks_it() -> None:
    assert read("NMBR = 2025550142", "NMBR = O").number == "2025550142"
    assert read("NMBR = P", "NMBR = 2025550142").presentation is WITHHELD
    assert read("NMBR = O", "NMBR = 2025550142").number == "2025550142"
    assert read("NMBR = O", "NMBR = P").presentation is WITHHELD


def test_name_may_come_first() -> None:
    assembler = Assembler()
    assembler.feed("NAME = SARASOTA,FL")
    assert (assembler.anything, assembler.complete) == (True, False)
    assembler.feed("DDN_NMBR = 2025550142")
    assert assembler.complete


@pytest.mark.parametrize("value", ["", "<NONE>", "<none>"])
def test_no_name_is_known_to_be_none(value: str) -> None:
    assembler = Assembler()
    assembler.feed("NMBR=2025550142")
    assembler.feed(f"NAME={value}")
    assert (assembler.complete, assembler.caller().name) == (True, "")


def test_the_exchanges_clock_is_kept_as_printed_however_odd() -> None:
    assert read("DATE = 0312", "TIME = 17471").time == "0312 17471"
    assert read("DATE = 0312", "TIME = 2405").time == "0312 2405"
    assert read("DATE =", "TIME=").time == ""
    assert read("TIME: 06-21 13:10").time == "06-21 13:10"


def test_a_long_name_is_kept_and_a_hostile_one_is_made_harmless() -> None:
    assert read("NAME = V4231749020000150314").name == "V4231749020000150314"
    assert read("NAME = \u202eevil\u2028").name == "evil"
    assert len(read("NAME = " + "x" * 500).name) == 60
    assert len(read("NMBR = " + "5" * 500).number) == 40


def test_a_message_with_the_call_type_comes_before_the_number() -> None:
    caller = read("MESG = 110101", "DATE = 0421", "TIME = 0934", "NMBR = P", "NAME = WITHHELD")
    assert (caller.call_type, caller.presentation, caller.name) == ("voice", WITHHELD, "WITHHELD")


def test_a_message_waiting_is_no_call() -> None:
    assembler = Assembler()
    assert not assembler.feed("82030B01FF70")
    assembler.feed("MESG = 0B01FF")
    assert (assembler.anything, assembler.number_known) == (False, False)


@pytest.mark.parametrize(
    "line", ["OK", "RING", "56000", "5601", "V92", "+GMI: CONEXANT", "1", "0,1,1.0,8", "NMBR", "AT+VCID=1"]
)
def test_other_lines_are_about_nobody(line: str) -> None:
    assert not Assembler().feed(line)


@pytest.mark.parametrize("line", ["ANID=<NONE>", "USER=<NONE>", "PASS=<NONE>", "CDID=<NONE>", "NDID=s"])
def test_what_iaxmodem_adds_belongs_to_the_call(line: str) -> None:
    assembler = Assembler()
    assert assembler.feed(line)
    assert not assembler.anything


def test_the_lines_are_kept_for_the_record_but_not_without_end() -> None:
    assembler = Assembler()
    for number in range(1000):
        assembler.feed(f"NMBR = {number} " + "x" * 300)
    assert len(assembler.lines) == 40
    assert max(map(len, assembler.lines)) <= 120


@given(
    st.lists(
        st.text(max_size=40)
        | st.sampled_from(["NMBR", "NAME", "FM:", "RING;", "+CLIP:", "MESG="]).flatmap(
            lambda key: st.text(max_size=30).map(lambda value: f"{key}={value}")
        )
    )
)
def test_any_lines_make_a_caller(lines: list[str]) -> None:
    caller = read(*lines)
    assert caller.number.isprintable()
    assert caller.name.isprintable()
    assert (caller.presentation is SHOWN) == bool(caller.number)
