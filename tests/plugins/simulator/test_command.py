import json
from typing import Any

import click
import pytest
from click.testing import CliRunner

from callguard_simulator.command import ring

EXPERIENCE = {"code": 603, "experience": "was turned away (603 Decline)", "id": "0123456789abcdef"}
EXPLAINED = {
    "headline": "BLOCKED",
    "who": "(212) 555-0199",
    "reason": "it is on your block list",
    "lines": ["a", "b"],
    "record": {},
    "reproduced": True,
}


class House:
    """Answers like the daemon and remembers what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._answers = answers

    def ask(self, ctx: click.Context, command: str, arguments: dict[str, Any]) -> Any:
        assert ctx.command is ring
        self.asked.append((command, arguments))
        return self._answers[command]


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    house = House(ring=EXPERIENCE, explain=EXPLAINED)
    monkeypatch.setattr("callguard.cli.client.ask", house.ask)
    return house


def test_ring_prints_what_the_caller_experienced_and_why(house: House) -> None:
    result = CliRunner().invoke(ring, ["+12125550199", "--name", "SAVE NOW"])
    assert result.output.splitlines() == [
        "The caller was turned away (603 Decline).",
        "BLOCKED  (212) 555-0199: it is on your block list.",
    ]
    assert house.asked[0][1]["number"] == "+12125550199"
    assert house.asked[0][1]["name"] == "SAVE NOW"
    assert house.asked[1] == ("explain", {"id": EXPERIENCE["id"]})


def test_json_holds_both(house: House) -> None:
    result = CliRunner().invoke(ring, ["--withheld", "--asserted", "+12125550199", "--hold", "2", "--json"])
    told = json.loads(result.output)
    assert told["code"] == 603
    assert told["call"] == {key: EXPLAINED[key] for key in ("headline", "who", "reason")}
    assert house.asked[0][1] == {
        "number": "",
        "name": "",
        "withheld": True,
        "asserted": "+12125550199",
        "hold": 2.0,
    }


def test_a_call_without_a_record_is_told_without_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(ring=EXPERIENCE | {"id": ""})
    monkeypatch.setattr("callguard.cli.client.ask", house.ask)
    assert CliRunner().invoke(ring, ["1"]).output == "The caller was turned away (603 Decline).\n"
    assert json.loads(CliRunner().invoke(ring, ["1", "--json"]).output)["call"] is None


@pytest.mark.parametrize("arguments", [[], ["1", "--hold", "601"], ["1", "--hold", "-1"]])
def test_wrong_usage_is_refused(house: House, arguments: list[str]) -> None:
    assert CliRunner().invoke(ring, arguments).exit_code == 2
    assert house.asked == []
