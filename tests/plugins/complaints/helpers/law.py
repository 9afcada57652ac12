"""Three jurisdictions as lists-and-law §3.2–3.4 describe them, by label."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from callguard import (
    Agency,
    CallingHours,
    CallKind,
    DncState,
    DncStatus,
    Exemption,
    FormField,
    Jurisdiction,
    Registry,
    Schedule,
    Source,
)

READ = Source(source="design/lists-and-law.md", checked_on=date(2026, 5, 11))
DENVER = ZoneInfo("America/Denver")
LINE = "+13035550100"
CALLED_AT = datetime(2026, 6, 10, 20, 3, tzinfo=UTC)
"""A Wednesday, 14:03 in Denver."""
NOW = datetime(2026, 6, 11, 9, 0, tzinfo=UTC)

FTC_SUBJECTS = (
    "Other",
    "Dropped call or no message",
    "Reducing your debt",
    "Calls pretending to be government, businesses, or family and friends",
    "Medical & prescriptions",
    "Energy, solar, & utilities",
    "Charities",
)
HOURS_OF_DAY = tuple(f"{hour:02}" for hour in range(24))
MINUTES = tuple(f"{minute:02}" for minute in range(60))
YES_NO = ("Yes", "No")


def _field(label: str, holds: str, **more: Any) -> FormField:
    return FormField(label=label, holds=holds, **more)


FTC = Agency(
    id="ftc",
    name="FTC",
    handles=("registry", "robocall", "hours"),
    url="https://www.donotcall.gov/report.html",
    fields=(
        _field("Phone number that received the call", "called_number", required=True, shape="10 digits"),
        _field("Date of the call", "call_date", required=True, shape="MM/DD/YYYY"),
        _field("Time of the call (hour)", "call_time", required=True, shape="00-23", options=HOURS_OF_DAY),
        _field("Time of the call (minutes)", "call_time", required=True, shape="00-59", options=MINUTES),
        _field("Was it a prerecorded message?", "prerecorded", required=True, options=YES_NO),
        _field("Phone call or text message?", "medium", required=True, options=("Phone call", "Mobile text message")),
        _field("What was the call about?", "subject", required=True, options=FTC_SUBJECTS),
        _field("Other subject", "subject_other", longest=50),
        _field("Number that called you", "caller_number", shape="10 digits"),
        _field("Name of the company", "caller_name", longest=60),
        _field("Have you done business with it?", "business", options=YES_NO),
        _field("Have you asked it to stop calling?", "asked_to_stop", options=YES_NO),
        _field("First name", "first_name"),
        _field("Last name", "last_name"),
        _field("Street address", "street"),
        _field("City", "city"),
        _field("State", "state", required=True),
        _field("Zip code", "postcode"),
        _field("Comments", "narrative", longest=1000),
    ),
    subjects={
        CallKind.CHARITY: "Charities",
        CallKind.FRAUD: "Calls pretending to be government, businesses, or family and friends",
    },
    read=READ,
)
FCC = Agency(
    id="fcc",
    name="FCC",
    handles=("spoofing", "robocall", "text", "registry"),
    url="https://consumercomplaints.fcc.gov/hc/en-us/requests/new?ticket_form_id=39744",
    fields=(
        _field("Description", "narrative", required=True),
        _field("Phone issue", "issue", required=True, options=("Unwanted Calls",)),
        _field("Date of issue", "call_date", shape="MM/DD/YYYY"),
        _field("Time of issue", "call_time", shape="h:mm a.m./p.m."),
        _field("Type of call", "call_type", options=("Prerecorded Voice", "Live Voice", "Autodialed Voice")),
        _field("Goods or services", "goods"),
        _field("Phone service", "phone_service", options=("Wired", "Wireless", "VOIP")),
        _field("Number called", "called_number", shape="555-555-5555"),
        _field("Caller ID", "caller_number", shape="555-555-5555"),
        _field("Advertiser's number", "advertiser_number", shape="555-555-5555"),
        _field("State", "state", required=True),
    ),
    read=READ,
)
FRAUD = Agency(
    id="reportfraud", name="ReportFraud", handles=("text", "fraud"), url="https://reportfraud.ftc.gov/", read=READ
)
CFPB = Agency(id="cfpb", name="CFPB", handles=("debt",), url="https://www.consumerfinance.gov/complaint/", read=READ)
CRTC = Agency(
    id="crtc",
    name="National DNCL",
    handles=("registry", "hours"),
    url="https://lnnte-dncl.gc.ca/en/Consumer/File-a-complaint",
    deadline_days=14,
    fields=(
        _field("Your number", "called_number", required=True, shape="555-555-5555"),
        _field("Date of the call", "call_date", required=True, shape="YYYY-MM-DD"),
        _field("Telemarketer's number", "caller_number", shape="555-555-5555"),
        _field("Telemarketer's name", "caller_name"),
    ),
    read=READ,
)


def _registry(id: str, name: str) -> Registry:
    return Registry(
        id=id, name=name, grace_days=31, covers=("home", "mobile"), verify="Ask the registry.",
        verify_url="https://registry.example/verify", register_url="https://registry.example/", read=READ,
    )  # fmt: skip


def _dealings(purchase: int, inquiry: int) -> Exemption:
    return Exemption(
        id="business-relationship", purchase_months=purchase, inquiry_months=inquiry, ended_by_stop_request=True,
        question="Do you do business with it?", read=READ,
    )  # fmt: skip


def _by_kind(id: str, *kinds: CallKind) -> Exemption:
    return Exemption(id=id, kinds=kinds, unless_selling=True, read=READ)


US = Jurisdiction(
    id="us",
    name="United States",
    country="US",
    version="2026-05-11",
    registry=_registry("us-dnc", "National Do Not Call Registry"),
    exemptions=(
        _by_kind("charity", CallKind.CHARITY),
        _by_kind("political", CallKind.POLITICAL),
        _by_kind("survey", CallKind.SURVEY),
        _dealings(18, 3),
        Exemption(id="written-consent", consent=True, ended_by_stop_request=True, question="Written?", read=READ),
    ),
    hours=CallingHours(hours=Schedule.parse("mon-sun 08:00-21:00"), read=READ),
    robocalls_need_consent=True,
    agencies=(FTC, FCC, FRAUD, CFPB),
)
CANADA = Jurisdiction(
    id="ca",
    name="Canada",
    country="CA",
    version="2026-05-11",
    registry=_registry("ca-dncl", "National DNCL"),
    exemptions=(
        _by_kind("survey", CallKind.SURVEY),
        _dealings(18, 6),
        Exemption(
            id="newspaper", kinds=(CallKind.SALES,), household_says=True, question="Was it a newspaper?", read=READ
        ),
    ),
    hours=CallingHours(hours=Schedule.parse("mon-fri 09:00-21:30, sat+sun 10:00-18:00"), read=READ),
    agencies=(CRTC,),
)
SALES_IN_CANADA = {"kind": "sales", "prerecorded": "no", "business": "no", "asked_to_stop": "no", "newspaper": "no"}
SALES = {"kind": "sales", "prerecorded": "no", "business": "no", "asked_to_stop": "no"}


def registered(on: date | None = date(2020, 1, 1), state: DncState = DncState.REGISTERED) -> DncStatus:
    return DncStatus(
        line="Home", state=state, jurisdiction="us", registry="National Do Not Call Registry", number=LINE,
        registered_on=on, takes_effect_on=date(2020, 2, 1), provenance="config.yaml:12", version="2026-05-11",
    )  # fmt: skip
