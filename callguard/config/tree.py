"""Settings as they were written: texts, lists and sections, each knowing its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from callguard.config.origins import DEFAULT, Origin

JSON: TypeAlias = "str | int | float | bool | Sequence[JSON] | Mapping[str, JSON] | None"
Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Empty:
    """A key without a value: as good as absent."""

    origin: Origin


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value, exactly as the person typed it."""

    origin: Origin
    text: str = field(repr=False)
    tag: str = ""
    "`env` or `file` for a secret that is kept elsewhere."
    secret: bool = False
    "Never to be shown."
    broken: bool = False
    "Complained about already: whatever validation says of it is noise."
    meaning: object = None
    "What the text stands for where pydantic would not take the text itself: 607 of `Literal[607, 603]`."


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    origin: Origin
    nodes: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Section:
    """Keys and their values."""

    origin: Origin
    nodes: "Mapping[str, Node]"


Node: TypeAlias = Empty | Scalar | Items | Section


def child(node: Node | None, step: str | int) -> Node | None:
    """Return what is written at *step* of *node*, None if nothing is."""
    if isinstance(node, Section) and isinstance(step, str):
        return node.nodes.get(step)
    if isinstance(node, Items) and isinstance(step, int) and 0 <= step < len(node.nodes):
        return node.nodes[step]
    return None


def merged(low: Node | None, high: Node) -> Node:
    """Return *high* laid over *low*: sections key by key, everything else as a whole."""
    if low is None:
        return high
    if isinstance(high, Empty):
        return low
    if isinstance(low, Section) and isinstance(high, Section):
        laid_over = {key: merged(low.nodes.get(key), node) for key, node in high.nodes.items()}
        return Section(high.origin, {**low.nodes, **laid_over})
    return high


def put(node: Node | None, path: Path, value: Node) -> Node:
    """Return *node* with *value* at *path*; what is missing on the way is made; IndexError for a gap in a list."""
    if not path:
        return merged(node, value)
    step, rest = path[0], path[1:]
    inner = put(child(node, step), rest, value)
    if isinstance(step, str):
        nodes = node.nodes if isinstance(node, Section) else {}
        return Section(node.origin if isinstance(node, Section) else value.origin, {**nodes, step: inner})
    items = node.nodes if isinstance(node, Items) else ()
    if step > len(items):
        raise IndexError(len(items))
    return Items(node.origin if isinstance(node, Items) else value.origin, (*items[:step], inner, *items[step + 1 :]))


def from_json(value: JSON, origin: Origin) -> Node:
    """Return *value* as if somebody had typed it at *origin*."""
    if isinstance(value, Mapping):
        return Section(origin, {str(key): from_json(item, origin) for key, item in value.items()})
    if value is None:
        return Empty(origin)
    if isinstance(value, bool):
        return Scalar(origin, "true" if value else "false")
    if isinstance(value, str | int | float):
        return Scalar(origin, str(value))
    return Items(origin, tuple(from_json(item, origin) for item in value))


def plain(node: Node) -> object:
    """Return *node* as plain texts, lists and dicts, empty keys left out."""
    if isinstance(node, Section):
        return {key: plain(item) for key, item in node.nodes.items() if not isinstance(item, Empty)}
    if isinstance(node, Items):
        return [plain(item) for item in node.nodes]
    if isinstance(node, Scalar):
        return node.text if node.meaning is None else node.meaning
    return ""


def origins(node: Node, path: Path = ()) -> dict[Path, Origin]:
    """Return the place of every value that is written in *node*."""
    found = {path: node.origin} if path and not isinstance(node, Empty) else {}
    if isinstance(node, Section):
        for key, item in node.nodes.items():
            found |= origins(item, (*path, key))
    elif isinstance(node, Items):
        for index, item in enumerate(node.nodes):
            found |= origins(item, (*path, index))
    return found


def origin_of(node: Node | None, path: Path) -> Origin:
    """Return the place of the value at *path*, the default if nothing is written there."""
    for step in path:
        node = child(node, step)
    return DEFAULT if node is None or isinstance(node, Empty) else node.origin
