"""What putting a new edition of an address book in place of the old one would change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from callguard import JSON, Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The difference between two editions of one address book."""

    new: tuple[Contact, ...] = ()
    changed: tuple[tuple[Contact, Contact], ...] = ()
    "Each before and after."
    removed: tuple[Contact, ...] = ()
    unchanged: int = 0

    @property
    def nothing(self) -> bool:
        """Whether both editions are the same."""
        return not (self.new or self.changed or self.removed)

    @property
    def shrinks(self) -> bool:
        """Whether fewer than half as many contacts would be left: more likely a mishap than a wish."""
        before = self.unchanged + len(self.changed) + len(self.removed)
        after = self.unchanged + len(self.changed) + len(self.new)
        return 2 * after < before

    def counts(self) -> dict[str, int]:
        """Return how many of each."""
        return {
            "new": len(self.new),
            "changed": len(self.changed),
            "removed": len(self.removed),
            "unchanged": self.unchanged,
        }

    def facts(self) -> dict[str, JSON]:
        """Return it as JSON."""
        return {
            "new": [contact_facts(contact) for contact in self.new],
            "changed": [{"before": contact_facts(old), "after": contact_facts(now)} for old, now in self.changed],
            "removed": [contact_facts(contact) for contact in self.removed],
            "unchanged": self.unchanged,
            "shrinks": self.shrinks,
        }


def plan(before: Iterable[Contact], after: Iterable[Contact]) -> Plan:
    """Return what *after* in place of *before* would change; both are of one book.

    Contacts are the same if their uid is. A card that lost its uid, or its name where it had none, but kept its
    numbers, shows as removed and new.
    """
    old = {contact.uid: contact for contact in before}
    now = {contact.uid: contact for contact in after}
    both = [(old[uid], now[uid]) for uid in now if uid in old]
    changed = tuple((was, becomes) for was, becomes in both if not _same(was, becomes))
    return Plan(
        new=tuple(contact for uid, contact in now.items() if uid not in old),
        changed=changed,
        removed=tuple(contact for uid, contact in old.items() if uid not in now),
        unchanged=len(both) - len(changed),
    )


def contact_facts(contact: Contact) -> Mapping[str, JSON]:
    """Return a contact as JSON."""
    return {"uid": contact.uid, "name": contact.name, "numbers": list(contact.numbers), "book": contact.book}


def in_words(counts: Mapping[str, int]) -> str:
    """Return counts as people read them: `3 new, 1 changed`."""
    said = [f"{counts[word]:,} {word}" for word in ("new", "changed", "removed") if counts.get(word)]
    return ", ".join(said) or "nothing to change"


def of_book(contacts: Iterable[Contact], book: str) -> Sequence[Contact]:
    """Return those of *contacts* that are in *book*."""
    return [contact for contact in contacts if contact.book == book]


def _same(one: Contact, other: Contact) -> bool:
    return one.name == other.name and sorted(one.numbers) == sorted(other.numbers)
