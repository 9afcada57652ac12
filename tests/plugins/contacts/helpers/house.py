"""A household, and the plugin in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callguard.testing import FakeClock, FakeHousehold, FakeWeb, a_home, apart_here
from callguard_contacts.plugin import Contacts


@dataclass(slots=True)
class House:
    """What the plugin stands in."""

    household: FakeHousehold
    clock: FakeClock
    web: FakeWeb
    data_dir: Path

    def build(self, country: str = "US", numbers: dict[str, str] | None = None, **section: Any) -> Contacts:
        """Build the plugin from its section, as config.yaml would; again and again over the same data."""
        home = a_home(
            self.data_dir, name="contacts", country=country, household=self.household, clock=self.clock,
            web=self.web, apart=apart_here, numbers=numbers,
        )  # fmt: skip
        return Contacts(Contacts.Config.model_validate(section), home)

    def names(self, book: str) -> list[str]:
        return sorted(contact.name for contact in self.household.contacts() if contact.book == book)
