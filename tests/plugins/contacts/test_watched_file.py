import contextlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from callguard import Job
from callguard_contacts.plugin import Contacts
from callguard_contacts.source import SourceError
from tests.plugins.contacts.helpers.house import House
from tests.plugins.contacts.helpers.server import card


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "people.vcf"


@pytest.fixture
def section(path: Path) -> dict[str, Any]:
    return {"files": [{"path": str(path), "book": "people"}]}


def job(contacts: Contacts) -> Job:
    (only,) = contacts.periodic_jobs()
    return only


def write(path: Path, *names: str) -> None:
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text("".join(card(name, f"303555{1000 + n}") for n, name in enumerate(names)))
    os.utime(path, ns=(before + 10**9, before + 10**9))


async def test_a_file_is_read_at_the_start_and_when_it_changes(
    house: House, path: Path, section: dict[str, Any]
) -> None:
    write(path, "Anna", "Bob")
    contacts = house.build(**section)
    assert job(contacts).first_after == timedelta(seconds=2)
    await job(contacts).run()
    assert house.names("people") == ["Anna", "Bob"]
    revision = house.household.revision()
    await job(contacts).run()
    await job(house.build(**section)).run()
    assert house.household.revision() == revision
    write(path, "Anna", "Cy")
    await job(contacts).run()
    assert house.names("people") == ["Anna", "Cy"]


def spoil(path: Path, text: str) -> None:
    path.write_text(text)


def remove(path: Path) -> None:
    path.unlink()


FAULTS = {"half a card": "BEGIN:VCARD\nFN:Anna\nTEL:303", "a web page": "<html>Sign in</html>", "empty": ""}


@pytest.mark.parametrize("text", FAULTS.values(), ids=FAULTS.keys())
async def test_a_file_that_cannot_be_read_changes_nothing(
    text: str, house: House, path: Path, section: dict[str, Any]
) -> None:
    write(path, "Anna", "Bob")
    contacts = house.build(**section)
    await job(contacts).run()
    spoil(path, text)
    with contextlib.suppress(SourceError):
        await job(contacts).run()
    (problem,) = contacts.health()
    assert problem.code in ("contacts-sync-failing", "contacts-sync-refused")
    assert problem.where == "people"
    assert house.names("people") == ["Anna", "Bob"]
    write(path, "Anna", "Bob")
    await job(contacts).run()
    assert not contacts.health()


async def test_a_missing_file_changes_nothing_and_names_itself(
    house: House, path: Path, section: dict[str, Any]
) -> None:
    write(path, "Anna")
    contacts = house.build(**section)
    await job(contacts).run()
    remove(path)
    with pytest.raises(SourceError, match="No such file"):
        await job(contacts).run()
    (problem,) = contacts.health()
    assert str(path) in problem.what
    assert "contacts.files" in problem.cure
    assert house.names("people") == ["Anna"]


async def test_a_refused_or_broken_file_is_not_read_again_every_minute(
    house: House, path: Path, section: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    contacts = house.build(**section)

    def refuse(path: Path, book: str, country: str) -> None:
        reads.append(book)
        raise ValueError("it is broken")

    monkeypatch.setattr("callguard_contacts.apart.read_file", refuse)
    spoil(path, "x")
    for _ in range(3):
        with pytest.raises(SourceError, match="broken"):
            await job(contacts).run()
    assert reads == ["people"]


async def test_the_household_may_say_yes_to_a_smaller_file(house: House, path: Path, section: dict[str, Any]) -> None:
    write(path, "Anna", "Bob", "Cy")
    contacts = house.build(**section)
    await job(contacts).run()
    write(path, "Anna")
    await job(contacts).run()
    assert house.names("people") == ["Anna", "Bob", "Cy"]
    (result,) = await contacts.register_commands()["contacts-sync"]({"accept": True})
    assert (result["state"], result["counts"]["removed"]) == ("changed", 2)
    assert house.names("people") == ["Anna"]
