"""Questions about whom the household deals with, and the changes of that."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from callguard.control import given
from callguard.control.answers import change_facts, jsonable, relationship_facts
from callguard.control.given import Arguments
from callguard.control.wire import RefusedError
from callguard.house import House
from callguard.law.exempting import Applies, exemptions_for, rests_on_relationship
from callguard.model.law import CallKind, Jurisdiction
from callguard.model.number import require_e164, to_prefix
from callguard.model.relationship import Relationship
from callguard.model.text import plain

_DAYS = ("last_purchase", "last_inquiry", "consent_on", "consent_revoked_on")
_FUTURE_DAYS = ("contract_until",)
_Item = TypeVar("_Item")


class RelationshipCommands:
    """Answers questions about relationships."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.by_name = {
            "relationships": self.relationships,
            "relationship-save": self.save,
            "relationship-remove": self.remove,
        }

    @property
    def _country(self) -> str:
        return self._house.blueprint.settings.country

    async def relationships(self, _: Arguments) -> Any:
        """Return everybody, by party, with what the law makes of it today where the lines are."""
        laws = await self._laws()
        return [self._facts(one, laws) for one in self._house.store.relationships()]

    async def save(self, asked: Arguments) -> Any:
        """Add or change a relationship: what is not given stays as it is.

        Without an id, what is said about a party that is known already is added to what is known of it.
        """
        there = self._meant(asked)
        wanted = self._with_given(there, asked)
        house = self._house
        saved = await house.store.save_relationship(wanted, by=given.by(asked), now=house.surroundings.clock.now())
        return {
            "relationship": self._facts(saved.relationship, await self._laws()),
            "added": wanted.id == 0,
            "change": change_facts(saved.change, house.timezone) if saved.change else None,
        }

    async def remove(self, asked: Arguments) -> Any:
        """Forget a relationship."""
        house = self._house
        number = given.whole(asked.get("id"))
        change = await house.store.remove_relationship(number, by=given.by(asked), now=house.surroundings.clock.now())
        return {"change": change_facts(change, house.timezone)}

    def _meant(self, asked: Arguments) -> Relationship:
        party = plain(given.text(asked, "party")).strip()
        number = given.whole(asked.get("id") or 0)
        known = self._house.store.relationships()
        if number:
            there = next((one for one in known if one.id == number), None)
            if there is None:
                raise RefusedError(f"there is no relationship {number}: `callguard relationships` lists them")
            return replace(there, party=party or there.party)
        if not party:
            raise RefusedError("say with whom: the name of a company, a charity, a person")
        return next((one for one in known if one.party.casefold() == party.casefold()), Relationship(party=party))

    def _with_given(self, there: Relationship, asked: Arguments) -> Relationship:
        today = self._today()
        days: dict[str, date | None] = {key: given.day(asked, key, today) for key in _DAYS if key in asked}
        days |= {key: given.day(asked, key) for key in _FUTURE_DAYS if key in asked}
        words = {key: plain(given.text(asked, key), 500) for key in ("note", "consent_proof") if key in asked}
        numbers = tuple(self._number(text) for text in given.texts(asked, "numbers"))
        stops = given.days(asked, "stop_requests", today)
        changed = replace(there, **days, **words)  # type: ignore[arg-type]  # the names are those above
        return replace(
            changed,
            kind=given.choice(asked, "kind", CallKind, there.kind) or there.kind,
            numbers=_joined(asked, "numbers", there.numbers, numbers),
            stop_requests=_joined(asked, "stop_requests", there.stop_requests, stops),
        )

    def _today(self) -> date:
        return self._house.surroundings.clock.now().astimezone(self._house.timezone).date()

    async def _laws(self) -> list[Jurisdiction]:
        lines = sorted(self._house.line_names() | set(self._house.blueprint.settings.lines))
        found = [await self._house.plugins.jurisdiction(line) for line in lines or [""]]
        return list({law.id: law for law in found if law is not None}.values())

    def _facts(self, relationship: Relationship, laws: Iterable[Jurisdiction]) -> dict[str, Any]:
        today = self._today()
        may_call = [exempt for law in laws for exempt in _may_call(law, relationship, today)]
        return {**relationship_facts(relationship, self._country), "may_call": may_call}

    def _number(self, text: str) -> str:
        if text.rstrip().endswith("*"):
            return to_prefix(text, self._country) + "*"
        return require_e164(text, self._country)


def _may_call(law: Jurisdiction, relationship: Relationship, today: date) -> Iterator[dict[str, Any]]:
    resting = {one.id for one in law.exemptions if rests_on_relationship(one)}
    for exempt in exemptions_for(law, relationship.kind, relationship, today):
        if exempt.exemption in resting and exempt.applies is not Applies.UNKNOWN:
            yield {"jurisdiction": law.id, **jsonable(exempt)}


def _joined(asked: Arguments, key: str, before: tuple[_Item, ...], said: tuple[_Item, ...]) -> tuple[_Item, ...]:
    """Return what is said with an id, which corrects, or what is said added to what is known."""
    if key not in asked:
        return before
    return said if asked.get("id") else (*before, *said)
