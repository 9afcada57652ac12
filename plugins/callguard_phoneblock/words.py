"""What the answers of PhoneBlock online mean for a call, and the sentences for that."""

from collections.abc import Mapping
from types import MappingProxyType

from callguard import Evidence, Leaning, complaint_weight
from callguard_phoneblock.settings import Asking
from callguard_phoneblock.wire import Around, Finding, Reported

ONLINE_PHRASES: Mapping[str, str] = MappingProxyType(
    {
        "reported-online": "PhoneBlock online: {reports} reports about {number} ({category}); sent: {sent}",
        "legitimate-online": "PhoneBlock online: {number} was reported as wanted; sent: {sent}",
        "range-reported-online": "PhoneBlock online: {reports} reports about numbers like {beginning}…; sent: {sent}",
        "not-reported-online": "PhoneBlock online: nothing is known of the number; sent: {sent}",
        "online-resting": "PhoneBlock online: not asked ({why})",
    }
)
_BASIS = "complaints"
_LIST = "phoneblock"
"""By which the hits are counted, beside those of the list at home."""
_WANTED = 15
"""As much as one complaint: a good word from strangers proves nothing."""
_OWN_BLOCK = 60
"""The household itself put the number on its list at PhoneBlock."""
_MOST_AROUND = 20


def online_evidence(found: Finding, number: str, asking: Asking, *, log_only: bool) -> list[Evidence]:
    """Return what was *found* about *number*; that nothing was found is recorded too, with what was sent."""
    evidence = []
    if found.number is not None:
        evidence.append(_about_number(found.number, number, asking, log_only=log_only))
    if found.around is not None and not (found.number and found.number.wanted):
        evidence.append(_about_range(found.around, number, asking, log_only=log_only))
    nothing = Evidence(
        code="not-reported-online", leaning=Leaning.NEUTRAL, log_only=log_only, facts={"sent": asking.sends}
    )
    return evidence or [nothing]


def not_asked(why: str, *, log_only: bool) -> Evidence:
    """Return the note that PhoneBlock could not be asked."""
    return Evidence(code="online-resting", leaning=Leaning.NEUTRAL, log_only=log_only, facts={"why": why})


def _about_number(found: Reported, number: str, asking: Asking, *, log_only: bool) -> Evidence:
    wanted = found.wanted and not found.blocked
    weight = _OWN_BLOCK if found.blocked else complaint_weight(found.votes)
    return Evidence(
        code="legitimate-online" if wanted else "reported-online",
        leaning=Leaning.WANTED if wanted else Leaning.UNWANTED,
        weight=_WANTED if wanted else weight,
        basis=_BASIS,
        log_only=log_only,
        facts={
            "list": _LIST,
            "number": number,
            "reports": found.votes,
            "category": found.category.value,
            "last_seen": found.last_seen.isoformat() if found.last_seen else None,
            "confidence": found.confidence,
            "own": found.blocked,
            "sent": asking.sends,
        },
    )


def _about_range(found: Around, number: str, asking: Asking, *, log_only: bool) -> Evidence:
    return Evidence(
        code="range-reported-online",
        leaning=Leaning.UNWANTED,
        weight=min(_MOST_AROUND, complaint_weight(found.votes) // 2),
        basis=_BASIS,
        log_only=log_only,
        facts={
            "list": _LIST,
            "number": number,
            # Without the + it is no number, and is shown as it stands.
            "beginning": found.beginning.removeprefix("+"),
            "reports": found.votes,
            "numbers": found.numbers,
            "sent": asking.sends,
        },
    )
