"""The life of the list `ftc`: what is fetched, what is kept, and what happens when the FTC is not itself."""

import gzip
import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from callguard import Answer, FetchError, Progress, Subscription
from callguard.apart.aside import Aside
from callguard.testing import FakeClock, FakeWeb, Page
from callguard_ftc.plugin import Ftc
from callguard_ftc.settings import INDEX

Build = Callable[..., Ftc]
Daily = Callable[..., bytes]
Silent = Callable[[Progress], None]
ACTIVE = {"mode": "active"}
FILES = "https://www.ftc.gov/sites/default/files/"


def file_url(name: str) -> str:
    return f"{FILES}DNC_Complaint_Numbers_{name}.csv"


def index_of(*names: str) -> bytes:
    links = "".join(f'<a href="/sites/default/files/DNC_Complaint_Numbers_{name}.csv">{name}</a>' for name in names)
    return f"<!DOCTYPE html><html><body><h1>Do Not Call Data</h1>{links}</body></html>".encode()


def site(files: Mapping[str, bytes | Page | Exception]) -> dict[str, Any]:
    return {INDEX: index_of(*files), **{file_url(name): content for name, content in files.items()}}


@pytest.fixture
def web(daily: Daily) -> FakeWeb:
    """A site with two days; one number was reported on both."""
    return FakeWeb(
        site(
            {
                "2026-03-05": daily("3035550147", "3035550148", day="2026-03-04"),
                "2026-03-06": daily("3035550147", "3035550147", day="2026-03-05"),
            }
        )
    )


def the_list(plugin: Ftc) -> Subscription:
    return next(one for one in plugin.number_lists() if one.name == "ftc")


def fetched(web: FakeWeb) -> list[str]:
    return [asked.url.removeprefix(FILES + "DNC_Complaint_Numbers_") for asked in web.asked if asked.url != INDEX]


def reports(plugin: Ftc, number: str) -> int:
    found = the_list(plugin).look_up(number)
    return found.entry.reports if found.entry else 0


async def test_all_days_that_the_page_names_are_counted(build: Build, web: FakeWeb, silent: Silent) -> None:
    plugin = build(ACTIVE, web=web)
    updated = await the_list(plugin).update(silent)
    assert (updated.changed, updated.after, updated.note) == (True, 2, "")
    assert [reports(plugin, number) for number in ("+13035550147", "+13035550148", "+13035550149")] == [3, 1, 0]
    info = the_list(plugin).state().info
    assert info is not None
    assert (info.version, info.source) == ("2026-03-06", INDEX)


async def test_the_work_can_be_done_in_another_process(build: Build, web: FakeWeb, silent: Silent) -> None:
    plugin = build(ACTIVE, web=web, apart=Aside(os.environ))
    assert (await the_list(plugin).update(silent)).after == 2
    assert reports(plugin, "+13035550147") == 3


async def test_the_server_is_asked_as_browsers_ask(build: Build, web: FakeWeb, silent: Silent) -> None:
    await the_list(build(ACTIVE, web=web)).update(silent)
    assert {asked.headers["user-agent"].partition(" ")[0] for asked in web.asked} == {"Mozilla/5.0"}
    assert all("CallGuard" in asked.headers["user-agent"] for asked in web.asked)


async def test_a_day_at_hand_is_not_fetched_again(build: Build, web: FakeWeb, silent: Silent, daily: Daily) -> None:
    plugin = build(ACTIVE, web=web)
    await the_list(plugin).update(silent)
    web.pages |= site({"2026-03-06": b"", "2026-03-07": daily("3035550149")})
    web.asked.clear()
    updated = await the_list(plugin).update(silent)
    assert fetched(web) == ["2026-03-07.csv"]
    assert (updated.changed, updated.before, updated.after) == (True, 2, 3)


async def test_nothing_new_changes_nothing(build: Build, web: FakeWeb, silent: Silent) -> None:
    plugin = build(ACTIVE, web=web)
    await the_list(plugin).update(silent)
    assert not (await the_list(plugin).update(silent)).changed
    assert not (await the_list(build(ACTIVE, web=web)).update(silent)).changed, "nor after a restart"


async def test_a_recent_day_that_was_put_right_is_fetched_again(
    build: Build, web: FakeWeb, silent: Silent, daily: Daily
) -> None:
    url = file_url("2026-03-06")
    web.pages[url] = Page(body=daily("3035550149"), headers={"etag": '"1"'})
    plugin = build(ACTIVE, web=web)
    await the_list(plugin).update(silent)
    assert not (await the_list(plugin).update(silent)).changed
    assert web.asked[-1].headers["if-none-match"] == '"1"'
    web.pages[url] = Page(body=daily("3035550146"), headers={"etag": '"2"'})
    assert (await the_list(plugin).update(silent)).changed
    assert (reports(plugin, "+13035550149"), reports(plugin, "+13035550146")) == (0, 1)


async def test_a_bad_correction_leaves_the_good_file(
    build: Build, web: FakeWeb, silent: Silent, daily: Daily
) -> None:
    url = file_url("2026-03-06")
    web.pages[url] = Page(body=daily("3035550149"), headers={"etag": '"1"'})
    plugin = build(ACTIVE, web=web)
    await the_list(plugin).update(silent)
    web.pages[url] = Page(body=b"<html>sorry</html>", headers={"etag": '"2"'})
    with pytest.raises(FetchError, match="web page"):
        await the_list(plugin).update(silent)
    assert reports(plugin, "+13035550149") == 1


async def test_force_fetches_everything_again(build: Build, web: FakeWeb, silent: Silent) -> None:
    plugin = build(ACTIVE, web=web)
    await the_list(plugin).update(silent)
    web.asked.clear()
    assert (await the_list(plugin).update(silent, force=True)).changed
    assert sorted(fetched(web)) == ["2026-03-05.csv", "2026-03-06.csv"]


async def test_one_missing_day_is_a_note_and_no_failure(build: Build, web: FakeWeb, silent: Silent) -> None:
    web.pages[INDEX] = index_of("2026-03-04", "2026-03-05", "2026-03-06")
    plugin = build(ACTIVE, web=web)
    updated = await the_list(plugin).update(silent)
    assert "2026-03-04 is missing" in updated.note
    assert "404" in updated.note
    assert (updated.after, the_list(plugin).state().error) == (2, "")


async def test_a_page_instead_of_one_day_is_a_note_too(build: Build, web: FakeWeb, silent: Silent) -> None:
    web.pages[file_url("2026-03-06")] = b"<!DOCTYPE html><html>Page not found</html>"
    updated = await the_list(build(ACTIVE, web=web)).update(silent)
    assert "a web page came instead" in updated.note
    assert updated.after == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"<html>blocked</html>", "web page", id="html"),
        pytest.param(b"", "no file of complaints", id="empty"),
        pytest.param(b"number\r\n3035550147\r\n", "no file of complaints", id="another csv"),
        pytest.param(b"Company_Phone_Number,Subject\r\n3035550147,Other\r\n", "created_date", id="column gone"),
        pytest.param(b"Company_Phone_Number,Created_Date\r\n", "no complaint", id="header only"),
        pytest.param(b"Company_Phone_Number,Created_Date\r\n30355", "end is missing", id="cut"),
        pytest.param(
            b"Company_Phone_Number,Created_Date\r\n3035550147,2026-03-05\r\n" + b"\0\1\2\r\n" * 9, "90%", id="rubbish"
        ),
    ],
)
async def test_only_a_good_file_is_kept(
    build: Build, web: FakeWeb, silent: Silent, tmp_path: Path, content: bytes, why: str
) -> None:
    plugin = build(ACTIVE, web=web)
    await the_list(plugin).update(silent)
    web.pages |= site({"2026-03-07": content})
    with pytest.raises(FetchError, match=why):
        await the_list(plugin).update(silent)
    assert kept(tmp_path) == ["2026-03-05.csv.gz", "2026-03-06.csv.gz"]
    assert reports(plugin, "+13035550147") == 3
    assert why in the_list(plugin).state().error
    assert beneath(tmp_path, "incoming/*") == []


async def test_the_own_history_outlives_the_window_of_the_ftc(
    build: Build, web: FakeWeb, silent: Silent, clock: FakeClock, daily: Daily, tmp_path: Path
) -> None:
    plugin = build(ACTIVE, web=web)
    await the_list(plugin).update(silent)
    clock.advance(60 * 86400)
    web.pages = site({"2026-05-05": daily("3035550149", day="2026-05-04")})
    await the_list(plugin).update(silent)
    assert kept(tmp_path) == ["2026-03-05.csv.gz", "2026-03-06.csv.gz", "2026-05-05.csv.gz"]
    found = the_list(plugin).look_up("+13035550147")
    assert found.entry is not None
    assert found.entry.reports == 3
    assert found.entry.weight == pytest.approx(2 * 2 ** (-61 / 30) + 2 ** (-62 / 30), rel=0.01)
    clock.advance(35 * 86400)
    web.pages = site({"2026-06-09": daily("3035550149", day="2026-06-08")})
    await the_list(plugin).update(silent)
    assert kept(tmp_path) == ["2026-05-05.csv.gz", "2026-06-09.csv.gz"]
    assert reports(plugin, "+13035550147") == 0


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(FetchError("the FTC answered 403", status=403), id="403"),
        pytest.param(b"<html>We are redesigning our site</html>", id="no files"),
        pytest.param(index_of("2026-02-15"), id="nothing for weeks"),
    ],
)
async def test_without_the_index_nothing_is_lost(
    build: Build, web: FakeWeb, silent: Silent, page: bytes | Exception, clock: FakeClock
) -> None:
    plugin = build(ACTIVE, web=web)
    await the_list(plugin).update(silent)
    web.pages[INDEX] = page
    with pytest.raises(FetchError):
        await the_list(plugin).update(silent)
    assert reports(plugin, "+13035550147") == 3
    assert [problem.code for problem in the_list(plugin).problems(clock.now())] == ["list-failing"]


async def test_the_first_day_alone_is_no_yardstick_for_the_rest(
    build: Build, web: FakeWeb, silent: Silent, daily: Daily
) -> None:
    plugin = build(ACTIVE, web=web)
    web.pages = site({"2026-03-06": daily("3035550147")})
    await the_list(plugin).update(silent)
    days = {f"2026-02-{day:02}": daily(f"30355501{day}", day=f"2026-02-{day:02}") for day in range(10, 28)}
    web.pages = site({**days, "2026-03-06": b""})
    assert (await the_list(plugin).update(silent)).after == 19


async def test_a_server_that_refuses_is_left_alone_after_three_files(
    build: Build, web: FakeWeb, silent: Silent
) -> None:
    days = [f"2026-02-{day:02}" for day in range(10, 28)]
    web.pages = site(dict.fromkeys([*days, "2026-03-06"], FetchError("answered 403", status=403)))
    with pytest.raises(FetchError, match="403"):
        await the_list(build(ACTIVE, web=web)).update(silent)
    assert len(fetched(web)) == 3


async def test_what_came_before_the_server_refused_is_used(
    build: Build, web: FakeWeb, silent: Silent, daily: Daily
) -> None:
    tired = FetchError("answered 429", status=429, retry_after=timedelta(hours=2))
    web.pages = site({"2026-03-04": b"", "2026-03-05": tired, "2026-03-06": daily("3035550147")})
    plugin = build(ACTIVE, web=web)
    updated = await the_list(plugin).update(silent)
    assert fetched(web) == ["2026-03-06.csv", "2026-03-05.csv"]
    assert "429" in updated.note
    assert reports(plugin, "+13035550147") == 1


async def test_an_old_file_that_never_comes_right_is_not_a_failure_for_ever(
    build: Build, web: FakeWeb, silent: Silent, clock: FakeClock
) -> None:
    plugin = build(ACTIVE, web=web)
    await the_list(plugin).update(silent)
    web.pages |= site({"2026-03-05": b"", "2026-02-20": b"<html>gone</html>", "2026-03-06": b""})
    updated = await the_list(plugin).update(silent)
    assert not updated.changed
    assert "2026-02-20 is missing" in updated.note


async def test_a_kept_file_that_the_disk_damaged_is_passed_over_and_fetched_again(
    build: Build, web: FakeWeb, silent: Silent, tmp_path: Path, daily: Daily
) -> None:
    plugin = build(ACTIVE, web=web)
    await the_list(plugin).update(silent)
    (damaged,) = beneath(tmp_path, "2026-03-05.csv.gz")
    damaged.write_bytes(damaged.read_bytes()[:50])
    many = daily(*(f"30355501{place:02}" for place in range(49, 60)))
    web.pages |= site({"2026-03-05": daily("3035550148"), "2026-03-07": many})
    await the_list(plugin).update(silent)
    info = the_list(plugin).state().info
    assert info is not None
    assert info.rejected == {"unreadable-file": 1}
    await the_list(plugin).update(silent)
    assert reports(plugin, "+13035550148") == 1


async def test_an_archive_of_the_household_counts_as_well(
    build: Build, web: FakeWeb, silent: Silent, tmp_path: Path, daily: Daily
) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    (archive / "february.csv.gz").write_bytes(gzip.compress(daily("3035550146", day="2026-02-01")))
    (archive / "README.txt").write_text("not for machines")
    plugin = build({**ACTIVE, "archive": str(archive)}, web=web)
    await the_list(plugin).update(silent)
    assert reports(plugin, "+13035550146") == 1
    assert not (await the_list(plugin).update(silent)).changed
    (archive / "more.csv").write_bytes(daily("3035550145", day="2026-02-02"))
    assert (await the_list(plugin).update(silent)).changed
    assert reports(plugin, "+13035550145") == 1


async def test_a_list_that_is_lost_is_built_again_without_fetching(
    build: Build, web: FakeWeb, silent: Silent, tmp_path: Path
) -> None:
    await the_list(build(ACTIVE, web=web)).update(silent)
    (lost,) = beneath(tmp_path, "list.sqlite")
    lost.unlink()
    web.asked.clear()
    plugin = build(ACTIVE, web=web)
    assert (await the_list(plugin).update(silent)).changed
    assert fetched(web) == []
    assert reports(plugin, "+13035550147") == 3


async def test_a_list_that_is_off_is_not_asked(build: Build, web: FakeWeb, silent: Silent) -> None:
    plugin = build({}, web=web)
    assert the_list(plugin).look_up("+13035550147").answer is Answer.UNAVAILABLE
    assert the_list(plugin).state().mode.value == "off"


def beneath(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.rglob(pattern))


def kept(folder: Path) -> list[str]:
    return [path.name for path in beneath(folder, "days/*")]
