"""Lists by command, and settings beside config.yaml."""

from pathlib import Path
from typing import Any

import pytest

from callguard.control.wire import RefusedError
from callguard.place import Place

STRANGER = "+13035550164"


async def test_a_list_is_switched_on_logged_only_first_and_counts_once_it_is_active(enter: Any, gossip: Path) -> None:
    async with enter() as house:
        assert await house.ring(STRANGER) == "ring"
        await house.ask("lists-mode", name="gossip", mode="log-only")
        assert await house.ring(STRANGER) == "ring"
        change = (await house.ask("lists-mode", name="gossip", mode="active"))["change"]
        assert await house.ring(STRANGER) == "block"
        await house.ask("undo", change=change["id"])
        assert await house.ring(STRANGER) == "ring"


async def test_a_list_says_how_it_is_and_what_it_was_worth(enter: Any, gossip: Path) -> None:
    async with enter() as house:
        await house.ask("lists-mode", name="gossip", mode="active")
        await house.ring(STRANGER)
        assert (await house.ask("lists-update", name="gossip"))["after"] == 1
        (one,) = [one for one in await house.ask("lists") if one["name"] == "gossip"]
        assert one["plugin"] == "gossip"
        assert (one["mode"], one["info"]["numbers"], one["hits"], one["decided"]) == ("active", 1, 1, 1)
        assert one["progress"] is None


async def test_an_update_that_fails_says_why_and_that_the_copy_stays(enter: Any, gossip: Path) -> None:
    _go_away(gossip)
    async with enter() as house:
        with pytest.raises(RefusedError, match=r"gossip stays as it was: gossip.example did not answer"):
            await house.ask("lists-update", name="gossip")


async def test_a_list_may_be_called_by_the_end_of_its_name(enter: Any, tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.txt"
    numbers.write_text(f"{STRANGER}\n")
    async with enter() as house:
        await house.ask("lists-add", source=str(numbers), name="mine")
        assert (await house.ask("lists-mode", name="mine", mode="active"))["key"] == "lists.sources.mine.mode"
        with pytest.raises(RefusedError, match=r"no list .yours.") as refused:
            await house.ask("replay", lists=["yours=active"])
        assert "lists.mine" in str(refused.value)


@pytest.mark.parametrize(
    ("command", "arguments", "says"),
    [
        pytest.param("lists-update", {"name": "x"}, "no list 'x'; there are: .*gossip", id="no such list"),
        pytest.param("lists-mode", {"name": "x", "mode": "off"}, "no list 'x'", id="mode of no list"),
        pytest.param("lists-mode", {"name": "gossip", "mode": "on"}, "'on' is none of", id="no such mode"),
        pytest.param("lists-add", {"source": "nowhere"}, "no address, no file", id="no source"),
        pytest.param("preview", {"source": "nowhere"}, "no address, no file", id="nothing to look at"),
        pytest.param("set-setting", {"key": "policy.profil", "value": "x"}, "did you mean 'profile'", id="no key"),
        pytest.param("set-setting", {"key": "policy.profile", "value": "lax"}, "policy.profile: ", id="no value"),
    ],
)
async def test_what_cannot_be_is_refused_in_words(
    enter: Any, gossip: Path, command: str, arguments: dict[str, Any], says: str
) -> None:
    async with enter() as house:
        with pytest.raises(RefusedError, match=says):
            await house.ask(command, **arguments)


async def test_a_setting_made_by_command_counts_until_it_is_undone_also_after_a_restart(enter: Any) -> None:
    async with enter() as house:
        await house.ask("set-setting", key="policy.unknown_callers", value="block")
        assert await house.ring(STRANGER) == "block"
    async with enter() as house:
        assert await house.ring(STRANGER) == "block"
        await house.ask("undo")
        assert await house.ring(STRANGER) == "ring"


async def test_what_the_file_states_is_not_changed_by_command(enter: Any) -> None:
    async with enter() as house:
        with pytest.raises(RefusedError, match=r"country is set in .*config.yaml:1, which CallGuard never changes"):
            await house.ask("set-setting", key="country", value="CA")


async def test_a_list_is_added_from_a_file_logged_only(enter: Any, tmp_path: Path) -> None:
    numbers = tmp_path / "my numbers.txt"
    numbers.write_text("+13035550164\n")
    async with enter() as house:
        added = await house.ask("lists-add", source=str(numbers))
        assert (added["name"], added["mode"]) == ("lists.my-numbers", "log-only")
        assert [one["mode"] for one in await house.ask("lists") if one["name"] == "lists.my-numbers"] == ["log-only"]
        with pytest.raises(RefusedError, match=r"there is a list lists.my-numbers already"):
            await house.ask("lists-add", source=str(numbers))
        await house.ask("undo")
        assert [one for one in await house.ask("lists") if one["name"] == "lists.my-numbers"] == []


async def test_a_list_says_where_its_mode_is_stated_and_which_setting_added_it(
    enter: Any, gossip: Path, place: Place, tmp_path: Path
) -> None:
    assert place.config
    place.config.write_text(place.config.read_text() + "gossip:\n  mode: log-only\n")
    numbers = tmp_path / "numbers.txt"
    numbers.write_text(f"{STRANGER}\n")
    async with enter() as house:
        await house.ask("lists-add", source=str(numbers), name="mine")
        said = {one["name"]: (one["locked"], one["setting"]) for one in await house.ask("lists")}
        line = len(place.config.read_text().splitlines())
        assert said["gossip"] == (f"{place.config}:{line}", "")
        assert said["lists.mine"] == ("", "lists.sources.mine")


def _go_away(server: Path) -> None:
    server.touch()


@pytest.mark.parametrize("command", ["lists-add", "preview", "lists-preview"])
async def test_nobody_reads_the_disk_by_way_of_the_console(enter: Any, tmp_path: Path, command: str) -> None:
    numbers = tmp_path / "numbers.txt"
    numbers.write_text("+13035550164\n")
    async with enter() as house:
        with pytest.raises(RefusedError, match="no address and not in the catalogue"):
            await house.ask(command, source=str(numbers), by_console=True)
        with pytest.raises(RefusedError, match="at the computer that CallGuard runs on"):
            await house.ask(
                command, source="https://lists.example/a", settings={"file": str(numbers)}, by_console=True
            )
