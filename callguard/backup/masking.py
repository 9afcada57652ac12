"""Takes secrets out of what goes into a backup."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import yaml

from callguard.config.secrets import clear_secrets
from callguard.config.shapes import is_secret_name
from callguard.config.tree import Path as Key
from callguard.config.tree import Section
from callguard.home import JSON

MASK: Final = "***"
IsSecret = Callable[[Key], bool]
_SETTING = "setting:"
_IN_ADDRESS = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_IN_COMMENT = re.compile(r"(#.*?\b([A-Za-z_]+)\s*:\s*)(\S.*)")


def secret_keys(tree: Section | None) -> IsSecret:
    """Return what tells whether the value at a key is a secret: by the settings' own knowledge, or by its name."""
    known = {path for path, _ in clear_secrets(tree)} if tree else set()
    return lambda path: path in known or any(is_secret_name(str(step)) for step in path)


def masked_yaml(data: bytes, is_secret: IsSecret) -> tuple[str, int]:
    """Return a configuration without its secrets, and how many they were; ValueError if it cannot be read."""
    text = data.decode("utf-8").removeprefix("\ufeff")
    try:
        spans = sorted(set(_spans(text, is_secret)), reverse=True)
    except (yaml.YAMLError, OverflowError) as error:
        raise ValueError(str(error)) from error
    for start, end in spans:
        text = f'{text[:start]}"{MASK}"{text[end:]}'
    lines, more = [], 0
    for line in text.split("\n"):
        masked = _IN_ADDRESS.sub(MASK, _IN_COMMENT.sub(_without_comment, line))
        more += masked != line
        lines.append(masked)
    return "\n".join(lines), len(spans) + more


def mask_settings(connection: sqlite3.Connection, is_secret: IsSecret) -> list[str]:
    """Take the secrets out of settings that were made by command, and out of their history; returns their keys."""
    found: list[str] = []
    for key, value in connection.execute("SELECT key, value FROM settings WHERE value IS NOT NULL").fetchall():
        masked = _masked_text(value, _steps(key), is_secret)
        if masked != value:
            found.append(key)
            # A setting that is nothing but a secret is as if it had never been set.
            kept = None if masked == json.dumps(MASK) else masked
            connection.execute("UPDATE settings SET value = ? WHERE key = ?", (kept, key))
    sql = "SELECT id, about, did FROM changes WHERE about LIKE ? || '%'"
    for number, about, did in connection.execute(sql, (_SETTING,)).fetchall():
        path = _steps(about.removeprefix(_SETTING))
        texts = [[_masked_text(item, path, is_secret) for item in items] for items in json.loads(did)]
        masked = json.dumps(texts, separators=(",", ":"))
        if masked != did:
            found.append(about.removeprefix(_SETTING))
            connection.execute("UPDATE changes SET did = ? WHERE id = ?", (masked, number))
    return sorted(set(found))


def _without_comment(found: re.Match[str]) -> str:
    return f"{found[1]}{MASK}" if is_secret_name(found[2]) else found[0]


def _spans(text: str, is_secret: IsSecret) -> Iterator[tuple[int, int]]:
    """Return from where to where the secrets stand."""
    anchors: dict[str, tuple[int, int]] = {}
    for path, event in _values(iter(yaml.parse(text, Loader=yaml.SafeLoader))):
        if event.start_mark is None or event.end_mark is None:
            continue
        start, end = event.start_mark.index, event.end_mark.index
        span = (start, start + len(text[start:end].rstrip()))
        anchor = str(getattr(event, "anchor", None) or "")
        if isinstance(event, yaml.ScalarEvent):
            if anchor:
                anchors[anchor] = span
            if event.value and event.tag not in ("!env", "!file") and is_secret(path):
                yield span
        elif is_secret(path) and anchor in anchors:
            yield anchors[anchor]


def _values(events: Iterator[yaml.Event]) -> Iterator[tuple[Key, yaml.Event]]:
    """Return every text and every alias that is a value, with its path; without recursion, however deep it goes."""
    path: list[str | int | None] = []  # None: in a section, a key comes next
    for event in events:
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            path.append(None if isinstance(event, yaml.MappingStartEvent) else 0)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            path.pop()
            _step_on(path)
        elif isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            if path and path[-1] is None:
                path[-1] = str(getattr(event, "value", ""))
            else:
                yield tuple(step for step in path if step is not None), event
                _step_on(path)


def _step_on(path: list[str | int | None]) -> None:
    if path:
        path[-1] = path[-1] + 1 if isinstance(path[-1], int) else None


def _masked_text(text: object, path: Key, is_secret: IsSecret) -> object:
    if not isinstance(text, str):
        return text
    try:
        value: JSON = json.loads(text)
    except ValueError:
        return text
    masked = _masked(value, path, is_secret)
    return text if masked == value else json.dumps(masked, ensure_ascii=False, separators=(",", ":"))


def _masked(value: JSON, path: Key, is_secret: IsSecret) -> JSON:
    if isinstance(value, Mapping):
        return {key: _masked(item, (*path, key), is_secret) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_masked(item, (*path, place), is_secret) for place, item in enumerate(value)]
    if value is None or value == "":
        return value
    if is_secret(path):
        return MASK
    return _IN_ADDRESS.sub(MASK, value) if isinstance(value, str) else value


def _steps(key: str) -> Key:
    return tuple(int(step) if step.isascii() and step.isdecimal() else step for step in key.split(".") if step)
