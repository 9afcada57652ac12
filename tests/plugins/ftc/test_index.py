from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard_ftc.index import daily_files, window

PAGE = "https://www.ftc.gov/policy-notices/open-government/data-sets/do-not-call-data"
TODAY = date(2026, 3, 6)
OLDEST, NEWEST = window(TODAY, 90)


def names(html: str, url: str = PAGE) -> dict[str, str]:
    return {file.name: file.url for file in daily_files(html, url, oldest=OLDEST, newest=NEWEST)}


@pytest.mark.parametrize(
    ("link", "name", "url"),
    [
        pytest.param(
            "/sites/default/files/DNC_Complaint_Numbers_2026-03-05.csv", "2026-03-05",
            "https://www.ftc.gov/sites/default/files/DNC_Complaint_Numbers_2026-03-05.csv", id="relative",
        ),
        pytest.param(
            "https://search.ftc.gov/sites/default/files/DNC_Complaint_Numbers_2026-03-05.csv", "2026-03-05",
            "https://search.ftc.gov/sites/default/files/DNC_Complaint_Numbers_2026-03-05.csv", id="absolute",
        ),
        pytest.param(
            "/sites/default/files/DNC_Complaint_Numbers_2026-03-05_0.csv", "2026-03-05_0",
            "https://www.ftc.gov/sites/default/files/DNC_Complaint_Numbers_2026-03-05_0.csv", id="put up twice",
        ),
        pytest.param(
            "/system/files/attachments/x/dnc_complaint_numbers_2026-03-05.csv", "2026-03-05",
            "https://www.ftc.gov/system/files/attachments/x/dnc_complaint_numbers_2026-03-05.csv", id="as in 2019",
        ),
        pytest.param(
            "/f/DNC_Complaint_Numbers_2026-03-05.csv?a=1&amp;b=2", "2026-03-05",
            "https://www.ftc.gov/f/DNC_Complaint_Numbers_2026-03-05.csv?a=1&b=2", id="with a query",
        ),
    ],
)  # fmt: skip
def test_daily_files_are_found_by_their_names(link: str, name: str, url: str) -> None:
    assert names(f'<li><a class="x" href="{link}">Thursday</a></li>') == {name: url}
    assert names(f"<a\nHREF = '{link}'>Thursday</a>") == {name: url}


@pytest.mark.parametrize(
    "link",
    [
        "/files/DNC_Complaint_Numbers_2026-13-05.csv",
        "/files/DNC_Complaint_Numbers_2019-02-04.csv",
        "/files/DNC_Complaint_Numbers_2026-04-05.csv",
        "/files/DNC_Complaint_Numbers_2026-03-05.csv/evil",
        "/files/DNC_Complaint_Numbers_2026-03-05/../../x.csv",
        "/files/DNC_Complaint_Numbers_2026-03-05.xlsx",
        "javascript:x/DNC_Complaint_Numbers_2026-03-05.csv",
        "file:///etc/DNC_Complaint_Numbers_2026-03-05.csv",
        "https://[::1/DNC_Complaint_Numbers_2026-03-05.csv",
    ],
)
def test_other_links_are_left_alone(link: str) -> None:
    assert names(f'<a href="{link}">x</a>') == {}


def test_the_newest_comes_first_and_each_name_once() -> None:
    days = ["2026-03-04", "2026-03-05", "2026-03-02", "2026-03-05"]
    page = "".join(f'<a href="/f/DNC_Complaint_Numbers_{day}.csv">x</a>' for day in days)
    assert list(names(page)) == ["2026-03-05", "2026-03-04", "2026-03-02"]


def test_a_page_that_names_thousands_of_files_is_cut() -> None:
    page = "".join(f'<a href="/f/DNC_Complaint_Numbers_2026-03-05_{place}.csv">x</a>' for place in range(5000))
    assert len(names(page)) == 130


def test_a_long_page_without_an_end_is_read_quickly() -> None:
    assert names('<a href="' * 300_000) == {}
    assert names("href=" + " " * 2_000_000) == {}


@given(st.text(alphabet="<a href='\"/=DNC_Complaint_Numbers_2026-03-05.csv>&#;\n", max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_page_can_be_read(page: str) -> None:
    assert all(name.startswith("2026-0") for name in names(page))
