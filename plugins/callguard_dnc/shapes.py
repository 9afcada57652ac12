"""What a jurisdiction's file may hold; a mistake in one is found by its test, not by a household."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from callguard import (
    Agency,
    CallingHours,
    CallKind,
    Exemption,
    FormField,
    Jurisdiction,
    Registry,
    Schedule,
    Source,
    holiday_on,
)

_A_YEAR = 2026
Id = Annotated[str, Field(pattern=r"^[a-z]{2}[a-z0-9-]*$")]
Text = Annotated[str, Field(min_length=1)]
Page = Annotated[str, Field(pattern=r"^https://[a-z0-9.-]+/")]
Months = Annotated[int, Field(ge=0, le=60)]
Days = Annotated[int, Field(ge=0, le=366)]
Handles = Literal["registry", "robocall", "spoofing", "text", "debt", "fraud", "hours"]


def _schedule(text: str) -> str:
    return str(Schedule.parse(text))


def _holiday(text: str) -> str:
    holiday_on(text, _A_YEAR)
    return text


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Read(_Part):
    """Something that names the page it was read on."""

    source: Annotated[str, Field(pattern=r"https?://")]
    checked_on: date

    def read(self) -> Source:
        return Source(source=" ".join(self.source.split()), checked_on=self.checked_on)


class RegistryShape(_Read):
    """A registry."""

    id: Id
    name: Text
    grace_days: Days
    covers: Annotated[tuple[Literal["home", "mobile", "business"], ...], Field(min_length=1)]
    verify: Text
    verify_url: Page
    register_url: Page

    def registry(self) -> Registry:
        """Return it as the house knows it."""
        return Registry(**self.model_dump(exclude={"source", "checked_on"}), read=self.read())


class ExemptionShape(_Read):
    """An exemption."""

    id: Annotated[str, Field(pattern=r"^[a-z-]+$")]
    kinds: tuple[CallKind, ...] = ()
    purchase_months: Months | None = None
    inquiry_months: Months | None = None
    consent: bool = False
    ended_by_stop_request: bool = False
    stop_request_days: Days = 0
    stop_request_business_days: Days = 0
    while_customer: bool = False
    household_says: bool = False
    unless_selling: bool = False
    question: Text

    def exemption(self) -> Exemption:
        """Return it as the house knows it."""
        return Exemption(**self.model_dump(exclude={"source", "checked_on"}), read=self.read())


class HoursShape(_Read):
    """Hours in which telemarketers may call."""

    hours: Annotated[str, AfterValidator(_schedule)]
    not_on_holidays: bool = False
    holidays: tuple[Annotated[str, AfterValidator(_holiday)], ...] = ()

    def calling_hours(self) -> CallingHours:
        """Return them as the house knows them."""
        return CallingHours(
            hours=Schedule.parse(self.hours),
            not_on_holidays=self.not_on_holidays,
            holidays=self.holidays,
            read=self.read(),
        )


class FieldShape(_Part):
    """A field of a form."""

    label: Text
    holds: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    required: bool = False
    options: tuple[Text, ...] = ()
    longest: Annotated[int, Field(ge=1)] | None = None
    shape: str = ""

    def field(self) -> FormField:
        """Return it as the house knows it."""
        return FormField(**self.model_dump())


class AgencyShape(_Read):
    """An agency that takes complaints."""

    id: Id
    name: Text
    handles: Annotated[tuple[Handles, ...], Field(min_length=1)]
    url: Page
    fields: tuple[FieldShape, ...] = ()
    deadline_days: Annotated[int, Field(ge=1)] | None = None
    subjects: Mapping[CallKind, str] = {}
    note: str = ""

    def agency(self) -> Agency:
        """Return it as the house knows it."""
        return Agency(
            id=self.id,
            name=self.name,
            handles=self.handles,
            url=self.url,
            fields=tuple(field.field() for field in self.fields),
            deadline_days=self.deadline_days,
            subjects=dict(self.subjects),
            note=self.note,
            read=self.read(),
        )


class JurisdictionShape(_Part):
    """A whole jurisdiction, its parent's rules already beneath it."""

    id: Id
    name: Text
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    version: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    registry: RegistryShape | None = None
    exemptions: tuple[ExemptionShape, ...] = ()
    hours: HoursShape | None = None
    robocalls_need_consent: bool = False
    robocalls_read: _Read | None = None
    agencies: tuple[AgencyShape, ...] = ()
    unknown: tuple[Text, ...] = ()

    def jurisdiction(self) -> Jurisdiction:
        """Return it as the house knows it."""
        return Jurisdiction(
            id=self.id,
            name=self.name,
            country=self.country,
            version=self.version,
            registry=self.registry.registry() if self.registry else None,
            exemptions=tuple(one.exemption() for one in self.exemptions),
            hours=self.hours.calling_hours() if self.hours else None,
            robocalls_need_consent=self.robocalls_need_consent,
            robocalls_read=self.robocalls_read.read() if self.robocalls_read else None,
            agencies=tuple(one.agency() for one in self.agencies),
            unknown=self.unknown,
        )
