"""The household's rules in SQL, and every change of them, to be explained and undone."""

import re
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from callguard.model.rule import Change, Rule, RuleKind, RuleList
from callguard.model.wire import clean
from callguard.store.calls import milliseconds, moment
from callguard.store.errors import CannotUndoError, NoSuchChangeError, NoSuchRuleError, UnstorableError

_VALUE = re.compile(r"\+[0-9]{1,15}")
_RULE = "id, list, kind, value, note, created_at, origin"
_CHANGE = "id, at, by, what, subject, undone_by"


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What came of adding a rule."""

    rule: Rule
    change: Change | None
    "None if the rule was there already."
    conflicts: tuple[Rule, ...] = ()
    "Rules of the other list that share a number with it; the policy's ladder settles which of them counts."


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rules in force."""

    rules: tuple[Rule, ...]
    revision: int
    "The newest change."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A change together with what it did."""

    change: Change
    rule: int
    in_force: bool
    undoes: int | None


def snapshot(connection: sqlite3.Connection) -> Snapshot:
    """Return the rules in force, oldest first."""
    rows = connection.execute(f"SELECT {_RULE} FROM rules WHERE in_force = 1 ORDER BY id").fetchall()
    (newest,) = connection.execute("SELECT ifnull(max(id), 0) FROM changes").fetchone()
    return Snapshot(tuple(_rule(row) for row in rows), newest)


def add(connection: sqlite3.Connection, rule: Rule, by: str, now: datetime) -> Added:
    """Put *rule* in force, unless it is."""
    if not _VALUE.fullmatch(rule.value):
        raise UnstorableError(f"{rule.value!r:.60} is not + and digits")
    conflicts = _conflicts(connection, rule)
    if there := _in_force(connection, rule):
        return Added(rule=there, change=None, conflicts=conflicts)
    (number,) = connection.execute(
        "INSERT INTO rules (list, kind, value, note, created_at, origin, in_force) VALUES (?, ?, ?, ?, ?, ?, 1)"
        " RETURNING id",
        (rule.list, rule.kind, rule.value, clean(rule.note), milliseconds(now), clean(rule.origin or by)),
    ).fetchone()
    added = _find(connection, number)
    change = _note(connection, added, at=now, by=by, what="rule-added", in_force=True)
    return Added(rule=added, change=change, conflicts=conflicts)


def remove(connection: sqlite3.Connection, number: int, by: str, now: datetime) -> Change:
    """Take a rule out of force."""
    rule = _find(connection, number)
    if not _is_in_force(connection, number):
        raise NoSuchRuleError(f"rule {number} ({_subject(rule)}) was removed before")
    connection.execute("UPDATE rules SET in_force = 0 WHERE id = ?", (number,))
    return _note(connection, rule, at=now, by=by, what="rule-removed", in_force=False)


def changes(connection: sqlite3.Connection, limit: int) -> tuple[Change, ...]:
    """Return the newest changes, newest first."""
    rows = connection.execute(f"SELECT {_CHANGE} FROM changes ORDER BY id DESC LIMIT ?", (limit,))
    return tuple(_change(row) for row in rows.fetchall())


def undo(connection: sqlite3.Connection, number: int, by: str, now: datetime) -> Change:
    """Take a change back; a second time returns what the first did. Undoing an undo does the change again."""
    step = _step(connection, number)
    if step.change.undone_by is not None:
        return _step(connection, step.change.undone_by).change
    rule = _find(connection, step.rule)
    _refuse_if_overtaken(connection, step, rule)
    connection.execute("UPDATE rules SET in_force = ? WHERE id = ?", (not step.in_force, step.rule))
    change = _note(connection, rule, at=now, by=by, what="undone", in_force=not step.in_force, undoes=number)
    connection.execute("UPDATE changes SET undone_by = ? WHERE id = ?", (change.id, number))
    if step.undoes is not None:  # the change it had taken back stands again
        connection.execute("UPDATE changes SET undone_by = NULL WHERE id = ?", (step.undoes,))
    return change


def _refuse_if_overtaken(connection: sqlite3.Connection, step: _Step, rule: Rule) -> None:
    same = _in_force(connection, rule)
    if step.in_force and (same is None or same.id != step.rule):
        raise CannotUndoError(f"change {step.change.id} cannot be undone: {_subject(rule)} has been removed since")
    if not step.in_force and same is not None:
        raise CannotUndoError(f"change {step.change.id} cannot be undone: {_subject(rule)} has been added again")


def _note(  # noqa: PLR0913
    connection: sqlite3.Connection,
    rule: Rule,
    *,
    at: datetime,
    by: str,
    what: str,
    in_force: bool,
    undoes: int | None = None,
) -> Change:
    row = connection.execute(
        "INSERT INTO changes (at, by, what, subject, rule, in_force, undoes) VALUES (?, ?, ?, ?, ?, ?, ?)"
        f" RETURNING {_CHANGE}",
        (milliseconds(at), clean(by), what, _subject(rule), rule.id, in_force, undoes),
    ).fetchone()
    return _change(row)


def _conflicts(connection: sqlite3.Connection, rule: Rule) -> tuple[Rule, ...]:
    rows = connection.execute(f"SELECT {_RULE} FROM rules WHERE in_force = 1 AND list <> ? ORDER BY id", (rule.list,))
    return tuple(other for other in map(_rule, rows.fetchall()) if _covers(rule, other) or _covers(other, rule))


def _covers(wide: Rule, narrow: Rule) -> bool:
    if wide.kind is RuleKind.PREFIX:
        return narrow.value.startswith(wide.value)
    return narrow.kind is RuleKind.EXACT and narrow.value == wide.value


def _in_force(connection: sqlite3.Connection, rule: Rule) -> Rule | None:
    row = connection.execute(
        f"SELECT {_RULE} FROM rules WHERE in_force = 1 AND list = ? AND kind = ? AND value = ?",
        (rule.list, rule.kind, rule.value),
    ).fetchone()
    return _rule(row) if row else None


def _is_in_force(connection: sqlite3.Connection, number: int) -> bool:
    return connection.execute("SELECT 1 FROM rules WHERE id = ? AND in_force = 1", (number,)).fetchone() is not None


def _find(connection: sqlite3.Connection, number: int) -> Rule:
    row = connection.execute(f"SELECT {_RULE} FROM rules WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise NoSuchRuleError(f"there is no rule {number}")
    return _rule(row)


def _step(connection: sqlite3.Connection, number: int) -> _Step:
    row = connection.execute(
        f"SELECT {_CHANGE}, rule, in_force, undoes FROM changes WHERE id = ?", (number,)
    ).fetchone()
    if row is None:
        raise NoSuchChangeError(f"there is no change {number}")
    return _Step(change=_change(row[:6]), rule=row[6], in_force=bool(row[7]), undoes=row[8])


def _rule(row: tuple[int, str, str, str, str, int, str]) -> Rule:
    number, on, kind, value, note, created, origin = row
    return Rule(
        id=number,
        list=RuleList(on),
        kind=RuleKind(kind),
        value=value,
        note=note,
        created_at=moment(created),
        origin=origin,
    )


def _change(row: tuple[int, int, str, str, str, int | None]) -> Change:
    number, at, by, what, subject, undone_by = row
    return Change(id=number, at=moment(at), by=by, what=what, subject=subject, undone_by=undone_by)


def _subject(rule: Rule) -> str:
    star = "*" if rule.kind is RuleKind.PREFIX else ""
    return f"{rule.value}{star} on the {rule.list} list"
