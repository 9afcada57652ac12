"""What the household says of calls in the review inbox, in SQL; each change can be undone."""

import sqlite3
from collections.abc import Collection

from callguard.model.experience import Opinion
from callguard.model.rule import Change
from callguard.store import log
from callguard.store.errors import CannotUndoError, NoSuchCallError
from callguard.store.log import Deed, Entry, Item, Stamp

ABOUT = "opinion:"
_MOST = 500  # ids in one statement

_WORDS = {Opinion.OPEN: "to be looked at again", Opinion.RIGHT: "right", Opinion.WRONG: "should have been otherwise"}


def give(connection: sqlite3.Connection, call_id: str, opinion: Opinion, stamp: Stamp) -> Change | None:
    """Keep what the household says of a call; None if it says so already, NoSuchCallError if there is none such."""
    row = connection.execute(
        "SELECT id, opinion, opinion_version, number, name FROM calls WHERE id = ?", (call_id.lower(),)
    ).fetchone()
    if row is None:
        raise NoSuchCallError(f"there is no call {call_id}")
    call, before, found, number, name = row
    if before == opinion:
        return None
    deed = Deed(
        what="opinion-given",
        subject=f"call {call} from {number or name or 'a hidden number'}: {_WORDS[opinion]}",
        about=f"{ABOUT}{call}",
        did=[(None, before, opinion.value)],
        found=found,
    )
    change = log.note(connection, stamp, deed)
    _put(connection, call, opinion.value, change.id)
    return change


def undo(connection: sqlite3.Connection, entry: Entry) -> list[Item]:
    """Bring back what was said before; CannotUndoError if more was said since, or the call is gone."""
    call = entry.about.removeprefix(ABOUT)
    found = connection.execute("SELECT opinion_version FROM calls WHERE id = ?", (call,)).fetchone()
    if found is None:
        raise CannotUndoError(f"change {entry.change.id} cannot be undone: the call is not kept any more")
    if found[0] != entry.made:
        raise CannotUndoError(f"change {entry.change.id} cannot be undone: something else was said of the call since")
    did = list(entry.opposite)
    for _, _, said in did:
        _put(connection, call, said if isinstance(said, str) else None, entry.found)
    return did


def of(connection: sqlite3.Connection, ids: Collection[str]) -> dict[str, Opinion]:
    """Return what is said of these calls."""
    wanted = tuple(ids)
    found: dict[str, Opinion] = {}
    for at in range(0, len(wanted), _MOST):
        some = wanted[at : at + _MOST]
        rows = connection.execute(
            f"SELECT id, opinion FROM calls WHERE opinion IS NOT NULL AND id IN ({', '.join('?' * len(some))})", some
        )
        found |= {call: Opinion(said) for call, said in rows.fetchall()}
    return found


def open_ones(connection: sqlite3.Connection) -> int:
    """Return how many calls nobody has looked at yet."""
    (found,) = connection.execute("SELECT count(*) FROM calls WHERE opinion = ?", (Opinion.OPEN.value,)).fetchone()
    return int(found)


def _put(connection: sqlite3.Connection, call: str, opinion: str | None, version: int) -> None:
    connection.execute("UPDATE calls SET opinion = ?, opinion_version = ? WHERE id = ?", (opinion, version, call))
