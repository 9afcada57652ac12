"""Settings as people call them: in which part of the page they stand, and what their choices mean."""

import re
from collections.abc import Mapping
from typing import Any

from callguard.console.wording import count

PARTS = {
    "protection": ("Protection", "shield", "Who rings, and who does not."),
    "lines": ("Lines", "router", "Your telephone lines, and how they are reached."),
    "lists": ("Lists and plugins", "library", "Where CallGuard learns what it knows."),
    "privacy": ("Privacy", "eye", "What leaves the house, and how long things are kept."),
    "web": ("Web access", "lock", "Where these pages are found, and by whom."),
    "backup": ("Backup", "archive", "Copies of everything, made at night."),
}
_PART_OF = {
    "policy": "protection",
    "house": "protection",
    "sip": "lines",
    "simulator": "lines",
    "modem": "lines",
    "dnc": "lines",
    "network": "privacy",
    "retention": "privacy",
    "web": "web",
    "backup": "backup",
}
_TITLES = {
    "country": "Country",
    "timezone": "Time zone",
    "policy.profile": "How strict",
    "policy.unknown_callers": "Callers nobody knows",
    "policy.withheld_callers": "Callers who hide their number",
    "policy.instead_of_screening": "Where a line cannot screen",
    "policy.unlawful_calls": "Telemarketing to a registered line",
    "policy.lawful_calls": "Telemarketing to a line that is not registered",
    "policy.exempt_calls": "Calls the law lets through",
    "policy.log_only": "Only watch",
    "policy.quiet_hours": "Quiet hours",
    "policy.quiet_callers": "Unknown callers in quiet hours",
    "lines": "What is different on single lines",
    "disabled_plugins": "Plugins that are switched off",
    "network.online_lookups": "Ask online services",
    "network.trusted_hosts": "Servers at home that may be asked",
    "web.enabled": "These pages",
    "web.host": "Address they listen on",
    "web.port": "Port",
    "web.hosts": "Further names",
    "web.trusted_proxies": "Reverse proxies that are believed",
    "web.allow_remote": "From outside the home network",
    "web.base_path": "Path behind a proxy",
    "web.embed": "In a frame (Home Assistant)",
    "web.tls_certificate": "Certificate for https",
    "web.tls_key": "Key of the certificate",
    "retention.calls": "Calls are kept",
    "retention.after": "After that",
    "retention.changes": "Changes are kept",
    "retention.sign_ins": "Sign-ins are kept",
    "backup.nightly": "Every night",
    "backup.hour": "Hour of the night",
    "backup.folder": "Folder",
    "backup.days": "Daily copies kept",
    "backup.weeks": "Weekly copies kept",
    "sip.accounts": "SIP accounts",
    "dnc.lines": "Do Not Call registry",
    "contacts.carddav": "Address books on servers (CardDAV)",
    "contacts.files": "Address books in files",
    "contacts.dialled_days": "Days for which numbers you called ring",
    "contacts.answered_days": "Days for which callers you answered ring",
    "ftc.mode": "FTC complaints list",
    "ftc.fcc.mode": "FCC complaints list",
    "lists.sources": "Lists you added",
    "phoneblock.mode": "PhoneBlock’s list",
    "phoneblock.token": "PhoneBlock: your API key",
    "phoneblock.online": "PhoneBlock: ask about single callers",
}
_BASIC = frozenset(
    {
        "country",
        "timezone",
        "policy.profile",
        "policy.unknown_callers",
        "policy.withheld_callers",
        "policy.quiet_hours",
        "policy.quiet_callers",
        "policy.log_only",
        "sip.accounts",
        "network.online_lookups",
        "retention.calls",
        "retention.after",
        "web.allow_remote",
        "web.hosts",
        "backup.nightly",
        "backup.hour",
    }
)
_BASIC_ENDS = (".mode", ".token", ".online", ".carddav")
_CHOICES = {
    "gentle": "Gentle: only what is certain",
    "normal": "Normal: known nuisance, others ring",
    "strict": "Strict: also what is only likely",
    "contacts-only": "Only callers you know ring",
    "ring": "Let them ring",
    "screen": "Let them prove first that they are people",
    "block": "Block them",
    "off": "Off",
    "log-only": "Only log what it would have done",
    "active": "Active",
    "pseudonymise": "Keep only when and what, under a pseudonym",
    "delete": "Delete",
}
_USUAL = "As “How strict” implies"
_SPAN = re.compile(r"(\d+)([dhms])")
_UNITS = {"d": "day", "h": "hour", "m": "minute", "s": "second"}


def part_of(setting: Mapping[str, Any]) -> str:
    """Return in which part of the page a setting stands."""
    return "lines" if setting["key"] == "lines" else _PART_OF.get(str(setting["group"]), "lists")


def title_of(setting: Mapping[str, Any]) -> str:
    """Return what people call a setting."""
    key = str(setting["key"])
    if key in _TITLES:
        return _TITLES[key]
    steps = key.split(".")[:-1]
    return " · ".join([*(step.replace("_", " ") for step in steps), str(setting["title"]).lower()]).capitalize()


def is_basic(setting: Mapping[str, Any]) -> bool:
    """Tell whether most households want to see a setting, or this one has made it."""
    key = str(setting["key"])
    return key in _BASIC or key.endswith(_BASIC_ENDS) or setting["origin"]["kind"] != "default"


def choices_of(setting: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what may be chosen, with what it means."""
    options = [(option, _CHOICES.get(option, option.capitalize())) for option in setting["options"]]
    return [("", _USUAL), *options] if setting["default"] is None else options


def value_words(setting: Mapping[str, Any]) -> str:
    """Return the value in a few words."""
    value, kind = setting["value"], setting["kind"]
    if kind == "secret":
        return "set" if value else "not set"
    if kind == "yes-no":
        return "Yes" if value else "No"
    if kind == "choice":
        return choice_words(value)
    if isinstance(value, list | dict):
        return count(len(value), "entry", "entries") if value else "none"
    span = _SPAN.fullmatch(str(value))
    if span:
        return count(int(span[1]), _UNITS[span[2]])
    return str(value) if value not in (None, "") else "not set"


def choice_words(value: object) -> str:
    """Return what a choice means."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return _CHOICES.get(str(value), str(value).capitalize()) if value else _USUAL
