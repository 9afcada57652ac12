from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from callguard import Contact, Evidence, Leaning, Progress, Rule, RuleKind, RuleList
from callguard.testing import Asked, FakeClock, FakeHousehold, FakeWeb, Page, a_call, a_caller
from callguard_lists.gathering import check_file
from callguard_lists.plugin import Lists

Build = Callable[..., Lists]
Updated = Callable[..., Awaitable[Lists]]
Says = Callable[[Lists, str], Evidence]

URL = "https://example.org/numbers.csv"
ONE, TWO, OTHER = "+13035550110", "+13035550111", "+13035550199"
CSV = f"number,kind,votes,last_seen\n{ONE},scam,3,2025-12-24\n{TWO},?,1,\n".encode()


def silent(_: Progress) -> None:
    """Nobody watches."""


def left(folder: Path, pattern: str) -> list[Path]:
    """What lies in *folder*, at whatever depth."""
    return list(folder.rglob(pattern))


async def test_a_listed_number_is_unwanted_and_explains_itself(updated: Updated, says: Says) -> None:
    lists = await updated({"url": URL, "title": "Neighbours", "mode": "active"}, web=FakeWeb({URL: CSV}))
    evidence = says(lists, ONE)
    assert (evidence.code, evidence.leaning, evidence.weight) == ("listed-number", Leaning.UNWANTED, 30)
    assert (evidence.basis, evidence.log_only, evidence.version) == ("complaints", False, "2026-01-02")
    assert evidence.facts == {
        "list": "lists.mine", "title": "Neighbours", "number": ONE, "reports": 3, "category": "fraud",
        "first_seen": None, "last_seen": "2025-12-24", "days": 9,
    }  # fmt: skip


async def test_silence_is_recorded_with_the_version_that_was_asked(updated: Updated, says: Says) -> None:
    page = Page(body=CSV, headers={"last-modified": "Thu, 01 Jan 2026 00:00:00 GMT"})
    evidence = says(await updated({"url": URL}, web=FakeWeb({URL: page})), OTHER)
    assert (evidence.code, evidence.leaning, evidence.log_only) == ("not-listed", Leaning.NEUTRAL, True)
    assert evidence.version == "Thu, 01 Jan 2026 00:00:00 GMT"


async def test_a_new_list_only_logs(updated: Updated, says: Says) -> None:
    evidence = says(await updated({"url": URL}, web=FakeWeb({URL: CSV})), ONE)
    assert evidence.log_only
    assert evidence.weight == 30


async def test_the_weight_of_a_hit_can_be_fixed(updated: Updated, says: Says) -> None:
    lists = await updated({"url": URL, "weight": 45}, web=FakeWeb({URL: CSV}))
    assert (says(lists, ONE).weight, says(lists, TWO).weight) == (45, 45)


def test_a_list_that_is_off_says_nothing(build: Build) -> None:
    assert build({"mine": {"url": URL, "mode": "off"}}).check_call(a_call(ONE)) is None


def test_a_list_that_was_never_fetched_is_unavailable(build: Build, says: Says) -> None:
    assert says(build({"mine": {"url": URL}}), ONE).code == "list-unavailable"


def test_a_caller_without_a_number_is_not_asked_for(build: Build) -> None:
    assert build({"mine": {"url": URL}}).check_call(a_call(None)) is None


async def test_an_asserted_number_counts_like_a_shown_one(updated: Updated) -> None:
    lists = await updated({"url": URL}, web=FakeWeb({URL: CSV}))
    call = a_call(caller=a_caller(OTHER, asserted=(ONE,)))
    (evidence,) = lists.check_call(call) or ()
    assert (evidence.code, evidence.facts["number"]) == ("listed-number", ONE)


async def test_old_silence_means_nothing_and_an_old_hit_half(updated: Updated, says: Says, clock: FakeClock) -> None:
    lists = await updated({"url": URL}, web=FakeWeb({URL: CSV}))
    clock.advance(timedelta(days=31).total_seconds())
    assert says(lists, OTHER).code == "list-stale"
    assert says(lists, ONE).weight == 15
    assert says(lists, ONE).facts["stale"] is True


async def test_a_list_is_fetched_again_only_if_it_changed(updated: Updated) -> None:
    web = FakeWeb({URL: Page(body=CSV, headers={"etag": '"1"'})})
    lists = await updated({"url": URL}, web=web)
    (subscription,) = lists.number_lists()
    answer = await subscription.update(silent)
    assert (answer.changed, answer.note) == (False, "not changed since the last time")
    assert web.asked[1].headers["if-none-match"] == '"1"'


async def test_a_copy_that_says_the_same_is_not_built_again(updated: Updated) -> None:
    lists = await updated({"url": URL}, web=FakeWeb({URL: CSV}))
    (subscription,) = lists.number_lists()
    answer = await subscription.update(silent)
    assert (answer.changed, answer.note) == (False, "fetched again, but it says the same as before")
    assert (await subscription.update(silent, force=True)).changed


async def test_other_settings_read_the_same_bytes_again(updated: Updated, build: Build, says: Says) -> None:
    web = FakeWeb({URL: Page(body=b"name,a,b\nx,+13035550110,+13035550111\n", headers={"etag": '"1"'})})
    await updated({"url": URL, "column": "a"}, web=web)
    lists = build({"mine": {"url": URL, "column": "b"}}, web=web)
    (subscription,) = lists.number_lists()
    assert (await subscription.update(silent)).changed
    assert says(lists, TWO).code == "listed-number"
    assert says(lists, ONE).code == "not-listed"


async def test_what_was_fetched_does_not_stay_on_the_disk(updated: Updated, tmp_path: Path) -> None:
    await updated({"url": URL}, web=FakeWeb({URL: CSV}))
    assert not left(tmp_path, "fetched*")


async def test_a_file_is_read_again_when_it_changed(updated: Updated, says: Says, tmp_path: Path) -> None:
    file = tmp_path / "numbers.txt"
    file.write_text(f"{ONE}\n")
    lists = await updated({"file": str(file)})
    (subscription,) = lists.number_lists()
    assert not (await subscription.update(silent)).changed
    file.write_text("\n".join([ONE, *(f"+130355501{n:02}" for n in range(20, 60))]))
    assert (await subscription.update(silent)).changed
    assert says(lists, "+13035550142").code == "listed-number"


@pytest.mark.parametrize("kind", ["missing", "folder", "web page"])
async def test_a_file_that_is_no_list_leaves_the_copy(
    kind: str, updated: Updated, says: Says, tmp_path: Path
) -> None:
    file = tmp_path / "numbers.txt"
    file.write_text(f"{ONE}\n")
    lists = await updated({"file": str(file)})
    file.unlink()
    if kind == "folder":
        file.mkdir()
    elif kind == "web page":
        file.write_text("<html>moved</html>")
    (subscription,) = lists.number_lists()
    with pytest.raises((OSError, ValueError)):
        await subscription.update(silent)
    assert says(lists, ONE).code == "listed-number"


async def test_the_address_of_a_list_is_shown_without_its_key(updated: Updated) -> None:
    url = "https://user:secret@example.org/list?key=secret"
    lists = await updated({"url": url}, web=FakeWeb({url: CSV}))
    info = lists.number_lists()[0].state().info
    assert info is not None
    assert "secret" not in info.source
    assert info.source.startswith("https://example.org/list")


async def test_the_catalogue_tells_what_is_added(build: Build) -> None:
    answer: Any = await build({"a": {"catalogue": "saracroche"}}).register_commands()["lists-catalogue"]({})
    assert answer["saracroche"]["added"] is True
    assert answer["fr-telemarketing"]["added"] is False
    assert answer["saracroche"]["licence"].startswith("GPL-3")


def a_household() -> FakeHousehold:
    return FakeHousehold(
        rules=[
            Rule(list=RuleList.ALLOW, kind=RuleKind.EXACT, value=TWO, note="Plumber"),
            Rule(list=RuleList.BLOCK, kind=RuleKind.EXACT, value=OTHER),
        ],
        contacts=[Contact(book="family", uid="1", name="Grandma", numbers=(ONE, "+13035550150"))],
    )


async def test_a_preview_counts_and_names_whom_the_household_knows(build: Build, tmp_path: Path) -> None:
    web = FakeWeb({URL: CSV + b"nobody,,,\n+130355501*,,,\n"})
    lists = build({}, web=web, household=a_household(), numbers={"Home": "+13035550177"})
    answer: Any = await lists.register_commands()["lists-preview"]({"url": URL, "by": "cli"})
    assert (answer["numbers"], answer["prefixes"], answer["skipped"]) == (2, 1, {"letters": 1})
    assert answer["samples"] == {"letters": ["nobody"]}
    assert answer["first"] == [ONE, TWO, "+130355501*"]
    assert answer["known_count"] == 4
    assert {(one["number"], one["entry"], one["name"]) for one in answer["known"]} == {
        (ONE, ONE, "Grandma"),
        (TWO, TWO, "Plumber"),
        ("+13035550150", "+130355501*", "Grandma"),
        ("+13035550177", "+130355501*", "your own number (Home)"),
    }
    assert not left(tmp_path, "preview-*") + left(tmp_path, "*.sqlite")


PREVIEWS = {
    "no origin": ({}, "give one of url, file and catalogue"),
    "no number": ({"url": URL, "weight": "heavy"}, "weight: "),
    "not there": ({"url": "https://example.org/404"}, "404"),
    "no file": ({"file": "/nowhere/at/all"}, "cannot be read: No such file"),
    "a web page": ({"url": "https://example.org/page"}, "a web page"),
    "no such list": ({"catalogue": "x"}, "the catalogue has no list 'x'"),
}


@pytest.mark.parametrize(("arguments", "sentence"), PREVIEWS.values(), ids=PREVIEWS.keys())
async def test_a_preview_says_why_there_is_nothing_to_see(
    arguments: dict[str, Any], sentence: str, build: Build
) -> None:
    lists = build(
        {}, web=FakeWeb({"https://example.org/page": Page(body=b"x", headers={"content-type": "text/html"})})
    )
    with pytest.raises(ValueError, match=sentence):
        await lists.register_commands()["lists-preview"](arguments)


async def test_nothing_but_the_address_is_sent(updated: Updated) -> None:
    web = FakeWeb({URL: CSV})
    lists = await updated({"url": URL}, web=web)
    lists.check_call(a_call(ONE))
    assert web.asked == [Asked(method="GET", url=URL)]


def test_a_file_that_went_away_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"^/.*/gone\.txt cannot be read: No such file or directory$"):
        check_file(tmp_path / "gone.txt")
