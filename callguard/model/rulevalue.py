"""What the value of a rule may be: read in any spelling, kept in one, described in words."""

import unicodedata
from difflib import get_close_matches
from functools import lru_cache
from importlib import import_module
from typing import Protocol, cast

import phonenumbers

from callguard.model.call import Presentation
from callguard.model.country import country_code, the_country
from callguard.model.number import pretty, require_e164, to_prefix, to_range
from callguard.model.rule import Rule, RuleKind
from callguard.model.text import plain

LONGEST_PATTERN = 200
PATTERN_MEMORY = 256 * 1024
"""Bytes that one pattern may take; counted repetitions of repetitions take more, and are refused."""
LONGEST_NAME = 80
ANYTHING = "*"
PATTERN_CURE = "install callguard-home with the extra [regex] (the library google-re2)"

NUMBER_TYPES = {
    "fixed-line": "fixed-line",
    "mobile": "mobile",
    "toll-free": "toll-free",
    "premium-rate": "premium-rate",
    "shared-cost": "shared-cost",
    "voip": "internet (VoIP)",
    "personal": "personal",
    "pager": "pager",
    "uan": "company-wide (UAN)",
    "voicemail": "voicemail",
}
"""The types of numbers that a rule can name, and what people call them."""

_PLAN = phonenumbers.PhoneNumberType
_TYPE_OF = {
    _PLAN.FIXED_LINE: "fixed-line",
    _PLAN.MOBILE: "mobile",
    _PLAN.TOLL_FREE: "toll-free",
    _PLAN.PREMIUM_RATE: "premium-rate",
    _PLAN.SHARED_COST: "shared-cost",
    _PLAN.VOIP: "voip",
    _PLAN.PERSONAL_NUMBER: "personal",
    _PLAN.PAGER: "pager",
    _PLAN.UAN: "uan",
    _PLAN.VOICEMAIL: "voicemail",
}
_TYPES_MEANT: dict[str, str | None] = {
    "fixed": "fixed-line",
    "landline": "fixed-line",
    "cell": "mobile",
    "cellular": "mobile",
    "freephone": "toll-free",
    "free": "toll-free",
    "tollfree": "toll-free",
    "premium": "premium-rate",
    "shared": "shared-cost",
    "internet": "voip",
    "personal-number": "personal",
}
_HIDDEN_MEANT: dict[str, str | None] = {
    "hidden": Presentation.WITHHELD,
    "anonymous": Presentation.WITHHELD,
    "private": Presentation.WITHHELD,
    "restricted": Presentation.WITHHELD,
    "unknown": Presentation.UNAVAILABLE,
    "out-of-area": Presentation.UNAVAILABLE,
    "none": Presentation.MISSING,
}
_HIDDEN_WORDS: dict[str, str] = {
    Presentation.WITHHELD: "callers who withhold their number",
    Presentation.UNAVAILABLE: "callers whose number the network does not know",
    Presentation.MISSING: "calls that come without any number",
}


class _Re2(Protocol):
    """The part of google-re2 that is used here."""

    error: type[Exception]

    def Options(self) -> object: ...  # noqa: N802  (its own spelling)

    def compile(self, pattern: str, options: object) -> object: ...


def canonical(kind: RuleKind, text: str, country: str) -> str:
    """Return the value of a rule as it is kept and compared, whatever way somebody in *country* wrote it.

    ValueError (NotANumberError for numbers) says what is wrong, in words for its author, with what to write.
    """
    match kind:
        case RuleKind.EXACT:
            return require_e164(text, country)
        case RuleKind.PREFIX:
            return to_prefix(text, country)
        case RuleKind.RANGE:
            return "-".join(to_range(text, country))
        case RuleKind.COUNTRY:
            return country_code(text)
        case RuleKind.TYPE:
            return _one_of(text, dict.fromkeys(NUMBER_TYPES) | _TYPES_MEANT, "type of number")
        case RuleKind.NAME:
            return _name(text)
        case RuleKind.PRESENTATION:
            return _one_of(text, dict.fromkeys(_HIDDEN_WORDS) | _HIDDEN_MEANT, "way to call without a number")
        case RuleKind.PATTERN:
            return _pattern(text)
        case RuleKind.ANYONE:
            return _anyone(text)


def describe(rule: Rule, country: str) -> str:
    """Return on one line which calls *rule* is about, as people in *country* read numbers."""
    value = plain(rule.value)
    match rule.kind:
        case RuleKind.EXACT:
            return pretty(value, country)
        case RuleKind.PREFIX:
            return f"numbers beginning {value}"
        case RuleKind.RANGE:
            first, _, last = value.partition("-")
            return f"numbers from {pretty(first, country)} to {pretty(last, country)}"
        case RuleKind.COUNTRY:
            return f"numbers of {the_country(value)}"
        case RuleKind.TYPE:
            return f"{NUMBER_TYPES.get(value, value)} numbers"
        case RuleKind.NAME:
            return f"names containing '{value}'"
        case RuleKind.PRESENTATION:
            return _HIDDEN_WORDS.get(value, value)
        case RuleKind.PATTERN:
            return f"numbers matching the pattern {value}"
        case RuleKind.ANYONE:
            return "everybody"


@lru_cache(maxsize=4096)
def number_types(number: str) -> frozenset[str]:
    """Return the types, such as `toll-free`, that an E.164 *number* has by its numbering plan; none if unassigned.

    Where mobile and fixed lines share their numbers (North America), a number has both types.
    """
    try:
        found = phonenumbers.number_type(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return frozenset()
    if found == _PLAN.FIXED_LINE_OR_MOBILE:
        return frozenset({"fixed-line", "mobile"})
    return frozenset({_TYPE_OF[found]}) if found in _TYPE_OF else frozenset()


def fold_name(text: str) -> str:
    """Return a caller name as it is compared: any case, any width of letters, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _one_of(text: str, known: dict[str, str | None], what: str) -> str:
    wanted = "-".join(text.casefold().replace("_", " ").replace("-", " ").split())
    if wanted in known:
        return str(known[wanted] or wanted)
    close = get_close_matches(wanted, known, n=1)
    hint = f"did you mean {known[close[0]] or close[0]}?" if close else "write one of " + ", ".join(_proper(known))
    raise ValueError(f"{text!r:.60} is no {what}: {hint}")


def _proper(known: dict[str, str | None]) -> list[str]:
    return [word for word, meant in known.items() if meant is None]


def _name(text: str) -> str:
    name = fold_name(plain(text, LONGEST_NAME + 1))
    if len(name) > LONGEST_NAME:
        raise ValueError(f"a part of a name has at most {LONGEST_NAME} characters")
    if len(name.replace("*", "").replace(" ", "")) < 2:
        raise ValueError(f"{text!r:.60} is too little of a name: write at least two characters of it")
    return name


def _anyone(text: str) -> str:
    if text.strip() not in ("", ANYTHING):
        raise ValueError(f"{text!r:.60} is somebody: a rule for everybody has no value but {ANYTHING}")
    return ANYTHING


def _pattern(text: str) -> str:
    pattern = text.strip()
    if not pattern or len(pattern) > LONGEST_PATTERN or plain(pattern, LONGEST_PATTERN) != pattern:
        raise ValueError(f"a pattern has 1 to {LONGEST_PATTERN} characters, and none that cannot be seen")
    re2 = _re2()
    if re2 is None:
        raise ValueError(f"patterns cannot be used here yet: {PATTERN_CURE}")
    options = re2.Options()
    options.log_errors = False  # type: ignore[attr-defined]  # its options are plain attributes
    options.max_mem = PATTERN_MEMORY  # type: ignore[attr-defined]
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(f"{pattern!r:.60} is no pattern: {_said(error)}") from error
    return pattern


def _re2() -> _Re2 | None:
    try:
        return cast(_Re2, import_module("re2"))  # an optional extra: few households write patterns
    except ImportError:
        return None


def _said(error: Exception) -> str:
    said = error.args[0] if error.args else "it cannot be read"
    return plain(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said))
