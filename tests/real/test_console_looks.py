"""Every screen of the console in every state, before a real house: nothing breaks, and everybody can use it."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.real.peers import house as houses
from tests.real.peers.browser import Window
from tests.real.peers.house import House
from tests.real.peers.past import CARDS, Past
from tests.real.peers.ports import free_ports
from tests.real.peers.process import Stage

NAMED = {
    "overview": "",
    "calls": "calls",
    "calls filtered": "calls?show=blocked&from=2026-01-01",
    "calls without a match": "calls?q=nobody+calls+so",
    "call": "calls/{cards}?now=yes",
    "call with a hostile name": "calls/{hostile}",
    "call that is not there": "calls/nonsense",
    "review": "review",
    "rules": "rules",
    "rule": "rules/new?list=block&kind=prefix&value=%2B1900",
    "rules import": "rules/import",
    "lists": "lists",
    "list": "lists/lists.community",
    "list new": "lists/new",
    "contacts": "contacts",
    "try": "try?number=%2B17205550112",
    "complaints": "complaints",
    "complaint": "complaints/{cards}",
    "companies": "relationships",
    "lines": "lines",
    "changes": "changes",
    "settings": "settings?all=yes",
    "setting": "settings?q=profile",
    "health": "health",
    "people": "people",
    "privacy": "privacy?number=%2B17205550112",
    "backups": "backups",
    "more": "more",
    "help": "help",
    "no such page": "nowhere",
}
MISSING = ("call that is not there", "no such page")


@pytest.fixture(scope="module")
def house(module_stage: Stage) -> House:
    """A house in which everything has happened, with very much to review."""
    made = houses.build(module_stage, Past(waiting=110, hostile=True))
    made.open()
    made.guard.protecting()
    made.ask("lists-update", name="lists.community")
    for number, name in (CARDS, ("+13035550126", "ALARM CENTRE"), ("+13035550171", "<b>BANK</b>\u202e")):
        made.ring(number, name=name)
    made.ask("complaint-answer", id=made.found(CARDS[0]), agency="ftc", answers={"kind": "sales"}, by="Ben")
    return made


@pytest.fixture(scope="module")
def seen(house: House, browser: Browser) -> Iterator[Window]:
    """The window of the admin; every test begins at the page it opens."""
    with house.window(browser) as opened:
        opened.expected = ("status of 404", "status of 403")
        yield opened


@pytest.mark.parametrize("which", NAMED)
def test_everybody_can_use_every_screen(house: House, seen: Window, which: str) -> None:
    known = {"cards": house.found(CARDS[0]), "hostile": house.found("+13035550171", "VERYLONG")}
    page = seen.open(NAMED[which].format(**known))
    seen.picture(which.replace(" ", "-"))
    unfold(page)
    assert seen.examine() == []
    assert seen.complaints == []
    assert page.locator("h1").count() == 1


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('main details:not(.menu)').forEach((one) => { one.open = true })")


def test_calls_that_were_removed_are_told_at_the_end_of_the_list(seen: Window) -> None:
    page = seen.open("calls?show=rang")
    while older := page.evaluate("document.querySelector('a[rel=next]')?.getAttribute('href')"):
        page.goto(seen.base + older)
    expect(page.get_by_text("were removed; only how many there were of each is still known")).to_be_visible()
    assert seen.examine() == []


def test_more_than_a_hundred_calls_to_review_are_counted_and_shown_in_parts(seen: Window) -> None:
    page = seen.open("review")
    waiting = int(page.locator("#unreviewed").inner_text().split()[0])
    assert waiting > 100
    assert 0 < page.locator(".review").count() < waiting


@pytest.mark.parametrize("which", ["overview", "calls", "call", "review", "rules", "lists", "contacts", "lines"])
def test_who_may_only_look_finds_no_button_that_changes_anything(house: House, browser: Browser, which: str) -> None:
    with house.window(browser, "Cleo") as viewer:
        page = viewer.open(NAMED[which].format(cards=house.found(CARDS[0])))
        assert page.locator("main form[method=post]").count() == 0
        viewer.wide(320)
        assert viewer.too_wide() == []
        assert viewer.complaints == []


def test_a_member_acts_on_calls_and_is_told_who_may_change_settings(house: House, browser: Browser) -> None:
    with house.window(browser, "Ben") as member:
        page = member.open("calls")
        expect(page.locator(".call").first.get_by_role("button")).not_to_have_count(0)
        expect(page.get_by_role("link", name="Settings", exact=True)).to_have_count(0)
        member.expected = ("status of 403",)
        expect(member.open("settings").get_by_role("heading", level=1)).not_to_have_text("Settings")
        assert member.examine() == []
        assert member.complaints == []


def test_expecting_a_call_is_to_be_seen_everywhere_until_it_is_stopped(house: House, seen: Window) -> None:
    page = seen.open("calls?q=rosa")
    house.ask("expect", minutes=30, by="Ben")  # elsewhere: it comes onto this page by itself
    banner = page.locator(".banner", has_text="Expecting a call: everyone rings until")
    expect(banner).to_be_visible()
    assert seen.examine() == []
    seen.picture("expecting")
    banner.get_by_role("button", name="Stop").click()
    expect(banner).to_have_count(0)
    assert seen.complaints == []


@contextmanager
def away(house: House, stage: Stage) -> Iterator[str]:
    """Run a console of this house that finds no daemon; yields its address."""
    port = free_ports()
    place = house.place
    launch = {
        "socket": str(place.data_dir / "nobody.sock"),
        "database": str(place.database),
        "access": str(place.access),
        "web": {"host": "127.0.0.1", "port": port},
    }
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "callguard.console"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin
    assert process.stdout
    with closing(process.stdin), closing(process.stdout):
        process.stdin.write(json.dumps(launch).encode() + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def test_while_the_daemon_is_away_the_log_is_shown_and_the_rest_says_why_not(
    house: House, browser: Browser, module_stage: Stage
) -> None:
    with away(house, module_stage) as base, house.window(browser, base=base) as seen:
        seen.expected = ("status of 503", "status of 502")
        for which in ("", f"calls/{house.found(CARDS[0])}", "rules", "health"):
            page = seen.open(which)
            expect(
                page.locator(".banner.bad:not([data-offline])", has_text="All calls ring normally")
            ).to_be_visible()
            assert seen.examine() == [], which
        expect(seen.open("calls").locator(".call")).not_to_have_count(0)
        seen.picture("away")
        assert seen.complaints == []


@pytest.fixture(scope="module")
def empty(module_stage: Stage) -> House:
    """A house that was set up and has not been called yet."""
    made = houses.build(module_stage, empty=True)
    made.open()
    made.guard.protecting()
    return made


@pytest.mark.parametrize(
    ("which", "said"),
    {
        "": "No calls yet",
        "calls": "CallGuard is listening on Landline since",
        "review": "Nothing to review",
        "rules": "The alarm company",
        "contacts": "No contacts yet",
        "complaints": "Nothing to complain about",
        "changes": "Nothing has been changed yet",
    }.items(),
)
def test_an_empty_house_says_what_there_will_be(empty: House, browser: Browser, which: str, said: str) -> None:
    with empty.window(browser) as seen:
        expect(seen.open(which).get_by_text(said).first).to_be_visible()
        assert seen.examine() == []
        assert seen.complaints == []
        seen.picture(f"empty-{which or 'overview'}")


def test_a_deaf_line_and_contacts_only_are_said_on_every_page(
    empty: House, browser: Browser, configured: Callable[..., None]
) -> None:
    configured(empty)
    with empty.window(browser) as seen:
        page = seen.open("")
        expect(page.locator(".banner.bad:not([data-offline])")).to_be_visible(timeout=15_000)
        expect(page.locator(".banner.warn")).to_be_visible()
        assert seen.examine() == []
        seen.picture("deaf")
        expect(seen.open("lines").get_by_text("Not protecting", exact=True)).to_be_visible()
        assert seen.examine() == []
        assert seen.complaints == []


@pytest.fixture
def configured() -> Callable[..., None]:
    """Let only contacts ring, and name a second line that nobody answers for."""

    def change(house: House) -> None:
        second = {"line": "Attic", "registrar": f"127.0.0.1:{free_ports()}", "user": "attic", "password": "none"}
        accounts = [*house.config["sip"]["accounts"], second]
        house.guard.configure({**house.config, "sip": {"accounts": accounts}, "policy": {"profile": "contacts-only"}})
        house.guard.reload()

    return change
