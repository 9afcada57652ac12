import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from callguard import LIST_PHRASES, Action, Call, Evidence, Leaning, ListBuilder, Progress
from callguard.testing import NOON, FakeClock, FakeWeb, HookRunner, a_call, a_caller
from callguard_ftc.plugin import Ftc, is_toll_free
from callguard_ftc.robocalls import share_of, write_shares
from callguard_ftc.settings import INDEX, FtcConfig

Build = Callable[..., Ftc]
Daily = Callable[..., bytes]
Silent = Callable[[Progress], None]
STRANGER, TOLL_FREE = "+13035550147", "+18885550147"
FAMOUS = {
    "Apple": "+18002752273",
    "Chase": "+18009452000",
    "Bank of America": "+18004321000",
    "Amazon": "+18882804331",
    "Wells Fargo": "+18008693557",
}
"""The well-known numbers that lead the FTC's own counts (lists-and-law.md §2.3)."""
FILE = "https://www.ftc.gov/sites/default/files/DNC_Complaint_Numbers_2026-01-02.csv"
DATASET = "https://mirror.example/fcc.csv"
BOTH = {"mode": "active", "fcc": {"mode": "active", "url": DATASET}}


@pytest.fixture
def reported(build: Build, silent: Silent, daily: Daily) -> Callable[..., Ftc]:
    """Return a function that builds the plugin with both lists fetched, each number reported so often yesterday."""

    def done(section: Mapping[str, Any] = BOTH, **times: int) -> Ftc:
        numbers = [f"{number}" for number, count in times.items() for _ in range(count)]
        rows = [
            f"{number.strip('_')},2026-01-01 {place // 3600:02}:{place // 60 % 60:02}:{place % 60:02},2026-01-01,"
            "Denver,Colorado,303,Charities,Y"
            for place, number in enumerate(numbers)
        ]
        tickets = [
            f"{place},2026-01-01T00:00:00.000,Unwanted Calls,{number.strip('_')},Prerecorded Voice\n"
            for place, number in enumerate(numbers)
        ]
        fcc = "id,issue_date,issue,caller_id_number,type_of_call_or_messge\n" + "".join(tickets)
        web = FakeWeb({INDEX: f'<a href="{FILE}">x</a>'.encode(), FILE: daily(*rows)})

        def page(asked: Any) -> bytes:
            return fcc.encode()

        web.pages |= dict.fromkeys([fcc_url()], page)
        plugin = build(section, web=web, clock=FakeClock(NOON))
        for one in plugin.number_lists():
            if one.mode.value != "off":
                asyncio.run(one.update(silent))
        return plugin

    return done


def fcc_url() -> str:
    return (
        f"{DATASET}?%24select=id%2Cissue_date%2Cissue%2Ccaller_id_number%2Ctype_of_call_or_messge&%24where=issue_date"
        "+%3E%3D+%272025-10-04T00%3A00%3A00%27+AND+caller_id_number+%21%3D+%27None%27&%24order=%3Aid&%24limit=50000"
        "&%24offset=0"
    )


def said(plugin: Ftc, call: Call) -> list[Evidence]:
    return list(plugin.check_call(call) or ())


def test_a_reported_number_says_how_often_when_and_why(reported: Callable[..., Ftc]) -> None:
    plugin = reported(_3035550147=7)
    ftc, fcc = said(plugin, a_call(STRANGER))
    assert (ftc.code, ftc.leaning, ftc.weight, ftc.basis, ftc.version) == (
        "reported", Leaning.UNWANTED, 45, "complaints", "2026-01-02",
    )  # fmt: skip
    assert ftc.facts == {
        "list": "ftc", "title": "Calls reported to the FTC", "number": STRANGER,
        "reports": 7, "category": "charity", "first_seen": "2026-01-01",
        "last_seen": "2026-01-01", "days": 1, "toll_free": False, "robocall_share": 1.0,
    }  # fmt: skip
    assert (fcc.code, fcc.basis, fcc.facts["list"], fcc.facts["reports"]) == ("reported-fcc", "complaints", "fcc", 7)


def test_a_number_nobody_reported_is_not_called_a_good_one(reported: Callable[..., Ftc]) -> None:
    plugin = reported(_3035550148=1)
    ftc, fcc = said(plugin, a_call(STRANGER))
    assert {(item.code, item.leaning, item.weight) for item in (ftc, fcc)} == {("not-listed", Leaning.NEUTRAL, 0)}
    assert [item.version for item in (ftc, fcc)] == ["2026-01-02", "2026-01-02"]


def test_complaints_alone_screen_at_most(reported: Callable[..., Ftc], tmp_path: Path) -> None:
    reported(_3035550147=300)
    record = HookRunner(Ftc, tmp_path, BOTH, name="ftc").screen(a_call(STRANGER, can_screen=True))
    assert (record.verdict.action, record.verdict.score) == (Action.SCREEN, 60)


def test_a_list_that_only_logs_changes_nothing(reported: Callable[..., Ftc], tmp_path: Path) -> None:
    section = {"mode": "log-only"}
    reported(section, _3035550147=300)
    runner = HookRunner(Ftc, tmp_path, section, name="ftc")
    (found,) = runner.check(a_call(STRANGER)).evidence
    assert found.log_only
    assert found.weight == 60
    assert runner.screen(a_call(STRANGER, can_screen=True)).verdict.action is Action.RING


@pytest.mark.parametrize("number", FAMOUS.values(), ids=FAMOUS)
def test_a_famous_number_is_never_blocked_nor_screened_however_often_it_is_reported(
    number: str, famous: Path
) -> None:
    runner = HookRunner(Ftc, famous, BOTH, name="ftc")
    record = runner.screen(a_call(number, can_screen=True))
    assert [item.facts["reports"] for item in record.evidence] == [5000, 5000]
    assert [item.weight for item in record.evidence] == [40, 0]
    assert record.verdict.action is Action.RING


@pytest.fixture
def famous(tmp_path: Path) -> Path:
    """A house in whose lists each famous number was reported 5,000 times this very day."""
    for name in ("ftc", "fcc"):
        path = tmp_path / "plugins" / "ftc" / name / "list.sqlite"
        path.parent.mkdir(parents=True)
        with ListBuilder(path, name=name) as builder:
            for number in FAMOUS.values():
                builder.add_reports((int(number[1:]), NOON.toordinal(), 1) for _ in range(5000))
            builder.finish(version="today", as_of=NOON.date(), retrieved_at=NOON, source="test")
    return tmp_path


def test_toll_free_numbers_weigh_less_in_both_lists_together(reported: Callable[..., Ftc]) -> None:
    plugin = reported(_8885550147=2)
    assert [(item.code, item.weight) for item in said(plugin, a_call(TOLL_FREE))] == [
        ("reported-toll-free", 23),
        ("reported-fcc-toll-free", 17),
    ]


def test_every_number_of_the_caller_is_looked_up(reported: Callable[..., Ftc]) -> None:
    plugin = reported({"mode": "active"}, _3035550147=1, _3035550148=2)
    caller = a_caller(STRANGER, asserted=("+13035550148",))
    assert [item.facts["reports"] for item in said(plugin, a_call(caller=caller))] == [1, 2]
    asserted = a_caller("+13035550149", asserted=("+13035550148",))
    assert [item.facts["number"] for item in said(plugin, a_call(caller=asserted))] == ["+13035550148"]


def test_a_withheld_number_is_not_asked_about(build: Build) -> None:
    assert build(BOTH).check_call(a_call(None)) is None


def test_both_lists_are_off_unless_the_household_wants_them(build: Build) -> None:
    plugin = build({})
    assert [(one.name, one.mode.value) for one in plugin.number_lists()] == [("ftc", "off"), ("fcc", "off")]
    assert plugin.check_call(a_call(STRANGER)) is None


def test_a_list_that_was_never_fetched_says_so(build: Build) -> None:
    (found,) = said(build({"mode": "active"}), a_call(STRANGER))
    assert (found.code, found.leaning) == ("list-unavailable", Leaning.NEUTRAL)
    assert found.facts["why"]


@pytest.mark.parametrize(
    "section",
    [
        {"mode": "on"},
        {"every": "PT1M"},
        {"index_url": "ftc.gov"},
        {"index_url": "file:///etc/passwd"},
        {"archive": "somewhere"},
        {"fcc": {"mode": "active", "colour": "red"}},
    ],
    ids=["mode", "too often", "no address", "a file", "a relative path", "unknown key"],
)
def test_a_mistake_in_the_settings_is_refused(section: Mapping[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FtcConfig.model_validate(section)


@pytest.mark.parametrize(
    ("written", "hours"), [("24h", 24), ("12 h", 12), ("3d", 72), ("06:00:00", 6), ("PT36H", 36)]
)
def test_intervals_are_written_as_people_do(tmp_path: Path, written: str, hours: int) -> None:
    runner = HookRunner(Ftc, tmp_path, {"every": written, "fcc": {"every": written}}, name="ftc")
    assert {one.state().every for one in runner.number_lists().values()} == {timedelta(hours=hours)}


def test_every_sentence_can_be_said(reported: Callable[..., Ftc], tmp_path: Path) -> None:
    reported(_3035550147=7, _8885550147=1)
    runner = HookRunner(Ftc, tmp_path, BOTH, name="ftc")
    sentences = [
        text for number in (STRANGER, TOLL_FREE, "+13035550149") for text in runner.sentences(a_call(number))
    ]
    assert sentences[0] == (
        "(303) 555-0147 was reported to the FTC 7×, last on 2026-01-01 (charity); the FTC has verified none of it"
    )
    assert "often those of well-known companies" in sentences[2]
    assert not [text for text in sentences if "{" in text]


def test_there_is_a_sentence_for_whatever_a_list_may_answer() -> None:
    replaced = {"listed-number", "listed-prefix", "listed-as-wanted"}
    assert set(LIST_PHRASES) - replaced <= set(Ftc.phrases)


@pytest.mark.parametrize(
    ("number", "toll_free"),
    [("+18005550147", True), ("+18335550147", True), ("+18225550147", False), ("+13035550147", False),
     ("+4480055501", False), ("+180055501470", False)],
)  # fmt: skip
def test_toll_free_numbers_are_told_by_their_area_code(number: str, toll_free: bool) -> None:
    assert is_toll_free(number) is toll_free


def test_the_share_of_robocalls_needs_three_who_said_so(tmp_path: Path) -> None:
    seen = sqlite3.connect(":memory:", isolation_level=None)
    seen.execute("CREATE TABLE seen (number INTEGER, robocall INTEGER)")
    told = [(13035550147, 1), (13035550147, 1), (13035550147, 0), (13035550147, None), (13035550148, 1)]
    seen.executemany("INSERT INTO seen VALUES (?, ?)", told)
    for _ in range(2):
        write_shares(seen, tmp_path / "robocalls.sqlite")
    seen.close()
    shares = [share_of(number, tmp_path / "robocalls.sqlite") for number in (STRANGER, "+13035550148", "+1")]
    assert shares == [0.67, None, None]


@pytest.mark.parametrize("content", [None, b"", b"SQLite format 3\0rubbish"], ids=["absent", "empty", "damaged"])
def test_without_the_shares_a_hit_is_still_a_hit(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "robocalls.sqlite"
    if content is not None:
        path.write_bytes(content)
    assert share_of(STRANGER, path) is None
