"""One request: who asks, what they may, and how to answer."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, TypeVar
from urllib.parse import unquote

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from callguard.access import Person, Right, Session, Token
from callguard.console.flashes import Flash, FlashKind
from callguard.console.kernel import Kernel
from callguard.console.render import Addresses
from callguard.model.text import plain
from callguard.store import Archive, StoreError

T = TypeVar("T")
_LONGEST_FIELD = 20_000
_OURS = re.compile(r"/(?![/\\])[!-\[\]-~]{0,2000}")
"""A path without what browsers take for the beginning of a host, or leave out before they look."""


@dataclass(slots=True, kw_only=True)
class Visit:
    """One request, with everything a page needs to answer it."""

    request: web.Request
    kernel: Kernel
    addresses: Addresses
    route: str
    part: Mapping[str, str]
    "The values in the path."
    address: str
    "Of the visitor, as far as trusted proxies tell."
    prefix: str = ""
    secure: bool = False
    person: Person | None = None
    session: Session | None = None
    token: Token | None = None
    rights: frozenset[Right] = frozenset()
    newest: str | None = None
    "The newest call when the first was read for this page; later ones are told to it as they come."

    @property
    def zone(self) -> tzinfo:
        """The household's time zone."""
        return self.kernel.launch.zone

    def now(self) -> datetime:
        """Return the time by the household's clock."""
        return self.kernel.clock.now().astimezone(self.zone)

    def may(self, right: Right | str) -> bool:
        """Tell whether the visitor may do that."""
        return Right(right) in self.rights

    @property
    def by(self) -> str:
        """Who is named in the log of changes."""
        if self.person is not None:
            return self.person.name
        return f"token {self.token.name}" if self.token else "console"

    async def ask(self, command: str, within: float | None = None, /, **arguments: Any) -> Any:
        """Return the daemon's answer, in the visitor's name; RefusedError says why not, NoDaemonError: it is away.

        It may take *within* seconds, otherwise as long as is usual.
        """
        try:
            return await self.kernel.asker.ask(command, {**arguments, "by": self.by}, within)
        finally:
            if self.request.method not in ("GET", "HEAD"):
                self.kernel.knowledge.forget()  # the next page must not show what was before

    async def known(self, command: str) -> Any:
        """Return an answer that is kept until it changes: `house`, `status`, `rules`, `lists`, `contacts-list`."""
        return await self.kernel.knowledge.of(command)

    async def read(self, query: Callable[[Archive], T]) -> T:
        """Return what *query* finds in the call log, read beside the loop; UnreadableError if it cannot be read."""

        def reading(archive: Archive) -> T:
            if self.newest is None:
                self.newest = archive.newest_id() or ""
            return query(archive)

        return await self.kernel.read(reading)

    # --- what was asked ---

    @property
    def path(self) -> str:
        """The page that was asked for, as a browser calls it."""
        return self.prefix + self.request.rel_url.raw_path_qs

    @property
    def api(self) -> bool:
        """Tell whether a program asks, rather than a person."""
        return self.request.path.startswith("/api/")

    def asked(self, name: str, default: str = "") -> str:
        """Return a value of the query, on one line, cut to a sensible length."""
        return plain(self.request.query.get(name, default), 500)

    async def form(self) -> "Form":
        """Return what the visitor filled in."""
        try:
            posted = await self.request.post()
        except (ValueError, LookupError, HttpProcessingError, web.RequestPayloadError) as error:
            raise web.HTTPBadRequest(reason="That form is garbled.") from error
        texts = [(key, value) for key, value in posted.items() if isinstance(value, str)]
        uploads = {key: value for key, value in posted.items() if isinstance(value, web.FileField)}
        return Form(texts, uploads)

    # --- answering ---

    def url(self, name: str, /, **values: object) -> str:
        """Return the address of a route, wherever the console is mounted."""
        return self.addresses.url(name, **values)

    async def page(self, template: str, *, status: int = 200, **context: object) -> web.Response:
        """Return a whole page."""
        text = self.kernel.renderer.render(template, {**await self._usual(), **context})
        return web.Response(text=text, content_type="text/html", status=status)

    def fragment(self, template: str, **context: object) -> str:
        """Return a piece of a page."""
        return self.kernel.renderer.render(template, {**self._plain(), **context})

    def back(
        self, where: str, said: str = "", *, undo: int | None = None, also: Sequence[int] = (), error: bool = False
    ) -> web.Response:
        """Send the visitor to the page at *where*, which says what was done, with a way to take it back."""
        if said:
            kind = FlashKind.ERROR if error else FlashKind.DONE
            self.kernel.flashes.add(
                self._visitor, Flash(text=plain(said, 400), kind=kind, undo=undo, also=tuple(also))
            )
        return web.Response(status=303, headers={"Location": where})

    async def return_url(self, default: str) -> str:
        """Return the page of ours that a form names in its field `back`; else *default*."""
        wanted = (await self.form()).text("back")
        return wanted if self.is_ours(wanted) else default

    def is_ours(self, path: str) -> bool:
        """Tell whether *path*, which somebody sent, leads to a page of ours and nowhere else."""
        rest = path.removeprefix(self.prefix)
        inside = len(rest) + len(self.prefix) == len(path)
        return inside and _OURS.fullmatch(rest) is not None and "/.." not in unquote(rest.partition("?")[0])

    @property
    def _visitor(self) -> str:
        return str(self.session.id) if self.session else self.address

    def _plain(self) -> dict[str, object]:
        return {
            "url": self.url,
            "static": self.addresses.static,
            "me": self.person,
            "can": self.may,
            "here": self.route,
            "path": self.path,
            "now": self.now(),
            "zone": self.zone,
            "prefix": self.prefix,
            "demo": self.kernel.launch.demo,
        }

    async def _usual(self) -> dict[str, object]:
        state = None
        if Right.READ in self.rights:
            try:
                to_review = await self.read(lambda archive: archive.to_review())
            except StoreError:
                to_review = 0
            state = await self.kernel.knowledge.state(to_review, self.kernel.clock.now())
        flashes = self.kernel.flashes.take(self._visitor)
        return {
            **self._plain(),
            "state": state,
            "flash": flashes,
            "version": self.kernel.software,
            "newest": self.newest,
        }


class Form:
    """What somebody filled in: texts, cut to a sensible length, and files."""

    def __init__(self, texts: Sequence[tuple[str, str]], uploads: Mapping[str, web.FileField]) -> None:
        self._texts = texts
        self.uploads = uploads

    def text(self, name: str, default: str = "", longest: int = _LONGEST_FIELD) -> str:
        """Return the first value of a field, without spaces around it."""
        return next((value.strip()[:longest] for key, value in self._texts if key == name), default)

    def secret(self, name: str) -> str:
        """Return a password, exactly as typed."""
        return next((value[:_LONGEST_FIELD] for key, value in self._texts if key == name), "")

    def texts(self, name: str) -> list[str]:
        """Return every value of a field."""
        return [value.strip()[:_LONGEST_FIELD] for key, value in self._texts if key == name]

    def whole(self, name: str) -> int | None:
        """Return a whole number; None if there is none."""
        text = self.text(name)
        return int(text) if text.isascii() and text.lstrip("-").isdecimal() and len(text) < 19 else None

    def ticked(self, name: str) -> bool:
        """Tell whether a box is ticked."""
        return bool(self.text(name))

    def file(self, name: str) -> tuple[str, bytes] | None:
        """Return the name and the content of a file that was brought; None if none was chosen."""
        upload = self.uploads.get(name)
        if upload is None or not upload.filename:
            return None
        with upload.file as file:
            return plain(upload.filename, 80), file.read()

    def values(self) -> dict[str, str]:
        """Return the texts, to fill a form again that had mistakes."""
        return {key: value[:_LONGEST_FIELD] for key, value in self._texts}
