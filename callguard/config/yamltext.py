"""YAML text to a tree in which every value is still the text the person typed, with its line.

YAML's own guesses would read +15551234567 as an integer, 011 as 9, 22:00 as 1320 and NO as false.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import yaml

from callguard.config.mistakes import Mistake, closest, dotted, shown
from callguard.config.origins import Origin, OriginKind
from callguard.config.tree import Empty, Items, Node, Scalar, Section
from callguard.config.yamlwords import syntax_mistake

LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MOST_BYTES = 1 << 20
_DEEPEST = 32
_MOST_REPEATED = 10_000
"So many values may be repeated by aliases: far more than a household writes, far less than a bomb."
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_YAML_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset({None, "!", *(_YAML_TAG + name for name in ("str", "int", "float", "bool"))})
_SECRET_TAGS = ("!env", "!file")
_UNFIT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Composed:
    """A file as it was written; no *root* where it could not be read to its end."""

    root: Section | None
    mistakes: tuple[Mistake, ...]


class _StopError(Exception):
    """Reading on makes no sense; the mistake has been noted."""


def compose(text: str | bytes, file: str, loader: type = LOADER) -> Composed:
    """Return the tree of *text*, and everything that is wrong with it as YAML."""
    composer = _Composer(file)
    try:
        root = _document(composer, text, loader)
    except _StopError:
        root = None
    return Composed(root, tuple(composer.mistakes))


def _document(composer: "_Composer", text: str | bytes, loader: type) -> Section:
    decoded = _decoded(text, composer)
    try:
        return composer.document(iter(yaml.parse(decoded, Loader=loader)))
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # the last two: escapes like "\UFFFFFFFF"
        composer.mistakes.append(syntax_mistake(error, decoded, composer.file))
        raise _StopError from None


def _decoded(text: str | bytes, composer: "_Composer") -> str:
    too_big = f"the file is larger than {_MOST_BYTES >> 10} KiB"
    if len(text) > _MOST_BYTES:
        raise composer.stop(
            Origin(kind=OriginKind.FILE, name=composer.file), too_big, hint="keep long lists elsewhere"
        )
    if isinstance(text, bytes):
        text = _from_bytes(text, composer)
    text = text.removeprefix("\ufeff")
    unfit = _UNFIT.search(text)
    if unfit:
        code = ord(unfit[0])
        what = "this is not UTF-8 text" if 0xD800 <= code <= 0xDFFF else f"a control character (U+{code:04X})"
        raise composer.stop(composer.place(text[: unfit.start()]), what)
    return text


def _from_bytes(data: bytes, composer: "_Composer") -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = composer.place(data[: error.start].decode("utf-8"))
    raise composer.stop(place, "this is not UTF-8 text", hint="save the file as UTF-8")


class _Composer:
    """Composes the tree from PyYAML's events; its own composers recurse without a limit and lose the typed text."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.mistakes: list[Mistake] = []
        self._path: list[str | int] = []
        self._anchors: dict[str, tuple[Node, int] | None] = {}
        self._values = 0
        self._repeated = 0

    def place(self, before: str) -> Origin:
        """Return the place that comes after the text *before*."""
        column = len(before) - before.rfind("\n")
        return Origin(kind=OriginKind.FILE, name=self.file, line=before.count("\n") + 1, column=column)

    def stop(self, origin: Origin, what: str, *, hint: str = "") -> _StopError:
        """Note a mistake after which nothing can be read; the exception is there to be raised."""
        self._wrong(origin, what, hint=hint)
        return _StopError()

    def document(self, events: Iterator[yaml.Event]) -> Section:
        """Return the one document of the file; nothing written is an empty section."""
        self._events = events
        next(events)
        top = Origin(kind=OriginKind.FILE, name=self.file, line=1, column=1)
        root: Node = Empty(top)
        if isinstance(next(events), yaml.DocumentStartEvent):
            root = self._node(next(events), top)
            next(events)
            self._refuse_more(next(events))
        if isinstance(root, Empty):
            return Section(top, {})
        if not isinstance(root, Section):
            raise self.stop(root.origin, "expected keys and their values, such as `country: US`")
        return root

    def _refuse_more(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            raise self.stop(self._at(event), "a second document begins here", hint="remove the line with ---")

    def _at(self, event: yaml.Event) -> Origin:
        mark = event.start_mark
        line, column = (mark.line, mark.column) if mark is not None else (0, 0)
        return Origin(kind=OriginKind.FILE, name=self.file, line=line + 1, column=column + 1)

    def _wrong(self, origin: Origin, what: str, *, suggestion: str = "", hint: str = "") -> None:
        key = dotted(self._path)
        self.mistakes.append(Mistake(origin=origin, key=key, what=what, suggestion=suggestion, hint=hint))

    def _node(self, event: yaml.Event, origin: Origin) -> Node:
        """Compose what begins with *event*; *origin* is the place of its key or, in a list, its own."""
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, origin)
        anchor: str | None = getattr(event, "anchor", None)
        if anchor:
            self._anchors[anchor] = None  # until it is complete: an alias inside would never end
        before = self._values
        self._values += 1
        node = self._fresh(event, origin)
        if anchor:
            self._anchors[anchor] = node, self._values - before
        return node

    def _fresh(self, event: yaml.Event, origin: Origin) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, origin)
        if len(self._path) >= _DEEPEST:
            raise self.stop(origin, f"nested more than {_DEEPEST} levels deep")
        self._collection_tag(event, origin)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._items(origin)
        return self._section(origin)

    def _collection_tag(self, event: yaml.Event, origin: Origin) -> None:
        tag: str | None = getattr(event, "tag", None)
        if tag in _SECRET_TAGS:
            self._wrong(origin, f"{tag} needs one name, not a list or a section")
        elif tag not in {None, "!", _YAML_TAG + "seq", _YAML_TAG + "map"}:
            self._unknown_tag(tag or "", origin)

    def _unknown_tag(self, tag: str, origin: Origin) -> None:
        short = shown(tag.replace(_YAML_TAG, "!!"))
        suggestion = closest(short, _SECRET_TAGS)
        self._wrong(origin, f"unknown tag '{short}'", suggestion=suggestion, hint="only !env and !file are known")

    def _scalar(self, event: yaml.ScalarEvent, origin: Origin) -> Node:
        if event.tag in _SECRET_TAGS:
            return Scalar(origin, event.value.strip(), tag=event.tag[1:])
        if event.tag == _YAML_TAG + "null" or (event.tag is None and event.implicit[0] and event.value in _NULLS):
            return Empty(origin)
        if event.tag not in _TEXT_TAGS:
            self._unknown_tag(event.tag or "", origin)
            return Scalar(origin, "", broken=True)
        return Scalar(origin, event.value)

    def _alias(self, event: yaml.AliasEvent, origin: Origin) -> Node:
        anchor = event.anchor or ""
        name = shown(anchor)
        if anchor not in self._anchors:
            hint = f"if '*{name}' is meant as text, put it between quotes"
            self._wrong(origin, f"no '&{name}' stands above to repeat", hint=hint)
            return Scalar(origin, "", broken=True)
        anchored = self._anchors[anchor]
        if anchored is None:
            self._wrong(origin, f"'*{name}' repeats itself within itself")
            return Scalar(origin, "", broken=True)
        node, size = anchored
        self._values += size
        self._repeated += size
        if self._repeated > _MOST_REPEATED:
            raise self.stop(origin, f"aliases repeat more than {_MOST_REPEATED:,} values")
        return replace(node, origin=origin)

    def _items(self, origin: Origin) -> Items:
        nodes: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            self._path.append(len(nodes))
            nodes.append(self._item(self._node(event, self._at(event))))
            self._path.pop()
        return Items(origin, tuple(nodes))

    def _item(self, node: Node) -> Node:
        if not isinstance(node, Empty):
            return node
        self._wrong(node.origin, "this entry of the list is empty", hint="give it a value or remove it")
        return Scalar(node.origin, "", broken=True)

    def _section(self, origin: Origin) -> Section:
        own: dict[str, Node] = {}
        inherited: dict[str, Node] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            at = self._at(event)
            key = self._key(event, at)
            self._path.append(key if key is not None else "?")
            node = self._node(next(self._events), at)
            if key == "<<" and isinstance(event, yaml.ScalarEvent) and event.implicit[0]:
                self._inherit(node, inherited)
            elif key is not None:
                self._add(own, key, node)
            self._path.pop()
        return Section(origin, {**inherited, **own})

    def _key(self, event: yaml.Event, at: Origin) -> str | None:
        node = self._node(event, at)
        if isinstance(node, Scalar) and not node.tag:
            return None if node.broken else node.text
        if isinstance(node, Empty) and isinstance(event, yaml.ScalarEvent) and event.value:
            return str(event.value)
        self._wrong(
            at, "a key must be plain text" if not isinstance(node, Empty) else "the key before the colon is missing"
        )
        return None

    def _add(self, own: dict[str, Node], key: str, node: Node) -> None:
        if key in own:
            self._wrong(node.origin, f"given twice, first in line {own[key].origin.line}", hint="remove one of them")
        else:
            own[key] = node

    def _inherit(self, node: Node, inherited: dict[str, Node]) -> None:
        for source in node.nodes if isinstance(node, Items) else (node,):
            if isinstance(source, Section):
                for key, item in source.nodes.items():
                    inherited.setdefault(key, item)
            else:
                self._wrong(node.origin, "'<<' takes the keys of another section, such as `<<: *name`")
                return
