"""Calls that were never made, put into a house's log as the daemon would have recorded them."""

import asyncio
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from typing import Any

from callguard.model.call import Presentation
from callguard.model.evidence import Evidence, Fact, Failure, FailureKind, Leaning, Rung
from callguard.model.ident import new_id
from callguard.model.record import CallRecord
from callguard.place import Place
from callguard.testing import a_call, a_caller, a_record
from tests.console.conftest import Answered, Browser, Console

STRANGER, OTHER, DOCTOR = "+13035550164", "+13035550165", "+13035550147"
HOSTILE = '"><script>alert(1)</script>\u202e\x1b[2J' + "A" * 10_000


def reported(number: str = STRANGER, reports: int = 112) -> tuple[Evidence, ...]:
    """What two checks say of a number that shall be blocked on soft evidence."""
    facts: dict[str, Fact] = {
        "list": "ftc",
        "title": "Calls reported to the FTC",
        "number": number,
        "reports": reports,
    }
    facts |= {"last_seen": "2026-11-20", "category": "robocall"}
    return (
        Evidence(
            code="reported", leaning=Leaning.UNWANTED, weight=60, source="ftc", facts=facts, version="2026-11-21"
        ),
        Evidence(code="burst", leaning=Leaning.UNWANTED, weight=45, source="numbercheck", facts={"numbers": 7}),
    )


def in_contacts(name: str = "Aunt Rosa") -> tuple[Evidence, ...]:
    """What the address book says of somebody the household knows."""
    facts: dict[str, Fact] = {"number": DOCTOR, "who": name, "book": "family"}
    return (Evidence(code="contact", leaning=Leaning.WANTED, rung=Rung.CONTACTS, source="contacts", facts=facts),)


def on_block_list(rule: int = 7) -> tuple[Evidence, ...]:
    """What a rule of the household says."""
    facts: dict[str, Fact] = {"rule_id": rule, "number": STRANGER, "list": "your block list"}
    item = Evidence(
        code="blocked-number", leaning=Leaning.UNWANTED, rung=Rung.BLOCK_LIST, source="rules", facts=facts
    )
    return (item,)


SILENT = (Failure(source="ftc", kind=FailureKind.TIMED_OUT, error="no answer in 400 ms"),)
"""A check that did not answer, so that the call rang unchecked."""


class Made:
    """Makes calls that came before now, each with an id of its own."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._count = 0

    def call(
        self,
        number: str | None = STRANGER,
        *,
        ago: timedelta = timedelta(hours=1),
        name: str = "",
        line: str = "Home",
        shown: Presentation | None = None,
        evidence: Sequence[Evidence] = (),
        failures: Sequence[Failure] = (),
    ) -> CallRecord:
        """Return the record of a call that came so long ago."""
        self._count += 1
        at = self._now - ago
        caller = a_caller(number, name=name)
        if shown:
            caller = replace(caller, presentation=shown)
        call = a_call(number, id=new_id(at, self._count), received_at=at, line=line, caller=caller)
        return a_record(call, evidence=tuple(evidence), failures=tuple(failures), timings={"ftc": 0.8})


async def record(console: Console, *records: CallRecord) -> None:
    """Put calls into the log of the house, in that order, and come back when the disk has them."""
    for receipt in [console.daemon.house.store.append(one) for one in records]:
        await receipt


def spoil(place: Place, one: CallRecord) -> None:
    """Write what no version understands into a record that is on disk."""
    with closing(sqlite3.connect(place.database)) as connection, connection:
        connection.execute("UPDATE calls SET body = '{' WHERE id = ?", (one.call.id,))


async def goes_away(console: Console) -> None:
    """Stop the daemon, as far as the console can tell."""
    with console.kernel.feed.subscribed() as told:
        if not console.kernel.feed.connected:
            await _until(told, "back")
        console.daemon.stop()
        await _until(told, "away")
    console.kernel.knowledge.forget()


async def _until(told: "asyncio.Queue[dict[str, Any]]", wanted: str) -> None:
    while (await told.get())["event"] != wanted:
        continue


def piece(page: str, opening: str) -> str:
    """Return the list item of a page that begins with *opening*."""
    assert opening in page, page
    return page.partition(opening)[2].partition("</li>")[0]


def buttons(part: str) -> list[str]:
    """Return what the buttons of a piece of a page say, without what is only read out."""
    seen = re.sub(r'<span class="unseen">.*?</span>', "", part)
    return [unescape(text) for text in re.findall(r"<button[^>]*>.*?<span>(.*?)</span>", seen, re.DOTALL)]


def form_of(part: str, label: str) -> tuple[str, dict[str, str]]:
    """Return where the form with that button goes, and what it sends."""
    forms = re.findall(r'<form class="act" method="post" action="([^"]*)">(.*?)</form>', part, re.DOTALL)
    for action, inside in forms:
        if label in buttons(inside):
            fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', inside)
            return unescape(action), {unescape(name): unescape(value) for name, value in fields}
    raise AssertionError(f"no button says {label!r} in {part}")


async def press(browser: Browser, part: str, label: str) -> Answered:
    """Press a button, and return the page it leads to."""
    action, fields = form_of(part, label)
    return await browser.follow(await browser.post(action, fields))
