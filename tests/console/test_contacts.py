"""Contacts on their page: found, brought from a file after a look, fetched again, taken away."""

import io
import re
from html import unescape
from pathlib import Path

import pytest
from aiohttp import FormData

from callguard.console.pages import contacts as page_of_contacts
from callguard.place import Place
from tests.console.callmaking import press
from tests.console.conftest import Answered, Browser, Console
from tests.console.looks import faults

CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nTEL:{number}\r\nEND:VCARD\r\n"
ANNA, BOB, CY = ("1", "Anna Lee", "+13035550100"), ("2", "Bob", "+13035550101"), ("3", "Cy", "+13035550102")


@pytest.fixture
def config_yaml() -> str:
    """What config.yaml says besides; a test states it by its parameter of that name."""
    return ""


@pytest.fixture
def place(place: Place, config_yaml: str, tmp_path: Path) -> Place:
    assert place.config
    place.config.write_text(place.config.read_text() + config_yaml.replace("FOLDER", str(tmp_path)))
    return place


def cards(*people: tuple[str, str, str]) -> str:
    return "".join(CARD.format(uid=uid, name=name, number=number) for uid, name, number in people)


async def bring(browser: Browser, content: str | bytes, name: str = "family.vcf", **fields: str) -> Answered:
    """Choose a file and ask what it would change."""
    form = FormData()
    for key, value in fields.items():
        form.add_field(key, value)
    data = content.encode() if isinstance(content, str) else content
    form.add_field("file", io.BytesIO(data), filename=name, content_type="text/vcard")
    return await browser.post("/contacts/plan", form)


def word_of(page: Answered) -> str:
    found = re.search(r'name="word" value="([0-9a-f]+)"', page.text)
    assert found, page.text
    return found[1]


async def names(console: Console, book: str = "") -> list[str]:
    return sorted(one["name"] for one in (await console.ask("contacts-list", book=book))["contacts"])


def figures(page: Answered) -> dict[str, str]:
    found = re.findall(r"<strong>([\d,]+)</strong> <span>([^<]+)</span>", page.text)
    return {name: number for number, name in found}


async def test_a_house_without_contacts_says_what_they_are_good_for(member: Browser) -> None:
    page = await member.get("/contacts")
    assert faults(page.text) == []
    assert "Contacts are the best protection against mistakes" in page.text
    assert 'id="import"' in page.text


async def test_contacts_are_found_by_name_number_and_book(console: Console, viewer: Browser) -> None:
    await console.ask("contacts-apply", book="family", contacts=[["1", "Émile Zola", ["+13035550100"]]])
    await console.ask("contacts-apply", book="phone", contacts=[["1", "Bob", ["+13035550101", "+442079460018"]]])
    page = await viewer.get("/contacts")
    assert faults(page.text) == []
    assert "(303) 555-0100" in page.text
    assert "+44 20 7946 0018" in page.text
    for asked, shown in (
        ("q=ZOLA", "Émile"),
        ("q=555-0101", "Bob"),
        ("book=phone", "Bob"),
        ("q=bob&book=phone", "Bob"),
    ):
        table = (await viewer.get(f"/contacts?{asked}")).text.partition("<tbody>")[2].partition("</tbody>")[0]
        assert [name for name in ("Émile", "Bob") if name in table] == [shown], asked
    assert "Nobody fits" in (await viewer.get("/contacts?q=zz")).text


async def test_names_stand_in_the_order_people_look_for_them_and_in_pages(
    console: Console, member: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_of_contacts, "PAGE", 2)
    people = [[str(n), name, [f"+1303555{n:04}"]] for n, name in enumerate(["zoe", "Émile", "Fred", "Emil"], 100)]
    await console.ask("contacts-apply", book="family", contacts=people)
    first, second = (await member.get("/contacts")).text, (await member.get("/contacts?from=2")).text
    assert first.index("Emil<") < first.index("Émile")
    assert "zoe" not in first
    assert second.index("Fred") < second.index("zoe")


async def test_an_address_book_is_brought_after_a_look_and_taken_back(console: Console, member: Browser) -> None:
    plan = await bring(member, cards(ANNA, BOB))
    assert plan.status == 200
    assert faults(plan.text) == []
    assert figures(plan)["new"] == "2"
    assert await names(console) == []
    page = await member.follow(await member.post("/contacts/apply", {"word": word_of(plan)}))
    assert "“family”: 2 new." in page.text
    assert await names(console, "family") == ["Anna Lee", "Bob"]
    await press(member, page.text, "Undo")
    assert await names(console) == []


async def test_a_plan_names_what_would_be_new_changed_removed_and_what_cannot_be_read(
    console: Console, member: Browser
) -> None:
    people = [["1", "Anna", ["+13035550100"]], ["2", "Bob", ["+13035550101"]], ["4", "Dora", ["+13035550109"]]]
    await console.ask("contacts-apply", book="family", contacts=people)
    plan = await bring(member, cards(ANNA, BOB, CY, ("9", "Pizza", "12"), ("8", "Nobody", "")))
    assert figures(plan) == {"new": "1", "changed": "1", "removed": "1", "unchanged": "1", "not read": "1"}
    for words in ("Cy", "was <bdi>Anna</bdi>", "Dora", "Pizza", "a short code", "1 without any telephone number"):
        assert words in plan.text
    assert faults(plan.text) == []


async def test_a_book_that_would_lose_most_of_its_people_asks_twice(console: Console, member: Browser) -> None:
    people = [[str(n), f"Person {n}", [f"+1303555{n:04}"]] for n in range(100, 110)]
    await console.ask("contacts-apply", book="family", contacts=people)
    plan = await bring(member, cards(ANNA))
    assert "Fewer than half" in plan.text
    word = word_of(plan)
    refused = await member.follow(await member.post("/contacts/apply", {"word": word}))
    assert "Nothing was changed" in refused.text
    assert len(await names(console)) == 10
    page = await member.follow(await member.post("/contacts/apply", {"word": word, "remove": "yes"}))
    assert "1 new, 10 removed" in page.text
    assert await names(console) == ["Anna Lee"]


async def test_a_book_is_called_as_wanted_and_a_known_one_is_replaced(console: Console, member: Browser) -> None:
    first = await bring(member, cards(ANNA), book="phone")
    await member.post("/contacts/apply", {"word": word_of(first)})
    again = await bring(member, cards(ANNA), book="phone")
    assert "The address book is like that already" in again.text
    assert await names(console, "phone") == ["Anna Lee"]
    assert await names(console, "family") == []


@pytest.mark.parametrize(
    ("content", "book", "field", "says"),
    [
        pytest.param(b"\0\1\2", "", "file", "neither vCard", id="no address book"),
        pytest.param(b"", "", "file", "is empty", id="nothing"),
        pytest.param(b"<html></html>", "", "file", "a web page", id="a web page"),
        pytest.param(b"BEGIN:VCARD", "carddav:home", "book", "cannot be the name", id="a name"),
        pytest.param(b"x" * 10_000_001, "", "file", "larger than 10 MB", id="too much"),
    ],
)
async def test_what_cannot_be_read_is_said_beside_the_field(
    member: Browser, content: bytes, book: str, field: str, says: str
) -> None:
    page = await bring(member, content, book=book)
    assert page.status == 422
    said = re.search(rf'id="f-{field}-error">(.*?)</p>', page.text, re.DOTALL)
    assert said
    assert says in unescape(said[1])
    assert faults(page.text) == []
    assert "No contacts yet" in page.text


async def test_a_form_without_a_file_asks_for_one(member: Browser) -> None:
    page = await member.post("/contacts/plan", {"book": "family"})
    assert page.status == 422
    assert "Choose a file." in page.text


async def test_a_plan_waits_half_an_hour_and_for_nobody_else(
    console: Console, member: Browser, admin: Browser
) -> None:
    word = word_of(await bring(member, cards(ANNA)))
    for browser, said in ((admin, word), (member, "0" * 24), (member, "")):
        page = await browser.follow(await browser.post("/contacts/apply", {"word": said}))
        assert "choose the file again" in page.text
    assert await names(console) == []


async def test_an_address_book_is_removed_at_once_and_comes_back_with_undo(console: Console, member: Browser) -> None:
    await console.ask("contacts-apply", book="family", contacts=[["1", "Anna", ["+13035550100"]]])
    page = await press(member, (await member.get("/contacts")).text, "Remove")
    assert "Removed 1 contact of “family”." in page.text
    assert await names(console) == []
    await press(member, page.text, "Undo")
    assert await names(console) == ["Anna"]


A_FILE = "contacts:\n  files:\n    - path: FOLDER/book.vcf\n      book: desk\n"


@pytest.mark.parametrize("config_yaml", [A_FILE])
async def test_a_book_of_config_yaml_says_how_it_is_and_is_read_again(
    config_yaml: str, console: Console, member: Browser, tmp_path: Path
) -> None:
    (tmp_path / "book.vcf").write_text(cards(ANNA, BOB, ("9", "Pizza", "12")))
    page = await press(member, (await member.get("/contacts")).text, "Read them now")
    assert await names(console) == ["Anna Lee", "Bob"]
    page = await member.get("/contacts")
    assert faults(page.text) == []
    assert "1 entry not read" in page.text
    assert "taken over" in page.text
    assert "Remove" not in page.text.partition("<main")[2]
    (tmp_path / "book.vcf").unlink()
    failed = await press(member, page.text, "Read them now")
    assert "cannot be read" in failed.text
    assert re.search(r"Using the 2 contacts of .*? of desk\.", failed.text)
    assert await names(console) == ["Anna Lee", "Bob"]


@pytest.mark.parametrize("config_yaml", [A_FILE])
async def test_a_book_that_has_shrunk_is_only_taken_over_if_somebody_says_so(
    config_yaml: str, console: Console, member: Browser, tmp_path: Path
) -> None:
    (tmp_path / "book.vcf").write_text(cards(ANNA, BOB, CY))
    await console.ask("contacts-sync")
    (tmp_path / "book.vcf").write_text(cards(ANNA))
    page = await press(member, (await member.get("/contacts")).text, "Read them now")
    assert len(await names(console)) == 3
    taken = await press(member, page.text, "It is right so: take it over")
    assert "2 removed" in taken.text
    assert await names(console) == ["Anna Lee"]


async def test_a_house_whose_config_names_no_book_says_so(member: Browser) -> None:
    page = await member.follow(await member.post("/contacts/sync"))
    assert "config.yaml names no address book" in page.text


@pytest.mark.parametrize("config_yaml", ["# DISABLED"])
async def test_without_the_plugin_the_page_says_how_to_have_it(
    config_yaml: str, place: Place, console: Console, member: Browser
) -> None:
    assert place.config
    text = place.config.read_text().replace("[sip, simulator]", "[sip, simulator, contacts]")
    place.config.write_text(text)
    await console.ask("set-setting", key="policy.profile", value="strict")
    page = await member.get("/contacts")
    assert page.status == 200
    assert faults(page.text) == []
    assert "Contacts are switched off" in page.text


async def test_who_may_only_look_gets_no_buttons_and_is_refused(console: Console, viewer: Browser) -> None:
    await console.ask("contacts-apply", book="family", contacts=[["1", "Anna", ["+13035550100"]]])
    page = await viewer.get("/contacts")
    assert "Anna" in page.text
    assert 'method="post"' not in page.text.partition("<main")[2].partition("</main>")[0]
    assert (await bring(viewer, cards(BOB))).status == 403
    for path in ("apply", "remove", "sync"):
        assert (await viewer.post(f"/contacts/{path}", {"book": "family"})).status == 403
    assert await names(console) == ["Anna"]


@pytest.mark.parametrize("length", [100, 10_000], ids=["a name", "a name of 10 kB"])
async def test_hostile_names_come_out_harmless(console: Console, member: Browser, length: int) -> None:
    hostile = "<script>x</script>\u202e\x1b[2J" + "A" * length
    await console.ask("contacts-apply", book="family", contacts=[["1", hostile, ["+13035550100"]]])
    plan = await bring(member, cards(("2", hostile, "+13035550101")), "<script>x</script>.vcf", book="<script>x")
    for text in (plan.text, (await member.get("/contacts")).text):
        assert "<script>x" not in text
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert "A" * 1000 not in text
