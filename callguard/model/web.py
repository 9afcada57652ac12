"""What a plugin fetches from the network, and what stops it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from callguard.model.text import plain


def shown_url(url: str) -> str:
    """Return *url* as people may see it: without user name, password, what was asked for, and control characters."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "an address that cannot be read"
    return plain(f"{parts.scheme or 'https'}://{host}{parts.path}{'?…' if parts.query else ''}")


class FetchError(Exception):
    """Nothing usable came from the network; one sentence for people, without secrets."""

    def __init__(self, message: str, *, status: int | None = None, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.status = status
        "The HTTP status, if an answer came."
        self.retry_after = retry_after
        "How long the server asked to be left alone (RFC 9110 §10.2.3)."


class ForbiddenAddressError(FetchError):
    """The address is one that the house does not visit: not https, or inside a private network."""


class TooLargeError(FetchError):
    """More came than was asked for, before or after decompression."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer: 200 with a body, or 304."""

    status: int
    url: str
    "Where it finally came from, after redirects; people see `shown_url` of it, because a key may stand in it."
    headers: Mapping[str, str] = field(default_factory=dict)
    "Names in lower case."
    body: bytes = b""
    "Empty if it was written to a file."
    size: int = 0
    "Bytes, decompressed."

    @property
    def not_modified(self) -> bool:
        """Whether the copy at hand is still the newest (RFC 9110 §15.4.5)."""
        return self.status == 304

    @property
    def content_type(self) -> str:
        """The media type alone, in lower case: `text/csv`."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Web(Protocol):
    """The guarded way to the network: https only, sizes and times capped, nothing private by name or redirect."""

    async def fetch(  # noqa: PLR0913  (one parameter a cap)
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
        """Return what *url* answers with status 200, 207 or 304; anything else raises FetchError.

        *limit* is the most bytes, compressed or not; *within* the most seconds for all of it. With *to* the body
        is written there as it comes; the file is complete or not there.
        """
