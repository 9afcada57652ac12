"""Times and counts as people say them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callguard.console.wording import ago, browser, count, day, full, millis, moment, sentence, span, stamp

DENVER = ZoneInfo("America/Denver")
NOW = datetime(2026, 11, 22, 18, 46, tzinfo=DENVER)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOW, "Today"),
        (date(2026, 11, 21), "Yesterday"),
        ("2026-11-20T10:00:00-07:00", "Friday 20 November"),
        ("2026-11-23T03:00:00Z", "Today"),
        (date(2025, 12, 31), "Wednesday 31 December 2025"),
    ],
    ids=str,
)
def test_a_day_is_named_by_the_clock_of_the_household(at: datetime | str | date, said: str) -> None:
    assert day(at, NOW) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOW - timedelta(hours=18), "00:46"),
        (NOW - timedelta(hours=19), "Sat 23:46"),
        (NOW - timedelta(days=6), "Mon 18:46"),
        (NOW - timedelta(days=7), "15 Nov 18:46"),
        (NOW + timedelta(days=1), "Mon 18:46"),
        (NOW.replace(year=2025), "22 Nov 2025 18:46"),
    ],
    ids=str,
)
def test_a_short_time_leaves_out_what_everybody_knows(at: datetime, said: str) -> None:
    assert stamp(at, NOW) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "just now"),
        (59, "just now"),
        (-59, "just now"),
        (60, "1 minute ago"),
        (7200, "2 hours ago"),
        (-7200, "in 2 hours"),
        (86400 * 9, "9 days ago"),
    ],
)
def test_how_long_ago_is_told_in_one_unit(seconds: int, said: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == said


def test_a_full_time_has_its_seconds() -> None:
    assert full("2026-11-23T01:45:03Z", NOW) == "Sun 22 Nov 2026 18:45:03"


def test_a_moment_is_put_on_the_clock_of_the_household() -> None:
    assert moment("2026-11-23T01:45:00+00:00", NOW).isoformat() == "2026-11-22T18:45:00-07:00"


@pytest.mark.parametrize(
    ("length", "said"),
    [(0, "0 seconds"), (1, "1 second"), (90, "2 minutes"), (timedelta(hours=1), "1 hour"), (86400, "1 day")],
    ids=str,
)
def test_a_span_is_told_in_its_largest_unit(length: float | timedelta, said: str) -> None:
    assert span(length) == said


@pytest.mark.parametrize(("value", "said"), [(0.31, "0.3 ms"), (41.3, "41 ms"), (1204.0, "1.2 s")])
def test_milliseconds_are_as_exact_as_they_matter(value: float, said: str) -> None:
    assert millis(value) == said


@pytest.mark.parametrize(("number", "said"), [(0, "0 calls"), (1, "1 call"), (1204, "1,204 calls")])
def test_a_count_has_the_right_form_of_its_word(number: int, said: str) -> None:
    assert count(number, "call") == said
    assert count(2, "try", "tries") == "2 tries"


@pytest.mark.parametrize(
    ("client", "said"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile "
            "Safari/537.36",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/19.1 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.14.1", "curl/8.14.1"),
        ("", ""),
    ],
    ids=["Linux", "Android", "iPhone", "none of the usual", "nothing"],
)
def test_a_browser_is_named_as_people_call_it(client: str, said: str) -> None:
    assert browser(client) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [("the line is deaf", "The line is deaf."), ("Done.", "Done."), ("well?", "Well?")],
    ids=["neither", "both", "a question"],
)
def test_what_stands_between_sentences_begins_and_ends_as_one(text: str, said: str) -> None:
    assert sentence(text) == said
