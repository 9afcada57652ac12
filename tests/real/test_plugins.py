"""A bad plugin costs its own answer and nothing else, and everybody can see which one it was."""

import time
from dataclasses import dataclass

import pytest

from tests.real.peers import guard as guards
from tests.real.peers.guard import BLOCKED, WANTED, Guard, Json, account, household
from tests.real.peers.process import Stage, wait_until
from tests.real.peers.wire import Packet, Peer, Request, offer

_FIRST_LINES = "import asyncio, time\nfrom callguard import hookimpl\n"


def _plugin(body: str, define: str = "def") -> str:
    return f"{_FIRST_LINES}\nclass Bad:\n    @hookimpl\n    {define} check_call(self, call):\n        {body}\n"


@dataclass(frozen=True, slots=True)
class Bad:
    """A plugin that misbehaves."""

    name: str
    source: str
    kind: str
    "What the record says about its failure."


_BAD = (
    Bad("raises", _plugin("raise KeyError('oops')"), "raised"),
    Bad("exits", _plugin("raise SystemExit(3)"), "raised"),
    Bad("waits", _plugin("await asyncio.sleep(3600)", "async def"), "timed-out"),
    Bad("sleeps", _plugin("time.sleep(20)"), "timed-out"),
    Bad("babbles", _plugin("return 'block it!'"), "nonsense"),
)
_SCREENED_WITHIN = 2.0
_MANY = 30


class House:
    """A line with a guard, and the registrar that rings it."""

    def __init__(self, stage: Stage, registrar: Peer, *bad: Bad) -> None:
        self.registrar = registrar
        self.guard: Guard = guards.prepare(stage, household(account(registrar.address)))
        for plugin in bad:
            self.guard.plug_in(plugin.name, plugin.source)
        self.guard.start()
        self.guard.protecting()
        self.uri, self.address = self.guard.contact()

    def ring(self, number: str) -> Packet:
        """Call the line and return the final response."""
        body = offer("127.0.0.1", 4000)
        invite = Request(method="INVITE", uri=self.uri, source=self.registrar.address, number=number, body=body)
        self.registrar.send(invite, self.address)
        final = self.registrar.final(invite, 10)
        self.registrar.send(invite.like("ACK", to=final.get("To")), self.address)
        return final


@pytest.mark.parametrize("bad", _BAD, ids=lambda bad: bad.name)
def test_a_plugin_that_misbehaves_is_named_and_calls_go_on(stage: Stage, registrar: Peer, bad: Bad) -> None:
    house = House(stage, registrar, bad)
    begun = time.monotonic()
    assert house.ring(WANTED).status == 480
    assert house.ring(BLOCKED).status == 607
    assert time.monotonic() - begun < 2 * _SCREENED_WITHIN
    calls = house.guard.wait_for_calls(2)
    assert [call["action"] for call in calls] == ["ring", "block"]
    record = house.guard.ask("explain", calls[0]["id"])
    assert {failure["source"]: failure["kind"] for failure in _failures(record)} == {bad.name: bad.kind}
    _shown(house.guard, bad.name)


def test_all_bad_plugins_together_do_not_stop_the_house(stage: Stage, registrar: Peer) -> None:
    broken = Bad("broken", "import this_module_does_not_exist\n", "")
    empty = Bad("hookless", "x = 1\n", "")
    house = House(stage, registrar, *_BAD, broken, empty)
    for _ in range(5):
        assert house.ring(BLOCKED).status == 607
    for name in ("broken", "hookless"):
        _shown(house.guard, name)


def _failures(explained: Json) -> list[Json]:
    found: list[Json] = explained["record"]["failures"]
    return found


def _shown(guard: Guard, name: str) -> None:
    """Prove that `plugins` and `doctor` name the culprit."""
    entry = next(plugin for plugin in guard.ask("plugins") if plugin["name"] == name)
    assert entry["state"] != "ok", entry
    assert entry["error"], entry
    findings = guard.ask("doctor")["findings"]
    assert name in {finding["part"] for finding in findings if finding["grade"] != "ok"}, findings


def test_every_configuration_mistake_is_listed_at_once_with_its_line(stage: Stage, registrar: Peer) -> None:
    guard = guards.prepare(stage, _MISTAKES)
    for words in (("config", "check"), ("run", "--log-json")):
        done = guard.cli(*words)
        said = done.stdout + done.stderr
        assert done.returncode == 78, said
        for line, word in _WRONG:
            assert f"config.yaml:{line}" in said, (line, said)
            assert word in said, (word, said)
        assert "Traceback" not in said


_MISTAKES = """\
country: Atlantis
polcy: {profile: normal}
policy:
  profile: harsh
sip:
  accounts:
    - line: Home
      registrar: 127.0.0.1
      user: guard
      password: secret
      transprt: udp
      expires: soon
rules:
  allow: ["Dr. Lee"]
  block: []
  block: ["+13035550188"]
"""
_WRONG = (
    (1, "Atlantis"), (2, "policy"), (4, "normal"), (11, "transport"), (12, "expires"), (14, "Dr. Lee"), (16, "block"),
)  # fmt: skip
"Line and a word that the message about it must have: the mistake, or what was meant."


def test_a_plugin_with_wrong_settings_stops_the_start_with_their_lines(stage: Stage, registrar: Peer) -> None:
    config = household(account(registrar.address), choosy={"strictness": "very", "colour": "red"})
    guard = guards.prepare(stage, config)
    guard.plug_in("choosy", _CHOOSY)
    done = guard.cli("run", "--log-json")
    said = done.stdout + done.stderr
    assert done.returncode == 78
    lines = guard.config.read_text().splitlines()
    for key in ("strictness", "colour"):
        number = next(n for n, line in enumerate(lines, 1) if key in line)
        assert f"config.yaml:{number}" in said, said
        assert key in said


_CHOOSY = """
from typing import Annotated
from pydantic import BaseModel, ConfigDict, Field
from callguard import hookimpl

class Choosy:
    class Config(BaseModel):
        model_config = ConfigDict(extra="forbid")
        strictness: Annotated[int, Field(description="how strict")] = 1

    def __init__(self, config, home):
        self.config = config

    @hookimpl
    def check_call(self, call):
        return None
"""


def test_a_plugin_that_failed_again_and_again_rests(stage: Stage, registrar: Peer) -> None:
    house = House(stage, registrar, _BAD[0])
    for _ in range(_MANY):
        house.ring(WANTED)
    last = house.guard.wait_for_calls(_MANY)[-1]
    record = house.guard.ask("explain", last["id"])
    assert [failure["kind"] for failure in _failures(record)] == ["resting"]
    wait_until(lambda: "rest" in house.guard.cli("plugins").stdout, 2, "`plugins` says that it rests")


def test_a_plugin_that_holds_up_the_whole_house_is_named_and_rested(stage: Stage, registrar: Peer) -> None:
    blocker = Bad("blocker", _plugin("time.sleep(1.5)", "async def"), "")
    house = House(stage, registrar, blocker)
    assert house.ring(WANTED).status == 480
    wait_until(lambda: "because of blocker" in house.guard.said(), 5, "the log names it")
    begun = time.monotonic()
    assert house.ring(BLOCKED).status == 607
    assert time.monotonic() - begun < 1
    _shown(house.guard, "blocker")
