import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard_contacts.reading.rows import Reading, UnreadableFileError, collect
from callguard_contacts.reading.spreadsheet import read_table

GOOGLE_2024 = """\
First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Middle Name,Phonetic Last Name,Name Prefix,Name Suffix,Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value
Anna,,Lee,,,,Dr.,,,,Lee Family Practice,,,,,https://lh3.googleusercontent.com/x,* myContacts,* ,anna@example.org,Work,(303) 555-0147,Mobile,+1 303-555-0148 ::: +1 303-555-0149
,,,,,,,,,,Pizza Da Mario,,,,"Great,
open late",,* myContacts,,,Main,303-555-0152,,
Bob,,,,,,,,,,,,,,,,* myContacts,,,Mobile,12345,,
Cy,,,,,,,,,,,,,,,,* myContacts,,,,,,
"""  # noqa: E501
GOOGLE_OLD = """\
Name,Given Name,Additional Name,Family Name,Yomi Name,Given Name Yomi,Additional Name Yomi,Family Name Yomi,Name Prefix,Name Suffix,Initials,Nickname,Short Name,Maiden Name,Birthday,Gender,Location,Billing Information,Directory Server,Mileage,Occupation,Hobby,Sensitivity,Priority,Subject,Notes,Language,Photo,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Phone 2 - Type,Phone 2 - Value,Organization 1 - Type,Organization 1 - Name
Anna Lee,Anna,,Lee,,,,,,,,,,,,,,,,,,,,,,,,,* myContacts,* Home,anna@example.org,Mobile,+1 303-555-0147 ::: 303-555-0148,Work,(303) 555-0149,,
,,,,,,,,,,,,,,,,,,,,,,,,,,,,* myContacts,,,Work,303-555-0152,,,,Pizza Da Mario
"""  # noqa: E501
OUTLOOK = """\
First Name,Middle Name,Last Name,Title,Suffix,Nickname,Given Yomi,Surname Yomi,E-mail Address,Home Phone,Home Phone 2,Business Phone,Business Phone 2,Mobile Phone,Car Phone,Other Phone,Primary Phone,Pager,Business Fax,Home Fax,Company Main Phone,Company,Job Title
Anna,M.,Lee,,,,,,anna@example.org,303-555-0147,,,,+1 303 555 0148,,,,,,,,Lee Family Practice,
"""  # noqa: E501
EXCEL_ABROAD = "Name;Telefon/Phone;Mobile\nAnna Müller;303-555-0147;\n"


def reading(text: str) -> Reading:
    return collect(read_table(text), "book", "US")


TABLES = {
    "Google since 2024": (GOOGLE_2024, {
        "Anna Lee": ("+13035550147", "+13035550148", "+13035550149"), "Pizza Da Mario": ("+13035550152",)}),
    "Google before 2024": (GOOGLE_OLD, {
        "Anna Lee": ("+13035550147", "+13035550148", "+13035550149"), "Pizza Da Mario": ("+13035550152",)}),
    "Outlook": (OUTLOOK, {"Anna M. Lee": ("+13035550147", "+13035550148")}),
    "semicolons": (EXCEL_ABROAD, {"Anna Müller": ("+13035550147",)}),
    "tabs": ("Name\tPhone\nAnna\t303-555-0147\n", {"Anna": ("+13035550147",)}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "people"), TABLES.values(), ids=TABLES.keys())
def test_a_table_as_it_is_exported_is_read(text: str, people: dict[str, tuple[str, ...]]) -> None:
    assert {contact.name: contact.numbers for contact in reading(text).contacts} == people
    assert reading(text.replace("\n", "\r\n")).contacts == reading(text).contacts


def test_unreadable_numbers_and_people_without_one_are_told() -> None:
    found = reading(GOOGLE_2024)
    assert [(item.place, item.name, item.what) for item in found.unreadable] == [("row 4", "Bob", "12345")]
    assert found.without_number == 1


def test_a_row_with_too_many_cells_is_told_and_left_out() -> None:
    found = reading("Name,Phone\nAnna,303-555-0147,x\nBob,303-555-0148\n")
    assert [contact.name for contact in found.contacts] == ["Bob"]
    assert [(item.place, item.name) for item in found.unreadable] == [("row 2", "Anna")]


def test_a_quotation_mark_that_is_not_closed_does_not_make_a_person_of_the_rest() -> None:
    found = reading('Name,Phone\nAnna,303-555-0147\n"Bob,303-555-0148\nCy,303-555-0149\n')
    assert [contact.name for contact in found.contacts] == ["Anna"]
    assert not found.unreadable or found.unreadable[0].place == "row 3"


def test_a_cell_without_end_costs_only_its_row() -> None:
    found = reading(f'Name,Phone\n"{"x" * 200_000}",303-555-0147\nBob,303-555-0148\n')
    assert [contact.name for contact in found.contacts] == ["Bob"]
    assert "no row of a table" in found.unreadable[0].why


NO_TABLES = {
    "prose": "Dear Anna,\nplease call me.\n",
    "nothing": "",
    "numbers without names": "Phone\n303-555-0147\n",
    "names without numbers": "Name,E-mail\nAnna,a@example.org\n",
    "no first row": "Anna,303-555-0147\n",
    "only labels": "Name,Phone 1 - Label\nAnna,Home\n",
}


@pytest.mark.parametrize("text", NO_TABLES.values(), ids=NO_TABLES.keys())
def test_what_names_no_columns_is_refused(text: str) -> None:
    with pytest.raises(UnreadableFileError, match="first row"):
        reading(text)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([GOOGLE_2024, GOOGLE_OLD, OUTLOOK, EXCEL_ABROAD]),
       st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 40), st.text(max_size=6)), max_size=6))  # fmt: skip
def test_no_spoiled_table_raises_anything_but_the_modules_own_error(
    text: str, spoils: list[tuple[int, int, str]]
) -> None:
    for place, length, noise in spoils:
        text = text[:place] + noise + text[place + length :]
    try:
        found = reading(text)
    except UnreadableFileError:
        return
    assert all(contact.name.isprintable() and contact.numbers for contact in found.contacts)


_cells = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(_cells, _cells, st.from_regex(r"303-555-01[0-9]{2}", fullmatch=True)), max_size=5))
def test_whatever_is_in_the_other_cells_the_number_is_found(rows: list[tuple[str, str, str]]) -> None:
    out = io.StringIO()
    table = csv.writer(out)
    table.writerows([("Notes", "First Name", "Phone 1 - Value"), *rows])
    found = reading(out.getvalue())
    assert len(found.contacts) + found.unreadable_count == len(rows)
    assert found.unreadable_count == sum("\n" in name.strip() for _, name, _ in rows)
