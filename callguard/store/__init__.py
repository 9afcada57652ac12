"""SQLite: call records and the household's own data; one thread writes, anybody reads."""

from callguard.store.calls import Counts, Filter, Page
from callguard.store.datadir import DataDir, InUseError
from callguard.store.errors import (
    AmbiguousIdError,
    BadCursorError,
    CannotUndoError,
    LostError,
    NoSuchCallError,
    NoSuchChangeError,
    NoSuchRelationshipError,
    NoSuchRuleError,
    NotWritableError,
    StoreError,
    UnreadableError,
    UnstorableError,
)
from callguard.store.hits import Hits
from callguard.store.preferences import stored_settings
from callguard.store.receipt import Receipt
from callguard.store.relationships import Saved
from callguard.store.rules import Added, AddedMany
from callguard.store.store import Opened, Store
from callguard.store.validity import storable_rule
from callguard.store.writer import Limits

__all__ = [
    "Added",
    "AddedMany",
    "AmbiguousIdError",
    "BadCursorError",
    "CannotUndoError",
    "Counts",
    "DataDir",
    "Filter",
    "Hits",
    "InUseError",
    "Limits",
    "LostError",
    "NoSuchCallError",
    "NoSuchChangeError",
    "NoSuchRelationshipError",
    "NoSuchRuleError",
    "NotWritableError",
    "Opened",
    "Page",
    "Receipt",
    "Saved",
    "Store",
    "StoreError",
    "UnreadableError",
    "UnstorableError",
    "storable_rule",
    "stored_settings",
]
