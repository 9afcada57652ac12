"""Changes: everything that was changed, by whom, and taking it back as far as one may."""

import csv
import io

import pytest

from callguard.access import Right, Role
from tests.console.conftest import Browser, Console

HOSTILE = '<script>alert(1)</script>\x1b[31m\u202e=HYPERLINK("http://evil")'


async def test_nothing_changed_yet_says_so(viewer: Browser) -> None:
    assert "Nothing has been changed yet" in (await viewer.get("/changes")).text


async def test_a_change_says_who_and_what_and_can_be_taken_back_and_done_again(
    console: Console, member: Browser
) -> None:
    added = await console.ask("add-rule", list="block", number="+13035550188", by="Ana")
    page = await member.get("/changes")
    assert "Rule added" in page.text
    assert "(303) 555-0188 on the block list" in page.text
    undone = await member.post(f"/changes/{added['change']['id']}/undo", {"back": "/changes"})
    assert undone.location == "/changes"
    assert await console.ask("rules") == []
    again = await member.follow(undone)
    assert "Taken back: +13035550188" in again.text
    newest = (await console.ask("changes"))[0]
    assert newest["by"] == "Ben"
    assert "Do it again" in again.text
    await member.post(f"/changes/{newest['id']}/undo")
    assert [rule["value"] for rule in await console.ask("rules")] == ["+13035550188"]


async def test_a_viewer_sees_no_button_and_can_take_nothing_back(console: Console, viewer: Browser) -> None:
    added = await console.ask("add-rule", list="block", number="+13035550188")
    assert "/undo" not in (await viewer.get("/changes")).text
    assert (await viewer.post(f"/changes/{added['change']['id']}/undo")).status == 403
    assert len(await console.ask("rules")) == 1


async def test_a_member_cannot_take_back_what_only_an_administrator_may_set(
    console: Console, member: Browser, admin: Browser
) -> None:
    done = await console.ask("set-setting", key="policy.profile", value="strict")
    number = done["change"]["id"]
    assert f"/changes/{number}/undo" not in (await member.get("/changes")).text
    assert (await member.post(f"/changes/{number}/undo")).status == 403
    back = await admin.post(f"/changes/{number}/undo")
    assert back.status == 303
    undo = (await console.ask("changes"))[0]["id"]
    assert (await member.post(f"/changes/{undo}/undo")).status == 403, "nor by taking the taking back back"
    assert (await console.ask("house"))["modes"]["profile"] == "normal"


async def test_a_program_that_may_act_on_calls_takes_back_only_its_own_rules(console: Console) -> None:
    text = console.kernel.access.new_token("hall", [Right.CALLS], None, by="Ana", now=console.kernel.clock.now())
    program = console.stranger(Authorization=f"Bearer {text}")
    wide = await console.ask("add-rule", list="never-block", kind="prefix", value="+44", by="Ana")
    assert (await program.post(f"/changes/{wide['change']['id']}/undo")).status == 403
    await program.post("/rules/add", {"list": "block", "value": "+13035550188"})
    assert (await program.post(f"/changes/{(await console.ask('changes'))[0]['id']}/undo")).status == 303
    assert [rule["value"] for rule in await console.ask("rules")] == ["+44"]


async def test_what_can_be_taken_back_of_several_is_and_the_rest_is_said(console: Console, member: Browser) -> None:
    first = await console.ask("add-rule", list="block", number="+13035550188")
    gone = await console.ask("add-rule", list="block", number="+13035550199")
    await console.ask("remove-rule", id=gone["rule"]["id"])
    both = await member.post(f"/changes/{first['change']['id']}/undo?also={gone['change']['id']}")
    page = await member.follow(both)
    assert "Nothing was changed" not in page.text
    assert "Taken back: +13035550188 on the block list, but not all of it:" in page.text
    assert await console.ask("rules") == []


async def test_what_was_taken_back_in_another_tab_is_taken_back(console: Console, admin: Browser) -> None:
    change = (await console.ask("add-rule", list="block", value="+13035550188"))["change"]["id"]
    await admin.post(f"/changes/{change}/undo")
    again = await admin.follow(await admin.post(f"/changes/{change}/undo"))
    assert "Taken back: +13035550188" in again.text
    assert await console.ask("rules") == []


async def test_what_stands_on_a_newer_change_is_refused_in_words(console: Console, admin: Browser) -> None:
    first = await console.ask("set-setting", key="policy.profile", value="strict")
    await console.ask("set-setting", key="policy.profile", value="gentle")
    refused = await admin.post(f"/changes/{first['change']['id']}/undo")
    assert "Nothing was changed:" in (await admin.follow(refused)).text
    assert (await console.ask("house"))["modes"]["profile"] == "gentle"


@pytest.mark.parametrize("number", ["0", "999", "-1", "x", "9" * 30, "1%2f2"])
async def test_a_change_that_is_not_there_is_not_found(console: Console, admin: Browser, number: str) -> None:
    await console.ask("add-rule", list="block", number="+13035550188")
    assert (await admin.post(f"/changes/{number}/undo")).status == 404


async def test_many_changes_come_in_pages(console: Console, viewer: Browser) -> None:
    for number in range(60):
        await console.ask("add-rule", list="block", number=f"+130355501{number:02}")
    first = await viewer.get("/changes")
    assert "555-0159" in first.text
    assert "555-0109" not in first.text
    older = next(line for line in first.text.split('"') if line.startswith("/changes?") and "before" in line)
    second = await viewer.get(older.replace("&amp;", "&"))
    assert "555-0109" in second.text
    assert "555-0110" not in second.text
    assert "Newest" in second.text


async def test_the_changes_of_one_person_are_found(console: Console, viewer: Browser) -> None:
    await console.ask("add-rule", list="block", number="+13035550188", by="Ana")
    await console.ask("add-rule", list="block", number="+13035550199", by="Ben")
    page = await viewer.get("/changes?who=Ben")
    assert "555-0199" in page.text
    assert "555-0188" not in page.text
    assert "No changes by Nobody" in (await viewer.get("/changes?who=Nobody")).text


async def test_a_hostile_name_comes_out_harmless_on_the_page_and_in_the_table(
    console: Console, viewer: Browser
) -> None:
    await console.ask("add-rule", list="block", kind="name", value=HOSTILE, by=f"={HOSTILE}")
    page = await viewer.get("/changes")
    assert "<script>alert" not in page.text
    assert "\u202e" not in page.text
    answered = await viewer.get("/changes/export")
    assert answered.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answered.text.removeprefix("\ufeff"))))
    assert rows[1][2].startswith("'=")
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in rows[1])


async def test_a_forgotten_number_cannot_be_taken_back(console: Console, admin: Browser) -> None:
    await console.ring("+13035550188")
    await console.ask("add-rule", list="block", number="+13035550188")
    await console.ask("forget", number="+13035550188")
    page = await admin.get("/changes")
    assert "Cannot be taken back" in page.text
    assert "0188" not in page.text.partition("<main")[2]


async def test_a_person_who_is_gone_keeps_a_name_in_the_list(console: Console, admin: Browser) -> None:
    console.person(Role.MEMBER, "Dora")
    await console.ask("add-rule", list="block", number="+13035550188", by="Dora")
    console.kernel.access.remove_person("Dora", console.kernel.clock.now())
    assert '<option value="Dora"' in (await admin.get("/changes")).text
