from collections.abc import Mapping
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from callguard import Agency, CallKind, Jurisdiction, Source, within_hours
from callguard_dnc.library import jurisdiction_of, known_jurisdictions, laid_over
from callguard_dnc.shapes import JurisdictionShape

FOLDER = files("callguard_dnc").joinpath("jurisdictions")
HOLDS = {
    *("called_number", "call_date", "call_time", "prerecorded", "medium", "subject", "subject_other", "narrative"),
    *("caller_number", "caller_name", "business", "asked_to_stop", "issue", "call_type", "advertised"),
    *(
        "advertiser_number",
        "phone_service",
        "first_name",
        "last_name",
        "street",
        "city",
        "state",
        "postcode",
        "email",
    ),
}
EVERY = pytest.mark.parametrize("name", known_jurisdictions())


def law_of(name: str) -> Jurisdiction:
    found = jurisdiction_of(name)
    assert found is not None
    return found


def agency_of(law: Jurisdiction, name: str) -> Agency:
    return next(one for one in law.agencies if one.id == name)


def sources(law: Jurisdiction) -> list[Source]:
    found = [one.read for one in law.exemptions] + [one.read for one in law.agencies]
    found += [part.read for part in (law.registry, law.hours) if part]
    return [*found, law.robocalls_read] if law.robocalls_read else found


def test_the_files_are_there() -> None:
    assert known_jurisdictions() == ("ca", "gb", "no", "us", "us-ny", "us-pa")


@EVERY
def test_a_file_is_named_by_its_id_and_that_of_a_state_by_its_country(name: str) -> None:
    law = law_of(name)
    assert law.id == name
    assert law.country == name[:2].upper()
    assert date(2026, 1, 1) <= date.fromisoformat(law.version)


@EVERY
def test_a_file_reads_the_same_without_the_fast_parser(name: str) -> None:
    text = FOLDER.joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    assert yaml.load(text, Loader=yaml.SafeLoader) == yaml.load(
        text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )


@EVERY
def test_every_legal_figure_names_its_page_and_the_day_it_was_read(name: str) -> None:
    found = sources(law_of(name))
    assert found
    for read in found:
        assert "https://" in read.source or "http://" in read.source
        assert date(2026, 1, 1) <= read.checked_on <= date.fromisoformat(law_of(name).version)


@EVERY
def test_a_robocall_rule_is_never_without_its_source(name: str) -> None:
    law = law_of(name)
    assert law.robocalls_need_consent is (law.robocalls_read is not None)


@EVERY
def test_what_is_not_known_is_said_in_words(name: str) -> None:
    assert law_of(name).unknown
    assert all(len(gap) > 20 and gap == gap.strip() for gap in law_of(name).unknown)


@EVERY
def test_ids_are_there_once(name: str) -> None:
    law = law_of(name)
    for ids in ([one.id for one in law.exemptions], [one.id for one in law.agencies]):
        assert len(ids) == len(set(ids))


@EVERY
def test_a_form_goes_by_labels_and_by_names_that_are_documented(name: str) -> None:
    for agency in law_of(name).agencies:
        labels = [field.label for field in agency.fields]
        assert len(labels) == len(set(labels))
        assert {field.holds for field in agency.fields} <= HOLDS
        subjects = {option for field in agency.fields if field.holds == "subject" for option in field.options}
        assert set(agency.subjects.values()) <= subjects


def test_the_readme_names_what_fields_hold() -> None:
    # From the source tree: the wheel holds no README of a plugin.
    readme = (Path(__file__).parents[3] / "plugins" / "callguard_dnc" / "README.md").read_text(encoding="utf-8")
    assert [name for name in sorted(HOLDS) if f"`{name}`" not in readme] == []


WINDOWS = {
    "us": (31, 18, 3, 10, 0),
    "us-pa": (31, 18, 3, 10, 0),
    "us-ny": (31, 18, 3, 10, 0),
    "ca": (31, 18, 6, 0, 14),
}


@pytest.mark.parametrize(("name", "figures"), WINDOWS.items(), ids=WINDOWS.keys())
def test_the_windows_are_those_of_the_statutes(name: str, figures: tuple[int, ...]) -> None:
    law = law_of(name)
    assert law.registry is not None
    customers = next(one for one in law.exemptions if one.id == "business-relationship")
    found = (law.registry.grace_days, customers.purchase_months, customers.inquiry_months)
    assert (*found, customers.stop_request_business_days, customers.stop_request_days) == figures
    assert customers.ended_by_stop_request


def test_norway_and_britain_wait_as_their_registries_say() -> None:
    found = {name: law_of(name).registry for name in ("no", "gb")}
    assert {name: one.grace_days for name, one in found.items() if one} == {"no": 31, "gb": 28}


KINDS = {
    "us": {"political", "charity", "survey", "debt", "information"},
    "ca": {"political", "charity", "survey", "debt", "sales"},
    "no": {"charity", "survey"},
    "gb": set(),
}


@pytest.mark.parametrize(("name", "kinds"), KINDS.items(), ids=KINDS.keys())
def test_the_kinds_of_calls_a_registry_does_not_stop(name: str, kinds: set[str]) -> None:
    assert {kind.value for one in law_of(name).exemptions for kind in one.kinds} == kinds


HOURS = {
    "us at 8": ("us", "2026-03-10 08:00", True),
    "us before 8": ("us", "2026-03-10 07:59", False),
    "us after 21": ("us", "2026-03-10 21:01", False),
    "us on a Sunday": ("us", "2026-03-08 12:00", True),
    "us on Independence Day": ("us", "2026-07-04 12:00", True),
    "pennsylvania on Independence Day": ("us-pa", "2026-07-04 12:00", False),
    "pennsylvania on Martin Luther King, Jr. Day": ("us-pa", "2026-01-19 12:00", False),
    "pennsylvania on Good Friday": ("us-pa", "2026-04-03 12:00", False),
    "pennsylvania on Election Day": ("us-pa", "2026-11-03 12:00", False),
    "pennsylvania on Thanksgiving Day": ("us-pa", "2026-11-26 12:00", False),
    "pennsylvania the day after": ("us-pa", "2026-11-27 12:00", True),
    "new york at 21": ("us-ny", "2026-03-10 21:00", True),
    "canada on a weekday at 9": ("ca", "2026-03-10 09:00", True),
    "canada on a Saturday at 9": ("ca", "2026-03-07 09:00", False),
    "canada on a Saturday at 18": ("ca", "2026-03-07 18:00", True),
    "canada on a Sunday at 20": ("ca", "2026-03-08 20:00", False),
    "norway on a Saturday": ("no", "2026-03-07 12:00", False),
    "norway on Easter Monday": ("no", "2026-04-06 12:00", False),
    "norway on 17 May": ("no", "2027-05-17 12:00", False),
    "norway on a Tuesday": ("no", "2026-03-10 20:59", True),
}


@pytest.mark.parametrize(("name", "local", "allowed"), HOURS.values(), ids=HOURS.keys())
def test_the_hours_are_those_of_the_statutes(name: str, local: str, allowed: bool) -> None:
    hours = law_of(name).hours
    assert hours is not None
    assert within_hours(hours, datetime.fromisoformat(local)) is allowed


def test_only_where_it_was_read_does_a_robocall_need_consent() -> None:
    needing = {name for name in known_jurisdictions() if law_of(name).robocalls_need_consent}
    assert needing == {"us", "us-pa", "us-ny", "ca"}


def test_britain_is_a_stub_that_says_so() -> None:
    law = law_of("gb")
    assert (law.agencies, law.hours, law.exemptions) == ((), None, ())
    assert len(law.unknown) >= 4


def test_a_country_nobody_wrote_about_is_not_made_up() -> None:
    assert jurisdiction_of("de") is None
    assert jurisdiction_of("") is None
    assert jurisdiction_of("../us") is None


def test_the_ftc_form_is_in_its_order_with_its_subjects() -> None:
    form = agency_of(law_of("us"), "ftc")
    assert [field.holds for field in form.fields][:8] == [
        "called_number",
        "call_date",
        "call_time",
        "call_time",
        "prerecorded",
        "medium",
        "subject",
        "subject_other",
    ]
    subject = next(field for field in form.fields if field.holds == "subject")
    assert len(subject.options) == 17
    assert (subject.options[2], subject.options[-1]) == ("Dropped call or no message", "Charities")
    assert form.subjects == {CallKind.CHARITY: "Charities"}


def test_text_messages_and_debts_and_hidden_numbers_have_an_agency() -> None:
    law = law_of("us")
    first = {
        what: next(one.id for one in law.agencies if what in one.handles) for what in ("text", "debt", "spoofing")
    }
    assert first == {"text": "reportfraud", "debt": "cfpb", "spoofing": "fcc"}


def test_a_state_adds_and_replaces_by_id_and_keeps_the_rest() -> None:
    federal, state = law_of("us"), law_of("us-pa")
    assert state.registry == federal.registry
    assert state.exemptions == federal.exemptions
    assert [one.id for one in state.agencies] == [*(one.id for one in federal.agencies), "pa-attorney-general"]
    assert set(federal.unknown) < set(state.unknown)
    customers = {name: law_of(name).exemptions[5] for name in ("us", "us-ny")}
    assert {one.id for one in customers.values()} == {"business-relationship"}
    assert customers["us"].read != customers["us-ny"].read


def test_laying_over_never_loses_an_entry() -> None:
    parent: Mapping[str, Any] = {"name": "P", "agencies": [{"id": "a", "x": 1}, {"id": "b"}], "unknown": ["p"]}
    own: Mapping[str, Any] = {"name": "O", "agencies": [{"id": "a", "x": 2}, {"id": "c"}], "unknown": ["o"]}
    laid = laid_over(parent, own)
    assert laid["name"] == "O"
    assert laid["agencies"] == [{"id": "a", "x": 2}, {"id": "b"}, {"id": "c"}]
    assert laid["unknown"] == ["o", "p"]


WRONG = {
    "a figure without its source": ("registry", {"source": None}),
    "a source that is no page": ("registry", {"source": "somebody said so"}),
    "a figure nobody checked": ("registry", {"checked_on": None}),
    "a misspelt key": ("registry", {"grace_day": 31}),
    "a line kind that does not exist": ("registry", {"covers": ["castle"]}),
    "hours that are none": ("hours", {"hours": "mon-fri nine to five"}),
    "a holiday that is none": ("hours", {"holidays": ["02-30"]}),
}


@pytest.mark.parametrize(("part", "change"), WRONG.values(), ids=WRONG.keys())
def test_a_file_with_a_mistake_is_refused(part: str, change: dict[str, object]) -> None:
    whole = yaml.safe_load(FOLDER.joinpath("us.yaml").read_text(encoding="utf-8"))
    changed = {**whole, part: {key: value for key, value in {**whole[part], **change}.items() if value is not None}}
    JurisdictionShape.model_validate(whole)
    with pytest.raises(ValidationError):
        JurisdictionShape.model_validate(changed)
