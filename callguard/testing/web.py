"""A stand-in for the network: pages that a test writes, fetched as `Home.web` fetches."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from callguard.model.web import Fetched, FetchError, TooLargeError, shown_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request that was made."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    "Names in lower case."
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a server answers with."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    "Names in lower case; an `etag` or `last-modified` is answered with 304 when the house has it already."

    def has_changed(self, asked: Mapping[str, str]) -> bool:
        """Return whether the copy that the request *asked* for a change of is another one."""
        pairs = (("if-none-match", "etag"), ("if-modified-since", "last-modified"))
        return not any(asked.get(theirs) and asked[theirs] == self.headers.get(ours) for theirs, ours in pairs)


Answer = bytes | Page | Exception
"""A body, a page, or what fetching raises."""


class FakeWeb:
    """A network of the pages in `pages`, by address; every other address is a FetchError with status 404.

    A page may be a function of the request. What was asked is in `asked`.
    """

    def __init__(self, pages: Mapping[str, Answer | Callable[[Asked], Answer]] | None = None) -> None:
        self.pages: dict[str, Answer | Callable[[Asked], Answer]] = dict(pages or {})
        self.asked: list[Asked] = []

    async def fetch(  # noqa: PLR0913  (as callguard.Web has it)
        self,
        url: str,
        *,
        to: Path | None = None,
        limit: int = 50_000_000,
        within: float = 60.0,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        body: bytes | None = None,
    ) -> Fetched:
        """Return the page at *url*, or raise what stands there."""
        request = Asked(method=method, url=url, headers=_lower((headers or {}).items()), body=body or b"")
        self.asked.append(request)
        page = self._page(request)
        if page.status not in (200, 207, 304):
            raise FetchError(f"{shown_url(url)} answered {page.status}", status=page.status)
        if page.status == 304 or not page.has_changed(request.headers):
            return Fetched(status=304, url=url, headers=page.headers)
        if len(page.body) > limit:
            raise TooLargeError(f"{shown_url(url)} is larger than {limit} bytes")
        if to is not None:
            _write(to, page.body)
        kept = page.body if to is None else b""
        return Fetched(status=page.status, url=url, headers=page.headers, body=kept, size=len(page.body))

    def _page(self, request: Asked) -> Page:
        found = self.pages.get(request.url, Page(status=404))
        answer = found(request) if callable(found) else found
        if isinstance(answer, Exception):
            raise answer
        return Page(body=answer) if isinstance(answer, bytes) else answer


def _write(to: Path, body: bytes) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(body)


def _lower(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}
