"""Evidence, the way every check here gives it."""

from callguard import Evidence, Fact, Leaning, Rung

WEIGHTS = {
    "impossible-number": 40,
    "invalid-number": 40,
    "own-number": 80,
    "neighbour": 15,
    "unassigned-number": 40,
    "costly-call-back": 50,
    "international": 40,
    "burst": 25,
    "called-again-soon": 30,
}
"""What each signal weighs; README.md says why. Together they count as one basis, at most the policy's cap."""


def against(code: str, *, proof: bool = False, version: str = "", **facts: Fact) -> Evidence:
    """Return a signal that speaks against the caller."""
    return Evidence(
        code=code, leaning=Leaning.UNWANTED, weight=WEIGHTS[code], proof=proof, facts=facts, version=version
    )


def wanted(code: str, **facts: Fact) -> Evidence:
    """Return a signal that speaks for the caller."""
    return Evidence(code=code, leaning=Leaning.WANTED, weight=WEIGHTS[code], facts=facts)


def note(code: str, *, doubts: str = "", version: str = "", **facts: Fact) -> Evidence:
    """Return something worth recording that means nothing by itself."""
    return Evidence(code=code, leaning=Leaning.NEUTRAL, doubts=doubts, facts=facts, version=version)


def emergency(code: str, **facts: Fact) -> Evidence:
    """Return evidence that lets everybody through."""
    return Evidence(code=code, leaning=Leaning.WANTED, rung=Rung.EMERGENCY, facts=facts)
