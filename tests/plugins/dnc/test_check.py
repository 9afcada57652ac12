from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from callguard import Action, Evidence, Leaning, Relationship
from callguard.model.policy import Policy
from callguard.policy.ladder import judge
from callguard.sentences import sentence
from callguard.testing import a_call, a_caller
from callguard_dnc.plugin import Dnc
from tests.plugins.dnc.conftest import Build

SHOP = "+13035550164"
AT = datetime(2026, 6, 1, 16, tzinfo=UTC)


def shop(**facts: object) -> Relationship:
    return Relationship(party="Shop", numbers=(SHOP,), **facts)  # type: ignore[arg-type]


def found(
    build: Build, *relationships: Relationship, number: str = SHOP, country: str = "US", at: datetime = AT
) -> list[Evidence]:
    plugin = build(country=country, relationships=relationships)
    return list(plugin.check_call(a_call(number, received_at=at)) or ())


def test_a_relationship_is_noted_with_its_end_and_weighs_nothing(build: Build) -> None:
    (evidence,) = found(build, shop(last_purchase=date(2025, 8, 31)))
    assert (evidence.code, evidence.leaning, evidence.weight) == ("existing-relationship", Leaning.NEUTRAL, 0)
    assert evidence.doubts == "unlawful"
    assert evidence.facts == {
        "party": "Shop",
        "number": SHOP,
        "until": "2027-02-28",
        "exemption": "business-relationship",
    }


def test_a_consent_without_end_holds_until_further_notice(build: Build) -> None:
    (evidence,) = found(build, shop(consent_on=date(2026, 1, 1), last_purchase=date(2026, 1, 1)))
    assert (evidence.facts["until"], evidence.facts["exemption"]) == ("further notice", "consent")


STOPS = {
    "long before": ("2026-02-01", ["asked-to-stop"]),
    "within the days a company has": ("2026-05-29", ["existing-relationship"]),
    "that day": ("2026-06-01", ["existing-relationship"]),
    "after": ("2026-06-02", ["existing-relationship"]),
}


@pytest.mark.parametrize(("day", "codes"), STOPS.values(), ids=STOPS.keys())
def test_a_request_to_stop_ends_what_is_noted_only_before_the_call(build: Build, day: str, codes: list[str]) -> None:
    one = shop(last_purchase=date(2026, 1, 1), stop_requests=(date.fromisoformat(day),))
    assert [evidence.code for evidence in found(build, one)] == codes


def test_a_request_to_stop_is_noted_with_its_day_and_doubts_nothing(build: Build) -> None:
    (evidence,) = found(build, shop(stop_requests=(date(2026, 2, 1), date(2026, 3, 1))))
    assert (evidence.code, evidence.leaning, evidence.doubts) == ("asked-to-stop", Leaning.NEUTRAL, "")
    assert evidence.facts == {"party": "Shop", "number": SHOP, "on": "2026-02-01"}


SILENT = {
    "a stranger": (shop(last_purchase=date(2026, 1, 1)), "+12125550188", "US"),
    "a relationship that ended": (shop(last_purchase=date(2024, 1, 1)), SHOP, "US"),
    "nothing noted but the name": (shop(), SHOP, "US"),
    "a country nobody wrote about": (shop(last_purchase=date(2026, 1, 1)), SHOP, "DE"),
}


@pytest.mark.parametrize(("one", "number", "country"), SILENT.values(), ids=SILENT.keys())
def test_nothing_is_said_where_nothing_holds(build: Build, one: Relationship, number: str, country: str) -> None:
    assert found(build, one, number=number, country=country) == []


def test_a_withheld_number_has_no_relationship(build: Build) -> None:
    plugin = build(relationships=[shop(last_purchase=date(2026, 1, 1))])
    assert plugin.check_call(a_call(None)) is None


def test_a_number_the_network_asserts_counts_too(build: Build) -> None:
    plugin = build(relationships=[shop(last_purchase=date(2026, 1, 1))])
    call = a_call(caller=a_caller(None, asserted=(SHOP,)), received_at=AT)
    assert [one.code for one in plugin.check_call(call) or ()] == ["existing-relationship"]


def test_the_last_day_is_that_of_the_line(build: Build) -> None:
    one = shop(last_purchase=date(2025, 8, 31))
    still = datetime(2027, 3, 1, 4, 59, tzinfo=UTC)  # 28 February, 23:59 in New York
    assert [evidence.code for evidence in found(build, one, at=still)] == ["existing-relationship"]
    assert found(build, one, at=datetime(2027, 3, 1, 5, 0, tzinfo=UTC)) == []


def test_a_name_with_control_characters_reaches_no_terminal(build: Build) -> None:
    evil = Relationship(party="Shop\x1b[31m", numbers=(SHOP,), last_purchase=date(2026, 1, 1))
    (evidence,) = found(build, evil)
    assert "\x1b" not in str(evidence.facts["party"])


def test_being_registered_is_no_evidence(build: Build) -> None:
    plugin = build({"Home": {"registered_on": "2020-01-01"}})
    assert plugin.check_call(a_call()) is None


def test_people_read_until_when_the_relationship_holds(build: Build) -> None:
    (evidence,) = found(build, shop(last_purchase=date(2025, 8, 31)))
    told = sentence(
        replace(evidence, source="dnc"), {("dnc", code): text for code, text in Dnc.phrases.items()}, "US"
    )
    assert "existing relationship with Shop until 2027-02-28" in told


def test_a_relationship_makes_lawful_what_a_list_calls_telemarketing(build: Build) -> None:
    (known,) = found(build, shop(last_purchase=date(2026, 1, 1)))
    listed = Evidence(
        code="listed", leaning=Leaning.UNWANTED, weight=30, basis="complaints", facts={"category": "telemarketing"}
    )
    status = build({"Home": {"registered_on": "2020-01-01"}}).dnc_status("Home", AT)
    policy = Policy(unlawful_calls=Action.BLOCK)
    call = a_call(SHOP, received_at=AT)
    assert judge(call, [listed], [], policy, status).action is Action.BLOCK
    assert judge(call, [listed, known], [], policy, status).action is Action.RING
    assert judge(call, [known], [], policy, status).action is Action.RING
