"""The checks that need nothing but the caller's number, and what the house remembers of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar

from callguard import (
    Call,
    CallRecord,
    Evidence,
    Home,
    Job,
    NotANumberError,
    Presentation,
    Problem,
    Rung,
    hookimpl,
    require_e164,
    to_prefix,
)
from callguard_numbercheck.abroad import international
from callguard_numbercheck.bursts import burst
from callguard_numbercheck.emergency import window
from callguard_numbercheck.keeper import TableKeeper
from callguard_numbercheck.neighbour import exchanges, neighbour, own
from callguard_numbercheck.numbering import unassigned
from callguard_numbercheck.plan import known_country, prepare
from callguard_numbercheck.presentation import hidden
from callguard_numbercheck.protected import Protected, ProtectedNumbers, shipped
from callguard_numbercheck.recent import Recent
from callguard_numbercheck.repeats import called_again, passes
from callguard_numbercheck.settings import CheckName, NumberCheckConfig
from callguard_numbercheck.shape import impossible, invalid
from callguard_numbercheck.wangiri import CostlyRanges, warned_ranges

_NumberCheck = Callable[[Call, str], Evidence | None]
_NOWHERE = "your configuration"
_SHORT = 6


class NumberCheck:
    """Looks at the caller's number: could it exist, is it ours, costly, protected, one of a burst."""

    Config = NumberCheckConfig
    speaks_on = frozenset({Rung.EMERGENCY, Rung.SIGNALS})
    phrases: ClassVar[Mapping[str, str]] = {
        "impossible-number": "{number} cannot be a telephone number: {part} {digits} does not exist",
        "invalid-number": "{number} fits no numbering plan that this version knows",
        "number-withheld": "the caller withheld the number",
        "number-unavailable": "the network could not tell the caller's number",
        "number-missing": "no number came with the call",
        "own-number": "the caller shows {number}, which is your own number",
        "neighbour": "{number} begins like your own number ({exchange}), as many borrowed numbers do",
        "unassigned-number": "nobody has been given numbers that begin with {exchange}",
        "numbering-table-stale": "the table of assigned exchanges is {days} days old ({as_of}) and was not asked",
        "costly-call-back": "calling {number} back may be costly: {kind}",
        "international": "{number} is from abroad ({country}), where you have nobody",
        "burst": "{numbers} new numbers beginning with {block} called within {hours} hours",
        "called-again": "{number} calls again: {calls} calls within {minutes} minutes",
        "called-again-soon": "{number} calls again at once: {calls} calls within {minutes} minutes",
        "protected-number": "{number} belongs to {name}; complaints about it may be about somebody who borrowed it",
        "emergency-window": "{dialled} was dialled {minutes} min ago: everybody may ring",
    }

    def __init__(self, config: NumberCheckConfig, home: Home) -> None:
        prepare(home.country)
        self._config = config
        self._home = home
        self._household = home.household
        self._people_abroad = bool(config.people_in)
        read = _Reader(home)
        self._ours = read.numbers("own_numbers", config.own_numbers) | frozenset(home.numbers.values())
        self._near = exchanges(self._ours)
        self._further = read.emergency_numbers(config.emergency_numbers)
        protected = [*read.protected(config), *shipped()]
        read.refuse_mistakes()
        self._protected = ProtectedNumbers(protected)
        warned_by = config.warned_by if config.warned_by is not None else {home.country}
        self._costly = CostlyRanges(warned_ranges(warned_by), config.people_in)
        self._keeper = TableKeeper(config.nanpa, home) if config.nanpa is not None else None
        self._recent = self._warm()
        self._checks = tuple(self._wanted())

    @hookimpl
    def check_call(self, call: Call) -> Sequence[Evidence] | None:
        """Say what the number gives away; a call without one is only recorded as such."""
        found = [self._emergency(call), self._shape(call), self._hidden(call), self._protection(call)]
        number = call.caller.number
        if number is not None and call.caller.presentation is Presentation.SHOWN:
            found += [check(call, number) for check in self._checks]
        return [evidence for evidence in found if evidence is not None] or None

    @hookimpl
    def call_finished(self, record: CallRecord) -> None:
        """Remember who called; a call that was only rehearsed leaves no trace."""
        self._remember(self._recent, record.call)

    @hookimpl
    def periodic_jobs(self) -> list[Job]:
        """Renew the table of exchanges when its file changes."""
        return [self._keeper.job()] if self._keeper is not None else []

    @hookimpl
    def health(self) -> list[Problem]:
        """Say if the table of exchanges is old or cannot be read."""
        return self._keeper.problems() if self._keeper is not None else []

    # -- every call ------------------------------------------------------------------------------------------

    def _emergency(self, call: Call) -> Evidence | None:
        span = self._config.emergency_window
        if not span:
            return None
        dialled = self._household.dialled_since(call.received_at - span)
        return window(dialled, call.received_at, call.country, self._further) if dialled else None

    def _shape(self, call: Call) -> Evidence | None:
        skip, caller = self._config.skip, call.caller
        if CheckName.IMPOSSIBLE not in skip and (flawed := impossible(caller, people_abroad=self._people_abroad)):
            return flawed
        number = caller.number if caller.presentation is Presentation.SHOWN else None
        return invalid(number) if number and CheckName.INVALID not in skip else None

    def _hidden(self, call: Call) -> Evidence | None:
        return None if CheckName.HIDDEN in self._config.skip else hidden(call.caller)

    def _protection(self, call: Call) -> Evidence | None:
        return None if CheckName.PROTECTED in self._config.skip else self._protected.check(call.caller.numbers)

    # -- calls that show a number ----------------------------------------------------------------------------

    def _wanted(self) -> Iterator[_NumberCheck]:
        """Yield the checks that the household did not leave out."""
        by_name: Mapping[CheckName, _NumberCheck] = {
            CheckName.OWN: self._own,
            CheckName.NEIGHBOUR: self._neighbour,
            CheckName.COSTLY: self._costly_call_back,
            CheckName.BURST: self._burst,
            CheckName.CALLED_AGAIN: self._called_again,
        }
        yield from (check for name, check in by_name.items() if name not in self._config.skip)
        if self._config.nobody_abroad:
            yield self._international
        if self._config.repeat_passes is not None:
            yield self._passes
        if self._keeper is not None:
            yield self._unassigned

    def _own(self, _: Call, number: str) -> Evidence | None:
        return own(number, self._ours, is_proof=self._config.own_number_is_proof)

    def _neighbour(self, call: Call, number: str) -> Evidence | None:
        return neighbour(number, self._near, self._ours, call.attestation)

    def _costly_call_back(self, call: Call, number: str) -> Evidence | None:
        return self._costly.check(number, call.country)

    def _international(self, call: Call, number: str) -> Evidence | None:
        return international(number, call.country, self._config.people_in)

    def _burst(self, call: Call, number: str) -> Evidence | None:
        wished = self._config.burst
        first_heard = self._household.first_heard
        at = call.received_at
        return burst(number, at, self._recent, first_heard, within=wished.within, at_least=wished.numbers)

    def _called_again(self, call: Call, number: str) -> Evidence | None:
        return called_again(number, call.received_at, self._recent, self._config.called_again)

    def _passes(self, call: Call, number: str) -> Evidence | None:
        wished = self._config.repeat_passes
        if wished is None:
            return None
        return passes(number, call.received_at, self._recent, wished.within, wished.times)

    def _unassigned(self, call: Call, number: str) -> Evidence | None:
        table = self._keeper.table if self._keeper is not None else None
        return unassigned(number, table, call.received_at) if table is not None else None

    # -- memory ----------------------------------------------------------------------------------------------

    def _warm(self) -> Recent:
        """Remember what the house heard before it was started."""
        recent = Recent(self._config.burst.last_digits)
        spans = [self._config.burst.within, self._config.called_again]
        spans += [self._config.repeat_passes.within] if self._config.repeat_passes is not None else []
        for call in reversed(self._household.heard_since(self._home.clock.now() - max(spans))):
            self._remember(recent, call)
        return recent

    @staticmethod
    def _remember(recent: Recent, call: Call) -> None:
        if call.caller.number is not None and not call.internal:
            recent.add(call.caller.number, call.received_at)


class _Reader:
    """Reads the household's numbers as somebody in its country means them, and collects the mistakes."""

    def __init__(self, home: Home) -> None:
        self._country = home.country if known_country(home.country) else "US"
        self._written_at = home.written_at
        self._mistakes: list[str] = []

    def numbers(self, key: str, texts: Sequence[str]) -> frozenset[str]:
        found = (self._read(f"{key}.{place}", text, require_e164) for place, text in enumerate(texts))
        return frozenset(number for number in found if number)

    def emergency_numbers(self, texts: Sequence[str]) -> frozenset[str]:
        """Short codes stay as they are dialled."""
        found = (
            text if _is_short(text) else self._read(f"emergency_numbers.{place}", text, require_e164)
            for place, text in enumerate(texts)
        )
        return frozenset(number for number in found if number)

    def protected(self, config: NumberCheckConfig) -> Iterator[Protected]:
        for place, entry in enumerate(config.protected):
            key = f"protected.{place}"
            is_prefix = entry.prefix is not None
            value = self._read(key, entry.prefix or entry.number or "", to_prefix if is_prefix else require_e164)
            source = self._written_at(key) or _NOWHERE
            if value:
                yield Protected(value=value, name=entry.name, source=source, is_prefix=is_prefix)

    def refuse_mistakes(self) -> None:
        """ValueError with a line for every number that is none."""
        if self._mistakes:
            raise ValueError("\n".join(self._mistakes))

    def _read(self, key: str, text: str, reading: Callable[[str, str], str]) -> str:
        try:
            return reading(text, self._country)
        except NotANumberError as error:
            self._mistakes.append(f"{key}: {error}")
            return ""


def _is_short(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _SHORT
