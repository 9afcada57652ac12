"""The check whether PhoneBlock's community complained of a caller, at home and, if the household wants, online."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from callguard import (
    JSON,
    LIST_PHRASES,
    Answer,
    Call,
    Command,
    Disclosure,
    Evidence,
    Home,
    ListMode,
    Problem,
    SubscribedList,
    Subscription,
    evidence_of,
    hookimpl,
    shown_url,
)
from callguard_phoneblock.fetching import NAME, Fetching
from callguard_phoneblock.lookup import LookUps
from callguard_phoneblock.settings import Asking, PhoneBlockConfig
from callguard_phoneblock.standing import Standing
from callguard_phoneblock.words import ONLINE_PHRASES, not_asked, online_evidence

_TITLE = "PhoneBlock"
_FOR_THE_LIST = "your API key and internet address; nothing about calls"


class PhoneBlock:
    """Keeps PhoneBlock's list at home, and asks about single numbers if it may."""

    Config = PhoneBlockConfig
    phrases: ClassVar[Mapping[str, str]] = {**LIST_PHRASES, **ONLINE_PHRASES}

    def __init__(self, config: PhoneBlockConfig, home: Home) -> None:
        self._config = config
        self._home = home
        self._standing = Standing(home.clock)
        self._online = LookUps(config, home, self._standing)
        self._list = Subscription(
            home,
            NAME,
            title=_TITLE,
            mode=config.mode,
            every=config.every,
            stale_after=config.stale_after,
            gather=Fetching(config, home, self._standing).gather,
            build="callguard_phoneblock.building:build",
        )

    @property
    def discloses(self) -> Sequence[Disclosure]:
        """Say what PhoneBlock learns."""
        to, asking = shown_url(self._config.base_url), self._config.asking
        return [
            Disclosure(to=to, what=_FOR_THE_LIST, when="once a day", active=self._config.mode is not ListMode.OFF),
            Disclosure(
                to=to,
                what=f"your API key and internet address, and {asking.sends}",
                when="a caller whom nothing at home knows",
                active=asking is not Asking.NOTHING,
                online_lookup=True,
            ),
        ]

    @hookimpl
    def number_lists(self) -> Sequence[SubscribedList]:
        """Return the list, so that the house keeps it up to date."""
        return [self._list]

    @hookimpl
    def check_call(self, call: Call) -> Evidence | None:
        """Say what the list at home knows of the caller's number, shown or asserted."""
        if self._config.mode is ListMode.OFF or not call.caller.numbers:
            return None
        found = [(number, self._list.look_up(number)) for number in call.caller.numbers]
        number, answer = next((pair for pair in found if pair[1].entry is not None), found[0])
        return evidence_of(
            answer,
            list_name=NAME,
            title=_TITLE,
            number=number,
            mode=self._config.mode,
            now=self._home.clock.now(),
        )

    @hookimpl
    async def look_up_caller(self, call: Call) -> Sequence[Evidence] | None:
        """Ask PhoneBlock about a caller who is not on the list at home; None unless the household opted in."""
        number = call.caller.number
        if number is None or self._config.asking is Asking.NOTHING:
            return None
        if self._list.look_up(number).answer is Answer.LISTED:
            return None
        found = await self._online.find(number)
        log_only = self._config.mode is ListMode.LOG_ONLY
        if found is None:
            return [not_asked(self._standing.resting, log_only=log_only)] if self._standing.resting else None
        return online_evidence(found, number, self._config.asking, log_only=log_only)

    @hookimpl
    def health(self) -> Sequence[Problem]:
        """Say whether PhoneBlock refuses our key or does not answer."""
        return [] if self._config.mode is ListMode.OFF else list(self._standing.problems())

    @hookimpl
    def register_commands(self) -> Mapping[str, Command]:
        """Offer to say what is sent to PhoneBlock."""
        return {"phoneblock-sends": self.sends}

    async def sends(self, _arguments: Mapping[str, Any]) -> Mapping[str, JSON]:
        """Return what PhoneBlock learns from this house, in words."""
        asking = self._config.asking
        off = self._config.mode is ListMode.OFF
        return {
            "to": shown_url(self._config.base_url),
            "for_the_list": "nothing"
            if off
            else "your API key and internet address, once a day; nothing about calls",
            "for_a_caller": asking.sends,
            "online": asking.value,
            "resting": self._standing.resting,
        }
