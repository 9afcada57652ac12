import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from callguard import DncState
from callguard.testing import HookRunner
from callguard_dnc.plugin import Dnc
from tests.plugins.dnc.conftest import Build

REGISTERED = {"registered_on": "2026-03-01"}

MOMENTS = {
    "day 30": ("2026-03-31 12:00", DncState.GRACE),
    "day 31, a minute before it begins in New York": ("2026-04-01 03:59", DncState.GRACE),
    "day 31, as it begins in New York": ("2026-04-01 04:00", DncState.REGISTERED),
    "day 32": ("2026-04-02 12:00", DncState.REGISTERED),
    "before the registration": ("2026-02-28 12:00", DncState.NOT_REGISTERED),
}


@pytest.mark.parametrize(("utc", "state"), MOMENTS.values(), ids=MOMENTS.keys())
def test_a_status_goes_by_the_day_of_the_call_where_the_line_is(build: Build, utc: str, state: DncState) -> None:
    status = build({"Home": REGISTERED}).dnc_status("Home", datetime.fromisoformat(f"{utc}+00:00"))
    assert status is not None
    assert status.state is state


def test_a_line_elsewhere_has_its_own_calendar(build: Build) -> None:
    plugin = build({"Cabin": REGISTERED}, zones={"Cabin": "Pacific/Honolulu"})
    status = plugin.dnc_status("Cabin", datetime(2026, 4, 1, 9, 59, tzinfo=UTC))
    assert status is not None
    assert status.state is DncState.GRACE


DECLARED = {
    "registered": (REGISTERED, "US", DncState.REGISTERED, "us"),
    "not registered": ({"not_registered": True}, "US", DncState.NOT_REGISTERED, "us"),
    "a business": ({**REGISTERED, "kind": "business"}, "US", DncState.NOT_APPLICABLE, "us"),
    "a mobile": ({**REGISTERED, "kind": "mobile"}, "CA", DncState.REGISTERED, "ca"),
    "nothing said": ({}, "US", DncState.UNKNOWN, "us"),
    "a state": ({**REGISTERED, "jurisdiction": "US-PA"}, "US", DncState.REGISTERED, "us-pa"),
    "a country nobody wrote about": (REGISTERED, "DE", DncState.UNKNOWN, ""),
    "another country than the house": ({**REGISTERED, "jurisdiction": "no"}, "DE", DncState.REGISTERED, "no"),
}


@pytest.mark.parametrize(("declared", "country", "state", "law"), DECLARED.values(), ids=DECLARED.keys())
def test_a_status_is_what_was_declared_under_the_law_of_the_line(
    build: Build, declared: dict[str, object], country: str, state: DncState, law: str
) -> None:
    plugin = build({"Home": declared}, country=country)
    status = plugin.dnc_status("Home", datetime(2026, 6, 1, tzinfo=UTC))
    found = plugin.jurisdiction("Home")
    assert status is not None
    assert (status.state, status.jurisdiction) == (state, law)
    assert (found.id if found else "") == law


def test_a_line_nobody_declared_is_unknown_not_missing(build: Build) -> None:
    status = build().dnc_status("Attic", datetime(2026, 6, 1, tzinfo=UTC))
    assert status is not None
    assert (status.state, status.line, status.provenance) == (DncState.UNKNOWN, "Attic", "")


def test_the_country_of_a_line_is_that_of_its_number(build: Build) -> None:
    law = build(country="US", numbers={"Home": "+14165550100"}).jurisdiction("Home")
    assert law is not None
    assert law.id == "ca"


def test_a_status_carries_where_it_is_known_from(tmp_path: Path) -> None:
    runner = HookRunner(
        Dnc, tmp_path, {"lines": {"Home": {**REGISTERED, "proof": "e-mail", "verified_on": "2026-05-01"}}}
    )
    status = runner.dnc_status("Home", datetime(2026, 6, 1, tzinfo=UTC))
    assert status is not None
    assert status.provenance == "declared in config.yaml:6, proof: e-mail"
    assert (status.registered_on, status.takes_effect_on) == (date(2026, 3, 1), date(2026, 4, 1))
    assert (status.verified_on, status.registry) == (date(2026, 5, 1), "National Do Not Call Registry")
    assert status.version == "2026-11-23"


def test_a_file_of_registrations_says_since_when(build: Build, tmp_path: Path) -> None:
    file = tmp_path / "numbers.txt"
    file.write_text("303,5550199\n303,5550100,2026-02-01\n")
    plugin = build({"Home": {"file": str(file)}}, numbers={"Home": "+13035550100"})
    status = plugin.dnc_status("Home", datetime(2026, 6, 1, tzinfo=UTC))
    assert status is not None
    assert (status.state, status.registered_on) == (DncState.REGISTERED, date(2026, 2, 1))
    assert status.provenance == f"file {file}"


def test_a_file_without_days_counts_from_its_own(build: Build, tmp_path: Path) -> None:
    file = tmp_path / "numbers.txt"
    file.write_text("+13035550100\n")
    changed = datetime(2026, 5, 20, 12, tzinfo=UTC).timestamp()
    os.utime(file, (changed, changed))
    plugin = build({"Home": {"file": str(file)}}, numbers={"Home": "+13035550100"})
    status = plugin.dnc_status("Home", datetime(2026, 6, 1, tzinfo=UTC))
    assert status is not None
    assert (status.state, status.registered_on) == (DncState.GRACE, date(2026, 5, 20))


def test_a_file_that_does_not_name_the_line_proves_nothing(build: Build, tmp_path: Path) -> None:
    (tmp_path / "numbers.txt").write_text("303,5550199\n")
    plugin = build({"Home": {"file": str(tmp_path / "numbers.txt")}}, numbers={"Home": "+13035550100"})
    status = plugin.dnc_status("Home", datetime(2026, 6, 1, tzinfo=UTC))
    assert status is not None
    assert (status.state, status.provenance) == (DncState.UNKNOWN, "")
