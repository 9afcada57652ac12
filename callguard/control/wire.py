"""One question and one answer a connection, each a line of JSON."""

import json
from collections.abc import Iterator
from typing import Any

LONGEST_QUESTION = 16 * 1024 * 1024
"""Bytes: an address book, or ten thousand rules, in one question."""
LONGEST_ANSWER = 64 * 1024 * 1024
_AT_ONCE = 100
"""Items of a list that are written in one go."""


class RefusedError(Exception):
    """The house understood the question and says no, in words for the person who asked."""


def question(command: str, arguments: dict[str, Any]) -> bytes:
    """Return the line that asks for *command*."""
    return json.dumps({"command": command, "arguments": arguments}).encode() + b"\n"


def read_question(line: bytes) -> tuple[str, dict[str, Any]]:
    """Return the command and its arguments; RefusedError if *line* is no question."""
    try:
        asked = json.loads(line)
        command, arguments = asked["command"], asked.get("arguments", {})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RefusedError("that is no question this house understands") from error
    if not isinstance(command, str) or not isinstance(arguments, dict):
        raise RefusedError("that is no question this house understands")
    return command, arguments


def answer(result: object) -> Iterator[bytes]:
    """Yield the line that answers with *result*, in parts none of which takes long to make."""
    for part in _parts({"ok": True, "result": result}):
        yield part.encode()
    yield b"\n"


def refusal(reason: str) -> bytes:
    """Return the line that refuses, saying why."""
    return json.dumps({"ok": False, "error": reason}).encode() + b"\n"


def read_answer(line: bytes) -> Any:
    """Return the result in *line*; RefusedError carries the house's reason."""
    if not line.endswith(b"\n"):
        raise RefusedError("the daemon went away before it had answered; `callguard status` says whether it runs")
    try:
        given = json.loads(line)
        if given["ok"]:
            return given["result"]
        reason = str(given["error"])
    except (ValueError, KeyError, TypeError) as error:
        raise RefusedError("the daemon gave no proper answer; is it another version?") from error
    raise RefusedError(reason)


def _parts(value: object) -> Iterator[str]:
    if isinstance(value, dict) and value and all(isinstance(key, str) for key in value):
        for place, (key, item) in enumerate(value.items()):
            yield f"{', ' if place else '{'}{json.dumps(key)}: "
            yield from _parts(item)
        yield "}"
    elif isinstance(value, list) and len(value) > _AT_ONCE:
        for start in range(0, len(value), _AT_ONCE):
            yield (", " if start else "[") + json.dumps(value[start : start + _AT_ONCE])[1:-1]
        yield "]"
    else:
        yield json.dumps(value)


def read_event(line: bytes) -> dict[str, Any]:
    """Return what a watcher is told in *line*; RefusedError carries the reason if it may not watch."""
    try:
        told = json.loads(line)
    except ValueError:
        told = None
    if isinstance(told, dict) and "event" in told:
        return told
    read_answer(line)  # raises with the reason
    raise RefusedError("the daemon tells nothing that can be understood; is it another version?")
