"""The forms that the jurisdictions' data describes are forms that can be filled."""

from datetime import date

import pytest

from callguard import DncState, Jurisdiction
from callguard.testing import a_call, a_record
from callguard_complaints.fields import _FILLERS, PROFILE
from callguard_dnc.library import jurisdiction_of, known_jurisdictions
from tests.plugins.complaints.helpers.house import House
from tests.plugins.complaints.helpers.law import CALLED_AT, registered

BY_ANSWER = {"caller_name", "subject_other", "phone_service", "advertised", "advertiser_number", "issue"}
"""What a field may hold that the household fills by an answer of that key, or the form by leaving one choice."""


def _laws() -> list[Jurisdiction]:
    return [law for one in known_jurisdictions() if (law := jurisdiction_of(one)) is not None]


@pytest.fixture(params=_laws(), ids=lambda law: law.id)
def law(request: pytest.FixtureRequest) -> Jurisdiction:
    found: Jurisdiction = request.param
    return found


def test_every_field_is_one_that_is_known_here(law: Jurisdiction) -> None:
    held = {field.holds for agency in law.agencies for field in agency.fields}
    assert held <= {*_FILLERS, *PROFILE, *BY_ANSWER}


def test_a_sales_call_fills_number_and_day_in_every_form(house: House, law: Jurisdiction) -> None:
    answers = {"kind": "sales", "prerecorded": "yes", "business": "no", "asked_to_stop": "no", "newspaper": "no"}
    for agency in law.agencies:
        draft = house.draft(law=law, answers=answers, agency=agency.id, today=date(2026, 6, 11))
        held = {one.holds: one.value for one in draft.fields}
        needed = {"called_number", "caller_number", "call_date", "call_time", "narrative"} & held.keys()
        assert all(held[one] for one in needed), draft
        assert not {"called_number", "caller_number"} & needed or held["caller_number"].endswith("0164")


def test_every_question_about_the_form_can_be_answered(house: House, law: Jurisdiction) -> None:
    """Answer as long as something is asked: it must end, with nothing open that the form needs."""
    for agency in law.agencies:
        answers = {"kind": "sales"}
        draft = house.draft(law=law, answers=answers, agency=agency.id, dnc=registered())
        while draft.assessment.questions and len(answers) < 30:
            asked = draft.assessment.questions[0]
            answers[asked.key] = asked.options[1] if asked.options else "2020-01-01"
            draft = house.draft(law=law, answers=answers, agency=agency.id, dnc=registered())
        assert not draft.assessment.questions
        assert {one.holds for one in draft.fields if one.required and not one.value} <= set(PROFILE)


def test_a_line_nobody_declared_is_never_taken_for_registered(house: House, law: Jurisdiction) -> None:
    answers = {"kind": "sales", "prerecorded": "no", "business": "no", "asked_to_stop": "no", "newspaper": "no"}
    unknown = registered(None, DncState.UNKNOWN)
    found = house.draft(a_record(a_call(received_at=CALLED_AT)), law=law, answers=answers, dnc=unknown).assessment
    expected = "needs-answers" if law.agencies and law.registry else "no-form" if not law.agencies else "eligible"
    assert found.eligibility == expected
