import json
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import Category
from callguard_ftc.complaints import Complaint, NotThisFileError, Read, Refused
from callguard_ftc.ftc import read_daily, read_page
from callguard_ftc.numbers import Odd

LATEST = date(2026, 3, 7).toordinal()
DAY = date(2026, 3, 5).toordinal()
Daily = Callable[..., bytes]
SUBJECTS = [
    ("Calls pretending to be government, businesses, or family and friends", Category.FRAUD),
    ("Computer  & technical support", Category.FRAUD),
    ("Reducing your debt (credit cards, mortgage, student loans)", Category.TELEMARKETING),
    ("Warranties  & protection plans", Category.TELEMARKETING),
    ("Medical  & prescriptions", Category.TELEMARKETING),
    ("Energy, solar,  & utilities", Category.TELEMARKETING),
    ("Home improvement  & cleaning", Category.TELEMARKETING),
    ("Home security  & alarms", Category.TELEMARKETING),
    ("Vacation  & timeshares", Category.TELEMARKETING),
    ("Vacation & timeshares", Category.TELEMARKETING),
    ("Work from home  & other ways to make money", Category.TELEMARKETING),
    ("Lotteries, prizes  & sweepstakes", Category.TELEMARKETING),
    ("Charities", Category.CHARITY),
    ("Dropped call or no message", Category.SILENT),
    ("No Subject Provided", Category.UNKNOWN),
    ("Other", Category.UNKNOWN),
    ("A subject of tomorrow", Category.UNKNOWN),
]


def rows(content: bytes) -> list[Read]:
    return list(read_daily(content.decode().splitlines(keepends=True), LATEST))


def complaints(content: bytes) -> list[Complaint]:
    read = rows(content)
    assert not [row for row in read if isinstance(row, Refused)]
    return [row for row in read if isinstance(row, Complaint)]


def test_a_row_is_a_complaint_of_the_day_it_was_made(daily: Daily) -> None:
    (found,) = complaints(daily("3035550147"))
    assert (found.number, found.day, found.category, found.robocall) == (13035550147, DAY, Category.UNKNOWN, True)


@pytest.mark.parametrize(("subject", "category"), SUBJECTS)
def test_each_subject_has_its_category(daily: Daily, subject: str, category: Category) -> None:
    assert complaints(daily("3035550147", subject=f'"{subject}"'))[0].category is category


@pytest.mark.parametrize(("said", "robocall"), [("Y", True), ("N", False), ("", None), ("maybe", None)])
def test_the_robocall_flag_may_be_missing(daily: Daily, said: str, robocall: bool | None) -> None:
    line = f"3035550147,2026-03-05 09:00:00,,,,303,Other,{said}"
    assert complaints(daily(line))[0].robocall is robocall


@pytest.mark.parametrize(
    ("line", "why"),
    [
        pytest.param(",2026-03-05 09:00:00,,,,303,Other,Y", Odd.BLANK, id="no number"),
        pytest.param("3035550147,yesterday,,,,303,Other,Y", Odd.DATE, id="no date"),
        pytest.param("3035550147,,,,,303,Other,Y", Odd.DATE, id="empty date"),
        pytest.param("3035550147,2026-02-30 09:00:00,,,,303,Other,Y", Odd.DATE, id="no such day"),
        pytest.param("3035550147,2026-03-08 09:00:00,,,,303,Other,Y", Odd.FUTURE, id="after it was fetched"),
        pytest.param("3035550147,2026-03-05 09:00:00,,,,303", Odd.COLUMNS, id="half a row"),
        pytest.param("3035550147,2026-03-05 09:00:00,,a,b,c,303,Other,Y", Odd.COLUMNS, id="a comma too many"),
        pytest.param('3035550147,2026-03-05 09:00:00,,"Den,,303,Other,Y', Odd.COLUMNS, id="a quote left open"),
        pytest.param("2026-03-05 09:00:00,3035550147,,,,303,Other,Y", Odd.PUNCTUATION, id="columns shifted"),
        pytest.param('3035550147,"\r",,', Odd.COLUMNS, id="a stray carriage return"),
    ],
)
def test_an_odd_row_is_refused_with_a_reason(daily: Daily, line: str, why: Odd) -> None:
    content = daily(line, "3035550148").decode().split("\n")
    refused, good = read_daily(content, LATEST)
    assert isinstance(refused, Refused)
    assert refused.why is why
    assert isinstance(good, Complaint), "a bad row must not spoil the next"


def test_columns_are_found_by_name_wherever_they_are() -> None:
    lines = ["\ufeffSubject,Created_Date,Company_Phone_Number\n", "Charities,2026-03-05 09:00:00,3035550147\n"]
    (found,) = read_daily(lines, LATEST)
    assert isinstance(found, Complaint)
    assert (found.number, found.category, found.robocall) == (13035550147, Category.CHARITY, None)


@pytest.mark.parametrize("lines", [[], ["<!DOCTYPE html>\n"], ["number,votes\n"]], ids=["empty", "html", "other csv"])
def test_a_file_without_the_columns_is_none_of_these(lines: list[str]) -> None:
    with pytest.raises(NotThisFileError):
        list(read_daily(lines, LATEST))


def test_the_same_content_has_the_same_key_wherever_it_was_read(daily: Daily) -> None:
    line = '3035550147,2026-03-05 09:00:00,2026-03-04 21:00:00,Denver,Colorado,303,"Energy, solar,  & utilities",Y'
    (from_file,) = complaints(daily(line))
    fields = line.replace('"', "").split(",")
    values = [*fields[:6], "Energy, solar, & utilities", "Y"]
    (first,), (second,) = (list(read_page(a_page((name, values)), LATEST)) for name in ("1a55", "1a56"))
    assert isinstance(first, Complaint)
    assert isinstance(second, Complaint)
    assert from_file.key == first.key == second.key


@pytest.mark.parametrize("place", range(8))
def test_content_that_differs_in_any_column_is_another_complaint(daily: Daily, place: int) -> None:
    fields = ["3035550147", "2026-03-05 09:00:00", "2026-03-04 21:00:00", "Denver", "Colorado", "303", "Other", "Y"]
    others = ["3035550148", "2026-03-05 09:00:01", "2026-03-04 21:01:00", "Boulder", "Utah", "720", "Charities", "N"]
    other = [*fields[:place], others[place], *fields[place + 1 :]]
    first, second = complaints(daily(",".join(fields), ",".join(other)))
    assert first.key != second.key


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"data": {}}', '{"error": {"code": "API_KEY_MISSING"}}', "[" * 100_000],
    ids=["empty", "cut", "list", "object", "no list", "no key", "deep"],
)
def test_what_is_no_page_of_the_api_is_refused(text: str) -> None:
    with pytest.raises(NotThisFileError):
        list(read_page(text, LATEST))


@pytest.mark.parametrize("record", [None, 1, {}, {"attributes": 1}, {"attributes": {"company-phone-number": 5}}])
def test_a_record_without_attributes_has_no_number(record: object) -> None:
    (found,) = read_page(json.dumps({"data": [record]}), LATEST)
    assert isinstance(found, Refused)
    assert found.why is Odd.BLANK


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_line_is_a_complaint_or_has_a_reason(text: str) -> None:
    header = "Company_Phone_Number,Created_Date,Subject\n"
    for row in read_daily([header, *text.splitlines(keepends=True)], LATEST):
        assert isinstance(row, Complaint | Refused)


def a_page(*records: tuple[str, list[str]]) -> str:
    """A page of the API in its real shape."""
    names = (
        "company-phone-number", "created-date", "violation-date", "consumer-city", "consumer-state",
        "consumer-area-code", "subject", "recorded-message-or-robocall",
    )  # fmt: skip
    data = [
        {
            "type": "dnc_complaint",
            "id": name,
            "attributes": dict(zip(names, values, strict=True)),
            "relationships": [],
            "meta": [],
            "links": {"self": f"https://www.ftc.gov/v0/dnc-complaints/{name}"},
        }
        for name, values in records
    ]
    return json.dumps({"data": data, "meta": {"records-this-page": len(data), "record-total": 29000}, "links": {}})
