"""What can be kept: each value in the canonical form of its kind, everything of a bounded size."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from callguard.home import JSON
from callguard.model.complaint import Complaint, ComplaintState
from callguard.model.contact import Contact
from callguard.model.ident import looks_like_id
from callguard.model.relationship import Relationship
from callguard.model.rule import Rule, RuleKind
from callguard.model.rulevalue import canonical
from callguard.model.schedule import NotAScheduleError, Schedule
from callguard.model.wire import clean
from callguard.store.errors import UnstorableError

MOST_USES = 1000
MOST_CONTACTS = 50_000
"In one book."
MOST_RELATIONSHIPS = 10_000
_LONGEST_TEXT = 200
_LONGEST_NOTE = 500  # cut, because it comes from imported files and only people read it
_LONGEST_SETTING = 64 << 10
_LONGEST_ANSWER = 2000
_MOST_NUMBERS = 100  # of one contact, or one party
_MOST_STOP_REQUESTS = 100
_MOST_ANSWERS = 100

_NUMBER = re.compile(r"\+[0-9]{1,15}", re.ASCII)
_PARTY_NUMBER = re.compile(r"\+[0-9]{1,15}\*?", re.ASCII)
_AGENCY = re.compile(r"[a-z0-9_-]{0,40}", re.ASCII)
_ANSWER = re.compile(r"[a-z0-9_]{1,60}", re.ASCII)
_KEY = re.compile(r"[a-z0-9_-]{1,40}(\.[A-Za-z0-9_-]{1,40}){0,6}", re.ASCII)


def storable_rule(rule: Rule) -> Rule:
    """Return *rule* as it is kept; UnstorableError says what is wrong with it, in words for its author."""
    wrong = _WRONG_NUMBER[rule.kind](rule.value) if rule.kind in _WRONG_NUMBER else _wrong_otherwise(rule)
    if wrong:
        raise UnstorableError(wrong)
    if rule.uses_left is not None and not 1 <= rule.uses_left <= MOST_USES:
        raise UnstorableError(f"a rule can be used 1 to {MOST_USES} times, not {rule.uses_left}")
    if rule.until is not None and rule.until.utcoffset() is None:
        raise UnstorableError(f"{rule.until.isoformat()} has no time zone")
    if len(rule.line) > _LONGEST_TEXT or clean(rule.line) != rule.line:
        raise UnstorableError(f"{rule.line!r:.60} is no name of a line")
    _check_schedule(rule.schedule)
    note, origin = clean(rule.note)[:_LONGEST_NOTE], clean(rule.origin)[:_LONGEST_TEXT]
    return rule if (note, origin) == (rule.note, rule.origin) else replace(rule, note=note, origin=origin)


def storable_contact(contact: Contact) -> Contact:
    """Return *contact* as it is kept; UnstorableError says what is wrong with it."""
    uid = clean(contact.uid)
    if not uid or len(uid) > 2 * _LONGEST_TEXT:
        raise UnstorableError(f"{uid!r:.60} identifies no contact")
    wrong = next((number for number in contact.numbers if not _NUMBER.fullmatch(number)), None)
    if wrong is not None:
        raise UnstorableError(f"{wrong!r:.60} is no number in E.164")
    if len(contact.numbers) > _MOST_NUMBERS:
        raise UnstorableError(f"{uid!r:.60} has more than {_MOST_NUMBERS} numbers")
    numbers = tuple(dict.fromkeys(contact.numbers))
    return Contact(book=contact.book, uid=uid, name=clean(contact.name)[:_LONGEST_TEXT], numbers=numbers)


def storable_book(book: str) -> str:
    """Return the name of a *book*; UnstorableError if it is none."""
    if not book or len(book) > _LONGEST_TEXT or clean(book) != book:
        raise UnstorableError(f"{book!r:.60} is no name of an address book")
    return book


def storable_setting(key: str, value: JSON) -> str:
    """Return the JSON of a setting; UnstorableError if its key or its value cannot be kept."""
    if not _KEY.fullmatch(key):
        raise UnstorableError(f"{key!r:.60} is no key of a setting, such as policy.profile")
    try:
        # Escapes leave nothing raw in the file that a terminal might obey, and keep every character.
        text = json.dumps(value, allow_nan=False, sort_keys=True, separators=(",", ":"))
    except (ValueError, TypeError, RecursionError) as error:
        raise UnstorableError(f"the value of {key} cannot be kept: {error}") from error
    if len(text) > _LONGEST_SETTING:
        raise UnstorableError(f"the value of {key} is longer than {_LONGEST_SETTING >> 10} KiB")
    return text


def storable_relationship(relationship: Relationship) -> Relationship:
    """Return *relationship* as it is kept; UnstorableError says what is wrong with it, in words for its author."""
    party = clean(relationship.party).strip()
    if not party or len(party) > _LONGEST_TEXT:
        raise UnstorableError(f"{party!r:.60} is no name of a party")
    wrong = next((number for number in relationship.numbers if not _PARTY_NUMBER.fullmatch(number)), None)
    if wrong is not None:
        raise UnstorableError(f"{wrong!r:.60} is neither a number in E.164 nor the beginning of numbers with *")
    numbers = tuple(dict.fromkeys(relationship.numbers))
    stops = tuple(sorted(set(relationship.stop_requests)))
    if len(numbers) > _MOST_NUMBERS or len(stops) > _MOST_STOP_REQUESTS:
        raise UnstorableError(f"{party!r:.60} has more numbers or stop requests than are kept")
    return replace(
        relationship,
        party=party,
        numbers=numbers,
        stop_requests=stops,
        consent_proof=clean(relationship.consent_proof)[:_LONGEST_NOTE],
        note=clean(relationship.note)[:_LONGEST_NOTE],
    )


def storable_complaint(complaint: Complaint) -> Complaint:
    """Return *complaint* as it is kept; UnstorableError says what is wrong with it."""
    if not looks_like_id(complaint.call_id):
        raise UnstorableError(f"{complaint.call_id!r:.60} is no call")
    if not _AGENCY.fullmatch(complaint.agency):
        raise UnstorableError(f"{complaint.agency!r:.60} is no agency")
    if (complaint.state is ComplaintState.FILED) != (complaint.filed_on is not None):
        raise UnstorableError("a complaint that was filed has the day it was filed on, and no other has")
    odd = next((key for key in complaint.answers if not _ANSWER.fullmatch(key)), None)
    if odd is not None or len(complaint.answers) > _MOST_ANSWERS:
        raise UnstorableError(f"{odd!r:.60} is no question" if odd else "there are more answers than are kept")
    long = next((key for key, answer in complaint.answers.items() if len(answer) > _LONGEST_ANSWER), None)
    if long is not None:
        raise UnstorableError(f"the answer to {long} is longer than {_LONGEST_ANSWER} characters")
    answers = {key: clean(answer) for key, answer in sorted(complaint.answers.items())}
    return replace(complaint, answers=answers, reference=clean(complaint.reference)[:_LONGEST_TEXT])


def _check_schedule(schedule: Schedule | None) -> None:
    try:
        same = schedule is None or Schedule.parse(str(schedule)) == schedule
    except (NotAScheduleError, IndexError):  # days that no week has
        same = False
    if not same:
        raise UnstorableError("the hours of the rule are none that can be written down")


def _wrong_number(value: str) -> str:
    return "" if _NUMBER.fullmatch(value) else f"{value!r:.60} is not + and digits"


def _wrong_range(value: str) -> str:
    first, _, last = value.partition("-")
    if not (_NUMBER.fullmatch(first) and _NUMBER.fullmatch(last)):
        return f"{value!r:.60} is not a first and a last number, such as +13035550100-+13035550199"
    if len(first) != len(last):
        return f"{value!r:.60} is no range: its numbers are not equally long"
    return "" if first <= last else f"{value!r:.60} is no range: it ends before it begins"


def _wrong_otherwise(rule: Rule) -> str:
    try:
        # What is not a number is written the same way in every country.
        meant = canonical(rule.kind, rule.value, "")
    except ValueError as error:
        return str(error)
    return "" if meant == rule.value else f"{rule.value!r:.60} should be written {meant!r:.60}"


_WRONG_NUMBER: Mapping[RuleKind, Callable[[str], str]] = {
    RuleKind.EXACT: _wrong_number,
    RuleKind.PREFIX: _wrong_number,
    RuleKind.RANGE: _wrong_range,
}
