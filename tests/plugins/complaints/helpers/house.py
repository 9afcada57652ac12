"""A plugin, and what it is asked about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callguard import CallRecord, Circumstances, DncStatus, Draft, Jurisdiction
from callguard.testing import a_call, a_record
from callguard_complaints.plugin import Complaints
from tests.plugins.complaints.helpers.law import CALLED_AT, DENVER, NOW, US, registered


@dataclass(slots=True)
class House:
    """A plugin, and what it is asked about."""

    plugin: Complaints

    def draft(
        self,
        record: CallRecord | None = None,
        *,
        law: Jurisdiction | None = US,
        dnc: DncStatus | None = None,
        answers: Mapping[str, str] | None = None,
        agency: str = "",
        **more: Any,
    ) -> Draft:
        record = record or a_record(a_call(received_at=CALLED_AT))
        local = record.call.received_at.astimezone(DENVER)
        known: dict[str, Any] = {"local_time": local, "today": NOW.date(), **more}
        household = Circumstances(jurisdiction=law, dnc=dnc or registered(), answers=answers or {}, **known)
        return self.plugin.draft_complaint(record, household, agency)
