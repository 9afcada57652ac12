"""A draft as data: `draft.json`, documented in the plugin's README, with a checksum over itself."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256

from callguard import JSON, Complaint, Draft

SCHEMA_VERSION = 1
STATEMENT = "not submitted"
"""What every draft says of itself, whatever the household did with it."""


def document(draft: Draft, complaint: Complaint) -> str:
    """Return `draft.json`; `sha256` is that of the same document without it, as `checksum` computes it."""
    content = _content(draft, complaint)
    return json.dumps({**content, "sha256": checksum(content)}, indent=2, ensure_ascii=False) + "\n"


def checksum(content: Mapping[str, JSON]) -> str:
    """Return the SHA-256 of *content*, which has no `sha256` yet: keys sorted, no spaces, UTF-8."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _content(draft: Draft, complaint: Complaint) -> Mapping[str, JSON]:
    found = draft.assessment
    return {
        "schema_version": SCHEMA_VERSION,
        "statement": STATEMENT,
        "call_id": draft.call_id,
        "agency": {"id": draft.agency, "name": draft.agency_name, "url": draft.agency_url},
        "jurisdiction": {"id": draft.jurisdiction, "version": draft.version},
        "made_at": draft.made_at.isoformat(),
        "state": complaint.state.value,
        "filed_on": _day(complaint.filed_on),
        "reference": complaint.reference,
        "eligibility": found.eligibility.value,
        "reasons": list(found.reasons),
        "warnings": list(found.warnings),
        "questions": [{"key": one.key, "text": one.text, "options": list(one.options)} for one in found.questions],
        "deadline": _day(found.deadline),
        "fields": [{**asdict(one), "origin": one.origin.value, "options": list(one.options)} for one in draft.fields],
        "unanswered": list(draft.unanswered),
        "answers": dict(complaint.answers),
        "narrative": draft.narrative,
        "evidence": [dict(piece) for piece in draft.evidence],
        "related": list(draft.related),
    }


def _day(day: object) -> str | None:
    return None if day is None else str(day)
