"""A jurisdiction's rules on telemarketing, as data: who may call whom, when, and to whom one may complain."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from callguard.model.schedule import Schedule


class CallKind(StrEnum):
    """What a call was about, by its own account, as the household says or as another signal classified it."""

    SALES = "sales"
    CHARITY = "charity"
    POLITICAL = "political"
    SURVEY = "survey"
    DEBT = "debt"
    INFORMATION = "information"
    "An appointment, a delivery: nothing is sold."
    FRAUD = "fraud"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a legal figure was read, and when."""

    source: str
    checked_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """A Do Not Call registry."""

    id: str
    name: str
    grace_days: int
    "Days telemarketers have to take note: a registration counts from that many days later on."
    covers: tuple[str, ...]
    "Kinds of lines: home, mobile, business."
    verify: str
    "How a household finds out whether it is registered, one or two sentences."
    verify_url: str
    register_url: str
    read: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """A reason why a registered line may be called all the same."""

    id: str
    kinds: tuple[CallKind, ...] = ()
    "The kinds of calls it is about; empty: any kind."
    purchase_months: int | None = None
    "Calendar months after a purchase, a payment or the end of a contract."
    inquiry_months: int | None = None
    "Calendar months after an inquiry."
    consent: bool = False
    "It rests on written consent."
    ended_by_stop_request: bool = False
    stop_request_days: int = 0
    "Calendar days a company has to honour a request to stop, or a revoked consent."
    stop_request_business_days: int = 0
    "The same in business days, where the law counts those."
    while_customer: bool = False
    "It holds as long as the household is a customer; no months are named."
    household_says: bool = False
    "Nobody but the household can say whether it holds."
    unless_selling: bool = False
    "It falls when the caller tried to sell something."
    question: str = ""
    "What the household is asked, where its records do not say."
    read: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class CallingHours:
    """When telemarketers may call, by the clock where the called line is."""

    hours: Schedule
    not_on_holidays: bool = False
    holidays: tuple[str, ...] = ()
    "Fixed days `01-01`, days from Easter Sunday `easter-2`, the first Monday from a day on `01-15+mon`."
    read: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field of an agency's form, by its label: ids of web pages drift."""

    label: str
    holds: str
    "Our name of what belongs there: `called_number`, `caller_number`, `call_date`, `subject`, `prerecorded` …"
    required: bool = False
    options: tuple[str, ...] = ()
    "The labels one may choose from."
    longest: int | None = None
    "Characters."
    shape: str = ""
    "How the agency wants it: `MM/DD/YYYY`, `555-555-5555`, `24h` …"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """Who takes complaints."""

    id: str
    name: str
    handles: tuple[str, ...]
    "`registry`, `robocall`, `spoofing`, `text`, `debt`, `fraud`, `hours`."
    url: str
    fields: tuple[FormField, ...] = ()
    deadline_days: int | None = None
    "Days after the call within which it takes a complaint; None: it names none."
    subjects: Mapping[CallKind, str] = field(default_factory=dict)
    "The label of the form's subject list for a kind of call, where there is exactly one."
    note: str = ""
    read: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """The rules of one country, or of a state laid over those of its country."""

    id: str
    name: str
    country: str
    "ISO 3166."
    version: str
    registry: Registry | None = None
    exemptions: tuple[Exemption, ...] = ()
    hours: CallingHours | None = None
    robocalls_need_consent: bool = False
    "A prerecorded sales call is unlawful without written consent, registered or not."
    robocalls_read: Source | None = None
    agencies: tuple[Agency, ...] = ()
    unknown: tuple[str, ...] = ()
    "What nobody has found out yet, in words for people."
