"""Whether one of the household's own lines is on a Do Not Call registry; it says nothing about who calls."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class DncState(StrEnum):
    """What is known about a line's registration at one moment."""

    REGISTERED = "registered"
    "Registered, and the time has passed that telemarketers have to take note of it."
    GRACE = "grace"
    "Registered so lately that telemarketers may not have taken note of it yet."
    NOT_REGISTERED = "not-registered"
    NOT_APPLICABLE = "not-applicable"
    "The registry does not cover such a line, such as one of a business."
    UNKNOWN = "unknown"
    "Nobody has said; never taken for registered, nor for not registered."


@dataclass(frozen=True, slots=True, kw_only=True)
class DncStatus:
    """A line's status on the registry of its jurisdiction, with where that is known from."""

    line: str
    state: DncState
    jurisdiction: str = ""
    "Id of the jurisdiction: `us`, `us-pa`, `ca`; empty if none is known for the line."
    registry: str = ""
    "Name of the registry, for people."
    number: str = ""
    "The line's own number in E.164, where it is known."
    registered_on: date | None = None
    takes_effect_on: date | None = None
    "The first day of calls one may complain of."
    verified_on: date | None = None
    "When somebody last looked the registration up at the registry."
    provenance: str = ""
    "Where it is known from: `declared in config.yaml:12`, `declared by command`, a file."
    version: str = ""
    "Version of the jurisdiction's data."
