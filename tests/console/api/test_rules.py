"""Rules, changes and expected calls, as programs make them."""

import pytest

from callguard.access import Right
from tests.console.api.conftest import Program, program_of
from tests.console.conftest import Console

NUMBER, OTHER = "+13035550164", "+13035550165"
BLOCK = {"list": "block", "value": "303 555 0164"}


async def values(console: Console) -> list[str]:
    return [one["value"] for one in await console.ask("rules")]


async def test_a_rule_is_added_once_and_can_be_taken_back(console: Console, program: Program) -> None:
    made = await program.post("/rules", {**BLOCK, "note": "card services"})
    assert made.status == 201
    assert made.body["rule"]["value"] == NUMBER
    assert made.body["change"]["by"] == "token a program"
    where = made.headers["Location"].removeprefix("/api/v1")
    assert (await program.get(where)).body == made.body["rule"]
    again = await program.post("/rules", {**BLOCK, "note": "card services"})
    assert (again.status, again.body["change"]) == (200, None)
    undone = await program.post(f"/changes/{made.body['change']['id']}/undo")
    assert undone.body["undone"] == made.body["change"]["id"]
    assert await values(console) == []
    assert (await program.get(where)).status == 404


@pytest.mark.parametrize(
    ("said", "pointers"),
    [
        ({}, ["/list", "/value"]),
        ({**BLOCK, "colour": "red"}, ["/colour"]),
        ({**BLOCK, "list": "whitelist"}, ["/list"]),
        ({**BLOCK, "uses": "1"}, ["/uses"]),
        ({**BLOCK, "uses": 0}, ["/uses"]),
        ({**BLOCK, "until": "2026-12-01"}, ["/until"]),
        ({**BLOCK, "until": "2026-12-01T18:00:00"}, ["/until"]),
        ({**BLOCK, "value": 3035550164}, ["/value"]),
        ({**BLOCK, "a/b~c": 1}, ["/a~1b~0c"]),
        ([], [""]),
    ],
    ids=str,
)
async def test_what_is_wrong_with_a_rule_is_said_with_its_place(
    console: Console, program: Program, said: object, pointers: list[str]
) -> None:
    answered = await program.post("/rules", said)
    assert answered.status == 422
    assert [one["pointer"] for one in answered.body["errors"]] == pointers
    assert await values(console) == []


async def test_what_the_house_makes_no_sense_of_is_refused_in_its_words(program: Program) -> None:
    for said, words in (
        ({**BLOCK, "value": "12"}, "not a complete telephone number"),
        ({**BLOCK, "hours": "sometimes"}, "hours:"),
        ({**BLOCK, "line": "Garage"}, "there is no line"),
        ({**BLOCK, "until": "2020-01-01T00:00:00Z"}, "over already"),
    ):
        answered = await program.post("/rules", said)
        assert (answered.status, words in answered.body["detail"]) == (422, True), answered.text


async def test_a_rule_that_was_changed_meanwhile_is_not_overwritten(console: Console, program: Program) -> None:
    made = await program.post("/rules", BLOCK)
    path = made.headers["Location"].removeprefix("/api/v1")
    seen = (await program.get(path)).headers["ETag"]
    note = {**BLOCK, "note": "somebody else's"}
    changed = await program.put(path, note, If_Match=seen)
    assert changed.status == 200
    there = changed.headers["Content-Location"].removeprefix("/api/v1")
    for answered in (
        await program.put(there, BLOCK, If_Match=seen),
        await program.delete(there, If_Match=seen),
        await program.delete(there, If_Match='"made up"'),
    ):
        assert answered.status == 412
    assert (await program.delete(there, If_Match="*")).status == 200
    assert await values(console) == []


async def test_replacing_a_rule_is_one_change(console: Console, program: Program) -> None:
    made = await program.post("/rules", BLOCK)
    done = await program.put(f"/rules/{made.body['rule']['id']}", {"list": "allow", "value": OTHER})
    assert await values(console) == [OTHER]
    await program.post(f"/changes/{done.body['change']['id']}/undo")
    assert await values(console) == [NUMBER]


async def test_one_caller_needs_less_of_a_right_than_many(console: Console) -> None:
    caller = program_of(console, Right.CALLS)
    assert (await caller.post("/rules", BLOCK)).status == 201
    for wide in (
        {"list": "block", "value": "+1303*"},
        {"list": "block", "value": "GB", "kind": "country"},
        {"list": "never-block", "value": OTHER},
    ):
        assert (await caller.post("/rules", wide)).status == 403, wide
    prefix = (await console.ask("add-rule", list="block", value="+1303*"))["rule"]["id"]
    assert (await caller.delete(f"/rules/{prefix}")).status == 403
    assert (await caller.put(f"/rules/{prefix}", BLOCK)).status == 403
    both = program_of(console, Right.CALLS, Right.LISTS)
    assert (await both.delete(f"/rules/{prefix}")).status == 200


async def test_many_rules_are_one_change(console: Console, program: Program) -> None:
    rules = [{"list": "block", "value": f"+130355501{n:02}"} for n in range(50)]
    nonsense = [*rules, {"list": "block", "value": "12"}]
    tried = await program.post("/rule-batches", {"rules": nonsense, "dry_run": True})
    assert (tried.body["added"], await values(console)) == (50, [])
    done = await program.post("/rule-batches", {"rules": nonsense, "subject": "the neighbours' list"})
    assert (done.body["added"], done.body["refused"][0]["index"]) == (50, 50)
    assert done.body["change"]["subject"].startswith("the neighbours' list")
    await program.post(f"/changes/{done.body['change']['id']}/undo")
    assert await values(console) == []


async def test_too_many_rules_are_refused(program: Program) -> None:
    answered = await program.post("/rule-batches", {"rules": [BLOCK] * 10_001})
    assert (answered.status, answered.body["errors"][0]["pointer"]) == (422, "/rules")


async def test_a_rule_of_the_file_is_listed_and_cannot_be_touched(program: Program) -> None:
    assert (await program.delete("/rules/0")).status == 404
    for strange in ("-1", "x", "1.0", "9" * 30, "%C2%B2"):
        assert (await program.get(f"/rules/{strange}")).status == 404


async def test_everybody_is_expected_for_a_while(console: Console, program: Program) -> None:
    for said in (None, {"seconds": 7200}, {"tonight": True}, {"next_call": True, "number": NUMBER}):
        done = await program.post("/expect", said)
        assert done.status in (200, 201)
        assert done.body["rule"]["list"] == "expected"
    listed = (await program.get("/rules?list=expected")).body["rules"]
    assert {one["kind"] for one in listed} == {"anyone", "exact"}
    for one in listed:
        assert (await program.delete(f"/rules/{one['id']}")).status == 200
    assert await values(console) == []


async def test_what_a_change_would_have_done_is_told_and_nothing_is_done(console: Console, program: Program) -> None:
    await console.ring(NUMBER)
    answered = await program.post("/replay", {"add": [BLOCK], "settings": {"policy.profile": "strict"}})
    assert answered.body["moves"] == [{"from": "ring", "to": "block", "calls": 1}]
    assert await values(console) == []
    assert (await program.post("/replay", {})).status == 422
    assert (await program.post("/replay", {"remove": [99]})).status == 422
    assert (await program.post("/replay", {"lists": {"made-up": "off"}})).status == 422


async def test_changes_come_in_pages_and_by_who_made_them(console: Console, program: Program) -> None:
    for n in range(3):
        await program.post("/rules", {"list": "block", "value": f"+1303555016{n}"})
    await console.ask("add-rule", list="allow", value=OTHER)
    first = await program.get("/changes?limit=2&who=token%20a%20program")
    rest = await program.get(f"/changes?limit=2&who=token%20a%20program&cursor={first.body['next']}")
    seen = [one["id"] for one in (*first.body["changes"], *rest.body["changes"])]
    assert seen == [3, 2, 1]
    assert (await program.get("/changes?cursor=WyJ4Il0")).status == 400


async def test_a_change_that_needs_more_is_not_taken_back(console: Console, program: Program) -> None:
    done = await program.put("/settings/policy.profile", {"value": "strict"})
    caller = program_of(console, Right.CALLS)
    undo = f"/changes/{done.body['change']['id']}/undo"
    assert (await caller.post(undo)).status == 403
    undone = await program.post(undo)
    assert (await program.post(undo)).body == undone.body
    assert (await program.post("/changes/99/undo")).status == 404
