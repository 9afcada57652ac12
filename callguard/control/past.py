"""Questions about past calls that change what is kept of them: what the household says of one, and forgetting."""

import asyncio
from typing import Any

from callguard.control import given
from callguard.control.answers import change_facts, jsonable
from callguard.control.given import Arguments
from callguard.control.wire import RefusedError
from callguard.house import House
from callguard.model.experience import Opinion
from callguard.model.number import pretty, require_e164
from callguard.nightly import pseudonym_secret


class PastCommands:
    """Answers what the household says of past calls."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.by_name = {"opinion": self.opinion, "forget": self.forget}

    async def opinion(self, asked: Arguments) -> Any:
        """Keep whether the verdict on a call was right or wrong; `open` puts it back into the inbox."""
        house = self._house
        opinion = given.choice(asked, "opinion", Opinion)
        if opinion is None:
            raise RefusedError("say right, wrong or open")
        record = await asyncio.to_thread(house.store.find, given.text(asked, "id"))
        now = house.surroundings.clock.now()
        change = await house.store.give_opinion(record.call.id, opinion, by=given.by(asked), now=now)
        return {
            "id": record.call.id,
            "opinion": opinion.value,
            "change": change_facts(change, house.timezone) if change else None,
        }

    async def forget(self, asked: Arguments) -> Any:
        """Remove all that was noted of a number's calls, for ever; with `dry_run` only say what would go."""
        house = self._house
        country = house.blueprint.settings.country
        number = require_e164(given.text(asked, "number"), country)
        named = {"number": number, "readable": pretty(number, country)}
        try:
            secret = await asyncio.to_thread(pseudonym_secret, house.blueprint.place.data_dir)
        except OSError as error:
            raise RefusedError(f"the data folder cannot be used: {error.strerror or error}") from error
        if asked.get("dry_run"):
            return {**named, **jsonable(await asyncio.to_thread(house.store.would_forget, number, secret=secret))}
        now = house.surroundings.clock.now()
        forgotten = await house.store.forget(number, secret=secret, by=given.by(asked), now=now)
        change = change_facts(forgotten.change, house.timezone) if forgotten.change else None
        return {**named, **jsonable(forgotten), "change": change}
