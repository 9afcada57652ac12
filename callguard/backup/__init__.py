"""Backups: one zip with a manifest, looked over before it is believed, and the way back."""

from callguard.backup.comparing import Difference, Part, compare
from callguard.backup.errors import BackupError, NotABackupError
from callguard.backup.keeping import Kept, backups, tidy
from callguard.backup.looking import look
from callguard.backup.making import Made, make
from callguard.backup.manifest import Entry, Manifest
from callguard.backup.restoring import apply_pending, is_pending, restore_problems, stage, take_back

__all__ = [
    "BackupError",
    "Difference",
    "Entry",
    "Kept",
    "Made",
    "Manifest",
    "NotABackupError",
    "Part",
    "apply_pending",
    "backups",
    "compare",
    "is_pending",
    "look",
    "make",
    "restore_problems",
    "stage",
    "take_back",
    "tidy",
]
