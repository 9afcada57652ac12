from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from callguard import Evidence
from callguard_lists.catalogue import Listed, catalogue, read
from callguard_lists.plugin import Lists

Updated = Callable[..., Awaitable[Lists]]
Says = Callable[[Lists, str], Evidence]

FRENCH = [
    "162",
    "163",
    "270",
    "271",
    "377",
    "378",
    "424",
    "425",
    "568",
    "569",
    "948",
    "949",
    "9475",
    "9476",
    "9477",
    "9478",
    "9479",
]


@pytest.mark.parametrize("name", catalogue())
def test_an_entry_says_what_it_is_whose_it_is_and_who_says_so(name: str) -> None:
    listed = catalogue()[name]
    assert listed.checked_on <= date.today()  # noqa: DTZ011
    assert listed.sources
    assert listed.what.endswith(".")
    assert not listed.licence.endswith(".")  # it is shown inside a sentence
    assert listed.basis != "numbering" or listed.weight == 60


@pytest.mark.parametrize("name", [name for name, listed in catalogue().items() if listed.file])
async def test_a_list_that_comes_with_the_plugin_can_be_read_whole(name: str, updated: Updated) -> None:
    lists = await updated({"catalogue": name})
    info = lists.number_lists()[0].state().info
    assert info is not None
    assert info.prefixes > 0
    assert not info.rejected


@pytest.mark.parametrize("beginning", FRENCH)
async def test_french_telemarketers_are_known_by_their_beginning(
    beginning: str, updated: Updated, says: Says
) -> None:
    lists = await updated({"catalogue": "fr-telemarketing", "mode": "active"})
    number = ("+33" + beginning).ljust(12, "1")
    evidence = says(lists, number)
    assert (evidence.code, evidence.weight, evidence.basis, evidence.log_only) == (
        "listed-prefix",
        60,
        "numbering",
        False,
    )
    assert evidence.facts["category"] == "telemarketing"
    assert evidence.facts["title"] == "French telemarketing prefixes (ARCEP)"


@pytest.mark.parametrize("number", ["+33164111111", "+33947411111", "+33937111111", "+33612345678"])
async def test_other_french_numbers_are_not(number: str, updated: Updated, says: Says) -> None:
    assert says(await updated({"catalogue": "fr-telemarketing"}), number).code == "not-listed"


def entry(**changes: Any) -> dict[str, Any]:
    return {**catalogue()["saracroche"].model_dump(), **changes}


BROKEN = {
    "no licence": {"licence": ""},
    "plain http": {"url": "http://example.org/list"},
    "no source": {"sources": []},
    "a file elsewhere": {"url": "", "file": "../secrets.txt"},
    "both origins": {"file": "data/fr-telemarketing.txt"},
    "weight beyond one basis": {"weight": 61},
    "a key that is none": {"licens": "x"},
}


@pytest.mark.parametrize("changes", BROKEN.values(), ids=BROKEN.keys())
def test_an_entry_that_hides_something_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Listed.model_validate(entry(**changes))


def test_the_catalogue_is_read_from_yaml() -> None:
    with pytest.raises(ValidationError, match="title"):
        read("a: {about: something long enough}")
