"""Call records as JSON text: compact, readable without CallGuard, exact both ways.

What is empty is left out. The defaults used in reading belong to the schema below, not to the model, so that an old
record still means what it meant when it was written. Unknown keys are passed over; a required one that is missing
raises BadRecordError.
"""

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import TypeVar

from callguard.model.call import Attestation, Call, Caller, Presentation
from callguard.model.dnc import DncState, DncStatus
from callguard.model.evidence import Evidence, Failure, FailureKind, Leaning, Rung
from callguard.model.jsonvalue import (
    Object,
    a_day,
    a_fact,
    a_list,
    a_moment,
    a_number,
    a_text,
    a_whole_number,
    an_object,
    texts,
)
from callguard.model.policy import Policy, Profile
from callguard.model.record import CallRecord, Disposition, Outcome
from callguard.model.verdict import Action, Step, StepOutcome, Verdict

SCHEMA = 1

_Kind = TypeVar("_Kind", Action, Attestation, Leaning, Outcome)

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")).encode
# What no stored text may hold: C0, DEL, C1, line and paragraph separators, lone surrogates.
_UNCLEAN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_MAYBE_UNCLEAN = re.compile(r'\\[^"]|[' + "\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # the same, in JSON
_REPLACEMENT = {"\t": " ", "\n": " ", "\r": " ", "\u2028": " ", "\u2029": " "}


class BadRecordError(ValueError):
    """A text is no call record, or lacks something a record cannot be without."""


def clean(text: str) -> str:
    """Return *text* without control characters (a line break becomes a space) and lone surrogates (U+FFFD)."""
    return text if text.isascii() and text.isprintable() else _UNCLEAN.sub(_cleaned_character, text)


def encode_record(record: CallRecord, policy_key: str = "") -> str:
    """Return *record* as one line of JSON; with *policy_key* the policy is only referred to.

    Texts are cleaned as by `clean`; a number that is not finite becomes null. A time without a zone, or a fact
    that is no fact, raises ValueError or TypeError.
    """
    return _text_of(_record(record, policy_key))


def decode_record(text: str, policy: Callable[[str], Policy] | None = None) -> CallRecord:
    """Return the record that `encode_record` wrote; *policy* finds the policy of a key."""
    return _read(text, lambda o: _to_record(o, policy))


def decode_call(text: str) -> Call:
    """Return only the call out of a record that `encode_record` wrote, whatever else is in it."""
    return _read(text, lambda o: _to_call(an_object(o["call"])))


def with_disposition(text: str, disposition: Disposition) -> str:
    """Return an encoded record with its end added or replaced; everything else stays, also what is unknown here."""
    return _text_of(_read(text, dict) | {"disposition": _disposition(disposition)})


def encode_policy(policy: Policy) -> str:
    """Return *policy* as JSON; every key is written, because a policy's defaults may change."""
    return _encode(_policy(policy))


def decode_policy(text: str) -> Policy:
    """Return the policy that `encode_policy` wrote."""
    return _read(text, _to_policy)


@lru_cache(maxsize=16)
def policy_key(policy: Policy) -> str:
    """Return a short name for this very *policy*, made from its content: equal policies have equal keys."""
    return sha256(encode_policy(policy).encode()).hexdigest()[:16]


# --- writing -----------------------------------------------------------------------------------------------------


def _text_of(record: Object) -> str:
    try:
        text = _encode(record)
    except ValueError:  # a number that is not finite
        return _encode(_cleaned(record))
    if text.isascii() and "\\" not in text and "\x7f" not in text:
        return text
    return _encode(_cleaned(record)) if _MAYBE_UNCLEAN.search(text) else text


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key) if isinstance(key, str) else key: _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _cleaned_character(match: re.Match[str]) -> str:
    found = match.group()
    return _REPLACEMENT.get(found, "\ufffd" if found >= "\ud800" else "")


def _record(record: CallRecord, policy_key: str) -> Object:
    written: Object = {
        "schema": SCHEMA,
        "call": _call(record.call),
        "policy": policy_key or _policy(record.policy),
        "verdict": _verdict(record.verdict),
        "decided_in": record.decided_in,
        "software": record.software,
    }
    if record.evidence:
        written["evidence"] = [_evidence(item) for item in record.evidence]
    if record.failures:
        written["failures"] = [_failure(item) for item in record.failures]
    if record.timings:
        written["timings"] = dict(record.timings)
    if record.disposition:
        written["disposition"] = _disposition(record.disposition)
    if record.dnc:
        written["dnc"] = _dnc(record.dnc)
    return written


def _call(call: Call) -> Object:
    written: Object = {
        "id": call.id,
        "line": call.line,
        "received_at": _time(call.received_at),
        "caller": _caller(call.caller),
        "country": call.country,
    }
    if call.called:
        written["called"] = call.called
    if call.diverted_by:
        written["diverted_by"] = call.diverted_by
    if call.attestation:
        written["attestation"] = call.attestation
    if call.identity:
        written["identity"] = call.identity
    if call.internal:
        written["internal"] = True
    if call.emergency_callback:
        written["emergency_callback"] = True
    if call.can_screen:
        written["can_screen"] = True
    if call.details:
        written["details"] = dict(call.details)
    return written


def _caller(caller: Caller) -> Object:
    written: Object = {"presentation": caller.presentation}
    if caller.number is not None:
        written["number"] = caller.number
    if caller.text:
        written["text"] = caller.text
    if caller.name:
        written["name"] = caller.name
    if caller.asserted:
        written["asserted"] = caller.asserted
    return written


def _evidence(evidence: Evidence) -> Object:
    written: Object = {
        "source": evidence.source,
        "code": evidence.code,
        "leaning": evidence.leaning,
        "rung": evidence.rung,
    }
    if evidence.weight:
        written["weight"] = evidence.weight
    if evidence.proof:
        written["proof"] = True
    if evidence.basis:
        written["basis"] = evidence.basis
    if evidence.doubts:
        written["doubts"] = evidence.doubts
    if evidence.log_only:
        written["log_only"] = True
    if evidence.facts:
        written["facts"] = dict(evidence.facts)
    if evidence.version:
        written["version"] = evidence.version
    return written


def _failure(failure: Failure) -> Object:
    written: Object = {"source": failure.source, "kind": failure.kind, "rungs": failure.rungs}
    if failure.error:
        written["error"] = failure.error
    return written


def _policy(policy: Policy) -> Object:
    return {
        "profile": policy.profile,
        "block_at": policy.block_at,
        "screen_at": policy.screen_at,
        "source_cap": policy.source_cap,
        "unknown_callers": policy.unknown_callers,
        "withheld_callers": policy.withheld_callers,
        "instead_of_screening": policy.instead_of_screening,
        "unlawful_calls": policy.unlawful_calls,
        "lawful_calls": policy.lawful_calls,
        "exempt_calls": policy.exempt_calls,
        "quiet": policy.quiet,
        "log_only": policy.log_only,
    }


def _verdict(verdict: Verdict) -> Object:
    written: Object = {
        "action": verdict.action,
        "rung": verdict.rung,
        "ladder": [_step(step) for step in verdict.ladder],
    }
    if verdict.score:
        written["score"] = verdict.score
    if verdict.wanted_to:
        written["wanted_to"] = verdict.wanted_to
    if verdict.unanswered:
        written["unanswered"] = verdict.unanswered
    if verdict.treated_as:
        written["treated_as"] = verdict.treated_as
    return written


def _step(step: Step) -> list[object]:
    return [step.rung, step.outcome, step.evidence] if step.evidence else [step.rung, step.outcome]


def _disposition(disposition: Disposition) -> Object:
    written: Object = {"outcome": disposition.outcome, "ended_at": _time(disposition.ended_at)}
    if disposition.code is not None:
        written["code"] = disposition.code
    if disposition.note:
        written["note"] = disposition.note
    if disposition.answered is not None:
        written["answered"] = disposition.answered
    return written


def _dnc(status: DncStatus) -> Object:
    words = {
        "jurisdiction": status.jurisdiction,
        "registry": status.registry,
        "number": status.number,
        "provenance": status.provenance,
        "version": status.version,
    }
    days = {
        "registered_on": status.registered_on,
        "takes_effect_on": status.takes_effect_on,
        "verified_on": status.verified_on,
    }
    return {
        "line": status.line,
        "state": status.state,
        **{key: text for key, text in words.items() if text},
        **{key: day.isoformat() for key, day in days.items() if day is not None},
    }


def _time(moment: datetime) -> str:
    if moment.tzinfo is not UTC:
        if moment.utcoffset() is None:
            raise ValueError(f"{moment.isoformat()} has no time zone")
        moment = moment.astimezone(UTC)
    return moment.isoformat()


# --- reading -----------------------------------------------------------------------------------------------------

_Read = TypeVar("_Read")

# A dictionary finds a member five times as fast as its class does, and a replay reads a hundred thousand of them.
_LEANINGS: dict[object, Leaning] = {leaning.value: leaning for leaning in Leaning}
_RUNGS: dict[object, Rung] = {rung.value: rung for rung in Rung}
_SILENT_STEPS: dict[object, Step] = {(r.value, o.value): Step(r, o) for r in Rung for o in StepOutcome}


def _read(text: str, reader: Callable[[Object], _Read]) -> _Read:
    try:
        return reader(an_object(json.loads(text)))
    except KeyError as error:
        raise BadRecordError(f"{error.args[0]} is missing") from error
    except (ValueError, TypeError, IndexError, RecursionError) as error:
        raise BadRecordError(str(error)) from error


def _to_record(o: Object, find: Callable[[str], Policy] | None) -> CallRecord:
    ended, dnc = o.get("disposition"), o.get("dnc")
    return CallRecord(
        call=_to_call(an_object(o["call"])),
        evidence=tuple([_to_evidence(an_object(item)) for item in a_list(o.get("evidence"))]),
        failures=tuple([_to_failure(an_object(item)) for item in a_list(o.get("failures"))]),
        policy=_policy_of(o["policy"], find),
        verdict=_to_verdict(an_object(o["verdict"])),
        timings={plugin: a_number(spent) for plugin, spent in an_object(o.get("timings") or {}).items()},
        decided_in=a_number(o.get("decided_in")),
        disposition=None if ended is None else _to_disposition(an_object(ended)),
        software=a_text(o.get("software")),
        dnc=None if dnc is None else _to_dnc(an_object(dnc)),
    )


def _policy_of(value: object, find: Callable[[str], Policy] | None) -> Policy:
    if not isinstance(value, str):
        return _to_policy(an_object(value))
    if find is None:
        raise ValueError(f"policy {value} is kept elsewhere")
    return find(value)


def _to_call(o: Object) -> Call:
    return Call(
        id=a_text(o["id"]),
        line=a_text(o["line"]),
        received_at=a_moment(o["received_at"]),
        caller=_to_caller(an_object(o["caller"])),
        called=a_text(o.get("called")),
        diverted_by=texts(o.get("diverted_by")),
        attestation=_maybe(Attestation, o.get("attestation")),
        identity=texts(o.get("identity")),
        internal=bool(o.get("internal")),
        emergency_callback=bool(o.get("emergency_callback")),
        can_screen=bool(o.get("can_screen")),
        country=a_text(o.get("country")) or "US",
        details={name: a_text(value) for name, value in an_object(o.get("details") or {}).items()},
    )


def _to_caller(o: Object) -> Caller:
    number = o.get("number")
    return Caller(
        presentation=Presentation(a_text(o["presentation"])),
        number=None if number is None else a_text(number),
        text=a_text(o.get("text")),
        name=a_text(o.get("name")),
        asserted=texts(o.get("asserted")),
    )


def _to_evidence(o: Object) -> Evidence:
    leaning, rung = o["leaning"], o.get("rung")
    return Evidence(
        code=a_text(o["code"]),
        leaning=_LEANINGS.get(leaning) or Leaning(a_text(leaning)),
        rung=_RUNGS.get(rung) or Rung(a_whole_number(rung, Rung.SIGNALS)),
        weight=a_whole_number(o.get("weight")),
        proof=bool(o.get("proof")),
        basis=a_text(o.get("basis")),
        doubts=a_text(o.get("doubts")),
        log_only=bool(o.get("log_only")),
        facts={name: a_fact(value) for name, value in an_object(o.get("facts") or {}).items()},
        version=a_text(o.get("version")),
        source=a_text(o.get("source")),
    )


def _to_failure(o: Object) -> Failure:
    return Failure(
        source=a_text(o["source"]),
        kind=FailureKind(a_text(o["kind"])),
        error=a_text(o.get("error")),
        rungs=tuple([Rung(a_whole_number(rung)) for rung in a_list(o.get("rungs", [Rung.SIGNALS]))]),
    )


def _to_policy(o: Object) -> Policy:
    return Policy(
        profile=Profile(a_text(o.get("profile")) or Profile.NORMAL),
        block_at=a_whole_number(o.get("block_at"), 100),
        screen_at=a_whole_number(o.get("screen_at"), 60),
        source_cap=a_whole_number(o.get("source_cap"), 60),
        unknown_callers=_maybe(Action, o.get("unknown_callers")) or Action.RING,
        withheld_callers=_maybe(Action, o.get("withheld_callers")) or Action.RING,
        instead_of_screening=_maybe(Action, o.get("instead_of_screening")) or Action.RING,
        unlawful_calls=_maybe(Action, o.get("unlawful_calls")),
        lawful_calls=_maybe(Action, o.get("lawful_calls")),
        exempt_calls=_maybe(Action, o.get("exempt_calls")),
        quiet=bool(o.get("quiet")),
        log_only=bool(o.get("log_only")),
    )


def _to_verdict(o: Object) -> Verdict:
    return Verdict(
        action=Action(a_text(o["action"])),
        rung=Rung(a_whole_number(o["rung"])),
        score=a_whole_number(o.get("score")),
        wanted_to=_maybe(Action, o.get("wanted_to")),
        unanswered=texts(o.get("unanswered")),
        ladder=tuple([_to_step(a_list(step)) for step in a_list(o.get("ladder"))]),
        treated_as=a_text(o.get("treated_as")),
    )


def _to_step(parts: list[object]) -> Step:
    if len(parts) == 2 and (known := _SILENT_STEPS.get((parts[0], parts[1]))):
        return known
    said = a_list(parts[2]) if len(parts) > 2 else []
    return Step(
        Rung(a_whole_number(parts[0])),
        StepOutcome(a_text(parts[1])),
        tuple([a_whole_number(place) for place in said]),
    )


def _to_disposition(o: Object) -> Disposition:
    code, answered = o.get("code"), o.get("answered")
    return Disposition(
        outcome=Outcome(a_text(o["outcome"])),
        ended_at=a_moment(o["ended_at"]),
        code=None if code is None else a_whole_number(code),
        note=a_text(o.get("note")),
        answered=None if answered is None else bool(answered),
    )


def _to_dnc(o: Object) -> DncStatus:
    return DncStatus(
        line=a_text(o["line"]),
        state=DncState(a_text(o["state"])),
        jurisdiction=a_text(o.get("jurisdiction")),
        registry=a_text(o.get("registry")),
        number=a_text(o.get("number")),
        registered_on=a_day(o.get("registered_on")),
        takes_effect_on=a_day(o.get("takes_effect_on")),
        verified_on=a_day(o.get("verified_on")),
        provenance=a_text(o.get("provenance")),
        version=a_text(o.get("version")),
    )


def _maybe(kind: type[_Kind], value: object) -> _Kind | None:
    return None if value is None else kind(a_text(value))
