"""What is attached to a draft: the call as recorded, what lists said, attestation, registration, own notes."""

from collections.abc import Iterator, Mapping
from datetime import UTC

from callguard import CallRecord, DncStatus, Relationship, Rung, plain
from callguard_complaints.case import Case


def attached(case: Case) -> tuple[Mapping[str, str], ...]:
    """Return the pieces of evidence, each with its `what`; empty values are left out."""
    return tuple(_without_gaps(piece) for piece in _pieces(case))


def _pieces(case: Case) -> Iterator[Mapping[str, str]]:
    yield _call(case)
    call = case.record.call
    if call.attestation is not None:
        yield {"what": "attestation", "level": call.attestation.value}
    yield from _lists(case.record)
    if case.dnc is not None:
        yield _registration(case.dnc)
    if case.relationship is not None:
        yield _relationship(case.relationship)
    if case.jurisdiction is not None:
        yield {"what": "law", "jurisdiction": case.jurisdiction.id, "version": case.jurisdiction.version}


def _call(case: Case) -> Mapping[str, str]:
    record, local = case.record, case.household.local_time
    call, ended = record.call, record.disposition
    return {
        "what": "call",
        "id": call.id,
        "line": call.line,
        "received_at": call.received_at.astimezone(UTC).isoformat(),
        "local_time": local.isoformat() if local else "",
        "caller_id_number": case.number,
        "caller_id_text": call.caller.text,
        "caller_id_name": call.caller.name,
        "presentation": call.caller.presentation.value,
        "called": call.called,
        "verdict": record.verdict.action.value,
        "ended": ended.outcome.value if ended else "",
        "ended_at": ended.ended_at.astimezone(UTC).isoformat() if ended else "",
        "software": record.software,
    }


def _lists(record: CallRecord) -> Iterator[Mapping[str, str]]:
    """Yield what versioned lists said of the number; who is in the address book stays at home."""
    for found in record.evidence:
        if found.version and found.rung is Rung.SIGNALS:
            facts = {key: str(value) for key, value in found.facts.items() if value is not None}
            yield {**facts, "what": "list", "source": found.source, "said": found.code, "version": found.version}


def _registration(status: DncStatus) -> Mapping[str, str]:
    return {
        "what": "registration",
        "state": status.state.value,
        "registry": status.registry,
        "number": status.number,
        "registered_on": _day(status.registered_on),
        "takes_effect_on": _day(status.takes_effect_on),
        "verified_on": _day(status.verified_on),
        "known_from": status.provenance,
        "version": status.version,
    }


def _relationship(one: Relationship) -> Mapping[str, str]:
    return {
        "what": "relationship",
        "party": one.party,
        "last_purchase": _day(one.last_purchase),
        "contract_until": _day(one.contract_until),
        "last_inquiry": _day(one.last_inquiry),
        "consent_on": _day(one.consent_on),
        "consent_revoked_on": _day(one.consent_revoked_on),
        "consent_proof": one.consent_proof,
        "stop_requests": ", ".join(str(day) for day in one.stop_requests),
    }


def _day(day: object) -> str:
    return "" if day is None else str(day)


def _without_gaps(piece: Mapping[str, str]) -> Mapping[str, str]:
    return {key: plain(value, 400) for key, value in piece.items() if value}
