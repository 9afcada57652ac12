"""The review inbox: what CallGuard was not certain of, and what follows when somebody says so."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from callguard.access import Role
from callguard.model.record import CallRecord
from tests.console.callmaking import (
    DOCTOR,
    HOSTILE,
    OTHER,
    SILENT,
    STRANGER,
    Made,
    buttons,
    goes_away,
    on_block_list,
    piece,
    press,
    record,
    reported,
)
from tests.console.conftest import Browser, Console

Rules = Callable[[], Awaitable[list[tuple[str, str]]]]


@pytest.fixture
def made(console: Console) -> Made:
    return Made(console.kernel.clock.now())


@pytest.fixture
def rules(console: Console) -> Rules:
    async def asked() -> list[tuple[str, str]]:
        return [(rule["list"], rule["value"]) for rule in await console.ask("rules")]

    return asked


async def opinion_of(console: Console, one: CallRecord) -> str | None:
    return (await console.kernel.read(lambda archive: archive.opinions([one.call.id]))).get(one.call.id)


def first(text: str) -> str:
    return piece(text, 'id="review-1"')


async def test_an_empty_inbox_just_says_so(viewer: Browser) -> None:
    page = await viewer.get("/review")
    assert page.status == 200
    assert "Nothing to review" in page.text


@pytest.mark.parametrize("role", Role)
async def test_only_what_is_not_certain_is_there(console: Console, made: Made, role: Role) -> None:
    soft, unchecked = made.call(evidence=reported(), ago=timedelta(hours=4)), made.call(OTHER, failures=SILENT)
    certain = made.call(evidence=on_block_list(), ago=timedelta(hours=2))
    await record(console, soft, certain, made.call(DOCTOR, ago=timedelta(hours=3)), unchecked)
    text = (await console.person(role).get("/review")).text
    assert text.count('id="review-') == 2
    for one in (soft, unchecked):
        assert f'href="/calls/{one.call.id}"' in text
    assert buttons(first(text)) == ([] if role is Role.VIEWER else ["Right", "Should be blocked"])


async def test_right_is_noted_and_can_be_taken_back(
    console: Console, member: Browser, made: Made, rules: Rules
) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    page = await press(member, first((await member.get("/review")).text), "Right")
    assert "Nothing to review" in page.text
    assert "Noted as right" in page.text
    assert await opinion_of(console, call) == "right"
    await press(member, page.text.partition('id="flash"')[2], "Undo")
    assert await opinion_of(console, call) == "open"
    assert await rules() == []


async def test_a_call_that_should_have_rung_is_noted_and_its_number_allowed_and_one_undo_takes_both_back(
    console: Console, member: Browser, made: Made, rules: Rules
) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    page = await press(member, first((await member.get("/review")).text), "Should have rung")
    assert await opinion_of(console, call) == "wrong"
    assert await rules() == [("allow", STRANGER)]
    assert "is allowed from now on" in page.text
    page = await press(member, page.text.partition('id="flash"')[2], "Undo")
    assert await opinion_of(console, call) == "open"
    assert await rules() == []
    await press(member, page.text.partition('id="flash"')[2], "Undo")
    assert await opinion_of(console, call) == "wrong"
    assert await rules() == [("allow", STRANGER)]


async def test_the_same_number_rings_at_its_next_call_after_it_should_have_rung(
    console: Console, member: Browser, made: Made
) -> None:
    await record(console, made.call(evidence=reported()))
    await press(member, first((await member.get("/review")).text), "Should have rung")
    again = await console.ring(STRANGER)
    assert again.verdict.rung.words == "your allow list"


async def test_a_call_that_should_not_have_rung_is_blocked_from_now_on(
    console: Console, member: Browser, made: Made, rules: Rules
) -> None:
    await record(console, made.call(failures=SILENT))
    await press(member, first((await member.get("/review")).text), "Should be blocked")
    assert await rules() == [("block", STRANGER)]


async def test_a_number_that_is_allowed_already_is_not_allowed_twice(
    console: Console, member: Browser, made: Made, rules: Rules
) -> None:
    await console.ask("add-rule", list="allow", value=STRANGER)
    await record(console, made.call(evidence=reported()))
    page = await press(member, first((await member.get("/review")).text), "Should have rung")
    assert "is on your allow list already" in page.text
    assert await rules() == [("allow", STRANGER)]


async def test_a_caller_without_a_number_is_only_noted(
    console: Console, member: Browser, made: Made, rules: Rules
) -> None:
    call = made.call(None, failures=SILENT)
    await record(console, call)
    page = await press(member, first((await member.get("/review")).text), "Should be blocked")
    assert "There is no number to make a rule for." in page.text
    assert await opinion_of(console, call) == "wrong"
    assert await rules() == []


async def test_an_opinion_can_be_asked_again_from_the_page_of_the_call(
    console: Console, member: Browser, made: Made
) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    path = f"/calls/{call.call.id}"
    page = await press(member, (await member.get(path)).text, "Right")
    assert "You said: right" in page.text
    page = await press(member, page.text, "Review again")
    assert "Was that right?" in page.text


async def test_a_viewer_cannot_say_anything(console: Console, viewer: Browser, made: Made) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    answered = await viewer.post(f"/calls/{call.call.id}/opinion", {"opinion": "right"})
    assert answered.status == 403
    assert await opinion_of(console, call) == "open"


@pytest.mark.parametrize(("call_id", "said"), [("0123456789abcdef", "right"), (None, "maybe"), (None, "")])
async def test_nothing_is_noted_of_no_call_and_without_words(
    console: Console, member: Browser, made: Made, call_id: str | None, said: str
) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    answered = await member.post(f"/calls/{call_id or call.call.id}/opinion", {"opinion": said})
    assert answered.status == 404
    assert await opinion_of(console, call) == "open"


async def test_a_long_inbox_has_further_pages(console: Console, member: Browser, made: Made) -> None:
    calls = [made.call(evidence=reported(), ago=timedelta(hours=40 - n)) for n in range(25)]
    await record(console, *calls)
    text = (await member.get("/review")).text
    assert text.count('id="review-') == 20
    following = text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    assert (await member.get(following)).text.count('id="review-') == 5
    assert (await member.get("/review?before=never")).location == "/review"


async def test_a_hostile_name_does_no_harm_in_the_inbox_nor_in_what_is_said_after(
    console: Console, member: Browser, made: Made
) -> None:
    await record(console, made.call(name=HOSTILE, evidence=reported()))
    for text in (
        (await member.get("/review")).text,
        (await press(member, first((await member.get("/review")).text), "Should have rung")).text,
    ):
        assert "<script>alert" not in text
        assert not {"\x1b", "\u202e"} & set(text)


async def test_nothing_is_noted_while_the_daemon_is_away(console: Console, member: Browser, made: Made) -> None:
    call = made.call(evidence=reported())
    await record(console, call)
    text = (await member.get("/review")).text
    await goes_away(console)
    answered = await member.post(f"/calls/{call.call.id}/opinion", {"opinion": "right"})
    assert answered.status == 503
    assert first(text)


async def test_a_repeated_call_that_is_gone_keeps_nobody_from_answering_the_others(
    console: Console, member: Browser, made: Made, rules: Rules
) -> None:
    first, last = made.call(evidence=reported(), ago=timedelta(minutes=9)), made.call(evidence=reported())
    await record(console, first, last)
    gone = made.call().call.id
    page = await member.follow(
        await member.post(
            f"/calls/{last.call.id}/opinion", {"opinion": "wrong", "repeated": f"{gone} {first.call.id}"}
        )
    )
    assert "Noted as wrong" in page.text
    assert [await opinion_of(console, one) for one in (first, last)] == ["wrong", "wrong"]
    assert await rules() == [("allow", STRANGER)]


async def test_repeated_calls_are_answered_at_one_stroke_and_taken_back_so(
    console: Console, member: Browser, made: Made, rules: Rules
) -> None:
    calls = [made.call(evidence=reported(), ago=timedelta(minutes=60 - n)) for n in range(3)]
    await record(console, *calls)
    part = first((await member.get("/review")).text)
    assert "called 3×" in part
    page = await press(member, part, "Should have rung")
    assert [await opinion_of(console, one) for one in calls] == ["wrong"] * 3
    assert await rules() == [("allow", STRANGER)]
    await press(member, page.text.partition('id="flash"')[2], "Undo")
    assert [await opinion_of(console, one) for one in calls] == ["open"] * 3
    assert await rules() == []
