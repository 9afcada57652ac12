"""What an update must look like before it may take the place of a good copy."""

from dataclasses import dataclass

from callguard.model.numberlist import ListInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The sanity of an update; what is outside is refused, and the copy at hand stays."""

    at_least: float = 0.5
    "Of the entries there were before; fewer look like half a file."
    at_most: float = 3.0
    "Times the entries there were before; more look like another list."
    rejected: float = 0.05
    "The share of rows that may be unreadable beyond `known_bad`."
    known_bad: float = 0.07
    "The share of rows that is always unreadable; 7 % is what FTC files show."
    tolerated: int = 5
    "So many unreadable rows are not held against a list, however short it is."
    smallest: int = 1
    "Fewer entries than this are no list."


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an update was refused."""

    why: str
    "One sentence."
    size: bool = False
    "Only its size was odd: a person may take it all the same."


def refusal(
    new: ListInfo, before: ListInfo | None, limits: Limits, *, name: str, overlay: bool = False
) -> Refusal | None:
    """Return why *new* may not take the place of *before*; None if it may.

    An *overlay* may be small, because it only says what changed.
    """
    if new.name != name:
        return Refusal(why=f"it is the list “{new.name}”, not “{name}”")
    return _shape(new, limits, overlay=overlay) or _size(entries(new), entries(before), limits)


def entries(info: ListInfo | None) -> int:
    """Return how many numbers and prefixes a list has."""
    return 0 if info is None else info.numbers + info.prefixes


def _shape(new: ListInfo, limits: Limits, *, overlay: bool) -> Refusal | None:
    if not overlay and entries(new) < limits.smallest:
        found = "is empty" if entries(new) == 0 else f"has only {_count(entries(new))}"
        return Refusal(why=f"the new copy {found}")
    bad = sum(new.rejected.values())
    share = bad / (bad + new.accepted) if bad else 0.0
    if bad > limits.tolerated and share > limits.known_bad + limits.rejected:
        return Refusal(why=f"{share:.0%} of its rows cannot be read ({_reasons(new)})")
    return None


def _size(now: int, before: int, limits: Limits) -> Refusal | None:
    if before and now < before * limits.at_least:
        return Refusal(why=f"it shrank from {_count(before)} to {now:,}", size=True)
    if before and now > before * limits.at_most:
        return Refusal(why=f"it grew from {_count(before)} to {now:,}", size=True)
    return None


def _count(number: int) -> str:
    return f"{number:,} {'entry' if number == 1 else 'entries'}"


def _reasons(info: ListInfo) -> str:
    most = sorted(info.rejected.items(), key=lambda item: (-item[1], item[0]))[:3]
    return ", ".join(f"{why} {count:,}" for why, count in most)
