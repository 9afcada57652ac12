"""Stretches of time in settings, as people write them."""

from datetime import timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from callguard import Span

SPANS: TypeAdapter[timedelta] = TypeAdapter(Span)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("30s", timedelta(seconds=30)),
        ("90m", timedelta(minutes=90)),
        ("24h", timedelta(days=1)),
        (" 3 d ", timedelta(days=3)),
        ("2w", timedelta(weeks=2)),
        ("0", timedelta(0)),
        ("PT12H", timedelta(hours=12)),
        ("1 day", timedelta(days=1)),
        ("12:00:00", timedelta(hours=12)),
    ],
)
def test_a_stretch_of_time_is_read_as_people_write_it(text: str, meant: timedelta) -> None:
    assert SPANS.validate_python(text) == meant


@pytest.mark.parametrize("text", ["", "soon", "12 hours or so", "h", "-3h", "٣h"])
def test_what_is_no_stretch_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        SPANS.validate_python(text)
