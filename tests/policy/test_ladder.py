"""The household's ladder: a table of who speaks and what comes of it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard.model.call import Call, Presentation
from callguard.model.dnc import DncState, DncStatus
from callguard.model.evidence import Evidence, Failure, FailureKind, Leaning, Rung
from callguard.model.policy import Policy, Profile
from callguard.model.verdict import Action, StepOutcome
from callguard.policy.ladder import UNLAWFUL, judge
from callguard.policy.profiles import PROFILES
from callguard.testing import a_call, a_caller

NORMAL = Policy()


def says(rung: Rung, source: str = "rules") -> Evidence:
    leaning = Leaning.UNWANTED if rung is Rung.BLOCK_LIST else Leaning.WANTED
    return Evidence(code="says", leaning=leaning, rung=rung, source=source)


def signal(
    source: str,
    weight: int,
    leaning: Leaning = Leaning.UNWANTED,
    *,
    proof: bool = False,
    basis: str = "",
    log_only: bool = False,
) -> Evidence:
    return Evidence(
        code="signal", leaning=leaning, weight=weight, source=source, proof=proof, basis=basis, log_only=log_only
    )


def complaints(source: str, weight: int = 60) -> Evidence:
    return signal(source, weight, basis="complaints")


def doubts(basis: str) -> Evidence:
    return Evidence(code="protected-number", leaning=Leaning.NEUTRAL, source="numbercheck", doubts=basis)


def blocks_acquaintance() -> Evidence:
    return replace(says(Rung.BLOCK_LIST), doubts="acquaintance")


def acquaintance() -> Evidence:
    return replace(says(Rung.CONTACTS, "contacts"), basis="acquaintance")


def silent(source: str, *rungs: Rung) -> Failure:
    return Failure(source=source, kind=FailureKind.TIMED_OUT, rungs=(*rungs, Rung.SIGNALS))


@pytest.mark.parametrize(
    ("evidence", "action", "rung"),
    [
        pytest.param([], Action.RING, Rung.UNKNOWN, id="nobody says anything: unknown callers ring"),
        pytest.param([says(Rung.ALLOW_LIST)], Action.RING, Rung.ALLOW_LIST, id="allow list"),
        pytest.param([says(Rung.BLOCK_LIST)], Action.BLOCK, Rung.BLOCK_LIST, id="block list"),
        pytest.param(
            [says(Rung.BLOCK_LIST), says(Rung.ALLOW_LIST)],
            Action.RING,
            Rung.ALLOW_LIST,
            id="allow list outranks block",
        ),
        pytest.param(
            [says(Rung.BLOCK_LIST), says(Rung.CONTACTS, "contacts")], Action.RING, Rung.CONTACTS, id="a contact rings"
        ),
        pytest.param(
            [blocks_acquaintance(), says(Rung.CONTACTS, "contacts")],
            Action.RING,
            Rung.CONTACTS,
            id="a contact rings even if that very number is blocked",
        ),
        pytest.param(
            [says(Rung.BLOCK_LIST), acquaintance()],
            Action.RING,
            Rung.CONTACTS,
            id="somebody answered lately rings though the block list has all numbers like that",
        ),
        pytest.param(
            [acquaintance(), blocks_acquaintance()],
            Action.BLOCK,
            Rung.BLOCK_LIST,
            id="somebody answered lately whose very number is blocked does not ring",
        ),
        pytest.param(
            [replace(signal("stranger", 0), doubts="acquaintance"), acquaintance()],
            Action.RING,
            Rung.CONTACTS,
            id="only the household itself can doubt whom it knows",
        ),
        pytest.param(
            [says(Rung.BLOCK_LIST), says(Rung.EXPECTED, "expect")], Action.RING, Rung.EXPECTED, id="expecting a call"
        ),
        pytest.param(
            [says(Rung.EMERGENCY, "emergency"), says(Rung.BLOCK_LIST)], Action.RING, Rung.EMERGENCY, id="never-block"
        ),
        pytest.param(
            [signal("ftc", 100)], Action.RING, Rung.SIGNALS, id="one source alone is capped: screens, so rings"
        ),
        pytest.param([signal("ftc", 40)], Action.RING, Rung.UNKNOWN, id="a weak signal decides nothing"),
        pytest.param([signal("ftc", 60), signal("shape", 40)], Action.BLOCK, Rung.SIGNALS, id="two sources block"),
        pytest.param(
            [signal("ftc", 60), signal("ftc", 60)], Action.RING, Rung.SIGNALS, id="one source twice counts once"
        ),
        pytest.param([signal("shape", 10, proof=True)], Action.BLOCK, Rung.SIGNALS, id="a proof blocks alone"),
        pytest.param(
            [signal("stir", 10, Leaning.WANTED, proof=True)],
            Action.RING,
            Rung.UNKNOWN,
            id="a proof of innocence is none",
        ),
        pytest.param(
            [signal("ftc", 60), signal("shape", 40), signal("stir", 30, Leaning.WANTED)],
            Action.RING,
            Rung.SIGNALS,
            id="a good word takes weight away",
        ),
        pytest.param([signal("note", 100, Leaning.NEUTRAL)], Action.RING, Rung.UNKNOWN, id="neutral means nothing"),
    ],
)
def test_the_first_rung_that_speaks_decides(evidence: list[Evidence], action: Action, rung: Rung) -> None:
    verdict = judge(a_call(), evidence, [], NORMAL)
    assert (verdict.action, verdict.rung) == (action, rung)


def test_the_walk_names_every_rung_once_and_what_happened_there() -> None:
    verdict = judge(a_call(), [says(Rung.BLOCK_LIST), signal("ftc", 60)], [], NORMAL)
    assert [step.rung for step in verdict.ladder] == list(Rung)
    assert [step.outcome for step in verdict.ladder] == [
        *[StepOutcome.NO_MATCH] * 4,
        StepOutcome.DECIDED,
        *[StepOutcome.NOT_REACHED] * 2,
    ]
    assert verdict.decided_by == (0,)


def test_signals_too_weak_to_decide_are_noted_with_their_score() -> None:
    verdict = judge(a_call(), [signal("ftc", 30)], [], NORMAL)
    assert verdict.score == 30
    assert verdict.ladder[Rung.SIGNALS - 1].outcome is StepOutcome.NOTED


@pytest.mark.parametrize(
    ("presentation", "policy", "can_screen", "action", "wanted_to"),
    [
        pytest.param(
            Presentation.WITHHELD, Policy(withheld_callers=Action.SCREEN), True, Action.SCREEN, None, id="screened"
        ),
        pytest.param(
            Presentation.WITHHELD,
            Policy(withheld_callers=Action.SCREEN),
            False,
            Action.RING,
            Action.SCREEN,
            id="line cannot screen: rings",
        ),
        pytest.param(
            Presentation.WITHHELD,
            Policy(withheld_callers=Action.SCREEN, instead_of_screening=Action.BLOCK),
            False,
            Action.BLOCK,
            Action.SCREEN,
            id="line cannot screen: blocked, as the household chose",
        ),
        pytest.param(
            Presentation.WITHHELD, Policy(unknown_callers=Action.BLOCK), False, Action.RING, None, id="other setting"
        ),
        pytest.param(
            Presentation.UNAVAILABLE,
            Policy(withheld_callers=Action.BLOCK),
            False,
            Action.RING,
            None,
            id="unavailable is not withheld",
        ),
        pytest.param(
            Presentation.SHOWN, Policy(unknown_callers=Action.BLOCK), False, Action.BLOCK, None, id="unknown blocked"
        ),
    ],
)
def test_a_withheld_caller_is_screened_when_the_household_says_so(
    presentation: Presentation, policy: Policy, can_screen: bool, action: Action, wanted_to: Action | None
) -> None:
    call = a_call(caller=a_caller(presentation=presentation), can_screen=can_screen)
    verdict = judge(call, [], [], policy)
    assert (verdict.action, verdict.wanted_to) == (action, wanted_to)


@pytest.mark.parametrize(
    ("evidence", "failure", "action"),
    [
        pytest.param(
            [says(Rung.BLOCK_LIST)],
            silent("contacts", Rung.CONTACTS),
            Action.RING,
            id="contacts silent, block list waits",
        ),
        pytest.param(
            [says(Rung.BLOCK_LIST)], silent("ftc"), Action.BLOCK, id="a silent signal cannot save the caller"
        ),
        pytest.param(
            [signal("a", 60), signal("b", 60)], silent("rules", Rung.ALLOW_LIST), Action.RING, id="allow list silent"
        ),
        pytest.param(
            [says(Rung.ALLOW_LIST), says(Rung.BLOCK_LIST)],
            silent("contacts", Rung.CONTACTS),
            Action.RING,
            id="rings anyway",
        ),
        pytest.param(
            [signal("a", 60), signal("b", 60)], silent("rules", Rung.BLOCK_LIST), Action.BLOCK, id="block list silent"
        ),
    ],
)
def test_a_rung_blocks_only_when_every_rung_above_it_could_answer(
    evidence: list[Evidence], failure: Failure, action: Action
) -> None:
    verdict = judge(a_call(), evidence, [failure], NORMAL)
    assert verdict.action is action
    assert verdict.unanswered == (failure.source,)


def test_contacts_only_rings_everybody_while_the_contacts_cannot_be_read() -> None:
    policy = PROFILES[Profile.CONTACTS_ONLY]
    assert judge(a_call(), [], [], policy).action is Action.BLOCK
    verdict = judge(a_call(), [], [silent("contacts", Rung.CONTACTS)], policy)
    assert verdict.action is Action.RING
    assert verdict.wanted_to is Action.BLOCK
    assert verdict.ladder[-1].outcome is StepOutcome.FAILED_OPEN


@pytest.mark.parametrize("call", [a_call(internal=True), a_call(emergency_callback=True)], ids=["door phone", "psap"])
def test_the_house_itself_and_emergency_services_always_ring(call: Call) -> None:
    verdict = judge(
        call, [says(Rung.BLOCK_LIST)], [silent("rules", Rung.ALLOW_LIST)], PROFILES[Profile.CONTACTS_ONLY]
    )
    assert (verdict.action, verdict.rung) == (Action.RING, Rung.EMERGENCY)


@pytest.mark.parametrize("profile", Profile)
def test_no_profile_blocks_on_one_source_alone(profile: Profile) -> None:
    verdict = judge(a_call(can_screen=True), [signal("ftc", 100)], [], PROFILES[profile])
    decided_by_signals = verdict.rung is Rung.SIGNALS
    assert not (decided_by_signals and verdict.action is Action.BLOCK)


EVIDENCE = st.builds(
    Evidence,
    code=st.just("x"),
    leaning=st.sampled_from(Leaning),
    rung=st.sampled_from([r for r in Rung if r is not Rung.UNKNOWN]),
    weight=st.integers(0, 100),
    source=st.sampled_from("abc"),
    proof=st.booleans(),
)


@given(
    evidence=st.lists(EVIDENCE, max_size=8),
    failures=st.lists(st.sampled_from([silent("a"), silent("b", Rung.CONTACTS)]), max_size=2),
    policy=st.sampled_from([*PROFILES.values()]),
    can_screen=st.booleans(),
)
def test_every_verdict_is_whole_and_repeatable(
    evidence: list[Evidence], failures: list[Failure], policy: Policy, can_screen: bool
) -> None:
    call = a_call(can_screen=can_screen)
    verdict = judge(call, evidence, failures, policy)
    assert verdict == judge(call, evidence, failures, policy)
    assert [step.rung for step in verdict.ladder] == list(Rung)
    deciding = [s for s in verdict.ladder if s.outcome in (StepOutcome.DECIDED, StepOutcome.FAILED_OPEN)]
    assert [s.rung for s in deciding] == [verdict.rung]
    if any(e.rung < Rung.BLOCK_LIST for e in evidence):
        assert verdict.action is Action.RING


@pytest.mark.parametrize(
    ("evidence", "profile", "action"),
    [
        pytest.param(
            [complaints("ftc"), complaints("phoneblock"), complaints("lists")],
            Profile.NORMAL,
            Action.SCREEN,
            id="complaint lists repeat each other: together they count once",
        ),
        pytest.param(
            [complaints("ftc"), complaints("phoneblock"), complaints("lists")],
            Profile.STRICT,
            Action.SCREEN,
            id="complaints alone never block, not even by the strict profile",
        ),
        pytest.param(
            [complaints("ftc"), signal("numbercheck", 40)], Profile.NORMAL, Action.BLOCK, id="complaints and a check"
        ),
        pytest.param(
            [complaints("ftc"), signal("numbercheck", 40), doubts("complaints")],
            Profile.NORMAL,
            Action.SCREEN,
            id="complaints about a protected number do not help to block",
        ),
        pytest.param(
            [signal("stir", 60), signal("numbercheck", 40), doubts("complaints")],
            Profile.NORMAL,
            Action.BLOCK,
            id="what does not rest on complaints still blocks a protected number",
        ),
        pytest.param(
            [signal("ftc", 60, log_only=True), signal("numbercheck", 40)],
            Profile.NORMAL,
            Action.RING,
            id="a list that is only logged counts for nothing",
        ),
        pytest.param(
            [signal("lists", 10, proof=True, log_only=True)],
            Profile.NORMAL,
            Action.RING,
            id="a proof that is only logged is none",
        ),
        pytest.param(
            [signal("ftc", 60), signal("numbercheck", 0)],
            Profile.STRICT,
            Action.SCREEN,
            id="a signal without weight is no second source",
        ),
    ],
)
def test_what_signals_rest_on_counts_once(evidence: list[Evidence], profile: Profile, action: Action) -> None:
    assert judge(a_call(can_screen=True), evidence, [], PROFILES[profile]).action is action


@pytest.mark.parametrize("profile", Profile)
@given(weights=st.lists(st.integers(0, 100), max_size=8))
def test_complaints_alone_never_block(profile: Profile, weights: list[int]) -> None:
    evidence = [complaints(f"list-{place}", weight) for place, weight in enumerate(weights)]
    policy = replace(PROFILES[profile], unknown_callers=Action.RING)
    assert judge(a_call(can_screen=True), evidence, [], policy).action is not Action.BLOCK


def test_in_log_only_every_call_rings_and_the_verdict_says_what_would_have_been() -> None:
    verdict = judge(a_call(), [says(Rung.BLOCK_LIST)], [], Policy(log_only=True))
    assert (verdict.action, verdict.wanted_to) == (Action.RING, Action.BLOCK)
    assert verdict.ladder[Rung.BLOCK_LIST - 1].outcome is StepOutcome.LOGGED_ONLY


def test_in_log_only_a_call_that_rings_anyway_is_nothing_special() -> None:
    verdict = judge(a_call(), [says(Rung.ALLOW_LIST)], [], Policy(log_only=True))
    assert verdict.wanted_to is None
    assert verdict.ladder[Rung.ALLOW_LIST - 1].outcome is StepOutcome.DECIDED


def telemarketing(weight: int = 60, category: str = "telemarketing", **changes: Any) -> Evidence:
    facts = {"category": category}
    return replace(signal("lists", weight, basis="numbering"), facts=facts, **changes)


def dnc(state: DncState) -> DncStatus:
    return DncStatus(line="Home", state=state)


RELATIONSHIP = Evidence(code="existing-relationship", leaning=Leaning.NEUTRAL, source="dnc", doubts=UNLAWFUL)
TREATED = Policy(unlawful_calls=Action.BLOCK, lawful_calls=Action.SCREEN, exempt_calls=Action.SCREEN, screen_at=200)


@pytest.mark.parametrize(
    ("evidence", "state", "action", "treated_as"),
    [
        pytest.param([telemarketing()], DncState.REGISTERED, Action.BLOCK, "unlawful", id="to a registered line"),
        pytest.param([telemarketing()], DncState.NOT_REGISTERED, Action.SCREEN, "lawful", id="not registered"),
        pytest.param([telemarketing()], DncState.GRACE, Action.SCREEN, "lawful", id="registered too lately"),
        pytest.param([telemarketing()], DncState.UNKNOWN, Action.RING, "", id="nobody knows"),
        pytest.param([telemarketing()], DncState.NOT_APPLICABLE, Action.RING, "", id="a business line"),
        pytest.param([telemarketing(), RELATIONSHIP], DncState.REGISTERED, Action.SCREEN, "exempt", id="a customer"),
        pytest.param([telemarketing(category="charity")], DncState.REGISTERED, Action.SCREEN, "exempt", id="charity"),
        pytest.param([telemarketing(category="fraud")], DncState.REGISTERED, Action.RING, "", id="another category"),
        pytest.param([telemarketing(log_only=True)], DncState.REGISTERED, Action.RING, "", id="only logged"),
        pytest.param([telemarketing(weight=0)], DncState.REGISTERED, Action.RING, "", id="without weight"),
        pytest.param([says(Rung.CONTACTS, "contacts")], DncState.REGISTERED, Action.RING, "", id="a contact"),
    ],
)
def test_what_signals_classified_as_telemarketing_is_treated_as_the_household_wishes(
    evidence: list[Evidence], state: DncState, action: Action, treated_as: str
) -> None:
    verdict = judge(a_call(can_screen=True), evidence, [], TREATED, dnc(state))
    assert (verdict.action, verdict.treated_as) == (action, treated_as)


def test_the_law_never_makes_a_verdict_milder() -> None:
    proof = replace(telemarketing(), proof=True)
    mild = replace(TREATED, lawful_calls=Action.RING)
    assert judge(a_call(), [proof], [], mild, dnc(DncState.NOT_REGISTERED)).action is Action.BLOCK


@given(
    weights=st.lists(st.integers(0, 100), max_size=5),
    category=st.sampled_from(["unknown", "fraud", "silent", "debt", None]),
    state=st.sampled_from(DncState),
)
def test_a_registration_changes_nothing_about_calls_that_no_signal_classified(
    weights: list[int], category: str | None, state: DncState
) -> None:
    evidence = [
        replace(signal(f"s{place}", weight), facts={"category": category}) for place, weight in enumerate(weights)
    ]
    without = judge(a_call(can_screen=True), evidence, [], TREATED)
    assert judge(a_call(can_screen=True), evidence, [], TREATED, dnc(state)) == without
