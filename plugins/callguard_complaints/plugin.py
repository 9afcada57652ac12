"""Drafts complaints about calls for the household to file; it has no way to file one itself."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from callguard import JSON, CallRecord, Circumstances, Command, Draft, Eligibility, Home, hookimpl
from callguard_complaints.agencies import agency_for
from callguard_complaints.assessing import assess
from callguard_complaints.campaign import campaign_of
from callguard_complaints.case import as_case
from callguard_complaints.evidence import attached
from callguard_complaints.fields import fill
from callguard_complaints.narrative import sentences
from callguard_complaints.reading import UnreadableError, complaint_in, draft_in
from callguard_complaints.rendering.document import document
from callguard_complaints.rendering.page import page
from callguard_complaints.rendering.text import text

_RENDERED = {"txt": text, "html": page, "json": document}


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

    @hookimpl
    def register_commands(self) -> Mapping[str, Command]:
        """Let the console offer a draft as a file; whose complaint it is stays open in there."""
        return {"complaint-file": self._file}

    async def _file(self, given: Mapping[str, JSON]) -> JSON:
        """Return `about`, an answer to `complaint-draft`, as a file of a *kind*: txt, html or json."""
        about, render = given.get("about"), _RENDERED.get(str(given.get("kind")))
        if render is None or not isinstance(about, Mapping):
            raise ValueError("say as what: txt, html or json, and about which draft")
        try:
            return {"content": render(draft_in(about), complaint_in(about))}
        except UnreadableError as error:
            raise ValueError(str(error)) from error
