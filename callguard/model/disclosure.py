"""What leaves the house, so that a household can read who learns what."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One thing that a plugin tells somebody outside."""

    to: str
    "Who learns it, for people: `phoneblock.net`, `your telephone company`."
    what: str
    "What exactly: `the first 4 characters of the hash of the caller's number`."
    when: str
    "How often, or on which occasion."
    active: bool = True
    "Whether it happens with the settings as they are."
    online_lookup: bool = False
    "It is said only in `look_up_caller`, so never while `network.online_lookups` is off."
