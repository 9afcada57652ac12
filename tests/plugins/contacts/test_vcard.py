import io
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard_contacts.reading.cards import LONGEST_LINE, TooMuchError, cards
from callguard_contacts.reading.rows import Reading, Row, Unreadable, UnreadableFileError, collect
from callguard_contacts.reading.vcard import read_vcard, read_vcards

IOS = """\
BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//iPhone OS 18.1//EN
N:Lee;Anna;;Dr.;
FN:Dr. Anna Lee
ORG:Lee Family Practice;
item1.TEL;type=pref:+1 (303) 555-0147
item1.X-ABLabel:_$!<Main>!$_
TEL;type=CELL;type=VOICE:3035550148
item2.ADR;type=WORK:;;1 Main St;Denver;CO;80202;United States
X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-ADDRESS=\\"Main\\":geo:40.520833,22.972222
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAASABIAAD/4QBARXhpZgAATU0AKgAAAAgAAYdp
 AAQAAAABAAAAGgAAAAAAAqACAAQAAAABAAAAoKADAAQAAAABAAAAoAAAAAD/7QA4UGhvdG9zaG9w
END:VCARD
"""
ANDROID_21 = """\
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4D=C3=BC=6C=6C=65=72;=4A=C3=B6=72=67;;;
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4A=C3=B6=72=67=20=4D=C3=BC=6C=\r
=6C=65=72
TEL;CELL:+1-303-555-0149
TEL;HOME;PREF:(303) 555-0150
ADR;HOME;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;;=65=66=67=\r
=31=37=30=31=;;;;
PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAUDBAQEAwUEBAQFBQUG
BwwIBwcHBw8LCwkMEQ8SEhEPERETFhwXExQaFRERGCEYGh0dHx8fExciJCIeJBweHx7/

END:VCARD
"""
V4 = """\
BEGIN:VCARD
VERSION:4.0
UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1
FN:Maria José
N:José;Maria;;;
TEL;VALUE=uri;PREF=1;TYPE="voice,home":tel:+1-303-555-0151;ext=5
TEL;VALUE=uri;TYPE=cell:tel:+44-20-7946-0958
END:VCARD
"""
NEXTCLOUD = """\
BEGIN:VCARD
VERSION:3.0
PRODID:-//Sabre//Sabre VObject 4.5.4//EN
UID:6ab8b6c2-7b6e-4f2d-9d0e-3f3f9e1e3a11
FN:Pizza "Da\\, Mario"
N:;Pizza "Da\\, Mario";;;
TEL;TYPE="HOME,VOICE":303-555-0152
CATEGORIES:Food
REV;VALUE=DATE-AND-OR-TIME:20260102T120000Z
END:VCARD
"""
FOLDED_IN_A_LETTER = (
    b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:J\xc3\r\n \xb6rg\r\nTEL:3035550147\r\nEND:VCARD\r\n"
)  # fmt: skip
LATIN = b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=ISO-8859-1:M\xfcller;J\xf6rg\r\nTEL:3035550147\r\nEND:VCARD\r\n"
SHAPES: dict[str, tuple[bytes, str, tuple[str, ...]]] = {
    "iOS": (IOS.encode(), "Dr. Anna Lee", ("+13035550147", "+13035550148")),
    "Android, vCard 2.1": (ANDROID_21.encode(), "Jörg Müller", ("+13035550149", "+13035550150")),
    "vCard 4.0": (V4.encode(), "Maria José", ("+13035550151", "+442079460958")),
    "Nextcloud": (NEXTCLOUD.encode(), 'Pizza "Da, Mario"', ("+13035550152",)),
    "folded within a letter": (FOLDED_IN_A_LETTER, "Jörg", ("+13035550147",)),
    "Latin-1": (LATIN, "Jörg Müller", ("+13035550147",)),
    "quoted-printable Latin-1": (
        b"BEGIN:VCARD\nFN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:J=F6rg\nTEL:3035550147\nEND:VCARD\n", "Jörg",
        ("+13035550147",)),
    "another alphabet": (
        b"BEGIN:VCARD\nFN;CHARSET=KOI8-R:\xe1\xce\xce\xc1\nTEL:3035550147\nEND:VCARD\n", "Анна", ("+13035550147",)),
    "carriage returns": (IOS.replace("\n", "\r\n").encode(), "Dr. Anna Lee", ("+13035550147", "+13035550148")),
    "a byte order mark": (b"\xef\xbb\xbf" + NEXTCLOUD.encode(), 'Pizza "Da, Mario"', ("+13035550152",)),
    "small letters": (V4.replace("BEGIN:VCARD", "begin:vcard").encode(), "Maria José",
                      ("+13035550151", "+442079460958")),
    "only a company": (b"BEGIN:VCARD\nVERSION:3.0\nORG:Acme;Sales\nTEL:3035550147\nEND:VCARD\n", "Acme, Sales",
                       ("+13035550147",)),
    "only a nickname": (b"BEGIN:VCARD\nNICKNAME:Bob\nTEL:3035550147\nEND:VCARD\n", "Bob", ("+13035550147",)),
    "no name at all": (b"BEGIN:VCARD\nTEL:3035550147\nEND:VCARD\n", "+13035550147", ("+13035550147",)),
    "name in base64": (b"BEGIN:VCARD\nFN;ENCODING=B:SsO2cmc=\nTEL:3035550147\nEND:VCARD\n", "Jörg",
                       ("+13035550147",)),
    "quoted-printable in small letters": (
        b"BEGIN:VCARD\nFN;encoding=quoted-printable:J=C3=B6rg\nTEL:3035550147\nEND:VCARD\n", "Jörg",
        ("+13035550147",)),
}  # fmt: skip


def reading(data: bytes, country: str = "US") -> Reading:
    return collect(read_vcards(io.BytesIO(data)), "book", country)


@pytest.mark.parametrize(("data", "name", "numbers"), SHAPES.values(), ids=SHAPES.keys())
def test_a_card_as_phones_and_servers_write_it_is_read(data: bytes, name: str, numbers: tuple[str, ...]) -> None:
    (contact,) = reading(data).contacts
    assert (contact.name, contact.numbers) == (name, numbers)
    assert not reading(data).unreadable


def test_all_cards_of_a_file_are_read_in_order() -> None:
    found = reading("".join([IOS, ANDROID_21, V4, NEXTCLOUD]).encode())
    assert [contact.name for contact in found.contacts] == [
        "Dr. Anna Lee", "Jörg Müller", "Maria José", 'Pizza "Da, Mario"',
    ]  # fmt: skip
    assert found.contacts[2].uid == "urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1"
    assert found.contacts[0].uid == "name:dr. anna lee"


BROKEN = {
    "bad base64": "FN;ENCODING=B:a",
    "bad quoted-printable": "FN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:=FF=FE",
    "endless name": "FN:" + "x" * (LONGEST_LINE + 1),
    "endless folded name": "FN:x" + "\n x" * (LONGEST_LINE + 1),
    "too many numbers": "\n".join(["TEL:3035550147"] * 500),
    "quoted-printable that swallows the end": "FN;ENCODING=QUOTED-PRINTABLE:abc=",
}


@pytest.mark.parametrize("line", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_card_costs_only_itself(line: str) -> None:
    bad = f"BEGIN:VCARD\nVERSION:3.0\nN:Bad;Card\n{line}\nEND:VCARD\n"
    found = reading(f"{NEXTCLOUD}{bad}{V4}".encode())
    assert [contact.name for contact in found.contacts] == ['Pizza "Da, Mario"', "Maria José"]
    (problem,) = found.unreadable
    assert problem.place == "card 2"
    assert problem.why
    assert "Bad" in problem.name or "abc" in problem.name or "x" in problem.name


def test_a_card_whose_end_is_missing_is_no_contact_because_its_number_may_be_cut() -> None:
    found = reading(f"BEGIN:VCARD\nFN:Cut\nTEL:+1303555\n{V4}BEGIN:VCARD\nFN:Also cut\nTEL:+44207946".encode())
    assert [contact.name for contact in found.contacts] == ["Maria José"]
    assert [(item.place, item.name, item.why) for item in found.unreadable] == [
        ("card 1", "Cut", "its end is missing"),
        ("card 3", "Also cut", "its end is missing"),
    ]


def test_a_dropped_line_that_goes_on_brings_no_number_with_it() -> None:
    card = (
        "BEGIN:VCARD\nFN:Anna\nNOTE;ENCODING=QUOTED-PRINTABLE:call me=\nTEL:+12125550199\nTEL:3035550147\nEND:VCARD\n"
    )
    assert reading(card.encode()).contacts[0].numbers == ("+13035550147",)


def test_a_long_note_ends_where_it_ends() -> None:
    note = "NOTE;ENCODING=QUOTED-PRINTABLE:" + "TEL:+12125550199 is not hers=\n" * 500 + "the end"
    card = f"BEGIN:VCARD\nFN:Anna\n{note}\nTEL:3035550147\nEND:VCARD\n"
    assert reading(card.encode()).contacts[0].numbers == ("+13035550147",)


def test_a_number_hidden_in_a_photograph_or_note_is_none() -> None:
    card = "BEGIN:VCARD\nFN:Anna\nNOTE:x\n TEL:+12125550199\nPHOTO:a\n TEL:+12125550198\nTEL:3035550147\nEND:VCARD\n"
    assert reading(card.encode()).contacts[0].numbers == ("+13035550147",)


def test_large_photographs_are_dropped_before_the_library_sees_them() -> None:
    photo = "PHOTO;ENCODING=b;TYPE=JPEG:" + "\n ".join(["A" * 76] * 20_000)
    card = IOS.replace("END:VCARD", f"{photo}\nEND:VCARD")
    (only,) = cards(io.BytesIO(card.encode()))
    assert sum(map(len, only.lines)) < 500
    assert reading(card.encode()).contacts[0].name == "Dr. Anna Lee"


HOSTILE: dict[str, Callable[[int], str]] = {
    "parameters without a colon": lambda n: "TEL;" + "a;" * n,
    "parameters with values": lambda n: "TEL;" + "a=b;" * n + ":1",
    "quoted parameters": lambda n: "TEL;" + 'a="b";' * n,
    "commas": lambda n: "TEL;" + ";a=b,c" * n,
    "quotation marks": lambda n: "TEL;a=" + '"' * n,
    "groups": lambda n: "a." * n + "TEL:1",
    "backslashes": lambda n: "N:" + "\\" * n,
    "semicolons": lambda n: "N:" + ";" * n,
    "folding": lambda n: "FN:a" + "\n b" * n,
    "soft breaks": lambda n: "FN;ENCODING=QUOTED-PRINTABLE:" + "a=\n" * n,
    "one endless line": lambda n: "X" * n * 20,
    "encodings": lambda n: "FN" + ";ENCODING=B" * n + ":x",
    "charsets": lambda n: "FN" + ";CHARSET=utf-8" * n + ":x",
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_line_takes_more_than_linear_time(hostile: Callable[[int], str]) -> None:
    # The library alone needs seconds for 22 such parameters, and twice as long for each further one.
    card = f"BEGIN:VCARD\nVERSION:3.0\n{hostile(30_000)}\nEND:VCARD\n{V4}".encode()
    began = time.process_time()
    found = reading(card)
    assert time.process_time() - began < 2
    assert "Maria José" in [contact.name for contact in found.contacts] or found.unreadable


def test_more_names_than_any_address_book_has_are_refused() -> None:
    line = "FN:" + "x" * 1_900 + "\n"
    card = f"BEGIN:VCARD\n{line * 100}END:VCARD\n".encode()
    with pytest.raises(TooMuchError, match="10,000,000"):
        collect(read_vcards(io.BytesIO(card * 60)), "book", "US")


def test_more_contacts_than_a_household_knows_are_refused() -> None:
    rows = (Row(place=f"card {n}", name=f"n{n}", numbers=("3035550147",)) for n in range(30_000))
    with pytest.raises(UnreadableFileError, match="20,000 contacts"):
        collect(rows, "book", "US")


def test_what_is_no_card_is_told_so() -> None:
    assert read_vcard(b"hello", "a.vcf") == Unreadable(place="a.vcf", why="it is no vCard")


_whole_files = st.sampled_from([shape for shape, _, _ in SHAPES.values()] + [IOS.encode() + V4.encode()])
_bits = (b"\n", b"\r\n ", b":", b";", b'"', b"=", b"=\n", b"\\", b"BEGIN:VCARD", b"END:VCARD\n", b"TEL", b"\x00")
_parameters = (b"ENCODING=QUOTED-PRINTABLE", b"ENCODING=B", b"CHARSET=")
_noise = st.one_of(st.binary(max_size=12), st.sampled_from(_bits + _parameters))


@settings(max_examples=300, deadline=None)
@given(_whole_files, st.lists(st.tuples(st.integers(0, 900), st.integers(0, 30), _noise), max_size=6))
def test_no_spoiled_file_raises_anything(data: bytes, spoils: list[tuple[int, int, bytes]]) -> None:
    for place, length, noise in spoils:
        data = data[:place] + noise + data[place + length :]
    for contact in reading(data).contacts:
        assert contact.name
        assert contact.name.isprintable()
        assert contact.numbers
        assert all(number[0] == "+" and number[1:].isdecimal() for number in contact.numbers)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_raise_anything(data: bytes) -> None:
    reading(b"BEGIN:VCARD\n" + data + b"\nEND:VCARD\n")
    reading(data)
