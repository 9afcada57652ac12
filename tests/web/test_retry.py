"""A server may say for how long it wants to be left alone."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard.testing import NOON
from callguard.web.retry import retry_after

FUZZED = settings(max_examples=min(1000, int(os.environ.get("CALLGUARD_FUZZ") or 100)))


@pytest.mark.parametrize(
    ("value", "after"),
    [
        ("120", timedelta(minutes=2)),
        (" 0 ", timedelta()),
        ("Fri, 02 Jan 2026 12:30:00 GMT", timedelta(minutes=30)),
        ("Friday, 02-Jan-26 12:30:00 GMT", timedelta(minutes=30)),
        ("Fri, 02 Jan 2026 11:00:00 GMT", timedelta()),
        ("Fri, 02 Jan 2026 12:30:00", timedelta(minutes=30)),
        ("9" * 400, timedelta(days=30)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(days=30)),
        (None, None),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("٣", None),
        ("Fri, 99 Jan 2026 12:30:00 GMT", None),
    ],
)
def test_seconds_and_dates_are_understood(value: str | None, after: timedelta | None) -> None:
    assert retry_after(value, NOON) == after


@FUZZED
@given(st.text(max_size=100) | st.from_regex(r"\w{3}, \d+ \w{3} \d+ \d+:\d+:\d+ [-+]?\w+"))
def test_any_text_is_understood_or_ignored(value: str) -> None:
    after = retry_after(value, datetime(2026, 1, 2, tzinfo=UTC))
    assert after is None or timedelta() <= after <= timedelta(days=30)
