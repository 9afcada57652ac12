"""Takes secrets out of what goes into a backup."""

import json
import re
import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
_COMMENT = re.compile(r"(?:(?<=\s)|^)#.*", re.MULTILINE)
_KEY = re.compile(r"\b([A-Za-z_]+)\s*:\s*(?=\S)")


def secret_keys(tree: Section | None) -> IsSecret:
    """Return what tells whether the value at a key is a secret: by the settings' own knowledge, or by its name."""
    known = {path for path, _ in clear_secrets(tree)} if tree else set()
    return lambda path: path in known or any(is_secret_name(str(step)) for step in path)


def masked_yaml(data: bytes, is_secret: IsSecret) -> tuple[str, int]:
    """Return a configuration without its secrets, and how many they were; ValueError if it cannot be read."""
    text = data.decode("utf-8").removeprefix("\ufeff")
    try:
        values = list(_values(iter(yaml.parse(text, Loader=yaml.SafeLoader)), text))
    except (yaml.YAMLError, OverflowError) as error:
        raise ValueError(str(error)) from error
    found = {(*span, f'"{MASK}"') for span in _secrets(values, is_secret)}
    found |= {(*span, MASK) for span in _in_comments(text, [value.span for value in values])}
    for start, end, mask in sorted(found, reverse=True):
        text = text[:start] + mask + text[end:]
    text, more = _IN_ADDRESS.subn(MASK, text)
    return text, len(found) + more


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


@dataclass(frozen=True, slots=True)
class _Value:
    """A text in the file, or an alias of one; *path* is None for a key."""

    path: Key | None
    span: tuple[int, int]
    anchor: str
    is_alias: bool
    is_harmless: bool
    "Empty, or a reference to where the secret is kept."


def _secrets(values: Sequence[_Value], is_secret: IsSecret) -> Iterator[tuple[int, int]]:
    """Return from where to where the secrets stand."""
    anchors: dict[str, tuple[int, int]] = {}
    for value in values:
        if value.anchor and not value.is_alias:
            anchors[value.anchor] = value.span
        if value.path is not None and not value.is_harmless and is_secret(value.path):
            span = anchors.get(value.anchor) if value.is_alias else value.span
            yield from [span] if span else []


def _in_comments(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Return where in comments a former secret may stand."""
    for found in _COMMENT.finditer(text):
        place = bisect_right(spans, (found.start(), len(text)))
        if place and found.start() < spans[place - 1][1]:
            continue  # a # in a text begins no comment
        key = next((key for key in _KEY.finditer(found[0]) if is_secret_name(key[1])), None)
        if key:
            yield found.start() + key.end(), found.end()


def _values(events: Iterator[yaml.Event], text: str) -> Iterator[_Value]:
    """Return every text and alias, in the order of the file; without recursion, however deep it goes."""
    path: list[str | int | None] = []  # None: in a section, a key comes next
    for event in events:
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            path.append(None if isinstance(event, yaml.MappingStartEvent) else 0)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            path.pop()
            _step_on(path)
        elif isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            is_key = bool(path) and path[-1] is None
            yield _value(event, None if is_key else tuple(step for step in path if step is not None), text)
            if is_key:
                path[-1] = str(getattr(event, "value", ""))
            else:
                _step_on(path)


def _value(event: yaml.ScalarEvent | yaml.AliasEvent, path: Key | None, text: str) -> _Value:
    start, end = (mark.index if mark else 0 for mark in (event.start_mark, event.end_mark))
    is_alias = isinstance(event, yaml.AliasEvent)
    harmless = isinstance(event, yaml.ScalarEvent) and (not event.value or event.tag in ("!env", "!file"))
    # The mark at the end of a block of lines stands behind the lines that follow it.
    return _Value(path, (start, start + len(text[start:end].rstrip())), event.anchor or "", is_alias, harmless)


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
