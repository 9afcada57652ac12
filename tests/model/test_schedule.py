"""Hours of the week, by the clock on the wall."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard.model.schedule import NotAScheduleError, Schedule, Window

MONDAY, FRIDAY, SATURDAY, SUNDAY = "2026-11-23", "2026-11-27", "2026-11-28", "2026-11-29"

BOUNDARIES = {
    "before it begins": ("mon-fri 09:00-17:00", f"{MONDAY}T08:59:59", False),
    "its first minute": ("mon-fri 09:00-17:00", f"{MONDAY}T09:00:00", True),
    "its last second": ("mon-fri 09:00-17:00", f"{MONDAY}T16:59:59.999999", True),
    "its end": ("mon-fri 09:00-17:00", f"{MONDAY}T17:00:00", False),
    "its last day": ("mon-fri 09:00-17:00", f"{FRIDAY}T12:00:00", True),
    "the day after": ("mon-fri 09:00-17:00", f"{SATURDAY}T12:00:00", False),
    "days round the week": ("sat-mon", f"{SUNDAY}T00:00:00", True),
    "days round the week, the last": ("sat-mon", f"{MONDAY}T23:59:59", True),
    "days round the week, not Friday": ("sat-mon", f"{FRIDAY}T23:59:59", False),
    "every day": ("22:00-06:00", f"{SUNDAY}T23:00:00", True),
    "past midnight, its evening": ("fri 22:00-06:00", f"{FRIDAY}T22:00:00", True),
    "past midnight, the evening before": ("fri 22:00-06:00", "2026-11-26T23:00:00", False),
    "past midnight, the morning after": ("fri 22:00-06:00", f"{SATURDAY}T05:59:59", True),
    "past midnight, its end": ("fri 22:00-06:00", f"{SATURDAY}T06:00:00", False),
    "past midnight, its own morning": ("fri 22:00-06:00", f"{FRIDAY}T05:00:00", False),
    "past midnight into Monday": ("sun 22:00-06:00", f"{MONDAY}T01:00:00", True),
    "until midnight": ("fri 22:00-24:00", f"{FRIDAY}T23:59:59", True),
    "until midnight, then": ("fri 22:00-24:00", f"{SATURDAY}T00:00:00", False),
    "00:00 as an end is midnight": ("fri 22:00-00:00", f"{FRIDAY}T23:59:59", True),
    "all day, its first minute": ("fri", f"{FRIDAY}T00:00:00", True),
    "all day, its last": ("fri", f"{FRIDAY}T23:59:59", True),
    "days joined": ("mon+fri 09:00-10:00", f"{FRIDAY}T09:30:00", True),
    "several stretches": ("mon 09:00-10:00, sat 11:00-12:00", f"{SATURDAY}T11:59:00", True),
    "weekdays": ("weekdays 09:00-17:00", f"{SATURDAY}T12:00:00", False),
    "weekends": ("weekends", f"{SATURDAY}T12:00:00", True),
}


@pytest.mark.parametrize(("text", "at", "covered"), BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_hours_begin_with_their_first_minute_and_end_before_their_last(text: str, at: str, covered: bool) -> None:
    assert Schedule.parse(text).covers(datetime.fromisoformat(at).replace(tzinfo=UTC)) is covered


NIGHT = "22:00-06:00"
DAY = "09:00-17:00"
GAP = "02:00-03:00"
CLOCK_CHANGES = {
    # New York, 8 March 2026: 02:00 EST is 03:00 EDT. 1 November: 02:00 EDT is 01:00 EST.
    "New York, spring, before": ("America/New_York", "2026-03-08T06:59:59", GAP, False),
    "New York, spring, the hour that is not": ("America/New_York", "2026-03-08T07:00:00", GAP, False),
    "New York, spring, night ends at six": ("America/New_York", "2026-03-08T09:59:59", NIGHT, True),
    "New York, spring, six by the wall": ("America/New_York", "2026-03-08T10:00:00", NIGHT, False),
    "New York, spring, nine by the wall": ("America/New_York", "2026-03-08T13:00:00", DAY, True),
    "New York, autumn, the first half past one": ("America/New_York", "2026-11-01T05:30:00", "01:00-02:00", True),
    "New York, autumn, the second half past one": ("America/New_York", "2026-11-01T06:30:00", "01:00-02:00", True),
    "New York, autumn, two": ("America/New_York", "2026-11-01T07:00:00", "01:00-02:00", False),
    "New York, autumn, nine by the wall": ("America/New_York", "2026-11-01T14:00:00", DAY, True),
    "New York, autumn, a minute before": ("America/New_York", "2026-11-01T13:59:59", DAY, False),
    # Berlin, 29 March 2026: 02:00 CET is 03:00 CEST. 25 October: 03:00 CEST is 02:00 CET.
    "Berlin, spring, before": ("Europe/Berlin", "2026-03-29T00:59:59", GAP, False),
    "Berlin, spring, the hour that is not": ("Europe/Berlin", "2026-03-29T01:00:00", GAP, False),
    "Berlin, spring, nine by the wall": ("Europe/Berlin", "2026-03-29T07:00:00", DAY, True),
    "Berlin, autumn, the first half past two": ("Europe/Berlin", "2026-10-25T00:30:00", GAP, True),
    "Berlin, autumn, the second half past two": ("Europe/Berlin", "2026-10-25T01:30:00", GAP, True),
    "Berlin, autumn, three": ("Europe/Berlin", "2026-10-25T02:00:00", GAP, False),
    "Berlin, autumn, nine by the wall": ("Europe/Berlin", "2026-10-25T08:00:00", DAY, True),
}


@pytest.mark.parametrize(("zone", "at", "text", "covered"), CLOCK_CHANGES.values(), ids=CLOCK_CHANGES.keys())
def test_the_clock_on_the_wall_decides_on_the_days_when_it_changes(
    zone: str, at: str, text: str, covered: bool
) -> None:
    local = datetime.fromisoformat(at).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert Schedule.parse(text).covers(local) is covered


SPELLINGS = {
    "capitals": ("Mon-Fri 09:00-17:00", "mon-fri 09:00-17:00"),
    "long names": ("monday - friday 9:00 - 17:00", "mon-fri 09:00-17:00"),
    "a typographer's dash": ("mon–fri 09:00–17:00", "mon-fri 09:00-17:00"),
    "half names": ("tues+thurs 08:30-12:00", "tue+thu 08:30-12:00"),
    "out of order": ("sun+mon", "mon+sun 00:00-24:00"),
    "every day": ("21:00-07:00", "mon-sun 21:00-07:00"),
    "daily": ("daily 21:00-07:00", "mon-sun 21:00-07:00"),
    "all week": ("mon-sun", "mon-sun 00:00-24:00"),
    "spaces": ("  sat   10:00-12:00 ,sun  10:00-12:00", "sat 10:00-12:00, sun 10:00-12:00"),
}


@pytest.mark.parametrize(("text", "kept"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_hours_are_kept_in_one_spelling(text: str, kept: str) -> None:
    assert str(Schedule.parse(text)) == kept


REFUSALS = {
    "nothing": ("", "is no stretch of hours"),
    "no colon": ("mon 9-17", "'9-17' is no stretch of hours, such as 09:00-17:00"),
    "no colon, every day": ("9-17", "'9-17' is no stretch of hours, such as 09:00-17:00"),
    "one time": ("mon 09:00", "'09:00' is no stretch of hours, such as 09:00-17:00"),
    "no day": ("moon 09:00-17:00", "'moon' is no day of the week: mon, tue"),
    "too short a day": ("mo 09:00-17:00", "'mo' is no day of the week"),
    "hour 25": ("25:00-26:00", "'25:00' is no time of day"),
    "minute 60": ("08:60-09:00", "'08:60' is no time of day"),
    "after midnight": ("22:00-24:01", "'24:01' is no time of day"),
    "from midnight": ("24:00-06:00", "nothing begins at 24:00"),
    "empty": ("09:00-09:00", "leave the hours out to mean all day"),
    "three words": ("mon tue 09:00-17:00", "is no stretch of hours"),
    "which hours": ("mon, wed 09:00-17:00", "which hours are meant for 'mon'?"),
    "other digits": ("٠٩:٠٠-١٧:٠٠", "is no time of day"),
    "far too much": (",".join(["mon"] * 33), "more than 32 stretches"),
    "a novel": ("x" * 2001, "at most 2000 characters"),
}


@pytest.mark.parametrize(("text", "why"), REFUSALS.values(), ids=REFUSALS.keys())
def test_what_names_no_hours_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(NotAScheduleError) as refused:
        Schedule.parse(text)
    assert why in str(refused.value)


DAYS = st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days)))
MINUTES = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda pair: pair[0] != pair[1])
WINDOWS = st.builds(lambda days, minutes: Window(days, *minutes), DAYS, MINUTES)
SCHEDULES = st.lists(WINDOWS, min_size=1, max_size=32).map(lambda windows: Schedule(tuple(windows)))


@given(SCHEDULES)
def test_hours_read_back_as_they_were_written(schedule: Schedule) -> None:
    assert Schedule.parse(str(schedule)) == schedule


@given(SCHEDULES, st.datetimes())
def test_hours_mean_what_a_list_of_their_minutes_means(schedule: Schedule, local: datetime) -> None:
    minute = local.weekday() * 1440 + local.hour * 60 + local.minute
    expected = any(
        (minute - day * 1440 - window.start) % (7 * 1440) < (window.end - window.start) % 1440
        or ((window.start, window.end) == (0, 1440) and minute // 1440 == day)
        for window in schedule.windows
        for day in window.days
    )
    assert schedule.covers(local) is expected


@given(st.text(max_size=60) | st.from_regex(r"[a-z+-]{0,9} ?[0-9:-]{0,12}(, ?)?", fullmatch=True))
def test_any_text_names_hours_or_is_refused(text: str) -> None:
    try:
        schedule = Schedule.parse(text)
    except NotAScheduleError:
        return
    assert Schedule.parse(str(schedule)) == schedule
