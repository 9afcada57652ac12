"""The real clock and real randomness behave as those handed in by tests."""

from datetime import UTC

import pytest

from callguard.ambient import SystemClock, SystemRandomness


def test_the_clock_knows_its_zone_and_never_goes_back() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()


@pytest.mark.parametrize("count", [1, 7, 8, 35, 64, 40_000])
def test_random_bits_fill_their_range_and_do_not_repeat(count: int) -> None:
    chance = SystemRandomness()
    drawn = [chance.bits(count) for _ in range(200)]
    assert all(0 <= value < 1 << count for value in drawn)
    assert max(drawn).bit_length() > count - 8 or count == 1
    assert len(set(drawn)) > (1 if count < 30 else 199)


def test_tokens_use_every_character_about_equally_often() -> None:
    text = SystemRandomness().token(36_000)
    counts = [text.count(c) for c in "0123456789abcdefghijklmnopqrstuvwxyz"]
    assert sum(counts) == 36_000
    assert 800 < min(counts) <= max(counts) < 1200
