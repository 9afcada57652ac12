"""The household's rules in SQL. A rule never changes but for its uses: other words are another rule in its place."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from callguard.model.rule import Change, Rule, RuleKind, RuleList
from callguard.model.schedule import Schedule
from callguard.store import log
from callguard.store.errors import CannotUndoError, NoSuchRuleError, UnstorableError
from callguard.store.log import Deed, Entry, Item, Stamp
from callguard.store.overlap import common_beginning, overlap
from callguard.store.times import maybe, milliseconds, moment
from callguard.store.understanding import understood
from callguard.store.validity import storable_rule

MOST_AT_ONCE = 10_000
_RULE = "id, list, kind, value, note, line, schedule, until, uses_left, created_at, origin"
_Row = tuple[int, str, str, str, str, str, str, int | None, int | None, int, str]
_Part = tuple[int | None, int | None]  # put out of force, put in force


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What came of adding a rule."""

    rule: Rule
    change: Change | None
    "None if the rule was there already."
    conflicts: tuple[Rule, ...] = ()
    "Rules that want the opposite for a number it is about; the policy's ladder settles which of them counts."
    replaced: Rule | None = None
    "The rule that gave way: the same, but for its end, its uses or its note."


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedMany:
    """What came of adding many rules as one change."""

    added: tuple[Rule, ...]
    there_already: tuple[Rule, ...]
    change: Change | None
    "None if all of them were there already."
    replaced: tuple[Rule, ...] = ()
    "Rules that gave way to some of those added: the same, but for their end, their uses or their note."


@dataclass(frozen=True, slots=True)
class Stored:
    """The rules in force, and which calls used those that may be used so many times."""

    rules: tuple[Rule, ...] = ()
    uses: frozenset[tuple[int, str]] = frozenset()
    unreadable: int = 0
    "Rules that this version does not understand, and that are not in force."


def read(connection: sqlite3.Connection, before: Mapping[int, Rule]) -> Stored:
    """Return the rules in force, oldest first; those known from *before* are not read again."""
    in_force = connection.execute("SELECT id, uses_left FROM rules WHERE in_force = 1 ORDER BY id").fetchall()
    fresh, unreadable = _read_new(connection, [number for number, _ in in_force if number not in before])
    known = {**before, **fresh}
    rules = [_with_uses(known[number], uses_left) for number, uses_left in in_force if number in known]
    uses = connection.execute("SELECT rule, call FROM uses WHERE rule IN (SELECT id FROM rules WHERE in_force = 1)")
    return Stored(tuple(rules), frozenset(uses.fetchall()), unreadable)


def add(connection: sqlite3.Connection, rule: Rule, stamp: Stamp, instead_of: int | None = None) -> Added:
    """Put *rule* in force, unless it is; one that differs in its end, its uses or its note takes its place.

    The rule with the number *instead_of* gives way to it, whatever it is about, in the same change.
    """
    rule = storable_rule(rule)
    former = None if instead_of is None else _of_force(connection, instead_of)
    if former is not None and (_identity(former), _rest(former)) == (_identity(rule), _rest(rule)):
        return Added(rule=former, change=None, conflicts=_conflicts(connection, rule))
    if former is not None:
        _set_in_force(connection, former.id, 0)
    conflicts = _conflicts(connection, rule)
    now, before = _put(connection, rule, stamp)
    if now is before and former is None:
        return Added(rule=now, change=None, conflicts=conflicts)
    what = "rule-replaced" if before or former else "rule-added"
    change = _note(connection, stamp, what, subject(now), _exchanged(now, before, former))
    return Added(rule=now, change=change, conflicts=conflicts, replaced=former or before)


def add_many(connection: sqlite3.Connection, rules: Sequence[Rule], stamp: Stamp, about: str) -> AddedMany:
    """Put *rules* in force as one change; of two that differ only in end, uses or note the later one counts."""
    if len(rules) > MOST_AT_ONCE:
        raise UnstorableError(f"{len(rules)} rules are too many at once: at most {MOST_AT_ONCE}")
    wanted = {_identity(rule): rule for rule in map(storable_rule, rules)}
    done = [_put(connection, rule, stamp) for rule in wanted.values()]
    changed = [(now, before) for now, before in done if now is not before]
    parts = [(before.id if before else None, now.id) for now, before in changed]
    return AddedMany(
        added=tuple(now for now, _ in changed),
        there_already=tuple(now for now, before in done if now is before),
        change=_note(connection, stamp, "rules-added", about, parts) if parts else None,
        replaced=tuple(before for _, before in changed if before),
    )


def remove(connection: sqlite3.Connection, number: int, stamp: Stamp) -> Change:
    """Take a rule out of force."""
    return _end(connection, _of_force(connection, number), stamp, "rule-removed")


def spend(connection: sqlite3.Connection, number: int, call_id: str, stamp: Stamp) -> Change | None:
    """Note that a call used a rule, once however often it is said; the last use takes the rule out of force."""
    rule = _find(connection, number)
    known = connection.execute("SELECT 1 FROM uses WHERE rule = ? AND call = ?", (number, call_id)).fetchone()
    if known or rule.uses_left is None:
        return None
    if not _is_in_force(connection, number):
        raise NoSuchRuleError(f"rule {number} ({subject(rule)}) is not in force any more")
    connection.execute("INSERT INTO uses (rule, call) VALUES (?, ?)", (number, call_id))
    if rule.uses_left <= 1:  # one use is left in the row, for whoever undoes this
        return _end(connection, rule, stamp, "rule-used-up")
    connection.execute("UPDATE rules SET uses_left = uses_left - 1 WHERE id = ?", (number,))
    return None


def expire(connection: sqlite3.Connection, stamp: Stamp) -> tuple[Change, ...]:
    """Take the rules out of force whose time has passed."""
    over = connection.execute(
        f"SELECT {_RULE} FROM rules WHERE in_force = 1 AND until <= ? ORDER BY id", (milliseconds(stamp.at),)
    ).fetchall()
    return tuple(_end(connection, rule, stamp, "rule-expired") for rule in understood(_rule, over)[0])


def undo(connection: sqlite3.Connection, entry: Entry) -> list[Item]:
    """Take a change back as far as nothing newer stands on it; CannotUndoError if that is nowhere."""
    parts = [(put_in, taken_out) for _, taken_out, put_in in _numbers(entry)]
    free = [part for part in parts if not _overtaken(connection, *part)]
    if not free:
        why = _overtaken(connection, *parts[0]) if parts else "it changed nothing"
        raise CannotUndoError(f"change {entry.change.id} cannot be undone: {why}")
    for out, back in free:
        _set_in_force(connection, out, 0)
        _set_in_force(connection, back, 1)
    return _items(free)


def subject(rule: Rule) -> str:
    """Return a rule in a few words for people."""
    value = {
        RuleKind.PREFIX: f"{rule.value}*",
        RuleKind.ANYONE: "anyone",
        RuleKind.NAME: f"the name “{rule.value}”",
        RuleKind.PATTERN: f"the pattern {rule.value}",
        RuleKind.PRESENTATION: f"{rule.value} numbers",
        RuleKind.TYPE: f"{rule.value} numbers",
        RuleKind.COUNTRY: f"numbers of {rule.value}",
    }.get(rule.kind, rule.value)
    where = f" ({rule.line})" if rule.line else ""
    return f"{value} on the {rule.list} list{where}"


def _read_new(connection: sqlite3.Connection, numbers: Sequence[int]) -> tuple[dict[int, Rule], int]:
    if not numbers:
        return {}, 0
    wanted = set(numbers)
    rows = connection.execute(
        f"SELECT {_RULE} FROM rules WHERE in_force = 1 AND id BETWEEN ? AND ?", (numbers[0], numbers[-1])
    )
    made, unreadable = understood(_rule, [row for row in rows.fetchall() if row[0] in wanted])
    return {rule.id: rule for rule in made}, unreadable


def _with_uses(rule: Rule, uses_left: int | None) -> Rule:
    return rule if rule.uses_left == uses_left else replace(rule, uses_left=uses_left)


def _put(connection: sqlite3.Connection, rule: Rule, stamp: Stamp) -> tuple[Rule, Rule | None]:
    """Return the rule in force now and the one before, which is the same one if nothing had to be done."""
    there = _in_force(connection, rule)
    if there:
        rule = replace(rule, note=rule.note or there.note)
        if _rest(rule) == _rest(there):
            return there, there
        _set_in_force(connection, there.id, 0)
    (number,) = connection.execute(
        "INSERT INTO rules (list, kind, value, note, line, schedule, until, uses_left, created_at, origin, in_force)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) RETURNING id",
        (
            *_identity(rule)[:3],
            rule.note,
            *_identity(rule)[3:],
            *_rest(rule)[:2],
            milliseconds(stamp.at),
            rule.origin or stamp.by,
        ),
    ).fetchone()
    return _find(connection, number), there


def _exchanged(now: Rule, before: Rule | None, former: Rule | None) -> list[_Part]:
    """Return what was put out of force for *now*: one like it *before*, and the one it was made from."""
    if former is None or before is None:
        gone = former or before
        return [(gone.id if gone else None, now.id)]
    return [(former.id, None)] if now is before else [(before.id, now.id), (former.id, None)]


def _of_force(connection: sqlite3.Connection, number: int) -> Rule:
    rule = _find(connection, number)
    if not _is_in_force(connection, number):
        raise NoSuchRuleError(f"rule {number} ({subject(rule)}) was removed before")
    return rule


def _end(connection: sqlite3.Connection, rule: Rule, stamp: Stamp, what: str) -> Change:
    _set_in_force(connection, rule.id, 0)
    return _note(connection, stamp, what, subject(rule), [(rule.id, None)])


def _note(connection: sqlite3.Connection, stamp: Stamp, what: str, about: str, parts: Sequence[_Part]) -> Change:
    return log.note(connection, stamp, Deed(what=what, subject=about, about=log.RULES, did=_items(parts)))


def _items(parts: Sequence[_Part]) -> list[Item]:
    return [(None, out, put_in) for out, put_in in parts]


def _numbers(entry: Entry) -> list[tuple[None, int | None, int | None]]:
    def number(value: object) -> int | None:
        return value if isinstance(value, int) else None

    return [(None, number(out), number(put_in)) for _, out, put_in in entry.did]


def _overtaken(connection: sqlite3.Connection, out: int | None, back: int | None) -> str:
    """Tell why a rule cannot be put *out* of force and another *back*; empty if it can."""
    if out is not None and not _is_in_force(connection, out):
        return f"{subject(_find(connection, out))} has been removed since"
    if back is None:
        return ""
    rule = _find(connection, back)
    there = _in_force(connection, rule)
    return "" if there is None or there.id == out else f"{subject(rule)} has been added again"


def _conflicts(connection: sqlite3.Connection, rule: Rule) -> tuple[Rule, ...]:
    block, beginning = RuleList.BLOCK, common_beginning(rule)
    rows = connection.execute(
        f"SELECT {_RULE} FROM rules WHERE in_force = 1 AND list {'<>' if rule.list is block else '='} ?1 AND"
        " (kind = 'range' OR kind = 'prefix' AND substr(?2, 1, length(value)) = value"
        " OR substr(value, 1, length(?2)) = ?2) ORDER BY id",
        (block, beginning),
    )
    return tuple(other for other in understood(_rule, rows.fetchall())[0] if overlap(rule, other))


def _in_force(connection: sqlite3.Connection, rule: Rule) -> Rule | None:
    row = connection.execute(
        f"SELECT {_RULE} FROM rules WHERE in_force = 1"
        " AND list = ? AND kind = ? AND value = ? AND line = ? AND schedule = ?",
        _identity(rule),
    ).fetchone()
    return _rule(row) if row else None


def _is_in_force(connection: sqlite3.Connection, number: int) -> bool:
    return connection.execute("SELECT 1 FROM rules WHERE id = ? AND in_force = 1", (number,)).fetchone() is not None


def _set_in_force(connection: sqlite3.Connection, number: int | None, to: int) -> None:
    connection.execute("UPDATE rules SET in_force = ? WHERE id = ?", (to, number))


def _find(connection: sqlite3.Connection, number: int) -> Rule:
    row = connection.execute(f"SELECT {_RULE} FROM rules WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise NoSuchRuleError(f"there is no rule {number}")
    return _rule(row)


def _identity(rule: Rule) -> tuple[str, str, str, str, str]:
    """Return what no two rules in force have in common."""
    return rule.list.value, rule.kind.value, rule.value, rule.line, str(rule.schedule) if rule.schedule else ""


def _rest(rule: Rule) -> tuple[int | None, int | None, str]:
    return None if rule.until is None else milliseconds(rule.until), rule.uses_left, rule.note


def _rule(row: _Row) -> Rule:
    number, on, kind, value, note, line, schedule, until, uses_left, created, origin = row
    return Rule(
        id=number,
        list=RuleList(on),
        kind=RuleKind(kind),
        value=value,
        note=note,
        line=line,
        schedule=Schedule.parse(schedule) if schedule else None,
        until=maybe(until),
        uses_left=uses_left,
        created_at=moment(created),
        origin=origin,
    )
