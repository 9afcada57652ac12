"""Large lists of numbers: built aside, swapped in atomically, looked up in microseconds."""

from callguard.numberlist.builder import ListBuilder
from callguard.numberlist.finding import LIST_PHRASES, complaint_weight, evidence_of
from callguard.numberlist.gathering import Gathered, Gathering, conditional, remember
from callguard.numberlist.limits import Limits
from callguard.numberlist.reader import NumberList
from callguard.numberlist.replacing import RefusedError
from callguard.numberlist.subscription import Subscription

__all__ = [
    "LIST_PHRASES",
    "Gathered",
    "Gathering",
    "Limits",
    "ListBuilder",
    "NumberList",
    "RefusedError",
    "Subscription",
    "complaint_weight",
    "conditional",
    "evidence_of",
    "remember",
]
