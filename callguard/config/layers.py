"""The layers a setting may come from: set in the console, config.yaml, environment."""

from collections.abc import Mapping
from dataclasses import dataclass

from callguard.config.mistakes import Mistake, closest, dotted
from callguard.config.origins import Origin, OriginKind
from callguard.config.shapes import AnyShape, EitherShape, ListShape, SectionShape, Shape, TableShape, step_shape
from callguard.config.tree import JSON, Node, Path, Scalar, Section, from_json, put

PREFIX = "CALLGUARD__"
_IGNORED = "it is ignored, as if it had never been set"


@dataclass(frozen=True, slots=True)
class Layered:
    """A tree with one more layer, and what did not fit."""

    root: Section
    mistakes: tuple[Mistake, ...]


class _NoSuchKeyError(Exception):
    """A path leads nowhere: how far it led, what is wrong, what the next step probably should be."""

    def __init__(self, path: Path, what: str, suggestion: str = "") -> None:
        super().__init__(what)
        self.path, self.what, self.suggestion = path, what, suggestion


def console_layer(overlay: Mapping[str, JSON], shape: SectionShape) -> Layered:
    """Return what was set in the console, by dotted key; what no longer fits is left out and told."""
    root = Section(Origin(kind=OriginKind.CONSOLE), {})
    notes: list[Mistake] = []
    for key in sorted(overlay, key=lambda key: key.count(".")):
        origin = Origin(kind=OriginKind.CONSOLE, name=key)
        try:
            root = _put(root, _route(shape, key.split(".")), from_json(overlay[key], origin))
        except _NoSuchKeyError as error:
            notes.append(Mistake(origin=origin, key=key, what=error.what, suggestion=error.suggestion, hint=_IGNORED))
    return Layered(root, tuple(notes))


def environment_layer(root: Section, environment: Mapping[str, str], shape: SectionShape) -> Layered:
    """Return *root* with the values of `CALLGUARD__SECTION__KEY` variables laid over it; empty ones are ignored."""
    mistakes: list[Mistake] = []
    taken: dict[Path, str] = {}
    for name in sorted(environment, key=_by_number):
        if not name.upper().startswith(PREFIX) or not environment[name]:
            continue
        origin = Origin(kind=OriginKind.ENVIRONMENT, name=name)
        parts = name[len(PREFIX) :].lower().split("__")
        try:
            path = _route(shape, parts)
            _refuse_twice(path, name, taken)
            root = _put(root, path, Scalar(origin, environment[name]))
        except _NoSuchKeyError as error:
            suggestion = _whole_name(parts, error)
            mistakes.append(Mistake(origin=origin, key=dotted(error.path), what=error.what, suggestion=suggestion))
    return Layered(root, tuple(mistakes))


def _by_number(name: str) -> list[tuple[int, int, str]]:
    # Entry 2 of a list must come before entry 10, or there would be a gap.
    return [(0, int(p), p) if p.isascii() and p.isdecimal() and len(p) < 9 else (1, 0, p) for p in name.split("__")]


def _refuse_twice(path: Path, name: str, taken: dict[Path, str]) -> None:
    if path in taken:
        raise _NoSuchKeyError(path, f"set by {taken[path]} already")
    taken[path] = name


def _whole_name(parts: list[str], error: _NoSuchKeyError) -> str:
    if not error.suggestion:
        return ""
    at = len(error.path) - 1
    return PREFIX + "__".join([*parts[:at], error.suggestion, *parts[at + 1 :]]).upper()


def _put(root: Section, path: Path, value: Node) -> Section:
    try:
        laid = put(root, path, value)
    except IndexError as error:
        what = f"the list has {error.args[0]} entries so far, and the first one is number 0"
        raise _NoSuchKeyError(path, what) from None
    return laid if isinstance(laid, Section) else root


def _route(shape: Shape, parts: list[str], path: Path = ()) -> Path:
    """Return the path that *parts* mean, in whatever case they are written."""
    if not parts:
        return path
    if isinstance(shape, EitherShape):
        return _any_route(shape, parts, path)
    step = _step(shape, parts[0], path)
    inner = step_shape(shape, step)
    return _route(inner if inner is not None else AnyShape(), parts[1:], (*path, step))


def _any_route(shape: EitherShape, parts: list[str], path: Path) -> Path:
    failures = []
    for option in shape.options:
        try:
            return _route(option, parts, path)
        except _NoSuchKeyError as error:
            failures.append(error)
    raise max(failures, key=lambda error: (len(error.path), bool(error.suggestion)))


def _step(shape: Shape, part: str, path: Path) -> str | int:
    if isinstance(shape, ListShape):
        if part.isascii() and part.isdecimal() and len(part) < 9:
            return int(part)
        raise _NoSuchKeyError((*path, part), "expected the number of an entry of the list; the first one is number 0")
    if isinstance(shape, SectionShape):
        return _key(shape, part, path)
    if isinstance(shape, TableShape | AnyShape) and part:
        return part
    raise _NoSuchKeyError((*path, part), "there are no keys beneath this one")


def _key(shape: SectionShape, part: str, path: Path) -> str:
    for key in shape.fields:
        if key.lower() == part.lower():
            return key
    if shape.open and part:
        return part
    raise _NoSuchKeyError((*path, part), "unknown key", closest(part, shape.fields))
