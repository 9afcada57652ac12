"""Drafts complaints about calls for the household to file; it has no way to file one itself."""

from pydantic import BaseModel, ConfigDict

from callguard import CallRecord, Circumstances, Draft, Eligibility, Home, hookimpl
from callguard_complaints.agencies import agency_for
from callguard_complaints.assessing import assess
from callguard_complaints.campaign import campaign_of
from callguard_complaints.case import as_case
from callguard_complaints.evidence import attached
from callguard_complaints.fields import fill
from callguard_complaints.narrative import sentences


class Complaints:
    """Says whether one may complain about a call, and prepares the complaint as far as it can be done truthfully."""

    class Config(BaseModel):
        """Section `complaints` of config.yaml."""

        model_config = ConfigDict(extra="forbid", frozen=True)

    def __init__(self, config: Config, home: Home) -> None:
        self._home = home

    @hookimpl
    def draft_complaint(self, record: CallRecord, household: Circumstances, agency: str) -> Draft:
        """Return a draft; what nobody knows is left open and named."""
        law = household.jurisdiction
        chosen = agency_for(law, record, household, agency) if law else None
        case = as_case(record, household, chosen)
        now = self._home.clock.now()
        assessment = assess(case, household.today or now.date())
        elsewhere = assessment.eligibility is Eligibility.OTHER_AGENCY
        return Draft(
            call_id=record.call.id,
            agency=chosen.id if chosen else "",
            jurisdiction=law.id if law else "",
            version=law.version if law else "",
            made_at=now,
            assessment=assessment,
            agency_name=chosen.name if chosen else "",
            agency_url=chosen.url if chosen else "",
            fields=() if elsewhere else fill(case),  # a form that would be refused is not filled
            narrative=" ".join(sentences(case)),
            evidence=attached(case),
            related=tuple(other.call.id for other in campaign_of(record, household.related)),
        )
