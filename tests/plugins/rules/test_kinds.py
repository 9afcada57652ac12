"""Every kind of rule, on every list, and what is said about it."""

from collections.abc import Callable
from typing import Any

import pytest

from callguard import Caller, Leaning, Presentation, Rule, RuleKind, RuleList, Rung
from callguard.testing import a_call, a_caller
from callguard_rules.plugin import Rules

DOCTOR = "+13035550147"
ARule = Callable[..., Rule]
Keep = Callable[..., Rules]

WITHHELD = a_caller(None)
UNAVAILABLE = a_caller(None, presentation=Presentation.UNAVAILABLE, text="")
MISSING = a_caller(None, presentation=Presentation.MISSING, text="")
NAMED = a_caller(DOCTOR, name="CARD   Services 24")

# A rule, a caller it is about, and a caller it is not about.
KINDS: dict[str, tuple[RuleKind, str, Caller, Caller]] = {
    "exact": (RuleKind.EXACT, DOCTOR, a_caller(DOCTOR), a_caller("+13035550148")),
    "exact, asserted": (RuleKind.EXACT, DOCTOR, a_caller(None, asserted=(DOCTOR,)), WITHHELD),
    "prefix": (RuleKind.PREFIX, "+1303", a_caller(DOCTOR), a_caller("+13045550147")),
    "range": (RuleKind.RANGE, "+13035550140-+13035550149", a_caller(DOCTOR), a_caller("+13035550150")),
    "range, its first": (RuleKind.RANGE, f"{DOCTOR}-+13035550149", a_caller(DOCTOR), a_caller("+13035550146")),
    "range, its last": (RuleKind.RANGE, f"+13035550140-{DOCTOR}", a_caller(DOCTOR), a_caller("+13035550148")),
    "range of another length": (
        RuleKind.RANGE, "+4420794609-+4420794699", a_caller("+4420794650"), a_caller("+442079465012"),
    ),
    "country": (RuleKind.COUNTRY, "GB", a_caller("+442079460958"), a_caller("+441481960194")),
    "country in a shared plan": (RuleKind.COUNTRY, "JM", a_caller("+18765550123"), a_caller(DOCTOR)),
    "type": (RuleKind.TYPE, "toll-free", a_caller("+18005550123"), a_caller(DOCTOR)),
    "type, mobile or not": (RuleKind.TYPE, "mobile", a_caller(DOCTOR), a_caller("+18005550123")),
    "name": (RuleKind.NAME, "card services", NAMED, a_caller(DOCTOR, name="card")),
    "name, part of a word": (RuleKind.NAME, "ard ser", NAMED, a_caller(DOCTOR)),
    "name with a star": (RuleKind.NAME, "c*services*4", NAMED, a_caller(DOCTOR, name="services card 4")),
    "name in wide letters": (RuleKind.NAME, "card services", a_caller(DOCTOR, name="ＣＡＲＤ services"), MISSING),
    "name without a number": (RuleKind.NAME, "card", a_caller(None, name="Card"), a_caller(None)),
    "withheld": (RuleKind.PRESENTATION, "withheld", WITHHELD, MISSING),
    "withheld but asserted": (RuleKind.PRESENTATION, "withheld", a_caller(None, asserted=(DOCTOR,)), UNAVAILABLE),
    "unavailable": (RuleKind.PRESENTATION, "unavailable", UNAVAILABLE, WITHHELD),
    "missing": (RuleKind.PRESENTATION, "missing", MISSING, a_caller(DOCTOR)),
    "pattern": (RuleKind.PATTERN, r"^\+1303.*7$", a_caller(DOCTOR), a_caller("+13035550148")),
    "pattern within": (RuleKind.PATTERN, "5550", a_caller(DOCTOR), a_caller("+12125551199")),
    "anyone": (RuleKind.ANYONE, "*", WITHHELD, a_caller(DOCTOR)),
}  # fmt: skip


@pytest.mark.parametrize("row", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("on", RuleList)
def test_a_rule_of_any_kind_finds_whom_it_means(
    on: RuleList, row: tuple[RuleKind, str, Caller, Caller], keep: Keep, a_rule: ARule
) -> None:
    kind, value, meant, other = row
    plugin = keep([a_rule(kind, value, on)])
    (evidence,) = plugin.check_call(a_call(caller=meant)) or ()
    assert evidence.facts["list"] == on.value
    assert evidence.facts["rule_id"] == 7
    assert evidence.code in Rules.phrases
    if kind is not RuleKind.ANYONE:
        assert plugin.check_call(a_call(caller=other)) is None


LISTS = {
    RuleList.NEVER_BLOCK: (Rung.EMERGENCY, Leaning.WANTED, "never-blocked-number"),
    RuleList.ALLOW: (Rung.ALLOW_LIST, Leaning.WANTED, "allowed-number"),
    RuleList.EXPECTED: (Rung.EXPECTED, Leaning.WANTED, "expected-number"),
    RuleList.BLOCK: (Rung.BLOCK_LIST, Leaning.UNWANTED, "blocked-number"),
}


@pytest.mark.parametrize("on", RuleList)
def test_each_list_speaks_on_its_rung(on: RuleList, keep: Keep, a_rule: ARule) -> None:
    (evidence,) = keep([a_rule(RuleKind.EXACT, DOCTOR, on)]).check_call(a_call(DOCTOR)) or ()
    assert (evidence.rung, evidence.leaning, evidence.code) == LISTS[on]
    assert evidence.rung in Rules.speaks_on


SENTENCES: dict[str, tuple[RuleList, RuleKind, str, Caller, str]] = {
    "exact": (RuleList.BLOCK, RuleKind.EXACT, DOCTOR, a_caller(DOCTOR), "+13035550147 is on your block list"),
    "never": (
        RuleList.NEVER_BLOCK, RuleKind.EXACT, DOCTOR, a_caller(DOCTOR), "+13035550147 is on your never-block list",
    ),
    "prefix": (
        RuleList.ALLOW, RuleKind.PREFIX, "+1303", a_caller(DOCTOR),
        "+13035550147 begins with +1303*, which is on your allow list",
    ),
    "range": (
        RuleList.BLOCK, RuleKind.RANGE, "+13035550140-+13035550149", a_caller(DOCTOR),
        "+13035550147 lies between +13035550140 and +13035550149, which are on your block list",
    ),
    "country": (
        RuleList.BLOCK, RuleKind.COUNTRY, "GB", a_caller("+442079460958"),
        "+442079460958 is a number of the United Kingdom, which is on your block list",
    ),
    "type": (
        RuleList.BLOCK, RuleKind.TYPE, "toll-free", a_caller("+18005550123"),
        "+18005550123 is a toll-free number, and these are on your block list",
    ),
    "name": (
        RuleList.BLOCK, RuleKind.NAME, "card services", NAMED,
        "the caller name “CARD   Services 24” contains “card services”, which is on your block list",
    ),
    "withheld": (
        RuleList.BLOCK, RuleKind.PRESENTATION, "withheld", WITHHELD,
        "the caller withholds the number, and such callers are on your block list",
    ),
    "pattern": (
        RuleList.BLOCK, RuleKind.PATTERN, "7$", a_caller(DOCTOR),
        "+13035550147 matches the pattern 7$, which is on your block list",
    ),
    "anyone": (RuleList.EXPECTED, RuleKind.ANYONE, "*", WITHHELD, "you expect a call, so everybody may ring"),
    "expected": (RuleList.EXPECTED, RuleKind.EXACT, DOCTOR, a_caller(DOCTOR), "you expect a call from +13035550147"),
}  # fmt: skip


@pytest.mark.parametrize("row", SENTENCES.values(), ids=SENTENCES.keys())
def test_a_sentence_says_what_was_found_and_why(
    row: tuple[RuleList, RuleKind, str, Caller, str], keep: Keep, a_rule: ARule
) -> None:
    on, kind, value, caller, words = row
    (evidence,) = keep([a_rule(kind, value, on)]).check_call(a_call(caller=caller)) or ()
    assert Rules.phrases[evidence.code].format_map(evidence.facts) == f"{words} (why not, cli)"


def test_there_is_a_sentence_for_every_kind_on_every_list() -> None:
    assert len(Rules.phrases) == len(RuleKind) * len(RuleList)


@pytest.mark.parametrize("name", ["{number}", "{0.__class__}", "\x1b[31mBANK", "\u202eknaB", "x" * 5000])
def test_a_name_is_text_and_nothing_more(name: str, keep: Keep, a_rule: ARule) -> None:
    plugin = keep([a_rule(RuleKind.NAME, name[:4].casefold())])
    for evidence in plugin.check_call(a_call(caller=a_caller(DOCTOR, name=name))) or ():
        assert "13035550147" not in Rules.phrases[evidence.code].format_map(evidence.facts)


ONE_OF_SEVERAL = {
    "number before range": ([(RuleKind.RANGE, f"{DOCTOR}-{DOCTOR}"), (RuleKind.EXACT, DOCTOR)], ["blocked-number"]),
    "range before beginning": (
        [(RuleKind.PREFIX, "+13035550"), (RuleKind.RANGE, "+13035550100-+13035550199")], ["blocked-range"],
    ),
    "beginning before pattern": ([(RuleKind.PATTERN, "7$"), (RuleKind.PREFIX, "+1")], ["blocked-prefix"]),
    "pattern before country": ([(RuleKind.COUNTRY, "US"), (RuleKind.PATTERN, "7$")], ["blocked-pattern"]),
    "country before type": ([(RuleKind.TYPE, "mobile"), (RuleKind.COUNTRY, "US")], ["blocked-country"]),
    "number and name": (
        [(RuleKind.NAME, "card"), (RuleKind.COUNTRY, "US")], ["blocked-country", "blocked-name"],
    ),
    "everybody only if nothing else": ([(RuleKind.ANYONE, "*"), (RuleKind.NAME, "card")], ["blocked-name"]),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "codes"), ONE_OF_SEVERAL.values(), ids=ONE_OF_SEVERAL.keys())
def test_the_rule_that_says_most_speaks_for_its_list(
    rules: list[tuple[RuleKind, str]], codes: list[str], keep: Keep, a_rule: ARule
) -> None:
    found = keep([a_rule(kind, value) for kind, value in rules]).check_call(a_call(caller=NAMED))
    assert [evidence.code for evidence in found or ()] == codes


def test_the_narrowest_range_and_the_longest_name_explain_it(keep: Keep, a_rule: ARule) -> None:
    plugin = keep(
        [
            a_rule(RuleKind.RANGE, "+13035550000-+13035559999"),
            a_rule(RuleKind.RANGE, "+13035550140-+13035550149"),
            a_rule(RuleKind.RANGE, "+13035550100-+13035550199"),
            a_rule(RuleKind.NAME, "card"),
            a_rule(RuleKind.NAME, "card services"),
        ]
    )
    found = plugin.check_call(a_call(caller=NAMED)) or ()
    assert [evidence.facts["rule"] for evidence in found] == ["+13035550140-+13035550149", "card services"]


def test_a_call_never_gets_more_than_eight_pieces_of_evidence_and_every_list_is_heard(
    keep: Keep, a_rule: ARule
) -> None:
    asserted = tuple(f"+1303555{i:04}" for i in range(100, 120))
    rules: list[Any] = [a_rule(RuleKind.PREFIX, "+1", on) for on in (RuleList.ALLOW, RuleList.BLOCK)]
    rules += [a_rule(RuleKind.ANYONE, "*", on) for on in (RuleList.EXPECTED, RuleList.NEVER_BLOCK)]
    found = keep(rules).check_call(a_call(caller=a_caller(DOCTOR, asserted=asserted))) or ()
    assert len(found) == 8
    assert {evidence.facts["list"] for evidence in found} == {on.value for on in RuleList}


CONFIGURED: dict[str, tuple[Any, Caller, str]] = {
    "text": ("303 555 0147", a_caller(DOCTOR), "allowed-number"),
    "beginning": ("303 555*", a_caller(DOCTOR), "allowed-prefix"),
    "number": ({"number": "303 555 0147"}, a_caller(DOCTOR), "allowed-number"),
    "prefix": ({"prefix": "303 555"}, a_caller(DOCTOR), "allowed-prefix"),
    "range": ({"range": "303 555 0100 to 0199"}, a_caller(DOCTOR), "allowed-range"),
    "country": ({"country": "uk"}, a_caller("+442079460958"), "allowed-country"),
    "type": ({"type": "toll free"}, a_caller("+18005550123"), "allowed-type"),
    "name": ({"name": "Card Services"}, NAMED, "allowed-name"),
    "presentation": ({"presentation": "hidden"}, WITHHELD, "allowed-presentation"),
    "pattern": ({"pattern": "0147$"}, a_caller(DOCTOR), "allowed-pattern"),
}


@pytest.mark.parametrize(("entry", "caller", "code"), CONFIGURED.values(), ids=CONFIGURED.keys())
def test_every_kind_can_be_written_in_the_file(entry: Any, caller: Caller, code: str, keep: Keep) -> None:
    plugin = keep(allow=[entry])
    (evidence,) = plugin.check_call(a_call(caller=caller)) or ()
    assert evidence.code == code
    assert "rule_id" not in evidence.facts
    assert [rule.locked for rule in plugin.stated_rules()] == [True]
