"""The console's looks in a real Chromium: for everybody, at every width, in both themes; and what its script adds."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from callguard.model.experience import Experience
from tests.console import gallery
from tests.real.peers.browser import Theme, Window, window
from tests.real.peers.gallery import Place, served

WIDTHS = (320, 768, 2560)
THEMES: tuple[Theme, ...] = ("light", "dark")
Open = Callable[..., AbstractContextManager[Window]]
_TOUCHED = ".button, .chip, .tabs a, .places > ul > li > *, summary, .field input, select, label.tick"
_SMALL = """([touched, least]) => [...document.querySelectorAll(touched)].filter((one) => one.checkVisibility())
  .map((one) => [one, (one.closest("label.tick") ?? one).getBoundingClientRect()])
  .filter(([, box]) => box.height < least || box.width < least).map(([one]) => one.outerHTML.slice(0, 120))"""
_COVERED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const bar = document.querySelector(".places").getBoundingClientRect();
  const covered = !one.closest(".places, .skip") && box.height > 0 && box.top >= bar.top;
  return covered ? one.outerHTML.slice(0, 120) : null;
}"""


@pytest.fixture
def place() -> Iterator[Place]:
    with served() as opened:
        yield opened


@pytest.fixture
def at(browser: Browser, place: Place) -> Open:
    """Open a window on the gallery."""
    return lambda *theme, **how: window(browser, place.base, *theme, **how)


def a_new_call(place: int = 99, **more: Any) -> str:
    """Return the row of a call that comes in now."""
    row = gallery.row(place, Experience.BLOCKED, 0, "112 complaints to the FTC", **more)
    made = gallery.environment().from_string(
        '{% from "parts/calls.html" import call_row with context %}{{ call_row(row) }}'
    )
    return made.render(**gallery.context("calls"), row=row)


@pytest.mark.parametrize("which", gallery.PAGES)
def test_everybody_can_use_a_page_at_every_width(at: Open, which: str) -> None:
    with at() as seen:
        page = seen.open(f"{which}.html")
        page.evaluate("document.querySelectorAll('main details:not(.menu)').forEach((one) => { one.open = true })")
        assert seen.examine(WIDTHS) == []
        for width in (*WIDTHS, 390, 1280):
            seen.wide(width)
            assert page.evaluate(_SMALL, [_TOUCHED, 43.5]) == [], width
        assert seen.complaints == []


@pytest.mark.parametrize("width", [390, 1280])
def test_open_menus_are_in_sight_and_usable(at: Open, width: int) -> None:
    with at() as seen:
        seen.wide(width)
        page = seen.open("viewer.html")
        page.locator("#more summary").click()
        assert seen.barriers() == []
        box = page.locator(".more-panel").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        page.keyboard.press("Escape")
        expect(page.locator(".more-panel")).to_be_hidden()
        expect(page.locator("#more summary")).to_be_focused()
        assert seen.complaints == []


def test_what_has_the_focus_is_never_under_the_bar(at: Open) -> None:
    with at() as seen:
        seen.wide(390, 700)
        page = seen.open("calls.html")
        focused = []
        for _ in range(60):
            page.keyboard.press("Tab")
            focused.append(page.evaluate("document.activeElement.tagName"))
            assert page.evaluate(_COVERED) is None
        assert focused[0] == "A"  # the way to the content comes first
        assert len(set(focused)) >= 4


def test_a_page_works_without_scripts_and_shows_nothing_that_needs_them(at: Open) -> None:
    with at(scripts=False) as seen:
        page = seen.open("forms.html")
        expect(page.get_by_role("button", name="Show")).to_have_count(0)
        page = seen.open("calls.html")
        expect(page.get_by_role("button", name="Dismiss")).to_have_count(0)
        page.get_by_text("More", exact=True).click()
        page.get_by_role("link", name="Health").click()
        expect(page).to_have_url(f"{seen.base}/health.html")
        seen.open("calls.html").get_by_role("button", name="Allow").first.click()
        expect(page).to_have_url(f"{seen.base}/calls.html")


def test_a_link_brings_the_next_page_without_loading_everything_anew(at: Open) -> None:
    with at() as seen:
        page = seen.open("overview.html")
        page.evaluate("window.here = true; scrollTo(0, 500)")
        page.get_by_role("link", name="Calls", exact=True).click()
        expect(page).to_have_url(f"{seen.base}/calls.html")
        expect(page).to_have_title("Calls · CallGuard")
        expect(page.locator("#to-calls")).to_have_attribute("aria-current", "page")
        expect(page.locator("#to-overview")).not_to_have_attribute("aria-current", "page")
        expect(page.locator(".toast")).to_have_count(2)
        assert page.evaluate("window.here")
        assert page.evaluate("scrollY") < 100
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
        expect(page.locator("#to-overview")).to_have_attribute("aria-current", "page")
        assert seen.complaints == []


def test_an_action_keeps_the_place_and_the_focus_near(at: Open) -> None:
    with at() as seen:
        seen.wide(1280, 500)
        page = seen.open("calls.html")
        page.evaluate("window.here = true")
        button = page.locator(".call").nth(4).get_by_role("button", name="Block")
        button.scroll_into_view_if_needed()
        page.evaluate("scrollBy(0, 40)")
        before = page.evaluate("scrollY")
        with page.expect_response("**/calls.html"):
            button.click()
        expect(page.locator("main")).not_to_have_attribute("aria-busy", "true")
        assert page.evaluate("window.here")
        assert page.evaluate("scrollY") == pytest.approx(before, abs=2)
        assert page.evaluate("document.activeElement !== document.body")
        assert seen.complaints == []


def test_a_new_call_comes_in_at_the_top_and_is_counted_for_those_who_listen(at: Open, place: Place) -> None:
    with at() as seen:
        page = seen.open("calls.html")
        place.tell("call", a_new_call(name="NEW CALLER"))
        expect(page.locator(".call").first).to_contain_text("NEW CALLER")
        expect(page.locator("#told")).to_have_text("1 new call")
        expect(page.locator(".day")).to_have_count(3)
        with page.expect_request(lambda request: request.method == "POST") as sent:
            page.locator(".call").first.get_by_role("button", name="Allow").click()
        assert "back=%2Fcalls.html" in (sent.value.post_data or "")
        assert seen.complaints == []


def test_calls_come_in_also_where_the_network_brought_the_scripts_slowly(at: Open, place: Place) -> None:
    with at() as seen:
        held: list[Route] = []
        seen.page.route("**/hx-sse.min.js", lambda route: held.append(route))  # noqa: PLW0108  (it is looked into)
        page = seen.page
        page.goto(f"{seen.base}/calls.html", wait_until="commit")
        page.wait_for_function("() => window.htmx")
        page.evaluate("new Promise((done) => setTimeout(done, 100))")  # by now htmx would have begun without it
        held[0].continue_()
        place.tell("call", a_new_call(name="NEW CALLER"))
        expect(page.locator(".call").first).to_contain_text("NEW CALLER")


def test_the_same_call_told_again_is_not_there_twice(at: Open, place: Place) -> None:
    with at() as seen:
        page = seen.open("calls.html")
        place.tell("call", a_new_call())
        place.tell("call", a_new_call(state_text="On your allow list"))
        expect(page.locator("#call-01HZX00099")).to_contain_text("On your allow list")
        expect(page.locator("#call-01HZX00099")).to_have_count(1)


def test_who_reads_further_down_is_told_of_new_calls_and_not_moved(at: Open, place: Place) -> None:
    with at() as seen:
        seen.wide(390, 600)
        page = seen.open("viewer.html")
        page.evaluate("scrollTo(0, 600)")
        for number in (97, 98):
            place.tell("call", a_new_call(number))
        pill = page.get_by_role("button", name="2 new calls – show")
        expect(pill).to_be_visible()
        assert page.evaluate("scrollY") == 600
        assert seen.barriers() == []
        pill.click()
        expect(pill).to_be_hidden()
        expect(page.locator(".call")).to_have_count(len(gallery.ROWS) + 2)
        assert page.locator(".call").first.get_attribute("id") == "call-01HZX00098"
        assert page.evaluate("scrollY") == 0


def test_a_lost_house_is_said_and_found_again(at: Open, place: Place) -> None:
    with at() as seen:
        seen.expected = ("htmx:", "ERR_")
        page = seen.open("viewer.html")
        place.tell("call", a_new_call())
        expect(page.locator("#call-01HZX00099")).to_be_visible()
        place.gone.set()
        banner = page.get_by_text("This page lost contact with CallGuard at")
        expect(banner).to_be_visible()
        expect(banner).to_contain_text(re.compile(r"at [0-2]\d:\d\d\. If"))
        assert seen.barriers() == []
        place.gone.clear()
        expect(banner).to_be_hidden()
        assert seen.complaints == []


def test_an_action_that_was_not_answered_says_so(at: Open) -> None:
    with at() as seen:
        seen.expected = ("htmx:", "ERR_")
        page = seen.open("viewer.html")
        page.route("**/sign-out.html", lambda route: route.abort())
        page.locator("#more summary").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.locator(".toast")).to_contain_text("CallGuard did not answer.")
        assert seen.complaints == []


def test_the_latest_calls_of_the_overview_stay_as_many(at: Open, place: Place) -> None:
    with at() as seen:
        page = seen.open("overview.html")
        place.tell("call", a_new_call(name="NEW CALLER"))
        expect(page.locator(".call").first).to_contain_text("NEW CALLER")
        expect(page.locator(".call")).to_have_count(3)


def test_the_head_of_the_page_follows_the_house_and_a_form_keeps_what_was_typed(at: Open, place: Place) -> None:
    with at() as seen:
        page = seen.open("forms.html")
        page.get_by_label("Note").fill("half a sen")
        place.tell("away", "-")
        expect(page.locator("#state")).to_contain_text("CallGuard does not answer")
        expect(page.get_by_label("Note")).to_have_value("half a sen")


def test_the_colours_somebody_chose_stay(at: Open) -> None:
    with at("light") as seen:
        page = seen.open("viewer.html")
        dark = "getComputedStyle(document.body).backgroundColor"
        light_colour = page.evaluate(dark)
        page.locator("#more summary").click()
        page.get_by_label("Colours").select_option("dark")
        assert page.evaluate(dark) != light_colour
        assert seen.open("calls.html").evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_slash_leads_to_the_search_unless_switched_off(at: Open) -> None:
    with at() as seen:
        page = seen.open("calls.html")
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.type("/")
        expect(page.get_by_role("searchbox")).to_have_value("/")
        page.locator("#more summary").click()
        page.get_by_label("jumps to the search").uncheck()
        seen.open("calls.html").keyboard.press("/")
        expect(page.get_by_role("searchbox")).not_to_be_focused()


def test_a_password_can_be_shown(at: Open) -> None:
    with at() as seen:
        page = seen.open("sign_in.html")
        page.get_by_label("Password", exact=True).fill("seven quiet lanterns")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
        expect(page.get_by_role("button", name="Show")).to_have_attribute("aria-pressed", "true")


def test_a_text_is_copied_also_where_the_browser_has_no_clipboard(at: Open) -> None:
    with at() as seen:
        page = seen.open("parts.html")
        page.evaluate("""() => {
          Object.defineProperty(navigator, "clipboard", {value: undefined});
          document.execCommand = (what) => {
            window.copied = [what, String(document.activeElement.value)];
            return true;
          };
        }""")
        page.get_by_role("button", name="Copy").first.click()
        expect(page.get_by_role("button", name="Copied")).to_be_focused()
        assert page.evaluate("window.copied") == ["copy", "7F3K-9QPM"]


def test_a_message_stays_until_it_is_dismissed(at: Open) -> None:
    with at() as seen:
        page = seen.open("calls.html")
        page.get_by_role("button", name="Dismiss").first.click()
        expect(page.locator(".toast")).to_have_count(1)
        expect(page.locator("main")).to_be_focused()


def _colours(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('.plot rect')].map((one) => getComputedStyle(one).fill)"
    )
    return found


def test_charts_have_colours_in_both_themes(browser: Browser, place: Place) -> None:
    seen = []
    for theme in THEMES:
        with window(browser, place.base, theme) as one:
            seen.append(_colours(one.open("overview.html")))
    assert len(set(seen[0])) > 5
    assert not set(seen[0]) & set(seen[1]) - {"rgba(0, 0, 0, 0)"} - {c for c in seen[0] if c.startswith("url")}
