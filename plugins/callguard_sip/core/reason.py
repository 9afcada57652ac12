"""Why a call was cancelled (RFC 3326): given up by the caller, or taken by another phone."""

from callguard_sip.core.errors import BadMessage
from callguard_sip.core.headers import Headers
from callguard_sip.core.scan import parse_params

_MOST = 8
_ANSWERED = frozenset({("sip", "200"), ("q.850", "26")})
"""Protocol and cause: 200 OK (RFC 3326 §3.1); 26, non-selected user clearing (ITU-T Q.850), as Asterisk says it."""
_WORDS = ("completed elsewhere", "answered elsewhere", "picked up elsewhere")
"""What phone systems write that give another cause, or none."""


def answered_elsewhere(headers: Headers) -> bool:
    """Tell whether the Reason of a CANCEL says that another phone took the call; unreadable ones say nothing."""
    try:
        values = headers.values("reason")[:_MOST]
    except BadMessage:
        return False
    return any(_says_so(value) for value in values)


def _says_so(value: str) -> bool:
    protocol, _, tail = value.partition(";")
    try:
        params = parse_params(tail)
    except BadMessage:
        return False
    text = (params.get("text") or "").lower()
    said = (protocol.strip().lower(), (params.get("cause") or "").strip())
    return said in _ANSWERED or any(words in text for words in _WORDS)
