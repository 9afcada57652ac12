"""The headers of every answer: what a browser may do with our pages."""

from collections.abc import Awaitable, Callable

from aiohttp import web

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "media-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)
"""What a page may load, and from where: nothing but our own files."""


def adding(*, embed: bool) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Return what adds them; with *embed* another page of the same origin may frame ours."""
    usual = {
        "Content-Security-Policy": POLICY.format(ancestors="'self'" if embed else "'none'"),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN" if embed else "DENY",
        # Not no-referrer: that makes browsers send `Origin: null`, by which our own forms would be refused.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cache-Control": "no-store",
    }

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in usual.items():
            response.headers.setdefault(name, value)
        if request.method == "HEAD":
            request.writer.length = 0  # a page that is sent piece by piece would be sent all the same
        response.headers["Server"] = "CallGuard"  # and not which software serves it, in which version

    return add
