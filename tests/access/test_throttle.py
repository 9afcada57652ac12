"""Whoever tries passwords is slowed down; who knows the right one gets in."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard.access import Throttle

HOUR = 3600.0


@pytest.fixture
def throttle() -> Throttle:
    return Throttle()


def tried(throttle: Throttle, address: str, seconds: float, *, name: str = "ana", every: float = 0.25) -> int:
    """Return how many passwords somebody gets to try who asks again and again for so long."""
    now, count = 0.0, 0
    while now < seconds:
        count += not throttle.attempt(address, name, known=False, now=now)
        now += every
    return count


def test_five_attempts_are_free_and_then_each_wait_is_twice_as_long(throttle: Throttle) -> None:
    waits: list[float] = []
    now = 100.0
    for _ in range(13):
        wait = throttle.attempt("192.168.1.7", "ana", known=True, now=now)
        waits.append(wait)
        now += wait
        if wait:
            assert throttle.attempt("192.168.1.7", "ana", known=True, now=now) == 0
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]


def test_a_wait_is_told_in_seconds_that_get_fewer(throttle: Throttle) -> None:
    for _ in range(5):
        throttle.attempt("192.168.1.7", "ana", known=True, now=0)
    assert throttle.attempt("192.168.1.7", "ana", known=True, now=0.25) == 0.75
    assert throttle.attempt("192.168.1.7", "ana", known=True, now=1) == 0


def test_slow_trying_is_slowed_down_too(throttle: Throttle) -> None:
    # one every 20 seconds is never five a minute, but more than twenty an hour
    waits = [throttle.attempt("192.168.1.7", "ana", known=True, now=20.0 * n) for n in range(60)]
    assert not any(waits[:25])
    assert any(waits[25:])
    assert tried(throttle, "10.0.0.1", HOUR) < 80


def test_after_a_quiet_hour_all_is_forgiven(throttle: Throttle) -> None:
    for n in range(200):
        throttle.attempt("192.168.1.7", "ana", known=True, now=float(n))
    assert throttle.attempt("192.168.1.7", "ana", known=True, now=200 + HOUR) == 0
    assert throttle.attempt("192.168.1.7", "ana", known=True, now=200 + HOUR) == 0


def test_many_at_once_gain_nothing(throttle: Throttle) -> None:
    allowed = [throttle.attempt("192.168.1.7", "ana", known=True, now=5.0) == 0 for _ in range(1000)]
    assert sum(allowed) == 5


def test_the_right_password_is_not_counted(throttle: Throttle) -> None:
    for n in range(100):
        assert throttle.attempt("192.168.1.7", "ana", known=False, now=float(n)) == 0
        throttle.succeeded("192.168.1.7", "ana", known=False)


def test_an_own_account_does_not_wash_off_attempts_at_another(throttle: Throttle) -> None:
    count = 0
    for n in range(400):
        now = n * 0.25
        count += not throttle.attempt("10.0.0.9", "ana", known=False, now=now)
        if not throttle.attempt("10.0.0.9", "eve", known=True, now=now):
            throttle.succeeded("10.0.0.9", "eve", known=True)
    assert count < 15


def test_ten_thousand_wrong_passwords_never_lock_out_where_somebody_signed_in_before(throttle: Throttle) -> None:
    for n in range(10_000):
        throttle.attempt(f"10.{n % 250}.0.1", "ana", known=False, now=n / 100)
    assert throttle.attempt("192.168.1.7", "ana", known=True, now=100) == 0


def test_a_new_telephone_gets_its_turn_while_the_account_is_attacked(throttle: Throttle) -> None:
    attackers = [f"10.0.{n}.1" for n in range(200)]
    for n in range(2000):
        throttle.attempt(attackers[n % 200], "ana", known=False, now=n / 10)
    wait = throttle.attempt("192.168.1.8", "Ana", known=False, now=200)
    assert 1 <= wait <= 60
    for n in range(2000, 2000 + int(wait * 10) + 1):
        throttle.attempt(attackers[n % 200], "ana", known=False, now=n / 10)
    assert throttle.attempt("192.168.1.8", "ana", known=False, now=200 + wait) == 0


def test_an_attacked_account_does_not_slow_down_another(throttle: Throttle) -> None:
    for n in range(100):
        throttle.attempt(f"10.0.{n}.1", "ana", known=False, now=1)
    assert throttle.attempt("192.168.1.8", "ana", known=False, now=2) > 0
    assert throttle.attempt("192.168.1.8", "ben", known=False, now=2) == 0


@pytest.mark.parametrize("spelling", ["ANA", " ana ", "a\u200bna", "\uff41na", "ana\x00"], ids=ascii)
def test_an_account_is_the_same_in_every_spelling(throttle: Throttle, spelling: str) -> None:
    for number in range(30):
        throttle.attempt(f"192.168.1.{number}", "ana", known=False, now=0.0)
    assert throttle.attempt("192.168.1.99", spelling, known=False, now=0.0) > 0


def test_addresses_made_up_in_one_network_count_together(throttle: Throttle) -> None:
    asked = [throttle.attempt(f"2001:db8::{n:x}", f"n{n}", known=False, now=1) for n in range(1, 50)]
    assert asked.count(0) == 5
    assert throttle.attempt("2001:db8:0:1::1", "ana", known=False, now=1) == 0, "the next network"
    assert throttle.attempt("2001:db8::77", "ana", known=True, now=1) == 0, "a telephone that is known there"


@pytest.mark.parametrize("same", ["10.0.0.1", "::ffff:10.0.0.1", "::ffff:a00:1"])
def test_an_address_is_the_same_in_every_spelling(throttle: Throttle, same: str) -> None:
    for n in range(5):
        throttle.attempt("10.0.0.1", f"n{n}", known=False, now=1)
    assert throttle.attempt(same, "ana", known=False, now=1) > 0


def test_memory_is_bounded(throttle: Throttle) -> None:
    for n in range(25_000):
        throttle.attempt(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", f"name {n}", known=False, now=1)
        throttle.attempt(f"11.{n >> 16}.{n >> 8 & 255}.{n & 255}", "ana", known=False, now=1)
    assert max(len(throttle._clients), len(throttle._accounts), len(throttle._turns)) == 10_000


@given(st.text(max_size=50), st.text(max_size=20), st.booleans(), st.integers(0, 2**32))
def test_any_address_and_name_is_counted_without_a_crash(address: str, name: str, known: bool, seed: int) -> None:
    throttle, chance, now = Throttle(), random.Random(seed), 0.0
    for _ in range(30):
        now += chance.random() * 10
        assert 0 <= throttle.attempt(address, name, known=known, now=now) <= 60
        if chance.random() < 0.2:
            throttle.succeeded(address, name, known=known)
