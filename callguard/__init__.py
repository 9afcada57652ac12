"""CallGuard screens the calls that ring your house.

The names here are what a plugin author imports, and nothing else; see docs/plugins/tutorial.md.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from callguard.home import Clock, Home, Household, Randomness
from callguard.hookspecs import CheckAnswer, Command, hookimpl
from callguard.model.call import Attestation, Call, Caller, Presentation
from callguard.model.evidence import Evidence, Fact, Leaning, Rung
from callguard.model.health import Problem, Severity
from callguard.model.ident import CHANCE_BITS, new_id
from callguard.model.job import Job
from callguard.model.line import Decision, Line, LineState, LineStatus, Screen
from callguard.model.record import CallRecord, Disposition, Outcome
from callguard.model.rule import Rule, RuleKind, RuleList
from callguard.model.service import Service
from callguard.model.text import plain
from callguard.model.verdict import Action, Verdict

if TYPE_CHECKING:
    from callguard.cli.client import ask
    from callguard.model.number import NotANumberError, pretty, require_e164, to_e164, to_prefix

__all__ = [
    "CHANCE_BITS",
    "Action",
    "Attestation",
    "Call",
    "CallRecord",
    "Caller",
    "CheckAnswer",
    "Clock",
    "Command",
    "Decision",
    "Disposition",
    "Evidence",
    "Fact",
    "Home",
    "Household",
    "Job",
    "Leaning",
    "Line",
    "LineState",
    "LineStatus",
    "NotANumberError",
    "Outcome",
    "Presentation",
    "Problem",
    "Randomness",
    "Rule",
    "RuleKind",
    "RuleList",
    "Rung",
    "Screen",
    "Service",
    "Severity",
    "Verdict",
    "ask",
    "hookimpl",
    "new_id",
    "plain",
    "pretty",
    "require_e164",
    "to_e164",
    "to_prefix",
]


def __getattr__(name: str) -> object:
    # The numbering plans of the world take 40 ms to import, which `callguard --help` does not need.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("callguard.cli.client" if name == "ask" else "callguard.model.number"), name)
