"""Calls and records for tests: say what matters, the rest is an ordinary call on an ordinary day."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from callguard.model.call import Attestation, Call, Caller, Presentation
from callguard.model.dnc import DncStatus
from callguard.model.evidence import Evidence, Failure
from callguard.model.ident import new_id
from callguard.model.policy import Policy
from callguard.model.record import CallRecord, Disposition, Outcome
from callguard.model.verdict import Action, Verdict
from callguard.policy.ladder import judge
from callguard.testing.fakes import NOON

A_STRANGER = "+13035550164"
"""The number that calls where a test does not say otherwise: fictional, and on nobody's list."""

_CALLED = "+13035550100"
_ENDINGS = {
    Action.RING: (Outcome.RANG, 480),
    Action.SCREEN: (Outcome.ANNOUNCED, 200),
    Action.BLOCK: (Outcome.REJECTED, 603),
}


class CallerChanges(TypedDict, total=False):
    """The fields of a Caller, but for its number."""

    presentation: Presentation
    text: str
    name: str
    asserted: tuple[str, ...]


class CallChanges(TypedDict, total=False):
    """The fields of a Call."""

    id: str
    line: str
    received_at: datetime
    caller: Caller
    called: str
    diverted_by: tuple[str, ...]
    attestation: Attestation | None
    identity: tuple[str, ...]
    internal: bool
    emergency_callback: bool
    can_screen: bool
    country: str
    details: Mapping[str, str]


class RecordChanges(TypedDict, total=False):
    """The fields of a CallRecord, but for its call."""

    evidence: tuple[Evidence, ...]
    failures: tuple[Failure, ...]
    policy: Policy
    verdict: Verdict
    timings: Mapping[str, float]
    decided_in: float
    disposition: Disposition | None
    software: str
    dnc: DncStatus | None


def a_caller(number: str | None = A_STRANGER, **changes: Unpack[CallerChanges]) -> Caller:
    """Return a caller who shows *number*, or one who withholds it if it is None; with *changes* applied."""
    presentation = Presentation.SHOWN if number else Presentation.WITHHELD
    caller = Caller(presentation=presentation, number=number, text=number or "anonymous")
    return replace(caller, **changes)


def a_call(number: str | None = A_STRANGER, **changes: Unpack[CallChanges]) -> Call:
    """Return an ordinary call from *number*, with *changes* applied; None withholds the number."""
    call = Call(
        id=new_id(changes.get("received_at", NOON), 1),
        line="Home",
        received_at=NOON,
        caller=a_caller(number),
        called=_CALLED,
    )
    return replace(call, **changes)


def a_record(call: Call | None = None, **changes: Unpack[RecordChanges]) -> CallRecord:
    """Return the record of a call that has ended, judged by the real ladder unless *changes* hold a verdict."""
    call = call or a_call()
    evidence, failures = changes.get("evidence", ()), changes.get("failures", ())
    policy = changes.get("policy", Policy())
    verdict = changes.get("verdict") or judge(call, evidence, failures, policy, changes.get("dnc"))
    record = CallRecord(
        call=call,
        evidence=evidence,
        failures=failures,
        policy=policy,
        verdict=verdict,
        decided_in=1.0,
        disposition=as_asked(verdict, call.received_at + timedelta(seconds=1)),
        software="test",
    )
    return replace(record, **changes)


def as_asked(verdict: Verdict, ended_at: datetime) -> Disposition:
    """Return how a call ends on a line that can do whatever *verdict* asks."""
    outcome, code = _ENDINGS[verdict.action]
    return Disposition(outcome=outcome, ended_at=ended_at, code=code)
