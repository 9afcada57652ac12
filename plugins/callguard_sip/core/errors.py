"""What is wrong with a message from outside."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from callguard_sip.core.message import Request


class BadMessage(ValueError):  # noqa: N818 - the protocol's own words: a bad message is an answer, not a fault of ours
    """A message that cannot be used as it is.

    *status* and *reason* are the answer it deserves (RFC 3261 §21.4). *message* is the request as far as it could
    be read, with a readable top Via so that the answer finds its way; None means that it can only be dropped.
    """

    def __init__(self, status: int, reason: str, message: "Request | None" = None) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason
        self.message = message


class BadUri(BadMessage):
    """A URI that is none, or of a scheme that names no telephone (RFC 3261 §19.1, RFC 3966)."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(status, reason)


class BadSdp(BadMessage):
    """A session description that we cannot read or cannot agree to: 488 Not Acceptable Here (RFC 3261 §21.4.26)."""

    def __init__(self, reason: str) -> None:
        super().__init__(488, reason)
