"""The household's contacts: found, brought from a file after a look, fetched from address books, taken away."""

import base64
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from unicodedata import combining, normalize

from aiohttp import web

from callguard.access import Right
from callguard.console.routing import Routes
from callguard.console.slices import slice_of
from callguard.console.visit import Visit
from callguard.console.wording import count
from callguard.control.wire import RefusedError
from callguard.model.number import pretty
from callguard.model.text import plain

routes = Routes()
PAGE = 100
LARGEST = 10_000_000
_FORM_AROUND = 100_000
"""Bytes of a form besides the file in it."""
_READ_WITHIN = 60.0
_SYNC_WITHIN = 60.0
_LONGEST_BOOK = 60
_SMALLER = "Leave the photographs out, or use `callguard contacts import` on the computer itself."
_SHOWN = 50
"""People of each sort that a plan names."""
_STATES = {"changed": "", "unchanged": "nothing new", "refused": "not taken over", "failed": "cannot be read"}


@routes.get("/contacts", "contacts")
async def contacts(visit: Visit) -> web.StreamResponse:
    """Show the contacts that are wanted, and how their address books are."""
    return await _page(visit)


@routes.post("/contacts/plan", "contacts-plan", Right.LISTS, most=LARGEST + _FORM_AROUND)
async def plan(visit: Visit) -> web.StreamResponse:
    """Show what an address book would change; nothing is kept of it but in memory, for half an hour."""
    form = await visit.form()
    brought = form.file("file")
    if brought is None or not brought[1]:
        return await _page(visit, {"file": "Choose a file." if brought is None else "The file is empty."})
    name, content = brought
    if len(content) > LARGEST:
        return await _page(visit, {"file": f"The file is larger than {LARGEST // 1_000_000} MB. {_SMALLER}"})
    book = form.text("book")[:_LONGEST_BOOK] or name.rpartition(".")[0][:_LONGEST_BOOK] or name
    try:
        text = base64.b64encode(content).decode()
        reading = await visit.ask("contacts-read", _READ_WITHIN, book=book, content=text)
        wanted = await visit.ask("contacts-plan", _READ_WITHIN, book=book, contacts=reading["contacts"])
    except RefusedError as error:
        field = "book" if "address book" in str(error) and "name" in str(error) else "file"
        return await _page(visit, {field: plain(str(error), 400)}, book=book)
    kept = {"book": book, "contacts": reading["contacts"]}
    word = visit.kernel.waiting.put(visit.by, kept, visit.kernel.randomness, visit.now())
    return await _plan_page(visit, wanted, reading, book=book, file=name, word=word)


@routes.post("/contacts/apply", "contacts-apply", Right.LISTS)
async def apply(visit: Visit) -> web.StreamResponse:
    """Put the address book in place that was shown."""
    form = await visit.form()
    word = form.text("word")
    kept = visit.kernel.waiting.get(visit.by, word, visit.now())
    if kept is None:
        return visit.back(visit.url("contacts"), "That was too long ago: choose the file again.", error=True)
    done = await visit.ask("contacts-apply", _READ_WITHIN, **kept, remove=form.ticked("remove"))
    visit.kernel.waiting.drop(word)
    said = f"“{plain(kept['book'])}”: {_counted(done['counts'])}."
    return visit.back(visit.url("contacts", book=kept["book"]), said, undo=done["change"])


@routes.post("/contacts/remove", "contacts-remove", Right.LISTS)
async def remove(visit: Visit) -> web.StreamResponse:
    """Take an address book away with everybody in it."""
    book = (await visit.form()).text("book")
    done = await visit.ask("contacts-remove", book=book)
    said = f"Removed {count(done['removed'], 'contact')} of “{plain(book)}”."
    return visit.back(visit.url("contacts"), said, undo=done["change"])


@routes.post("/contacts/sync", "contacts-sync", Right.LISTS)
async def sync(visit: Visit) -> web.StreamResponse:
    """Read the address books of config.yaml now."""
    form = await visit.form()
    results = await visit.ask("contacts-sync", _SYNC_WITHIN, accept=form.ticked("accept"))
    if not results:
        return visit.back(visit.url("contacts"), "config.yaml names no address book.", error=True)
    wrong = any(one["state"] in ("failed", "refused") for one in results)
    changes = [one["change"] for one in results if one["change"] is not None]
    said = " ".join(_result(one) for one in results)
    return visit.back(visit.url("contacts"), said, undo=changes[0] if len(changes) == 1 else None, error=wrong)


async def _page(visit: Visit, mistakes: Mapping[str, str] | None = None, book: str = "") -> web.StreamResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if mistakes else HTTPStatus.OK
    usual: dict[str, Any] = {"errors": mistakes or {}, "new_book": book}
    try:
        answer = await visit.known("contacts-list")
    except RefusedError as error:
        return await visit.page("contacts.html", status=status, missing=plain(str(error), 400), **usual)
    people, said = answer["contacts"], {key: visit.asked(key).strip() for key in ("q", "book")}
    kept = {source["book"] for source in answer["sources"]}
    books = sorted({str(one["book"]) for one in people} | kept)
    found = sorted(
        (one for one in people if _is_wanted(one, said)), key=lambda one: (_sorted_as(one["name"]), one["uid"])
    )
    page = slice_of(visit, "contacts", found, PAGE, **said)
    return await visit.page(
        "contacts.html",
        status=status,
        missing="",
        page=page,
        people=[_person(one, answer["country"]) for one in page.items],
        total=len(people),
        books=[_book(visit, book, people, said, removable=book not in kept) for book in books],
        sources=[_source(one, people) for one in answer["sources"]],
        said=said,
        **usual,
    )


async def _plan_page(
    visit: Visit, wanted: Mapping[str, Any], reading: Mapping[str, Any], *, book: str, file: str, word: str
) -> web.StreamResponse:
    country = (await visit.known("contacts-list"))["country"]
    return await visit.page(
        "contacts_plan.html",
        counts={sort: len(wanted[sort]) for sort in ("new", "changed", "removed")},
        unchanged=wanted["unchanged"],
        shrinks=wanted["shrinks"],
        new=[_person(one, country) for one in wanted["new"][:_SHOWN]],
        removed=[_person(one, country) for one in wanted["removed"][:_SHOWN]],
        changed=[_difference(one, country) for one in wanted["changed"][:_SHOWN]],
        unreadable=reading["unreadable"][:_SHOWN],
        unreadable_count=reading["unreadable_count"],
        without_number=reading["without_number"],
        book=book,
        file=file,
        word=word,
    )


def _person(one: Mapping[str, Any], country: str) -> dict[str, Any]:
    numbers = [pretty(number, country) for number in one["numbers"]]
    return {"name": plain(one["name"], 100), "numbers": numbers, "book": one["book"], "first": one["numbers"][:1]}


def _difference(pair: Mapping[str, Any], country: str) -> dict[str, Any]:
    before, after = pair["before"], pair["after"]
    return {
        "name": plain(after["name"], 100),
        "former": plain(before["name"], 100) if before["name"] != after["name"] else "",
        "came": [pretty(number, country) for number in after["numbers"] if number not in before["numbers"]],
        "went": [pretty(number, country) for number in before["numbers"] if number not in after["numbers"]],
    }


def _book(
    visit: Visit, book: str, people: Sequence[Mapping[str, Any]], said: Mapping[str, str], *, removable: bool
) -> dict[str, Any]:
    url = visit.url("contacts", q=said["q"], book=book)
    number = sum(one["book"] == book for one in people)
    return {
        "name": book,
        "label": f"{plain(book, 60)} {number:,}",
        "url": url,
        "count": number,
        "removable": removable,
    }


def _source(one: Mapping[str, Any], people: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {**one, "count": sum(person["book"] == one["book"] for person in people)}


def _is_wanted(one: Mapping[str, Any], said: Mapping[str, str]) -> bool:
    if said["book"] not in ("", one["book"]):
        return False
    words = said["q"].casefold()
    digits = "".join(filter(str.isdecimal, words))
    return words in one["name"].casefold() or (len(digits) > 2 and any(digits in number for number in one["numbers"]))


def _sorted_as(name: str) -> str:
    """Return what a name is sorted by, accents left out: Émile stands beside Emil."""
    return "".join(one for one in normalize("NFKD", name.casefold()) if not combining(one))


def _result(one: Mapping[str, Any]) -> str:
    if one["why"]:
        return f"{plain(one['book'])}: {one['why']}. {one['cure']}"
    return f"{plain(one['book'])}: {_STATES[one['state']] or _counted(one['counts'])}."


def _counted(counts: Mapping[str, int]) -> str:
    said = [f"{counts[word]:,} {word}" for word in ("new", "changed", "removed") if counts.get(word)]
    return ", ".join(said) or "nothing to change"
