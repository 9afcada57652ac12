"""What pydantic complains about, in words for the person who wrote the file."""

from collections.abc import Callable, Collection
from typing import TypeAlias

from callguard.config.faults import NO_MEMBER, WRONG_KIND, Fault
from callguard.config.mistakes import Mistake, closest, dotted, shown
from callguard.config.shapes import (
    EitherShape,
    ListShape,
    SectionShape,
    Shape,
    TableShape,
    ValueShape,
    home_of,
    words_of,
)
from callguard.config.tree import Empty, Items, Node, Path, Scalar, child

Said: TypeAlias = tuple[str, str, str]
"""What is wrong, what was probably meant, what to do."""

_LIST_HINT = "begin each entry with '- ' on a line of its own, or write [a, b]"
_MOST_KEYS = 12
_VALUES = {
    "bool_parsing": "{it} is neither yes nor no",
    "int_parsing": "{it} is not a whole number",
    "int_parsing_size": "{it} is too large a number",
    "int_from_float": "{it} is not a whole number",
    "float_parsing": "{it} is not a number",
    "decimal_parsing": "{it} is not a number",
    "finite_number": "{it} is not a finite number",
    "greater_than": "must be more than {gt}, not {it}",
    "greater_than_equal": "must be at least {ge}, not {it}",
    "less_than": "must be less than {lt}, not {it}",
    "less_than_equal": "must be at most {le}, not {it}",
    "multiple_of": "must be a multiple of {multiple_of}, not {it}",
    "string_too_short": "{it} is shorter than {min_length} characters",
    "string_too_long": "{it} is longer than {max_length} characters",
    "string_pattern_mismatch": "{it} does not have the expected form {pattern}",
    "string_unicode": "{it} has characters that are not valid text",
    "string_not_ascii": "{it} has letters other than a to z",
    "too_short": "needs at least {min_length} entries, there are {actual_length}",
    "too_long": "may have {max_length} entries, there are more",
    "date_parsing": "{it} is not a date such as 2026-11-03",
    "date_from_datetime_parsing": "{it} is not a date such as 2026-11-03",
    "date_from_datetime_inexact": "{it} is not a date such as 2026-11-03",
    "date_past": "{it} is not in the past",
    "date_future": "{it} is not in the future",
    "time_parsing": "{it} is not a time of day such as 22:00",
    "datetime_parsing": "{it} is not a date and time such as 2026-11-03 22:00",
    "datetime_from_date_parsing": "{it} is not a date and time such as 2026-11-03 22:00",
    "datetime_past": "{it} is not in the past",
    "datetime_future": "{it} is not in the future",
    "timezone_naive": "{it} must not have a time zone",
    "timezone_aware": "{it} needs a time zone",
    "time_delta_parsing": "{it} is not a duration such as 00:01:30 or P1D",
    "url_parsing": "{it} is not an address such as https://example.org/",
    "url_syntax_violation": "{it} is not an address such as https://example.org/",
    "url_scheme": "{it} must begin with {expected_schemes}",
    "url_too_long": "this address is longer than {max_length} characters",
    "uuid_parsing": "{it} is not a UUID",
    "uuid_version": "{it} is not a UUID of version {expected_version}",
    "ip_any_address": "{it} is not an IP address",
    "ip_v4_address": "{it} is not an IPv4 address",
    "ip_v6_address": "{it} is not an IPv6 address",
    "ip_any_network": "{it} is not a network such as 192.168.0.0/16",
    "ip_v4_network": "{it} is not a network such as 192.168.0.0/16",
    "ip_v6_network": "{it} is not a network such as fd00::/8",
    "ip_any_interface": "{it} is not an IP address with a network, such as 192.168.0.1/16",
    "path_not_file": "there is no file {it}",
    "path_not_directory": "there is no folder {it}",
    "path_exists": "{it} exists already",
}


def mistake_of(fault: Fault, secrets: Collection[str], whole: SectionShape) -> Mistake:
    """Return what *fault* in a file of shape *whole* means for its author, without any of the *secrets*."""
    what, suggestion, hint = _SAYINGS.get(fault.type, _other)(fault)
    elsewhere = _belongs(str(fault.spot.path[-1]), whole) if fault.type == "extra_forbidden" else ""
    if elsewhere:
        suggestion, hint = "", elsewhere
    if any(secret in what for secret in secrets) and fault.type not in _NEVER_ECHO:
        what = "is not acceptable (why is not shown, because it holds a secret)"
    node = _written(fault)
    return Mistake(origin=node.origin, key=dotted(_path(fault)), what=what, suggestion=suggestion, hint=hint)


def _written(fault: Fault) -> Node:
    spot = fault.spot
    node = child(spot.node, _discriminator(fault)) if fault.type == "union_tag_invalid" else spot.node
    return node or spot.node or spot.parent


def _path(fault: Fault) -> Path:
    tagged = fault.type in {"union_tag_invalid", "union_tag_not_found"}
    return (*fault.spot.path, _discriminator(fault)) if tagged and _discriminator(fault) else fault.spot.path


def _discriminator(fault: Fault) -> str:
    name = str(fault.context.get("discriminator", ""))
    return name.strip("'") if name.startswith("'") else ""


def _it(fault: Fault) -> str:
    """Name what is written without telling a secret."""
    node = fault.spot.node
    if isinstance(node, Scalar):
        return "this secret" if fault.spot.secret else f"'{shown(node.text)}'"
    return "a list" if isinstance(node, Items) else "a section"


def _missing(fault: Fault) -> Said:
    owner, name = fault.spot.owner, str(fault.spot.path[-1]) if fault.spot.path else ""
    known = owner.fields.get(name) if isinstance(owner, SectionShape) else None
    what = "a value is missing" if isinstance(fault.spot.node, Empty) else "this key is required"
    return what, "", known.description if known else ""


def _extra(fault: Fault) -> Said:
    owner = fault.spot.owner
    keys = list(owner.fields) if isinstance(owner, SectionShape) else []
    suggestion = closest(str(fault.spot.path[-1]), keys)
    if suggestion:
        return "unknown key", suggestion, ""
    listed = ", ".join(keys[:_MOST_KEYS]) + (" …" if len(keys) > _MOST_KEYS else "")
    return "unknown key", "", f"known here: {listed}" if keys else ""


def _belongs(key: str, whole: SectionShape) -> str:
    home = home_of(whole, key).rstrip(".")
    return f"it belongs in the section {home}: check the indentation" if home else ""


def _chosen(fault: Fault) -> Said:
    shape = fault.spot.shape
    choices = shape.choices if isinstance(shape, ValueShape) else ()
    listed = ", ".join(choices) if choices else str(fault.context.get("expected", "")).replace("'", "")
    node = fault.spot.node
    open_text = isinstance(node, Scalar) and not fault.spot.secret
    meant = closest(node.text, choices) if open_text and isinstance(node, Scalar) else ""
    return (
        (f"{_it(fault)} is none of {listed}" if ", " in listed else f"must be {listed}, not {_it(fault)}"),
        meant,
        "",
    )


def _tagged(fault: Fault) -> Said:
    listed = str(fault.context.get("expected_tags", "")).replace("'", "")
    tag = str(fault.context.get("tag", ""))
    if not listed or not _discriminator(fault):
        return f"expected {_expected(fault.spot.shape)}", "", ""
    return f"'{shown(tag)}' is none of {listed}", closest(tag, listed.split(", ")), ""


def _untagged(fault: Fault) -> Said:
    return ("this key is required" if _discriminator(fault) else f"expected {_expected(fault.spot.shape)}"), "", ""


def _kind(fault: Fault) -> Said:
    wanted = _WANTED.get(fault.type) or _expected(fault.spot.shape)
    is_list = wanted == "a list" and not isinstance(fault.spot.node, Items)
    return f"expected {wanted}, found {_it(fault)}", "", _LIST_HINT if is_list else ""


def _no_member(fault: Fault) -> Said:
    shape, node = fault.spot.shape, fault.spot.node
    options = shape.options if isinstance(shape, EitherShape) else ()
    choices = [choice for option in options if isinstance(option, ValueShape) for choice in option.choices]
    meant = closest(node.text, choices) if isinstance(node, Scalar) and not fault.spot.secret else ""
    return f"expected {_expected(shape)}, found {_it(fault)}", meant, ""


def _expected(shape: Shape | None) -> str:
    """Return what is expected, with its article."""
    if isinstance(shape, EitherShape):
        return ", or ".join(dict.fromkeys(_expected(option) for option in shape.options))
    if isinstance(shape, SectionShape):
        return f"a section with {', '.join(list(shape.fields)[:_MOST_KEYS])}" if shape.fields else "a section"
    if isinstance(shape, ListShape | TableShape):
        return "a list" if isinstance(shape, ListShape) else "a section"
    words = words_of(shape) if shape is not None else "one value"
    bare = words.startswith(("text", "secret text", "yes or", "one of", "one value", "anything", "'"))
    return words if bare else ("an " if words[0] in "aeiouI" else "a ") + words


def _said(fault: Fault) -> Said:
    """Return the words of a validator as they are."""
    error = fault.context.get("error")
    return (str(error) if error is not None else fault.message) or "is not acceptable", "", ""


def _other(fault: Fault) -> Said:
    template = _VALUES.get(fault.type)
    if template is None:
        return fault.message.removeprefix("Input ").removeprefix("Value ").rstrip("."), "", ""
    facts = {key: shown(str(value)) for key, value in fault.context.items()}
    return template.format_map({**_ALL_FACTS, **facts, "it": _it(fault)}), "", ""


_ALL_FACTS = dict.fromkeys(
    (
        *("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "actual_length", "pattern"),
        *("expected_schemes", "expected_version"),
    ),
    "?",
)
_WANTED = {
    **dict.fromkeys(("string_type", "bytes_type"), "one value"),
    **dict.fromkeys(
        ("list_type", "tuple_type", "set_type", "frozen_set_type", "deque_type", "iterable_type"), "a list"
    ),
    **dict.fromkeys(("dict_type", "mapping_type"), "a section with keys beneath it"),
}
_SAYINGS: dict[str, Callable[[Fault], Said]] = {
    **dict.fromkeys(WRONG_KIND, _kind),
    "missing": _missing,
    "extra_forbidden": _extra,
    "enum": _chosen,
    "literal_error": _chosen,
    "union_tag_invalid": _tagged,
    "union_tag_not_found": _untagged,
    "value_error": _said,
    "assertion_error": _said,
    NO_MEMBER: _no_member,
}
_NEVER_ECHO = frozenset({"missing", "extra_forbidden", "enum", "literal_error", NO_MEMBER, *WRONG_KIND, *_VALUES}) - {
    "string_pattern_mismatch"
}
