"""Settings made by command: kept out of each other's way, and never in the way of a start."""

import asyncio
import os
import signal
from typing import Any

import pytest

from callguard.control.wire import RefusedError
from callguard.place import Place


async def _store(house: Any, key: str, value: Any) -> None:
    """Keep a setting that nobody has checked, as an older version might have left it."""
    inside = house.daemon.house
    await inside.store.set_setting(key, value, by="an older version", now=inside.surroundings.clock.now())


def _notes(house: Any) -> list[str]:
    return [problem.what for problem in house.daemon.house.health.fixed if problem.code == "config-note"]


async def test_a_setting_that_its_plugin_refuses_after_an_update_is_a_note_and_the_house_starts(enter: Any) -> None:
    async with enter() as house:
        await _store(house, "lists.sources.gone", {"catalogue": "no-longer-there"})
        await _store(house, "rules.block", ["+1 303 555 0164"])
    async with enter() as house:
        (note,) = _notes(house)
        assert "lists.sources.gone: the catalogue has no list 'no-longer-there'" in note
        assert await house.ring("+13035550164") == "block"


async def test_a_setting_that_the_file_took_the_ground_from_is_a_note_and_the_house_starts(
    enter: Any, place: Place
) -> None:
    assert place.config
    text = place.config.read_text()
    place.config.write_text(text + "phoneblock: {token: abc, every: 2d}\n")
    async with enter() as house:
        await house.ask("set-setting", key="phoneblock.mode", value="active")
        await house.ask("set-setting", key="policy.unknown_callers", value="block")
    place.config.write_text(text + "phoneblock: {every: 2d}\n")
    async with enter() as house:
        (note,) = _notes(house)
        assert "phoneblock.mode: PhoneBlock wants an API key" in note
        assert await house.ring("+13035550164") == "block"


async def test_a_mistake_in_the_file_is_still_the_files(enter: Any, place: Place) -> None:
    assert place.config
    async with enter() as house:
        await house.ask("set-setting", key="policy.profile", value="strict")
        place.config.write_text("policy: {quiet_hours: never}\n")
        with pytest.raises(RefusedError, match=r"policy\.quiet_hours"):
            await house.ask("set-setting", key="policy.log_only", value="yes")


async def test_a_setting_that_would_silence_another_is_refused(enter: Any) -> None:
    async with enter() as house:
        await house.ask("set-setting", key="lists.sources.own", value={"url": "https://example.org/numbers.txt"})
        with pytest.raises(RefusedError, match="give one of url, file and catalogue"):
            await house.ask("set-setting", key="lists.sources.own.file", value="/srv/numbers.txt")
        assert "lists.own" in house.daemon.house.lists.all


async def test_settings_made_at_the_same_time_all_count_and_jobs_run_once(enter: Any) -> None:
    wanted = {
        "policy.profile": "strict",
        "policy.unknown_callers": "block",
        "policy.withheld_callers": "screen",
        "policy.log_only": "yes",
        "ftc.mode": "log-only",
    }
    async with enter() as house:
        asked = (house.ask("set-setting", key=key, value=value) for key, value in wanted.items())
        await asyncio.gather(*asked, house.daemon.reload())
        settings: Any = house.daemon.house.blueprint.settings
        assert (settings.policy.profile, settings.policy.unknown_callers) == ("strict", "block")
        assert (settings.policy.withheld_callers, settings.policy.log_only) == ("screen", True)
        assert settings.ftc.mode == "log-only"
        assert [task.get_name() for task in asyncio.all_tasks()].count("wing jobs") == 1


async def test_undoing_while_the_file_has_a_mistake_says_so(enter: Any, place: Place) -> None:
    assert place.config
    async with enter() as house:
        await house.ask("set-setting", key="policy.profile", value="strict")
        place.config.write_text("policy: {quiet_hours: never}\n")
        with pytest.raises(RefusedError, match=r"taken back, but counts only when this is corrected: .*quiet_hours"):
            await house.ask("undo")
        assert house.daemon.house.store.settings() == {}


async def test_whatever_goes_wrong_at_a_reload_the_house_goes_on(enter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = asyncio.Event()

    async def falls_over(_: object) -> None:
        tried.set()
        raise RuntimeError("a defect")

    async with enter() as house:
        monkeypatch.setattr(house.daemon.house, "drawn", falls_over)
        os.kill(os.getpid(), signal.SIGHUP)
        await tried.wait()
        assert await house.ring("+13035550164") == "ring"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("phoneblock.token", "hush-hush", id="a secret by its kind"),
        pytest.param("phoneblock.TOKEN", "hush-hush", id="whatever way its key is written"),
        pytest.param("phoneblock", {"mode": "active", "token": "hush-hush"}, id="in a section"),
        pytest.param(
            "contacts.carddav",
            [{"name": "ours", "url": "https://cloud.example.org/", "user": "ada", "password": "hush-hush"}],
            id="in a list",
        ),
        pytest.param("phoneblock.token", 987650001, id="a number"),
        pytest.param("ftc.index_url", "https://ada:hush-hush@example.org/?key=hush-hush", id="in an address"),
    ],
)
async def test_a_secret_set_by_command_is_not_shown_among_the_changes(enter: Any, key: str, value: Any) -> None:
    async with enter() as house:
        done = await house.ask("set-setting", key=key, value=value)
        await house.ask("undo")
        told = f"{done['change']} {await house.ask('changes')}"
        assert key in told
        assert "hush-hush" not in told
        assert "98765" not in told


async def test_what_is_no_secret_is_shown_among_the_changes(enter: Any) -> None:
    async with enter() as house:
        await house.ask(
            "set-setting", key="lists.sources.own", value={"url": "https://example.org/n.txt", "weight": 3}
        )
        (change,) = await house.ask("changes")
        assert change["subject"] == 'lists.sources.own = {"url":"https://example.org/n.txt","weight":3}'


async def test_wishes_for_a_line_and_online_look_ups_do_not_interrupt_the_line(enter: Any) -> None:
    async with enter() as house:
        (line,) = house.daemon.house.lines
        plugins = {name: plugged.instance for name, plugged in house.daemon.house.plugins.all.items()}
        await house.ask("set-setting", key="lines.Home.policy.unknown_callers", value="block")
        await house.ask("set-setting", key="network.online_lookups", value="yes")
        assert await house.ring("+13035550164") == "block"
        assert house.daemon.house.lines == [line]
        assert {name: plugged.instance for name, plugged in house.daemon.house.plugins.all.items()} == plugins


async def test_what_plugins_are_told_of_a_line_does_reach_them(enter: Any) -> None:
    async with enter() as house:
        await house.ask("set-setting", key="lines.Home.number", value="+1 303 555 0100")
        tried = await house.ask("try", number="+13035550100", line="Home")
        assert any(item["code"] == "own-number" for item in tried["record"]["evidence"])


async def _setting(house: Any, key: str) -> Any:
    return next(one for one in await house.ask("settings") if one["key"] == key)


async def test_every_setting_of_the_house_and_its_plugins_is_listed_with_its_origin(enter: Any, place: Place) -> None:
    assert place.config
    text = place.config.read_text()
    place.config.write_text(text + "policy: {profile: strict}\n")
    async with enter() as house:
        await house.ask("set-setting", key="policy.unknown_callers", value="block", by="Ana")
        profile, unknown = await _setting(house, "policy.profile"), await _setting(house, "policy.unknown_callers")
        assert (profile["value"], profile["locked"], profile["origin"]) == (
            "strict",
            True,
            {"kind": "file", "text": f"config.yaml:{len(text.splitlines()) + 1}"},
        )
        assert profile["options"] == ["gentle", "normal", "strict", "contacts-only"]
        assert (unknown["origin"]["kind"], unknown["locked"], unknown["set_by"]) == ("console", False, "Ana")
        assert unknown["set_at"]
        assert (await _setting(house, "country"))["group"] == "house"
        assert (await _setting(house, "ftc.mode"))["kind"] == "choice", "plugins have a form too"


async def test_a_setting_names_whose_wish_counts_not_whose_was_taken_back(enter: Any) -> None:
    async with enter() as house:
        await house.ask("set-setting", key="policy.profile", value="strict", by="Ana")
        await house.ask("set-setting", key="policy.profile", value="gentle", by="Bob")
        await house.ask("undo")
        profile = await _setting(house, "policy.profile")
        assert (profile["value"], profile["set_by"]) == ("strict", "Ana")


async def test_a_secret_that_is_set_is_never_said_again_and_stays_when_the_rest_is_changed(enter: Any) -> None:
    books = [{"name": "family", "url": "https://dav.example.org/", "user": "ana", "password": "swordfish"}]
    async with enter() as house:
        answer = await house.ask("set-setting", key="contacts.carddav", value=books)
        assert "swordfish" not in repr(answer)
        listed = await _setting(house, "contacts.carddav")
        assert listed["value"][0]["password"] == "***"
        assert "password: '***'" in listed["yaml"]
        answer = await house.ask("set-setting", key="contacts.carddav", value=[{**listed["value"][0], "user": "bob"}])
        assert "swordfish" not in repr(answer)
        kept: Any = house.daemon.house.store.settings()["contacts.carddav"]
        assert (kept[0]["user"], kept[0]["password"]) == ("bob", "swordfish")
        assert "swordfish" not in repr(await house.ask("changes"))


async def test_a_mask_is_no_secret(enter: Any) -> None:
    async with enter() as house:
        with pytest.raises(RefusedError, match="write the secret itself"):
            await house.ask("set-setting", key="policy.quiet_hours", value="***")


async def test_a_section_that_is_set_as_a_whole_outweighs_what_was_set_inside_it(enter: Any) -> None:
    async with enter() as house:
        await house.ask("set-setting", key="lines.Kids.number", value="+1 303 555 0101")
        await house.ask("set-setting", key="lines", value={"Home": {"timezone": "America/Denver"}})
        assert set(house.daemon.house.blueprint.settings.lines) == {"Home"}
        assert set(house.daemon.house.store.settings()) == {"lines"}
        await house.ask("set-setting", key="lines.Home.number", value="+1 303 555 0101")
        await house.ask("set-setting", key="lines", value=None)
        assert house.daemon.house.blueprint.settings.lines == {}
