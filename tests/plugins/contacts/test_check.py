import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from callguard import Acquaintance, Attestation, Caller, Contact, Evidence, Leaning, Rung
from callguard.testing import NOON, FakeHousehold, HookRunner, a_call, a_caller, a_home
from callguard_contacts.plugin import Contacts

pytestmark = pytest.mark.timed

ANNA, SHARED, OURS, STRANGER = "+13035550147", "+13035550149", "+13035550100", "+12125550199"
DIALLED, ANSWERED = "+13035550160", "+13035550161"


@pytest.fixture
def household(some_contacts: Sequence[Contact]) -> FakeHousehold:
    made = FakeHousehold(contacts=some_contacts)
    made.acquaintances = [
        Acquaintance(number=DIALLED, dialled_at=NOON - timedelta(days=89)),
        Acquaintance(number=ANSWERED, answered_at=NOON - timedelta(days=29)),
        Acquaintance(number=ANNA, dialled_at=NOON),
        Acquaintance(number="+13035550162", dialled_at=NOON - timedelta(days=91), answered_at=NOON),
        Acquaintance(number="+13035550163", dialled_at=NOON - timedelta(days=91)),
        Acquaintance(number="+13035550164", answered_at=NOON - timedelta(days=31)),
        Acquaintance(number="+13035550165", dialled_at=NOON + timedelta(hours=1)),
    ]
    return made


def plugin(
    tmp_path: Path, household: FakeHousehold, numbers: dict[str, str] | None = None, **section: Any
) -> Contacts:
    home = a_home(tmp_path, name="contacts", household=household, numbers=numbers)
    return Contacts(Contacts.Config.model_validate(section), home)


def codes(answer: Sequence[Evidence] | None) -> list[str]:
    return [evidence.code for evidence in answer or ()]


CALLERS = {
    "a contact": (a_caller(ANNA), ["contact"]),
    "a contact who hides the number": (a_caller(None, asserted=(ANNA,)), ["contact"]),
    "a contact behind another number": (a_caller(STRANGER, asserted=(ANNA,)), ["contact"]),
    "two contacts": (a_caller(ANNA, asserted=(SHARED,)), ["contact", "contact"]),
    "a stranger": (a_caller(STRANGER), []),
    "nobody": (a_caller(None), []),
    "dialled 89 days ago": (a_caller(DIALLED), ["dialled-number"]),
    "answered 29 days ago": (a_caller(ANSWERED), ["answered-number"]),
    "dialled too long ago, answered today": (a_caller("+13035550162"), ["answered-number"]),
    "dialled 91 days ago": (a_caller("+13035550163"), []),
    "answered 31 days ago": (a_caller("+13035550164"), []),
    "dialled after the call": (a_caller("+13035550165"), []),
}


@pytest.mark.parametrize(("caller", "expected"), CALLERS.values(), ids=CALLERS.keys())
def test_whom_the_household_knows(
    caller: Caller, expected: list[str], tmp_path: Path, household: FakeHousehold
) -> None:
    answer = plugin(tmp_path, household).check_call(replace(a_call(), caller=caller))
    assert codes(answer) == expected
    assert all(item.rung is Rung.CONTACTS and item.leaning is Leaning.WANTED for item in answer or ())


def test_the_evidence_names_the_contact_and_its_book(tmp_path: Path, household: FakeHousehold) -> None:
    (evidence,) = plugin(tmp_path, household).check_call(a_call(ANNA)) or ()
    assert evidence.facts == {
        "number": ANNA, "name": "Anna Lee", "book": "family", "others": 0, "who": "Anna Lee",
    }  # fmt: skip


def test_of_several_contacts_with_one_number_the_first_is_named_and_the_others_counted(
    tmp_path: Path, household: FakeHousehold
) -> None:
    (evidence,) = plugin(tmp_path, household).check_call(a_call(SHARED)) or ()
    assert (evidence.facts["name"], evidence.facts["others"], evidence.facts["who"]) == ("Bob", 1, "Bob and 1 other")


@pytest.mark.parametrize("attestation", [None, *Attestation])
@pytest.mark.parametrize("number", [ANNA, DIALLED, STRANGER])
def test_a_failed_attestation_is_told_though_it_decides_nothing(
    attestation: Attestation | None, number: str, tmp_path: Path, household: FakeHousehold
) -> None:
    answer = plugin(tmp_path, household).check_call(a_call(number, attestation=attestation)) or ()
    told = [item for item in answer if item.code == "contact-unverified"]
    assert len(told) == (attestation is Attestation.FAILED and number != STRANGER)
    assert all(item.leaning is Leaning.NEUTRAL and item.rung is Rung.SIGNALS and not item.weight for item in told)


def test_the_lines_own_number_is_no_contact_because_a_line_cannot_call_itself(
    tmp_path: Path, household: FakeHousehold
) -> None:
    contacts = plugin(tmp_path, household, numbers={"Home": OURS, "Office": ANNA})
    assert codes(contacts.check_call(a_call(OURS))) == []
    assert codes(contacts.check_call(a_call(OURS, line="Office"))) == ["contact"]
    assert codes(contacts.check_call(a_call(ANNA))) == ["contact"]


@pytest.mark.parametrize(
    ("section", "expected"),
    [({"dialled_days": 0}, ["answered-number"]), ({"answered_days": 0}, ["dialled-number"]),
     ({"dialled_days": 0, "answered_days": 0}, []), ({"dialled_days": 88, "answered_days": 28}, []),
     ({"dialled_days": 89, "answered_days": 29}, ["dialled-number", "answered-number"])],
)  # fmt: skip
def test_the_household_says_how_long_it_knows_a_number(
    section: dict[str, Any], expected: list[str], tmp_path: Path, household: FakeHousehold
) -> None:
    contacts = plugin(tmp_path, household, **section)
    found = codes(contacts.check_call(a_call(DIALLED))) + codes(contacts.check_call(a_call(ANSWERED)))
    assert found == expected


async def test_contacts_are_known_as_soon_as_they_change(tmp_path: Path, household: FakeHousehold) -> None:
    contacts = plugin(tmp_path, household)
    assert codes(contacts.check_call(a_call(STRANGER))) == []
    new = Contact(book="family", uid="n", name="New", numbers=(STRANGER,))
    await household.replace_contacts("family", [new], by="test")
    assert codes(contacts.check_call(a_call(STRANGER))) == ["contact"]
    assert codes(contacts.check_call(a_call("+13035550148"))) == []


AGO = {0: "today", 1: "yesterday", 2: "2 days ago"}


@pytest.mark.parametrize(("days", "ago"), AGO.items())
def test_people_read_how_long_ago_they_dialled(days: int, ago: str, tmp_path: Path) -> None:
    runner = HookRunner(Contacts, tmp_path)
    runner.household.acquaintances = [Acquaintance(number=DIALLED, dialled_at=NOON - timedelta(days=days))]
    assert runner.sentences(a_call(DIALLED)) == [f"you called (303) 555-0160 {ago}"]


def test_people_read_who_it_is_and_what_is_doubtful(tmp_path: Path, some_contacts: Sequence[Contact]) -> None:
    runner = HookRunner(Contacts, tmp_path)
    asyncio.run(runner.household.replace_contacts("family", some_contacts[:2], by="test"))
    assert runner.sentences(a_call(ANNA, attestation=Attestation.FAILED)) == [
        "(303) 555-0147 is Anna Lee in your contacts (family)",
        "the telephone network could not confirm that (303) 555-0147 (Anna Lee) is really calling",
    ]


def test_a_contact_rings_whatever_else_is_said(tmp_path: Path, some_contacts: Sequence[Contact]) -> None:
    runner = HookRunner(Contacts, tmp_path)
    asyncio.run(runner.household.replace_contacts("family", some_contacts[:2], by="test"))
    record = runner.screen(a_call(ANNA, attestation=Attestation.FAILED))
    assert record.verdict.rung is Rung.CONTACTS
    explained = runner.explain(record)
    assert "(303) 555-0147 is Anna Lee in your contacts (family)" in explained


def test_a_call_costs_microseconds_with_five_thousand_contacts(tmp_path: Path) -> None:
    people = [Contact(book="b", uid=str(n), name=f"n{n}", numbers=(f"+1303{n:07}",)) for n in range(5000)]
    contacts = plugin(tmp_path, FakeHousehold(contacts=people), dialled_days=0, answered_days=0)
    calls = [a_call("+13030000042"), a_call(STRANGER)]

    def seconds() -> float:
        began = time.perf_counter()
        for call in calls * 50:
            contacts.check_call(call)
        return (time.perf_counter() - began) / 100

    assert median(seconds() for _ in range(9)) < 50e-6
