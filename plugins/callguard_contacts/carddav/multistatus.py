"""What is asked of a CardDAV server, and what its answers say (RFC 4918 §13, RFC 6352)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from callguard_contacts.reading.safexml import NotXmlError, parse_xml

_DAV = "{DAV:}"
_CARD = "{urn:ietf:params:xml:ns:carddav}"
_SERVER = "{http://calendarserver.org/ns/}"
_NAMESPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav" xmlns:s="http://calendarserver.org/ns/"'
_HEADER = '<?xml version="1.0" encoding="utf-8"?>'
_WANTED = ("VERSION", "UID", "FN", "N", "ORG", "NICKNAME", "TEL")
_VCARD_TYPES = ("", "text/vcard", "text/x-vcard", "text/directory")
_INSUFFICIENT = 507

ABOUT_SERVER = (
    f"{_HEADER}<d:propfind {_NAMESPACES}><d:prop><d:resourcetype/><d:displayname/><d:current-user-principal/>"
    "<c:addressbook-home-set/><s:getctag/><d:sync-token/></d:prop></d:propfind>"
).encode()
"""What kind of thing stands at an address, and where the address books are (RFC 6764 §6)."""
CARDS_THERE = (
    f"{_HEADER}<d:propfind {_NAMESPACES}><d:prop><d:resourcetype/><d:getetag/><d:getcontenttype/></d:prop>"
    "</d:propfind>"
).encode()
"""Which cards an address book has, and their versions."""


class NotDavError(ValueError):
    """The server's answer is no answer to what it was asked; one sentence for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One thing on the server, as far as it was asked about."""

    href: str
    "As the server wrote it."
    status: int = 200
    is_address_book: bool = False
    is_folder: bool = False
    marker: str = ""
    "Changes whenever something in it does (getctag, or sync-token of RFC 6578)."
    etag: str = ""
    content_type: str = ""
    principal: str = ""
    home: str = ""
    card: str = ""
    "The vCard itself."

    @property
    def path(self) -> str:
        """What names it on its server, however it is written."""
        return path_of(self.href)

    @property
    def may_be_card(self) -> bool:
        """Whether it may be a contact."""
        return not self.is_folder and self.content_type.partition(";")[0].strip().lower() in _VCARD_TYPES


def path_of(href: str) -> str:
    """Return the path of *href*, which a server may give whole or in part, percent-encoded or not."""
    try:
        return unquote(urlsplit(href.strip()).path)
    except ValueError:
        return ""


def cards_wanted(hrefs: Iterable[str]) -> bytes:
    """Return the request for these cards (RFC 6352 §8.7), of each only names and numbers (§10.4): no photographs."""
    wanted = "".join(f'<c:prop name="{name}"/>' for name in _WANTED)
    listed = "".join(f"<d:href>{escape(href)}</d:href>" for href in hrefs)
    return (
        f"{_HEADER}<c:addressbook-multiget {_NAMESPACES}><d:prop><d:getetag/>"
        f"<c:address-data>{wanted}</c:address-data></d:prop>{listed}</c:addressbook-multiget>"
    ).encode()


def resources(data: bytes) -> Iterator[Resource]:
    """Yield what a 207 answer says of each resource; NotDavError if it is none, or says that something is missing."""
    try:
        root = parse_xml(data)
    except NotXmlError as error:
        raise NotDavError(f"the server's answer cannot be read: {error}") from None
    if root.tag != f"{_DAV}multistatus":
        raise NotDavError("the server's answer is not one of CardDAV")
    for response in root.iter(f"{_DAV}response"):
        found = _resource(response)
        if found.status == _INSUFFICIENT:
            raise NotDavError("the server says that its answer is not complete")
        yield found


def _resource(response: Element) -> Resource:
    properties = _properties(response)
    kinds = {kind.tag for kind in properties.get(f"{_DAV}resourcetype", ())}
    return Resource(
        href=_text(response.find(f"{_DAV}href")),
        status=_status(response.findtext(f"{_DAV}status")),
        is_address_book=f"{_CARD}addressbook" in kinds,
        is_folder=f"{_DAV}collection" in kinds,
        marker=_text(properties.get(f"{_SERVER}getctag")) or _text(properties.get(f"{_DAV}sync-token")),
        etag=_text(properties.get(f"{_DAV}getetag")),
        content_type=_text(properties.get(f"{_DAV}getcontenttype")),
        principal=_href_in(properties.get(f"{_DAV}current-user-principal")),
        home=_href_in(properties.get(f"{_CARD}addressbook-home-set")),
        card=_text(properties.get(f"{_CARD}address-data")),
    )


def _properties(response: Element) -> dict[str, Element]:
    """Return the properties that the server has; those that it reports as missing are left out."""
    good = [part for part in response.findall(f"{_DAV}propstat") if _status(part.findtext(f"{_DAV}status")) == 200]
    return {found.tag: found for part in good for prop in part.findall(f"{_DAV}prop") for found in prop}


def _status(line: str | None) -> int:
    """Return the number in `HTTP/1.1 404 Not Found`; 200 where there is none."""
    words = (line or "").split()
    return int(words[1]) if len(words) > 1 and words[1].isascii() and words[1].isdecimal() else 200


def _href_in(element: Element | None) -> str:
    return "" if element is None else _text(element.find(f"{_DAV}href"))


def _text(element: Element | None) -> str:
    return "" if element is None else (element.text or "").strip()
