"""Where in the console a problem is put right."""

from callguard.access import Right

_PLACES = (
    ("list-", "lists", "Lists"),
    ("contacts-sync", "contacts", "Contacts"),
    ("contacts-only", "settings", "Settings"),
    ("log-only", "settings", "Settings"),
    ("phoneblock", "settings", "Settings"),
    ("config-note", "settings", "Settings"),
    ("line-", "lines", "Lines"),
    ("no-line", "setup", "Set up a line"),
    ("sip-", "lines", "Lines"),
    ("dnc-", "lines", "Lines"),
    ("rule", "rules", "Rules"),
    ("pattern", "rules", "Rules"),
)
_FOR_ADMINS = frozenset({"settings", "setup"})


def cure_at(code: str, rights: frozenset[Right]) -> tuple[str, str]:
    """Return the route and the name of the page where a problem is put right; empty if the visitor may see none."""
    route, label = next(((route, label) for begin, route, label in _PLACES if code.startswith(begin)), ("", ""))
    return ("", "") if route in _FOR_ADMINS and Right.ADMIN not in rights else (route, label)
