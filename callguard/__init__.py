"""CallGuard screens the calls that ring your house.

The names here are what a plugin author imports, and nothing else; see docs/plugins/tutorial.md.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from callguard.home import JSON, Apart, Clock, Home, Household, Randomness
from callguard.hookspecs import CheckAnswer, Command, hookimpl
from callguard.model.call import Attestation, Call, Caller, Presentation
from callguard.model.contact import Acquaintance, Contact
from callguard.model.evidence import Evidence, Fact, Leaning, Rung
from callguard.model.health import Problem, Severity
from callguard.model.ident import CHANCE_BITS, new_id
from callguard.model.job import Job, TryLaterError
from callguard.model.line import Decision, Line, LineState, LineStatus, Screen
from callguard.model.numberlist import (
    Answer,
    Category,
    Entry,
    ListInfo,
    ListMode,
    ListState,
    LookUp,
    Progress,
    Report,
    SubscribedList,
    Updated,
)
from callguard.model.record import CallRecord, Disposition, Outcome
from callguard.model.rule import Change, Rule, RuleKind, RuleList
from callguard.model.schedule import NotAScheduleError, Schedule
from callguard.model.service import Service
from callguard.model.text import plain
from callguard.model.verdict import Action, Verdict
from callguard.model.web import Fetched, FetchError, ForbiddenAddressError, TooLargeError, Web, shown_url

if TYPE_CHECKING:
    from callguard.cli.client import ask
    from callguard.model.number import NotANumberError, pretty, require_e164, to_e164, to_prefix

__all__ = [
    "CHANCE_BITS",
    "JSON",
    "Acquaintance",
    "Action",
    "Answer",
    "Apart",
    "Attestation",
    "Call",
    "CallRecord",
    "Caller",
    "Category",
    "Change",
    "CheckAnswer",
    "Clock",
    "Command",
    "Contact",
    "Decision",
    "Disposition",
    "Entry",
    "Evidence",
    "Fact",
    "FetchError",
    "Fetched",
    "ForbiddenAddressError",
    "Home",
    "Household",
    "Job",
    "Leaning",
    "Line",
    "LineState",
    "LineStatus",
    "ListInfo",
    "ListMode",
    "ListState",
    "LookUp",
    "NotANumberError",
    "NotAScheduleError",
    "Outcome",
    "Presentation",
    "Problem",
    "Progress",
    "Randomness",
    "Report",
    "Rule",
    "RuleKind",
    "RuleList",
    "Rung",
    "Schedule",
    "Screen",
    "Service",
    "Severity",
    "SubscribedList",
    "TooLargeError",
    "TryLaterError",
    "Updated",
    "Verdict",
    "Web",
    "ask",
    "hookimpl",
    "new_id",
    "plain",
    "pretty",
    "require_e164",
    "shown_url",
    "to_e164",
    "to_prefix",
]


def __getattr__(name: str) -> object:
    # The numbering plans of the world take 40 ms to import, which `callguard --help` does not need.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("callguard.cli.client" if name == "ask" else "callguard.model.number"), name)
