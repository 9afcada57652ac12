"""The whole house with its defaults: the famous and honest are never blocked because people complained about them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from callguard import Action, Attestation, Entry, ListBuilder, Rung
from callguard.ambient import SystemRandomness
from callguard.blueprint import Surroundings, draw
from callguard.house import House
from callguard.model.call import Call
from callguard.place import Place
from callguard.store import Store
from callguard.testing import NOON, FakeClock, a_call, a_caller

FAMOUS = {
    "Apple": "+18002752273",
    "Chase": "+18009452000",
    "Bank of America": "+18004321000",
    "Amazon": "+18882804331",
    "Wells Fargo": "+18008693557",
    "IRS": "+18008291040",
    "SSA": "+18007721213",
    "UPS": "+18007425877",
    "a family doctor": "+13035550147",
}
LISTS = ("ftc", "fcc")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house whose lists are all active and hold every famous number, thousands of times, today."""
    numbers = tmp_path / "everybody.txt"
    numbers.write_text("\n".join(FAMOUS.values()))
    config = {
        "country": "US",
        "timezone": "UTC",
        "disabled_plugins": ["sip", "simulator"],
        "lines": {"Home": {"number": "+1 303 555 0100"}},
        "ftc": {"mode": "active", "fcc": {"mode": "active"}},
        "lists": {"sources": {"everybody": {"file": str(numbers), "mode": "active"}}},
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    place = Place(data_dir=tmp_path / "data", config=tmp_path / "config.yaml")
    around = Surroundings(clock=FakeClock(), randomness=SystemRandomness(), environment={})
    for name in LISTS:
        _build(place.data_dir / "plugins" / "ftc" / name / "list.sqlite", name)
    _build(place.data_dir / "plugins" / "lists" / "lists.everybody" / "list.sqlite", "lists.everybody")
    store = Store.open(place.database, now=NOON).store
    try:
        yield House(draw(place, around), store, around, lambda _: None)
    finally:
        store.close()


def _build(path: Path, name: str) -> None:
    path.parent.mkdir(parents=True)
    with ListBuilder(path, name=name) as builder:
        for number in FAMOUS.values():
            builder.add(Entry(number=number, reports=5000, weight=5000.0, last_seen=NOON.date()))
        builder.finish(version="today", as_of=NOON.date(), retrieved_at=NOON, source="a test")


def _calls(number: str) -> Iterator[Call]:
    for at in (NOON, NOON + timedelta(hours=11)):
        for attestation in (None, Attestation.FULL, Attestation.GATEWAY):
            caller = a_caller(number, name="CARD SERVICES")
            yield a_call(caller=caller, received_at=at, attestation=attestation, can_screen=True)


@pytest.mark.parametrize("who", FAMOUS)
async def test_nobody_is_blocked_because_of_complaints_however_many(house: House, who: str) -> None:
    for call in _calls(FAMOUS[who]):
        record = await house.rehearse(call)
        assert record.failures == ()
        assert sum("list" in item.facts and item.weight > 0 for item in record.evidence) >= len(LISTS)
        assert record.verdict.action is not Action.BLOCK, record.evidence


async def test_the_same_complaints_and_an_impossible_number_do_block(house: House) -> None:
    """What keeps the famous safe is not that nothing blocks any more."""
    impossible = a_call(caller=a_caller("+10555550147", text="+10555550147"), can_screen=True)
    record = await house.rehearse(impossible)
    assert (record.verdict.action, record.verdict.rung) == (Action.BLOCK, Rung.SIGNALS)
