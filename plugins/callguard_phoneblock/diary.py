"""When PhoneBlock was asked for its list: all of it at most once a month, what changed at most once a day.

Written before each request and after each answer, so that neither restarts nor kills nor impatience ask more often.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

_MONTH = timedelta(days=30)
_DAY = timedelta(days=1)
_FIRST_PAUSE = timedelta(minutes=10)
_LARGEST = 100_000


@dataclass(slots=True)
class Requests:
    """The requests of one sort."""

    pause: float
    "Seconds between two that were answered in full."
    begun: str = ""
    "When the last one was sent, ISO; set before it is."
    answered: str = ""
    "When the last one that was answered in full was sent."
    unanswered: int = 0
    "How many since then were not."

    def next(self) -> datetime | None:
        """Return when the next one may be sent; None: at any time."""
        due = [datetime.fromisoformat(self.answered) + timedelta(seconds=self.pause)] if self.answered else []
        if self.unanswered:
            pause = min(_DAY, _FIRST_PAUSE * (1 << min(self.unanswered - 1, 10)))
            due.append(datetime.fromisoformat(self.begun) + pause)
        return max(due, default=None)

    def wait(self, now: datetime) -> timedelta:
        """Return how long the next one has to wait; a clock that was set back does not make it longer than usual."""
        due = self.next()
        return min(max(due - now, timedelta()), timedelta(seconds=self.pause)) if due else timedelta()

    def begin(self, now: datetime) -> None:
        """Note that one is being sent."""
        self.begun, self.unanswered = now.isoformat(), self.unanswered + 1

    def end(self) -> None:
        """Note that it was answered in full."""
        self.answered, self.unanswered = self.begun, 0

    def forget(self) -> None:
        """Note that it cost PhoneBlock nothing: it was refused at the door."""
        self.unanswered = max(0, self.unanswered - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """The last answer that came in full, and lies on the disk."""

    version: int
    "The list's version after it."
    since: int | None = None
    "The version that it says what changed since; None: it is the whole list."


@dataclass(slots=True)
class Diary:
    """The requests for the list."""

    path: Path
    whole: Requests = field(default_factory=lambda: Requests(_MONTH.total_seconds()))
    changes: Requests = field(default_factory=lambda: Requests(_DAY.total_seconds()))
    version: int | None = None
    "Of the whole list that is kept."
    arrived: Arrived | None = None

    @classmethod
    def load(cls, path: Path) -> "Diary":
        """Return the diary at *path*; one that cannot be read begins anew."""
        diary = cls(path)
        try:
            with path.open("rb") as file:
                facts = json.loads(file.read(_LARGEST))
            for name, requests in (("whole", diary.whole), ("changes", diary.changes)):
                requests.begun, requests.answered = _time(facts[name]["begun"]), _time(facts[name]["answered"])
                requests.unanswered = int(facts[name]["unanswered"]) if requests.begun else 0
            diary.version = None if facts["version"] is None else int(facts["version"])
            diary.arrived = Arrived(**facts["arrived"]) if facts["arrived"] else None
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return cls(path)
        return diary

    def save(self) -> None:
        """Write it, all of it or nothing; OSError if the disk does not take it, and then nothing may be asked."""
        arrived = asdict(self.arrived) if self.arrived else None
        requests = {"whole": asdict(self.whole), "changes": asdict(self.changes)}
        facts = {**requests, "version": self.version, "arrived": arrived}
        aside = self.path.with_suffix(".new")
        descriptor = os.open(aside, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(facts).encode())
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self.path)


def _time(text: object) -> str:
    if not text:
        return ""
    at = datetime.fromisoformat(str(text))
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at.isoformat()
