"""Contacts: listed, brought from a file after a look, fetched from address books, taken away."""

from collections.abc import Mapping
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from callguard.access import Right
from callguard.console.api.resource import (
    Api,
    Body,
    Limit,
    Line,
    Query,
    answer,
    body,
    cursor_of,
    missing,
    paged,
    place_of,
)
from callguard.console.visit import Visit

routes = Api()
LARGEST = 10_000_000
_IN_BASE_64 = LARGEST * 4 // 3 + 4
_BODY_AROUND = 10_000
_WITHIN = 60.0
_Book = Annotated[str, Field(min_length=1, max_length=60)]
Facts = Mapping[str, Any]


class _Listed(Query):
    book: Line = ""
    cursor: Annotated[str, Field(max_length=4000)] = ""
    limit: Limit = 100


class _File(Body):
    book: _Book
    file: Annotated[str, Field(min_length=1, max_length=_IN_BASE_64)]


class _Import(_File):
    accept: bool = False


class _Sync(Body):
    accept: bool = False


@routes.asking(_Listed, "GET", "/contacts", "contacts")
async def contacts(visit: Visit, asked: _Listed) -> web.Response:
    """Answer with the contacts, by name."""
    place = place_of(asked.cursor, str, str, str)
    known = await visit.ask("contacts-list", book=asked.book)
    rest = sorted((one for one in known["contacts"] if place is None or _order(one) > place), key=_order)
    cursor = cursor_of(*_order(rest[asked.limit - 1])) if len(rest) > asked.limit else None
    return paged(visit, {"contacts": rest[: asked.limit]}, "api-contacts", cursor)


@routes.on("POST", "/contacts/plan", "contacts-plan", Right.LISTS, most=_IN_BASE_64 + _BODY_AROUND)
async def plan(visit: Visit) -> web.Response:
    """Answer with what an address book would change; nothing is kept of it."""
    brought = await body(visit, _File)
    reading = await _reading(visit, brought)
    wanted = await visit.ask("contacts-plan", _WITHIN, book=brought.book, contacts=reading["contacts"])
    return answer(visit, {**wanted, **_not_read(reading)})


@routes.on("POST", "/contacts/import", "contacts-import", Right.LISTS, most=_IN_BASE_64 + _BODY_AROUND)
async def bring(visit: Visit) -> web.Response:
    """Put an address book in the place of what was in that book."""
    brought = await body(visit, _Import)
    reading = await _reading(visit, brought)
    asked = {"book": brought.book, "contacts": reading["contacts"], "remove": brought.accept}
    return answer(visit, {**await visit.ask("contacts-apply", _WITHIN, **asked), **_not_read(reading)})


@routes.on("GET", "/books", "books")
async def books(visit: Visit) -> web.Response:
    """Answer with the address books, and how those that are fetched have been doing."""
    known = await visit.ask("contacts-list")
    sources = {one["book"]: one for one in known["sources"]}
    names = sorted({one["book"] for one in known["contacts"]} | set(sources))
    counts = {name: sum(one["book"] == name for one in known["contacts"]) for name in names}
    return answer(visit, {"books": [{"name": n, "contacts": counts[n], "source": sources.get(n)} for n in names]})


@routes.on("POST", "/book-syncs", "books-sync", Right.LISTS)
async def sync(visit: Visit) -> web.Response:
    """Read the address books of config.yaml now."""
    wanted = await body(visit, _Sync, optional=True)
    return answer(visit, {"books": await visit.ask("contacts-sync", _WITHIN, accept=wanted.accept)})


@routes.on("DELETE", "/books/{name}", "book-remove", Right.LISTS)
async def remove(visit: Visit) -> web.Response:
    """Take an address book away with everybody in it."""
    book, known = visit.part["name"], await visit.ask("contacts-list")
    if not any(book == one["book"] for one in (*known["contacts"], *known["sources"])):
        raise missing("There is no such address book.")
    return answer(visit, await visit.ask("contacts-remove", book=book))


async def _reading(visit: Visit, brought: _File) -> Facts:
    reading: Facts = await visit.ask("contacts-read", _WITHIN, book=brought.book, content=brought.file)
    return reading


def _not_read(reading: Facts) -> dict[str, Any]:
    return {key: reading[key] for key in ("unreadable", "unreadable_count", "without_number")}


def _order(one: Facts) -> tuple[str, str, str]:
    return str(one["name"]).casefold(), str(one["book"]), str(one["uid"])
