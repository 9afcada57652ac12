"""Backups as the command line and the console ask for them, with a daemon and without."""

import asyncio
import json
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from callguard.access import Access
from callguard.backup import Made, make, stage
from callguard.cli.run import _bring_back
from callguard.control.client import ask_daemon
from callguard.control.wire import RefusedError
from callguard.place import Place
from callguard.store import Store
from callguard.testing.fakes import FakeRandomness
from tests.cli.helpers.house import House
from tests.conftest import OpenHouse

Rules = Callable[[Place], set[str]]
OLD = {"+13035550188", "+13035550189"}


@pytest.fixture
def house(place: Place, store: Store) -> House:
    """The household of the fixture, with nobody running it."""
    store.close()
    return House(place)


@pytest.fixture
def changed(house: House, made_offline: Path) -> House:
    """The same after a backup, with another rule."""
    assert house.run("block", "303 555 0190").exit_code == 0
    return house


@pytest.fixture
def made_offline(house: House) -> Path:
    return Path(house.json("backup")["file"])


def test_a_backup_is_made_where_no_callguard_runs(house: House) -> None:
    shown = house.run("backup")
    assert shown.exit_code == 0, shown.output
    first, *rest = shown.stdout.splitlines()
    (path,) = (house.place.data_dir / "backups").iterdir()
    assert first.startswith(f"Made {path} (")
    assert first.endswith("kB): 1 call, 2 rules, 1 contact, 1 setting, 1 person.")
    assert "  not in it: a secret in config.yaml" in rest


def test_a_backup_goes_where_one_says_and_with_secrets_if_one_says_so(house: House, tmp_path: Path) -> None:
    shown = house.run("backup", "--to", str(tmp_path / "mine.zip"), "--with-secrets")
    assert "It holds passwords" in shown.stdout
    assert (tmp_path / "mine.zip").exists()
    again = house.run("backup", "--to", str(tmp_path / "mine.zip"))
    assert (again.exit_code, "is there already" in again.stderr) == (4, True)


def test_the_folder_of_the_settings_is_where_backups_go(house: House, tmp_path: Path) -> None:
    assert house.place.config
    with house.place.config.open("a") as config:
        config.write(f"backup:\n  folder: {tmp_path / 'elsewhere'}\n")
    assert Path(house.json("backup")["file"]).parent == tmp_path / "elsewhere"
    assert house.json("restore")["folder"] == str(tmp_path / "elsewhere")


def test_a_folder_that_cannot_be_looked_into_is_told(house: House, tmp_path: Path) -> None:
    assert house.place.config
    with house.place.config.open("a") as config:
        config.write(f"backup:\n  folder: {tmp_path / ('x' * 300)}\n")
    shown = house.run("restore")
    assert (shown.exit_code, "File name too long" in shown.stderr) == (4, True)


def test_the_backups_there_are_are_listed(house: House) -> None:
    assert house.run("restore").stdout.startswith("There is no backup in ")
    made = house.json("backup")
    (kept,) = house.json("restore")["backups"]
    assert (kept["file"], kept["size"], kept["why"]) == (made["file"], made["size"], "")
    (house.place.data_dir / "backups" / "callguard-2020-01-01T000000.zip").write_bytes(b"x")
    listed = house.run("restore").stdout.splitlines()
    assert [kept["name"] in listed[0], "damaged or cut short" in listed[1]] == [True, True]


def test_a_dry_run_shows_and_changes_nothing(changed: House, made_offline: Path, rules: Rules) -> None:
    shown = changed.run("restore", made_offline.name, "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert "  rules             3 here,         2 in it: 1 would go, 0 would come back" in shown.stdout
    assert "            - +13035550190" in shown.stdout
    assert rules(changed.place) == {*OLD, "+13035550190"}
    answer = changed.json("restore", str(made_offline), "--dry-run")
    assert (answer["restored"], answer["difference"]["parts"]["rules"]["only_here"]) == (None, 1)


def test_a_restore_asks_first(changed: House, made_offline: Path, rules: Rules) -> None:
    assert changed.run("restore", made_offline.name).exit_code == 1, "nobody answered"
    assert rules(changed.place) == {*OLD, "+13035550190"}
    assert changed.run("restore", made_offline.name, "--json").exit_code == 2, "JSON does not ask"


def test_where_no_callguard_runs_it_is_done_at_once_and_can_be_taken_back(
    changed: House, made_offline: Path, rules: Rules
) -> None:
    done = changed.run("restore", made_offline.name, "--yes")
    assert done.exit_code == 0, done.output
    assert "Undo: callguard restore --take-back" in done.stdout
    assert rules(changed.place) == OLD
    assert changed.json("restore", "--take-back", "--yes")["restored"]["applied"]
    assert rules(changed.place) == {*OLD, "+13035550190"}


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        pytest.param(["restore", "none.zip", "--yes"], 4, "none.zip cannot be read: No such file", id="no file"),
        pytest.param(["restore", "/etc/passwd", "--yes"], 4, "passwd is no backup that can be used", id="no zip"),
        pytest.param(["restore", "--take-back", "--yes"], 4, "nothing has been restored", id="nothing to take back"),
        pytest.param(["restore", "x", "--take-back"], 2, "needs no FILE", id="both"),
    ],
)
def test_what_cannot_be_restored_is_one_sentence(house: House, words: list[str], code: int, says: str) -> None:
    result = house.run(*words)
    assert (result.exit_code, says in result.stderr) == (code, True), result.output


def test_a_backup_can_be_restored_while_the_configuration_has_mistakes(
    changed: House, made_offline: Path, rules: Rules
) -> None:
    assert changed.place.config
    changed.place.config.write_text("nonsense: 1\n")
    assert changed.run("restore", made_offline.name, "--yes").exit_code == 0
    assert rules(changed.place) == OLD


def test_what_lies_ready_is_put_in_place_by_the_next_command_too(
    changed: House, made_offline: Path, place: Place, open_house: OpenHouse
) -> None:
    async def stage() -> None:
        async with open_house(place):
            await asyncio.to_thread(ask_daemon, place.socket, "restore-stage", {"file": made_offline.name})

    asyncio.run(stage())
    assert {rule["value"] for rule in changed.json("rules")} == OLD


Ask = Callable[..., Any]


async def test_a_running_house_backs_up_compares_and_lays_ready(
    place: Place, store: Store, made: Made, open_house: OpenHouse, now: datetime
) -> None:
    store.close()
    async with open_house(place) as daemon:

        async def ask(command: str, **arguments: Any) -> Any:
            return await asyncio.to_thread(ask_daemon, place.socket, command, arguments)

        first, second = await asyncio.gather(ask("backup", to=str(made.path.parent / "a.zip")), ask("backup"))
        assert first["manifest"]["counts"] == second["manifest"]["counts"] == made.manifest.counts
        assert "the secret in the setting sip.password" in second["manifest"]["left_out"]
        (kept,) = (await ask("backups"))["backups"]
        assert kept["file"] == second["file"]
        shown = await ask("restore-compare", file=kept["name"], by_console=True)
        left = {what: part["only_here"] for what, part in shown["parts"].items()}
        assert left == {"calls": 0, "rules": 0, "contacts": 0, "settings": 1, "people": 0}, "all but the secret"
        assert (await ask("restore-stage", file=kept["name"], by_console=True))["manifest"] == second["manifest"]
        assert (place.data_dir / "restore-pending").is_dir()
        with pytest.raises(RefusedError, match="nothing has been restored"):
            await ask("restore-take-back")
        assert daemon.house.store.problems() == ()


@pytest.mark.parametrize(
    ("command", "arguments", "says"),
    [
        ("backup", {"to": "/tmp/x.zip", "by_console": True}, "in the folder for backups"),
        ("backup", {"to": "x.zip"}, "whole path"),
        ("restore-compare", {"file": "/etc/passwd", "by_console": True}, "in the folder for backups"),
        ("restore-stage", {"file": "../callguard.db", "by_console": True}, "in the folder for backups"),
        ("restore-stage", {"file": "../callguard.db"}, "whole path"),
        ("restore-stage", {"file": ".."}, "in the folder for backups"),
        ("restore-stage", {}, "which backup"),
        ("restore-stage", {"file": "a\0b"}, "which backup"),
    ],
    ids=str,
)
async def test_the_console_reaches_no_other_file_of_this_computer(
    place: Place, open_house: OpenHouse, command: str, arguments: dict[str, Any], says: str
) -> None:
    async with open_house(place):
        with pytest.raises(RefusedError, match=says):
            await asyncio.to_thread(ask_daemon, place.socket, command, arguments)


async def test_a_running_house_reminds_of_what_was_there_before_and_of_what_waits(
    place: Place, open_house: OpenHouse
) -> None:
    (place.data_dir / "before-restore-20261123T030000").mkdir(parents=True)
    place.data_dir.chmod(0o700)
    async with open_house(place):
        answer = await asyncio.to_thread(ask_daemon, place.socket, "status", {})
        (place.data_dir / "restore-pending").mkdir()
        later = await asyncio.to_thread(ask_daemon, place.socket, "status", {})
    assert [problem["code"] for problem in answer["problems"]] == ["restored"]
    assert {problem["code"] for problem in later["problems"]} == {"restored", "restore-waits"}


def test_a_start_puts_in_place_what_lies_ready_and_says_so(
    changed: House, made_offline: Path, rules: Rules, capsys: pytest.CaptureFixture[str], now: datetime
) -> None:
    stage(made_offline, changed.place)
    _bring_back(changed.place, now)
    assert f"what was there before is in {changed.place.data_dir}/before-restore-" in capsys.readouterr().err
    assert rules(changed.place) == OLD
    _bring_back(changed.place, now)
    assert capsys.readouterr().err == ""


def test_a_start_goes_on_although_a_restore_cannot(
    changed: House, made_offline: Path, capsys: pytest.CaptureFixture[str], now: datetime
) -> None:
    stage(made_offline, changed.place)
    (changed.place.data_dir / "before-restore-20261123T030000").write_text("in the way")
    _bring_back(changed.place, now)
    assert "it is tried again at the next start" in capsys.readouterr().err


def test_a_restored_house_lets_the_same_people_in(changed: House, made_offline: Path) -> None:
    assert changed.run("user", "role", "ana", "admin").exit_code == 0
    changed.run("restore", made_offline.name, "--yes")
    assert json.loads(changed.run("user", "list", "--json").stdout)[0]["name"] == "Ana"
    with closing(Access.open(changed.place.access, FakeRandomness())) as access:
        assert access.tokens() == ()


def test_making_a_backup_does_not_stop_writing(place: Place, store: Store, tmp_path: Path, now: datetime) -> None:
    receipts = [store.note_dialled(f"+1303555{n:04}", now) for n in range(200)]
    make(place, store, tmp_path / "b", now=now, software="1.0")
    assert [receipt.result() for receipt in receipts] == [None] * 200
