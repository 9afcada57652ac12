"""What docs/sip.md promises is what the log says."""

import re
from configparser import RawConfigParser
from pathlib import Path

import pytest

from callguard_sip.core.gate import Reason, agent_of
from callguard_sip.upstream import PRESETS

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "sip.md").read_text("utf-8")
README = (ROOT / "plugins" / "callguard_sip" / "README.md").read_text("utf-8")
HOST = r"(?P<host>[0-9a-fA-F:.]+)"
"What fail2ban puts in for <HOST>, near enough."


def failregex() -> re.Pattern[str]:
    (block,) = (text for text in re.findall(r"```ini\n(.*?)```", GUIDE, re.DOTALL) if "[Definition]" in text)
    parser = RawConfigParser()
    parser.read_string(block)
    return re.compile(parser["Definition"]["failregex"].replace("<HOST>", HOST))


def line(source: str, reason: str, agent: str) -> str:
    return f"2026-11-22 12:00:00 WARNING sip: sip.drop src={source} reason={reason} ua={agent}"


@pytest.mark.parametrize("source", ["203.0.113.66", "2001:db8::66"])
@pytest.mark.parametrize("reason", [Reason.STRANGER, Reason.NOT_OURS])
def test_the_fail2ban_filter_catches_scanners(source: str, reason: Reason) -> None:
    found = failregex().search(line(source, reason, "friendly-scanner"))
    assert found is not None
    assert found["host"] == source


@pytest.mark.parametrize("reason", [Reason.MALFORMED, Reason.TOO_FAST, Reason.UNASKED])
def test_the_fail2ban_filter_leaves_the_registrar_alone(reason: Reason) -> None:
    assert failregex().search(line("192.168.178.1", reason, "-")) is None


def test_nobody_can_have_another_host_banned() -> None:
    agent = agent_of(b"X\r\nUser-Agent: x\tsip.drop src=192.0.2.1 reason=stranger ua=-\r\n")
    found = failregex().search(line("203.0.113.66", "stranger", agent))
    assert found is not None
    assert found["host"] == "203.0.113.66"
    assert failregex().search(line("203.0.113.66", "malformed", agent)) is None


def test_every_reason_is_documented() -> None:
    assert {reason for reason in Reason if f"`{reason}`" not in README} == set()


def test_every_preset_is_documented_as_it_is() -> None:
    for preset, treatment in PRESETS.items():
        (row,) = re.findall(rf"^\| `{preset}` \|(.*)$", README, re.MULTILINE)
        blocked, allowed = row.split("|")[:2]
        assert ("answered" in blocked) is (treatment.block == "answer")
        assert treatment.block == "answer" or str(treatment.code) in blocked
        assert str(treatment.allow) in allowed
        assert not treatment.hold or f"{treatment.hold:g} s" in allowed
