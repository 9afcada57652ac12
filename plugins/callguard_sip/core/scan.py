"""Linear scanners for header values (RFC 3261 §25.1): each looks at every character a bounded number of times."""

import re
import string
from collections.abc import Mapping
from types import MappingProxyType

from callguard_sip.core.errors import BadMessage

TOKEN = string.ascii_letters + string.digits + "-.!%*_+`'~"
_MOST_PIECES = 512
_MOST_PARAMS = 64
_MARKS = {separator: re.compile(f'[{separator}"<]') for separator in ",;"}
_PLAIN_VALUE = TOKEN + "[]:"  # hosts stand unquoted in parameters (RFC 3261 §25.1, gen-value)

Params = Mapping[str, str | None]
NO_PARAMS: Params = MappingProxyType({})


def is_token(text: str) -> bool:
    """Tell whether *text* is a token: a method, a header name, a parameter name."""
    return bool(text) and not text.strip(TOKEN)


def number(text: str, highest: int, what: str) -> int:
    """Return *text* as a number from 0 to *highest*; BadMessage names *what* is wrong."""
    digits = text.lstrip("0") or text[:1]
    if not (digits.isascii() and digits.isdecimal()):
        raise BadMessage(400, f"Bad {what}")
    if len(digits) > 10 or int(digits) > highest:
        raise BadMessage(400, f"{what} Too Large")
    return int(digits)


def split_outside(text: str, separator: str) -> list[str]:
    """Split *text* at *separator* (comma or semicolon) outside quoted strings and angle brackets.

    BadMessage if a quoted string or bracket does not end, or at more than 512 marks: no honest header has those.
    """
    if '"' not in text and "<" not in text:
        if text.count(separator) > _MOST_PIECES:
            raise BadMessage(400, "Header Too Long")
        return text.split(separator)
    marks = _MARKS[separator]
    pieces, start, at = [], 0, 0
    for _ in range(_MOST_PIECES):
        mark = marks.search(text, at)
        if mark is None:
            pieces.append(text[start:])
            return pieces
        at = mark.start()
        if text[at] == separator:
            pieces.append(text[start:at])
            start = at = at + 1
        else:
            at = end_of_quoted(text, at) if text[at] == '"' else _end_of_angle(text, at)
    raise BadMessage(400, "Header Too Long")


def end_of_quoted(text: str, start: int) -> int:
    """Return where the quoted string that opens at *start* has ended; BadMessage if it does not."""
    at = start + 1
    while True:
        end = text.find('"', at)
        if end < 0:
            raise BadMessage(400, "Unbalanced Quotes")
        piece = text[at:end]
        if (len(piece) - len(piece.rstrip("\\"))) % 2 == 0:
            return end + 1
        at = end + 1


def _end_of_angle(text: str, start: int) -> int:
    end = text.find(">", start)
    if end < 0:
        raise BadMessage(400, "Unbalanced Angle Brackets")
    return end + 1


def unquote(text: str) -> str:
    """Return what a quoted string says; other text as it is (RFC 3261 §25.1, quoted-pair)."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    inner = text[1:-1]
    if "\\" not in inner:
        return inner
    # An escaped backslash is set aside first, so that what it stands before is not taken as escaped.
    return "\\".join(piece.replace("\\", "") for piece in inner.split("\\\\"))


def quote(text: str) -> str:
    """Return *text* as a quoted string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse_params(text: str) -> Params:
    """Read ``name=value;name;…``: names in lower case, quoted values unquoted, the first of each name."""
    if text.count(";") > _MOST_PARAMS:
        raise BadMessage(400, "Too Many Parameters")
    params: dict[str, str | None] = {}
    for piece in split_outside(text, ";") if '"' in text else text.split(";"):
        name, equals, value = piece.partition("=")
        name = name.strip().lower()
        if name and name not in params:
            params[name] = unquote(value.strip()) if equals else None
    return params


def format_params(params: Params) -> str:
    """Write ``;name=value;name``: the inverse of `parse_params`."""
    return "".join(
        f";{name}"
        if value is None
        else f";{name}={value if not value.strip(_PLAIN_VALUE) and value else quote(value)}"
        for name, value in params.items()
    )
