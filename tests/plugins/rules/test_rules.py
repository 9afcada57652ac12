import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import quantiles
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from callguard import Attestation, Call, Caller, Evidence, Leaning, Presentation, Rule, RuleKind, RuleList, Rung
from callguard.testing import FakeHousehold, HookRunner, a_call, a_caller, a_home
from callguard_rules.plugin import Rules

DOCTOR = "+13035550147"
SPELLINGS = [
    "+13035550147",
    "+1 303 555 0147",
    "3035550147",
    "303-555-0147",
    "(303) 555-0147",
    "1 303.555.0147",
    "0013035550147",
    "tel:+1-303-555-0147",
]
Build = Callable[..., Rules]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Return a function that builds the plugin from its section, as config.yaml would."""

    def built(household: FakeHousehold | None = None, country: str = "US", **section: Any) -> Rules:
        home = a_home(tmp_path, name="rules", country=country, household=household)
        return Rules(Rules.Config.model_validate(section), home)

    return built


def codes(answer: Sequence[Evidence] | None) -> list[str]:
    return [evidence.code for evidence in answer or ()]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_a_number_is_the_same_number(spelling: str, build: Build) -> None:
    assert codes(build(block=[spelling]).check_call(a_call(DOCTOR))) == ["blocked-number"]
    assert codes(build(block=[{"number": spelling}]).check_call(a_call(DOCTOR))) == ["blocked-number"]


RULES = {
    "nothing": ({}, []),
    "another number": ({"block": ["303 555 0148"]}, []),
    "allowed": ({"allow": ["303 555 0147"]}, ["allowed-number"]),
    "blocked": ({"block": ["303 555 0147"]}, ["blocked-number"]),
    "allowed by its beginning": ({"allow": ["+1 303*"]}, ["allowed-prefix"]),
    "blocked by its beginning": ({"block": [{"prefix": "+1303"}]}, ["blocked-prefix"]),
    "blocked by a national beginning": ({"block": [{"prefix": "303 555"}]}, ["blocked-prefix"]),
    "blocked by a beginning in a section": ({"block": [{"number": "+1303*"}]}, ["blocked-prefix"]),
    "another beginning": ({"block": ["+44*"]}, []),
    "a beginning longer than the number": ({"block": ["+130355501471*"]}, []),
    "number before beginning": ({"block": ["+1*", "303 555 0147", "+1303*"]}, ["blocked-number"]),
    "on both lists": (
        {"allow": ["303 555 0147"], "block": ["303 555 0147"]},
        ["allowed-number", "blocked-number"],
    ),
    "allowed, its beginning blocked": (
        {"allow": ["303 555 0147"], "block": ["+1303*"]},
        ["allowed-number", "blocked-prefix"],
    ),
    "blocked, its beginning allowed": (
        {"allow": ["+1303*"], "block": ["303 555 0147"]},
        ["allowed-prefix", "blocked-number"],
    ),
}


@pytest.mark.parametrize(("section", "expected"), RULES.values(), ids=RULES.keys())
def test_each_list_says_what_it_knows(section: dict[str, Any], expected: list[str], build: Build) -> None:
    assert codes(build(**section).check_call(a_call(DOCTOR))) == expected


CALLERS = {
    "shown": (a_caller(DOCTOR), ["blocked-number"]),
    "withheld but asserted": (a_caller(None, asserted=(DOCTOR,)), ["blocked-number"]),
    "shown and asserted the same": (a_caller(DOCTOR, asserted=(DOCTOR,)), ["blocked-number"]),
    "another one asserted": (a_caller("+12125550199", asserted=(DOCTOR,)), ["blocked-number"]),
    "the second one asserted": (a_caller(None, asserted=("+12125550199", DOCTOR)), ["blocked-number"]),
    "both listed": (a_caller("+447700900123", asserted=(DOCTOR,)), ["blocked-prefix", "blocked-number"]),
    "withheld": (a_caller(None), []),
    "an extension": (a_caller(None, presentation=Presentation.SHOWN, text="**612"), []),
}


@pytest.mark.parametrize(("caller", "expected"), CALLERS.values(), ids=CALLERS.keys())
def test_every_number_of_the_caller_counts(caller: Caller, expected: list[str], build: Build) -> None:
    call = replace(a_call(), caller=caller)
    assert codes(build(block=[DOCTOR, "+44*"]).check_call(call)) == expected


def test_the_evidence_holds_what_explains_it(build: Build) -> None:
    (evidence,) = (
        build(allow=[{"number": "303 555 0147", "note": "Dr. Lee's office"}]).check_call(a_call(DOCTOR)) or ()
    )
    assert evidence == Evidence(
        code="allowed-number",
        leaning=Leaning.WANTED,
        rung=Rung.ALLOW_LIST,
        facts={
            "number": DOCTOR,
            "rule": DOCTOR,
            "list": "allow",
            "note": "Dr. Lee's office",
            "origin": "your configuration",
            "why": "Dr. Lee's office, your configuration",
        },
    )


def test_the_longest_beginning_explains_it(build: Build) -> None:
    (evidence,) = build(block=["+1*", "+1303555*", "+1303*"]).check_call(a_call(DOCTOR)) or ()
    assert (evidence.facts["rule"], evidence.leaning, evidence.rung) == (
        "+1303555*",
        Leaning.UNWANTED,
        Rung.BLOCK_LIST,
    )


def test_a_rule_tells_the_line_it_was_written_in(tmp_path: Path) -> None:
    home = replace(a_home(tmp_path), written_at={"block.1": "config.yaml:41"}.get)  # type: ignore[arg-type]
    rules = Rules(Rules.Config.model_validate({"block": ["+44*", DOCTOR]}), home)
    (evidence,) = rules.check_call(a_call(DOCTOR)) or ()
    assert evidence.facts["origin"] == "config.yaml:41"


def a_rule(value: str, **changes: Any) -> Rule:
    kind = changes.pop("kind", RuleKind.EXACT)
    return replace(Rule(list=RuleList.BLOCK, kind=kind, value=value, origin="cli"), **changes)


def test_a_rule_added_while_running_counts_at_once(build: Build) -> None:
    household = FakeHousehold()
    plugin = build(household, allow=["+44*"])
    assert plugin.check_call(a_call(DOCTOR)) is None
    household.change([a_rule(DOCTOR)])
    assert codes(plugin.check_call(a_call(DOCTOR))) == ["blocked-number"]
    assert codes(plugin.check_call(a_call("+447700900123"))) == ["allowed-prefix"]
    household.change([])
    assert plugin.check_call(a_call(DOCTOR)) is None


def test_the_configuration_comes_before_the_same_rule_in_the_store(build: Build) -> None:
    plugin = build(FakeHousehold([a_rule(DOCTOR, note="stored")]), block=[{"number": DOCTOR, "note": "written"}])
    (evidence,) = plugin.check_call(a_call(DOCTOR)) or ()
    assert evidence.facts["note"] == "written"


SHAPES: dict[str, tuple[Any, str]] = {
    "letters": ("spam", "'spam' has no digits: write a number like +1 303 555 0110, or a beginning like +44*"),
    "nothing": ("", "'' has no digits"),
    "a star": ("*", "'*' has no digits"),
    "a novel": ("1" * 81, "this is longer than any telephone number (80 characters)"),
    "number and prefix": ({"number": "1", "prefix": "1"}, "give one of number, prefix, range, country, type, name"),
    "neither": ({"note": "x"}, "give one of number, prefix, range, country, type, name"),
    "two kinds": ({"country": "GB", "type": "mobile"}, "presentation or pattern, and not several"),
    "a novel of a country": ({"country": "x" * 201}, "at most 200 characters"),
    "no hours": ({"number": "1", "hours": "9 to 5"}, "is no stretch of hours"),
    "no moment": ({"number": "1", "until": "tomorrow"}, "'tomorrow' is no date and time, such as 2026-12-01T18:00"),
    "a day": ({"number": "1", "until": "2026-12-01"}, "Write a time as well, such as 2026-12-01T18:00"),
}


@pytest.mark.parametrize(("entry", "what"), SHAPES.values(), ids=SHAPES.keys())
def test_what_is_no_number_anywhere_is_refused_in_the_file(entry: Any, what: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Rules.Config.model_validate({"block": [entry]})
    assert what in str(caught.value)


MEANINGS = {
    "no country": ({"country": "Germny"}, "did you mean DE (Germany)?"),
    "no type": ({"type": "premum"}, "'premum' is no type of number: did you mean premium-rate?"),
    "no presentation": ({"presentation": "shown"}, "write one of withheld, unavailable, missing"),
    "no range": ({"range": "303 555 0199 to 303 555 0100"}, "is not a range in US or abroad"),
    "hardly a name": ({"name": "*a*"}, "write at least two characters"),
    "no pattern": ({"pattern": "(1"}, "'(1' is no pattern: missing ): (1"),
    "a greedy pattern": ({"pattern": "((1{99}){99}){99}"}, "is no pattern"),
}


@pytest.mark.parametrize(("entry", "what"), MEANINGS.values(), ids=MEANINGS.keys())
@pytest.mark.parametrize("which", ["never_block", "allow", "block"])
def test_what_means_nothing_is_refused_with_what_to_write(
    which: str, entry: dict[str, str], what: str, tmp_path: Path
) -> None:
    ((key, _),) = entry.items()
    with pytest.raises(Exception, match=rf":\d+: rules\.{which}\.1(\.{key})?: ") as caught:
        HookRunner(Rules, tmp_path, {which: [DOCTOR, entry]})
    assert what in str(caught.value)


@pytest.mark.parametrize("key", ["country", "type", "name", "presentation", "pattern", "number", "hours"])
def test_an_empty_value_is_refused_or_nothing(key: str, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"rules\.block\.0"):
        HookRunner(Rules, tmp_path, {"block": [{key: None}]})


NUMBERS = {
    "too short": ("12", "'12' is not a complete telephone number in US or abroad"),
    "a vanity number": ("1-800-CALLNOW", "'1-800-CALLNOW' is not a complete telephone number in US or abroad"),
    "a star in the middle": ("+1*303", "'+1*303' is not a complete telephone number in US or abroad"),
    "a beginning with letters": ("+4x*", "'+4x*' is not the beginning of a number: write it like +44 or 0900"),
    "a long beginning": ("+" + "4" * 16 + "*", "is not the beginning of a number: 1 to 15 digits"),
}


@pytest.mark.parametrize(("text", "what"), NUMBERS.values(), ids=NUMBERS.keys())
def test_what_is_no_number_in_this_country_is_refused_at_the_start(text: str, what: str, build: Build) -> None:
    with pytest.raises(ValueError, match=r"^block\.0: ") as caught:
        build(block=[text])
    assert what in str(caught.value)


def test_every_entry_that_is_no_number_is_named(build: Build) -> None:
    with pytest.raises(ValueError, match="complete") as caught:
        build(allow=["12", DOCTOR], block=[DOCTOR, {"number": "34"}])
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["allow.0", "block.1"]


def test_a_national_number_is_read_in_the_country_of_the_house(build: Build) -> None:
    plugin = build(country="GB", block=["07700 900123", {"prefix": "0900"}])
    assert codes(plugin.check_call(a_call("+447700900123"))) == ["blocked-number"]
    assert codes(plugin.check_call(a_call("+449001234567"))) == ["blocked-prefix"]


def test_in_a_real_house_the_allow_list_wins(tmp_path: Path) -> None:
    house = HookRunner(Rules, tmp_path, {"allow": [{"number": DOCTOR, "note": "Dr. Lee"}], "block": ["+1303*"]})
    assert house.screen(a_call(DOCTOR)).verdict.rung is Rung.ALLOW_LIST
    assert house.screen(a_call("+13035550199")).verdict.rung is Rung.BLOCK_LIST
    assert house.sentences(a_call(DOCTOR))[0].startswith("(303) 555-0147 is on your allow list (Dr. Lee, ")


def test_in_a_real_house_a_mistake_names_its_line(tmp_path: Path) -> None:
    complaint = r":\d+: rules\.allow\.1: '12' is not a complete telephone number in US or abroad$"
    with pytest.raises(Exception, match=complaint):
        HookRunner(Rules, tmp_path, {"allow": [DOCTOR, "12"]})


TEXT = st.text(max_size=20) | st.sampled_from([DOCTOR, "+44", "+", "", "+1303", "+" + "9" * 15])
CALLERS_OF_ALL_KINDS = st.builds(
    Caller,
    presentation=st.sampled_from(Presentation),
    number=st.none() | TEXT,
    text=TEXT,
    name=TEXT,
    asserted=st.lists(TEXT, max_size=4).map(tuple),
)
CALLS = st.builds(
    lambda caller, called, attestation: a_call(caller=caller, called=called, attestation=attestation),
    CALLERS_OF_ALL_KINDS,
    TEXT,
    st.none() | st.sampled_from(Attestation),
)


@given(call=CALLS)
@settings(max_examples=300, deadline=None)
def test_no_call_is_too_strange(call: Call, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = a_home(tmp_path_factory.getbasetemp())
    plugin = Rules(Rules.Config(allow=(DOCTOR,), block=("+44*", "+1*")), home)
    for evidence in plugin.check_call(call) or ():
        assert evidence.rung in Rules.speaks_on
        assert str(evidence.facts["number"]).startswith(str(evidence.facts["rule"]).rstrip("*"))
        assert evidence.facts["number"] in call.caller.numbers


def many_rules(count: int) -> Iterable[Rule]:
    for i in range(count // 2):
        yield a_rule(f"+1303555{i:04}")
        yield a_rule(f"+44{i:0{2 + i % 6}}", kind=RuleKind.PREFIX)


def test_ten_thousand_rules_cost_microseconds(build: Build) -> None:
    household = FakeHousehold(many_rules(10_000))
    plugin = build(household)
    calls = [a_call(number) for number in ("+13035550147", "+12125550199", "+447700900123", None)]
    rounds = [
        quantiles([_seconds(plugin.check_call, calls[i % 4]) for i in range(2000)], n=100)[98] for _ in range(5)
    ]
    assert min(rounds) < 40e-6


def test_ten_thousand_rules_are_taken_over_within_100_ms(build: Build) -> None:
    household = FakeHousehold()
    plugin = build(household)
    times = []
    for _ in range(3):
        household.change(many_rules(10_000))
        times.append(_seconds(plugin.check_call, a_call(DOCTOR)))
    assert min(times) < 0.1


def _seconds(check: Callable[[Call], object], call: Call) -> float:
    begun = time.thread_time()
    check(call)
    return time.thread_time() - begun
