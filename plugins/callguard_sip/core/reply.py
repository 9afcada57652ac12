"""Responses: built from the request they answer, sent where it came from (RFC 3261 §8.2.6, §18.2.2; RFC 3581)."""

from collections.abc import Iterable

from callguard_sip.core.flow import Flow
from callguard_sip.core.message import Headers, Request, Response, Via, serialise

METHODS = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO"
REASONS = {
    100: "Trying",
    180: "Ringing",
    200: "OK",
    302: "Moved Temporarily",
    404: "Not Found",
    400: "Bad Request",
    405: "Method Not Allowed",
    415: "Unsupported Media Type",
    420: "Bad Extension",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    500: "Server Internal Error",
    603: "Decline",
    607: "Unwanted",
}
Extra = Iterable[tuple[str, str]]


def reply_flow(via: Via, source: Flow) -> Flow:
    """Return where a response goes: always the packet's own source, on UDP at the port the Via asks for.

    A ``received`` or ``rport`` value that the sender wrote himself is never believed.
    """
    if source.transport.reliable or "rport" in via.params:
        return source
    return source._replace(port=via.port or source.transport.default_port)


def response(  # noqa: PLR0913  (one place builds every response)
    request: Request,
    status: int,
    source: Flow,
    *,
    tag: str = "",
    extra: Extra = (),
    body: bytes = b"",
    reason: str = "",
) -> bytes:
    """Return the bytes of a response to *request*, which came from *source*; *tag* goes into a To that has none."""
    asked = request.headers
    to = asked.get("to") or ""
    if tag and not request.to.tag:
        to = f"{to};tag={tag}"
    lines = {
        "via": _vias(request, source),
        "from": asked.all("from")[:1],
        "to": [to],
        "call-id": asked.all("call-id")[:1],
        "cseq": asked.all("cseq")[:1],
    }
    for name, value in extra:
        lines.setdefault(name, []).append(value)
    return serialise(Response(status, reason or REASONS[status], Headers.of(lines), body))


def stateless(request: Request, status: int, reason: str, source: Flow) -> bytes:
    """Return the leanest response to a request that may be broken in every way but its top Via."""
    asked = request.headers
    lines = {name: asked.all(name)[:1] for name in ("from", "to", "call-id", "cseq") if name in asked}
    return serialise(Response(status, reason, Headers.of({"via": _vias(request, source), **lines})))


def _vias(request: Request, source: Flow) -> list[str]:
    stamped = _stamped(request.via, source)
    lines = request.headers.all("via")
    if stamped is None:
        return lines
    top, comma, rest = lines[0].partition(",")
    if comma and '"' in top:  # a quoted comma: read it properly
        return [stamped, *request.headers.values("via")[1:]]
    lines[0] = stamped + (f",{rest}" if comma else "")
    return lines


def _stamped(via: Via, source: Flow) -> str | None:
    """Return the top Via with what we know of the sender (RFC 3261 §18.2.1, RFC 3581 §4); None if it has no need."""
    same_host = via.host.strip("[]") == source.host
    if same_host and "rport" not in via.params and "received" not in via.params:
        return None
    params = dict(via.params)
    params.pop("received", None)
    if "rport" in params:
        params["rport"] = str(source.port)
        params["received"] = source.host
    elif not same_host:
        params["received"] = source.host
    return str(Via(via.transport, via.host, via.port, params))
