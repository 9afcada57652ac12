"""What a household does in the console from one day to the next: by keyboard, without scripts, below a path."""

import re
from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.real.peers import house as houses
from tests.real.peers.browser import Window, window
from tests.real.peers.house import House
from tests.real.peers.keyboard import Keyboard
from tests.real.peers.past import CARDS, PASSWORD, Past
from tests.real.peers.process import Stage
from tests.real.peers.subpath import below

_PATH = "/phone/guard"
_EVENTS = re.compile("/events")


@pytest.fixture(scope="module")
def house(module_stage: Stage) -> House:
    """A house with a past."""
    made = houses.build(module_stage, Past())
    made.open()
    made.guard.protecting()
    return made


@pytest.fixture(params=["by keyboard", "without scripts", "below a path"])
def seen(request: pytest.FixtureRequest, browser: Browser, house: House) -> Iterator[Window]:
    """A window in which nobody has signed in."""
    way = below(_PATH, house.base) if request.param == "below a path" else nullcontext(house.base)
    with way as base, window(browser, base, scripts=request.param != "without scripts") as opened:
        yield opened
        assert opened.complaints == []


def test_a_day_with_the_console(house: House, seen: Window) -> None:
    page = seen.open("sign-in")
    keys = Keyboard(page)
    _sign_in(seen, keys)
    _ask_why_allow_and_take_it_back(house, seen, keys)
    _write_a_rule(house, seen, keys)
    _expect_a_call(house, seen, keys)
    _change_a_setting(house, seen, keys)
    keys.press("More", ".places")
    keys.press("Sign out")
    _arrived(page, "Sign in")
    seen.expected = ()
    seen.open("calls")
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))


def _arrived(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def _sign_in(seen: Window, keys: Keyboard) -> None:
    page = seen.page
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Ana")
    keys.fill("Password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{seen.base}/")


def _ask_why_allow_and_take_it_back(house: House, seen: Window, keys: Keyboard) -> None:
    page = seen.page
    keys.press("Calls", ".places")
    _arrived(page, "Calls")
    keys.fill("Search", "card services")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=card"))
    keys.press("CARD SERVICES", ".call")
    expect(page.get_by_text("Decided here")).to_be_visible()
    keys.press("Allow")
    toast = page.locator(".toast")
    expect(toast).to_contain_text("Allowed: (720) 555-0112")
    assert _allowed(house)
    keys.press("Undo", ".toast")
    expect(toast).to_contain_text("Taken back")
    assert not _allowed(house)


def _allowed(house: House) -> bool:
    return CARDS[0] in {rule["value"] for rule in house.ask("rules", list="allow")}


def _write_a_rule(house: House, seen: Window, keys: Keyboard) -> None:
    page = seen.page
    keys.press("Rules", ".places")
    _arrived(page, "Rules")
    keys.press("Add a rule", "main")
    _arrived(page, "Add a rule")
    keys.fill("Number", "970 555 0121")
    keys.choose("Block", "Block")
    keys.press("See what it would have changed")
    expect(page.locator(".replay")).to_contain_text("would have ended differently")
    keys.press("Save", ".replay")
    expect(page.locator(".toast")).to_contain_text("Undo")
    assert "+19705550121" in {rule["value"] for rule in house.ask("rules", list="block")}
    keys.press("Undo", ".toast")
    expect(page.locator(".toast")).to_contain_text("Taken back")
    assert "+19705550121" not in {rule["value"] for rule in house.ask("rules", list="block")}


def _expect_a_call(house: House, seen: Window, keys: Keyboard) -> None:
    keys.press("Overview", ".places")
    _arrived(seen.page, "Overview")
    keys.press("Expecting a call", "main")
    keys.press("For 30 minutes")
    banner = seen.page.locator(".banner", has_text="everyone rings until")
    expect(banner).to_be_visible()
    assert house.ask("rules", list="expected")
    keys.press("Stop", ".banner")
    expect(banner).to_have_count(0)
    assert not house.ask("rules", list="expected")


def _change_a_setting(house: House, seen: Window, keys: Keyboard) -> None:
    page = seen.page
    keys.press("More", ".places")
    keys.press("Settings", ".more-panel")
    _arrived(page, "Settings")
    keys.fill("Search the settings", "policy.withheld")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("withheld"))
    keys.press("Callers who hide", "summary")
    keys.choose("Block", "As “How strict” implies")
    keys.press("Save")
    question = page.get_by_role("button", name="Yes, do it")
    expect(question.or_(page.locator(".toast")).first).to_be_visible()
    if question.count():
        keys.press("Yes, do it")
    expect(page.locator(".toast")).to_contain_text("Undo")
    assert _withheld(house) == "block"
    keys.press("Undo", ".toast")
    expect(page.locator(".toast")).to_contain_text("Taken back")
    assert _withheld(house) != "block"


def _withheld(house: House) -> object:
    return {one["key"]: one["value"] for one in house.ask("settings")}["policy.withheld_callers"]


def test_a_new_call_comes_in_below_a_path_too(house: House, browser: Browser) -> None:
    with below(_PATH, house.base) as base, house.window(browser, base=base) as seen:
        with seen.page.expect_response(_EVENTS):
            page = seen.open("calls")
        house.ring("+13035550177", name="BELOW A PATH")
        expect(page.locator(".call").first).to_contain_text("BELOW A PATH")
        page.locator(".call").first.get_by_role("link").click()
        expect(page).to_have_url(re.compile(f"{base}/calls/"))
        assert seen.complaints == []
