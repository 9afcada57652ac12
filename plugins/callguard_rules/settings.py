"""The `rules` section of config.yaml, and the rules it means."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from callguard import Home, Rule, RuleKind, RuleList, Schedule, rule_value

_LONGEST_TEXT = 200
_LONGEST_NUMBER = 80
_LONGEST_NOTE = 200
_NOWHERE = "your configuration"
_KINDS = {
    "number": RuleKind.EXACT,
    "prefix": RuleKind.PREFIX,
    "range": RuleKind.RANGE,
    "country": RuleKind.COUNTRY,
    "type": RuleKind.TYPE,
    "name": RuleKind.NAME,
    "presentation": RuleKind.PRESENTATION,
    "pattern": RuleKind.PATTERN,
}
_LISTS = {"never_block": RuleList.NEVER_BLOCK, "allow": RuleList.ALLOW, "block": RuleList.BLOCK}


def _has_digits(text: str) -> str:
    """Refuse what is no number in any country; which one it is depends on the house."""
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(f"this is longer than any telephone number ({_LONGEST_NUMBER} characters)")
    if not any(character.isdecimal() for character in text):
        raise ValueError(
            f"{text!r} has no digits: write a number like +1 303 555 0110, or a beginning like +44*; or say what it"
            f" is, as in `name: {text}` or `presentation: withheld`"
        )
    return text


def _is_schedule(text: str) -> str:
    if text:
        Schedule.parse(text)
    return text


def _is_moment(text: str) -> str:
    if text:
        _moment(text, UTC)
    return text


def _means(kind: RuleKind) -> AfterValidator:
    """Refuse what means nothing in any country; numbers wait until the house tells its own."""

    def checked(text: str) -> str:
        return rule_value(kind, text, "")

    return AfterValidator(checked)


Number = Annotated[str, AfterValidator(_has_digits)]
Text = Annotated[str, Field(max_length=_LONGEST_TEXT)]


class Entry(BaseModel):
    """One wish about some callers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: Annotated[
        Number | None, Field(description="a telephone number in any spelling; with * at the end, a beginning")
    ] = None
    prefix: Annotated[Number | None, Field(description="the beginning of numbers, such as +44 or 0900")] = None
    range: Annotated[
        Number | None, Field(description="first and last number: 303 555 0100 to 303 555 0199, or to 0199")
    ] = None
    country: Annotated[
        Annotated[Text, _means(RuleKind.COUNTRY)] | None,
        Field(description="numbers of a country by its numbering plan: an ISO 3166 code or a name"),
    ] = None
    type: Annotated[
        Annotated[Text, _means(RuleKind.TYPE)] | None,
        Field(
            description="numbers of a type: fixed-line, mobile, toll-free, premium-rate, shared-cost, voip, personal,"
            " pager, uan or voicemail"
        ),
    ] = None
    name: Annotated[
        Annotated[Text, _means(RuleKind.NAME)] | None,
        Field(description="text in the caller name, in any case; * stands for any text"),
    ] = None
    presentation: Annotated[
        Annotated[Text, _means(RuleKind.PRESENTATION)] | None,
        Field(description="callers who show no number: withheld, unavailable or missing"),
    ] = None
    pattern: Annotated[
        Annotated[Text, _means(RuleKind.PATTERN)] | None,
        Field(description="regular expression (RE2) over the number as +15551234567; needs [regex]"),
    ] = None
    note: Annotated[str, Field(max_length=_LONGEST_NOTE, description="who or what that is, for people")] = ""
    line: Annotated[Text, Field(description="only on this line; empty: on every line")] = ""
    hours: Annotated[
        str,
        AfterValidator(_is_schedule),
        Field(description="only at these hours, by the clock of the line: mon-fri 09:00-17:00, sat+sun 10:00-12:00"),
    ] = ""
    until: Annotated[
        str,
        AfterValidator(_is_moment),
        Field(description="only before this date and time, by the clock of the line: 2026-12-01T18:00"),
    ] = ""

    @property
    def given(self) -> Mapping[str, str]:
        """Return what says whom it is about, by key."""
        values = {key: getattr(self, key) for key in _KINDS}
        return {key: value for key, value in values.items() if value is not None}

    @model_validator(mode="after")
    def _one_of_them(self) -> "Entry":
        if len(self.given) != 1:
            *most, last = _KINDS
            raise ValueError(f"give one of {', '.join(most)} or {last}, and not several")
        return self


class RulesConfig(BaseModel):
    """The household's own lists; a number on the allow list always rings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    never_block: Annotated[
        tuple[Number | Entry, ...],
        Field(description="who rings whatever else is known, before everything else; like allow"),
    ] = ()
    allow: Annotated[
        tuple[Number | Entry, ...], Field(description="who always rings: numbers, beginnings like +44*, or sections")
    ] = ()
    block: Annotated[
        tuple[Number | Entry, ...],
        Field(description="who is blocked unless allowed: numbers, beginnings like +44*, or sections"),
    ] = ()


@dataclass(frozen=True, slots=True)
class _Written:
    """One entry, and where it stands."""

    key: str
    list: RuleList
    entry: Entry


def rules_of(config: RulesConfig, home: Home) -> tuple[Rule, ...]:
    """Return the rules of *config* as the house means them.

    ValueError has a line for every entry that means nothing, beginning with its key: `block.3: …`.
    """
    rules, mistakes = [], []
    for written in _entries(config):
        try:
            rules.append(_rule(written, home.country, _zone(written.entry, home), home.written_at))
        except ValueError as error:
            mistakes.append(f"{written.key}: {error}")
    if mistakes:
        raise ValueError("\n".join(mistakes))
    return tuple(rules)


def _entries(config: RulesConfig) -> Iterator[_Written]:
    for key, which in _LISTS.items():
        for place, entry in enumerate(getattr(config, key)):
            yield _Written(f"{key}.{place}", which, Entry(number=entry) if isinstance(entry, str) else entry)


def _zone(entry: Entry, home: Home) -> tzinfo:
    return home.zones.get(entry.line, home.timezone)


def _rule(written: _Written, country: str, zone: tzinfo, written_at: Callable[[str], str]) -> Rule:
    entry = written.entry
    ((key, text),) = entry.given.items()
    kind = _KINDS[key]
    if kind is RuleKind.EXACT and text.rstrip().endswith("*"):
        kind = RuleKind.PREFIX
    return Rule(
        list=written.list,
        kind=kind,
        value=rule_value(kind, text, country),
        note=entry.note,
        line=entry.line,
        schedule=Schedule.parse(entry.hours) if entry.hours else None,
        until=_moment(entry.until, zone) if entry.until else None,
        origin=written_at(written.key) or _NOWHERE,
    )


def _moment(text: str, zone: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r:.40} is no date and time, such as 2026-12-01T18:00") from error
    if _is_date(text):
        raise ValueError(f"until when on that day? Write a time as well, such as {text}T18:00")
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
