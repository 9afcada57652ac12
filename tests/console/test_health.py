"""Health: what is wrong and what to do, and a bundle for those who help that tells nothing of anybody."""

import json

import pytest

from callguard.console.pages.health import redacted
from tests.console.conftest import Browser, Console

HOSTILE = "<script>alert(1)</script>\u202e"


async def test_a_healthy_house_says_so(console: Console, viewer: Browser) -> None:
    await console.ask("set-setting", key="dnc.lines.Home.registered_on", value="2019-04-02")
    await console.ask("set-setting", key="dnc.lines.Home.verified_on", value="2026-01-02")
    page = (await viewer.get("/health")).text
    assert "Nothing is wrong." in page
    for part in ("Protecting", "rules", "No list is on.", "Take out rules whose time is over", "Running since"):
        assert part in page


async def test_a_problem_says_what_it_is_what_to_do_and_where(
    console: Console, admin: Browser, viewer: Browser
) -> None:
    await console.ask("set-setting", key="policy.log_only", value=True)
    page = (await admin.get("/health")).text
    assert "Every call rings: it is only logged" in page
    assert "log-only" in page
    assert 'class="button " href="/settings"' in page
    assert 'href="/settings"' not in (await viewer.get("/health")).text, "where a viewer cannot go"


async def test_times_to_decide_are_told_once_there_are_calls(console: Console, viewer: Browser) -> None:
    assert "Time to decide a call" not in (await viewer.get("/health")).text
    await console.ring("+13035550147")
    assert "the newest 1 call" in (await viewer.get("/health")).text


async def test_an_administrator_has_everything_looked_over(admin: Browser, viewer: Browser) -> None:
    assert "Looked over just now" in (await admin.get("/health?look=yes")).text
    assert "Looked over just now" not in (await viewer.get("/health?look=yes")).text


async def test_the_bundle_tells_how_the_house_is_and_of_nobody(
    console: Console, admin: Browser, viewer: Browser
) -> None:
    await console.ask("add-rule", list="block", number="+13035550188")
    await console.ask("expect", number="+442079460018", note="Doctor Miller", by="Benedikt")
    await console.ring("+13035550188", name="Aunt Rosa")
    await console.ask("set-setting", key="lines.Home.number", value="+13035550101")
    await console.ask("set-setting", key="phoneblock.token", value="a-very-secret-key")
    answered = await admin.get("/health/bundle")
    assert answered.headers["Content-Disposition"].startswith("attachment")
    told = json.loads(answered.text)
    assert {"status", "plugins", "lists", "lines", "doctor", "settings", "computer"} <= told.keys()
    for private in ("5550188", "5550101", "Aunt Rosa", "a-very-secret-key", "7946", "0018", "Miller", "Benedikt"):
        assert private not in answered.text
    assert (await viewer.get("/health/bundle")).status == 403


@pytest.mark.parametrize(
    "text",
    [
        "+13035550188",
        "call (303) 555-0188 back",
        "303-555-0188",
        "303 555 0188",
        "3035550188",
        "sip:+4930123456@x.example",
        "+44 20 7946 0188",
        "+49 (30) 123456",
        "+1 303-555-0188",
    ],
)
def test_a_number_is_left_out_however_it_is_written(text: str) -> None:
    told = json.dumps(redacted({"detail": [text]}))
    assert "0188" not in told
    assert "123456" not in told


@pytest.mark.parametrize(
    "text", ["2026-11-23T06:17:39+00:00", "192.168.178.1", "1.1 ms", "callguard-home 0.1.0", "8350"]
)
def test_what_tells_nothing_of_anybody_stays(text: str) -> None:
    assert redacted(text) == text


async def test_a_hostile_text_comes_out_harmless(console: Console, viewer: Browser) -> None:
    await console.ask("set-setting", key="lines", value={HOSTILE: {"policy": {"log_only": "yes"}}})
    page = (await viewer.get("/health")).text
    assert "<script>alert" not in page
    assert "\u202e" not in page
