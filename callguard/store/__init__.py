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
    NoSuchRuleError,
    NotWritableError,
    StoreError,
    UnreadableError,
    UnstorableError,
)
from callguard.store.household import Added
from callguard.store.receipt import Receipt
from callguard.store.store import Opened, Store
from callguard.store.writer import Limits

__all__ = [
    "Added",
    "AmbiguousIdError",
    "BadCursorError",
    "CannotUndoError",
    "Counts",
    "DataDir",
    "Filter",
    "InUseError",
    "Limits",
    "LostError",
    "NoSuchCallError",
    "NoSuchChangeError",
    "NoSuchRuleError",
    "NotWritableError",
    "Opened",
    "Page",
    "Receipt",
    "Store",
    "StoreError",
    "UnreadableError",
    "UnstorableError",
]
