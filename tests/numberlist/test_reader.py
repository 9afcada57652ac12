"""Looking numbers up: what cannot be read is said, what was swapped in is found, what is old says so."""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from callguard import Answer, Category, Entry, ListBuilder, NumberList
from callguard.numberlist import form

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
NUMBER = "+13035550188"
BYTES = min(3000, int(os.environ.get("CALLGUARD_FUZZ", "300")))
Build = Callable[..., Any]
OpenList = Callable[..., NumberList]
MakeEntry = Callable[..., Entry]


@pytest.fixture
def path(tmp_path: Path, build: Build, an_entry: MakeEntry) -> Path:
    """A list of one number and one prefix."""
    build(tmp_path / "list.sqlite", an_entry(), an_entry("+44", prefix=True, category=Category.PING))
    return tmp_path / "list.sqlite"


def swap(path: Path, build: Build, *entries: Entry, **head: Any) -> None:
    build(path.with_suffix(".new"), *entries, **head)
    path.with_suffix(".new").replace(path)


# --- hits ------------------------------------------------------------------------------------------


def test_a_hit_explains_itself(tmp_path: Path, build: Build, open_list: OpenList, an_entry: MakeEntry) -> None:
    entry = an_entry(reports=112, weight=80.5, first_seen=date(2025, 11, 1))
    build(tmp_path / "list.sqlite", entry, version="2026-01-01")
    found = open_list(tmp_path / "list.sqlite").look_up(NUMBER, NOW)
    assert (found.answer, found.entry, found.version) == (Answer.LISTED, entry, "2026-01-01")
    assert (found.retrieved_at, found.why) == (NOW, "")


def test_an_exact_number_beats_a_prefix_and_a_longer_prefix_a_shorter(
    tmp_path: Path, build: Build, open_list: OpenList, an_entry: MakeEntry
) -> None:
    beginnings = [an_entry(start, prefix=True) for start in ("+1", "+1303", "+130355501", NUMBER)]
    build(tmp_path / "list.sqlite", an_entry(), *beginnings)
    found = open_list(tmp_path / "list.sqlite")
    asked = {number: found.look_up(number, NOW).entry for number in (NUMBER, "+13035550100", "+13035550200", "+12")}
    said = {number: (entry.number, entry.prefix) for number, entry in asked.items() if entry}
    assert said == {
        NUMBER: (NUMBER, False),
        "+13035550100": ("+130355501", True),
        "+13035550200": ("+1303", True),
        "+12": ("+1", True),
    }


def test_a_prefix_is_no_number_and_a_number_no_prefix(path: Path, open_list: OpenList) -> None:
    found = open_list(path)
    assert found.look_up(NUMBER + "1", NOW).answer is Answer.NOT_LISTED
    assert found.look_up("+4", NOW).answer is Answer.NOT_LISTED
    assert found.look_up("+44", NOW).answer is Answer.LISTED


@pytest.mark.parametrize(
    "text", ["", "+", "anonymous", "13035550188", "+1303555٠١٨٨", "+0130355", "+" + "1" * 16, "+1 303", "+-1", "++1"]
)
def test_what_is_no_number_is_not_listed(path: Path, open_list: OpenList, text: str) -> None:
    assert open_list(path).look_up(text, NOW).answer is Answer.NOT_LISTED


def test_the_longest_number_there_is_can_be_listed(tmp_path: Path, build: Build, open_list: OpenList) -> None:
    build(tmp_path / "list.sqlite", Entry(number="+999999999999999"))
    assert open_list(tmp_path / "list.sqlite").look_up("+999999999999999", NOW).answer is Answer.LISTED


# --- ageing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "left"), [(-3, 8.0), (0, 8.0), (30, 4.0), (60, 2.0), (90, 1.0)])
def test_complaints_fade_with_their_half_life(
    tmp_path: Path, build: Build, open_list: OpenList, an_entry: MakeEntry, days: int, left: float
) -> None:
    build(tmp_path / "list.sqlite", an_entry(weight=8.0, reports=8), half_life=timedelta(days=30))
    found = open_list(tmp_path / "list.sqlite", stale_after=timedelta(days=999))
    answer = found.look_up(NUMBER, NOW + timedelta(days=days))
    assert answer.entry
    assert answer.entry.weight == pytest.approx(left)
    assert answer.entry.reports == 8


@pytest.mark.parametrize(("days", "answer"), [(88, Answer.LISTED), (89, Answer.NOT_LISTED), (500, Answer.NOT_LISTED)])
def test_a_number_that_nobody_complains_of_any_more_is_dropped(
    tmp_path: Path, build: Build, open_list: OpenList, an_entry: MakeEntry, days: int, answer: Answer
) -> None:
    build(tmp_path / "list.sqlite", an_entry(last_seen=date(2026, 1, 1)), drop_after=timedelta(days=90))
    found = open_list(tmp_path / "list.sqlite", stale_after=timedelta(days=999))
    assert found.look_up(NUMBER, NOW + timedelta(days=days)).answer is answer


def test_the_reader_may_know_better_how_a_list_ages(
    tmp_path: Path, build: Build, open_list: OpenList, an_entry: MakeEntry
) -> None:
    build(tmp_path / "list.sqlite", an_entry(weight=8.0), half_life=timedelta(days=30))
    found = open_list(tmp_path / "list.sqlite", half_life=timedelta(days=1), drop_after=timedelta(days=5))
    answer = found.look_up(NUMBER, NOW + timedelta(days=3))
    assert answer.entry
    assert answer.entry.weight == pytest.approx(1.0)
    assert found.look_up(NUMBER, NOW + timedelta(days=4)).answer is Answer.NOT_LISTED


def test_a_dropped_number_still_falls_under_its_prefix(
    tmp_path: Path, build: Build, open_list: OpenList, an_entry: MakeEntry
) -> None:
    entries = (an_entry(last_seen=date(2025, 12, 1)), an_entry("+1303", prefix=True, last_seen=date(2026, 1, 1)))
    build(tmp_path / "list.sqlite", *entries, drop_after=timedelta(days=90))
    found = open_list(tmp_path / "list.sqlite", stale_after=timedelta(days=999))
    answer = found.look_up(NUMBER, NOW + timedelta(days=70))
    assert answer.entry
    assert answer.entry.number == "+1303"


# --- stale -----------------------------------------------------------------------------------------


def test_an_old_list_says_that_it_is_stale(path: Path, open_list: OpenList) -> None:
    found, later = open_list(path), NOW + timedelta(days=14)
    assert found.look_up("+19005550100", later).answer is Answer.NOT_LISTED
    too_late = later + timedelta(seconds=1)
    miss, hit = found.look_up("+19005550100", too_late), found.look_up(NUMBER, too_late)
    assert (miss.answer, miss.entry) == (Answer.STALE, None)
    assert hit.answer is Answer.STALE
    assert hit.entry
    assert found.stale(too_late)
    assert not found.stale(later)


def test_a_list_that_was_confirmed_is_fresh_again(path: Path, open_list: OpenList) -> None:
    found = open_list(path)
    found.confirm(NOW + timedelta(days=20))
    answer = found.look_up(NUMBER, NOW + timedelta(days=30))
    assert (answer.answer, answer.retrieved_at) == (Answer.LISTED, NOW + timedelta(days=20))


def test_the_zone_of_the_clock_does_not_matter(path: Path, open_list: OpenList) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-11)))
    assert open_list(path).look_up(NUMBER, elsewhere) == open_list(path).look_up(NUMBER, NOW)


# --- files that cannot be read ---------------------------------------------------------------------


def foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE numbers (key INTEGER PRIMARY KEY)")
    connection.close()


def changed(path: Path, sql: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA writable_schema=1")
    connection.execute(sql)
    connection.close()


def cut(path: Path, size: int) -> None:
    os.truncate(path, size)


UNREADABLE = {
    "missing": (lambda path: path.unlink(), "there is no copy yet"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "cannot be read"),
    "empty": (lambda path: cut(path, 0), "is no list"),
    "a web page": (lambda path: path.write_text("<!DOCTYPE html><html>" + "x" * 5000), "is no list"),
    "half of the head": (lambda path: cut(path, 60), "is no list"),
    "cut short": (lambda path: cut(path, path.stat().st_size - 4096), "part of the file is missing"),
    "too long": (lambda path: path.write_bytes(path.read_bytes() + b"x"), "part of the file is missing"),
    "another program's": (foreign, "is no list"),
    "of a newer form": (lambda path: changed(path, "PRAGMA user_version=2"), "form 2"),
    "without a head": (lambda path: changed(path, "DELETE FROM head"), "head of the file makes no sense"),
    "with a head of nonsense": (lambda path: changed(path, "UPDATE head SET facts='[[]]'"), "head of the file"),
    "with a deep head": (lambda path: changed(path, f"UPDATE head SET facts='{'[' * 99_999}'"), "head of the file"),
    "without numbers": (lambda path: changed(path, "DROP TABLE numbers"), "the file is damaged"),
    "of unknown categories": (lambda path: changed(path, "UPDATE numbers SET category=77"), "the file is damaged"),
    "with impossible days": (lambda path: changed(path, "UPDATE numbers SET last_seen=-5"), "the file is damaged"),
    "with texts for counts": (lambda path: changed(path, "UPDATE numbers SET reports='x'"), "the file is damaged"),
}


@pytest.mark.parametrize(("spoil", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_unavailable_and_says_why(
    path: Path, open_list: OpenList, spoil: Callable[[Path], object], why: str
) -> None:
    spoil(path)
    found = open_list(path)
    answer = found.look_up(NUMBER, NOW)
    assert (answer.answer, answer.entry) == (Answer.UNAVAILABLE, None)
    assert why in answer.why
    assert "\n" not in answer.why
    assert (found.info, found.why) == (None, answer.why)
    assert not found.whole
    assert not found.stale(NOW + timedelta(days=999))


def test_a_file_cut_short_while_it_is_open_is_unavailable(
    tmp_path: Path, build: Build, open_list: OpenList, an_entry: MakeEntry
) -> None:
    path = tmp_path / "list.sqlite"
    build(path, *(an_entry(f"+1303{number:07d}") for number in range(20_000)))
    found = open_list(path)
    assert found.look_up("+13030000000", NOW).answer is Answer.LISTED
    cut(path, 8192)
    assert found.look_up("+13030019999", NOW).answer is Answer.UNAVAILABLE


def test_whatever_bytes_are_wrong_nothing_is_raised(tmp_path: Path, build: Build, an_entry: MakeEntry) -> None:
    path, chance = tmp_path / "list.sqlite", random.Random(1)
    build(path, *(an_entry(f"+1303555{number:04d}") for number in range(300)), an_entry("+44", prefix=True))
    sound = path.read_bytes()
    answers = set()
    for _ in range(BYTES):
        spoiled = bytearray(sound)
        for _ in range(chance.choice([1, 3, 30])):
            spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
        path.write_bytes(spoiled)
        found = NumberList(path, stale_after=timedelta(days=14))
        answers |= {found.look_up(number, NOW).answer for number in ("+13035550188", "+4420", "+19")}
        found.close()
    assert {Answer.UNAVAILABLE, Answer.LISTED, Answer.NOT_LISTED} <= answers


def test_a_damaged_file_answers_again_once_it_is_replaced(
    path: Path, build: Build, open_list: OpenList, an_entry: MakeEntry
) -> None:
    found = open_list(path)
    changed(path, "UPDATE numbers SET category=77")
    assert found.look_up(NUMBER, NOW).answer is Answer.UNAVAILABLE
    swap(path, build, an_entry())
    assert found.look_up(NUMBER, NOW + timedelta(seconds=1)).answer is Answer.LISTED


def test_categories_are_read_by_their_names(path: Path, open_list: OpenList) -> None:
    connection = sqlite3.connect(path)
    (text,) = connection.execute("SELECT facts FROM head").fetchone()
    facts = json.loads(text)
    facts["categories"][Category.FRAUD.place] = "survey"
    with connection:
        connection.execute("UPDATE head SET facts=?", (json.dumps(facts),))
    connection.close()
    answer = open_list(path).look_up(NUMBER, NOW)
    assert answer.entry
    assert answer.entry.category is Category.SURVEY


# --- swaps -----------------------------------------------------------------------------------------


def test_a_file_swapped_in_by_somebody_else_is_noticed_within_a_second(
    path: Path, build: Build, open_list: OpenList, an_entry: MakeEntry
) -> None:
    found = open_list(path)
    found.look_up(NUMBER, NOW)
    swap(path, build, an_entry("+19005550100"), version="2")
    assert found.look_up(NUMBER, NOW + timedelta(seconds=0.9)).answer is Answer.LISTED
    assert found.look_up(NUMBER, NOW + timedelta(seconds=1)).answer is Answer.NOT_LISTED
    assert found.look_up("+19005550100", NOW + timedelta(seconds=1)).version == "2"


def test_a_clock_set_back_does_not_put_off_noticing(
    path: Path, build: Build, open_list: OpenList, an_entry: MakeEntry
) -> None:
    found = open_list(path)
    found.look_up(NUMBER, NOW)
    swap(path, build, an_entry("+19005550100"))
    assert found.look_up(NUMBER, NOW - timedelta(days=1)).answer is Answer.NOT_LISTED


def test_one_file_stays_open_however_often_it_is_swapped(
    path: Path, build: Build, open_list: OpenList, an_entry: MakeEntry
) -> None:
    found = open_list(path)
    found.look_up(NUMBER, NOW)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        swap(path, build, an_entry())
        found.reopen()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_closed_list_opens_again_when_asked(path: Path, open_list: OpenList) -> None:
    found = open_list(path)
    assert not found.is_open
    found.look_up(NUMBER, NOW)
    found.close()
    assert not found.is_open
    assert found.look_up(NUMBER, NOW).answer is Answer.LISTED


def test_several_threads_may_ask_while_the_file_is_swapped(
    path: Path, build: Build, open_list: OpenList, an_entry: MakeEntry
) -> None:
    found, odd, going = open_list(path), [], True

    def ask() -> None:
        while going:
            answer = found.look_up(NUMBER, NOW)
            if answer.answer is not Answer.LISTED:
                odd.append(answer)

    threads = [Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        swap(path, build, an_entry())
        found.reopen()
    going = False
    for thread in threads:
        thread.join()
    assert odd == []


SWAPS = 50


def test_a_reader_never_fails_while_another_process_swaps(path: Path, open_list: OpenList) -> None:
    """Every answer is from one of the two copies, whole: its category, reports and version belong together."""
    with subprocess.Popen([sys.executable, __file__, str(path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "begun\n"
        found, now = open_list(path), NOW
        seen, changes = set(), 0
        version = ""
        while other.poll() is None:
            now += timedelta(seconds=1)  # so that it looks for a new file each time
            answer = found.look_up(NUMBER, now)
            assert answer.entry
            seen.add((answer.answer, answer.entry.category, answer.entry.reports, answer.version[:1]))
            changes += answer.version != version
            version = answer.version
        assert other.returncode == 0
    found.look_up(NUMBER, now + timedelta(seconds=1))
    assert found.info
    assert found.info.version == f"b{SWAPS - 1}"
    stale_or_not = {(category, reports, version) for _, category, reports, version in seen}
    assert stale_or_not == {(Category.FRAUD, 1, "a"), (Category.SURVEY, 2, "b")}
    assert changes > SWAPS // 4, "it was asked while swaps went on"


def swap_again_and_again(path: Path) -> None:
    copies = [path.with_name("a"), path.with_name("b")]
    for place in range(SWAPS):
        mine = place % 2
        entry = Entry(number=NUMBER, category=(Category.FRAUD, Category.SURVEY)[mine], reports=1 + mine)
        with ListBuilder(copies[mine], name="test") as builder:
            builder.add(entry)
            builder.finish(version=f"{'ab'[mine]}{place}", as_of=NOW.date(), retrieved_at=NOW, source="")
        copies[mine].replace(path)
        if not place:
            print("begun", flush=True)


# --- the form --------------------------------------------------------------------------------------


def test_a_copy_elsewhere_is_the_same_list(path: Path, tmp_path: Path, open_list: OpenList) -> None:
    (tmp_path / "a ?%23 b").mkdir()
    other = Path(shutil.copy(path, tmp_path / "a ?%23 b" / "list#?.sqlite"))
    assert open_list(other).info == open_list(path).info


def test_the_head_survives_its_writing(tmp_path: Path, build: Build) -> None:
    info = build(tmp_path / "list", Entry(number="+12", prefix=True), half_life=timedelta(days=30))
    head = form.head_of(tmp_path / "list")
    assert head == form.Head(info=info, half_life=timedelta(days=30), prefix_lengths=(2,))
    assert head.ident != replace(head, info=replace(info, version="2")).ident


if __name__ == "__main__":
    swap_again_and_again(Path(sys.argv[1]))


def test_a_list_that_may_grow_as_old_as_it_likes_is_never_stale(path: Path) -> None:
    with closing(NumberList(path, stale_after=timedelta.max)) as found:
        assert found.look_up(NUMBER, NOW + timedelta(days=36500)).answer is Answer.LISTED
