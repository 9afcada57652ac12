"""The household's data in memory: what is stored, and what was used or dialled just now, before the disk has it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from threading import Lock

from callguard.model.rule import Rule
from callguard.store.household import Snapshot

_MOST_DIALLED = 1000  # that wait for the disk


class Current:
    """What everybody reads. Any thread may; one snapshot takes the place of another at a stroke."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        "What the disk has."
        self.rules = snapshot.stored.rules
        "The rules in force, without those that calls have used up since."
        self.revision = snapshot.newest
        "Changes whenever the rules, the contacts or the relationships do."
        self.dialled: Mapping[str, datetime] = {}
        "When numbers were dialled that the disk does not have yet."
        self._pending: set[tuple[int, str]] = set()
        self._turn = Lock()

    def publish(self, snapshot: Snapshot) -> None:
        """Put *snapshot* in the place of the one before."""
        with self._turn:
            waiting = {use for use in self._pending if use[0] in snapshot.by_id}
            self._pending = waiting - snapshot.stored.uses
            before, self.snapshot = self.snapshot, snapshot
            people = snapshot.contacts != before.contacts
            self._renew(changed=people or snapshot.relationships != before.relationships)

    def spend(self, number: int, call_id: str) -> None:
        """Count one use of a rule by a call, at once; the same call counts once."""
        use = (number, call_id)
        with self._turn:
            if number in self.snapshot.by_id and use not in self.snapshot.stored.uses:
                self._pending.add(use)
                self._renew(changed=False)

    def note_dialled(self, number: str, at: datetime) -> None:
        """Remember that the household called *number*."""
        with self._turn:
            kept = list(self.dialled.items())[1 - _MOST_DIALLED :]
            self.dialled = {**dict(kept), number: max(at, self.dialled.get(number, at))}

    def dialling_stored(self, number: str, at: datetime) -> None:
        """Leave it to the disk when *number* was called."""
        with self._turn:
            self.dialled = {other: when for other, when in self.dialled.items() if other != number or when > at}

    def forget_dialled(self, number: str) -> None:
        """Do not know any more that the household called *number*."""
        with self._turn:
            self.dialled = {other: when for other, when in self.dialled.items() if other != number}

    def _renew(self, *, changed: bool) -> None:
        stored, used = self.snapshot.stored.rules, Counter(number for number, _ in self._pending)
        rules = stored if not used else tuple(r for rule in stored if (r := _after(rule, used[rule.id])))
        # The rules first: whoever sees a new revision must find the new rules.
        if changed or rules != self.rules:
            self.rules = rules
            self.revision += 1


def _after(rule: Rule, uses: int) -> Rule | None:
    if not uses or rule.uses_left is None:
        return rule
    return replace(rule, uses_left=rule.uses_left - uses) if rule.uses_left > uses else None
