"""Texts from outside made fit for people; what is special to SIP is that old PBXs send names in Latin-1."""

import callguard

_LONGEST = 128


def plain(text: str, longest: int = _LONGEST) -> str:
    """Return *text* in one line of printable characters, at most *longest*; bytes that are no UTF-8 as Latin-1."""
    return callguard.plain(text if text.isascii() else _repaired(text[: 4 * longest]), longest).strip()


def _repaired(text: str) -> str:
    """Read bytes that were kept as surrogate escapes."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeDecodeError:
        return text.encode("utf-8", "surrogateescape").decode("latin-1")
    except UnicodeEncodeError:
        return text
