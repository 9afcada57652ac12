"""Hours of the week: `mon-fri 09:00-17:00, sat 10:00-12:00`, by the clock on the wall."""

import re
from dataclasses import dataclass
from datetime import datetime

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SEVERAL_DAYS = {"daily": tuple(range(7)), "weekdays": (0, 1, 2, 3, 4), "weekends": (5, 6), "weekend": (5, 6)}
_WHOLE_DAY = 24 * 60
_MOST_WINDOWS = 32
_LONGEST_TEXT = 2000
_TIME = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_DASH = re.compile(r" ?[-‐‑–—] ?")


class NotAScheduleError(ValueError):
    """A text that was expected to name hours of the week does not."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of hours on some days of the week; one that ends before it begins passes midnight."""

    days: tuple[int, ...]
    "0 is Monday; the day on which the window begins."
    start: int
    "Minutes after midnight, 0 to 1439."
    end: int
    "Minutes after midnight, 1 to 1440; not included."

    def covers(self, local: datetime) -> bool:
        """Tell whether the time *local* on the wall lies in it."""
        minute, today = local.hour * 60 + local.minute, local.weekday()
        if self.start < self.end:
            return today in self.days and self.start <= minute < self.end
        begun_today = today in self.days and minute >= self.start
        return begun_today or ((today - 1) % 7 in self.days and minute < self.end)

    def __str__(self) -> str:
        return f"{_days_text(self.days)} {_time_text(self.start)}-{_time_text(self.end)}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something applies. The clock on the wall decides, so a change to daylight saving time moves nothing."""

    windows: tuple[Window, ...]

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """Read `mon-fri 09:00-17:00, sat+sun 10:00-12:00`; days or hours may be left out (every day, all day).

        NotAScheduleError says what is wrong, in words for its author.
        """
        if len(text) > _LONGEST_TEXT:
            raise NotAScheduleError(f"hours take at most {_LONGEST_TEXT} characters")
        parts = [_DASH.sub("-", " ".join(part.lower().split())) for part in text.split(",")]
        if len(parts) > _MOST_WINDOWS:
            raise NotAScheduleError(f"more than {_MOST_WINDOWS} stretches of hours")
        _refuse_unclear(parts)
        return cls(tuple(_window(part) for part in parts))

    def covers(self, local: datetime) -> bool:
        """Tell whether the time *local* on the wall lies in one of its windows."""
        return any(window.covers(local) for window in self.windows)

    def __str__(self) -> str:
        return ", ".join(str(window) for window in self.windows)


def _refuse_unclear(parts: list[str]) -> None:
    """Refuse `mon, wed 09:00-17:00`: its author means Monday from nine to five, and would get all Monday."""
    whole_days = [part for part in parts if part and ":" not in part]
    if whole_days and len(whole_days) < len(parts):
        day = whole_days[0][:40]
        raise NotAScheduleError(
            f"which hours are meant for {day!r}? Join days by + (mon+wed 09:00-17:00), or write {day} 00:00-24:00"
        )


def _window(text: str) -> Window:
    words = text.split()
    if not words or len(words) > 2:
        raise NotAScheduleError(f"{text[:60]!r} is no stretch of hours: write it like mon-fri 09:00-17:00")
    hours = words[-1] if ":" in words[-1] else ""
    if not hours and (len(words) == 2 or words[0][0].isdecimal()):
        raise NotAScheduleError(f"{words[-1]!r:.60} is no stretch of hours, such as 09:00-17:00")
    days = words[0] if len(words) == 2 or not hours else ""
    start, end = _hours(hours) if hours else (0, _WHOLE_DAY)
    return Window(_days(days) if days else tuple(range(7)), start, end)


def _days(text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.split("+"):
        if part in _SEVERAL_DAYS:
            found.update(_SEVERAL_DAYS[part])
            continue
        first, dash, last = part.partition("-")
        begin, end = _day(first), _day(last) if dash else _day(first)
        found |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
    return tuple(sorted(found))


def _day(text: str) -> int:
    if len(text) >= 3:
        for number, short in enumerate(_DAYS):
            if text.startswith(short) and _LONG_DAYS[number].startswith(text):
                return number
    raise NotAScheduleError(f"{text!r:.60} is no day of the week: {', '.join(_DAYS)}")


def _hours(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    if not dash:
        raise NotAScheduleError(f"{text!r:.60} is no stretch of hours, such as 09:00-17:00")
    start, end = _minutes(first), _minutes(last)
    if start == _WHOLE_DAY:
        raise NotAScheduleError("nothing begins at 24:00: write 00:00")
    if start == end:
        raise NotAScheduleError(f"{text!r:.60} is empty; leave the hours out to mean all day")
    return start, end or _WHOLE_DAY


def _minutes(text: str) -> int:
    match = _TIME.fullmatch(text)
    hour, minute = (int(match[1]), int(match[2])) if match else (99, 99)
    if minute > 59 or hour * 60 + minute > _WHOLE_DAY:
        raise NotAScheduleError(f"{text!r:.60} is no time of day, such as 09:00 or 21:30")
    return hour * 60 + minute


def _days_text(days: tuple[int, ...]) -> str:
    if len(days) == 7:
        return "mon-sun"
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return "+".join(_DAYS[run[0]] if len(run) == 1 else f"{_DAYS[run[0]]}-{_DAYS[run[-1]]}" for run in runs)


def _time_text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
