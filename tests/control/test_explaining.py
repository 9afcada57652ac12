"""A verdict explains itself from its record alone, whatever became of what it was made from."""

from pathlib import Path
from typing import Any

from callguard.place import Place

STRANGER = "+13035550164"


async def test_every_verdict_is_reproduced_after_lists_rules_policy_and_plugins_have_changed(
    enter: Any, place: Place, gossip: Path
) -> None:
    assert place.config
    assert place.plugins_folder
    verdicts: dict[str, tuple[str, str]] = {}
    async with enter() as house:
        await house.ask("lists-mode", name="gossip", mode="log-only")
        await house.ring(STRANGER)
        await house.ask("lists-mode", name="gossip", mode="active")
        await house.ring(STRANGER)
        await house.ask("add-rule", list="allow", value=STRANGER)
        await house.ring(STRANGER)
        await house.ask("expect", seconds=600)
        await house.ring("+12125550199")
        for call in (await house.ask("calls"))["calls"]:
            verdicts[call["id"]] = (call["action"], call["reason"])
    assert {action for action, _ in verdicts.values()} == {"ring", "block"}
    (place.plugins_folder / "gossip.py").unlink()
    place.config.write_text(place.config.read_text() + "policy: {profile: contacts-only}\n")
    async with enter() as house:
        for change in await house.ask("changes"):
            if change["what"] == "rule-added":
                await house.ask("undo", change=change["id"])
        for call_id, (action, reason) in verdicts.items():
            explained = await house.ask("explain", id=call_id)
            assert explained["reproduced"]
            assert (explained["action"], explained["reason"]) == (action, reason)
