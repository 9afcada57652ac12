from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import (
    Applies,
    CallKind,
    Exempt,
    Exemption,
    Jurisdiction,
    Relationship,
    Source,
    exemptions_for,
    relationship_with,
)

READ = Source(source="https://law.example/", checked_on=date(2026, 1, 1))
CUSTOMERS = Exemption(
    id="business-relationship",
    purchase_months=18,
    inquiry_months=3,
    ended_by_stop_request=True,
    stop_request_business_days=10,
    question="Have you bought from it?",
    read=READ,
)
CONSENT = Exemption(id="consent", consent=True, ended_by_stop_request=True, question="Did you agree?", read=READ)
SURVEY = Exemption(id="survey", kinds=(CallKind.SURVEY,), unless_selling=True, question="Did it sell?", read=READ)
DEBT = Exemption(id="debt", kinds=(CallKind.DEBT,), question="A debt?", read=READ)
NEWSPAPER = Exemption(id="newspaper", kinds=(CallKind.SALES,), household_says=True, question="A paper?", read=READ)
ONGOING = Exemption(id="customer", while_customer=True, question="A customer?", read=READ)
SHOP = Relationship(party="Shop", numbers=("+13035550164",))

YES, NO, ASK = Applies.APPLIES, Applies.DOES_NOT_APPLY, Applies.UNKNOWN


def answer(
    exemption: Exemption,
    relationship: Relationship | None = None,
    on: str = "2026-06-01",
    *,
    kind: CallKind = CallKind.SALES,
    selling: bool | None = None,
) -> Exempt:
    law = Jurisdiction(id="xx", name="Somewhere", country="XX", version="1", exemptions=(exemption,))
    (found,) = exemptions_for(law, kind, relationship, date.fromisoformat(on), selling=selling)
    assert found.exemption == exemption.id
    assert bool(found.question) == (found.applies is ASK)
    return found


PURCHASES = {
    "the day itself": ("2025-08-31", "2025-08-31", YES),
    "the last day, from the 31st": ("2025-08-31", "2027-02-28", YES),
    "a day after, from the 31st": ("2025-08-31", "2027-03-01", NO),
    "the last day, from the 30th": ("2025-08-30", "2027-02-28", YES),
    "the last day, from the 29th": ("2025-08-29", "2027-02-28", YES),
    "a day after, from the 29th": ("2025-08-29", "2027-03-01", NO),
    "the leap day, from the 31st": ("2026-08-31", "2028-02-29", YES),
    "a day after the leap day": ("2026-08-31", "2028-03-01", NO),
    "from a leap day": ("2024-02-29", "2025-08-29", YES),
    "a day after, from a leap day": ("2024-02-29", "2025-08-30", NO),
    "bought only after the call": ("2026-06-02", "2026-06-01", ASK),
}


@pytest.mark.parametrize(("bought", "called", "applies"), PURCHASES.values(), ids=PURCHASES.keys())
def test_a_purchase_counts_for_18_calendar_months(bought: str, called: str, applies: Applies) -> None:
    shop = replace(SHOP, last_purchase=date.fromisoformat(bought))
    assert answer(CUSTOMERS, shop, called).applies is applies


def test_it_is_said_until_when_a_relationship_holds_and_why() -> None:
    found = answer(CUSTOMERS, replace(SHOP, last_purchase=date(2025, 8, 31)))
    assert (found.until, found.reason) == (date(2027, 2, 28), "you last bought from Shop on 2025-08-31")


INQUIRIES = {
    "the last day": ("2025-11-30", "2026-02-28", YES),
    "a day after": ("2025-11-30", "2026-03-01", NO),
    "into a leap year": ("2027-11-30", "2028-02-29", YES),
}


@pytest.mark.parametrize(("asked", "called", "applies"), INQUIRIES.values(), ids=INQUIRIES.keys())
def test_an_inquiry_counts_for_3_calendar_months(asked: str, called: str, applies: Applies) -> None:
    assert answer(CUSTOMERS, replace(SHOP, last_inquiry=date.fromisoformat(asked)), called).applies is applies


def test_of_several_dealings_the_one_that_lasts_longest_counts() -> None:
    shop = replace(
        SHOP, last_purchase=date(2025, 1, 1), last_inquiry=date(2026, 5, 1), contract_until=date(2024, 1, 1)
    )
    assert answer(CUSTOMERS, shop).until == date(2026, 8, 1)


def test_a_contract_counts_while_it_runs_and_so_many_months_after() -> None:
    shop = replace(SHOP, contract_until=date(2026, 1, 31))
    assert [answer(CUSTOMERS, shop, on).applies for on in ("2025-01-01", "2027-07-31", "2027-08-01")] == [
        YES,
        YES,
        NO,
    ]


STOPS = {
    "none": ((), YES),
    "on the day of the call": (("2026-06-01",), YES),
    "after the call": (("2026-06-02",), YES),
    "10 business days before, the last on which it may call": (("2026-05-18",), YES),
    "11 business days before": (("2026-05-15",), NO),
    "long before, and once more after": (("2025-09-01", "2026-06-02"), NO),
    "before the last purchase": (("2025-01-01",), NO),
}


@pytest.mark.parametrize(("stops", "applies"), STOPS.values(), ids=STOPS.keys())
def test_a_request_to_stop_before_the_call_ends_the_relationship(stops: tuple[str, ...], applies: Applies) -> None:
    shop = replace(SHOP, last_purchase=date(2026, 1, 1), stop_requests=tuple(map(date.fromisoformat, stops)))
    assert answer(CUSTOMERS, shop).applies is applies


def test_a_law_may_give_calendar_days_to_stop() -> None:
    canada = replace(CUSTOMERS, stop_request_business_days=0, stop_request_days=14)
    shop = replace(SHOP, last_purchase=date(2026, 1, 1), stop_requests=(date(2026, 5, 1),))
    assert [answer(canada, shop, on).applies for on in ("2026-05-15", "2026-05-16")] == [YES, NO]


def test_an_exemption_that_a_stop_does_not_end_goes_on() -> None:
    shop = replace(SHOP, last_purchase=date(2026, 1, 1), stop_requests=(date(2026, 2, 1),))
    assert answer(replace(CUSTOMERS, ended_by_stop_request=False), shop).applies is YES


CONSENTS = {
    "given": (replace(SHOP, consent_on=date(2026, 1, 1)), YES),
    "given after the call": (replace(SHOP, consent_on=date(2026, 6, 2)), NO),
    "revoked before": (replace(SHOP, consent_on=date(2026, 1, 1), consent_revoked_on=date(2026, 5, 31)), NO),
    "revoked that day": (replace(SHOP, consent_on=date(2026, 1, 1), consent_revoked_on=date(2026, 6, 1)), YES),
    "revoked after": (replace(SHOP, consent_on=date(2026, 1, 1), consent_revoked_on=date(2026, 6, 2)), YES),
    "stopped since": (replace(SHOP, consent_on=date(2026, 1, 1), stop_requests=(date(2026, 2, 1),)), NO),
    "given again after a stop": (replace(SHOP, consent_on=date(2026, 3, 1), stop_requests=(date(2026, 2, 1),)), YES),
    "not noted": (SHOP, ASK),
}


@pytest.mark.parametrize(("shop", "applies"), CONSENTS.values(), ids=CONSENTS.keys())
def test_consent_holds_from_when_it_was_given_until_it_was_taken_back(shop: Relationship, applies: Applies) -> None:
    assert answer(CONSENT, shop).applies is applies


KINDS = {
    "a survey that sells nothing": (SURVEY, CallKind.SURVEY, False, YES),
    "a survey that sells": (SURVEY, CallKind.SURVEY, True, NO),
    "a survey, selling unknown": (SURVEY, CallKind.SURVEY, None, ASK),
    "sales are no survey": (SURVEY, CallKind.SALES, None, NO),
    "an unknown kind": (SURVEY, CallKind.UNKNOWN, None, ASK),
    "a debt": (DEBT, CallKind.DEBT, None, YES),
    "sales are no debt": (DEBT, CallKind.SALES, True, NO),
    "what only the household can say": (NEWSPAPER, CallKind.SALES, True, ASK),
    "nor is a survey a newspaper": (NEWSPAPER, CallKind.SURVEY, True, NO),
    "fraud is never exempt by its kind": (DEBT, CallKind.FRAUD, None, NO),
}


@pytest.mark.parametrize(("exemption", "kind", "selling", "applies"), KINDS.values(), ids=KINDS.keys())
def test_the_kind_of_call_decides_where_the_law_names_kinds(
    exemption: Exemption, kind: CallKind, selling: bool | None, applies: Applies
) -> None:
    assert answer(exemption, kind=kind, selling=selling).applies is applies


def test_what_nobody_noted_is_asked_not_guessed() -> None:
    assert answer(CUSTOMERS).applies is ASK
    assert answer(CUSTOMERS, SHOP).applies is ASK
    assert answer(CONSENT).applies is ASK


def test_the_kind_noted_of_a_party_counts_where_that_of_the_call_is_unknown() -> None:
    collector = replace(SHOP, kind=CallKind.DEBT)
    assert answer(DEBT, collector, kind=CallKind.UNKNOWN).applies is YES
    assert answer(DEBT, collector, kind=CallKind.SALES).applies is NO


def test_a_swindler_has_no_relationship_whatever_number_is_shown() -> None:
    shop = replace(SHOP, last_purchase=date(2026, 1, 1))
    assert answer(CUSTOMERS, shop, kind=CallKind.FRAUD).applies is NO


ONGOINGS = {
    "the contract runs": (replace(SHOP, contract_until=date(2026, 6, 1)), YES),
    "the contract has ended": (replace(SHOP, contract_until=date(2026, 5, 31)), NO),
    "only a purchase is noted": (replace(SHOP, last_purchase=date(2026, 5, 31)), ASK),
}


@pytest.mark.parametrize(("shop", "applies"), ONGOINGS.values(), ids=ONGOINGS.keys())
def test_a_law_that_names_no_months_asks_unless_a_contract_is_noted(shop: Relationship, applies: Applies) -> None:
    assert answer(ONGOING, shop).applies is applies


def test_every_exemption_of_a_jurisdiction_is_answered() -> None:
    law = Jurisdiction(id="xx", name="X", country="XX", version="1", exemptions=(SURVEY, CUSTOMERS, CONSENT, DEBT))
    found = exemptions_for(law, CallKind.DEBT, None, date(2026, 6, 1))
    assert [(one.exemption, one.applies) for one in found] == [
        ("survey", NO),
        ("business-relationship", ASK),
        ("consent", ASK),
        ("debt", YES),
    ]


PARTIES = [
    SHOP,
    Relationship(party="Bank", numbers=("+1303555*",)),
    Relationship(party="Branch", numbers=("+13035550*",)),
    Relationship(party="Nobody's"),
    Relationship(party="Everybody", numbers=("*", "+*", "")),
]
NUMBERS = {
    "the number itself": ("+13035550164", "Shop"),
    "the longest beginning": ("+13035550199", "Branch"),
    "a shorter beginning": ("+13035559999", "Bank"),
    "another number": ("+12125550100", None),
    "withheld": (None, None),
    "empty": ("", None),
}


@pytest.mark.parametrize(("number", "party"), NUMBERS.values(), ids=NUMBERS.keys())
def test_a_party_is_known_by_its_number_or_its_longest_beginning(number: str | None, party: str | None) -> None:
    found = relationship_with(PARTIES, number)
    assert (found.party if found else None) == party


@settings(max_examples=200)
@given(
    st.dates(date(2020, 1, 1), date(2028, 1, 1)),
    st.dates(date(2020, 1, 1), date(2028, 1, 1)),
    st.lists(st.dates(date(2020, 1, 1), date(2028, 1, 1)), max_size=3),
)
def test_asking_to_stop_never_makes_a_call_lawful(bought: date, called: date, stops: list[date]) -> None:
    law = Jurisdiction(id="xx", name="X", country="XX", version="1", exemptions=(CUSTOMERS,))
    shop = replace(SHOP, last_purchase=bought)
    (without,) = exemptions_for(law, CallKind.SALES, shop, called)
    (stopped,) = exemptions_for(law, CallKind.SALES, replace(shop, stop_requests=tuple(stops)), called)
    assert stopped.applies in (without.applies, NO)
    assert stopped.applies is NO or all(day >= called or (called - day).days <= 16 for day in stops)
