"""The database of a house with a million calls in two years: its people, callers that come again, strangers."""

import random
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from callguard import (
    CHANCE_BITS,
    Call,
    Caller,
    CallRecord,
    Disposition,
    Evidence,
    Leaning,
    Outcome,
    Presentation,
    Rung,
    new_id,
)
from callguard.model.evidence import Fact, Failure, FailureKind
from callguard.model.policy import Policy
from callguard.model.wire import encode_policy, encode_record, policy_key
from callguard.policy.ladder import judge
from callguard.store.columns import Columns, columns
from callguard.store.database import on_disk, sqlite_connect
from callguard.store.migrate import migrate, migrations

_NUMBERS = 300_000
_RARE = 100_000  # calls, of which one has the rare name
_CONSOLE = 6  # the migration that the console came with
END = datetime(2026, 11, 23, tzinfo=UTC)
DAYS = 730
COMMON_NAMES = ("CARD SERVICES", "WIRELESS CALLER", "TOLL FREE CALL", "DENVER CO", "UNKNOWN NAME", "VISTA RESEARCH")
RARE_NAME = "QUINCY ZBOROWSKI"
_CONTACTS = ("Aunt Rosa", "Dr. Lee's office", "School", "Grandpa", "Plumber Jürgen")
_LISTS = ("ftc", "phoneblock", "neighbours", "charities", "banks", "toll-free", "wangiri", "house")


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of call, of which there are many: only who calls and when differs."""

    record: CallRecord
    columns: Columns
    body: str
    share: float


def build(path: Path, calls: int) -> float:
    """Leave behind the database of a house with so many calls; return the seconds it took.

    It is written as the version before the console had it, and brought up to date by that step's own SQL.
    """
    begun = time.perf_counter()
    shapes = list(_shapes())
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite_connect(on_disk(path))) as connection:
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
        connection.execute("PRAGMA synchronous=OFF").fetchall()
        connection.execute("PRAGMA cache_size=-500000").fetchall()
        migrate(connection, upto=_CONSOLE - 1)
        connection.executescript("DROP INDEX calls_by_number; DROP INDEX calls_by_action;")
        connection.execute("BEGIN")
        connection.execute("INSERT INTO policies VALUES (?, ?)", (_KEY, encode_policy(Policy())))
        connection.executemany(
            "INSERT INTO calls (id, received_at, line, number, name, action, rung, outcome, policy, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            _rows(shapes, calls),
        )
        connection.execute("COMMIT")
        # The columns are known here: to read them out of a million bodies takes a minute.
        connection.create_function("read_out", 2, lambda body, column: shapes[_number(body)].columns[column])
        step = next(step for step in migrations() if step.number == _CONSOLE)
        connection.executescript(f"BEGIN; {step.sql}; PRAGMA user_version={_CONSOLE}; COMMIT;")
        connection.execute(
            "INSERT INTO hits SELECT received_at / 86400000, source, key, count(*), count(*), max(received_at),"
            " count(*) / 3 FROM calls WHERE key <> '' GROUP BY 1, 2, 3"
        )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return time.perf_counter() - begun


_KEY = policy_key(Policy())
_STAMP = '"software":"'


def _number(body: str) -> int:
    place = body.index(_STAMP) + len(_STAMP)
    return int(body[place : body.index('"', place)])


def _shapes() -> Iterator[Shape]:
    kinds: list[tuple[float, tuple[Evidence, ...], Outcome, tuple[Failure, ...]]] = [
        (0.20, (_contact(who),), Outcome.RANG, ()) for who in _CONTACTS
    ]
    kinds += [(0.35, (), Outcome.RANG, ()), (0.05, (), Outcome.GONE, ())]
    kinds += [(0.45, (_listed(name), _listed("ftc", 60), _shape()), Outcome.REJECTED, ()) for name in _LISTS]
    kinds += [(0.15, (_rule(n),), Outcome.ANNOUNCED, ()) for n in range(12)]
    silent = Failure(source="phoneblock", kind=FailureKind.TIMED_OUT)
    kinds += [(0.02, (), Outcome.RANG, (silent,)), (0.01, (_rule(1),), Outcome.NOT_CARRIED_OUT, ())]
    for n, (share, evidence, outcome, failures) in enumerate(kinds):
        record = _a_record(n, evidence, outcome, failures)
        yield Shape(record, columns(record), encode_record(record, _KEY), share)


def _contact(who: str) -> Evidence:
    facts = {"who": who, "book": "family"}
    return Evidence(code="contact", leaning=Leaning.WANTED, rung=Rung.CONTACTS, source="contacts", facts=facts)


def _listed(name: str, weight: int = 90) -> Evidence:
    facts: dict[str, Fact] = {
        "list": name,
        "title": f"The {name} list of numbers complained about",
        "reports": 112,
        "category": "sales",
    }
    return Evidence(
        code="listed",
        leaning=Leaning.UNWANTED,
        weight=weight,
        proof=weight > 80,
        basis="complaints",
        source="ftc" if name == "ftc" else "lists",
        facts=facts,
        version="2026-11-20",
    )


def _shape() -> Evidence:
    return Evidence(code="neighbour", leaning=Leaning.UNWANTED, weight=30, source="numbercheck", facts={"digits": 6})


def _rule(number: int) -> Evidence:
    facts: dict[str, Fact] = {"rule_id": number, "list": "block", "note": f"annoying, note {number}"}
    return Evidence(
        code="blocked-number", leaning=Leaning.UNWANTED, rung=Rung.BLOCK_LIST, source="rules", facts=facts
    )


def _a_record(
    number: int, evidence: tuple[Evidence, ...], outcome: Outcome, failures: tuple[Failure, ...]
) -> CallRecord:
    caller = Caller(presentation=Presentation.SHOWN, number="+1NUMBER", text="+1NUMBER", name="NAME")
    call = Call(
        id="ID",
        line="LINE",
        received_at=END,
        caller=caller,
        called="+13035550100",
        details={"user agent": "a provider's gateway 7.2", "source": "192.0.2.17:5060"},
    )
    plugins = ("rules", "contacts", "numbercheck", "ftc", "lists", "phoneblock", "dnc", "stir")
    return CallRecord(
        call=call,
        evidence=evidence,
        failures=failures,
        policy=Policy(),
        verdict=judge(call, evidence, failures, Policy()),
        timings=dict.fromkeys(plugins, 0.043),
        decided_in=0.412,
        disposition=Disposition(outcome=outcome, ended_at=END, code=607),
        software=str(number),
    )


def _rows(shapes: list[Shape], calls: int) -> Iterator[tuple[object, ...]]:
    chance = random.Random(5)
    whose = [_Whose(chance, shape) for shape in shapes]
    weights = [shape.share for shape in shapes]
    kinds = chance.choices(whose, weights, k=calls)
    for n, (at, kind) in enumerate(zip(_moments(chance, calls), kinds, strict=True)):
        number, name = kind.caller(chance)
        name = RARE_NAME if n % _RARE == 77 else name
        call = new_id(at, chance.getrandbits(CHANCE_BITS))
        line = "Landline" if chance.random() < 0.8 else "Office"
        shape, verdict = kind.shape, kind.shape.record.verdict
        body = shape.body.replace("NUMBER", number).replace("NAME", name).replace('"LINE"', f'"{line}"')
        body = body.replace('"ID"', f'"{call}"').replace("2026-11-23T00:00:00+00:00", at.isoformat())
        end = shape.record.disposition
        yield (
            call,
            int(at.timestamp() * 1000),
            line,
            f"+1{number}",
            name,
            verdict.action.value,
            int(verdict.rung),
            end.outcome.value if end else None,
            _KEY,
            body,
        )


def _moments(chance: random.Random, calls: int) -> Iterator[datetime]:
    """Yield moments in order, few of them at night."""
    begin = END - timedelta(days=DAYS)
    for n in range(calls):
        days = n * DAYS / calls
        hour = 8 + 13 * (days % 1) if chance.random() < 0.95 else 24 * (days % 1)
        day = begin + timedelta(days=int(days), hours=hour)
        yield day.replace(microsecond=0) + timedelta(milliseconds=n % 1000)


@dataclass(slots=True)
class _Whose:
    """Who makes calls of one kind: the household's own people, callers that come again and again, or once."""

    chance: random.Random
    shape: Shape
    again: list[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        many = 8 if self.shape.record.verdict.rung is Rung.CONTACTS else 400
        self.again = [(_a_number(self.chance), self._name()) for _ in range(many)]

    def caller(self, chance: random.Random) -> tuple[str, str]:
        """Return the digits after +1, and a name."""
        if chance.random() < (0.7 if len(self.again) > 8 else 1):
            return self.again[min(int(chance.expovariate(6 / len(self.again))), len(self.again) - 1)]
        return _a_number(chance), self._name()

    def _name(self) -> str:
        roll = self.chance.random()
        if roll < 0.4:
            return self.chance.choice(COMMON_NAMES)
        return "" if roll < 0.7 else "".join(self.chance.choices("ABCDEFGHIKLMNOPRSTUVW", k=9)) + " JOHN"


def _a_number(chance: random.Random) -> str:
    number = chance.randrange(_NUMBERS)
    return f"{201 + number // 1000 % 700}{200 + number % 800}{number * 7919 % 10_000:04}"
