"""How answers look on a terminal."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
_COLOURS = {"BLOCKED": "red", "RANG": "green", "SCREENED": "yellow", "GONE": "cyan"}
LINE_MARKS = {"protecting": ("●", "green"), "starting": ("◌", "yellow"), "deaf": ("▲", "red")}
"""How a line is at a glance: a mark and its colour."""
_MARKS = {"ok": ("✔", "green"), "warning": ("⚠", "yellow"), "problem": ("✖", "red")}


def json_option(function: F) -> F:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")(function)


def print_json(answer: Any) -> None:
    """Print *answer* for a script."""
    click.echo(json.dumps(answer, indent=2))


def verdict_line(call: Mapping[str, Any], *, day: bool = False) -> str:
    """Return one call on one line: when, what happened, who, why."""
    at = datetime.fromisoformat(call["at"])
    when = f"{at:%a %d %b %H:%M:%S}" if day else f"{at:%H:%M:%S}"
    headline = str(call["headline"])
    styled = click.style(f"{headline:<8}", fg=_COLOURS.get(headline), bold=True)
    return f"{click.style(when, dim=True)}  {styled}  {call['who']:<32}  {call['reason']}"


def finding_line(finding: Mapping[str, Any]) -> str:
    """Return one finding of the doctor, with its cure."""
    mark, colour = _MARKS[finding["grade"]]
    line = f"{click.style(mark, fg=colour)} {finding['part']:<18} {finding['text']}"
    return f"{line}\n{'':<21}→ {finding['cure']}" if finding["cure"] and finding["grade"] != "ok" else line


def problem_lines(problem: Mapping[str, Any]) -> str:
    """Return one problem, since when, and its cure."""
    since = datetime.fromisoformat(problem["since"])
    mark, colour = _MARKS["warning" if problem["severity"] == "note" else "problem"]
    told = f"{click.style(mark, fg=colour)} {problem['what']} (since {since:%H:%M})"
    return f"{told}\n    → {problem['cure']}"


def counted(number: int, noun: str) -> str:
    """Return so many of something: `1 call`, `2 calls`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
