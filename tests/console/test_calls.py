"""The call log: found by any spelling, filtered, paged, kept up to date, and taken away as a file."""

import csv
import io
import json
import re
from datetime import timedelta
from html import unescape

import pytest
from aiohttp import ClientError

from callguard.access import Role
from callguard.console.pages.calls import PAGE
from callguard.model.record import CallRecord
from callguard.place import Place
from callguard.store import Archive, UnreadableError
from tests.console.callmaking import (
    DOCTOR,
    HOSTILE,
    OTHER,
    SILENT,
    STRANGER,
    Made,
    goes_away,
    record,
    reported,
    spoil,
)
from tests.console.conftest import Answered, Browser, Console

NUMBERS = [f"+1303555{n:04}" for n in range(100, 200)]


@pytest.fixture
def made(console: Console) -> Made:
    return Made(console.kernel.clock.now())


def shown(page: str) -> list[str]:
    """Return the ids of the calls on a page, in their order."""
    return re.findall(r'id="call-([0-9a-z]+)"', page)


def ids(*records: CallRecord) -> list[str]:
    return [one.call.id for one in records]


async def test_an_empty_log_says_since_when_it_listens_and_how_to_try(admin: Browser) -> None:
    page = await admin.get("/calls")
    assert page.status == 200
    assert "No calls yet" in page.text
    assert "CallGuard is listening on Home since" in page.text
    assert 'href="/try"' in page.text
    assert "Export" not in page.text


@pytest.mark.parametrize("role", Role)
async def test_everybody_sees_the_calls_newest_first(console: Console, made: Made, role: Role) -> None:
    older, newer = made.call(ago=timedelta(days=1)), made.call(OTHER, evidence=reported(OTHER))
    await record(console, older, newer)
    page = await console.person(role).get("/calls")
    assert shown(page.text) == ids(newer, older)
    assert "2 calls" in page.text
    assert "was reported to the FTC 112×" in page.text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["blocked", "rang", "let-through", "hidden"]),
        ("q=303-555-0164", ["blocked"]),
        ("q=%2B1+(303)+555+0164", ["blocked"]),
        ("q=0013035550164", ["blocked"]),
        ("q=0164", ["blocked"]),
        ("q=card+serv", ["blocked"]),
        ("q=reported+to+the+FTC", ["blocked"]),
        ("q=%25", []),
        ("q=%22+OR+1%3D1+--", []),
        ("show=blocked", ["blocked"]),
        ("show=rang", ["rang", "hidden"]),
        ("show=let-through", ["let-through"]),
        ("show=review", ["blocked", "let-through"]),
        ("show=nonsense", ["blocked", "rang", "let-through", "hidden"]),
        ("source=ftc/ftc", ["blocked"]),
        ("source=ftc", ["blocked"]),
        ("source=/", ["rang", "let-through", "hidden"]),
        ("line=Office", ["let-through"]),
        ("number=%2B13035550165", ["rang"]),
        ("show=blocked&line=Office", []),
    ],
)
async def test_calls_are_found_by_what_the_address_says(
    console: Console, member: Browser, made: Made, asked: str, found: list[str]
) -> None:
    calls = {
        "hidden": made.call(None, ago=timedelta(hours=5)),
        "let-through": made.call(DOCTOR, line="Office", failures=SILENT, ago=timedelta(hours=4)),
        "rang": made.call(OTHER, ago=timedelta(hours=3)),
        "blocked": made.call(name="CARD SERVICES", evidence=reported(), ago=timedelta(hours=2)),
    }
    await record(console, *calls.values())
    page = await member.get(f"/calls?{asked}")
    assert page.status == 200
    assert shown(page.text) == [calls[name].call.id for name in found]


async def test_days_are_those_of_the_household_and_the_last_one_is_included(
    console: Console, member: Browser, made: Made
) -> None:
    calls = [made.call(ago=timedelta(days=days)) for days in (4, 3, 2, 1)]
    await record(console, *calls)
    first, last = (one.call.received_at.date() for one in (calls[1], calls[2]))
    assert shown((await member.get(f"/calls?from={first}&to={last}")).text) == ids(calls[2], calls[1])


async def test_what_is_no_day_is_said_and_left_out(console: Console, member: Browser, made: Made) -> None:
    call = made.call()
    await record(console, call)
    page = await member.get("/calls?from=2026-02-31&to=%3Cscript%3E")
    assert shown(page.text) == ids(call)
    assert "“2026-02-31” is no day" in unescape(page.text)
    assert "<script>" not in page.text


async def test_a_search_that_finds_nothing_says_how_to_see_all(console: Console, member: Browser, made: Made) -> None:
    await record(console, made.call())
    page = await member.get("/calls?q=nobody")
    assert "No calls match" in page.text
    assert "Clear the search or choose All." in page.text


async def test_what_was_searched_stays_in_the_page_and_in_its_links(
    console: Console, member: Browser, made: Made
) -> None:
    await record(console, made.call(evidence=reported()))
    text = unescape((await member.get("/calls?q=0164&show=blocked")).text)
    assert 'value="0164"' in text
    assert 'href="/calls?q=0164&show=rang"' in text
    assert 'href="/calls/export?q=0164&show=blocked&kind=csv"' in text


async def test_older_calls_are_on_the_next_page_and_none_is_lost(
    console: Console, member: Browser, made: Made
) -> None:
    calls = [made.call(number, ago=timedelta(hours=200 - n)) for n, number in enumerate(NUMBERS + NUMBERS[:20])]
    await record(console, *calls)
    seen: list[str] = []
    address = "/calls?show=rang"
    for _ in range(3):
        text = unescape((await member.get(address)).text)
        seen += shown(text)
        following = re.search(r'href="(/calls\?[^"]*before=[^"]*)" rel="next"', text)
        address = following[1] if following else ""
    assert seen == ids(*reversed(calls))
    assert len(seen) > 2 * PAGE
    assert not address


async def test_a_place_that_is_none_leads_to_the_newest_calls(member: Browser) -> None:
    answered = await member.get("/calls?q=card&before=yesterday")
    assert (answered.status, answered.location) == (303, "/calls?q=card")


async def test_removed_calls_are_spoken_of_at_the_end(console: Console, admin: Browser, made: Made) -> None:
    old, kept = made.call(ago=timedelta(days=400)), made.call()
    await record(console, old, kept)
    now = console.kernel.clock.now()
    before = now - timedelta(days=365)
    await console.daemon.house.store.retire(before, pseudonymise=True, secret=b"s" * 32, now=now)
    text = (await admin.get("/calls")).text
    assert shown(text) == ids(kept)
    assert f"{before:%A} {before.day} {before:%B} {before.year} were removed" in text


async def test_a_house_whose_calls_were_all_removed_does_not_say_that_none_came(
    console: Console, viewer: Browser, made: Made
) -> None:
    await record(console, made.call(ago=timedelta(days=400)))
    now = console.kernel.clock.now()
    await console.daemon.house.store.retire(now, pseudonymise=False, secret=b"s" * 32, now=now)
    for path in ("/calls", "/"):
        text = (await viewer.get(path)).text
        assert "were removed" in text
        assert "No calls yet" not in text


async def test_the_log_is_shown_while_the_daemon_is_away(console: Console, member: Browser, made: Made) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    await goes_away(console)
    page = await member.get("/calls")
    assert shown(page.text) == ids(call)
    assert "CallGuard itself does not answer" in page.text


async def test_the_newest_calls_come_by_themselves_but_never_into_a_search(
    console: Console, member: Browser, made: Made
) -> None:
    assert 'data-live="rows"' in (await member.get("/calls")).text
    assert 'data-live="rows"' in (await member.get("/")).text
    assert 'data-live="pill"' in (await member.get("/calls?q=nobody")).text
    await record(console, made.call())
    assert 'data-live="rows"' in (await member.get("/calls")).text
    assert 'data-live="pill"' in (await member.get("/calls?show=rang")).text


async def test_an_unreadable_record_is_counted_and_the_others_are_shown(
    console: Console, member: Browser, made: Made, place: Place
) -> None:
    broken, whole = made.call(), made.call(OTHER)
    await record(console, broken, whole)
    spoil(place, broken)
    page = await member.get("/calls")
    assert shown(page.text) == ids(whole)
    assert "1 call on this page cannot be read" in page.text


async def exported(browser: Browser, query: str) -> Answered:
    answered = await browser.get(f"/calls/export?{query}")
    assert answered.status == 200
    assert answered.headers["Content-Disposition"].startswith('attachment; filename="callguard-calls-')
    return answered


async def test_a_spreadsheet_gets_what_was_searched_and_no_formulas(
    console: Console, viewer: Browser, made: Made
) -> None:
    wanted = made.call(name="=HYPERLINK(0)", evidence=reported())
    await record(console, made.call(OTHER), wanted)
    answered = await exported(viewer, "kind=csv&show=blocked")
    assert answered.text.startswith("\ufeffAt,Line,Number,")
    (row,) = csv.DictReader(io.StringIO(answered.text.removeprefix("\ufeff")))
    assert row["Number"] == f"'{STRANGER}"
    assert row["Name as sent"] == "'=HYPERLINK(0)"
    assert row["What happened"] == "blocked"
    assert row["You said"] == "open"
    assert row["Call"] == wanted.call.id


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", HOSTILE])
async def test_no_cell_begins_like_a_formula_or_carries_control_characters(
    console: Console, viewer: Browser, made: Made, name: str
) -> None:
    await record(console, made.call(name=name))
    text = (await exported(viewer, "kind=csv")).text.removeprefix("\ufeff")
    (row,) = list(csv.reader(io.StringIO(text)))[1:]
    assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert not {"\x1b", "\u202e"} & set(text)
    assert len(text) < 5000


async def test_programs_get_every_call_as_a_line_of_json(console: Console, viewer: Browser, made: Made) -> None:
    calls = [made.call(number, ago=timedelta(hours=900 - n)) for n, number in enumerate(NUMBERS * 5)]
    await record(console, *calls)
    lines = [json.loads(line) for line in (await exported(viewer, "kind=json")).text.splitlines()]
    assert [line["id"] for line in lines] == ids(*reversed(calls))
    assert lines[0]["experience"] == "rang"
    assert lines[0]["opinion"] is None


async def test_an_empty_export_has_only_its_head(viewer: Browser) -> None:
    assert (await exported(viewer, "kind=csv")).text.count("\n") == 1


@pytest.mark.parametrize("query", ["kind=exe", "kind=csv&from=never"])
async def test_there_are_no_other_files(viewer: Browser, query: str) -> None:
    assert (await viewer.get(f"/calls/export?{query}")).status == 404


async def test_a_file_that_breaks_off_does_not_look_whole(
    console: Console, viewer: Browser, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = [made.call(number, ago=timedelta(hours=900 - n)) for n, number in enumerate(NUMBERS * 5)]
    await record(console, *calls)
    pages = Archive.page

    def breaks_off(archive: Archive, limit: int, before: str | None, wanted: object) -> object:
        if before:
            raise UnreadableError("the disk is gone")
        return pages(archive, limit, before, wanted)  # type: ignore[arg-type]

    monkeypatch.setattr(Archive, "page", breaks_off)
    with pytest.raises(ClientError):
        await viewer.get("/calls/export?kind=json")
