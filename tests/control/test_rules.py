"""Rules by command: every kind, limited, expected, in bulk, and taken back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callguard.control.wire import RefusedError
from callguard.model.contact import Contact
from callguard.place import Place

STRANGER = "+13035550164"


@pytest.mark.parametrize(
    ("rule", "readable"),
    [
        pytest.param({"value": "(303) 555-0164"}, "(303) 555-0164", id="a number"),
        pytest.param({"value": "+1 303*"}, "numbers beginning", id="a star makes it a prefix"),
        pytest.param({"kind": "country", "value": "us"}, "United States", id="a country"),
        pytest.param({"kind": "name", "value": "card services"}, "card services", id="a name"),
        pytest.param({"kind": "range", "value": "3035550100-3035550199"}, "555-0199", id="a range"),
    ],
)
async def test_a_rule_of_any_kind_blocks_the_next_call_and_undo_lets_it_ring_again(
    enter: Any, rule: dict[str, str], readable: str
) -> None:
    async with enter() as house:
        added = await house.ask("add-rule", list="block", **rule)
        assert readable in added["rule"]["readable"]
        assert await house.ring(STRANGER, name="CARD SERVICES") == "block"
        await house.ask("undo")
        assert await house.ring(STRANGER, name="CARD SERVICES") == "ring"


async def test_a_rule_that_is_changed_gives_way_to_the_new_one_in_one_change(enter: Any) -> None:
    async with enter() as house:
        first = (await house.ask("add-rule", list="block", value=STRANGER, note="a shop"))["rule"]
        changed = await house.ask("add-rule", list="allow", value="+1303*", instead_of=first["id"])
        assert [(rule["list"], rule["value"]) for rule in await house.ask("rules")] == [("allow", "+1303")]
        await house.ask("undo", change=changed["change"]["id"])
        assert [rule["id"] for rule in await house.ask("rules")] == [first["id"]]


async def test_a_rule_that_is_changed_into_one_that_is_there_leaves_one_and_undo_brings_both_back(enter: Any) -> None:
    async with enter() as house:
        there = (await house.ask("add-rule", list="block", value=STRANGER, note="a shop"))["rule"]
        other = (await house.ask("add-rule", list="block", value="+12125550199"))["rule"]
        for note in ("a shop", "another"):
            asked = {"list": "block", "value": STRANGER, "note": note, "instead_of": other["id"]}
            changed = await house.ask("add-rule", **asked)
            assert [rule["value"] for rule in await house.ask("rules")] == [STRANGER]
            await house.ask("undo", change=changed["change"]["id"])
            assert {rule["id"] for rule in await house.ask("rules")} == {there["id"], other["id"]}


async def test_a_note_is_emptied_and_nothing_changes_where_nothing_is_new(enter: Any) -> None:
    async with enter() as house:
        rule = (await house.ask("add-rule", list="block", value=STRANGER, note="a shop"))["rule"]
        again = await house.ask("add-rule", list="block", value=STRANGER, note="a shop", instead_of=rule["id"])
        assert (again["change"], again["rule"]["id"]) == (None, rule["id"])
        await house.ask("add-rule", list="block", value=STRANGER, instead_of=rule["id"])
        assert [one["note"] for one in await house.ask("rules")] == [""]
        with pytest.raises(RefusedError, match="removed before"):
            await house.ask("add-rule", list="block", value=STRANGER, instead_of=rule["id"])


async def test_a_rule_for_the_next_call_is_used_up_by_it(enter: Any) -> None:
    async with enter() as house:
        await house.ask("add-rule", list="block", value=STRANGER)
        await house.ask("expect", number=STRANGER, next_call=True)
        assert [await house.ring(STRANGER) for _ in range(2)] == ["ring", "block"]
        assert "rule-used-up" in {change["what"] for change in await house.ask("changes")}


async def test_a_bare_undo_takes_back_what_a_person_did_and_not_what_a_call_used_up(enter: Any) -> None:
    async with enter() as house:
        await house.ask("add-rule", list="block", value=STRANGER)
        await house.ask("expect", next_call=True)
        await house.ring("+12125550199")
        with pytest.raises(RefusedError, match=r"removed|used|since"):
            await house.ask("undo")


async def test_while_a_call_is_expected_everyone_rings(enter: Any) -> None:
    async with enter() as house:
        await house.ask("add-rule", list="block", value=STRANGER)
        expecting = await house.ask("expect", seconds=7200)
        until = datetime.fromisoformat(expecting["rule"]["until"])
        assert timedelta(hours=1, minutes=59) < until - datetime.now(UTC) <= timedelta(hours=2)
        assert await house.ring(STRANGER) == "ring"
        await house.ask("undo", change=expecting["change"]["id"])
        assert await house.ring(STRANGER) == "block"


async def test_a_whole_file_of_rules_is_one_change(enter: Any) -> None:
    rules = [{"list": "block", "value": f"+1303555{number:04}"} for number in range(100, 200)]
    broken = {"list": "block", "value": "303"}
    async with enter() as house:
        tried = await house.ask("add-rules", rules=[*rules, broken, rules[0]], dry_run=True)
        assert (tried["added"], tried["there_already"], tried["change"]) == (100, 1, None)
        assert [refused["index"] for refused in tried["refused"]] == [100]
        done = await house.ask("add-rules", rules=rules, subject="100 rules from a file")
        assert await house.ring("+13035550150") == "block"
        await house.ask("undo", change=done["change"]["id"])
        assert await house.ask("rules") == []


async def test_rules_of_the_file_are_shown_as_locked_with_their_line(enter: Any, place: Place) -> None:
    assert place.config
    place.config.write_text(place.config.read_text() + "rules:\n  block: ['+44*']\n")
    async with enter() as house:
        await house.ask("add-rule", list="allow", value=STRANGER)
        stated, stored = await house.ask("rules")
        assert (stated["locked"], stated["origin"], stated["id"]) == (True, "config.yaml:6", 0)
        assert not stored["locked"]
        await house.ask("remove-rule", id=stored["id"])
        assert len(await house.ask("rules")) == 1


async def test_a_rule_knows_how_often_it_was_hit(enter: Any) -> None:
    async with enter() as house:
        await house.ask("add-rule", list="block", value=STRANGER)
        for _ in range(3):
            await house.ring(STRANGER)
        (rule,) = await house.ask("rules")
        assert rule["hits"] == 3


@pytest.mark.parametrize(
    ("command", "arguments", "says"),
    [
        pytest.param("add-rule", {"value": STRANGER}, "say on which list", id="no list"),
        pytest.param("add-rule", {"list": "grey", "value": STRANGER}, "'grey' is none of", id="no such list"),
        pytest.param("add-rule", {"list": "block", "value": STRANGER, "hours": "25:00"}, "hours:", id="no hours"),
        pytest.param(
            "add-rule",
            {"list": "block", "value": STRANGER, "line": "Attic"},
            "no line 'Attic'.*Home",
            id="no such line",
        ),
        pytest.param(
            "add-rule", {"list": "block", "value": STRANGER, "until": "2020-01-01"}, "over already", id="in the past"
        ),
        pytest.param("add-rule", {"list": "block", "value": STRANGER, "until": "soon"}, "is no time", id="no time"),
        pytest.param("remove-rule", {"id": 99}, "no rule 99", id="no such rule"),
        pytest.param("dialled", {"number": "x"}, "neither a telephone number nor a short code", id="not dialled"),
        pytest.param("add-rules", {"rules": [{}] * 10_001}, "number list", id="too many"),
    ],
)
async def test_what_is_no_rule_is_refused_in_words(
    enter: Any, command: str, arguments: dict[str, Any], says: str
) -> None:
    async with enter() as house:
        with pytest.raises(RefusedError, match=says):
            await house.ask(command, **arguments)


@pytest.mark.parametrize(("number", "kept"), [("(303) 555-0147", "+13035550147"), ("911", "911")])
async def test_what_the_household_dialled_is_noted(enter: Any, number: str, kept: str) -> None:
    async with enter() as house:
        assert (await house.ask("dialled", number=number))["number"] == kept
        assert house.daemon.house.store.acquaintance(kept) is not None


async def test_who_blocks_a_caller_just_answered_hears_no_more_of_them(enter: Any) -> None:
    async with enter() as house:
        assert await house.ring(STRANGER, answered=True) == "ring"
        await house.ask("add-rule", list="block", value="+1303*")
        assert await house.ring(STRANGER) == "ring"
        await house.ask("add-rule", list="block", value=STRANGER)
        assert await house.ring(STRANGER) == "block"


async def test_undo_means_what_a_person_did_and_not_what_a_plugin_did_since(enter: Any) -> None:
    async with enter() as house:
        await house.ask("add-rule", list="block", value=STRANGER)
        for number in range(60):
            contact = Contact(book="carddav:ours", uid="1", name=f"Ada {number}", numbers=("+13035550147",))
            await house.daemon.house.store.replace_contacts("carddav:ours", [contact], by="contacts")
        await house.ask("undo")
        assert await house.ask("rules") == []
        assert len(house.daemon.house.store.contacts()) == 1


@pytest.mark.parametrize("until", ["9999-12-31T23:59:59+00:00", "9999-12-31T23:59:59-11:00", "0001-01-01T00:00"])
async def test_a_time_at_the_end_of_the_calendar_is_refused(enter: Any, until: str) -> None:
    async with enter() as house:
        with pytest.raises(RefusedError, match="is in no year between 1971 and 9998"):
            await house.ask("add-rule", list="block", value=STRANGER, until=until)
        with pytest.raises(RefusedError, match="is in no year between 1971 and 9998"):
            await house.ask("dialled", number=STRANGER, at=until)
        await house.ask("add-rule", list="block", value=STRANGER, until="9998-12-31T23:59:59+00:00")
        assert len(await house.ask("rules")) == 1


@pytest.mark.parametrize(
    ("command", "arguments", "says"),
    [
        pytest.param("try", {"number": STRANGER, "line": "Nope"}, "there is no line 'Nope'", id="no such line"),
        pytest.param("try", {"number": STRANGER, "at": "9999-12-31T23:59"}, "is in no year", id="the end of time"),
        pytest.param("try", {"number": STRANGER, "at": "0001-01-01"}, "is in no year", id="the beginning of time"),
        pytest.param("undo", {"change": 10**22}, "too large", id="a change beyond the database"),
        pytest.param("remove-rule", {"id": 10**22}, "too large", id="a rule beyond the database"),
        pytest.param("dialled", {"number": STRANGER, "at": "2199-01-01"}, "still to come", id="dialled in future"),
    ],
)
async def test_a_slip_of_the_pen_is_refused_in_words(
    enter: Any, command: str, arguments: dict[str, Any], says: str
) -> None:
    async with enter() as house:
        with pytest.raises(RefusedError, match=says):
            await house.ask(command, **arguments)


async def test_times_of_the_status_are_the_households(enter: Any, place: Place) -> None:
    assert place.config
    elsewhere = place.config.read_text().replace("timezone: UTC", "timezone: Asia/Kolkata")
    place.config.write_text(elsewhere + "policy: {profile: contacts-only}\n")
    async with enter() as house:
        status = await house.ask("status")
        assert status["problems"]
        assert all(time.endswith("+05:30") for time in [status["since"], *(p["since"] for p in status["problems"])])


async def test_a_rule_for_one_call_is_not_used_up_by_a_call_that_rings_all_the_same(enter: Any) -> None:
    async with enter() as house:
        await house.ask("set-setting", key="policy.log_only", value="yes")
        await house.ask("add-rule", list="block", value=STRANGER, uses=1)
        assert await house.ring(STRANGER) == "ring"
        await house.ask("set-setting", key="policy.log_only", value="no")
        assert await house.ring(STRANGER) == "block"
        assert await house.ring(STRANGER) == "ring"


async def test_a_trial_of_many_rules_counts_what_adding_them_would_change(enter: Any) -> None:
    async with enter() as house:
        await house.ask("add-rule", list="block", value=STRANGER, note="a shop")
        rules = [{"list": "block", "value": STRANGER, "note": note} for note in ("", "a shop", "another")]
        for rule, added in zip(rules, (0, 0, 1), strict=True):
            tried = await house.ask("add-rules", rules=[rule], dry_run=True)
            assert (tried["added"], tried["there_already"]) == (added, 1 - added)
            assert (await house.ask("add-rules", rules=[rule]))["added"] == added
