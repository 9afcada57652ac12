"""One call on its page: the whole ladder as it was walked, what to do about it, and what it would be now."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from callguard.access import Role
from callguard.model.call import Presentation
from callguard.model.record import CallRecord
from callguard.place import Place
from tests.console.callmaking import (
    DOCTOR,
    HOSTILE,
    OTHER,
    SILENT,
    STRANGER,
    Made,
    buttons,
    goes_away,
    in_contacts,
    on_block_list,
    press,
    record,
    reported,
    spoil,
)
from tests.console.conftest import Browser, Console


@pytest.fixture
def made(console: Console) -> Made:
    return Made(console.kernel.clock.now())


async def page_of(browser: Browser, one: CallRecord, more: str = "") -> str:
    answered = await browser.get(f"/calls/{one.call.id}{more}")
    assert answered.status == 200, answered.text
    return answered.text


def verdict(text: str) -> str:
    """Return the part of the page where something can be done."""
    return text.partition('aria-label="What happened"')[2].partition("</section>")[0]


def words(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


@pytest.mark.parametrize("role", Role)
async def test_everybody_reads_the_whole_ladder(console: Console, made: Made, role: Role) -> None:
    call = made.call(name="CARD SERVICES", evidence=reported())
    await record(console, call)
    text = words(await page_of(console.person(role), call))
    for said in (
        "CARD SERVICES",
        "can be made up",
        "In short: (303) 555-0164 was reported to the FTC 112×",
        "1 Emergency and never-block numbers no match",
        "5 Your block list no match",
        "6 Signals decided Decided here",
        "score 105 of 100",
        "+60",
        "2026-11-21",
        "0.8 ms",
        "7 Unknown callers not reached",
        "online look-ups not asked: already decided",
    ):
        assert said in text


async def test_checks_that_did_not_answer_are_named(console: Console, viewer: Browser, made: Made) -> None:
    call = made.call(failures=SILENT)
    await record(console, call)
    text = words(await page_of(viewer, call))
    assert "Let through" in text
    assert "ftc did not answer in time: no answer in 400 ms" in text


async def test_what_was_said_about_a_call_is_kept_when_its_plugin_is_gone(
    console: Console, viewer: Browser, made: Made
) -> None:
    known, unknown = reported()
    call = made.call(evidence=(known, replace(unknown, source="vanished")))
    await record(console, call)
    text = words(await page_of(viewer, call))
    assert "vanished: burst (numbers=7)" in text
    assert "Vanished (no longer installed)" in text


async def test_a_member_acts_on_the_call_and_takes_it_back_there(
    console: Console, member: Browser, made: Made
) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    page = await press(member, verdict(await page_of(member, call)), "Allow")
    assert "Allowed by you" in verdict(page.text)
    assert [(rule["list"], rule["value"]) for rule in await console.ask("rules")] == [("allow", STRANGER)]
    page = await press(member, verdict(page.text), "Remove")
    assert await console.ask("rules") == []
    await press(member, page.text.partition('id="flash"')[2], "Undo")
    assert [rule["value"] for rule in await console.ask("rules")] == [STRANGER]


async def test_a_viewer_may_look_but_not_act(console: Console, viewer: Browser, made: Made) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    text = await page_of(viewer, call)
    assert "<form" not in text.partition("<main")[2].partition("</main>")[0]
    assert "/rules/new" not in text


async def test_wider_rules_are_offered_filled_in_and_tried_first(
    console: Console, member: Browser, made: Made
) -> None:
    call = made.call(name="CARD SERVICES", evidence=reported())
    await record(console, call)
    text = unescape(await page_of(member, call))
    assert 'href="/rules/new?list=allow&kind=range&value=%2B13035550100-%2B13035550199"' in text
    assert 'href="/rules/new?list=allow&kind=name&value=CARD+SERVICES"' in text


async def test_a_note_on_the_number_is_the_note_of_its_rule(console: Console, member: Browser, made: Made) -> None:
    await console.ask("add-rule", list="block", value=STRANGER, note="card sharks")
    call = made.call(evidence=on_block_list())
    await record(console, call)
    part = verdict(await page_of(member, call)).partition('class="note-form"')[2]
    assert 'value="card sharks"' in part
    fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', part))
    await member.post("/rules/add", {**{k: unescape(v) for k, v in fields.items()}, "note": "sells windows"})
    (rule,) = await console.ask("rules")
    assert (rule["value"], rule["note"]) == (STRANGER, "sells windows")


async def test_how_often_a_number_called_is_told_with_a_picture(
    console: Console, viewer: Browser, made: Made
) -> None:
    calls = [made.call(evidence=reported(), ago=timedelta(days=days)) for days in (3, 2)]
    await record(console, *calls, made.call())
    text = await page_of(viewer, calls[0])
    assert "3 calls since" in words(text)
    assert "2 blocked" in words(text)
    assert 'class="plot spark"' in text
    assert 'href="/calls?number=%2B13035550164"' in text


async def test_newer_and_older_calls_are_a_step_away(console: Console, viewer: Browser, made: Made) -> None:
    calls = [made.call(ago=timedelta(hours=hours)) for hours in (3, 2, 1)]
    await record(console, *calls)
    middle = await page_of(viewer, calls[1])
    assert f'href="/calls/{calls[0].call.id}"><span>Older' in middle
    assert re.search(rf'href="/calls/{calls[2].call.id}">.*Newer', middle)
    assert "Older" not in await page_of(viewer, calls[0])
    assert "Newer" not in await page_of(viewer, calls[2])


async def test_what_would_happen_now_is_asked_only_when_wanted(console: Console, member: Browser, made: Made) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    assert "Would ring" not in await page_of(member, call)
    text = words(await page_of(member, call, "?now=yes"))
    assert "Would ring Not the same as then." in text
    await console.ask("add-rule", list="block", value=STRANGER)
    assert "Would be blocked The same as then." in words(await page_of(member, call, "?now=yes"))
    assert len((await console.ask("calls"))["calls"]) == 1


async def test_a_call_of_a_line_that_is_gone_cannot_be_tried_and_says_so(
    console: Console, member: Browser, made: Made
) -> None:
    call = made.call(line="Attic")
    await record(console, call)
    assert "That cannot be tried. there is no line 'Attic'" in words(await page_of(member, call, "?now=yes"))


async def test_a_hidden_caller_has_no_number_to_complain_of(console: Console, member: Browser, made: Made) -> None:
    call = made.call(None)
    await record(console, call)
    text = await page_of(member, call)
    assert "Hidden number" in words(text)
    assert buttons(verdict(text))[0] == "Block hidden numbers"
    assert "/complaints/" not in text
    assert "This number" not in words(text)


async def test_a_caller_of_whom_nothing_arrived_cannot_be_tried(
    console: Console, member: Browser, made: Made
) -> None:
    call = made.call(None, shown=Presentation.MISSING)
    await record(console, call)
    assert "What would happen now?" not in await page_of(member, call)
    assert "Would " not in words(await page_of(member, call, "?now=yes"))


async def test_a_complaint_can_be_drafted_of_a_blocked_call(console: Console, member: Browser, made: Made) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    assert f'href="/complaints/{call.call.id}"' in await page_of(member, call)


async def test_where_to_put_it_right_depends_on_what_decided(console: Console, admin: Browser, made: Made) -> None:
    by_list, by_contact, by_rule, by_setting = (
        made.call(evidence=reported(), ago=timedelta(hours=4)),
        made.call(DOCTOR, evidence=in_contacts(), ago=timedelta(hours=3)),
        made.call(evidence=on_block_list(), ago=timedelta(hours=2)),
        made.call(OTHER),
    )
    await record(console, by_list, by_contact, by_rule, by_setting)
    assert 'href="/lists/ftc"' in await page_of(admin, by_list)
    assert "correct it there" in words(await page_of(admin, by_contact))
    assert "Change or remove your rule" in await page_of(admin, by_rule)
    assert "Your own settings decided" in await page_of(admin, by_setting)


async def test_the_technical_record_is_there_for_those_who_want_it(
    console: Console, viewer: Browser, made: Made
) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    assert '"presentation": "shown"' in unescape(await page_of(viewer, call))


async def test_a_company_the_household_deals_with_is_named(console: Console, viewer: Browser, made: Made) -> None:
    await console.ask("relationship-save", party="Denver Water", numbers=[STRANGER])
    call = made.call()
    await record(console, call)
    assert "You deal with Denver Water" in words(await page_of(viewer, call))


async def test_a_hostile_name_does_no_harm_anywhere_on_the_page(console: Console, admin: Browser, made: Made) -> None:
    call = made.call(name=HOSTILE, evidence=reported())
    await record(console, call)
    text = await page_of(admin, call, "?now=yes")
    assert "<script>alert" not in text
    assert not {"\x1b", "\u202e"} & set(text)


async def test_a_call_that_never_was_is_not_found(viewer: Browser) -> None:
    answered = await viewer.get("/calls/0123456789abcdef")
    assert answered.status == 404
    assert "There is no such call" in answered.text


async def test_a_call_past_its_time_is_said_to_be_removed(console: Console, viewer: Browser, made: Made) -> None:
    old = made.call(ago=timedelta(days=400))
    await record(console, old)
    now = console.kernel.clock.now()
    await console.daemon.house.store.retire(now, pseudonymise=True, secret=b"s" * 32, now=now)
    answered = await viewer.get(f"/calls/{old.call.id}")
    assert answered.status == 404
    assert "were removed" in answered.text


async def test_a_record_that_nobody_understands_is_said_to_be_so(
    console: Console, viewer: Browser, made: Made, place: Place
) -> None:
    call = made.call()
    await record(console, call)
    spoil(place, call)
    answered = await viewer.get(f"/calls/{call.call.id}")
    assert answered.status == 500
    assert "This call cannot be read" in answered.text
    assert "cannot be understood" in answered.text


async def test_the_reasons_are_readable_while_the_daemon_is_away(
    console: Console, member: Browser, made: Made
) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    await goes_away(console)
    text = words(await page_of(member, call, "?now=yes"))
    assert "Decided here" in text
    assert "That cannot be tried." in text
