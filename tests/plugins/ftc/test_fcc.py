from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import Category, FetchError, Gathering, Progress
from callguard.testing import Asked, FakeClock, FakeWeb, a_home
from callguard_ftc.complaints import Complaint, NotThisFileError, Refused
from callguard_ftc.dataset import Dataset
from callguard_ftc.fcc import COLUMNS, read_complaints
from callguard_ftc.numbers import Odd
from callguard_ftc.plugin import Ftc

Build = Callable[..., Ftc]
Silent = Callable[[Progress], None]
LATEST = date(2026, 3, 7).toordinal()
DATASET = "https://mirror.example/fcc.csv"
ALL_COLUMNS = (
    "id,ticket_created,date_created,issue_date,issue_time,issue_type,method,issue,caller_id_number,"
    "type_of_call_or_messge,advertiser_business_phone_number,city,state,zip,location_1,"
    "type_of_property_goods_or_services\n"
)
SHORT = ",".join(COLUMNS) + "\n"


def row(number: str = "303-555-0147", **changes: str) -> str:
    """One complaint with every column the dataset has, in its own spellings."""
    values = {
        "id": "1", "issue_date": "2026-03-04T00:00:00.000", "issue_time": "1:17 p.m.", "issue_type": "Phone",
        "method": "Wireless (cell phone/other mobile device)", "issue": "Unwanted Calls",
        "type_of_call_or_messge": "Live Voice", "advertiser_business_phone_number": "303-555-0199",
    }  # fmt: skip
    values |= {"caller_id_number": number, **changes}
    return ",".join(values.get(name, "") for name in ALL_COLUMNS.strip().split(",")) + "\n"


def read(*rows: str) -> list[Complaint | Refused]:
    return list(read_complaints([ALL_COLUMNS, *rows], LATEST))


def test_the_callers_number_counts_and_no_other() -> None:
    (found,) = read(row())
    assert isinstance(found, Complaint)
    assert (found.number, found.day, found.category, found.robocall) == (
        13035550147, date(2026, 3, 4).toordinal(), Category.UNKNOWN, False,
    )  # fmt: skip


@pytest.mark.parametrize("method", ["Wired", "Wireless (cell phone/other mobile device)", "VOIP", ""])
@pytest.mark.parametrize("time", ["1:17 p.m.", "13:17", "about noon", ""])
def test_how_the_line_is_made_and_what_time_it_was_do_not_matter(method: str, time: str) -> None:
    assert isinstance(read(row(method=method, issue_time=time))[0], Complaint)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        pytest.param(row(issue="My own number is being spoofed"), Odd.SPOOFED, id="a victim's number"),
        pytest.param(row(issue="My Own  Number Is Being Spoofed"), Odd.SPOOFED, id="a victim's, in capitals"),
        pytest.param(row(type_of_call_or_messge="Text Message"), Odd.TEXT_MESSAGE, id="a text message"),
        pytest.param(row("None"), Odd.BLANK, id="None"),
        pytest.param(row(""), Odd.BLANK, id="empty"),
        pytest.param(row("303-555-014"), Odd.TOO_SHORT, id="nine digits"),
        pytest.param(row(issue_date=""), Odd.DATE, id="no date"),
        pytest.param(row(issue_date="2036-03-04T00:00:00.000"), Odd.FUTURE, id="in ten years"),
        pytest.param("1,2,3\n", Odd.COLUMNS, id="half a row"),
    ],
)
def test_an_odd_row_is_refused_with_a_reason(line: str, why: Odd) -> None:
    (found,) = read(line)
    assert isinstance(found, Refused)
    assert found.why is why


@pytest.mark.parametrize(
    ("kind", "category", "robocall"),
    [("Prerecorded Voice", Category.UNKNOWN, True), ("Autodialed Live Voice Call", Category.UNKNOWN, True),
     ("Live Voice", Category.UNKNOWN, False), ("Abandoned Calls", Category.SILENT, None),
     ("", Category.UNKNOWN, None)],
)  # fmt: skip
def test_the_kind_of_call_says_little(kind: str, category: Category, robocall: bool | None) -> None:
    (found,) = read(row(type_of_call_or_messge=kind))
    assert isinstance(found, Complaint)
    assert (found.category, found.robocall) == (category, robocall)


def test_a_ticket_that_is_listed_twice_is_one_complaint() -> None:
    first, again, other = read(row(id="7"), row(id="7", city="Denver"), row(id="8"))
    assert isinstance(first, Complaint)
    assert isinstance(again, Complaint)
    assert isinstance(other, Complaint)
    assert first.key == again.key != other.key


@pytest.mark.parametrize("lines", [[], ["<html>\n"], ["id,issue_date,issue\n"]], ids=["empty", "html", "no number"])
def test_what_is_no_page_of_the_dataset_is_refused(lines: list[str]) -> None:
    with pytest.raises(NotThisFileError):
        list(read_complaints(lines, LATEST))


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_line_is_a_complaint_or_has_a_reason(text: str) -> None:
    for found in read_complaints([SHORT, *text.splitlines(keepends=True)], LATEST):
        assert isinstance(found, Complaint | Refused)


def served(rows: int) -> Callable[[Asked], bytes]:
    """Return a page function for a dataset of so many rows, as SODA answers `$limit` and `$offset`."""

    def page(asked: Asked) -> bytes:
        query = {name: values[0] for name, values in parse_qs(urlsplit(asked.url).query).items()}
        first, count = int(query["$offset"]), int(query["$limit"])
        lines = [
            f"{number},2026-03-04T00:00:00.000,Unwanted Calls,303-555-{number:04},Live Voice\n"
            for number in range(first, min(rows, first + count))
        ]
        return (SHORT + "".join(lines)).encode()

    return page


class SodaWeb(FakeWeb):
    """Answers any query of the one dataset."""

    def __init__(self, page: Callable[[Asked], Any]) -> None:
        super().__init__()
        self._answer = page

    async def fetch(self, url: str, **given: Any) -> Any:
        self.pages[url] = self._answer
        return await super().fetch(url, **given)


def gathering(folder: Path, silent: Silent) -> Gathering:
    return Gathering(folder=folder, force=False, report=silent, state={})


@pytest.mark.parametrize(("rows", "pages"), [(0, 1), (4, 1), (5, 2), (12, 3)])
async def test_page_follows_page_until_one_is_not_full(
    tmp_path: Path, silent: Silent, clock: FakeClock, rows: int, pages: int
) -> None:
    web = SodaWeb(served(rows))
    dataset = Dataset(a_home(tmp_path, web=web, clock=clock), DATASET, page=5)
    gathered = await dataset.gather(gathering(tmp_path, silent))
    files = gathered.arguments["files"]
    assert isinstance(files, list)
    assert len(files) == len(web.asked) == pages


async def test_only_the_last_90_days_and_only_what_is_needed_are_asked_for(
    tmp_path: Path, silent: Silent, clock: FakeClock
) -> None:
    web = SodaWeb(served(3))
    await Dataset(a_home(tmp_path, web=web, clock=clock), DATASET).gather(gathering(tmp_path, silent))
    query = parse_qs(urlsplit(web.asked[0].url).query)
    assert query["$where"] == ["issue_date >= '2025-12-06T00:00:00' AND caller_id_number != 'None'"]
    assert query["$select"] == [",".join(COLUMNS)]
    assert query["$limit"] == ["50000"]


async def test_a_dataset_without_an_end_is_given_up(tmp_path: Path, silent: Silent, clock: FakeClock) -> None:
    web = SodaWeb(served(10**6))
    with pytest.raises(FetchError, match="more than 40 pages"):
        await Dataset(a_home(tmp_path, web=web, clock=clock), DATASET, page=2).gather(gathering(tmp_path, silent))


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"<html>Sorry</html>", "web page"), (b"", "something else"), (SHORT.encode() + b"1,2026-", "end")],
    ids=["html", "empty", "cut"],
)
async def test_what_is_no_page_ends_the_update(
    tmp_path: Path, silent: Silent, clock: FakeClock, content: bytes, why: str
) -> None:
    web = SodaWeb(lambda _: content)
    with pytest.raises(FetchError, match=why):
        await Dataset(a_home(tmp_path, web=web, clock=clock), DATASET).gather(gathering(tmp_path, silent))


async def test_the_list_is_built_of_all_pages_without_the_victims(build: Build, silent: Silent) -> None:
    victim = row("303-555-0150", issue="My own number is being spoofed")
    good = "".join(row(id=str(number)) for number in range(3))
    web = SodaWeb(lambda _: (ALL_COLUMNS + good + victim + row("None")).encode())
    plugin = build({"fcc": {"mode": "active", "url": DATASET}}, web=web)
    fcc = next(one for one in plugin.number_lists() if one.name == "fcc")
    updated = await fcc.update(silent)
    assert updated.after == 1
    found = fcc.look_up("+13035550147").entry
    assert found is not None
    assert found.reports == 3
    info = fcc.state().info
    assert info is not None
    assert info.rejected == {"spoofed-victim": 1, "blank": 1}
