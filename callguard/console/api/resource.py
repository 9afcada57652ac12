"""What every address of the API has in common: what it takes, how it answers, how long lists are cut in pages."""

import base64
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from math import ceil
from typing import Annotated, Any, TypeVar

from aiohttp import web
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from callguard.access import Right
from callguard.console.problems import Fault, UnfitError
from callguard.console.routing import Handler, Routes
from callguard.console.visit import Visit
from callguard.control.answers import jsonable
from callguard.control.client import NoDaemonError
from callguard.control.wire import RefusedError
from callguard.model.number import NotANumberError, require_e164
from callguard.model.text import plain

BASE = "/api/v1"
_FIRST_YEAR, _LAST_YEAR = 1971, 9998
_WHOLE = re.compile(r"[0-9]{1,18}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_WORDS = {
    "missing": "This is needed.",
    "extra_forbidden": "There is no such thing here.",
    "string_unicode": "That is no text.",
}
_SHOWN_FAULTS = 100
_TAG = re.compile(r'(?:W/)?("[^"]*")')


def _whole(value: object) -> object:
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise ValueError("write a whole number")
    return value


def _moment(value: object) -> object:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("write a time like 2026-12-01T18:00:00-05:00")
    return datetime.fromisoformat(value.upper())


def _sensible(moment: datetime) -> datetime:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"that is in no year between {_FIRST_YEAR} and {_LAST_YEAR}")
    return moment


def _day(value: object) -> object:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("write a day like 2026-12-01")
    return date.fromisoformat(value)


Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number in an address."""
Moment = Annotated[AwareDatetime, AfterValidator(_sensible), BeforeValidator(_moment)]
"""A time with its offset."""
Day = Annotated[date, BeforeValidator(_day)]
"""A day of the household's calendar."""
Limit = Annotated[Whole, Field(ge=1, le=1000)]
"""How many are wanted."""
Line = Annotated[str, Field(max_length=200)]
"""A text of one line."""
Number = Annotated[str, Field(min_length=1, max_length=80)]
"""A telephone number in any spelling."""


class Query(BaseModel):
    """What an address may ask for after its question mark; here nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Body(BaseModel):
    """What a program sends; nothing else may be in it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Q = TypeVar("Q", bound=Query)
B = TypeVar("B", bound=Body)
Asking = Callable[[Visit, Q], Awaitable[web.StreamResponse]]


class Api(Routes):
    """The addresses of one part of the API."""

    def on(
        self, method: str, path: str, name: str, right: Right | None = Right.READ, *, most: int = 1 << 20
    ) -> Callable[[Handler], Handler]:
        """Register an address that asks for nothing after a question mark."""

        def note(handler: Handler) -> Handler:
            async def answered(visit: Visit, _: Query) -> web.StreamResponse:
                return await handler(visit)

            self.asking(Query, method, path, name, right, most=most)(answered)
            return handler

        return note

    def asking(
        self,
        query: type[Q],
        method: str,
        path: str,
        name: str,
        right: Right | None = Right.READ,
        *,
        most: int = 1 << 20,
    ) -> Callable[[Asking[Q]], Asking[Q]]:
        """Register an address that may be asked for what *query* says."""

        def note(handler: Asking[Q]) -> Asking[Q]:
            async def guarded(visit: Visit) -> web.StreamResponse:
                _refuse_haste(visit)
                return await handler(visit, _asked(visit, query))

            self.add(method, BASE + path, f"api-{name}", right, most)(guarded)
            return handler

        return note


def _refuse_haste(visit: Visit) -> None:
    who = f"token {visit.token.id}" if visit.token else f"session {visit.session.id}" if visit.session else ""
    seconds = visit.kernel.rates.wait(who or visit.address, visit.kernel.clock.monotonic())
    if seconds:
        headers = {"Retry-After": str(ceil(seconds))}
        raise web.HTTPTooManyRequests(reason="Too many requests: wait a little.", headers=headers)


def _asked(visit: Visit, query: type[Q]) -> Q:
    said = visit.request.query
    if len(set(said)) < len(said):
        raise UnfitError(400, "The address says something twice.")
    try:
        return query.model_validate(dict(said))
    except ValidationError as error:
        faults = [Fault(words, parameter=plain(str(loc[0]), 80)) for loc, words in _mistakes(error)]
        raise UnfitError(400, "The address asks for what makes no sense.", faults) from None


async def body(visit: Visit, kind: type[B], *, optional: bool = False) -> B:
    """Return what the program sent; UnfitError says what is wrong with it."""
    request = visit.request
    if optional and not request.body_exists:
        return kind()
    if request.content_type != "application/json" or (request.charset or "utf-8").lower() != "utf-8":
        raise web.HTTPUnsupportedMediaType(reason="Send JSON, in UTF-8.")
    try:
        return kind.model_validate_json(await request.read())
    except ValidationError as error:
        if error.errors(include_input=False)[0]["type"] == "json_invalid":
            raise UnfitError(400, "That is no JSON.") from None
        faults = [Fault(words, pointer=_pointer(loc)) for loc, words in _mistakes(error)]
        raise UnfitError(422, "Some of that is no good.", faults) from None


def _mistakes(error: ValidationError) -> list[tuple[tuple[int | str, ...], str]]:
    found = error.errors(include_url=False, include_input=False, include_context=False)[:_SHOWN_FAULTS]
    return [(one["loc"], _WORDS.get(one["type"]) or _sentence(one["msg"])) for one in found]


def _sentence(text: str) -> str:
    text = plain(text.removeprefix("Value error, "), 200)
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _pointer(loc: Sequence[int | str]) -> str:
    return "".join("/" + plain(str(part), 80).replace("~", "~0").replace("/", "~1") for part in loc)


# --- what stands in the path ---


def number_in_path(visit: Visit, name: str = "id") -> int:
    """Return the whole number in the path; there is nothing where none stands."""
    text = visit.part[name]
    if not _WHOLE.fullmatch(text):
        raise web.HTTPNotFound(reason="There is no such thing.")
    return int(text)


def found(things: Sequence[Mapping[str, Any]], key: str, value: object) -> Mapping[str, Any]:
    """Return the one of *things* whose *key* is *value*; not found if there is none."""
    one = next((one for one in things if one[key] == value), None)
    if one is None:
        raise missing(f"{plain(str(value), 60)} is not there.")
    return one


def missing(words: str) -> UnfitError:
    """Return the error that says that something is not there."""
    return UnfitError(404, words)


async def e164(visit: Visit, text: str, fault: Callable[[str], Fault]) -> str:
    """Return a number in E.164 as somebody in the household's country means it; UnfitError with its *fault*."""
    try:
        country = str((await visit.known("house"))["country"])
    except (NoDaemonError, RefusedError):
        country = "US"
    try:
        return require_e164(text, country)
    except NotANumberError as error:
        words = _sentence(str(error))
        raise UnfitError(400 if fault("").parameter else 422, words, [fault(words)]) from None


# --- answering ---


def answer(
    visit: Visit, facts: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Answer with JSON and its tag; with nothing but the tag if the program has just that already."""
    text = json.dumps(jsonable(facts))
    tag = _tag(text)
    usual = {"ETag": tag, **(headers or {})}
    if visit.request.method in ("GET", "HEAD") and tag in _tags(visit, "If-None-Match"):
        return web.Response(status=304, headers=usual)
    return web.Response(text=text, status=status, headers=usual, content_type="application/json")


def created(visit: Visit, facts: object, route: str, **values: object) -> web.Response:
    """Answer that something was made, and where it is."""
    return answer(visit, facts, status=201, headers={"Location": visit.url(route, **values)})


def paged(visit: Visit, facts: Mapping[str, Any], route: str, cursor: str | None) -> web.Response:
    """Answer with a page of a list, and where the next one is (RFC 8288)."""
    said = {**facts, "next": cursor}
    if cursor is None:
        return answer(visit, said)
    link = visit.url(route, **{**visit.request.query, "cursor": cursor})
    return answer(visit, said, headers={"Link": f'<{link}>; rel="next"'})


def refuse_stale(visit: Visit, facts: object) -> None:
    """Refuse a change of what was changed meanwhile by somebody else: *facts* is what is there now."""
    if "If-Match" not in visit.request.headers:
        return
    if not {"*", _tag(json.dumps(jsonable(facts)))} & _tags(visit, "If-Match"):
        raise UnfitError(412, "That was changed meanwhile: read it again first.")


def _tag(text: str) -> str:
    return f'"{sha256(text.encode()).hexdigest()[:24]}"'


def _tags(visit: Visit, header: str) -> set[str]:
    said = ",".join(visit.request.headers.getall(header, []))
    return {"*"} if said.strip() == "*" else set(_TAG.findall(said))


# --- pages ---


def cursor_of(*place: object) -> str:
    """Return the word that says where a page ended."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def place_of(cursor: str, *kinds: type) -> tuple[Any, ...] | None:
    """Return where a page ended, as `cursor_of` was told; None without a *cursor*, UnfitError if it is none."""
    if not cursor:
        return None
    try:
        place = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if [type(part) for part in place] == list(kinds):
            return tuple(place)
    except (ValueError, TypeError, RecursionError):
        pass
    raise bad_cursor()


def bad_cursor() -> UnfitError:
    """Return the error that says that a cursor is none of ours."""
    fault = Fault("Take the cursor as the page before gave it, or leave it out.", parameter="cursor")
    return UnfitError(400, "That is not where a page ends.", [fault])
