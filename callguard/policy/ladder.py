"""The ladder: `judge` walks the household's seven rungs from the top and stops at the first that speaks.

Pure: the same call, evidence, failures and policy give the same verdict for ever, so a stored record explains itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from callguard.model.call import Call, Presentation
from callguard.model.dnc import DncState, DncStatus
from callguard.model.evidence import Evidence, Failure, Leaning, Rung
from callguard.model.policy import Policy
from callguard.model.verdict import Action, Step, StepOutcome, Verdict

_LET_THROUGH = (Rung.EMERGENCY, Rung.ALLOW_LIST, Rung.CONTACTS, Rung.EXPECTED)
_FROM_THE_TOP: tuple[Rung, ...] = tuple(r for r in Rung if r is not Rung.UNKNOWN)
_BELOW = {rung: tuple(Step(r, StepOutcome.NOT_REACHED) for r in Rung if r > rung) for rung in Rung}
_NO_MATCH = {rung: Step(rung, StepOutcome.NO_MATCH) for rung in Rung}
_SOURCES_TO_BLOCK = 2
_STRICTNESS = {Action.RING: 0, Action.SCREEN: 1, Action.BLOCK: 2}
_SALES = frozenset({"telemarketing", "sales"})
_EXEMPT_KINDS = frozenset({"charity", "survey", "political"})
UNLAWFUL = "unlawful"
"""What a finding names in `doubts` that makes a telemarketing call lawful, such as an existing relationship."""


@dataclass(frozen=True, slots=True)
class _Finding:
    """What one rung says: an action, or none if it does not decide."""

    action: Action | None
    evidence: tuple[int, ...] = ()
    score: int = 0
    treated_as: str = ""
    "How the law sees the call, where the household's wish about such calls decided."


_NOTHING = _Finding(None)


def judge(
    call: Call,
    evidence: Sequence[Evidence],
    failures: Sequence[Failure],
    policy: Policy,
    dnc: DncStatus | None = None,
) -> Verdict:
    """Return the household's verdict on *call*, which came on a line with the registration *dnc*.

    A rung below may only block or screen when every rung above it could answer: not knowing means ring.
    """
    steps: list[Step] = []
    score = 0
    said = _by_rung(evidence)
    rung = Rung.UNKNOWN
    for rung in _FROM_THE_TOP:
        finding = _ask(rung, said.get(rung, ()), call, evidence, policy)
        if rung is Rung.SIGNALS and finding.evidence:
            finding = _under_the_law(finding, evidence, policy, dnc)
        score += finding.score
        if finding.action is not None:
            break
        steps.append(Step(rung, StepOutcome.NOTED, finding.evidence) if finding.evidence else _NO_MATCH[rung])
    else:
        rung, finding = Rung.UNKNOWN, _Finding(_setting_for(call, policy))
    asked = finding.action or Action.RING
    action = _possible(asked, call, policy)
    outcome = StepOutcome.DECIDED
    if action is not Action.RING and _silent_above(rung, failures):
        action, outcome = Action.RING, StepOutcome.FAILED_OPEN
    elif action is not Action.RING and policy.log_only:
        action, outcome = Action.RING, StepOutcome.LOGGED_ONLY
    steps.append(Step(rung, outcome, finding.evidence))
    return Verdict(
        action=action,
        rung=rung,
        score=score,
        wanted_to=None if action is asked else asked,
        unanswered=tuple(dict.fromkeys(f.source for f in failures)),
        treated_as=finding.treated_as if action is not Action.RING else "",
        ladder=(*steps, *_BELOW[rung]),
    )


def _by_rung(evidence: Sequence[Evidence]) -> dict[Rung, tuple[int, ...]]:
    said: dict[Rung, tuple[int, ...]] = {}
    for place, item in enumerate(evidence):
        said[item.rung] = (*said.get(item.rung, ()), place)
    return said


def _ask(rung: Rung, places: tuple[int, ...], call: Call, evidence: Sequence[Evidence], policy: Policy) -> _Finding:
    if rung is Rung.EMERGENCY and (call.emergency_callback or call.internal):
        return _Finding(Action.RING, places)
    if not places:
        return _NOTHING
    if rung is Rung.SIGNALS:
        return _weigh(places, evidence, policy)
    if rung is Rung.CONTACTS and not _undoubted(places, evidence):
        return _Finding(None, places)
    return _Finding(Action.RING if rung in _LET_THROUGH else Action.BLOCK, places)


def _undoubted(places: tuple[int, ...], evidence: Sequence[Evidence]) -> bool:
    """Tell whether anything of this rests on more than what the household's block list makes doubtful."""
    doubted = {item.doubts for item in evidence if item.doubts and item.rung is Rung.BLOCK_LIST}
    return not doubted or any(evidence[place].basis not in doubted for place in places)


def _setting_for(call: Call, policy: Policy) -> Action:
    withheld = call.caller.presentation is Presentation.WITHHELD
    return policy.withheld_callers if withheld else policy.unknown_callers


def _weigh(places: tuple[int, ...], evidence: Sequence[Evidence], policy: Policy) -> _Finding:
    """Add up the signals, each basis capped; to block takes a proof, or two bases that nothing makes doubtful."""
    against: dict[str, int] = {}
    speak_for: dict[str, int] = {}
    doubted: set[str] = set()
    proof = False
    for item in (evidence[i] for i in places):
        side = {Leaning.UNWANTED: against, Leaning.WANTED: speak_for}.get(item.leaning)
        if item.doubts:
            doubted.add(item.doubts)
        if side is not None and not item.log_only:
            basis = item.basis or item.source
            side[basis] = min(policy.source_cap, side.get(basis, 0) + item.weight)
            proof = proof or (item.proof and side is against)
    good_word = sum(speak_for.values())
    score = max(0, sum(against.values()) - good_word)
    firm = [weight for basis, weight in against.items() if weight and basis not in doubted]
    if proof or (sum(firm) - good_word >= policy.block_at and len(firm) >= _SOURCES_TO_BLOCK):
        return _Finding(Action.BLOCK, places, score)
    return _Finding(Action.SCREEN if score >= policy.screen_at else None, places, score)


def _under_the_law(
    finding: _Finding, evidence: Sequence[Evidence], policy: Policy, dnc: DncStatus | None
) -> _Finding:
    """Be as strict as the household wants to be with what signals classified as telemarketing.

    A registration never says anything about a caller: without such a signal it changes nothing.
    """
    seen_as = _seen_as([evidence[place] for place in finding.evidence], dnc)
    wish = {"unlawful": policy.unlawful_calls, "lawful": policy.lawful_calls, "exempt": policy.exempt_calls}.get(
        seen_as
    )
    if wish is None or _STRICTNESS[wish] <= _STRICTNESS[finding.action or Action.RING]:
        return finding
    return _Finding(wish, finding.evidence, finding.score, seen_as)


def _seen_as(said: Sequence[Evidence], dnc: DncStatus | None) -> str:
    counted = [item for item in said if item.leaning is Leaning.UNWANTED and item.weight and not item.log_only]
    kinds = {item.facts.get("category") for item in counted}
    if dnc is None or not kinds & (_SALES | _EXEMPT_KINDS):
        return ""
    if dnc.state in (DncState.NOT_REGISTERED, DncState.GRACE):
        return "lawful"
    if dnc.state is not DncState.REGISTERED:
        return ""
    exempt = not kinds & _SALES or any(item.doubts == UNLAWFUL for item in said)
    return "exempt" if exempt else "unlawful"


def _possible(action: Action, call: Call, policy: Policy) -> Action:
    return policy.instead_of_screening if action is Action.SCREEN and not call.can_screen else action


def _silent_above(rung: Rung, failures: Sequence[Failure]) -> bool:
    return any(spoken_for < rung and spoken_for in _LET_THROUGH for f in failures for spoken_for in f.rungs)
