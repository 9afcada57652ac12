"""What the columns of a call say besides its body: experience, decider, opinion and the words to be searched."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from callguard.model.decider import decider
from callguard.model.evidence import Leaning
from callguard.model.experience import experience, first_opinion
from callguard.model.policy import Policy
from callguard.model.record import CallRecord
from callguard.model.wire import BadRecordError, clean, decode_record

_LONGEST_FACTS = 300
_LONGEST_FACT = 100
# Facts that name somebody or something in words. Each word costs every call, so it is these only, and a list that has
# nothing to say about the caller is not found by its title.
_PEOPLE = ("who", "party")
_REASONS = ("title", "note")
_NO_POLICY = Policy()

Columns = Mapping[str, str | None]


def columns(record: CallRecord) -> Columns:
    """Return the columns that are made from *record* for the console."""
    source, key = decider(record)
    return {
        "experience": experience(record),
        "source": clean(source),
        "key": clean(key),
        "opinion": first_opinion(record),
        "facts": clean(" ".join(dict.fromkeys(filter(None, _texts(record)))))[:_LONGEST_FACTS],
    }


def read_out(body: str, column: str) -> str | None:
    """Return a column of a stored record, for SQL; None if the record cannot be understood."""
    return _columns_of(body).get(column)


def _texts(record: CallRecord) -> Iterator[str]:
    """Yield what people may look for: other numbers of the caller, names, titles and notes of the evidence."""
    caller = record.call.caller
    yield from caller.asserted
    if caller.number is None and caller.text:
        yield caller.text[:_LONGEST_FACT]
    for evidence in record.evidence:
        names = _PEOPLE if evidence.leaning is Leaning.NEUTRAL else (*_PEOPLE, *_REASONS)
        yield from (fact[:_LONGEST_FACT] for name in names if isinstance(fact := evidence.facts.get(name), str))


@lru_cache(maxsize=1)
def _columns_of(body: str) -> Columns:
    try:
        # None of these columns depends on the policy.
        return columns(decode_record(body, lambda _: _NO_POLICY))
    except BadRecordError:
        return {}
