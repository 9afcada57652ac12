"""The comment of a complaint: sentences that say what was seen and what the household says, and nothing else.

Numbers are what caller ID showed: whoever really called may have borrowed them.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from callguard import CallKind, Circumstances, DncState, Outcome, Presentation, plain, within_hours
from callguard_complaints.answers import said
from callguard_complaints.campaign import campaign_of
from callguard_complaints.case import Case

_MOST_RELATED = 5
_ENDED = {
    Outcome.REJECTED: "It was refused automatically before anybody answered.",
    Outcome.ANNOUNCED: "It was answered by an automatic announcement; nobody spoke with the caller.",
    Outcome.GONE: "The caller gave up before the call was answered.",
}
_NO_NUMBER = {
    Presentation.SHOWN: "Caller ID showed no telephone number",
    Presentation.WITHHELD: "Caller ID showed no number: the caller withheld it",
    Presentation.UNAVAILABLE: "Caller ID showed no number: the network did not know it",
    Presentation.MISSING: "Caller ID showed no number: none came with the call",
}
_KIND_WORDS = {
    CallKind.SALES: "The call was a sales call.",
    CallKind.CHARITY: "The call was about a charity.",
    CallKind.POLITICAL: "The call was about politics.",
    CallKind.SURVEY: "The call was a survey.",
    CallKind.DEBT: "The call was about a debt.",
    CallKind.INFORMATION: "The call was a notice.",
    CallKind.FRAUD: "The call seemed to be a fraud.",
}


def sentences(case: Case) -> list[str]:
    """Return the sentences, the most important ones first."""
    return [*_seen(case), *_heard(case), *_about_the_line(case), *_also(case)]


def fitted(told: Sequence[str], longest: int | None) -> str:
    """Return the sentences that fit into so many characters, from the first on; one that alone is longer is cut."""
    text = " ".join(told)
    if longest is None or len(text) <= longest:
        return text
    kept: list[str] = []
    for sentence in told:
        if len(" ".join((*kept, sentence))) > longest:
            break
        kept.append(sentence)
    return " ".join(kept) if kept else text[: max(0, longest - 1)] + "…"


def _seen(case: Case) -> Iterator[str]:
    call, status = case.record.call, case.dnc
    called = call.called if call.called.startswith("+") else status.number if status else ""
    line = f" to {called}" if called else ""
    yield f"A call{line} came on {when(case.household, case.record.call.received_at)}."
    shown = f"Caller ID showed {case.number}" if case.number else _NO_NUMBER[call.caller.presentation]
    name = plain(call.caller.name)
    yield f"{shown}, and the name “{name}”." if name else f"{shown}."
    ended = case.record.disposition
    if ended is None:
        return
    if ended.outcome in _ENDED:
        yield _ENDED[ended.outcome]
    elif ended.answered is not None:
        yield "Somebody of the household answered." if ended.answered else "Nobody answered."


def _heard(case: Case) -> Iterator[str]:
    answers = case.household.answers
    if case.kind in _KIND_WORDS:
        yield _KIND_WORDS[case.kind]
    if case.prerecorded is not None:
        yield "It was a prerecorded message." if case.prerecorded else "A person spoke, it was no recording."
    if case.sold and case.kind not in (CallKind.SALES, CallKind.FRAUD):
        yield "It also tried to sell something."
    if case.name:
        yield f"The caller gave the name “{case.name}”."
    if case.asked_to_stop:
        on = f" on {case.stopped_on}" if case.stopped_on else ""
        yield f"The caller had been asked{on} not to call any more."
    if case.is_customer is False:
        yield "The household does no business with the caller."
    if said(answers, "comments"):
        yield said(answers, "comments")


def _about_the_line(case: Case) -> Iterator[str]:
    status = case.dnc
    if status and status.state is DncState.REGISTERED and status.registered_on:
        registry = f" on the {status.registry}" if status.registry else ""
        yield f"The line has been registered{registry} since {status.registered_on}."
    hours, local = (case.jurisdiction.hours if case.jurisdiction else None), case.household.local_time
    if hours is not None and local is not None and not within_hours(hours, local):
        yield f"Telemarketers may not call at {local:%H:%M} on that day."


def _also(case: Case) -> Iterator[str]:
    others = campaign_of(case.record, case.household.related)
    if not others:
        return
    newest = [when(case.household, other.call.received_at) for other in others[:_MOST_RELATED]]
    more = f" and {len(others) - _MOST_RELATED} more" if len(others) > _MOST_RELATED else ""
    yield f"Caller ID showed the same number or name on other calls: {'; '.join(newest)}{more}."


def when(household: Circumstances, moment: datetime) -> str:
    """Return a time by the clock where the line is, with its distance from UTC."""
    zone = household.local_time.tzinfo if household.local_time else None
    local = moment.astimezone(zone or UTC)
    return f"{local:%Y-%m-%d %H:%M} (UTC{local:%z})"
