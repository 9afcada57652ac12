"""Text from outside, made harmless for logs, terminals and records."""

import unicodedata

_KEPT_CATEGORIES_START = ("L", "N", "P", "S", "M")
_REPLACEMENT = "\ufffd"


def plain(text: str, limit: int = 200) -> str:
    """Return *text* on one line without control, formatting, bidi or surrogate characters, cut to *limit*."""
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    kept = "".join(_harmless(c) for c in text[: 4 * limit])
    kept = " ".join(kept.split())
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"


def _harmless(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] in _KEPT_CATEGORIES_START:
        return character
    if category == "Cs":
        return _REPLACEMENT
    return " " if category[0] == "Z" or character in "\t\r\n" else ""
