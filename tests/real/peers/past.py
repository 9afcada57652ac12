"""What happened in a made-up house before: calls, people, contacts, rules; all numbers are fictional."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from callguard.access import Access, Role, hash_password
from callguard.ambient import SystemRandomness
from callguard.model.call import Attestation, Presentation
from callguard.model.contact import Contact
from callguard.model.evidence import Evidence, Failure, FailureKind, Leaning, Rung
from callguard.model.experience import Opinion
from callguard.model.ident import new_id
from callguard.model.number import pretty
from callguard.model.policy import Policy
from callguard.model.record import CallRecord, Disposition, Outcome
from callguard.model.rule import Rule, RuleKind, RuleList
from callguard.model.verdict import Action
from callguard.policy.sole import sole_deciders
from callguard.store import Store
from callguard.testing import a_call, a_caller, a_record

ZONE = ZoneInfo("America/Denver")
PASSWORD = "seven quiet lanterns"
"""Everybody's."""
AUNT, DOCTOR, NURSERY, NEIGHBOUR, SCHOOL = (
    ("+13035550147", "Aunt Rosa"),
    ("+13035550110", "Dr. Lee’s office"),
    ("+493023125042", "Kita Sonnenschein – Frau Müller-Lüdenscheid"),
    ("+13035550119", "Jörg Weißhäupl"),
    ("+13035550131", "Willow Creek School"),
)
KNOWN = (AUNT, DOCTOR, NURSERY, NEIGHBOUR, SCHOOL)
CARDS, SOLAR, WARRANTY, REFUND = (
    ("+17205550112", "CARD SERVICES"),
    ("+12135550166", "SOLAR SAVINGS"),
    ("+16145550183", "VEHICLE WARRANTY"),
    ("+12025550155", "TAX REFUND DEPT"),
)
PESTS = (CARDS, SOLAR, WARRANTY, REFUND)
SALES = "+12125550199"
"""On the household's block list."""
STRANGERS = (("+13035550164", "WIRELESS CALLER"), ("+19705550121", "RIVERA M"), ("+17195550108", ""))
HOSTILE = '"><script>alert(1)</script>\u202e\x1b[2J' + "VERYLONGNAMEWITHOUTSPACES" * 400
COMMUNITY = "number,reports,category\n" + "".join(
    f"{number},{80 + place},fraud\n" for place, (number, _) in enumerate(PESTS)
)
"""A list of numbers, small enough to read."""


@dataclass(frozen=True, slots=True)
class Past:
    """How much has happened."""

    days: int = 14
    waiting: int = 0
    "Calls beside the usual ones that wait for review."
    hostile: bool = False
    "With callers whose names would like to be something else."


def people(path: Path, now: datetime) -> None:
    """Let an admin, a member and a viewer into the console."""
    access = Access.open(path, SystemRandomness())
    hashed = hash_password(PASSWORD, 7)
    for name, role in (("Ana", Role.ADMIN), ("Ben", Role.MEMBER), ("Cleo", Role.VIEWER)):
        access.add_person(name, role, hashed, now, by="Ana")
    access.close()


def furnish(database: Path, past: Past, now: datetime) -> None:
    """Write the past into a database that nobody has open."""
    store = Store.open(database, now=now, clock=lambda: now, sole=sole_deciders).store
    try:
        store.replace_contacts("family", list(_contacts()), by="Ana", now=now - timedelta(days=20)).result(10)
        for rule in _RULES:
            store.add_rule(rule, by="Ana", now=now - timedelta(days=18)).result(10)
        old = [_Caller(now - timedelta(days=400 + day), day).unknown() for day in range(3)]
        retired = now - timedelta(days=365)
        for receipt in [store.append(record) for record in [*old, *_calls(past, now)]]:
            receipt.result(20)
        store.retire(retired, pseudonymise=True, secret=b"a secret of sixteen", now=now).result(10)
        _judge(store, now)
    finally:
        store.close()


def _contacts() -> Iterator[Contact]:
    for place, (number, name) in enumerate(KNOWN):
        yield Contact(book="family", uid=f"uid-{place}", name=name, numbers=(number,))


_RULES = (
    Rule(list=RuleList.ALLOW, kind=RuleKind.EXACT, value="+13035550122", note="Pharmacy, calls when it is ready"),
    Rule(list=RuleList.BLOCK, kind=RuleKind.EXACT, value=SALES, note="Third time this week"),
    Rule(list=RuleList.BLOCK, kind=RuleKind.PREFIX, value="+1900", note="Premium rate"),
    Rule(list=RuleList.BLOCK, kind=RuleKind.NAME, value="cruise", note="Won nothing, ever"),
)


def _judge(store: Store, now: datetime) -> None:
    """Let the household have looked at all but the newest three of the soft verdicts, unless there are very many."""
    page = store.newest(200)
    soft = [one for one in page.records if one.verdict.rung is Rung.SIGNALS and one.verdict.action is not Action.RING]
    for place, record in enumerate(soft[3:40]):
        said = Opinion.WRONG if place % 9 == 4 else Opinion.RIGHT
        store.give_opinion(record.call.id, said, by="Ben", now=now - timedelta(hours=2)).result(10)


class _Caller:
    """Makes the record of one call."""

    def __init__(self, at: datetime, place: int) -> None:
        self._at = at
        self._place = place
        self._chance = random.Random(place)

    def known(self) -> CallRecord:
        number, name = self._chance.choice(KNOWN)
        facts = {"number": number, "who": name, "book": "family"}
        found = _said("contacts", "contact", Leaning.WANTED, rung=Rung.CONTACTS, facts=facts)
        return self._made(number, "", (found,), answered=True)

    def cards(self) -> CallRecord:
        return self.pest(CARDS)

    def pest(self, who: tuple[str, str] | None = None) -> CallRecord:
        number, name = who or self._chance.choice(PESTS)
        return self._made(number, name, _reported(number, 60 + self._chance.randrange(80), self._at))

    def sales(self) -> CallRecord:
        facts = {"number": SALES, "rule_id": 2, "why": "Third time this week", "list": "block"}
        found = _said("rules", "blocked-number", Leaning.UNWANTED, rung=Rung.BLOCK_LIST, facts=facts)
        return self._made(SALES, "SAVE NOW LLC", (found,))

    def unknown(self) -> CallRecord:
        number, name = self._chance.choice(STRANGERS)
        return self._made(number, name, answered=self._chance.random() < 0.5)

    def hidden(self) -> CallRecord:
        return self._made(None, "", (_said("numbercheck", "number-withheld", Leaning.NEUTRAL),))

    def screened(self) -> CallRecord:
        found = _reported(SOLAR[0], 14, self._at)[:1]
        return self._made(*SOLAR, found, can_screen=True)

    def unchecked(self) -> CallRecord:
        failed = Failure(source="lists", kind=FailureKind.TIMED_OUT, error="no answer in 400 ms")
        return self._made("+15055550142", "", failures=(failed,))

    def gone(self) -> CallRecord:
        record = self._made(*self._chance.choice(STRANGERS))
        ended = self._at + timedelta(seconds=2)
        return replace(record, disposition=Disposition(outcome=Outcome.GONE, ended_at=ended, code=487))

    def hostile(self, number: str = "+13035550171") -> CallRecord:
        return self._made(number, HOSTILE, _reported(number, 9, self._at))

    def stranger(self) -> CallRecord:
        """Return a blocked call of a number that never called before."""
        number = f"+1{self._chance.choice((201, 312, 415, 512, 702, 808))}55501{self._place % 100:02}"
        return self._made(number, self._chance.choice(PESTS)[1], _reported(number, 40, self._at))

    def _made(
        self,
        number: str | None,
        name: str,
        evidence: Sequence[Evidence] = (),
        failures: Sequence[Failure] = (),
        *,
        answered: bool = False,
        can_screen: bool = False,
    ) -> CallRecord:
        call = a_call(
            number,
            id=new_id(self._at, self._place + 1),
            received_at=self._at,
            line="Landline",
            caller=replace(a_caller(number, name=name), presentation=_shown(number)),
            attestation=Attestation.GATEWAY if evidence else Attestation.FULL,
            can_screen=can_screen,
        )
        record = a_record(
            call,
            evidence=tuple(evidence),
            failures=tuple(failures),
            policy=Policy(),
            timings={"rules": 0.2, "contacts": 0.3, "numbercheck": 1.1, "lists": 2.4},
            decided_in=12.0 + self._place % 30,
            software="0.1.0",
        )
        ended = record.disposition
        return replace(record, disposition=replace(ended, answered=answered)) if ended and answered else record


def _shown(number: str | None) -> Presentation:
    return Presentation.SHOWN if number else Presentation.WITHHELD


def _said(source: str, code: str, leaning: Leaning, **more: object) -> Evidence:
    return Evidence(source=source, code=code, leaning=leaning, **more)  # type: ignore[arg-type]


def _reported(number: str, reports: int, at: datetime) -> tuple[Evidence, ...]:
    """Return what a list and the shape of the traffic say of a number that is reported."""
    listed = {
        "list": "lists.community",
        "title": "Neighbourhood list",
        "number": number,
        "reports": reports,
        "category": "fraud",
    }
    burst = {"numbers": 6, "block": pretty(number, "US")[:-2] + "…", "hours": 24}
    return (
        _said(
            "lists",
            "listed-number",
            Leaning.UNWANTED,
            weight=60,
            basis="complaints",
            facts=listed,
            version=f"{at:%Y-%m-%d}",
        ),
        _said("numbercheck", "burst", Leaning.UNWANTED, weight=40, facts=burst),
    )


def _calls(past: Past, now: datetime) -> Iterator[CallRecord]:
    """Yield the calls, oldest first: like life, more by day than by night, and more pests than friends."""
    chance = random.Random(5)
    kinds: Sequence[tuple[Callable[[_Caller], CallRecord], int]] = (
        (_Caller.known, 30), (_Caller.pest, 26), (_Caller.sales, 8), (_Caller.unknown, 18), (_Caller.hidden, 5),
        (_Caller.gone, 5), (_Caller.screened, 4), (_Caller.unchecked, 2),
    )  # fmt: skip
    choices, weights = zip(*kinds, strict=True)
    moments = sorted(now - timedelta(minutes=_ago(chance, past.days)) for _ in range(past.days * 6))
    place = 0
    for place, at in enumerate(moments):
        (kind,) = chance.choices(choices, weights)
        yield kind(_Caller(at, place))
    for waiting in range(past.waiting):
        yield _Caller(now - timedelta(minutes=40 + past.waiting - waiting), 1000 + waiting).stranger()
    if past.hostile:
        yield _Caller(now - timedelta(minutes=32), 5000).hostile()
    yield from _lately(now)


def _ago(chance: random.Random, days: int) -> int:
    hour = chance.choice((8, 9, 9, 10, 10, 11, 11, 12, 13, 14, 15, 16, 16, 17, 17, 18, 18, 19, 20, 21))
    return max(45, chance.randrange(days) * 24 * 60 + (22 - hour) * 60 + chance.randrange(60))


def _lately(now: datetime) -> Iterator[CallRecord]:
    """Yield what everybody should see first: one of each kind."""
    kinds: Sequence[Callable[[_Caller], CallRecord]] = (
        _Caller.gone, _Caller.unchecked, _Caller.sales, _Caller.hidden, _Caller.screened, _Caller.known,
        *[_Caller.cards] * 3,
    )  # fmt: skip
    for place, kind in enumerate(kinds):
        ago = timedelta(minutes=30 - 3 * place)
        yield kind(_Caller(now - ago, 9000 + place))
