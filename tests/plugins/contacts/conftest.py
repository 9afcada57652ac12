"""A household with contacts, and a CardDAV server with some cards."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from callguard import Contact
from callguard.testing import FakeClock, FakeHousehold, FakeWeb
from tests.plugins.contacts.helpers.house import House
from tests.plugins.contacts.helpers.server import Server, card


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(FakeHousehold(), FakeClock(), FakeWeb(), tmp_path)


@pytest.fixture
def server(house: House) -> Server:
    made = Server(house.web)
    made.cards = {
        "anna.vcf": card("Anna Lee", "+1 303 555 0147", uid="a"),
        "bob b.vcf": card("Bob & Söhne", "303-555-0148", "12345"),
        "cy.vcf": card("Cy"),
        "dora.vcf": card("Dora", "303-555-0150"),
    }
    return made


@pytest.fixture
def account() -> dict[str, Any]:
    return {"name": "family", "url": "https://dav.example.org/", "user": "anna", "password": "s3cret"}


@pytest.fixture
def some_contacts() -> Sequence[Contact]:
    return [
        Contact(book="family", uid="a", name="Anna Lee", numbers=("+13035550147", "+13035550148")),
        Contact(book="family", uid="b", name="Bob", numbers=("+13035550149",)),
        Contact(book="work", uid="c", name="Cy", numbers=("+13035550149",)),
        Contact(book="work", uid="d", name="Bob", numbers=("+13035550149",)),
        Contact(book="work", uid="e", name="Us", numbers=("+13035550100",)),
    ]
