"""Other calls that seem to be of the same campaign: linked, so that one can be found from the other, never merged."""

from collections.abc import Iterable

from callguard import Call, CallRecord, Presentation, fold_name

_NOBODY = frozenset({"", "anonymous", "unavailable", "unknown", "private", "restricted", "unknown caller"})


def campaign_of(record: CallRecord, others: Iterable[CallRecord]) -> list[CallRecord]:
    """Return those of *others* on which caller ID showed the same number or name, newest first, none twice."""
    number, name = _number(record.call), _name(record.call)
    found = {
        other.call.id: other
        for other in others
        if other.call.id != record.call.id
        and ((number and _number(other.call) == number) or (name and _name(other.call) == name))
    }
    return sorted(found.values(), key=lambda other: other.call.received_at, reverse=True)


def _number(call: Call) -> str:
    return call.caller.number or "" if call.caller.presentation is Presentation.SHOWN else ""


def _name(call: Call) -> str:
    name = fold_name(call.caller.name)
    return "" if name in _NOBODY else name
