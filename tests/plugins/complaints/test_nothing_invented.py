"""Property: whatever the record, a draft holds nothing that nobody said."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callguard import (
    Attestation,
    Caller,
    CallRecord,
    Circumstances,
    DncState,
    Draft,
    Origin,
    Outcome,
    Presentation,
    Relationship,
)
from callguard import plain as harmless
from callguard.testing import FakeClock, a_call, a_home, a_record
from callguard_complaints import answers as answering
from callguard_complaints import narrative
from callguard_complaints.fields import PROFILE
from callguard_complaints.plugin import Complaints
from tests.plugins.complaints.helpers.law import CANADA, DENVER, NOW, US, registered

EXAMPLES = max(150, min(1_000, int(os.environ.get("CALLGUARD_FUZZ", "0"))))
_NUMBERS = st.sampled_from(["+13035550164", "+13035550165", "+442079460018", "+4721930000"])
_TEXTS = st.text(max_size=30) | st.sampled_from(["ACME SOLAR", "Card Services", "<b>x</b>", "Anonymous"])
_WORDS = st.sampled_from(["yes", "no", "unknown", "sales", "survey", "charity", "fraud", "text", "2026-01-05"])
_KEYS = st.sampled_from(
    ["kind", "prerecorded", "tried_to_sell", "business", "last_purchase", "asked_to_stop", "stop_date", "caller_name",
     "subject", "subject_other", "comments", "medium", "phone_service", "call_type", "advertiser_number", "newspaper"]
)  # fmt: skip
_DAYS = st.none() | st.dates(date(2024, 1, 1), date(2026, 12, 31))


@st.composite
def records(draw: st.DrawFn) -> CallRecord:
    number = draw(st.none() | _NUMBERS)
    caller = Caller(
        presentation=draw(st.sampled_from(Presentation)), number=number, text=draw(_TEXTS), name=draw(_TEXTS)
    )
    received = draw(st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31))).replace(tzinfo=UTC)  # noqa: DTZ001
    call = a_call(
        received_at=received, caller=caller, called=draw(st.sampled_from(["+13035550100", "guard", ""])),
        attestation=draw(st.none() | st.sampled_from(Attestation)), id=draw(st.sampled_from(["a1", "b2", "c3"])),
    )  # fmt: skip
    record = a_record(call)
    ended = record.disposition
    assert ended
    ended = type(ended)(
        outcome=draw(st.sampled_from(Outcome)), ended_at=received + timedelta(seconds=9), answered=draw(st.booleans())
    )
    return a_record(call, disposition=draw(st.none() | st.just(ended)))


_PARTIES = st.builds(
    Relationship,
    party=_TEXTS,
    numbers=st.tuples(_NUMBERS),
    last_purchase=_DAYS,
    last_inquiry=_DAYS,
    consent_on=_DAYS,
    stop_requests=st.lists(st.dates(date(2024, 1, 1), date(2026, 12, 31)), max_size=2).map(tuple),
)


@st.composite
def households(draw: st.DrawFn, record: CallRecord) -> Circumstances:
    return Circumstances(
        jurisdiction=draw(st.sampled_from([US, CANADA, None])),
        dnc=draw(st.none() | st.builds(registered, _DAYS, st.sampled_from(DncState))),
        relationships=draw(st.lists(_PARTIES, max_size=2)),
        answers=draw(st.dictionaries(_KEYS, _WORDS | _TEXTS, max_size=8)),
        related=draw(st.lists(records(), max_size=2)),
        known_as=draw(_TEXTS),
        local_time=draw(st.none() | st.just(record.call.received_at.astimezone(DENVER))),
        today=draw(_DAYS),
    )


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Complaints:
    home = a_home(tmp_path_factory.mktemp("home"), name="complaints", clock=FakeClock(NOW))
    return Complaints(Complaints.Config(), home)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_field_holds_what_nobody_said(plugin: Complaints, data: st.DataObject) -> None:
    record = data.draw(records())
    household = data.draw(households(record))
    draft = plugin.draft_complaint(record, household, data.draw(st.sampled_from(["", "ftc", "fcc", "crtc", "?"])))
    for one in draft.fields:
        assert one.origin is not Origin.PROFILE
        assert (one.value == "") is (one.origin is Origin.NOBODY)
        assert not (one.value and one.holds in PROFILE)
        assert not one.options or one.value in ("", *one.options)
        assert not one.value or is_told(one.value, one.holds, one.origin, record, household), one
    assert only_words_of(draft, record, household) == set()
    assert set(draft.unanswered) == {one.label for one in draft.fields if one.required and not one.value}


def is_told(value: str, holds: str, origin: Origin, record: CallRecord, household: Circumstances) -> bool:
    """Tell, by its own reckoning, whether *value* comes from where it says."""
    if holds == "narrative":
        return True  # checked word by word
    told = {squeezed(one) for one in household.answers.values()}
    if origin is Origin.JURISDICTION:
        return value in set(texts(household.jurisdiction))
    if origin is Origin.ANSWER and holds in ("business", "asked_to_stop"):
        return value.casefold() == household.answers.get(holds, "").casefold() or bool(
            household.relationships or household.answers.keys() & {"stop_date", "last_purchase"}
        )
    if origin is Origin.ANSWER and holds in ("medium", "call_type") and value.casefold() not in told:
        return "text" in value.casefold() or ("prerecorded" in value.casefold() and "yes" in told)
    if origin is Origin.ANSWER and holds == "called_number":
        return household.dnc is not None and digits(value) in digits(household.dnc.number)
    if origin is Origin.ANSWER:
        return squeezed(value) in told
    return is_of_the_record(value, holds, record)


def is_of_the_record(value: str, holds: str, record: CallRecord) -> bool:
    local = record.call.received_at.astimezone(DENVER)
    moments = {f"{local:%m/%d/%Y}", f"{local:%Y-%m-%d}", f"{local:%H}", f"{local:%M}"}
    half = f"{(local.hour - 1) % 12 + 1}:{local:%M} {'a.m.' if local.hour < 12 else 'p.m.'}"
    numbers = {"called_number": record.call.called, "caller_number": record.call.caller.number or ""}
    if holds in numbers:
        return bool(digits(value)) and digits(numbers[holds]).endswith(digits(value))
    return value in {*moments, half} if holds.startswith("call_") else value == "Phone call"


def only_words_of(draft: Draft, record: CallRecord, household: Circumstances) -> set[str]:
    """Return the words of the narrative that are neither the plugin's own sentences nor anybody's facts."""
    known = set(OWN_WORDS)
    for fact in (record, replace(household, jurisdiction=None)):
        known |= {word for text in texts(fact) for word in words(text)}
    for call in (record, *household.related):
        for zone in (DENVER, UTC):
            known |= words(f"{call.call.received_at.astimezone(zone):%Y-%m-%d %H:%M %z}")
    return words(draft.narrative) - known


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", harmless(text, 100_000)))


OWN_WORDS = words(Path(narrative.__file__).read_text("utf-8"))


def texts(thing: Any) -> Iterator[str]:
    if is_dataclass(thing):
        for one in fields(thing):
            yield from texts(getattr(thing, one.name))
    elif isinstance(thing, Mapping):
        yield from (str(key) for key in thing)
        yield from (text for item in thing.values() for text in texts(item))
    elif isinstance(thing, list | tuple | set):
        yield from (text for item in thing for text in texts(item))
    elif thing is not None:
        yield str(thing)


def digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def squeezed(text: str) -> str:
    return "".join(harmless(text).split()).casefold()


def test_the_questions_ask_only_what_is_known_to_be_asked() -> None:
    assert all(asdict(one)["text"] for one in answering._QUESTIONS.values())
