"""vCard 2.1, 3.0 and 4.0, read by the library vobject, which nobody else imports (docs/adr/0005)."""

import io
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import vobject  # type: ignore[import-untyped]

from callguard import plain
from callguard_contacts.reading.cards import Card, cards
from callguard_contacts.reading.rows import Row, Unreadable

logging.getLogger("vobject").setLevel(logging.CRITICAL)  # what is wrong with a card is told with the card


def read_vcards(stream: BinaryIO) -> Iterator[Row | Unreadable]:
    """Yield the people in *stream*; a broken card costs only itself."""
    for card in cards(stream):
        yield read_card(card)


def read_vcard(data: bytes, place: str) -> Row | Unreadable:
    """Return the first person in *data*, such as one resource of a CardDAV server (RFC 6352 §5.1)."""
    first = next(cards(io.BytesIO(data)), None)
    if first is None:
        return Unreadable(place=place, why="it is no vCard")
    return read_card(first, place)


def read_card(card: Card, place: str = "") -> Row | Unreadable:
    """Return the person on *card*, or why there is none; never raises."""
    place = place or f"card {card.position}"
    if card.wrong:
        return Unreadable(place=place, name=_guess(card), why=card.wrong)
    text = "\n".join(["BEGIN:VCARD", *card.lines, "END:VCARD", ""])
    try:
        parsed = vobject.readOne(text, allowQP=True)
        return _row(parsed.contents, place)
    except Exception as error:  # noqa: BLE001  (the library raises whatever Python does on the way)
        return Unreadable(place=place, name=_guess(card), why=f"the card is broken ({plain(_reason(error), 80)})")


def _row(contents: Mapping[str, Sequence[object]], place: str) -> Row:
    values = {name: [getattr(line, "value", "") for line in lines] for name, lines in contents.items()}
    return Row(
        place=place,
        uid=_first(values.get("uid", ())),
        name=_name(values),
        numbers=tuple(_text(value) for value in values.get("tel", ())),
    )


def _name(values: Mapping[str, Sequence[object]]) -> str:
    for name in ("fn", "n", "org", "nickname"):
        found = _first(values.get(name, ()))
        if found:
            return found
    return ""


def _first(values: Sequence[object]) -> str:
    return next((text for value in values if (text := " ".join(_text(value).split()))), "")


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(text for part in value if (text := _text(part)))
    return str(value)


def _guess(card: Card) -> str:
    """Return what may be the name on a card that cannot be read, so that people find it."""
    line = next((line for line in card.lines if line.startswith(("FN:", "N:"))), "")
    return plain(" ".join(line.partition(":")[2].replace(";", " ").split()), 80)


def _reason(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
