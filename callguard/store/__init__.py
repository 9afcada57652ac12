"""SQLite: call records and the household's own data; one thread writes, anybody reads."""

from callguard.store.archive import Archive
from callguard.store.calls import Counts
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
from callguard.store.forgetting import Forgettable, Forgotten
from callguard.store.hits import Hits
from callguard.store.preferences import stored_settings
from callguard.store.receipt import Receipt
from callguard.store.relationships import Saved
from callguard.store.retiring import Gone
from callguard.store.rules import Added, AddedMany
from callguard.store.searching import Filter, Page
from callguard.store.statistics import CallerHistory, Day, SourceShare, Statistics, TopCaller
from callguard.store.store import Opened, Store
from callguard.store.validity import storable_rule
from callguard.store.writer import Limits

__all__ = [
    "Added",
    "AddedMany",
    "AmbiguousIdError",
    "Archive",
    "BadCursorError",
    "CallerHistory",
    "CannotUndoError",
    "Counts",
    "DataDir",
    "Day",
    "Filter",
    "Forgettable",
    "Forgotten",
    "Gone",
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
    "SourceShare",
    "Statistics",
    "Store",
    "StoreError",
    "TopCaller",
    "UnreadableError",
    "UnstorableError",
    "storable_rule",
    "stored_settings",
]
