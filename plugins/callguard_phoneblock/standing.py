"""How CallGuard stands with PhoneBlock: whether its key is taken, and whether it is left alone for a while."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from callguard import Clock, FetchError, Problem, Severity

_REFUSED = (401, 403)
_TOO_MANY = 429
_FIRST_REST = timedelta(minutes=1)
_LONGEST_REST = timedelta(hours=1)
_DAY = timedelta(days=1)


class Standing:
    """Remembers how the last questions went, until the next start."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refused_since: datetime | None = None
        self._failing_since: datetime | None = None
        self._failures = 0
        self._rests_until: float | None = None
        self._why = ""

    def explained(self, error: FetchError) -> FetchError:
        """Note what *error* says about our key, and return it in words that help."""
        if error.status not in _REFUSED:
            return error
        self._refused_since = self._refused_since or self._clock.now()
        text = f"PhoneBlock does not take the API key (it answered {error.status})"
        return FetchError(text, status=error.status, retry_after=error.retry_after)

    def let_in(self) -> None:
        """Note that the key was taken."""
        self._refused_since = None

    def succeeded(self) -> None:
        """Note that a look-up was answered."""
        self.let_in()
        self._failing_since, self._failures, self._rests_until, self._why = None, 0, None, ""

    def failed(self, why: str, *, status: int | None = None, after: timedelta | None = None) -> None:
        """Note that a look-up was not answered: it is not tried again for a while, twice as long each time."""
        self._failing_since = self._failing_since or self._clock.now()
        self._failures += 1
        rest = min(_LONGEST_REST, _FIRST_REST * (1 << min(self._failures - 1, 6)))
        if status in _REFUSED or status == _TOO_MANY:
            rest = _LONGEST_REST
        if after is not None:
            rest = max(rest, min(after, _DAY))
        self._rests_until = self._clock.monotonic() + rest.total_seconds()
        self._why = why

    @property
    def resting(self) -> str:
        """Why nothing is looked up now; empty if it may be."""
        over = self._rests_until is None or self._clock.monotonic() >= self._rests_until
        return "" if over else self._why

    def problems(self) -> Iterator[Problem]:
        """Yield what a person should know."""
        if self._refused_since is not None:
            yield Problem(
                code="phoneblock-token",
                severity=Severity.PROBLEM,
                what="PhoneBlock does not take the API key: its list is not updated, and nobody is looked up there.",
                since=self._refused_since,
                cure="Make a new key on the settings page of phoneblock.net and write it to `phoneblock.token`.",
                where="phoneblock",
            )
        elif self.resting and self._failing_since is not None:
            yield Problem(
                code="phoneblock-unreachable",
                severity=Severity.PROBLEM,
                what=f"PhoneBlock does not answer look-ups: {self._why}.",
                since=self._failing_since,
                cure="It is tried again by itself; callers are judged by what is known at home meanwhile.",
                where="phoneblock",
            )
