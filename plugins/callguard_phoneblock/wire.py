"""PhoneBlock's answers (OpenAPI v1.7.0), read with care; pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TextIO

from callguard import Category, Entry, to_e164

PREFIX = 4
"""Hex characters of a hash: the fewest PhoneBlock takes; about 3,000 plausible German numbers share them."""
_GERMANY = "DE"  # what PhoneBlock writes without +, it means so
_LONGEST_NUMBER = 16
_MOST_VOTES = 1_000_000
_CHUNK = 1 << 16
_LARGEST_ITEM = 1 << 14
_CATEGORIES = {
    "A_LEGITIMATE": Category.LEGITIMATE,
    "C_PING": Category.PING,
    "D_POLL": Category.SURVEY,
    "E_ADVERTISING": Category.TELEMARKETING,
    "F_GAMBLE": Category.GAMBLING,
    "G_FRAUD": Category.FRAUD,
}
"""B_MISSED says that nobody took the call: that is no kind of complaint."""


class NotPhoneBlockError(ValueError):
    """An answer is none of PhoneBlock's; one sentence for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What PhoneBlock says about one number, or about the numbers around it."""

    votes: int
    category: Category = Category.UNKNOWN
    wanted: bool = False
    blocked: bool = False
    "The household itself blocked it at PhoneBlock."
    last_seen: date | None = None
    confidence: int | None = None
    "0 to 100: how sure PhoneBlock is, by mass and agreement of the votes."


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What PhoneBlock says about the ten or hundred numbers that begin alike."""

    beginning: str
    votes: int
    numbers: int = 0
    "How many of them were reported."


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """All that came of a look-up."""

    number: Reported | None = None
    around: Around | None = None

    @property
    def is_empty(self) -> bool:
        """Whether PhoneBlock knows nothing."""
        return self.number is None and self.around is None


def digest(text: str) -> str:
    """Return the hash by which PhoneBlock knows a number (`+4917650642602`) or a beginning."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def by_prefix(body: bytes, number: str) -> Finding:
    """Read the answer of `/check-prefix` and pick *number* out of the others that it is about."""
    answer = _object(body)
    found = next((item for item in _items(answer, "numbers") if _is(item.get("phone"), number)), None)
    around = (
        _around(item, number[:-cut])
        for key, cut in (("range10", 1), ("range100", 2))
        for item in _items(answer, key)
        if item.get("prefix") == number[:-cut]
    )
    return Finding(number=_reported(found) if found else None, around=next((one for one in around if one), None))


def by_hash(body: bytes, number: str) -> Finding:
    """Read the answer of `/check` about *number*."""
    answer = _object(body)
    votes, around = _count(answer.get("votes")), _count(answer.get("votesWildcard"))
    return Finding(
        number=_reported(answer) if _is(answer.get("phone"), number) else None,
        around=Around(beginning=number[:-2], votes=around) if around > votes else None,
    )


class Blocklist:
    """The answer of `/blocklist`, read entry by entry; the version is known once all entries were."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._decoder = json.JSONDecoder()
        self._buffer = ""
        self._at = 0
        self.version: int | None = None

    def entries(self) -> Iterator[Entry | str]:
        """Yield what is listed (0 reports: not any more), or the row of a number that is none.

        NotPhoneBlockError if the answer is another one, is cut off, or says no version.
        """
        self._take("{")
        while self._peek() != "}":
            key = self._value()
            self._take(":")
            if key == "numbers" and self._peek() == "[":
                yield from self._numbers()
            else:
                value = self._value()
                self.version = value if key == "version" and type(value) is int else self.version
            self._between("}")
        if self.version is None:
            raise NotPhoneBlockError("this is no list of PhoneBlock: it names no version")

    def _numbers(self) -> Iterator[Entry | str]:
        self._take("[")
        while self._peek() != "]":
            yield _entry(self._value())
            self._between("]")
        self._take("]")

    def _between(self, end: str) -> None:
        if self._peek() != end:
            self._take(",")
            if self._peek() == end:
                raise NotPhoneBlockError(_BROKEN)

    def _take(self, wanted: str) -> None:
        if self._peek() != wanted:
            raise NotPhoneBlockError(_BROKEN)
        self._at += 1

    def _peek(self) -> str:
        while True:
            while self._at < len(self._buffer):
                if self._buffer[self._at] not in " \t\r\n\ufeff":
                    return self._buffer[self._at]
                self._at += 1
            if not self._more():
                return ""

    def _value(self) -> object:
        self._peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except (ValueError, RecursionError):
                value, end = None, len(self._buffer)
            if end < len(self._buffer):
                self._at = end
                return value
            if len(self._buffer) - self._at > _LARGEST_ITEM or not self._more():
                raise NotPhoneBlockError(_BROKEN)

    def _more(self) -> bool:
        chunk = self._stream.read(_CHUNK)
        self._buffer, self._at = self._buffer[self._at :] + chunk, 0
        return bool(chunk)


_ENOUGH = 3
"""Last digits that tell most numbers apart; every spelling of a number ends with them."""
_BROKEN = "this is no list of PhoneBlock: its JSON is broken or ends in the middle"


def _entry(item: object) -> Entry | str:
    facts = item if isinstance(item, Mapping) else {}
    number = _number(facts.get("phone"))
    if number is None:
        return str(facts.get("phone", item))[:80]
    votes = _count(facts.get("votes"))
    return Entry(
        number=number,
        category=_category(facts),
        reports=votes,
        weight=float(votes),
        last_seen=_day(facts.get("lastActivity")),
    )


def _reported(facts: Mapping[str, object]) -> Reported | None:
    votes, category = _count(facts.get("votes")), _category(facts)
    wanted = facts.get("whiteListed") is True or category is Category.LEGITIMATE
    blocked = facts.get("blackListed") is True
    if not (votes or wanted or blocked):
        return None
    confidence = facts.get("spamConfidence")
    return Reported(
        votes=votes,
        category=category,
        wanted=wanted,
        blocked=blocked,
        last_seen=_day(facts.get("lastUpdate")),
        confidence=min(100, _count(confidence)) if confidence is not None else None,
    )


def _around(facts: Mapping[str, object], beginning: str) -> Around | None:
    votes = _count(facts.get("votes"))
    return Around(beginning=beginning, votes=votes, numbers=_count(facts.get("cnt"))) if votes else None


def _object(body: bytes) -> Mapping[str, object]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise NotPhoneBlockError("what came is no answer of PhoneBlock")
    return answer


def _items(answer: Mapping[str, object], key: str) -> Iterator[Mapping[str, object]]:
    found = answer.get(key)
    return (item for item in (found if isinstance(found, list) else ()) if isinstance(item, Mapping))


def _is(text: object, number: str) -> bool:
    if not isinstance(text, str) or not text.rstrip().endswith(number[-_ENOUGH:]):
        return False  # most of thousands: to read each as a number would keep calls waiting
    return text == number or _number(text) == number


def _number(text: object) -> str | None:
    number = to_e164(text, _GERMANY) if isinstance(text, str) else None
    return number if number and len(number) <= _LONGEST_NUMBER else None


def _count(value: object) -> int:
    # A bool is an int to Python, and NaN is a number to JSON.
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return max(0, min(value, _MOST_VOTES))


def _category(facts: Mapping[str, object]) -> Category:
    return _CATEGORIES.get(str(facts.get("rating")), Category.UNKNOWN)


def _day(milliseconds: object) -> date | None:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int) or milliseconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).date()
    except (ValueError, OverflowError, OSError):
        return None
