"""What went wrong, for a program (RFC 9457) or a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing in a request that is no good."""

    detail: str
    pointer: str | None = None
    "Where in the body (RFC 6901)."
    parameter: str | None = None
    "Which part of the address."

    def facts(self) -> dict[str, str]:
        """Return it as JSON."""
        named = {"pointer": self.pointer, "parameter": self.parameter, "detail": self.detail}
        return {name: value for name, value in named.items() if value is not None}


class UnfitError(Exception):
    """A program asked for something that makes no sense."""

    def __init__(self, status: int, what: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(what)
        self.status = status
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong, for the visitor."""

    status: int
    what: str
    cure: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def problem(trouble: Trouble) -> web.Response:
    """Return it for a program."""
    said: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(trouble.status).phrase,
        "status": trouble.status,
        "detail": f"{trouble.what} {trouble.cure}".strip(),
    }
    if trouble.faults:
        said["errors"] = [one.facts() for one in trouble.faults]
    return web.json_response(
        said, status=trouble.status, headers=trouble.headers, content_type="application/problem+json"
    )
