"""A plugin's periodic work."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something a plugin wants done again and again, such as looking up its registrar's addresses."""

    name: str
    "Unique within the plugin; shown in `callguard status`."
    every: timedelta
    run: Callable[[], Awaitable[None]]
    "Raising means failed: it is tried again with back-off, and the failure shows on the health page."
    first_after: timedelta | None = None
    "How long after the start it runs for the first time; None: after `every`."
    speaks: bool = True
    "Whether its failures are shown as a problem; not where the thing it looks after speaks for itself."

    due: Callable[[datetime], datetime] | None = None
    """Says, given the time, when it runs next: for work that belongs to an hour of the day.

    It then runs within ten minutes of that, instead of after `every`.
    """

    def __post_init__(self) -> None:
        """TypeError unless its times are stretches of time: noticed where it is made, not when it is due."""
        times: tuple[object, object] = (self.every, self.first_after or timedelta())
        if not all(isinstance(time, timedelta) for time in times):
            raise TypeError(f"the job {self.name!r}: `every` and `first_after` must be timedelta")


class TryLaterError(Exception):
    """Raised by a job to be left alone for a while, as a server asked with Retry-After."""

    def __init__(self, message: str, after: timedelta) -> None:
        super().__init__(message)
        self.after = after
