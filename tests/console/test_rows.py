"""What can be done about a call depends on what happened, on who called, and on what the household has said."""

from datetime import timedelta

import pytest

from callguard.model.call import Presentation
from callguard.model.contact import Contact
from callguard.model.record import CallRecord
from callguard.place import Place
from tests.console.callmaking import (
    DOCTOR,
    HOSTILE,
    SILENT,
    STRANGER,
    Made,
    buttons,
    form_of,
    in_contacts,
    on_block_list,
    piece,
    press,
    record,
    reported,
)
from tests.console.conftest import Browser, Console


@pytest.fixture
def made(console: Console) -> Made:
    return Made(console.kernel.clock.now())


async def row_of(browser: Browser, one: CallRecord) -> str:
    return piece((await browser.get("/calls")).text, f'id="call-{one.call.id}"')


BLOCKED = ["Allow", "Allow for 24 hours", "Allow the next call only", "Allow only on Home"]
RANG = ["Block", "Block for 24 hours", "Block the next call only", "Block only on Home", "Allow"]


async def test_a_blocked_caller_can_be_allowed_once_for_a_day_always_or_on_one_line(
    console: Console, member: Browser, made: Made
) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    assert buttons(await row_of(member, call)) == BLOCKED


async def test_a_caller_who_rang_can_be_blocked(console: Console, member: Browser, made: Made) -> None:
    call = made.call()
    await record(console, call)
    assert buttons(await row_of(member, call)) == RANG


async def test_whom_config_yaml_blocks_can_only_be_allowed_whatever_happened_before(
    place: Place, console: Console, member: Browser, made: Made
) -> None:
    assert place.config
    place.config.write_text(f"{place.config.read_text()}rules: {{block: ['{STRANGER}']}}\n")
    await console.daemon.reload()
    rang = made.call()
    await record(console, made.call(evidence=on_block_list()))
    await record(console, rang)
    assert buttons(await row_of(member, rang)) == BLOCKED
    assert buttons(piece((await member.get("/")).text, 'class="top-numbers"')) == ["Allow"]


async def test_a_caller_who_rang_unchecked_can_be_blocked(console: Console, member: Browser, made: Made) -> None:
    call = made.call(failures=SILENT)
    await record(console, call)
    row = await row_of(member, call)
    assert buttons(row) == RANG
    assert "Let through" in row
    assert "To review" in row


async def test_whom_the_household_knows_is_never_reported(console: Console, member: Browser, made: Made) -> None:
    people = [Contact(uid="1", name="Dr. Lee", numbers=(DOCTOR,), book="family")]
    await console.daemon.house.store.replace_contacts("family", people, by="test", now=console.kernel.clock.now())
    call = made.call(DOCTOR, evidence=in_contacts())
    await record(console, call)
    row = await row_of(member, call)
    assert buttons(row) == ["Block"]
    assert "complaint" not in row
    assert "Dr. Lee" in row


@pytest.mark.parametrize(
    ("shown", "label"),
    [
        (Presentation.WITHHELD, "Block hidden numbers"),
        (Presentation.UNAVAILABLE, "Block unavailable numbers"),
        (Presentation.MISSING, "Block calls without a number"),
    ],
)
async def test_a_caller_without_a_number_is_one_of_many(
    console: Console, member: Browser, made: Made, shown: Presentation, label: str
) -> None:
    call = made.call(None, shown=shown)
    await record(console, call)
    row = await row_of(member, call)
    assert buttons(row) == [label]
    assert form_of(row, label)[1]["value"] == shown.value
    await press(member, row, label)
    assert [(rule["kind"], rule["value"]) for rule in await console.ask("rules")] == [("presentation", shown.value)]
    row = await row_of(member, call)
    assert "Blocked by you" in row
    assert buttons(row) == ["Remove"]


async def test_a_button_turns_into_what_undoes_it(console: Console, member: Browser, made: Made) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    page = await press(member, await row_of(member, call), "Allow")
    assert page.text.count("Undo") >= 1
    row = await row_of(member, call)
    assert "Allowed by you" in row
    assert buttons(row) == ["Remove"]
    await press(member, row, "Remove")
    assert await console.ask("rules") == []
    assert buttons(await row_of(member, call)) == BLOCKED


async def test_what_was_done_from_a_row_is_undone_from_the_next_page(
    console: Console, member: Browser, made: Made
) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    page = await press(member, await row_of(member, call), "Allow")
    await press(member, page.text.partition('id="flash"')[2], "Undo")
    assert await console.ask("rules") == []


@pytest.mark.parametrize(
    ("label", "state"),
    [
        ("Allow for 24 hours", "Allowed by you until"),
        ("Allow the next call only", "Allowed by you, the next call only"),
        ("Allow only on Home", "Allowed by you on Home"),
    ],
)
async def test_a_rule_for_a_while_is_named_with_its_end(
    console: Console, member: Browser, made: Made, label: str, state: str
) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    await press(member, await row_of(member, call), label)
    assert state in await row_of(member, call)


async def test_an_exception_to_a_block_can_be_made_for_a_day(console: Console, member: Browser, made: Made) -> None:
    await console.ask("add-rule", list="block", value=STRANGER)
    call = made.call(evidence=reported())
    await record(console, call)
    assert buttons(await row_of(member, call))[:2] == ["Remove", "Allow for 24 hours"]


async def test_a_rule_about_another_line_says_nothing_of_this_call(
    console: Console, member: Browser, made: Made
) -> None:
    await console.ask("add-rule", list="allow", value=STRANGER, line="Home")
    call = made.call(line="Office", evidence=reported())
    await record(console, call)
    assert "Allowed by you" not in await row_of(member, call)


async def test_a_viewer_gets_no_buttons(console: Console, viewer: Browser, made: Made) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    row = await row_of(viewer, call)
    assert "<form" not in row
    assert "complaint" not in row


async def test_repeated_calls_within_ten_minutes_are_one_row(console: Console, member: Browser, made: Made) -> None:
    calls = [made.call(evidence=reported(), ago=timedelta(minutes=ago)) for ago in (60, 51, 42, 31)]
    await record(console, *calls)
    text = (await member.get("/calls")).text
    assert "called 3×" in piece(text, f'id="call-{calls[2].call.id}"')
    assert f'id="call-{calls[1].call.id}"' not in text
    assert f'id="call-{calls[3].call.id}"' in text


async def test_calls_that_went_differently_are_rows_of_their_own(
    console: Console, member: Browser, made: Made
) -> None:
    rang, blocked = made.call(ago=timedelta(minutes=9)), made.call(evidence=reported(), ago=timedelta(minutes=5))
    await record(console, rang, blocked)
    text = (await member.get("/calls")).text
    assert f'id="call-{rang.call.id}"' in text
    assert f'id="call-{blocked.call.id}"' in text


async def test_a_hostile_name_is_a_harmless_short_text(console: Console, member: Browser, made: Made) -> None:
    call = made.call(name=HOSTILE, evidence=reported())
    await record(console, call)
    row = await row_of(member, call)
    assert "<script" not in row
    assert "\u202e" not in row
    assert "\x1b" not in row
    assert "A" * 60 not in row
