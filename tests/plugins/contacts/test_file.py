import os
from pathlib import Path

import pytest

from callguard_contacts.reading import file as files
from callguard_contacts.reading.file import read_bytes, read_file
from callguard_contacts.reading.rows import UnreadableFileError

CARD = "BEGIN:VCARD\nVERSION:3.0\nFN:Jörg\nTEL:303-555-0147\nEND:VCARD\n"
TABLE = "Name,Phone\nJörg,303-555-0147\n"
PHONEBOOK = (
    '<?xml version="1.0" encoding="utf-8"?><phonebooks><phonebook><contact><person><realName>Jörg</realName></person>'
    "<telephony><number>303-555-0147</number></telephony></contact></phonebook></phonebooks>"
)
KINDS = {
    "vCard": CARD.encode(),
    "vCard with an empty beginning": b"\r\n\r\n" + CARD.encode(),
    "vCard in UTF-16": CARD.encode("utf-16"),
    "CSV": TABLE.encode(),
    "CSV with a byte order mark": TABLE.encode("utf-8-sig"),
    "CSV in UTF-16": TABLE.encode("utf-16"),
    "CSV in Windows letters": TABLE.encode("cp1252"),
    "FRITZ!Box": PHONEBOOK.encode(),
}


@pytest.mark.parametrize("data", KINDS.values(), ids=KINDS.keys())
def test_the_kind_of_a_file_is_seen_from_its_beginning(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_bytes(data)
    for found in (read_file(path, "book", "US"), read_bytes(data, "book", "US")):
        (contact,) = found.contacts
        assert (contact.name, contact.numbers, contact.book) == ("Jörg", ("+13035550147",), "book")


NO_BOOKS = {
    "empty": (b"", "it is empty"),
    "blank": (b" \r\n\n", "it is empty"),
    "a web page": (b"<!DOCTYPE html><html><title>Sign in</title></html>", "web page"),
    "a database": (b"SQLite format 3\x00", "neither vCard"),
    "a photograph": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "neither vCard"),
    "prose": (b"Dear Anna, call me", "first row"),
    "half a UTF-16 letter": (b"\xff\xfea", "first row"),
}


@pytest.mark.parametrize(("data", "why"), NO_BOOKS.values(), ids=NO_BOOKS.keys())
def test_what_is_no_address_book_is_refused_in_words(data: bytes, why: str) -> None:
    with pytest.raises(UnreadableFileError, match=why):
        read_bytes(data, "book", "US")


def test_what_cannot_be_read_is_refused_in_words(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, why in (("missing", "No such file"), ("pipe", "not a file"), (".", "[Dd]irectory|not a file")):
        with pytest.raises(UnreadableFileError, match=why):
            read_file(tmp_path / name, "book", "US")


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "huge.vcf"
    with path.open("wb") as huge:
        huge.truncate(files.LARGEST_WITH_PHOTOS + 1)
    with pytest.raises(UnreadableFileError, match="larger than 100,000,000"):
        read_file(path, "book", "US")
    monkeypatch.setattr(files, "LARGEST", 100)
    with pytest.raises(UnreadableFileError, match="larger than 100 "):
        read_bytes(TABLE.encode() * 20, "book", "US")


def test_names_and_numbers_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callguard_contacts.reading.cards._MOST_KEPT", 100)
    with pytest.raises(UnreadableFileError, match="names and numbers alone"):
        read_bytes(CARD.encode() * 20, "book", "US")
