"""`callguard import`."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from callguard_rules import command, importing
from callguard_rules.command import import_rules

CHANGE = {"id": 912, "subject": "rules out of x"}


class House:
    """Answers `add-rules` like the house, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.known: set[str] = set()
        self.refused: list[dict[str, Any]] = []
        self.told = 1000

    def ask(self, ctx: click.Context, name: str, arguments: dict[str, Any]) -> Any:
        assert ctx.command is import_rules
        assert name == "add-rules"
        self.asked.append(arguments)
        there = sum(rule["value"] in self.known for rule in arguments["rules"])
        added = len(arguments["rules"]) - there - len(self.refused)
        change = CHANGE if added and not arguments["dry_run"] else None
        return {"added": added, "there_already": there, "refused": self.refused[: self.told], "change": change}

    @property
    def rules(self) -> list[dict[str, Any]]:
        (asked,) = self.asked
        rules: list[dict[str, Any]] = asked["rules"]
        return rules


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    house = House()
    monkeypatch.setattr("callguard.cli.client.ask", house.ask)
    return house


def run(*words: object) -> Result:
    return CliRunner().invoke(import_rules, [str(word) for word in words])


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_list_is_taken_over_as_one_change(house: House, tmp_path: Path) -> None:
    path = written(tmp_path / "mine.txt", "303 555 0147 Bob\n+44*\n# end\n3035550199\n")
    house.known = {"+44*"}
    result = run("text", path, "--list", "block")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "3 for the block list: 2 new, 1 there already, 0 refused",
        "Undo: callguard undo 912",
    ]
    assert house.asked == [
        {
            "rules": [
                {"list": "block", "kind": "exact", "value": "303 555 0147", "note": "Bob"},
                {"list": "block", "kind": "prefix", "value": "+44*"},
                {"list": "block", "kind": "exact", "value": "3035550199"},
            ],
            "dry_run": False,
            "by": "import",
            "subject": "rules out of mine.txt",
        }
    ]


def test_a_dry_run_says_what_would_happen(house: House, tmp_path: Path) -> None:
    result = run(written(tmp_path / "mine.txt", "3035550147\n"), "--list", "allow", "--dry-run")
    assert house.asked[0]["dry_run"] is True
    assert result.output.splitlines() == [
        "1 for the allow list: 1 would be new, 0 there already, 0 refused",
        "Nothing was changed: this was a dry run.",
    ]


def test_what_is_refused_is_shown_with_its_line_whoever_refused_it(house: House, tmp_path: Path) -> None:
    house.refused = [{"index": 1, "why": "'12' is not a complete telephone number in US or abroad"}]
    result = run(written(tmp_path / "mine.txt", "3035550147\n\n12\nhello \x1b[2J\n"), "--list", "block")
    assert result.output.splitlines()[:3] == [
        "  line 3      12" + " " * 30 + "refused: '12' is not a complete telephone number in US or abroad",
        "  line 4      hello [2J                       refused: no number at its beginning",
        "1 for the block list: 1 new, 0 there already, 2 refused",
    ]


def test_only_the_first_twenty_refusals_are_shown(house: House, tmp_path: Path) -> None:
    result = run(written(tmp_path / "mine.txt", "3035550147\n" + "x\n" * 2500), "--list", "block")
    lines = result.output.splitlines()
    assert lines[19].startswith("  line 21 ")
    assert lines[20] == "  … and 2,480 more"
    assert lines[21].startswith("1 for the block list: 1 new, 0 there already, 2,500 refused")
    assert house.rules


def test_refusals_that_the_house_counts_without_telling_are_counted(house: House, tmp_path: Path) -> None:
    house.refused = [{"index": place, "why": "no"} for place in range(3)]
    house.told = 1
    result = run(written(tmp_path / "mine.txt", "301\n302\n303\n3035550147\n"), "--list", "block", "--json")
    told = json.loads(result.output)
    assert (told["new"], told["refused"], len(told["refused_rows"])) == (1, 3, 1)


def test_nothing_to_take_over_is_a_failure_for_scripts(house: House, tmp_path: Path) -> None:
    result = run(written(tmp_path / "mine.txt", "hello\n"), "--list", "block")
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == "0 new, 0 there already, 1 refused"
    assert not house.asked


def test_json_holds_all_of_it(house: House, tmp_path: Path) -> None:
    path = written(tmp_path / "mine.csv", "number,list\n3035550147,allow\nx,block\n")
    assert json.loads(run(path, "--json").output) == {
        "file": str(path),
        "form": "csv",
        "lists": {"allow": 1},
        "new": 1,
        "there_already": 0,
        "refused": 1,
        "refused_rows": [{"line": 3, "text": "x block", "why": "no number in its column"}],
        "calls": None,
        "dry_run": False,
        "change": CHANGE,
    }
    assert house.rules[0]["list"] == "allow"


FORMS = {
    "text": ("numbers", "3035550147\n", "text"),
    "csv": ("numbers.CSV", "number\n3035550147\n", "csv"),
    "ncid": ("ncidd.blacklist", "^1?303\n", "ncid"),
}


@pytest.mark.parametrize(("name", "text", "form"), FORMS.values(), ids=FORMS.keys())
def test_the_form_is_guessed_from_the_file(name: str, text: str, form: str, house: House, tmp_path: Path) -> None:
    told = json.loads(run(written(tmp_path / name, text), "--json", "--list", "block").output)
    assert told["form"] == form
    assert house.rules


@pytest.mark.parametrize(("name", "on"), [("ncidd.whitelist", "allow"), ("ncidd.blacklist", "block")])
def test_ncids_file_says_by_its_name_which_list_it_is(name: str, on: str, house: House, tmp_path: Path) -> None:
    run("ncid", written(tmp_path / name, "3035550147\n"))
    assert [rule["list"] for rule in house.rules] == [on]


def a_database(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE Whitelist (PhoneNo, Name, Reason); CREATE TABLE Blacklist (PhoneNo, Name, Reason);"
            "CREATE TABLE CallLog (Action, SystemDateTime);"
            "INSERT INTO Whitelist VALUES ('3035550147', 'LEE', '');"
            "INSERT INTO Blacklist VALUES ('2125550199', '', '');"
            "INSERT INTO CallLog VALUES ('Blocked', '2024-01-01 08:00:00'), ('Screened', '2025-01-01 08:00:00');"
        )
    return path


def test_callattendants_lists_are_taken_over_and_its_calls_counted(house: House, tmp_path: Path) -> None:
    result = run(a_database(tmp_path / "callattendant.db"), "--dry-run")
    assert [(rule["list"], rule["value"]) for rule in house.rules] == [
        ("allow", "3035550147"),
        ("block", "2125550199"),
    ]
    assert result.output.splitlines() == [
        "1 for the allow list, 1 for the block list: 2 would be new, 0 there already, 0 refused",
        "It saw 2 calls (1 blocked, 1 screened) from 2024-01-01 08:00:00 to 2025-01-01 08:00:00."
        " They are not taken over: CallGuard keeps no record of calls that it did not witness.",
        "Nothing was changed: this was a dry run.",
    ]


def test_one_of_callattendants_lists_can_be_taken_alone(house: House, tmp_path: Path) -> None:
    run("callattendant", a_database(tmp_path / "callattendant.db"), "--list", "allow")
    assert [rule["list"] for rule in house.rules] == ["allow"]


REFUSED = {
    "no list": (["mine.txt"], "3035550147\n", 2, "say which list these go on: --list block or --list allow"),
    "no file": (["nowhere.txt"], "", 1, "nowhere.txt: this is no file"),
    "not a database": (["callattendant", "mine.txt"], "3035550147\n", 1, "this is no SQLite database"),
    "another form": (["excel", "mine.txt"], "", 2, "Give one FILE"),
    "two files": (["text", "mine.txt", "mine.txt"], "", 2, "Give one FILE"),
    "no text": (["mine.txt"], "\0", 1, "this is no text file"),
    "no table": (["csv", "mine.txt"], "a,b\n", 1, "no column holds telephone numbers"),
}


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_in_the_way_is_said_in_a_sentence(
    row: tuple[list[str], str, int, str], tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, text, code, why = row
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "mine.txt", text)
    result = run(*words)
    assert (result.exit_code, house.asked) == (code, [])
    assert why in result.output


def test_a_file_that_may_not_be_read_is_named(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    result = run("text", written(tmp_path / "mine.txt", "1\n"), "--list", "block")
    assert result.exit_code == 1
    assert result.output.endswith("mine.txt: Permission denied\n")
    assert not house.asked


def test_more_rules_than_a_household_has_belong_into_a_number_list(house: House, tmp_path: Path) -> None:
    text = "".join(f"303555{i:04}\n" for i in range(10_000))
    assert run(written(tmp_path / "many.txt", text), "--list", "block").exit_code == 0
    result = run(written(tmp_path / "many.txt", text + "2125550199\n"), "--list", "block")
    assert "more than 10,000 rules: keep it as a number list instead (`callguard lists add`)" in result.output
    assert len(house.asked) == 1


def test_a_file_larger_than_any_list_is_not_read(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "MOST_BYTES", 10)
    result = run(written(tmp_path / "huge.txt", "3035550147\n"), "--list", "block")
    assert "this is larger than 0 MB: keep it as a number list" in result.output
    assert not house.asked


def test_a_file_that_takes_longer_than_a_second_shows_how_far_it_is(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_PATIENCE", -1.0)
    monkeypatch.setattr(command, "_is_watched", lambda: True)
    path = written(tmp_path / "slow.txt", "# x\n" * 3998 + "3035550147\n")
    result = run(path, "--list", "block")
    assert result.stderr.startswith("\rReading …  25 %\rReading …  50 %")
    assert result.stderr.endswith("\r")  # and then nothing is left of it
    assert house.rules
