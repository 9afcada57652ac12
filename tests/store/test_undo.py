"""Every change and every undo, beside a model in plain Python that knows nothing of SQL."""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callguard import Complaint, Contact, Relationship, Rule, RuleKind, RuleList
from callguard.store import (
    CannotUndoError,
    NoSuchChangeError,
    NoSuchRelationshipError,
    NoSuchRuleError,
    Store,
    writer,
)

EXAMPLES = min(200, int(os.environ.get("CALLGUARD_FUZZ", "100")))
NOW = datetime(2026, 11, 22, 18, 45, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)

RULES = [
    Rule(list=RuleList.BLOCK, kind=RuleKind.EXACT, value="+13035550188", note=note, until=until, uses_left=uses)
    for note, until, uses in (("a", None, None), ("b", None, 2), ("b", NOW + HOUR, None), ("", None, 1))
] + [
    Rule(list=RuleList.BLOCK, kind=RuleKind.PREFIX, value="+44", line="Home", uses_left=2),
    Rule(list=RuleList.ALLOW, kind=RuleKind.EXACT, value="+13035550188", until=NOW),
]
CALLS = ("1m8296y0k0000000", "1m8296y0k0000001")
PEOPLE = [("u1", "Grace"), ("u1", "Grace H."), ("u2", "Alan")]

Key = tuple[str, ...]
Token = object


def identity(rule: Rule) -> Key:
    return ("rule", rule.list, rule.kind, rule.value, rule.line)


def rest(rule: Rule) -> tuple[object, ...]:
    return rule.note, rule.until, rule.uses_left


@dataclass
class Done:
    """A change: for each thing it touched what held before and after. None stands for a rule that is not there."""

    parts: dict[Key, tuple[Token, Token]]
    undoes: int | None = None


@dataclass
class Model:
    """What must be: which state each thing is in. A state is a token; what it holds is told elsewhere."""

    states: dict[Key, Token] = field(default_factory=dict)
    held: dict[Token, Any] = field(default_factory=dict)
    log: list[Done] = field(default_factory=list)
    uses: set[tuple[Token, str]] = field(default_factory=set)

    def change(self, after: dict[Key, Token]) -> None:
        self.log.append(Done({key: (self.states.get(key), token) for key, token in after.items()}))
        self.states |= after

    def rules(self) -> list[Rule]:
        return [self.held[token] for key, token in self.states.items() if key[0] == "rule" and token is not None]

    def value(self, *key: str) -> Any:
        return self.held.get(self.states.get(key))

    # --- what can be done ---

    def add(self, *rules: Rule) -> None:
        after = {}
        for rule in {identity(rule): rule for rule in rules}.values():
            there = self.held.get(self.states.get(identity(rule)))
            wanted = replace(rule, note=rule.note or (there.note if there else ""))
            if there is None or rest(there) != rest(wanted):
                after[identity(rule)] = token = object()
                self.held[token] = wanted
        if after:
            self.change(after)

    def end(self, token: Token) -> None:
        self.change({identity(self.held[token]): None})

    def spend(self, token: Token, call: str) -> bool:
        rule = self.held[token]
        if rule.uses_left is None or (token, call) in self.uses:
            return True
        if self.states.get(identity(rule)) is not token:
            return False
        self.uses.add((token, call))
        if rule.uses_left == 1:
            self.end(token)
        else:
            self.held[token] = replace(rule, uses_left=rule.uses_left - 1)
        return True

    def expire(self, now: datetime) -> None:
        for rule in self.rules():
            if rule.until and rule.until <= now:
                self.end(self.states[identity(rule)])

    def put(self, key: Key, value: Any) -> None:
        if (self.value(*key) or None) != (value or None):
            token = object()
            self.held[token] = value
            self.change({key: token})

    def undone_by(self, number: int) -> int | None:
        stands = [n for n, done in enumerate(self.log) if done.undoes == number and self.undone_by(n) is None]
        return stands[-1] if stands else None

    def undo(self, number: int) -> bool:
        if self.undone_by(number) is not None:
            return True
        free = {key: part for key, part in self.log[number].parts.items() if self.states.get(key) is part[1]}
        if not free:
            return False
        self.log.append(Done({key: (now, before) for key, (before, now) in free.items()}, number))
        self.states |= {key: before for key, (before, _) in free.items()}
        return True


class Both:
    """The store and its model, told the same."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.model = Model()
        self.tokens: dict[int, Token] = {}

    def do(self, what: str, *arguments: Any) -> None:
        getattr(self, what)(*arguments)
        self.compare()

    def compare(self) -> None:
        for rule in self.store.rules():
            self.tokens.setdefault(rule.id, self.model.states.get(identity(rule)))
            assert self.tokens[rule.id] is self.model.states.get(identity(rule)), "the very same rule"
        stored = {identity(rule): rest(rule) for rule in self.store.rules()}
        assert stored == {identity(rule): rest(rule) for rule in self.model.rules()}
        people = {(c.book, c.uid): c.name for c in self.store.contacts()}
        assert people == {(b, uid): name for b in "ab" for uid, name in (self.model.value("book", b) or {}).items()}
        values = {key: self.model.value("setting", key) for key in ("x", "y.z")}
        assert self.store.settings() == {key: value for key, value in values.items() if value is not None}
        parties = {one.id: (one.party, one.note) for one in self.store.relationships()}
        assert parties == self.parties()
        said = {(one.call_id, one.agency): one.answers["kind"] for one in self.store.complaints()}
        assert said == {(call, "ftc"): kind for call in CALLS if (kind := self.model.value("complaint", call))}
        undone = [change.undone_by for change in reversed(self.store.changes(100))]
        assert undone == [None if n is None else n + 1 for n in map(self.model.undone_by, range(len(self.model.log)))]

    def parties(self) -> dict[int, tuple[str, str]]:
        every = {int(key[1]): self.model.value(*key) for key in self.model.states if key[0] == "relationship"}
        return {number: party for number, party in every.items() if party is not None}

    # --- steps ---

    def know(self, party: str, note: str) -> None:
        ever = [key for key in self.model.states if key[0] == "relationship"]
        number = min((number for number, (name, _) in self.parties().items() if name == party), default=0)
        wanted = Relationship(id=number, party=party, note=note)
        saved = self.store.save_relationship(wanted, by="ada", now=NOW).result(10)
        assert saved.relationship.id == (number or len(ever) + 1)
        self.model.put(("relationship", str(saved.relationship.id)), (party, note))

    def forget(self, number: int) -> None:
        receipt = self.store.remove_relationship(number, by="ada", now=NOW)
        if number in self.parties():
            receipt.result(10)
            self.model.put(("relationship", str(number)), None)
        else:
            with pytest.raises(NoSuchRelationshipError):
                receipt.result(10)

    def complain(self, call: str, kind: str) -> None:
        complaint = Complaint(call_id=call, agency="ftc", answers={"kind": kind})
        self.store.save_complaint(complaint, by="ada", now=NOW).result(10)
        self.model.put(("complaint", call), kind)

    def add(self, rule: Rule) -> None:
        self.store.add_rule(rule, by="ada", now=NOW).result(10)
        self.model.add(rule)

    def add_many(self, rules: list[Rule]) -> None:
        self.store.add_rules(rules, by="ada", now=NOW, subject="many").result(10)
        self.model.add(*rules)

    def remove(self, number: int) -> None:
        in_force = {rule.id for rule in self.store.rules()}
        if number in in_force:
            self.store.remove_rule(number, by="ada", now=NOW).result(10)
            self.model.end(self.tokens[number])
        else:
            with pytest.raises(NoSuchRuleError):
                self.store.remove_rule(number, by="ada", now=NOW).result(10)

    def spend(self, number: int, call: str) -> None:
        receipt = self.store.spend_rule(number, call, by="a call", now=NOW)
        if number in self.tokens and self.model.spend(self.tokens[number], call):
            stored = {identity(rule): rest(rule) for rule in self.store.rules()}
            assert stored == {identity(rule): rest(rule) for rule in self.model.rules()}, "at once"
            receipt.result(10)
        else:
            with pytest.raises(NoSuchRuleError):
                receipt.result(10)

    def expire(self, hours: int) -> None:
        self.store.expire_rules(NOW + hours * HOUR, by="CallGuard").result(10)
        self.model.expire(NOW + hours * HOUR)

    def replace(self, book: str, people: list[tuple[str, str]]) -> None:
        cards = dict(people)
        contacts = [Contact(book=book, uid=uid, name=name) for uid, name in cards.items()]
        self.store.replace_contacts(book, contacts, by="contacts").result(10)
        self.model.put(("book", book), cards)

    def set(self, key: str, value: Any) -> None:
        self.store.set_setting(key, value, by="ada", now=NOW).result(10)
        self.model.put(("setting", key), value)

    def undo_recent(self, back: int) -> None:
        self.undo(len(self.model.log) - back)

    def undo(self, number: int) -> None:
        receipt = self.store.undo(number, by="bob", now=NOW)
        if not 1 <= number <= len(self.model.log):
            with pytest.raises(NoSuchChangeError):
                receipt.result(10)
        elif self.model.undo(number - 1):
            receipt.result(10)
        else:
            with pytest.raises(CannotUndoError):
                receipt.result(10)


rules = st.sampled_from(RULES)
numbers = st.integers(1, 6)
OF_RULES = [
    st.tuples(st.just("add"), rules),
    st.tuples(st.just("add_many"), st.lists(rules, max_size=4)),
    st.tuples(st.just("remove"), numbers),
    st.tuples(st.just("spend"), numbers, st.sampled_from(["call-1", "call-2"])),
    st.tuples(st.just("expire"), st.integers(-1, 1)),
]
OF_BOOKS = [st.tuples(st.just("replace"), st.sampled_from("aab"), st.lists(st.sampled_from(PEOPLE), max_size=3))]
OF_SETTINGS = [st.tuples(st.just("set"), st.sampled_from(["x", "x", "y.z"]), st.sampled_from([1, "one", None]))]
OF_PARTIES = [
    st.tuples(st.just("know"), st.sampled_from(["Acme", "Acme", "Bond"]), st.sampled_from("ab")),
    st.tuples(st.just("forget"), st.integers(1, 3)),
]
OF_COMPLAINTS = [st.tuples(st.just("complain"), st.sampled_from(CALLS), st.sampled_from(["sales", "debt"]))]
UNDOS = [st.tuples(st.just("undo"), st.integers(1, 12)), st.tuples(st.just("undo_recent"), st.integers(0, 3))]
# One kind of change at a time goes deeper, all together further apart.
scripts = st.one_of(
    *(
        st.lists(st.one_of(*some, *UNDOS), max_size=25)
        for some in (
            *(OF_RULES, OF_BOOKS, OF_SETTINGS, OF_PARTIES, OF_COMPLAINTS),
            [*OF_RULES, *OF_BOOKS, *OF_SETTINGS, *OF_PARTIES, *OF_COMPLAINTS],
        )
    )
)


@pytest.fixture(scope="module", autouse=True)
def _hurry() -> Iterator[None]:
    """Let the writer not rest between transactions: here each waits for the one before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "_REST", 0.0)
        yield


@settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(scripts)
def test_whatever_is_done_and_undone_is_as_the_model_says_also_after_a_restart(script: list[tuple[Any, ...]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "callguard.db"
        with closing(Store.open(path, now=NOW).store) as store:
            both = Both(store)
            for step in script:
                both.do(*step)
        with closing(Store.open(path, now=NOW).store) as store:
            both.store = store
            both.compare()


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(["add 0", "undo 1", "undo 2", "undo 3"], id="an undo of an undo of an undo"),
        pytest.param(["add 0", "undo 1", "undo 2", "undo 1", "undo 3", "undo 4"], id="in another order"),
    ],
)
def test_chains_of_undos_know_which_of_them_stands(store: Store, script: list[str]) -> None:
    both = Both(store)
    for step in script:
        what, number = step.split()
        both.do(what, RULES[int(number)] if what == "add" else int(number))
