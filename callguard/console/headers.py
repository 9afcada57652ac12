"""The headers of every answer: what a browser may do with our pages."""

from collections.abc import Mapping

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "media-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)


def usual(*, embed: bool) -> Mapping[str, str]:
    """Return the headers of a page; with *embed* another page of the same origin may frame it."""
    return {
        "Content-Security-Policy": _POLICY.format(ancestors="'self'" if embed else "'none'"),
        "X-Content-Type-Options": "nosniff",
        # Not no-referrer: that makes browsers send `Origin: null`, by which our own forms would be refused.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
