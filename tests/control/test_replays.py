"""Past calls judged again: rules, lists and settings tried before they are made."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from callguard.control import replays
from callguard.control.wire import RefusedError
from callguard.model.contact import Contact
from callguard.place import Place

DOCTOR, STRANGER = "+13035550147", "+13035550164"
_DAY_AND_NIGHT = ("mon-sun 00:00-12:00", "mon-sun 12:00-24:00")


async def test_a_rule_is_tried_on_past_calls_and_names_contacts_and_answered_calls_first(enter: Any) -> None:
    async with enter() as house:
        for number in (STRANGER, DOCTOR, "+12125550199"):
            await house.ring(number, answered=number == DOCTOR)
        contact = Contact(book="friends", uid="1", name="Dr. Lee", numbers=(DOCTOR,))
        await house.daemon.house.store.replace_contacts("friends", [contact], by="test")
        tried = await house.ask("replay", rules=["block +1303*"])
        assert (tried["calls"], tried["changed"], tried["contacts"], tried["answered"]) == (3, 2, 1, 1)
        assert tried["moves"] == [{"from": "ring", "to": "block", "calls": 2}]
        first = tried["differences"][0]
        assert (first["contact"], first["answered"], first["number"]) == ("Dr. Lee", True, DOCTOR)
        assert "numbers" in first["reason"] or "begins" in first["reason"]
        assert await house.ask("rules") == []


async def test_a_rule_taken_away_is_tried_too(enter: Any) -> None:
    async with enter() as house:
        rule = (await house.ask("add-rule", list="block", value=STRANGER))["rule"]
        await house.ring(STRANGER)
        tried = await house.ask("replay", rules=[f"remove {rule['id']}"])
        assert tried["moves"] == [{"from": "block", "to": "ring", "calls": 1}]


async def test_a_rule_is_tried_with_its_line_and_hours_where_it_is_described_as_it_would_be_added(enter: Any) -> None:
    async with enter() as house:
        await house.ring(STRANGER)
        rule = {"list": "block", "kind": "prefix", "value": "+1303", "line": "Home"}
        assert (await house.ask("replay", rules=[rule]))["changed"] == 1
        tried = [(await house.ask("replay", rules=[{**rule, "hours": hours}]))["changed"] for hours in _DAY_AND_NIGHT]
        assert sorted(tried) == [0, 1]


async def test_what_takes_too_long_says_how_far_back_it_came(enter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "_BATCH", 2)
    monkeypatch.setattr(replays, "PATIENCE", -1)
    async with enter() as house:
        for _ in range(3):
            await house.ring(STRANGER)
        tried = await house.ask("replay", rules=["block +1303*"])
        assert (tried["calls"], tried["changed"]) == (2, 2)
        assert datetime.fromisoformat(tried["since"]) == house.daemon.house.store.newest().records[1].call.received_at


async def test_a_list_is_tried_on_what_it_said_then(enter: Any, gossip: Path) -> None:
    async with enter() as house:
        await house.ring(STRANGER)
        await house.ask("lists-mode", name="gossip", mode="log-only")
        await house.ring(STRANGER)
        tried = await house.ask("replay", lists=["gossip=active"])
        assert tried["moves"] == [{"from": "ring", "to": "block", "calls": 1}]
        assert tried["unjudged"] == {"gossip was not asked then": 1}


async def test_a_list_that_shall_be_off_needs_not_have_been_asked(enter: Any, gossip: Path) -> None:
    async with enter() as house:
        await house.ring(STRANGER)
        await house.ask("lists-mode", name="gossip", mode="active")
        await house.ring(STRANGER)
        tried = await house.ask("replay", lists=["gossip=off"])
        assert tried["moves"] == [{"from": "block", "to": "ring", "calls": 1}]
        assert tried["unjudged"] == {}


async def test_a_profile_is_tried_also_where_the_file_states_another(enter: Any, place: Place) -> None:
    assert place.config
    place.config.write_text(place.config.read_text() + "policy: {profile: normal}\n")
    async with enter() as house:
        await house.ring(STRANGER)
        tried = await house.ask("replay", settings=["policy.profile=contacts-only"])
        assert tried["moves"] == [{"from": "ring", "to": "block", "calls": 1}]
        assert (await house.ask("status"))["profile"] == "normal"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param({}, "say what would change", id="nothing"),
        pytest.param({"rules": "block 30"}, "list of texts", id="no list of changes"),
        pytest.param({"rules": [12]}, "is a text, or a rule", id="neither text nor rule"),
        pytest.param(
            {"rules": [{"list": "block", "value": "30"}]}, "'30' is not a complete", id="no number in a rule"
        ),
        pytest.param({"rules": ["forbid 1"]}, "no change of rules", id="no change"),
        pytest.param({"rules": ["remove 9"]}, "no rule 9", id="no rule"),
        pytest.param({"rules": ["block 30"]}, "'30' is not a complete", id="no number"),
        pytest.param({"rules": ['block "x']}, "quotation", id="an open quotation"),
        pytest.param({"lists": ["ftd=active"]}, "no list 'ftd'", id="no list"),
        pytest.param({"lists": ["ftc"]}, "write --list KEY=VALUE", id="no mode"),
        pytest.param({"settings": ["country=CA"]}, "only settings of `policy`", id="no policy"),
        pytest.param({"settings": ["policy.profile=lax"]}, "policy.profile", id="no profile"),
        pytest.param({"seconds": -1, "rules": ["block 3035550164"]}, "no sensible", id="no time"),
    ],
)
async def test_what_cannot_be_tried_is_refused_in_words(enter: Any, arguments: dict[str, Any], says: str) -> None:
    async with enter() as house:
        with pytest.raises(RefusedError, match=says):
            await house.ask("replay", **arguments)


async def test_only_calls_that_would_not_ring_any_more_are_a_warning(enter: Any) -> None:
    async with enter() as house:
        blocked = (await house.ask("add-rule", list="block", value=DOCTOR))["rule"]
        await house.ring(DOCTOR)
        contact = Contact(book="friends", uid="1", name="Dr. Lee", numbers=(DOCTOR,))
        await house.daemon.house.store.replace_contacts("friends", [contact], by="test")
        freed = await house.ask("replay", rules=[f"remove {blocked['id']}"])
        assert (freed["contacts"], freed["lost"]) == (1, 0)
        await house.ask("undo", change=1)
        await house.ring(STRANGER, answered=True)
        assert (await house.ask("replay", rules=[f"block {STRANGER}"]))["lost"] == 1


async def test_a_setting_that_cannot_be_is_refused_without_saying_how_it_was_tried(enter: Any) -> None:
    async with enter() as house:
        with pytest.raises(RefusedError, match=r"^policy\.profile: 'lax'"):
            await house.ask("replay", settings=["policy.profile=lax"])
