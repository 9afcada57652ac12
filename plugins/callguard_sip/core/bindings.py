"""What a registrar's answer says about our binding (RFC 3261 §10.2.4, §10.3)."""

from callguard_sip.core.message import Address, BadMessage, Response

_LONGEST_RETRY_AFTER = 600


def bindings(response: Response) -> list[Address]:
    """Return the addresses the registrar lists, without those that cannot be read."""
    found = []
    try:
        values = response.headers.values("contact")
    except BadMessage:
        return []
    for value in values:
        try:
            found.append(Address.parse(value))
        except BadMessage:
            continue
    return found


def is_of(binding: Address, user: str) -> bool:
    """Compare by user, which nobody can guess: some registrars rewrite host and port of what they list."""
    try:
        return binding.sip.user == user
    except BadMessage:
        return False


def granted(response: Response, ours: Address | None, asked: int) -> int:
    """Return the seconds granted to *our* binding; others of the same user have their own."""
    own = seconds(ours.params.get("expires")) if ours is not None else None
    if own is not None:
        return own
    general = seconds(response.headers.get("expires"))
    return asked if general is None else general


def retry_after(response: Response) -> float:
    """Return how long the registrar wants to be left alone, at most ten minutes."""
    value = seconds((response.headers.get("retry-after") or "").partition("(")[0].partition(";")[0])
    return float(min(value or 0, _LONGEST_RETRY_AFTER))


def seconds(text: str | None) -> int | None:
    """Read a header's seconds; None if it has none."""
    text = (text or "").strip()
    return int(text) if 0 < len(text) < 10 and text.isascii() and text.isdecimal() else None
