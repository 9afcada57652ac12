"""A CardDAV server of which a test writes the cards."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import escape

from callguard import FetchError
from callguard.testing import Asked, FakeWeb, Page

_NAMESPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:S="http://calendarserver.org/ns/"'


def card(name: str, *numbers: str, uid: str = "") -> str:
    lines = [f"FN:{name}", *(f"TEL;TYPE=CELL:{number}" for number in numbers), *([f"UID:{uid}"] if uid else [])]
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD", ""])


@dataclass(slots=True)
class Server:
    """A CardDAV server as far as a reader sees it, with the habits that differ from one to another."""

    web: FakeWeb
    url: str = "https://dav.example.org"
    cards: dict[str, str] = field(default_factory=dict)
    "Name of the resource -> vCard."
    has_markers: bool = True
    has_etags: bool = True
    absolute: bool = False
    "Whether hrefs are whole addresses."
    withheld: set[str] = field(default_factory=set)
    "Cards that are listed but left out of an answer."
    gone: set[str] = field(default_factory=set)
    "Cards that are listed but answered with 404."
    fails: FetchError | None = None
    home: str = "/dav/anna/"
    book: str = "/dav/anna/people/"

    def __post_init__(self) -> None:
        self.web.pages |= {
            f"{self.url}/.well-known/carddav": self._answer(self._root),
            f"{self.url}/": self._answer(self._root),
            f"{self.url}/principal/": self._answer(self._principal),
            f"{self.url}{self.home}": self._answer(self._home),
            f"{self.url}{quote(self.book)}": self._answer(self._book),
        }

    def asked(self) -> list[str]:
        """Return what it was asked since the last time."""
        found = [
            f"{asked.method} {unquote(urlsplit(asked.url).path)} {asked.headers['depth']}" for asked in self.web.asked
        ]
        self.web.asked.clear()
        return found

    def _answer(self, tell: Callable[[Asked], str]) -> Callable[[Asked], Page]:
        def answer(asked: Asked) -> Page:
            if self.fails is not None:
                raise self.fails
            body = f'<?xml version="1.0"?><D:multistatus {_NAMESPACES}>{tell(asked)}</D:multistatus>'
            return Page(status=207, body=body.encode())

        return answer

    def _root(self, asked: Asked) -> str:
        return self._response(
            "/",
            "<D:current-user-principal><D:href>/principal/</D:href></D:current-user-principal>",
            "<C:addressbook-home-set/>",
        )

    def _principal(self, asked: Asked) -> str:
        there = f"<C:addressbook-home-set><D:href>{self._href(self.home)}</D:href></C:addressbook-home-set>"
        return self._response("/principal/", there)

    def _home(self, asked: Asked) -> str:
        folder = self._response(self.home, "<D:resourcetype><D:collection/></D:resourcetype>")
        return folder + self._about_book()

    def _book(self, asked: Asked) -> str:
        if asked.method == "REPORT":
            hrefs = re.findall(r"<d:href>([^<]*)</d:href>", asked.body.decode())
            return "".join(self._whole(unquote(urlsplit(href).path).removeprefix(self.book)) for href in hrefs)
        if asked.headers["depth"] == "0":
            return self._about_book()
        return self._about_book() + "".join(map(self._listed, self.cards))

    def _about_book(self) -> str:
        mark = f"<S:getctag>{hash(tuple(self.cards.items()))}</S:getctag>" if self.has_markers else ""
        kind = "<D:resourcetype><D:collection/><C:addressbook/></D:resourcetype>"
        return self._response(self.book, kind + mark)

    def _listed(self, name: str) -> str:
        kind = "<D:resourcetype/><D:getcontenttype>text/vcard; charset=utf-8</D:getcontenttype>"
        return self._response(self.book + name, self._etag(name) + kind)

    def _whole(self, name: str) -> str:
        if name in self.withheld:
            return ""
        if name in self.gone:
            where = self._href(self.book + name)
            return f"<D:response><D:href>{where}</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>"
        there = f"{self._etag(name)}<C:address-data>{escape(self.cards[name])}</C:address-data>"
        return self._response(self.book + name, there)

    def _etag(self, name: str) -> str:
        return f'<D:getetag>"{hash(self.cards[name])}"</D:getetag>' if self.has_etags else ""

    def _href(self, path: str) -> str:
        return (self.url if self.absolute else "") + quote(path)

    def _response(self, path: str, there: str, missing: str = "") -> str:
        good = f"<D:propstat><D:prop>{there}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
        bad = f"<D:propstat><D:prop>{missing}</D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>"
        return f"<D:response><D:href>{self._href(path)}</D:href>{good}{bad if missing else ''}</D:response>"
