"""Texts from outside made fit for people: no control characters, no tricks with direction, no endless names."""

import unicodedata

_LONGEST = 128
# Categories that show nothing and can change how their neighbours show: controls, formats (bidi overrides, zero
# width), surrogates, private use, unassigned, line and paragraph separators.
_UNFIT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def plain(text: str, longest: int = _LONGEST) -> str:
    """Return *text* in one line of printable characters, at most *longest*; bytes that are no UTF-8 as Latin-1."""
    if text.isascii():
        if text.isprintable():
            return text[:longest].strip()
    else:
        text = _repaired(text[: 4 * longest])
    kept = "".join(_fit(character) for character in text[: 4 * longest])
    return " ".join(kept.split())[:longest].rstrip()


def _repaired(text: str) -> str:
    """Read bytes that were kept as surrogate escapes: old PBXs send names in Latin-1."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeDecodeError:
        return text.encode("utf-8", "surrogateescape").decode("latin-1")
    except UnicodeEncodeError:
        return text


def _fit(character: str) -> str:
    if character in "\t\r\n":
        return " "
    category = unicodedata.category(character)
    return "" if category in _UNFIT else " " if category == "Zs" else character
