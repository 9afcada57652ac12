"""The command line where no daemon runs: it looks into the house itself, or says what to do."""

import asyncio
import json
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from callguard.cli.client import Asker, Told
from callguard.cli.main import cli
from callguard.model.rule import Rule, RuleKind, RuleList
from callguard.place import Place
from callguard.store import Store
from tests.cli.helpers.house import House


@pytest.fixture
def house(place: Place) -> House:
    return House(place)


def test_a_rule_is_added_tried_and_taken_back_without_a_daemon(house: House) -> None:
    added = house.run("block", "(303) 555-0164", "--note", "nuisance")
    assert added.stdout == "Blocked: (303) 555-0164.  Undo: callguard undo 1\n"
    assert house.json("try", "303 555 0164")["action"] == "block"
    assert house.run("block", "+13035550164").stdout.startswith("(303) 555-0164 is on your block list already")
    assert house.run("undo").stdout.startswith("Taken back: +13035550164 on the block list.")
    assert house.json("try", "303 555 0164")["action"] == "ring"
    assert [change["what"] for change in house.json("changes")] == ["undone", "rule-added"]


def test_blocking_a_number_that_the_file_allows_says_that_it_still_rings(house: House) -> None:
    assert house.place.config
    text = house.place.config.read_text()
    house.place.config.write_text(text + "rules: {allow: [303 555 0164]}\n")
    assert "But it would still ring" in house.run("block", "3035550164").stdout


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        pytest.param(["status"], 3, "callguard run", id="status without a daemon"),
        pytest.param(["healthcheck"], 3, "callguard run", id="healthcheck without a daemon"),
        pytest.param(["calls"], 4, "no call has been recorded", id="calls of a new house"),
        pytest.param(["explain", "zzzz"], 4, "no call has been recorded", id="explain in a new house"),
        pytest.param(["try", "12"], 4, "'12' is not a complete telephone number in US", id="no number"),
        pytest.param(["try"], 2, "Write a number, or --withheld", id="nothing to try"),
        pytest.param(["block", "+1x*"], 4, "not the beginning of a number", id="no prefix"),
        pytest.param(["undo", "7"], 4, "there is no change 7", id="no change"),
        pytest.param(["stauts"], 2, "Did you mean 'status'?", id="a typing mistake"),
        pytest.param(["calls", "--since", "soon"], 2, "write 30m, 12h or 7d", id="no stretch of time"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_an_exit_code(
    house: House, words: list[str], code: int, says: str
) -> None:
    result = house.run(*words)
    assert (result.exit_code, says in result.output) == (code, True), result.output
    assert "Traceback" not in result.output


def test_status_is_json_also_when_nothing_runs(house: House) -> None:
    result = house.run("status", "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["running"] is False


def test_a_withheld_caller_can_be_tried(house: House) -> None:
    assert house.json("try", "--withheld")["presentation"] == "withheld"


def test_the_doctor_works_without_a_daemon_and_says_that_none_runs(house: House) -> None:
    result = house.run("doctor")
    assert result.exit_code == 0, result.output
    assert "CallGuard is not running" in result.stdout


def test_every_mistake_of_a_configuration_is_listed_with_its_line(house: House) -> None:
    assert house.place.config
    house.place.config.write_text("contry: US\npolicy:\n  profile: gentel\nrules:\n  block:\n    - 12\n")
    result = house.run("config", "check")
    assert result.exit_code == 78
    assert "config.yaml:1: contry: unknown key (did you mean 'country'?)" in result.output
    assert "config.yaml:3: policy.profile" in result.output
    assert house.run("run").exit_code == 78


def test_what_a_plugin_itself_refuses_is_a_mistake_with_its_line(house: House) -> None:
    assert house.place.config
    text = house.place.config.read_text()
    house.place.config.write_text(text + "rules:\n  block:\n    - 303 555 0164\n    - '12'\n")
    result = house.run("config", "check")
    assert result.exit_code == 78
    assert "config.yaml:8" in result.output


def test_what_plugins_refuse_is_listed_together_with_all_other_mistakes(house: House) -> None:
    assert house.place.config
    house.place.config.write_text("country: XX\npolicy:\n  profile: harsh\nrules:\n  allow:\n    - '12'\n")
    result = house.run("config", "check")
    assert result.exit_code == 78
    for line in (1, 3, 6):
        assert f"config.yaml:{line}" in result.output
    assert "has 3 mistakes" in result.output


def test_a_configuration_that_does_not_exist_is_said_with_the_cure(tmp_path: Path) -> None:
    runner = CliRunner()
    for words in (["run"], ["config", "check"]):
        result = runner.invoke(cli, ["--config", str(tmp_path / "none.yaml"), "--data-dir", str(tmp_path), *words])
        assert result.exit_code == 1
        assert "does not exist: copy config.example.yaml" in result.output


def test_the_schema_knows_every_section(house: House) -> None:
    result = house.run("config", "schema")
    properties = json.loads(result.stdout)["properties"]
    assert {"country", "policy", "rules", "sip", "simulator"} <= set(properties)


def test_the_version_is_printed() -> None:
    result = CliRunner().invoke(cli, ["version", "--json"])
    assert json.loads(result.stdout)["version"][0].isdigit()


def test_help_teaches_and_comes_without_loading_the_house() -> None:
    code = "import sys; from callguard.cli.main import cli\ntry: cli(['--help'])\nfinally: print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "callguard run --demo" in shown.stdout
    assert "ring" in shown.stdout
    heavy = {"pydantic", "yaml", "asyncio", "phonenumbers", "sqlite3", "aiohttp"}
    assert not heavy & set(shown.stdout.split())


def test_the_plain_output_of_every_command_is_free_of_what_a_caller_sent(house: House, tmp_path: Path) -> None:
    result = house.run("try", "303 555 0164", "--name", "\x1b[2J\u202eevil")
    assert "\x1b" not in result.output
    assert "\u202e" not in result.output


A_SPELLER = """
from callguard import hookimpl


class Speller:
    offline_commands = frozenset({"spell"})

    @hookimpl
    def register_commands(self):
        return {"spell": self.spell, "shout": self.spell}

    async def spell(self, arguments):
        if not arguments:
            raise ValueError("what shall be spelt?")
        return arguments["word"].upper()
"""


@pytest.fixture
def asker(place: Place) -> Asker:
    assert place.plugins_folder
    (place.plugins_folder / "speller.py").write_text(A_SPELLER)
    return Asker(str(place.config), str(place.data_dir))


def test_a_plugins_command_is_answered_from_the_files_if_it_says_that_it_can_be(asker: Asker) -> None:
    assert asker.ask("spell", {"word": "abc"}, offline=True) == "ABC"
    with pytest.raises(Told, match="what shall be spelt"):
        asker.ask("spell", {}, offline=True)


def test_a_plugins_command_needs_a_daemon_unless_both_plugin_and_asker_say_otherwise(asker: Asker) -> None:
    with pytest.raises(Told, match="callguard run"):
        asker.ask("spell", {"word": "abc"})
    with pytest.raises(Told, match="`shout` needs a running CallGuard"):
        asker.ask("shout", {"word": "abc"}, offline=True)


@pytest.mark.parametrize("words", [("rules",), ("try", "3035550164"), ("contacts", "list"), ("lists", "add")])
def test_looking_at_a_house_that_never_ran_creates_nothing(house: House, words: tuple[str, ...]) -> None:
    assert house.run(*words).exit_code == 0
    assert not house.place.data_dir.exists()


def an_address_book(folder: Path, people: int) -> Path:
    path = folder / "phone.csv"
    path.write_text("Name,Phone\n" + "".join(f"Person {n},303-555-{n:04}\n" for n in range(100, 100 + people)))
    return path


def test_contacts_are_imported_listed_and_removed_before_callguard_ever_ran(house: House, tmp_path: Path) -> None:
    book = str(an_address_book(tmp_path, 3))
    assert "3 new" in house.run("contacts", "import", book, "--dry-run").stdout
    assert not house.place.data_dir.exists()
    done = house.run("contacts", "import", book, "--book", "family", "--yes")
    assert done.stdout.splitlines()[-1] == "Done: 3 new.  Undo: callguard undo 1"
    assert "Person 102" in house.json("try", "303 555 0102")["reason"]
    assert (
        house.run("contacts", "remove", "family").stdout
        == "Removed 3 contacts of “family”.  Undo: callguard undo 2\n"
    )
    assert house.json("contacts", "list")["contacts"] == []
    house.run("undo")
    assert len(house.json("contacts", "list")["contacts"]) == 3
    assert "there is no address book" in house.run("contacts", "remove", "work").output


def test_contacts_are_synchronised_only_by_a_running_callguard(house: House) -> None:
    result = house.run("contacts", "sync")
    assert (result.exit_code, "callguard run" in result.output) == (3, True)


def test_a_list_is_previewed_without_a_daemon_and_nothing_is_added(house: House, tmp_path: Path) -> None:
    assert house.run("contacts", "import", str(an_address_book(tmp_path, 2)), "--yes").exit_code == 0
    numbers = tmp_path / "numbers.txt"
    numbers.write_text("+13035550100\n+1212555*\nno\x1b[2Jbody\n")
    shown = house.run("lists", "add", "--preview", str(numbers))
    assert shown.stdout.splitlines() == [
        "numbers: 1 numbers and 1 beginnings of numbers",
        "  such as +13035550100, +1212555*",
        "  1 skipped (letters): “no[2Jbody”",
        "  1 on it whom you know (contacts and allowed callers ring all the same):",
        "    +13035550100 Person 100 (+13035550100)",
        "Nothing was added: leave out --preview for that.",
    ]
    assert house.json("lists", "add", "--preview", str(numbers))["known_count"] == 1
    assert not any(one["name"].startswith("lists.") for one in house.json("lists", "status"))
    assert house.json("lists", "add", "--preview", "fr-telemarketing")["prefixes"] == 17


def test_a_preview_says_why_there_is_nothing_to_see(house: House, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text("<html>")
    for source, says in (
        (str(page), "it is a web page"),
        ("nowhere", "no address, no file"),
    ):
        result = house.run("lists", "add", "--preview", source)
        assert (result.exit_code, says in result.output) == (4, True), result.output


def test_whoever_may_not_look_into_the_house_is_told_whom_to_ask(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "/var/lib/callguard")

    monkeypatch.setattr("callguard.cli.offline.answer_offline", forbidden)
    result = house.run("rules")
    assert (result.exit_code, result.output) == (
        4,
        "Error: you may not look into /var/lib/callguard: ask as its owner or as root\n",
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(
            ["allow", "3035550164", "--for", "2h", "--until", "2099-01-01"], "--for or --until", id="two ends"
        ),
        pytest.param(["expect", "--for", "2h", "--until-tonight"], "--for or --until-tonight", id="two evenings"),
        pytest.param(["block", "3035550164", "--country", "GB"], "one way only", id="two groups"),
    ],
)
def test_words_that_contradict_each_other_are_refused_instead_of_ignored(
    house: House, words: list[str], says: str
) -> None:
    result = house.run(*words)
    assert result.exit_code == 2
    assert says in result.stderr


def test_changes_are_told_in_words_and_a_dialled_number_as_people_write_it(house: House) -> None:
    house.run("block", "3035550164")
    house.run("undo")
    changes = house.run("changes").stdout.splitlines()
    assert ("  taken back " in changes[0], "  added " in changes[1]) == (True, True)
    assert house.run("dialled", "303.555.0164").stdout == "Noted: you called (303) 555-0164.\n"


async def test_a_rule_whose_time_has_passed_is_listed_as_over(house: House) -> None:
    long_ago = datetime(2026, 1, 2, 12, tzinfo=UTC)
    rule = Rule(list=RuleList.BLOCK, kind=RuleKind.EXACT, value="+13035550164", until=long_ago + timedelta(hours=1))
    house.place.data_dir.mkdir(mode=0o700, exist_ok=True)
    with closing(Store.open(house.place.database, now=long_ago).store) as store:
        await store.add_rule(rule, by="test", now=long_ago)
    listed = await asyncio.to_thread(house.run, "rules")
    assert listed.stdout.splitlines()[1].endswith("(303) 555-0164 until Fri 02 Jan 13:00 (over)")
