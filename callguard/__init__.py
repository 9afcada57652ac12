"""CallGuard screens the calls that ring your house.

The names here are what a plugin author imports, and nothing else; see docs/plugins/tutorial.md.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from callguard.home import JSON, Apart, Clock, Home, Household, Randomness
from callguard.hookspecs import CheckAnswer, Command, hookimpl
from callguard.model.call import Attestation, Call, Caller, Presentation
from callguard.model.complaint import (
    Assessment,
    Circumstances,
    Complaint,
    ComplaintState,
    Draft,
    DraftField,
    Eligibility,
    Origin,
    Question,
)
from callguard.model.contact import Acquaintance, Contact
from callguard.model.disclosure import Disclosure
from callguard.model.dnc import DncState, DncStatus
from callguard.model.evidence import Evidence, Fact, Leaning, Rung
from callguard.model.health import Problem, Severity
from callguard.model.ident import CHANCE_BITS, new_id
from callguard.model.job import Job, TryLaterError
from callguard.model.law import Agency, CallingHours, CallKind, Exemption, FormField, Jurisdiction, Registry, Source
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
from callguard.model.relationship import Relationship
from callguard.model.rule import Change, Rule, RuleKind, RuleList
from callguard.model.schedule import NotAScheduleError, Schedule
from callguard.model.service import Service
from callguard.model.text import plain
from callguard.model.verdict import Action, Verdict
from callguard.model.web import Fetched, FetchError, ForbiddenAddressError, TooLargeError, Web, shown_url

if TYPE_CHECKING:
    from callguard.cli.client import ask, data_folder
    from callguard.law.days import NotAHolidayError, add_months, holiday_on, takes_effect_on
    from callguard.law.exempting import Applies, Exempt, exemptions_for, relationship_with, rests_on_relationship
    from callguard.law.hours import is_holiday, within_hours
    from callguard.law.status import status_of
    from callguard.model.country import NotACountryError, country_code, country_name, country_of, the_country
    from callguard.model.number import NotANumberError, pretty, require_e164, to_e164, to_prefix, to_range
    from callguard.model.rulevalue import canonical as rule_value
    from callguard.model.rulevalue import describe as describe_rule
    from callguard.model.rulevalue import fold_name, number_types
    from callguard.numberlist import (
        LIST_PHRASES,
        Gathered,
        Gathering,
        Limits,
        ListBuilder,
        NumberList,
        RefusedError,
        Subscription,
        complaint_weight,
        conditional,
        evidence_of,
        remember,
    )

__all__ = [
    "CHANCE_BITS",
    "JSON",
    "LIST_PHRASES",
    "Acquaintance",
    "Action",
    "Agency",
    "Answer",
    "Apart",
    "Applies",
    "Assessment",
    "Attestation",
    "Call",
    "CallKind",
    "CallRecord",
    "Caller",
    "CallingHours",
    "Category",
    "Change",
    "CheckAnswer",
    "Circumstances",
    "Clock",
    "Command",
    "Complaint",
    "ComplaintState",
    "Contact",
    "Decision",
    "Disclosure",
    "Disposition",
    "DncState",
    "DncStatus",
    "Draft",
    "DraftField",
    "Eligibility",
    "Entry",
    "Evidence",
    "Exempt",
    "Exemption",
    "Fact",
    "FetchError",
    "Fetched",
    "ForbiddenAddressError",
    "FormField",
    "Gathered",
    "Gathering",
    "Home",
    "Household",
    "Job",
    "Jurisdiction",
    "Leaning",
    "Limits",
    "Line",
    "LineState",
    "LineStatus",
    "ListBuilder",
    "ListInfo",
    "ListMode",
    "ListState",
    "LookUp",
    "NotACountryError",
    "NotAHolidayError",
    "NotANumberError",
    "NotAScheduleError",
    "NumberList",
    "Origin",
    "Outcome",
    "Presentation",
    "Problem",
    "Progress",
    "Question",
    "Randomness",
    "RefusedError",
    "Registry",
    "Relationship",
    "Report",
    "Rule",
    "RuleKind",
    "RuleList",
    "Rung",
    "Schedule",
    "Screen",
    "Service",
    "Severity",
    "Source",
    "SubscribedList",
    "Subscription",
    "TooLargeError",
    "TryLaterError",
    "Updated",
    "Verdict",
    "Web",
    "add_months",
    "ask",
    "complaint_weight",
    "conditional",
    "country_code",
    "country_name",
    "country_of",
    "data_folder",
    "describe_rule",
    "evidence_of",
    "exemptions_for",
    "fold_name",
    "holiday_on",
    "hookimpl",
    "is_holiday",
    "new_id",
    "number_types",
    "plain",
    "pretty",
    "relationship_with",
    "remember",
    "require_e164",
    "rests_on_relationship",
    "rule_value",
    "shown_url",
    "status_of",
    "takes_effect_on",
    "the_country",
    "to_e164",
    "to_prefix",
    "to_range",
    "within_hours",
]


_LATE = {
    "ask": "callguard.cli.client:ask",
    "data_folder": "callguard.cli.client:data_folder",
    "describe_rule": "callguard.model.rulevalue:describe",
    "rule_value": "callguard.model.rulevalue:canonical",
} | {
    name: f"callguard.{module}:{name}"
    for module, names in {
        "law.days": ("NotAHolidayError", "add_months", "holiday_on", "takes_effect_on"),
        "law.exempting": ("Applies", "Exempt", "exemptions_for", "relationship_with", "rests_on_relationship"),
        "law.hours": ("is_holiday", "within_hours"),
        "law.status": ("status_of",),
        "model.country": ("NotACountryError", "country_code", "country_name", "country_of", "the_country"),
        "model.number": ("NotANumberError", "pretty", "require_e164", "to_e164", "to_prefix", "to_range"),
        "model.rulevalue": ("fold_name", "number_types"),
        "numberlist": (
            *("LIST_PHRASES", "Gathered", "Gathering", "Limits", "ListBuilder", "NumberList", "RefusedError"),
            *("Subscription", "complaint_weight", "conditional", "evidence_of", "remember"),
        ),
    }.items()
    for name in names
}


def __getattr__(name: str) -> object:
    # The numbering plans of the world take 40 ms to import, which `callguard --help` does not need; nor SQLite.
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, inside = _LATE[name].partition(":")
    return getattr(import_module(module), inside)
