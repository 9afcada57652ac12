"""Questions about complaints: which calls one may complain of, drafts, answers, and how far each is."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from callguard.control import given
from callguard.control.answers import change_facts, complaint_facts, draft_facts, jsonable
from callguard.control.circumstances import Circumstanced
from callguard.control.given import Arguments
from callguard.control.wire import RefusedError
from callguard.house import House
from callguard.model.complaint import Circumstances, Complaint, ComplaintState, Draft
from callguard.model.record import CallRecord
from callguard.model.text import plain
from callguard.model.verdict import Action
from callguard.sentences import event
from callguard.store import Filter

_LOOKS_BACK = timedelta(days=90)
_USUAL = 20
_LONGEST_ANSWER = 2000


@dataclass(frozen=True, slots=True)
class _Case:
    """A call, the draft about it, and what the household said and did so far."""

    record: CallRecord
    draft: Draft
    complaint: Complaint


class ComplaintCommands:
    """Answers questions about complaints. None of them reaches any agency: filing is the household's own act."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._circumstanced = Circumstanced(house)
        self.by_name = {
            "complaints": self.complaints,
            "complaint-draft": self.draft,
            "complaint-answer": self.answer,
            "complaint-state": self.state,
        }

    async def complaints(self, asked: Arguments) -> Any:
        """Return the calls of the last 90 days that were stopped, and those marked, newest first."""
        limit = given.count(asked, "limit", _USUAL)
        records = await asyncio.to_thread(self._candidates, limit)
        found = []
        for record in records:
            found.append(await self._listed(record))
            await asyncio.sleep(0)  # each takes a millisecond or two, in which a call may come
        return found

    async def draft(self, asked: Arguments) -> Any:
        """Return a draft about one call, with everything that is known and everything that is missing."""
        case = await self._case(await self._record(asked), given.text(asked, "agency"))
        return {
            "draft": draft_facts(case.draft),
            "complaint": complaint_facts(case.complaint),
            "call": self._event(case.record),
        }

    async def answer(self, asked: Arguments) -> Any:
        """Keep answers of the household about a call; one that is empty is taken back."""
        said = _answers(asked)
        record = await self._record(asked)
        case = await self._case(record, given.text(asked, "agency"), without=said)
        _check_options(case.draft, said)
        answers = {key: text for key, text in {**case.complaint.answers, **said}.items() if text}
        return await self._save(replace(case.complaint, answers=answers), asked)

    async def state(self, asked: Arguments) -> Any:
        """Note how far a complaint is: reviewed, filed by the household itself, dismissed, or a draft again."""
        state = given.choice(asked, "state", ComplaintState)
        if state is None:
            raise RefusedError("say draft, reviewed, filed or dismissed")
        record = await self._record(asked)
        case = await self._case(record, given.text(asked, "agency"))
        filed_on = self._filed_on(asked, record) if state is ComplaintState.FILED else None
        reference = plain(given.text(asked, "reference")) if state is ComplaintState.FILED else ""
        return await self._save(replace(case.complaint, state=state, filed_on=filed_on, reference=reference), asked)

    async def _save(self, complaint: Complaint, asked: Arguments) -> Any:
        house = self._house
        now = house.surroundings.clock.now()
        change = await house.store.save_complaint(complaint, by=given.by(asked), now=now)
        kept = house.store.complaint(complaint.call_id, complaint.agency) or complaint
        return {
            "complaint": complaint_facts(kept),
            "change": change_facts(change, house.timezone) if change else None,
        }

    async def _record(self, asked: Arguments) -> CallRecord:
        return await asyncio.to_thread(self._house.store.find, given.text(asked, "id"))

    async def _case(
        self, record: CallRecord, agency: str, *, without: Mapping[str, str] | None = None, in_full: bool = True
    ) -> _Case:
        """Draft with what was answered so far, *without* some of the answers."""
        said = self._house.store.complaints(call_id=record.call.id)
        # What was answered about the call holds towards every agency, so each complaint is kept with all of it.
        latest = max(said, key=_when_changed, default=None)
        answers = {
            key: text for key, text in (latest.answers if latest else {}).items() if key not in (without or ())
        }
        known = await self._circumstanced.of(record, answers, with_related=in_full)
        agency = _chosen(agency, known, said)
        draft = await self._house.plugins.draft_complaint(record, known, agency)
        if draft is None:
            raise RefusedError(self._why_no_draft())
        own = next((one for one in said if one.agency == draft.agency), None)
        complaint = own or Complaint(call_id=record.call.id, agency=draft.agency)
        return _Case(record, draft, replace(complaint, answers=answers))

    def _why_no_draft(self) -> str:
        if self._house.plugins.has("draft_complaint"):
            return "the draft could not be made: `callguard plugins` says what went wrong"
        return "no plugin drafts complaints here: is `complaints` among the disabled_plugins?"

    async def _listed(self, record: CallRecord) -> Any:
        case = await self._case(record, "", in_full=False)
        return {
            "call": self._event(record),
            "complaint": complaint_facts(case.complaint),
            "assessment": jsonable(case.draft.assessment),
            "dnc": jsonable(record.dnc),
        }

    def _candidates(self, limit: int) -> list[CallRecord]:
        """Return the calls that were stopped or marked, newest first, each once."""
        store = self._house.store
        since = self._house.surroundings.clock.now() - _LOOKS_BACK
        marked = [store.record(one.call_id) for one in store.complaints(limit)]
        stopped = [
            record
            for action in (Action.BLOCK, Action.SCREEN)
            for record in store.newest(limit, wanted=Filter(action=action, since=since)).records
        ]
        found = {record.call.id: record for record in [*marked, *stopped] if record and not record.call.internal}
        return sorted(found.values(), key=lambda record: record.call.received_at, reverse=True)[:limit]

    def _filed_on(self, asked: Arguments, record: CallRecord) -> date:
        zone = self._house.timezone
        today = self._house.surroundings.clock.now().astimezone(zone).date()
        filed_on = given.day(asked, "filed_on", today) or today
        if filed_on < record.call.received_at.astimezone(zone).date():
            raise RefusedError(f"it cannot have been filed on {filed_on}: the call came later")
        return filed_on

    def _event(self, record: CallRecord) -> dict[str, Any]:
        return event(record, self._house.phrases, self._house.timezone)


def _chosen(asked: str, known: Circumstances, said: Iterable[Complaint]) -> str:
    """Return the agency that was asked for, else the one with which something was done; empty: the usual one."""
    agencies = [one.id for one in known.jurisdiction.agencies] if known.jurisdiction else []
    if asked and asked not in agencies:
        there = f"there are: {', '.join(agencies)}" if agencies else "no complaint form is known here"
        raise RefusedError(f"there is no agency {plain(asked, 40)!r}; {there}")
    done = [one for one in said if one.state is not ComplaintState.DRAFT and one.agency in agencies]
    return asked or (max(done, key=_when_changed).agency if done else "")


def _when_changed(complaint: Complaint) -> float:
    return complaint.changed_at.timestamp() if complaint.changed_at else 0.0


def _answers(asked: Arguments) -> dict[str, str]:
    answers = asked.get("answers")
    if not isinstance(answers, Mapping) or not answers:
        raise RefusedError("answers are needed: a question's key and what you say to it")
    wrong = next((key for key, text in answers.items() if not isinstance(text, str | None)), None)
    if wrong is not None:
        raise RefusedError(f"the answer to {plain(str(wrong), 60)} is no text")
    return {str(key): plain(text or "", _LONGEST_ANSWER) for key, text in answers.items()}


def _check_options(draft: Draft, said: Mapping[str, str]) -> None:
    for question in draft.assessment.questions:
        answer = said.get(question.key, "")
        if answer and question.options and answer not in question.options:
            options = ", ".join(question.options)
            raise RefusedError(f"{question.key}: {answer!r:.60} is none of {options}")
