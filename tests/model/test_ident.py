"""Ids of records can be typed, sort by time, and never collide by design."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard.model.ident import CHANCE_BITS, looks_like_id, new_id

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
CHANCES = st.integers(0, (1 << CHANCE_BITS) - 1)


@given(MOMENTS, CHANCES, CHANCES)
def test_ids_sort_by_time_whatever_chance_adds(now: datetime, one: int, other: int) -> None:
    later = now + timedelta(milliseconds=2)
    assert new_id(now, one) < new_id(later, other)
    assert len(new_id(now, one)) == 16
    assert looks_like_id(new_id(now, one))


def test_an_id_is_what_it_always_was() -> None:
    assert new_id(datetime(2026, 1, 2, 12, tzinfo=UTC), 1) == "1kdz98cg00000001"


@pytest.mark.parametrize("text", ["", "abc", "oilu1234", "1kdz98cg000000012", "a b c d"])
def test_what_cannot_be_an_id_is_not_looked_for(text: str) -> None:
    assert not looks_like_id(text)
