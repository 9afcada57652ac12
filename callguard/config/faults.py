"""pydantic's errors, each brought back to the place in the tree it is about, unions settled to the member meant."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from pydantic_core import ErrorDetails

from callguard.config.shapes import (
    EitherShape,
    SectionShape,
    Shape,
    ValueShape,
    is_secret_name,
    step_shape,
)
from callguard.config.tree import Empty, Node, Path, Scalar, Section, child

WRONG_KIND = frozenset(
    f"{kind}_type"
    for kind in (
        *("string", "int", "float", "bool", "bytes", "model", "model_attributes", "dataclass", "dict", "mapping"),
        *("list", "tuple", "set", "frozen_set", "deque", "date", "time", "datetime", "time_delta", "url", "uuid"),
        *("decimal", "iterable", "arguments", "named_tuple", "frozen_dict", "fraction"),
    )
)
NO_MEMBER = "no_member_of_union"  # ours: nothing of a union fits


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that pydantic means."""

    path: Path
    node: Node | None
    "What is written there, None if nothing is."
    parent: Node
    "The innermost node around it that is written."
    shape: Shape | None
    owner: Shape | None = None
    "What is expected of the section or list around it."
    members: tuple[tuple[Path, str], ...] = ()
    "Unions on the way: where, and which member complains."
    unions: tuple[EitherShape, ...] = ()

    @property
    def secret(self) -> bool:
        """Tell whether what is written here must not be shown."""
        by_type = isinstance(self.shape, ValueShape) and self.shape.secret
        by_name = any(isinstance(step, str) and is_secret_name(step) for step in self.path[-2:])
        return by_type or by_name or (isinstance(self.node, Scalar) and self.node.secret)


@dataclass(frozen=True, slots=True)
class Fault:
    """One error of pydantic at its spot."""

    spot: Spot
    type: str
    message: str
    context: Mapping[str, object] = field(default_factory=dict)


def faults(errors: Iterable[ErrorDetails], root: Section, shape: SectionShape) -> list[Fault]:
    """Return what is wrong, without the members of unions that nobody meant and without what is noted already."""
    start = Spot((), root, root, shape)
    found = [Fault(_walk(start, error["loc"]), error["type"], error["msg"], error.get("ctx", {})) for error in errors]
    broken = _broken_paths(root)
    return [fault for fault in _settled(found) if not _noted(fault, broken)]


def _walk(spot: Spot, location: Sequence[int | str]) -> Spot:
    """Follow pydantic's *location*, in which members of unions stand between the keys."""
    while location:
        step, location = location[0], location[1:]
        if isinstance(spot.shape, EitherShape):
            return _walk_member(spot, spot.shape, str(step), location)
        node, shape = child(spot.node, step), step_shape(spot.shape, step) if spot.shape else None
        if step == "[key]" and spot.path:
            return _at_key(spot)
        if node is None and shape is None and location:
            continue  # pydantic's remark on a type, not a key
        spot = replace(
            spot,
            path=(*spot.path, step),
            node=node,
            parent=spot.parent if spot.node is None else spot.node,
            shape=shape,
            owner=spot.shape,
        )
    return spot


def _at_key(spot: Spot) -> Spot:
    """Return the spot of a key that is wrong itself, not its value."""
    return replace(spot, node=Scalar((spot.node or spot.parent).origin, str(spot.path[-1])), shape=None)


def _walk_member(spot: Spot, union: EitherShape, label: str, rest: Sequence[int | str]) -> Spot:
    members, unions = (*spot.members, (spot.path, label)), (*spot.unions, union)
    options = sorted(union.options, key=lambda option: (label != option.label, option.label not in label))
    within = replace(spot, members=members, unions=unions)
    return max((_walk(replace(within, shape=option), rest) for option in options), key=_known)


def _known(spot: Spot) -> tuple[bool, bool, int]:
    return spot.shape is not None, not isinstance(spot.owner, ValueShape), len(spot.path)


def _settled(found: list[Fault], level: int = 0) -> list[Fault]:
    """Keep, of every union, only the complaints of the member that was meant."""
    settled = [fault for fault in found if len(fault.spot.members) <= level]
    unsettled = [fault for fault in found if len(fault.spot.members) > level]
    for path, group in groupby(unsettled, key=lambda fault: fault.spot.members[level][0]):
        settled += _settled(_meant(list(group), path, level), level + 1)
    return settled


def _meant(group: list[Fault], path: Path, level: int) -> list[Fault]:
    by_member: dict[str, list[Fault]] = {}
    for fault in group:
        by_member.setdefault(fault.spot.members[level][1], []).append(fault)
    fitting = [member for member in by_member.values() if not any(_wrong_kind(fault, path) for fault in member)]
    if len(fitting) == 1:
        return fitting[0]
    at_union = [fault for fault in group if fault.spot.path == path]
    if fitting and (len(at_union) < len(group) or not isinstance(group[0].spot.node, Scalar)):
        return min(fitting, key=len)
    said = [fault for fault in at_union if fault.type in {"value_error", "assertion_error"}]
    return said[:1] or [_no_member(group, path, level)]


def _wrong_kind(fault: Fault, path: Path) -> bool:
    return fault.spot.path == path and fault.type in WRONG_KIND


def _no_member(group: list[Fault], path: Path, level: int) -> Fault:
    first = next((fault for fault in group if fault.spot.path == path), group[0])
    spot = replace(first.spot, shape=first.spot.unions[level], members=first.spot.members[:level])
    return Fault(spot, NO_MEMBER, first.message)


def _broken_paths(node: Node, path: Path = ()) -> list[Path]:
    if isinstance(node, Scalar):
        return [path] if node.broken else []
    if isinstance(node, Empty):
        return []
    steps = node.nodes.items() if isinstance(node, Section) else enumerate(node.nodes)
    return [found for step, item in steps for found in _broken_paths(item, (*path, step))]


def _noted(fault: Fault, broken: list[Path]) -> bool:
    """Tell whether *fault* is about something broken, or says of its surroundings what may follow from that."""
    path = fault.spot.path
    about = any(path[: len(place)] == place for place in broken)
    judged = fault.type in {"value_error", "assertion_error"}
    return about or (judged and any(place[: len(path)] == path for place in broken))
