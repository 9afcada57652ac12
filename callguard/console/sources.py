"""Who decided about calls, in the household's words: its rules, its contacts, a list, a plugin, a setting."""

from collections.abc import Mapping
from dataclasses import dataclass

from callguard.console.visit import Visit
from callguard.control.client import NoDaemonError
from callguard.control.wire import RefusedError
from callguard.model.text import plain

_WORDS = {
    "": "Your settings",
    "rules": "Your rules",
    "contacts": "Your contacts",
    "numbercheck": "Number check",
    "dnc": "Do Not Call",
    "phoneblock": "PhoneBlock",
}
_CHOSEN = ("rules", "contacts", "numbercheck", "phoneblock")
BY_SETTING = "/"
"""What to filter by for calls that no plugin decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Names of everything that can decide about a call, by plugin and key."""

    lists: Mapping[tuple[str, str], str]
    "(plugin, name of the list) -> title."
    rules: Mapping[str, str]
    "Key of a rule in force -> what it is about."
    plugins: frozenset[str]
    "Those that are installed; empty if nobody knows."

    def words(self, source: str, key: str) -> str:
        """Return how people call what decided."""
        if source == "rules" and key:
            gone = "A rule you have removed"
            return f"Your rule: {self.rules[key]}" if key in self.rules else gone
        if key:
            named = next((title for (_, name), title in self.lists.items() if name == key), "")
            return named or f"{plain(key, 60)} (no longer there)"
        words = _WORDS.get(source) or plain(source, 60).capitalize()
        missing = source and self.plugins and source not in self.plugins
        return f"{words} (no longer installed)" if missing else words

    def choices(self, chosen: str = "") -> list[tuple[str, str]]:
        """Return what calls can be filtered by, as (value, words); *chosen* is among them."""
        found = {BY_SETTING: self.words("", "")}
        found |= {name: self.words(name, "") for name in _CHOSEN if name in self.plugins}
        found |= {f"{plugin}/{name}": title for (plugin, name), title in self.lists.items()}
        if chosen and chosen not in found:
            source, _, key = chosen.partition("/")
            found[chosen] = self.words(source, key)
        return list(found.items())


async def sources(visit: Visit) -> Sources:
    """Ask the house; where it does not answer, plugins and lists go by the names in the log."""
    try:
        house, rules, lists = [await visit.known(name) for name in ("house", "rules", "lists")]
    except (NoDaemonError, RefusedError):
        return Sources(lists={}, rules={}, plugins=frozenset())
    return Sources(
        lists={(one["plugin"], one["name"]): plain(one["title"] or one["name"], 80) for one in lists},
        rules={one["key"]: plain(one["readable"], 80) for one in rules},
        plugins=frozenset(house["plugins"]),
    )
