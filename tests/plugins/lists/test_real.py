"""Real lists, where they are at hand; none of their numbers is part of the product."""

import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from callguard import Evidence, ListInfo
from callguard_lists.plugin import Lists

Updated = Callable[..., Awaitable[Lists]]
Says = Callable[[Lists, str], Evidence]
DATA = Path(os.environ.get("CALLGUARD_SHARED", Path(__file__).parents[4] / "shared")) / "data"


async def imported(updated: Updated, path: str, **source: Any) -> tuple[Lists, ListInfo]:
    file = DATA / path
    if not file.exists():
        pytest.skip(f"the real list {path} is not here")
    lists = await updated({"file": str(file.resolve()), **source})
    info = lists.number_lists()[0].state().info
    assert info is not None
    return lists, info


async def test_ten_thousand_german_numbers_are_read_as_their_authors_meant_them(updated: Updated, says: Says) -> None:
    lists, info = await imported(updated, "phoneblock/SPAMREPORTS_202309301715.csv", country="DE")
    assert (info.accepted, info.numbers, info.prefixes, info.duplicates) == (9969, 9969, 0, 0)
    assert info.rejected == {"not-a-number": 80}  # more than fifteen digits, one digit again and again, too few
    assert info.accepted + sum(info.rejected.values()) == 10_049
    assert says(lists, "+494082216950").code == "listed-number"
    assert says(lists, "+31686390365").code == "listed-number"  # written 0031686390365
    assert says(lists, "+494082216951").code == "not-listed"


SARACROCHE = {
    "iOS": ("blocked-patterns_ios_2025-12-05.json", 803, {"not-a-number": 1}),
    "Android": ("blocked-prefixes_android_2025-07-30.json", 768, {}),
    "API": ("french-list-arcep-operators_2026-01-08.json", 20, {}),
}


@pytest.mark.parametrize(("name", "prefixes", "rejected"), SARACROCHE.values(), ids=SARACROCHE.keys())
async def test_fifteen_million_french_numbers_are_a_few_hundred_beginnings(
    name: str, prefixes: int, rejected: dict[str, int], updated: Updated, says: Says
) -> None:
    lists, info = await imported(updated, f"saracroche/{name}", country="FR", format="json")
    assert (info.numbers, info.prefixes, info.rejected) == (0, prefixes, rejected)  # 3950 is a short code
    assert says(lists, "+33162000000").code == "listed-prefix"
    assert says(lists, "+33162999999").facts["prefix"] == "+33162"
    assert says(lists, "+33949123456").code == "listed-prefix"
    assert says(lists, "+33161999999").code == "not-listed"
    assert says(lists, "+33612345678").code == "not-listed"


async def test_every_pattern_covers_the_numbers_between_its_ends_and_no_others(updated: Updated, says: Says) -> None:
    lists, _ = await imported(updated, "saracroche/blocked-patterns_ios_2025-12-05.json", country="FR")
    patterns = json.loads((DATA / "saracroche/blocked-patterns_ios_2025-12-05.json").read_text())
    ranges = sorted((int(one["start"]), int(one["end"])) for one in patterns if len(one["pattern"]) == 11)

    def covered(number: int) -> bool:
        return any(start <= number <= end for start, end in ranges)

    for start, end in ranges[::8]:
        for number in (start, end, start - 1, end + 1):
            expected = "listed-prefix" if covered(number) else "not-listed"
            assert says(lists, f"+{number}").code == expected


async def test_the_version_of_the_publisher_is_kept(updated: Updated) -> None:
    _, info = await imported(updated, "saracroche/french-list-arcep-operators_2026-01-08.json", country="FR")
    assert info.version == "2026.01.01.01.01"
