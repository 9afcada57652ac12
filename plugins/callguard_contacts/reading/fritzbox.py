"""The telephone book that a FRITZ!Box saves (FRITZ.Box_Telefonbuch_….xml)."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from callguard_contacts.reading.rows import Row, Unreadable, UnreadableFileError
from callguard_contacts.reading.safexml import NotXmlError, parse_xml

_INTERNAL = ("intern", "memo")
"""Numbers that no caller has: the box's own extensions and its answering machine."""


def read_phonebook(data: bytes) -> Iterator[Row | Unreadable]:
    """Yield the people in *data*; UnreadableFileError if it is no such telephone book."""
    try:
        root = parse_xml(data)
    except NotXmlError as error:
        raise UnreadableFileError(str(error)) from None
    if root.tag != "phonebooks" and root.find(".//phonebook") is None:
        raise UnreadableFileError("it is XML, but not a telephone book of a FRITZ!Box")
    for place, contact in enumerate(root.iter("contact"), 1):
        yield _row(f"entry {place}", contact)


def _row(place: str, contact: Element) -> Row:
    numbers = [number for number in contact.iter("number") if number.get("type") not in _INTERNAL]
    return Row(
        place=place,
        uid=contact.findtext("uniqueid") or "",
        name=contact.findtext("person/realName") or "",
        numbers=[number.text or "" for number in numbers],
    )
