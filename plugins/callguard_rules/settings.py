"""The `rules` section of config.yaml, and the rules it means."""

from collections.abc import Callable, Iterator
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from callguard import NotANumberError, Rule, RuleKind, RuleList, require_e164, to_prefix

_LONGEST_TEXT = 80
_LONGEST_NOTE = 200
_NOWHERE = "your configuration"


def _has_digits(text: str) -> str:
    """Refuse what is no number in any country; which one it is depends on the house."""
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"this is longer than any telephone number ({_LONGEST_TEXT} characters)")
    if not any(character.isdecimal() for character in text):
        raise ValueError(f"{text!r} has no digits: write a number like +1 303 555 0110, or a beginning like +44*")
    return text


Number = Annotated[str, AfterValidator(_has_digits)]


class Entry(BaseModel):
    """One number, or all numbers with one beginning, with a note."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: Annotated[Number | None, Field(description="a telephone number in any spelling; not with prefix")] = None
    prefix: Annotated[
        Number | None, Field(description="the beginning of numbers, such as +44 or 0900; not with number")
    ] = None
    note: Annotated[str, Field(max_length=_LONGEST_NOTE, description="who or what that is, for people")] = ""

    @model_validator(mode="after")
    def _one_of_them(self) -> "Entry":
        if (self.number is None) == (self.prefix is None):
            raise ValueError("give either a number or a prefix")
        return self


class RulesConfig(BaseModel):
    """The household's own lists; a number on the allow list always rings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allow: Annotated[
        tuple[Number | Entry, ...], Field(description="numbers that always ring; with * at the end, a beginning")
    ] = ()
    block: Annotated[
        tuple[Number | Entry, ...],
        Field(description="numbers that are blocked unless allowed; with * at the end, a beginning"),
    ] = ()


def rules_of(config: RulesConfig, country: str, written_at: Callable[[str], str]) -> tuple[Rule, ...]:
    """Return the rules of *config* as somebody in *country* means them.

    ValueError has a line for every entry that is no number, beginning with its key: `block.3: …`.
    """
    rules, mistakes = [], []
    for key, which, entry in _entries(config):
        try:
            rules.append(_rule(which, entry, country, written_at(key) or _NOWHERE))
        except NotANumberError as error:
            mistakes.append(f"{key}: {error}")
    if mistakes:
        raise ValueError("\n".join(mistakes))
    return tuple(rules)


def _entries(config: RulesConfig) -> Iterator[tuple[str, RuleList, Entry]]:
    for which, entries in ((RuleList.ALLOW, config.allow), (RuleList.BLOCK, config.block)):
        for place, entry in enumerate(entries):
            yield f"{which}.{place}", which, Entry(number=entry) if isinstance(entry, str) else entry


def _rule(which: RuleList, entry: Entry, country: str, origin: str) -> Rule:
    text = (entry.prefix or entry.number or "").strip()
    if entry.prefix is not None or text.endswith("*"):
        kind, value = RuleKind.PREFIX, to_prefix(text, country)
    else:
        kind, value = RuleKind.EXACT, require_e164(text, country)
    return Rule(list=which, kind=kind, value=value, note=entry.note, origin=origin)
