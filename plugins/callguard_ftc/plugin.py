"""The check whether people reported the caller's number to the FTC or the FCC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from callguard import (
    Call,
    Disclosure,
    Evidence,
    Fact,
    Home,
    Leaning,
    Limits,
    ListMode,
    Subscription,
    evidence_of,
    hookimpl,
    shown_url,
)
from callguard_ftc.dataset import Dataset
from callguard_ftc.fetching import DailyFiles
from callguard_ftc.robocalls import beside, share_of
from callguard_ftc.settings import FtcConfig

TOLL_FREE = ("+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888")
"""The area codes whose calls the called party pays for (47 CFR 52.101; 822 is set aside)."""
TOLL_FREE_CAP = 40
"""What all complaints about such a number weigh at most: below `screen_at` of the normal policy.

Of 24 numbers of banks, carriers and agencies 13 had three complaints or more in 30 days of 2020-21, nearly all of
them toll-free: whoever wants to be believed shows their number.
"""
_STALE_AFTER = timedelta(days=14)
_FTC_LIMITS = Limits(at_least=0.2, at_most=30.0)
"""Each day's file is checked by itself, so that the size of the whole says little: the first day fetched alone is a
twenty-sixth of the FTC's window, and a house that was away for months comes back to a third of its 90 days."""
_FCC_LIMITS = Limits(known_bad=0.4)
"""Complaints about text messages, and those of victims whose own number was misused, are many and are not taken."""
_BUILD = "callguard_ftc.building:build"
_LESS = "toll-free numbers are often those of well-known companies that somebody else shows, so it counts for less"


@dataclass(frozen=True, slots=True)
class _Source:
    """One of the two lists."""

    list: Subscription
    hit: str
    "The code of its hits."
    shares: Path
    "Where its robocall shares lie."


class Ftc:
    """Knows the numbers that people reported to the FTC and to the FCC; nobody has verified any report."""

    Config = FtcConfig
    phrases: ClassVar[Mapping[str, str]] = {
        "reported": "{number} was reported to the FTC {reports}×, last on {last_seen} ({category}); "
        "the FTC has verified none of it",
        "reported-toll-free": "{number} was reported to the FTC {reports}×, last on {last_seen} ({category}); "
        f"{_LESS}",
        "reported-fcc": "{number} was reported to the FCC {reports}×, last on {last_seen}; "
        "the FCC has verified none of it",
        "reported-fcc-toll-free": f"{{number}} was reported to the FCC {{reports}}×, last on {{last_seen}}; {_LESS}",
        "not-listed": "the list “{title}”: nobody reported the number lately, which does not make it a good one",
        "list-stale": "the list “{title}” is {days} days old, so that its silence means nothing",
        "list-unavailable": "the list “{title}” could not be asked: {why}",
    }

    def __init__(self, config: FtcConfig, home: Home) -> None:
        self._home = home
        self._addresses = {"ftc": config.index_url, "fcc": config.fcc.url}
        days = DailyFiles(home, config.index_url, config.archive)
        self._ftc = Subscription(
            home, "ftc", title="Calls reported to the FTC", mode=config.mode, every=config.every,
            stale_after=_STALE_AFTER, gather=days.gather, build=_BUILD, limits=_FTC_LIMITS,
        )  # fmt: skip
        self._fcc = Subscription(
            home, "fcc", title="Unwanted calls reported to the FCC", mode=config.fcc.mode, every=config.fcc.every,
            stale_after=_STALE_AFTER, gather=Dataset(home, config.fcc.url).gather, build=_BUILD, limits=_FCC_LIMITS,
        )  # fmt: skip
        both = (
            _Source(self._ftc, "reported", _shares(home, self._ftc)),
            _Source(self._fcc, "reported-fcc", _shares(home, self._fcc)),
        )
        self._asked = tuple(source for source in both if source.list.mode is not ListMode.OFF)

    @property
    def discloses(self) -> Sequence[Disclosure]:
        """Say what the agencies' servers learn."""
        return [
            Disclosure(
                to=shown_url(self._addresses[one.name]),
                what="your internet address, and which of its files you have; nothing about calls",
                when=f"whenever the list {one.title} is brought up to date",
                active=one.mode is not ListMode.OFF,
            )
            for one in self.number_lists()
        ]

    @hookimpl
    def number_lists(self) -> Sequence[Subscription]:
        """Return both lists, switched on or not."""
        return (self._ftc, self._fcc)

    @hookimpl
    def check_call(self, call: Call) -> Sequence[Evidence] | None:
        """Say what was reported about the caller's numbers, or that nothing was and by which version of the list."""
        found = [item for source in self._asked for item in self._said(source, call.caller.numbers)]
        return _capped(found) or None

    def _said(self, source: _Source, numbers: Sequence[str]) -> list[Evidence]:
        said = [self._evidence(source, number) for number in numbers]
        hits = [item for item in said if item.leaning is Leaning.UNWANTED]
        return hits or said[:1]

    def _evidence(self, source: _Source, number: str) -> Evidence:
        name, mode = source.list.name, source.list.mode
        found = source.list.look_up(number)
        item = evidence_of(
            found, list_name=name, title=source.list.title, number=number, mode=mode, now=self._home.clock.now()
        )
        if item.leaning is not Leaning.UNWANTED:
            return item
        toll_free = is_toll_free(number)
        share = share_of(number, source.shares)
        facts: dict[str, Fact] = {**item.facts, "toll_free": toll_free, "robocall_share": share}
        return replace(item, code=f"{source.hit}-toll-free" if toll_free else source.hit, facts=facts)


def _shares(home: Home, one: Subscription) -> Path:
    return beside(home.data_dir / one.name / "list")


def is_toll_free(number: str) -> bool:
    """Tell whether *number* (E.164) is a toll-free one of the North American plan."""
    return number.startswith(TOLL_FREE) and len(number) == 12


def _capped(found: Sequence[Evidence]) -> list[Evidence]:
    """Let the complaints about toll-free numbers weigh no more than the cap, in both lists together."""
    left = {False: TOLL_FREE_CAP, True: TOLL_FREE_CAP}  # a list that only logs takes nothing from one that counts
    said = []
    for item in found:
        if item.facts.get("toll_free") is True:
            item = replace(item, weight=min(left[item.log_only], item.weight))  # noqa: PLW2901
            left[item.log_only] -= item.weight
        said.append(item)
    return said
