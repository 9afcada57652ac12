"""What the household said and did about complaints, in SQL: one row a call and agency, each change to be undone."""

import sqlite3
from dataclasses import replace
from functools import cache

from pydantic import TypeAdapter

from callguard.model.complaint import Complaint, ComplaintState
from callguard.model.rule import Change
from callguard.store import log
from callguard.store.errors import CannotUndoError
from callguard.store.log import Deed, Entry, Item, Stamp
from callguard.store.understanding import understood
from callguard.store.validity import storable_complaint

ABOUT = "complaint:"


@cache
def _body() -> TypeAdapter[Complaint]:
    # Takes 25 ms to make, which a house without one need not spend.
    return TypeAdapter(Complaint)


def find(connection: sqlite3.Connection, call_id: str, agency: str) -> Complaint | None:
    """Return what was said and done about a call towards one agency; None for nothing, or nothing understood."""
    body = _find(connection, call_id, agency)[0]
    return next(iter(understood(_body().validate_json, [body] if body else [])[0]), None)


def newest(connection: sqlite3.Connection, limit: int, call_id: str | None) -> tuple[Complaint, ...]:
    """Return the complaints about the newest calls, or about one call, newest first."""
    about, values = ("", (limit,)) if call_id is None else (" AND call = ?", (call_id, limit))
    rows = connection.execute(
        f"SELECT body FROM complaints WHERE body IS NOT NULL{about} ORDER BY call DESC, agency LIMIT ?", values
    ).fetchall()
    return tuple(understood(_body().validate_json, [body for (body,) in rows])[0])


def save(connection: sqlite3.Connection, wanted: Complaint, stamp: Stamp) -> Change | None:
    """Keep *wanted* in place of what there is about the same call and agency; None if it is so already."""
    kept = storable_complaint(wanted)
    before, found = _find(connection, kept.call_id, kept.agency)
    there = find(connection, kept.call_id, kept.agency)
    if there is not None and replace(there, changed_at=None) == replace(kept, changed_at=None):
        return None
    after = _body().dump_json(replace(kept, changed_at=stamp.at)).decode()
    about = f"{ABOUT}{kept.call_id}:{kept.agency}"
    did = [(None, before, after)]
    deed = Deed(what="complaint-changed", subject=_subject(kept), about=about, did=did, found=found)
    change = log.note(connection, stamp, deed)
    _put(connection, kept.call_id, kept.agency, after, change.id)
    return change


def add_all(source: sqlite3.Connection, target: sqlite3.Connection, stamp: Stamp) -> None:
    """Put those of *source* into *target*."""
    for body in [body for (body,) in source.execute("SELECT body FROM complaints WHERE body IS NOT NULL").fetchall()]:
        for one in understood(_body().validate_json, [body])[0]:
            save(target, one, stamp)


def undo(connection: sqlite3.Connection, entry: Entry) -> list[Item]:
    """Bring back what there was; CannotUndoError if it was changed since."""
    call_id, _, agency = entry.about.removeprefix(ABOUT).partition(":")
    if _find(connection, call_id, agency)[1] != entry.made:
        raise CannotUndoError(f"change {entry.change.id} cannot be undone: the complaint was changed since")
    did = list(entry.opposite)
    for _, _, text in did:
        _put(connection, call_id, agency, text if isinstance(text, str) else None, entry.found)
    return did


def _subject(complaint: Complaint) -> str:
    # What was answered stays out: the log of changes is shown more freely than the complaint.
    state = complaint.state.value
    if complaint.state is ComplaintState.FILED and complaint.filed_on:
        state = f"filed on {complaint.filed_on}"
    to = f" to {complaint.agency}" if complaint.agency else ""
    return f"complaint{to} about call {complaint.call_id}: {state}, answers: {len(complaint.answers)}"


def _find(connection: sqlite3.Connection, call_id: str, agency: str) -> tuple[str | None, int]:
    row = connection.execute(
        "SELECT body, version FROM complaints WHERE call = ? AND agency = ?", (call_id, agency)
    ).fetchone()
    return (row[0], row[1]) if row else (None, 0)


def _put(connection: sqlite3.Connection, call_id: str, agency: str, text: str | None, version: int) -> None:
    connection.execute(
        "INSERT INTO complaints (call, agency, body, version) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET body = excluded.body, version = excluded.version",
        (call_id, agency, text, version),
    )
