import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard_contacts.reading.fritzbox import read_phonebook
from callguard_contacts.reading.rows import Reading, UnreadableFileError, collect
from callguard_contacts.reading.safexml import NotXmlError, parse_xml

BOOK = b"""<?xml version="1.0" encoding="utf-8"?>
<phonebooks>
<phonebook owner="0" name="Telefonbuch">
<contact><category>1</category><person><realName>Anna &amp; Bob M\xc3\xbcller</realName></person>
<telephony nid="2"><number type="home" prio="1" id="0">+1 303 555 0147</number>
<number type="mobile" prio="0" id="1">303 555 0148</number></telephony>
<services nid="1"><email classifier="private" id="0">anna@example.org</email></services>
<setup /><features doorphone="0" /><mod_time>1767355200</mod_time><uniqueid>17</uniqueid></contact>
<contact><category>0</category><person><realName>Kitchen</realName></person>
<telephony nid="1"><number type="intern" prio="1" id="0">**610</number></telephony><uniqueid>18</uniqueid></contact>
<contact><category>0</category><person><realName>Mailbox</realName></person>
<telephony><number type="home">**600</number></telephony><uniqueid>19</uniqueid></contact>
</phonebook></phonebooks>
"""
BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<phonebooks><phonebook><contact><person><realName>&b;</realName></person></contact></phonebook></phonebooks>"""
OUTSIDE = b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><phonebooks/>'


def reading(data: bytes) -> Reading:
    return collect(read_phonebook(data), "book", "US")


def test_a_saved_telephone_book_is_read() -> None:
    found = reading(BOOK)
    (contact,) = found.contacts
    assert (contact.uid, contact.name, contact.numbers) == (
        "17", "Anna & Bob Müller", ("+13035550147", "+13035550148"),
    )  # fmt: skip
    assert found.without_number == 1, "an extension is nobody who calls"
    assert [(item.place, item.name, item.what) for item in found.unreadable] == [("entry 3", "Mailbox", "**600")]


REFUSED = {
    "entities": (BOMB, "document type"),
    "entities in UTF-16": (b"\xff\xfe" + BOMB.decode().replace('version="1.0"', 'version="1.0" encoding="utf-16"')
                           .encode("utf-16-le"), "document type"),
    "a file elsewhere": (OUTSIDE, "document type"),
    "endless nesting": (b"<phonebooks>" + b"<a>" * 100_000, "nested without end"),
    "half a file": (BOOK[:400], "no XML"),
    "an unknown encoding": (b'<?xml version="1.0" encoding="x-none"?><phonebooks/>', "no XML"),
    "another kind of XML": (b"<html><body>phonebook</body></html>", "not a telephone book"),
    "nothing": (b"", "no XML"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_telephone_book_is_refused_in_words(data: bytes, why: str) -> None:
    with pytest.raises(UnreadableFileError, match=why):
        reading(data)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1200), st.integers(0, 30), st.binary(max_size=8)), max_size=5))
def test_no_spoiled_book_raises_anything_but_the_modules_own_error(spoils: list[tuple[int, int, bytes]]) -> None:
    data = BOOK
    for place, length, noise in spoils:
        data = data[:place] + noise + data[place + length :]
    try:
        reading(data)
    except UnreadableFileError:
        return


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_that_they_are_no_xml(data: bytes) -> None:
    with pytest.raises(NotXmlError):
        parse_xml(b"\x01" + data)
