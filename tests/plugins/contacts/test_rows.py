import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import JSON
from callguard_contacts.reading.rows import (
    MOST_NUMBERS,
    Row,
    Unreadable,
    bare_number,
    collect,
    contact_of,
    reading_of,
    unreadable_of,
)

NUMBERS = {
    "+1 303 555 0147": "+1 303 555 0147",
    "303-555-0147 x12": "303-555-0147",
    "303-555-0147 ext. 12": "303-555-0147",
    "303-555-0147ext12": "303-555-0147",
    "+13035550147,,123#": "+13035550147",
    "+13035550147;ext=5": "+13035550147",
    "3035550147p123": "3035550147",
    "3035550147w1": "3035550147",
    "tel:+1-303-555-0147": "tel:+1-303-555-0147",
    "309xxxxxxx": "309xxxxxxx",
    "+49 89 555xxxx": "+49 89 555xxxx",
    "": "",
    "x": "x",
}


@pytest.mark.parametrize(("text", "bare"), NUMBERS.items())
def test_what_is_dialled_after_the_answer_is_no_part_of_the_number(text: str, bare: str) -> None:
    assert bare_number(text) == bare


WHY_NOT = {
    "12345": "a short code",
    "**610": "a short code",
    "911": "a short code",
    "309xxxxxxx": "it has letters",
    "555-0147": "not a complete telephone number in US or abroad",
    "1-800-FLOWERS": "it has letters",
    "sip:anna@example.org": "it has letters",
    "+1 303 555 01470000000": "not a complete",
}


@pytest.mark.parametrize(("text", "why"), WHY_NOT.items())
def test_a_number_that_cannot_be_read_is_listed_with_the_name(text: str, why: str) -> None:
    found = collect([Row(place="row 2", name="Anna", numbers=[text, "3035550147"])], "book", "US")
    assert found.contacts[0].numbers == ("+13035550147",)
    (problem,) = found.unreadable
    assert (problem.place, problem.name, problem.what) == ("row 2", "Anna", text)
    assert why in problem.why


def test_a_contact_none_of_whose_numbers_can_be_read_is_only_listed() -> None:
    found = collect([Row(place="row 2", name="Anna", numbers=["12"])], "book", "US")
    assert not found.contacts
    assert found.unreadable_count == 1
    assert found.without_number == 0


def test_people_without_a_number_are_counted() -> None:
    rows = [Row(place="row 2", name="Anna"), Row(place="row 3", name="Bob", numbers=["", "  "])]
    assert collect(rows, "book", "US").without_number == 2


def test_every_spelling_of_a_number_is_kept_once() -> None:
    row = Row(place="row 2", name="Anna", numbers=["303-555-0147", "+1 303 555 0147", "0013035550147"])
    assert collect([row], "book", "US").contacts[0].numbers == ("+13035550147",)


def test_numbers_are_read_as_the_household_dials_them() -> None:
    row = Row(place="row 2", name="Anna", numbers=["020 7946 0958"])
    assert collect([row], "book", "GB").contacts[0].numbers == ("+442079460958",)


def test_only_so_many_numbers_of_one_person_are_kept() -> None:
    row = Row(place="row 2", name="Anna", numbers=[f"303555{n:04}" for n in range(100, 160)])
    found = collect([row], "book", "US")
    assert len(found.contacts[0].numbers) == MOST_NUMBERS
    assert "first 50" in found.unreadable[0].why


def test_people_of_one_name_and_twice_used_uids_stay_apart() -> None:
    rows = [
        Row(place="1", name="Anna", numbers=["3035550147"]),
        Row(place="2", name="Anna", numbers=["3035550148"]),
        Row(place="3", uid="u", name="Bob", numbers=["3035550149"]),
        Row(place="4", uid="u", name="Bob", numbers=["3035550150"]),
        Row(place="5", uid="u" * 500, name="Cy", numbers=["3035550151"]),
    ]
    uids = [contact.uid for contact in collect(rows, "book", "US").contacts]
    assert uids[:4] == ["name:anna", "name:anna#2", "u", "u#2"]
    assert uids[4].startswith("sha256:")


def test_names_are_harmless_and_short() -> None:
    row = Row(place="1", name="\x1b[2J\u202eAnna\n" + "x" * 500, numbers=["3035550147"])
    name = collect([row], "book", "US").contacts[0].name
    assert name.startswith("[2JAnna x")
    assert len(name) == 200


def test_at_most_a_thousand_complaints_are_kept_but_all_are_counted() -> None:
    found = collect([Unreadable(place=str(n), why="broken") for n in range(1500)], "book", "US")
    assert (len(found.unreadable), found.unreadable_count) == (1000, 1500)


NO_READINGS: list[JSON] = [None, [], {}, {"contacts": 1, "unreadable": []}, {"contacts": [[1]], "unreadable": []},
    {"contacts": [["u", "n", 7]], "unreadable": []}, {"contacts": [], "unreadable": [3]}]  # fmt: skip


@pytest.mark.parametrize("facts", NO_READINGS)
def test_what_describes_no_reading_is_refused(facts: JSON) -> None:
    with pytest.raises(ValueError, match="that is no"):
        reading_of(facts, "book")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.builds(Row, place=st.text(max_size=5), uid=st.text(max_size=300), name=st.text(max_size=300),
    numbers=st.lists(st.text(max_size=100) | st.from_regex(r"\+1303555[0-9]{4}", fullmatch=True), max_size=4)),
    max_size=8))  # fmt: skip
def test_a_reading_survives_the_way_between_processes(rows: list[Row]) -> None:
    found = collect(rows, "book", "US")
    assert reading_of(found.facts(), "book") == found
    assert len({contact.uid for contact in found.contacts}) == len(found.contacts)
    assert all(0 < len(contact.uid) <= 206 for contact in found.contacts)


def test_a_contact_and_a_complaint_say_what_they_are() -> None:
    contact = contact_of(["u", "Anna", ["+13035550147"]], "b")
    assert (contact.book, contact.uid, contact.name, contact.numbers) == ("b", "u", "Anna", ("+13035550147",))
    problem = Unreadable(place="row 2", name="Anna", what="12", why="short")
    assert unreadable_of(problem.facts()) == problem
