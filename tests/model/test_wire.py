import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard import (
    Action,
    Attestation,
    Call,
    Caller,
    CallRecord,
    Disposition,
    DncState,
    DncStatus,
    Evidence,
    Leaning,
    Outcome,
    Presentation,
    Rung,
    Verdict,
)
from callguard.model.evidence import Failure, FailureKind
from callguard.model.policy import Policy, Profile
from callguard.model.verdict import Step, StepOutcome
from callguard.model.wire import (
    SCHEMA,
    BadRecordError,
    clean,
    decode_call,
    decode_policy,
    decode_record,
    encode_policy,
    encode_record,
    policy_key,
    with_disposition,
)

NOW = datetime(2026, 11, 22, 18, 45, 3, 123456, tzinfo=UTC)
ENDED = Disposition(outcome=Outcome.REJECTED, ended_at=NOW + timedelta(seconds=4), code=607)


def record(**changes: Any) -> CallRecord:
    call = Call(
        id="1m8296y0k0000000",
        line="Home",
        received_at=NOW,
        caller=Caller(presentation=Presentation.SHOWN, number="+13035550188", name="VISTA"),
    )
    plain = CallRecord(
        call=call,
        evidence=(Evidence(code="complaints", leaning=Leaning.UNWANTED, weight=40, source="ftc"),),
        failures=(),
        policy=Policy(),
        verdict=Verdict(action=Action.BLOCK, rung=Rung.SIGNALS, score=40),
    )
    return replace(plain, **changes)


# --- every record there can be -------------------------------------------------------------------

anything = st.text(st.characters(), max_size=12)
tidy = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12)
moments = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=5, minutes=45))]),
)
numbers = st.floats(allow_nan=False, allow_infinity=False)


def records(texts: st.SearchStrategy[str]) -> st.SearchStrategy[CallRecord]:
    some = st.lists(texts, max_size=3).map(tuple)
    facts = st.one_of(texts, st.integers(), numbers, st.booleans(), st.none())
    rungs = st.sampled_from(Rung)
    actions = st.sampled_from(Action)
    callers = st.builds(
        Caller,
        presentation=st.sampled_from(Presentation),
        number=st.none() | texts,
        text=texts,
        name=texts,
        asserted=some,
    )
    calls = st.builds(
        Call,
        id=texts,
        line=texts,
        received_at=moments,
        caller=callers,
        called=texts,
        diverted_by=some,
        attestation=st.none() | st.sampled_from(Attestation),
        identity=some,
        internal=st.booleans(),
        emergency_callback=st.booleans(),
        can_screen=st.booleans(),
        country=texts.filter(bool),
        details=st.dictionaries(texts, texts, max_size=3),
    )
    evidence = st.builds(
        Evidence,
        code=texts,
        leaning=st.sampled_from(Leaning),
        rung=rungs,
        weight=st.integers(0, 100),
        proof=st.booleans(),
        basis=texts,
        doubts=texts,
        log_only=st.booleans(),
        facts=st.dictionaries(texts, facts, max_size=3),
        version=texts,
        source=texts,
    )
    failures = st.builds(
        Failure,
        source=texts,
        kind=st.sampled_from(FailureKind),
        error=texts,
        rungs=st.lists(rungs, max_size=3).map(tuple),
    )
    steps = st.builds(Step, rungs, st.sampled_from(StepOutcome), st.lists(st.integers(0, 99), max_size=3).map(tuple))
    verdicts = st.builds(
        Verdict,
        action=actions,
        rung=rungs,
        score=st.integers(),
        wanted_to=st.none() | actions,
        unanswered=some,
        ladder=st.lists(steps, max_size=7).map(tuple),
        treated_as=texts,
    )
    days = st.none() | st.dates()
    registrations = st.builds(
        DncStatus,
        line=texts,
        state=st.sampled_from(DncState),
        jurisdiction=texts,
        registry=texts,
        number=texts,
        registered_on=days,
        takes_effect_on=days,
        verified_on=days,
        provenance=texts,
        version=texts,
    )
    dispositions = st.builds(
        Disposition,
        outcome=st.sampled_from(Outcome),
        ended_at=moments,
        code=st.none() | st.integers(100, 699),
        note=texts,
        answered=st.none() | st.booleans(),
    )
    return st.builds(
        CallRecord,
        call=calls,
        evidence=st.lists(evidence, max_size=3).map(tuple),
        failures=st.lists(failures, max_size=2).map(tuple),
        policy=policies,
        verdict=verdicts,
        timings=st.dictionaries(texts, numbers, max_size=3),
        decided_in=numbers,
        disposition=st.none() | dispositions,
        software=texts,
        dnc=st.none() | registrations,
    )


policies = st.builds(
    Policy,
    profile=st.sampled_from(Profile),
    block_at=st.integers(0, 1000),
    screen_at=st.integers(0, 1000),
    source_cap=st.integers(0, 1000),
    unknown_callers=st.sampled_from(Action),
    withheld_callers=st.sampled_from(Action),
    instead_of_screening=st.sampled_from(Action),
    quiet=st.booleans(),
    log_only=st.booleans(),
)


@given(records(tidy))
def test_every_record_of_clean_texts_comes_back_exactly(original: CallRecord) -> None:
    assert decode_record(encode_record(original)) == original


@given(records(anything))
def test_every_record_whatsoever_is_written_as_clean_utf8_and_then_stays_as_it_is(original: CallRecord) -> None:
    text = encode_record(original)
    text.encode()  # no lone surrogate
    once = decode_record(text)
    assert all(clean(t) == t for t in _texts(json.loads(text)))
    assert decode_record(encode_record(once)) == once


@given(records(anything))
def test_times_are_read_back_in_utc(original: CallRecord) -> None:
    again = decode_record(encode_record(original))
    assert again.call.received_at == original.call.received_at
    assert again.call.received_at.tzinfo is UTC


@given(records(anything))
def test_the_call_alone_can_be_read_out_of_a_record(original: CallRecord) -> None:
    text = encode_record(original, policy_key(original.policy))
    assert decode_call(text) == decode_record(encode_record(original)).call


@given(policies)
def test_a_policy_kept_elsewhere_is_found_by_its_key(policy: Policy) -> None:
    text = encode_record(record(policy=policy), policy_key(policy))
    kept = {policy_key(policy): decode_policy(encode_policy(policy))}
    assert decode_record(text, kept.__getitem__).policy == policy


@given(policies, policies)
def test_policies_have_the_same_key_only_if_they_are_equal(one: Policy, other: Policy) -> None:
    assert (policy_key(one) == policy_key(other)) == (one == other)


@given(
    records(anything),
    st.builds(
        Disposition,
        outcome=st.sampled_from(Outcome),
        ended_at=moments,
        note=tidy,
        answered=st.none() | st.booleans(),
    ),
)
def test_an_end_can_be_added_to_a_written_record(original: CallRecord, end: Disposition) -> None:
    text = encode_record(original)
    assert decode_record(with_disposition(text, end)) == replace(decode_record(text), disposition=end)


def test_a_record_from_before_registrations_were_kept_has_none_and_says_no_more_than_it_did() -> None:
    text = encode_record(record())
    assert not {"dnc", "treated_as"} & set(_texts(json.loads(text)))
    assert decode_record(text).dnc is None
    assert decode_record(text).verdict.treated_as == ""


def test_an_end_leaves_the_registration_of_the_line_in_the_record() -> None:
    dnc = DncStatus(line="Home", state=DncState.GRACE, registered_on=date(2026, 11, 1), provenance="declared")
    assert decode_record(with_disposition(encode_record(record(dnc=dnc)), ENDED)).dnc == dnc


@pytest.mark.parametrize(
    "status",
    [{"line": "Home"}, {"line": "Home", "state": "maybe"}, {"line": "Home", "state": "grace", "verified_on": 3}, 7],
)
def test_a_registration_that_is_none_makes_the_record_unreadable(status: object) -> None:
    broken = json.loads(encode_record(record())) | {"dnc": status}
    with pytest.raises(BadRecordError):
        decode_record(json.dumps(broken))


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [t for pair in value.items() for part in pair for t in _texts(part)]
    if isinstance(value, list):
        return [t for item in value for t in _texts(item)]
    return [value] if isinstance(value, str) else []


# --- cleaning ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        pytest.param("plain", "plain", id="plain"),
        pytest.param("Ünïcödé 東京 👩‍👩‍👧", "Ünïcödé 東京 👩‍👩‍👧", id="other scripts stay"),
        pytest.param("red\x1b[31m\x00", "red[31m", id="escape and NUL"),
        pytest.param("a\r\nb\tc", "a  b c", id="breaks become spaces"),
        pytest.param("a\u2028b\u2029c", "a b c", id="separators become spaces"),
        pytest.param("a\x7f\x85\x9bb", "ab", id="DEL and C1"),
        pytest.param("bad \udcff byte", "bad \ufffd byte", id="surrogate escape"),
    ],
)
def test_what_a_terminal_might_obey_is_removed(dirty: str, expected: str) -> None:
    assert clean(dirty) == expected
    caller = Caller(presentation=Presentation.SHOWN, name=dirty)
    evidence = Evidence(code="x", leaning=Leaning.NEUTRAL, facts={dirty: dirty})
    again = decode_record(encode_record(record(call=replace(record().call, caller=caller), evidence=(evidence,))))
    assert again.call.caller.name == expected
    assert again.evidence[0].facts == {expected: expected}


@pytest.mark.parametrize("text", ['say "hi"', "back\\slash", "\\u001b is six characters", "\\n"])
def test_what_merely_looks_escaped_is_kept(text: str) -> None:
    assert decode_record(encode_record(record(software=text))).software == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_becomes_unknown(value: float) -> None:
    evidence = Evidence(code="x", leaning=Leaning.NEUTRAL, facts={"share": value, "ok": 1.5})
    text = encode_record(record(evidence=(evidence,), timings={"slow": value}))
    again = decode_record(text)
    assert again.evidence[0].facts == {"share": None, "ok": 1.5}
    assert again.timings == {"slow": 0.0}


def test_a_time_without_a_zone_is_refused() -> None:
    naive = replace(record().call, received_at=datetime(2026, 11, 22))  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"):
        encode_record(record(call=naive))


# --- other versions ------------------------------------------------------------------------------


def test_the_schema_number_is_inside() -> None:
    assert json.loads(encode_record(record()))["schema"] == SCHEMA


def test_keys_of_a_later_version_are_passed_over() -> None:
    future = json.loads(encode_record(record(disposition=ENDED)))
    _add_unknown_keys(future)
    assert decode_record(json.dumps(future)) == record(disposition=ENDED)


def test_unknown_keys_survive_the_addition_of_an_end() -> None:
    future = json.loads(encode_record(record())) | {"transcript": "hello"}
    assert json.loads(with_disposition(json.dumps(future), ENDED))["transcript"] == "hello"


def _add_unknown_keys(value: object) -> None:
    if isinstance(value, dict):
        for item in list(value.values()):
            _add_unknown_keys(item)
        value["from_the_future"] = {"x": [1]}
    elif isinstance(value, list):
        for item in value:
            _add_unknown_keys(item)


def test_a_minimal_record_gets_the_defaults_of_the_schema() -> None:
    minimal = {
        "call": {
            "id": "x",
            "line": "Home",
            "received_at": "2026-11-22T18:45:03Z",
            "caller": {"presentation": "missing"},
        },
        "policy": {},
        "verdict": {"action": "ring", "rung": 7},
        "evidence": [{"code": "c", "leaning": "neutral"}],
        "failures": [{"source": "s", "kind": "raised"}],
    }
    assert decode_record(json.dumps(minimal)) == CallRecord(
        call=Call(
            id="x",
            line="Home",
            received_at=NOW.replace(microsecond=0),
            caller=Caller(presentation=Presentation.MISSING),
            country="US",
        ),
        policy=Policy(
            profile=Profile.NORMAL,
            block_at=100,
            screen_at=60,
            source_cap=60,
            unknown_callers=Action.RING,
            withheld_callers=Action.RING,
            instead_of_screening=Action.RING,
            quiet=False,
            log_only=False,
        ),
        verdict=Verdict(action=Action.RING, rung=Rung.UNKNOWN),
        evidence=(
            Evidence(code="c", leaning=Leaning.NEUTRAL, rung=Rung.SIGNALS, basis="", doubts="", log_only=False),
        ),
        failures=(Failure(source="s", kind=FailureKind.RAISED, rungs=(Rung.SIGNALS,)),),
    )


@pytest.mark.parametrize(
    ("written", "answered"),
    [
        pytest.param({}, None, id="a line that could not tell, or did not yet"),
        pytest.param({"answered": True}, True, id="somebody took it"),
        pytest.param({"answered": False}, False, id="nobody did"),
    ],
)
def test_a_call_that_nobody_took_is_not_one_of_which_it_is_unknown(
    written: dict[str, bool], answered: bool | None
) -> None:
    text = json.loads(encode_record(record()))
    text["disposition"] = {"outcome": "rang", "ended_at": "2026-11-22T18:45:03Z", **written}
    end = decode_record(json.dumps(text)).disposition
    assert end is not None
    assert end.answered is answered
    assert json.loads(encode_record(record(disposition=end)))["disposition"].get("answered") is answered


OLD_RECORD = (
    '{"schema":1,"call":{"id":"1m8296y0k0000000","line":"Home","received_at":"2026-11-22T18:45:03.123456+00:00",'
    '"caller":{"presentation":"shown","number":"+13035550188","name":"VISTA"},"country":"US"},'
    '"policy":"5f1d","verdict":{"action":"block","rung":6,"ladder":[[6,"decided",[0]]],"score":100},'
    '"decided_in":0.4,"software":"0.1","evidence":[{"source":"ftc","code":"complaints","leaning":"unwanted","rung":6,'
    '"weight":60}],"disposition":{"outcome":"rejected","ended_at":"2026-11-22T18:45:07.123456+00:00","code":607}}'
)
OLD_POLICY = (
    '{"profile":"strict","block_at":80,"screen_at":40,"source_cap":60,"unknown_callers":"screen",'
    '"withheld_callers":"screen","instead_of_screening":"ring"}'
)


def test_what_was_written_before_there_were_bases_and_quiet_hours_reads_as_it_meant_then() -> None:
    found = decode_record(OLD_RECORD, lambda key: decode_policy({"5f1d": OLD_POLICY}[key]))
    assert found.policy == Policy(
        profile=Profile.STRICT,
        block_at=80,
        screen_at=40,
        source_cap=60,
        unknown_callers=Action.SCREEN,
        withheld_callers=Action.SCREEN,
        instead_of_screening=Action.RING,
        quiet=False,
        log_only=False,
    )
    assert found.evidence == (
        Evidence(
            code="complaints",
            leaning=Leaning.UNWANTED,
            rung=Rung.SIGNALS,
            weight=60,
            source="ftc",
            basis="",
            doubts="",
            log_only=False,
        ),
    )
    assert found.disposition == replace(ENDED, answered=None)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="cut short"),
        pytest.param("[]", id="a list"),
        pytest.param("{}", id="nothing in it"),
        pytest.param("[" * 100_000, id="too deep"),
        pytest.param(encode_record(record()).replace('"block"', '"sing"'), id="unknown action"),
        pytest.param(encode_record(record()).replace('"rung":6', '"rung":66'), id="unknown rung"),
        pytest.param(encode_record(record()).replace('"id":"1m8296y0k0000000"', '"id":5'), id="number for a text"),
        pytest.param(encode_record(record()).replace('"VISTA"', '{"a":1}'), id="object for a text"),
        pytest.param(encode_record(record()).replace("T18:45", "at noon"), id="no time"),
        pytest.param(encode_record(record(), "abc"), id="a policy that is elsewhere"),
    ],
)
def test_what_is_no_record_is_refused_with_one_error(text: str) -> None:
    with pytest.raises(BadRecordError):
        decode_record(text)


@given(st.text() | st.recursive(st.none() | st.text() | st.floats() | st.booleans(), st.lists).map(json.dumps))
def test_no_text_raises_anything_else(text: str) -> None:
    with pytest.raises(BadRecordError):
        decode_record(text)


def test_a_missing_key_is_named() -> None:
    text = encode_record(record()).replace('"received_at"', '"heard_at"')
    with pytest.raises(BadRecordError, match="received_at is missing"):
        decode_record(text)
