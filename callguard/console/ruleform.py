"""A rule as people fill it in: read from the form and from the house, and put into words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callguard.console.visit import Form
from callguard.console.wording import count, moment, span, stamp
from callguard.model.rule import RuleKind, RuleList
from callguard.model.rulevalue import NUMBER_TYPES
from callguard.model.schedule import NotAScheduleError, Schedule
from callguard.model.text import plain

LISTS: Mapping[str, tuple[str, str, str]] = {
    RuleList.NEVER_BLOCK: ("Never blocked", "Ring whatever else is known, before everything else.", "shield-check"),
    RuleList.ALLOW: ("Your allow list", "Always ring.", "check"),
    RuleList.EXPECTED: ("Expecting a call", "Ring for a while, before your block list.", "timer"),
    RuleList.BLOCK: ("Your block list", "Blocked, unless one of the lists above or your contacts know them.", "ban"),
}
"""Title, what it does, and icon of each of the household's lists, as the ladder walks them."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS: Sequence[tuple[str, str]] = tuple(zip(_DAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))
ENDS: Sequence[tuple[str, str]] = (
    ("always", "Always"),
    ("86400", "For 24 hours"),
    ("604800", "For 7 days"),
    ("2592000", "For 30 days"),
    ("until", "Until a day and time"),
    ("uses", "For so many calls"),
)
_TEXTS = ("list", "value", "note", "line", "from", "to", "hours", "ends", "until", "uses", "rule")
_NO_TIME = "?"
_YAML_KEYS = {RuleKind.EXACT: "number"}
_YAML_LISTS = {RuleList.NEVER_BLOCK: "never_block", RuleList.ALLOW: "allow", RuleList.BLOCK: "block"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One way to say which callers are meant."""

    name: RuleKind
    words: str
    label: str = ""
    "Of its field; empty: there is nothing to fill in."
    help: str = ""
    placeholder: str = ""
    input: str = "text"
    options: Sequence[tuple[str, str]] = ()


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name=RuleKind.EXACT,
            words="One number",
            label="Number",
            input="tel",
            help="In any spelling: 303 555 0147, or with + and the country: +44 20 7946 0018.",
        ),
        Kind(
            name=RuleKind.PREFIX,
            words="Starts with",
            label="Beginning of the numbers",
            input="tel",
            placeholder="+44",
            help="All numbers that begin so: +44 is the United Kingdom, 1 900 premium-rate numbers in the US.",
        ),
        Kind(
            name=RuleKind.RANGE,
            words="Range",
            label="First and last number",
            placeholder="303 555 0100 to 303 555 0199",
            help="Both numbers are included.",
        ),
        Kind(
            name=RuleKind.COUNTRY,
            words="Country",
            label="Country",
            placeholder="Germany",
            help="Its name or its code, such as DE. Numbers are told apart by numbering plan: callers can fake them.",
        ),
        Kind(
            name=RuleKind.TYPE,
            words="Kind of number",
            label="Kind of number",
            input="select",
            options=tuple((key, f"{words} numbers") for key, words in NUMBER_TYPES.items()),
            help="By the numbering plan. Where mobile and fixed lines share their numbers, a number is both.",
        ),
        Kind(
            name=RuleKind.NAME,
            words="Name contains",
            label="Part of the name",
            placeholder="card services",
            help="The name that the caller sends, in any case; * stands for any text. Callers can make it up.",
        ),
        Kind(
            name=RuleKind.PRESENTATION,
            words="Hidden number",
            label="How the number is missing",
            input="select",
            options=(
                ("withheld", "Callers who withhold their number"),
                ("unavailable", "Callers whose number the network does not know"),
                ("missing", "Calls that come without any number"),
            ),
        ),
        Kind(name=RuleKind.ANYONE, words="Everyone"),
        Kind(
            name=RuleKind.PATTERN,
            words="Pattern (advanced)",
            label="Regular expression",
            placeholder=r"\+130355501\d\d",
            help="It must match in the number, which is written like +13035550188. RE2 syntax, up to 200 characters.",
        ),
    )
}


def blank(kind: str, on: str) -> dict[str, Any]:
    """Return an empty form."""
    return {
        **dict.fromkeys(_TEXTS, ""),
        "kind": kind if kind in KINDS else RuleKind.EXACT,
        "list": on if on in LISTS else RuleList.BLOCK,
        "ends": "always",
        "uses": "1",
        "days": [],
    }


def filled(form: Form) -> dict[str, Any]:
    """Return the form as somebody filled it in."""
    values = blank(form.text("kind"), form.text("list"))
    given = {name: form.text(name) for name in _TEXTS if name != "list" and form.text(name)}
    return {**values, **given, "days": [day for day in _DAYS if day in form.texts("days")]}


def of_rule(rule: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the form that means *rule*, which the house told."""
    values = {**blank(rule["kind"], rule["list"]), "rule": rule["id"]}
    values |= {name: rule[name] for name in ("value", "note", "line")}
    values |= _hours_of(rule["hours"])
    if rule["until"]:
        values |= {"ends": "until", "until": f"{moment(rule['until'], now):%Y-%m-%dT%H:%M}"}
    elif rule["uses"]:
        values |= {"ends": "uses", "uses": str(rule["uses"])}
    return values


def arguments(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rule as the command `add-rule` takes it."""
    rule = {name: values[name] for name in ("list", "kind", "note", "line")}
    value = "*" if values["kind"] == RuleKind.ANYONE else values["value"]
    return {**rule, "value": value, "hours": _hours(values), **_end(values), **_whole("instead_of", values["rule"])}


def on_past_calls(values: Mapping[str, Any]) -> list[Any]:
    """Return the changes that `replay` shall try: when a rule ends, past calls know nothing of."""
    asked = arguments(values)
    kept = {name: asked[name] for name in ("list", "kind", "value", "line", "hours")}
    return [f"remove {asked['instead_of']}", kept] if "instead_of" in asked else [kept]


def misplaced(why: str, kind: str) -> dict[str, str]:
    """Return the mistake that the house found, under the name of the field where it was made."""
    if why.startswith("hours:"):
        return {"hours": why.removeprefix("hours:").strip()}
    if why.startswith("there is no line"):
        return {"line": why}
    if "is over already" in why or "is no time" in why or "is in no year" in why:
        return {"until": "Say until when." if repr(_NO_TIME) in why else why}
    return {"value" if KINDS[kind].label else "list": why}


def limits(rule: Mapping[str, Any], now: datetime) -> list[str]:
    """Return when and where a rule holds, as far as that is not always and everywhere."""
    found = [f"only on {plain(rule['line'])}"] if rule["line"] else []
    found += [rule["hours"]] if rule["hours"] else []
    if rule["until"]:
        left = (moment(rule["until"], now) - now).total_seconds()
        found.append(f"until {stamp(rule['until'], now)}, {span(left)} left" if left > 0 else "over")
    if rule["uses"]:
        found.append("the next call only" if rule["uses"] == 1 else f"the next {count(rule['uses'], 'call')}")
    return found


def place_of(origin: str) -> str:
    """Return where something was written, without the folders: `config.yaml:41`."""
    return plain(origin.rpartition("/")[2], 80)


def yaml_of(rule: Mapping[str, Any]) -> str:
    """Return the rule as config.yaml has it; empty if it cannot stand there."""
    if rule["list"] not in _YAML_LISTS or rule["kind"] == RuleKind.ANYONE or rule["uses"]:
        return ""
    return "\n".join(["rules:", f"  {_YAML_LISTS[rule['list']]}:", *_entry(rule)])


def _entry(rule: Mapping[str, Any]) -> Iterator[str]:
    said = {_YAML_KEYS.get(rule["kind"], rule["kind"]): rule["value"]}
    said |= {name: rule[name] for name in ("note", "line", "hours") if rule[name]}
    said |= {"until": rule["until"][:16]} if rule["until"] else {}
    for place, (key, value) in enumerate(said.items()):
        yield f"    {'  ' if place else '- '}{key}: {json.dumps(plain(value, 400), ensure_ascii=False)}"


def _end(values: Mapping[str, Any]) -> dict[str, Any]:
    if values["ends"] == "until":
        return {"until": values["until"] or _NO_TIME}
    if values["ends"] == "uses":
        return {"uses": 1, **_whole("uses", values["uses"])}
    return _whole("seconds", values["ends"])


def _whole(name: str, text: object) -> dict[str, int]:
    digits = str(text)
    return {name: int(digits)} if digits.isascii() and digits.isdecimal() and len(digits) < 19 else {}


def _hours(values: Mapping[str, Any]) -> str:
    """Return the hours in writing; those written out count before the boxes."""
    start, end = values["from"], values["to"]
    if values["hours"] or not (values["days"] or start or end):
        return str(values["hours"])
    days = "+".join(values["days"]) or "mon-sun"
    return f"{days} {start or '00:00'}-{end or '24:00'}"


def _hours_of(text: str) -> dict[str, Any]:
    try:
        windows = Schedule.parse(text).windows if text else ()
    except NotAScheduleError:
        windows = ()
    if len(windows) != 1:
        return {"hours": text}
    (window,) = windows
    days = [] if len(window.days) == len(_DAYS) else [_DAYS[day] for day in window.days]
    # A field for a time knows no 24:00; midnight at the end of a day is written as its beginning.
    clock = [f"{minutes // 60 % 24:02}:{minutes % 60:02}" for minutes in (window.start, window.end)]
    whole = window.start == 0 and clock[1] == "00:00"
    return {"days": days or list(_DAYS), "from": "" if whole else clock[0], "to": "" if whole else clock[1]}
