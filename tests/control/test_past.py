"""What the household says of past calls, and what it wants forgotten."""

from typing import Any

import pytest

from callguard.control.wire import RefusedError

STRANGER = "+13035550164"
OTHER = "+13035550165"


async def test_a_verdict_on_a_hunch_is_reviewed_and_the_review_can_be_undone(enter: Any) -> None:
    async with enter() as house:
        await house.ask("set-setting", key="policy.unknown_callers", value="block")
        await house.ring(STRANGER)
        (call,) = (await house.ask("calls", opinion="open"))["calls"]
        assert call["experience"] == "blocked"
        answer = await house.ask("opinion", id=call["id"][-6:], opinion="wrong", by="Ana")
        assert (answer["id"], answer["change"]["by"]) == (call["id"], "Ana")
        assert (await house.ask("calls", opinion="open"))["calls"] == []
        assert len((await house.ask("calls", opinion="wrong"))["calls"]) == 1
        await house.ask("undo", change=answer["change"]["id"])
        assert len((await house.ask("calls", opinion="open"))["calls"]) == 1


@pytest.mark.parametrize(
    ("command", "arguments", "says"),
    [
        pytest.param("opinion", {"id": "0000", "opinion": "right"}, "no call", id="no such call"),
        pytest.param("opinion", {"id": "0000", "opinion": "good"}, "'good' is none of", id="no opinion"),
        pytest.param("opinion", {"id": "0000"}, "say right, wrong or open", id="nothing said"),
        pytest.param("forget", {"number": "12"}, "'12' is not", id="no number"),
    ],
)
async def test_what_makes_no_sense_is_refused(enter: Any, command: str, arguments: Any, says: str) -> None:
    async with enter() as house:
        await house.ring(STRANGER)
        with pytest.raises(RefusedError, match=says):
            await house.ask(command, **arguments)


async def test_a_number_is_forgotten_with_its_calls_and_what_still_names_it_is_said(enter: Any) -> None:
    async with enter() as house:
        for number in (STRANGER, STRANGER, OTHER):
            await house.ring(number)
        await house.ask("add-rule", list="block", number=STRANGER)
        would = await house.ask("forget", number="303 555 0164", dry_run=True)
        assert (would["readable"], would["calls"], would["rules"]) == ("(303) 555-0164", 2, 1)
        assert len((await house.ask("calls"))["calls"]) == 3
        done = await house.ask("forget", number="303 555 0164", by="Ana")
        assert (done["calls"], done["rules"], done["change"]["what"]) == (2, 1, "number-forgotten")
        assert [call["number"] for call in (await house.ask("calls"))["calls"]] == [OTHER]
        assert STRANGER not in repr((await house.ask("changes"))[0])
