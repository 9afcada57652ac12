from datetime import date, timedelta

import pytest

from callguard import DncState, Registry, Source, status_of

READ = Source(source="https://law.example/", checked_on=date(2026, 1, 1))
REGISTRY = Registry(
    id="us-ftc",
    name="National Do Not Call Registry",
    grace_days=31,
    covers=("home", "mobile"),
    verify="Look.",
    verify_url="https://registry.example/",
    register_url="https://registry.example/",
    read=READ,
)
REGISTERED = date(2026, 3, 1)

DAYS = {
    "the day before": (-1, DncState.NOT_REGISTERED),
    "day 0": (0, DncState.GRACE),
    "day 30": (30, DncState.GRACE),
    "day 31": (31, DncState.REGISTERED),
    "day 32": (32, DncState.REGISTERED),
    "years later": (3000, DncState.REGISTERED),
}


@pytest.mark.parametrize(("days", "state"), DAYS.values(), ids=DAYS.keys())
def test_a_registration_counts_from_day_31_on(days: int, state: DncState) -> None:
    status = status_of(REGISTRY, line="Home", on=REGISTERED + timedelta(days=days), registered_on=REGISTERED)
    assert status.state is state
    assert status.takes_effect_on == date(2026, 4, 1)


def test_a_leap_day_lies_within_the_grace() -> None:
    on_the_29th = status_of(REGISTRY, line="Home", on=date(2028, 2, 29), registered_on=date(2028, 1, 30))
    on_1_march = status_of(REGISTRY, line="Home", on=date(2028, 3, 1), registered_on=date(2028, 1, 30))
    assert (on_the_29th.state, on_1_march.state) == (DncState.GRACE, DncState.REGISTERED)


def test_a_business_line_is_not_applicable_whatever_was_declared() -> None:
    on = date(2026, 6, 1)
    for declared in (REGISTERED, None):
        status = status_of(REGISTRY, line="Office", kind="business", on=on, registered_on=declared)
        assert status.state is DncState.NOT_APPLICABLE


def test_nothing_declared_is_unknown_and_never_guessed() -> None:
    status = status_of(REGISTRY, line="Home", on=date(2026, 6, 1))
    assert (status.state, status.takes_effect_on, status.registered_on) == (DncState.UNKNOWN, None, None)


def test_without_a_registry_nothing_is_known_even_of_a_declared_line() -> None:
    status = status_of(None, line="Home", on=date(2026, 6, 1), registered_on=REGISTERED)
    assert (status.state, status.registry, status.takes_effect_on) == (DncState.UNKNOWN, "", None)


def test_a_line_declared_not_to_be_registered_is_not() -> None:
    status = status_of(REGISTRY, line="Home", on=date(2026, 6, 1), not_registered=True)
    assert status.state is DncState.NOT_REGISTERED


def test_a_status_says_where_it_is_known_from() -> None:
    status = status_of(
        REGISTRY,
        line="Home",
        on=date(2026, 6, 1),
        registered_on=REGISTERED,
        verified_on=date(2026, 5, 1),
        number="+13035550100",
        jurisdiction="us",
        provenance="declared in config.yaml:12",
        version="2026-11-23",
    )
    assert (status.line, status.number, status.jurisdiction) == ("Home", "+13035550100", "us")
    assert (status.registry, status.version) == ("National Do Not Call Registry", "2026-11-23")
    assert (status.provenance, status.verified_on) == ("declared in config.yaml:12", date(2026, 5, 1))
