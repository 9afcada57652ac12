"""A complaint draft: what a form asks, what the record and the household can truthfully answer, what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from callguard.model.dnc import DncStatus
from callguard.model.law import Jurisdiction
from callguard.model.record import CallRecord
from callguard.model.relationship import Relationship

SCHEMA = 1
"""Version of the form in which drafts are written to files."""


class Eligibility(StrEnum):
    """Whether a complaint about one call may be made."""

    ELIGIBLE = "eligible"
    ROBOCALL_ONLY = "robocall-only"
    "Only if it was a prerecorded sales call: those are unlawful without consent, registered or not."
    NEEDS_ANSWERS = "needs-answers"
    NOT_ELIGIBLE = "not-eligible"
    OTHER_AGENCY = "other-agency"
    NO_FORM = "no-form"
    "No complaint form is known for the line's jurisdiction: export only."


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something only the household can answer."""

    key: str
    "What the answer is about: `kind`, `prerecorded`, `tried_to_sell`, `business`, `asked_to_stop` …"
    text: str
    options: tuple[str, ...] = ()
    "Answers one may choose from; empty: free text."
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Whether, where and why one may complain about a call."""

    eligibility: Eligibility
    agency: str = ""
    "Id of the agency it would go to."
    reasons: tuple[str, ...] = ()
    "Sentences."
    questions: tuple[Question, ...] = ()
    "Still open."
    warnings: tuple[str, ...] = ()
    deadline: date | None = None


class Origin(StrEnum):
    """Where the content of a field comes from; there is nothing else it may come from."""

    RECORD = "record"
    ANSWER = "answer"
    JURISDICTION = "jurisdiction"
    PROFILE = "profile"
    "The person's name and address: merged when a draft is rendered, never stored with it."
    NOBODY = ""
    "Not known: left empty, and named."


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftField:
    """One field of the form, filled as far as can be done truthfully."""

    label: str
    holds: str
    value: str = ""
    origin: Origin = Origin.NOBODY
    required: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the household may file, by itself, about one call."""

    call_id: str
    agency: str
    jurisdiction: str
    version: str
    "Version of the jurisdiction's data."
    made_at: datetime
    assessment: Assessment
    agency_name: str = ""
    agency_url: str = ""
    "Its form, where the household files."
    fields: tuple[DraftField, ...] = ()
    narrative: str = ""
    evidence: tuple[Mapping[str, str], ...] = ()
    "What is attached: the call, list hits with version and date, attestation, DNC status with its proof."
    related: tuple[str, ...] = ()
    "Other calls of the same campaign; linked, never merged."

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Labels of required fields that nobody can fill yet."""
        return tuple(one.label for one in self.fields if one.required and not one.value)


class ComplaintState(StrEnum):
    """How far a complaint is."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    FILED = "filed"
    "By the household, on the agency's own page."
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What the household said and did about one call."""

    call_id: str
    agency: str
    state: ComplaintState = ComplaintState.DRAFT
    answers: Mapping[str, str] = field(default_factory=dict)
    filed_on: date | None = None
    reference: str = ""
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a draft may be made of besides the record: the household's own facts, and the law."""

    jurisdiction: Jurisdiction | None
    dnc: DncStatus | None
    relationships: Sequence[Relationship] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    related: Sequence[CallRecord] = ()
    "Other calls that may belong to the same campaign."
    known_as: str = ""
    "The name under which the caller is a contact, or on the allow list; a warning then."
    local_time: datetime | None = None
    "The call's time by the clock where the line is."
    today: date | None = None
