"""Callers who borrow our own number, or one that looks as if it were next door."""

from collections.abc import Collection

from callguard import Attestation, Evidence
from callguard_numbercheck.findings import against
from callguard_numbercheck.plan import nanp

_EXCHANGE = 8  # +1 NPA NXX


def own(number: str, ours: Collection[str], *, is_proof: bool) -> Evidence | None:
    """Say whether the caller shows one of *ours*; a network's own voicemail may do so, so it proves nothing yet."""
    return against("own-number", proof=is_proof, number=number) if number in ours else None


def exchanges(ours: Collection[str]) -> frozenset[str]:
    """Return the beginnings that neighbours of *ours* have; only the North American plan has such blocks."""
    return frozenset(number[:_EXCHANGE] for number in ours if nanp(number) is not None)


def neighbour(
    number: str, near: Collection[str], ours: Collection[str], attestation: Attestation | None
) -> Evidence | None:
    """Say whether *number* lies in an exchange of ours; a neighbour whom the network vouches for is just one."""
    if number[:_EXCHANGE] not in near or number in ours or nanp(number) is None:
        return None
    if attestation is Attestation.FULL:
        return None
    return against("neighbour", number=number, exchange=f"{number[2:5]}-{number[5:8]}")
