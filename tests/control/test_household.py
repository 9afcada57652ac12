"""What the house says of itself: lines, wishes easily forgotten, and what leaves it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from callguard import LineState, LineStatus
from callguard.finding import find_plugins
from callguard.lines import WatchedLine
from callguard.place import Place
from callguard.testing import NOON, FakeClock, FakeLine

STRANGER = "+13035550164"
PLUGINS = Path(__file__).parents[2] / "plugins"


async def test_the_house_says_what_every_page_needs_to_know(enter: Any, place: Place) -> None:
    async with enter() as house:
        facts = await house.ask("house")
        assert (facts["country"], facts["timezone"], facts["lines"], facts["demo"]) == ("US", "UTC", ["Home"], False)
        assert facts["data_dir"] == str(place.data_dir)
        assert facts["retention"] == {"calls_days": 365, "after": "pseudonymise"}
        assert facts["modes"] == {"profile": "normal", "log_only": False, "unknown_callers": "ring"}
        assert {"pretend", "rules"} <= set(facts["plugins"])
        assert facts["web"]["port"] == 8350
        assert facts["expecting"] == []


async def test_whoever_is_expected_is_told_until_it_is_over(enter: Any) -> None:
    async with enter() as house:
        await house.ask("expect", seconds=3600)
        await house.ask("set-setting", key="retention.calls", value="forever")
        facts = await house.ask("house")
        (rule,) = facts["expecting"]
        assert rule["until"]
        assert facts["retention"]["calls_days"] is None
        await house.ask("remove-rule", id=rule["id"])
        assert (await house.ask("house"))["expecting"] == []


async def test_a_line_is_told_with_its_calls_its_settings_and_its_last_day(enter: Any) -> None:
    async with enter() as house:
        await house.ring(STRANGER)
        await house.ask("set-setting", key="lines.Home.policy.log_only", value="yes")
        await house.ask("add-rule", list="block", number=STRANGER)
        await house.ring(STRANGER)
        house.daemon.house.health.watch()
        (line,) = await house.ask("lines")
        assert (line["name"], line["plugin"], line["status"]) == ("Home", "pretend", "protecting")
        assert line["settings"] == {"policy": {"log_only": True}}
        assert line["today"] == {"rang": 2}
        assert line["last_call"]["number"] == STRANGER
        assert line["history"][-1]["status"] == "protecting"


def test_a_line_remembers_when_it_lost_and_regained_its_hearing() -> None:
    clock = FakeClock()
    line = WatchedLine("sip", FakeLine(), clock)
    begun = clock.now()

    def becomes(status: LineStatus, detail: str) -> None:
        line.note(LineState(status=status, since=NOON, detail=detail))
        clock.advance(3600)

    becomes(LineStatus.PROTECTING, "registered until 13:00")
    becomes(LineStatus.PROTECTING, "registered until 14:00")
    becomes(LineStatus.DEAF, "no answer")
    becomes(LineStatus.PROTECTING, "registered again")
    assert [(at - begun, status) for at, status, _ in line.history_since(begun)] == [
        (timedelta(), LineStatus.PROTECTING),
        (timedelta(hours=2), LineStatus.DEAF),
        (timedelta(hours=3), LineStatus.PROTECTING),
    ]
    since = begun + timedelta(hours=2, minutes=30)
    assert [status for _, status, _ in line.history_since(since)] == [LineStatus.DEAF, LineStatus.PROTECTING]


CHATTY = """
from callguard import Disclosure, hookimpl


class Chatty:
    discloses = {discloses}

    @hookimpl
    def call_finished(self, record):
        pass
"""
TELLS = "[Disclosure(to='a\\x1b[2Jb', what='the number', when='always', online_lookup=True)]"


@pytest.mark.parametrize(
    ("discloses", "told"),
    [
        pytest.param(
            TELLS,
            [{"to": "a[2Jb", "what": "the number", "when": "always", "active": False}],
            id="while online is off",
        ),
        pytest.param("[]", [], id="nothing"),
        pytest.param(
            "'everything'",
            [
                {
                    "to": "",
                    "what": "it does not say whether it tells anybody anything: discloses must hold Disclosure",
                    "when": "",
                    "active": True,
                }
            ],
            id="nonsense",
        ),
        pytest.param(
            "property(lambda self: 1 / 0)",
            [
                {
                    "to": "",
                    "what": "it does not say whether it tells anybody anything: division by zero",
                    "when": "",
                    "active": True,
                }
            ],
            id="an exception",
        ),
    ],
)
async def test_a_plugin_says_what_it_tells_others(
    enter: Any, place: Place, discloses: str, told: list[dict[str, Any]]
) -> None:
    assert place.plugins_folder
    (place.plugins_folder / "chatty.py").write_text(CHATTY.format(discloses=discloses))
    async with enter() as house:
        found = [one for one in await house.ask("disclosures") if one["plugin"] == "chatty"]
        assert [{key: one[key] for key in ("to", "what", "when", "active")} for one in found] == told


async def test_what_is_told_while_somebody_tries_a_number_does_not_depend_on_calls_having_it_told(
    enter: Any, place: Place
) -> None:
    assert place.plugins_folder
    said = '[Disclosure(to="x", what="y", when="z", online_lookup=True), Disclosure(to="v", what="w", when="u")]'
    (place.plugins_folder / "chatty.py").write_text(CHATTY.format(discloses=said))
    async with enter() as house:
        found = [one for one in await house.ask("disclosures") if one["plugin"] == "chatty"]
        assert [(one["to"], one["active"], one["when_tried"]) for one in found] == [
            ("x", False, True),
            ("v", True, False),
        ]


async def test_of_a_foreign_plugin_that_says_nothing_nobody_knows(enter: Any) -> None:
    async with enter() as house:
        found = {one["plugin"]: one["what"] for one in await house.ask("disclosures")}
        assert found["pretend"] == "it does not say whether it tells anybody anything"
        assert "rules" not in found


async def test_what_leaves_the_house_depends_on_the_settings(enter: Any) -> None:
    async with enter() as house:

        async def active() -> set[str]:
            return {one["plugin"] for one in await house.ask("disclosures") if one["active"]} - {"pretend"}

        assert await active() == set()
        await house.ask("set-setting", key="ftc.mode", value="log-only")
        assert await active() == {"ftc"}


def test_every_shipped_plugin_that_uses_the_network_says_what_it_tells() -> None:
    known = {found.name: found.cls for found in find_plugins(None) if found.shipped}
    uses = ("web.fetch(", "create_datagram_endpoint", "open_connection")
    for name, cls in known.items():
        sources = "".join(path.read_text() for path in (PLUGINS / f"callguard_{name}").rglob("*.py"))
        if any(way in sources for way in uses) and name != "simulator":  # which listens on loopback only
            assert hasattr(cls, "discloses"), name
