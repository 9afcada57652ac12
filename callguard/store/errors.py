"""What can go wrong in the store, in words for people."""


class StoreError(Exception):
    """Something the store could not do; the text is one sentence for people."""


class NotWritableError(StoreError):
    """The disk does not take what was to be stored."""


class UnreadableError(StoreError):
    """The database file cannot be read, or not here."""


class LostError(StoreError):
    """A call record was dropped unwritten, because the disk took none for too long."""


class UnstorableError(StoreError):
    """A record holds something that cannot be written down."""


class NoSuchCallError(StoreError):
    """No call has this id."""


class AmbiguousIdError(StoreError):
    """Several calls have an id that begins or ends like this."""


class BadCursorError(StoreError):
    """A text is not the `next` of a page."""


class NoSuchRuleError(StoreError):
    """No rule in force has this number."""


class NoSuchRelationshipError(StoreError):
    """No relationship has this number."""


class NoSuchChangeError(StoreError):
    """No change has this number."""


class CannotUndoError(StoreError):
    """A change can no longer be taken back, because something newer stands on it."""
