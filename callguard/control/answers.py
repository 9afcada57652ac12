"""The house's things as JSON, for answers."""

from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from datetime import date, tzinfo
from enum import Enum
from pathlib import Path
from typing import Any

from callguard.config import Origin, OriginKind
from callguard.model.complaint import Complaint, Draft
from callguard.model.health import Problem
from callguard.model.number import pretty
from callguard.model.numberlist import ListInfo, ListState, Progress, Updated
from callguard.model.relationship import Relationship
from callguard.model.rule import Change, Rule
from callguard.model.rulevalue import describe
from callguard.model.text import plain


def rule_facts(rule: Rule, country: str, zone: tzinfo) -> dict[str, Any]:
    """Return a rule; times are the household's."""
    return {
        "id": rule.id,
        "list": rule.list.value,
        "kind": rule.kind.value,
        "value": rule.value,
        "readable": describe(rule, country),
        "note": rule.note,
        "line": rule.line,
        "hours": str(rule.schedule) if rule.schedule else "",
        "until": rule.until.astimezone(zone).isoformat() if rule.until else None,
        "uses": rule.uses_left,
        "created_at": rule.created_at.astimezone(zone).isoformat() if rule.created_at else None,
        "locked": rule.locked,
        "origin": rule.origin,
    }


def change_facts(change: Change, zone: tzinfo) -> dict[str, Any]:
    """Return a change; its time is the household's."""
    return {
        "id": change.id,
        "at": change.at.astimezone(zone).isoformat(),
        "by": change.by,
        "what": change.what,
        "subject": change.subject,
        "about": change.about,
        "undone_by": change.undone_by,
    }


def origin_text(origin: Origin) -> str:
    """Return where a setting comes from: `config.yaml:41`, `env NAME`, `set in the console` or `default`."""
    if origin.kind is not OriginKind.FILE:
        return str(origin)
    name = Path(origin.name).name
    return f"{name}:{origin.line}" if origin.line else name


def relationship_facts(relationship: Relationship, country: str) -> dict[str, Any]:
    """Return a relationship; days are written like 2026-12-01."""
    return {**jsonable(relationship), "readable": [_readable(one, country) for one in relationship.numbers]}


def draft_facts(draft: Draft) -> dict[str, Any]:
    """Return a draft under the names of its fields, with the labels of what nobody can fill yet."""
    return {**jsonable(draft), "unanswered": list(draft.unanswered)}


def complaint_facts(complaint: Complaint) -> dict[str, Any]:
    """Return what the household said and did."""
    return dict(jsonable(complaint))


def jsonable(value: Any) -> Any:
    """Return plain data as JSON has it: dataclasses and mappings as objects, days and times in ISO 8601."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: jsonable(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def problem_facts(problem: Problem, zone: tzinfo) -> dict[str, str]:
    """Return a problem; its time is the household's."""
    return {
        "code": problem.code,
        "severity": problem.severity.value,
        "what": plain(problem.what, 400),
        "since": problem.since.astimezone(zone).isoformat(),
        "cure": plain(problem.cure, 400),
        "where": plain(problem.where),
    }


def list_facts(state: ListState, progress: Progress | None) -> dict[str, Any]:
    """Return how a list is."""
    return {
        "name": state.name,
        "title": plain(state.title),
        "mode": state.mode.value,
        "info": _info_facts(state.info) if state.info else None,
        "every": state.every.total_seconds(),
        "stale": state.stale,
        "last_tried_at": _iso(state.last_tried_at),
        "last_succeeded_at": _iso(state.last_succeeded_at),
        "last_changed_at": _iso(state.last_changed_at),
        "not_before": _iso(state.not_before),
        "error": plain(state.error, 400),
        "failures": state.failures,
        "size": state.size,
        "progress": asdict(progress) if progress else None,
    }


def updated_facts(updated: Updated) -> dict[str, Any]:
    """Return what came of an update."""
    return {**asdict(updated), "note": plain(updated.note, 400)}


def _info_facts(info: ListInfo) -> dict[str, Any]:
    return {
        "version": plain(info.version),
        "as_of": info.as_of.isoformat(),
        "retrieved_at": info.retrieved_at.isoformat(),
        "source": plain(info.source, 400),
        "numbers": info.numbers,
        "prefixes": info.prefixes,
        "accepted": info.accepted,
        "rejected": dict(info.rejected),
        "duplicates": info.duplicates,
    }


def _readable(number: str, country: str) -> str:
    return number if number.endswith("*") else pretty(number, country)


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment else None
