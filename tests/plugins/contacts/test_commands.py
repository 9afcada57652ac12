"""What `callguard contacts` says to the daemon, and what it prints."""

import asyncio
import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from callguard import Contact
from callguard.control.wire import LONGEST_QUESTION, question
from callguard_contacts.command import contacts as group
from callguard_contacts.plugin import Contacts
from callguard_contacts.reading.rows import MOST_CONTACTS
from tests.plugins.contacts.helpers.house import House
from tests.plugins.contacts.helpers.server import Server, card

Ask = Callable[..., Any]
NAMES = ["Anna Lee", "Bob", "Cy", "Dora"]


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def callguard(house: House, monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> Callable[..., Result]:
    """Return a function that runs `callguard contacts …` against the plugin, as through the control socket."""
    section: dict[str, Any] = {}
    built: list[Contacts] = []

    async def answered(command: str, arguments: dict[str, Any]) -> Any:
        return await built[0].register_commands()[command](arguments)

    def ask(ctx: click.Context, command: str, arguments: dict[str, Any], *, offline: bool, reads_only: bool) -> Any:
        assert offline is (command in Contacts.offline_commands)
        assert reads_only is (command in ("contacts-plan", "contacts-list"))
        asked.append(command)
        try:
            answer: Any = asyncio.run(answered(command, arguments))
        except ValueError as error:
            raise click.ClickException(str(error)) from error
        return json.loads(json.dumps(answer))

    def run(*words: str, says: str | None = None, **settings: Any) -> Result:
        if settings or not built:
            section.update(settings)
            built[:] = [house.build(**section)]
        return CliRunner().invoke(group, words, input=says)

    monkeypatch.setattr("callguard.cli.client.ask", ask)
    return run


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.vcf"
    write(path, NAMES)
    return path


def write(path: Path, names: Sequence[str], *more: str) -> None:
    path.write_text("".join(card(name, f"303555{100 + n:04}") for n, name in enumerate(names)) + "".join(more))


def test_an_import_is_shown_asked_for_and_applied_as_one_change(
    callguard: Callable[..., Result], house: House, export: Path
) -> None:
    write(export, NAMES, card("Pizza", "12345"), card("Nobody"))
    done = callguard("import", str(export), "--book", "family", says="y\n")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "export.vcf → address book “family”",
        "  4 new:",
        "    Anna Lee  (303) 555-0100",
        "    Bob  (303) 555-0101",
        "    Cy  (303) 555-0102",
        "    Dora  (303) 555-0103",
        "  1 not read:",
        "    card 5 “Pizza”: 12345: a short code or an internal number: such callers cannot be known",
        "  1 without any telephone number left out",
        "Apply? [y/N]: y",
        f"Done: 4 new.  Undo: callguard undo {house.household.revision()}",
    ]
    assert house.names("family") == NAMES


def test_a_second_import_shows_only_the_difference(
    callguard: Callable[..., Result], house: House, export: Path
) -> None:
    callguard("import", str(export), "--yes")
    text = card("Anna Lee", "303-555-0100", "303-555-0177") + card("Bob", "303-555-0101") + card("Cy", "303-555-0102")
    export.write_text(text + card("Eve", "303-555-0104"))
    done = callguard("import", str(export), "--yes")
    assert done.output.splitlines() == [
        "export.vcf → address book “export.vcf”",
        "  1 new:",
        "    Eve  (303) 555-0104",
        "  1 changed:",
        "    Anna Lee  + (303) 555-0177",
        "  1 removed:",
        "    Dora  (303) 555-0103",
        "  2 unchanged",
        f"Done: 1 new, 1 changed, 1 removed.  Undo: callguard undo {house.household.revision()}",
    ]
    again = callguard("import", str(export))
    assert again.output.splitlines()[-1] == "Nothing to change."
    assert again.exit_code == 0


@pytest.mark.parametrize("says", ["n\n", "", "\n"])
def test_without_a_yes_nothing_is_changed(
    says: str, callguard: Callable[..., Result], house: House, export: Path
) -> None:
    assert "Apply?" in callguard("import", str(export), says=says).output
    assert house.names("export.vcf") == []


def test_a_dry_run_only_shows(callguard: Callable[..., Result], house: House, export: Path, asked: list[str]) -> None:
    done = callguard("import", str(export), "--dry-run")
    assert "4 new" in done.output
    assert "contacts-apply" not in asked
    assert house.names("export.vcf") == []


def test_a_book_is_not_halved_by_mistake(callguard: Callable[..., Result], house: House, export: Path) -> None:
    callguard("import", str(export), "--yes")
    write(export, ["Anna Lee"])
    done = callguard("import", str(export), "--yes")
    assert done.exit_code == 1
    assert "only 1 contacts would be left" in done.output
    assert "--yes-remove" in done.output
    assert house.names("export.vcf") == NAMES
    assert callguard("import", str(export), "--yes-remove").exit_code == 0
    assert house.names("export.vcf") == ["Anna Lee"]


def test_json_is_for_scripts(callguard: Callable[..., Result], house: House, export: Path) -> None:
    dry = json.loads(callguard("import", str(export), "--dry-run", "--json").output)
    assert [person["name"] for person in dry["plan"]["new"]] == NAMES
    assert dry["applied"] is None
    done = json.loads(callguard("import", str(export), "--yes", "--json").output)
    assert done["applied"]["change"] == house.household.revision()
    assert callguard("import", str(export), "--json").exit_code == 2


def test_what_is_no_address_book_is_told_without_changing_anything(
    callguard: Callable[..., Result], house: House, tmp_path: Path
) -> None:
    page = tmp_path / "a\x1b[2Jb.html"
    page.write_text("<html>")
    for path in (page, tmp_path / "missing.vcf"):
        done = callguard("import", str(path), "--yes")
        assert done.exit_code == 1
        assert "\x1b" not in done.output
    assert not house.household.contacts()


def test_names_cannot_command_the_terminal(callguard: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('Name,Phone\n"\x1b]0;evil\x07\u202eAnna",303-555-0147\n"Bob\x9b",12\n')
    shown = callguard("import", str(path), "--yes").output + callguard("list").output
    assert "Anna" in shown
    assert all(character.isprintable() or character == "\n" for character in shown)


def test_of_an_address_book_of_thousands_only_the_beginning_is_shown(
    callguard: Callable[..., Result], house: House, export: Path
) -> None:
    write(export, [f"Person number {n} of the telephone book of a small town" for n in range(3000)])
    done = callguard("import", str(export), "--yes")
    assert "… and 2,980 more (all with --json)" in done.output
    assert len(house.names("export.vcf")) == 3000


def test_the_largest_address_book_fits_into_one_question() -> None:
    people = [
        [f"{n:036}", f"Ænna-Ørsted Müller-Lüdenscheidt {n}", ["+493012345678"] * 5] for n in range(MOST_CONTACTS)
    ]
    assert len(question("contacts-apply", {"book": "family", "contacts": people})) < LONGEST_QUESTION / 2


def test_list_shows_who_is_in_which_book(
    callguard: Callable[..., Result], house: House, some_contacts: Sequence[Contact]
) -> None:
    for book in ("family", "work"):
        people = [contact for contact in some_contacts if contact.book == book]
        asyncio.run(house.household.replace_contacts(book, people, by="test"))
    assert callguard("list").output.splitlines() == [
        "family (2)",
        "  Anna Lee                         (303) 555-0147 · (303) 555-0148",
        "  Bob                              (303) 555-0149",
        "work (3)",
        "  Bob                              (303) 555-0149",
        "  Cy                               (303) 555-0149",
        "  Us                               (303) 555-0100",
    ]
    only = json.loads(callguard("list", "--book", "family", "--json").output)
    assert [person["name"] for person in only["contacts"]] == ["Anna Lee", "Bob"]


def test_a_household_without_contacts_is_told_why_it_wants_some(callguard: Callable[..., Result]) -> None:
    assert "contacts import" in callguard("list").output


def test_sync_reads_the_servers_now(
    callguard: Callable[..., Result], house: House, server: Server, account: dict[str, Any]
) -> None:
    done = callguard("sync", carddav=[account])
    change = house.household.revision()
    assert done.output == f"carddav:family: 3 new, 1 not read.  Undo: callguard undo {change}\n"
    assert callguard("sync").output == "carddav:family: nothing to change, 1 not read.\n"
    listed = callguard("list").output
    assert "carddav:family comes from dav.example.org, last taken over 2026-01-02 12:00 UTC" in listed
    assert "bob b.vcf “Bob & Söhne”: 12345: a short code" in listed
    server.cards = {}
    refused = callguard("sync")
    assert refused.exit_code == 1
    assert "refused: carddav:family would shrink from 3 to 0 contacts" in refused.output
    assert "sync --accept" in refused.output
    assert callguard("sync", "--accept").exit_code == 0
    assert json.loads(callguard("sync", "--json").output)[0]["state"] == "unchanged"


def test_a_failed_sync_tells_what_to_do(
    callguard: Callable[..., Result], house: House, account: dict[str, Any]
) -> None:
    done = callguard("sync", carddav=[account])
    assert done.exit_code == 1
    assert "carddav:family: failed: https://dav.example.org/ answered 404" in done.output
    assert "→ Check the address of the account family" in done.output
    assert "404" in callguard("list").output


def test_sync_without_servers_says_so(callguard: Callable[..., Result]) -> None:
    assert "names no address book" in callguard("sync").output


def test_a_book_can_be_removed_and_that_undone(callguard: Callable[..., Result], house: House, export: Path) -> None:
    callguard("import", str(export), "--yes")
    done = callguard("remove", "export.vcf")
    assert done.output == f"Removed 4 contacts of “export.vcf”.  Undo: callguard undo {house.household.revision()}\n"
    assert house.names("export.vcf") == []
    assert "there is no address book" in callguard("remove", "export.vcf").output


def test_a_book_of_the_configuration_is_changed_there(
    callguard: Callable[..., Result], server: Server, account: dict[str, Any], export: Path
) -> None:
    callguard("sync", carddav=[account], files=[{"path": str(export), "book": "people"}])
    assert "take it out of config.yaml" in callguard("remove", "carddav:family").output
    assert "kept by config.yaml" in callguard("import", str(export), "--book", "people").output
    assert callguard("import", str(export), "--book", "carddav:other").exit_code == 1


HOSTILE: dict[str, list[Any]] = {
    "no list": ["x"], "no number": [["u", "n", ["303"]]], "letters": [["u", "n", ["+1303555014x"]]],
    "too many numbers": [["u", "n", ["+13035550147"] * 60]], "no uid": [["", "n", ["+13035550147"]]],
    "an uid with commands": [["\x1b", "n", ["+13035550147"]]], "twice": [["u", "n", []], ["u", "n", []]],
}  # fmt: skip


@pytest.mark.parametrize("rows", HOSTILE.values(), ids=HOSTILE.keys())
async def test_no_contacts_are_taken_that_are_none(rows: list[Any], house: House) -> None:
    for command in ("contacts-plan", "contacts-apply"):
        with pytest.raises(ValueError, match=r"contact|number|uid"):
            await house.build().register_commands()[command]({"book": "b", "contacts": rows})
    assert not house.household.contacts()


async def test_the_house_itself_refuses_to_halve_a_book_unasked(
    house: House, some_contacts: Sequence[Contact]
) -> None:
    people = [replace(contact, book="b") for contact in some_contacts]
    await house.household.replace_contacts("b", people, by="test")
    apply = house.build().register_commands()["contacts-apply"]
    with pytest.raises(ValueError, match="--yes-remove"):
        await apply({"book": "b", "contacts": []})
    assert len(house.names("b")) == 5
    assert (await apply({"book": "b", "contacts": [], "remove": True}))["counts"]["removed"] == 5


@pytest.mark.parametrize("given", [{}, {"book": 7}, {"book": "b"}, {"book": "b", "contacts": "x"}, {"book": "a\nb"}])
async def test_questions_that_make_no_sense_are_refused(given: dict[str, Any], house: House) -> None:
    commands = house.build().register_commands()
    for command in ("contacts-plan", "contacts-apply", "contacts-remove"):
        with pytest.raises(ValueError, match=r"address book|no contact"):
            await commands[command](given)


def read(house: House, content: str, book: str = "family") -> Any:
    async def asked() -> Any:
        return await house.build().register_commands()["contacts-read"]({"book": book, "content": content})

    return asyncio.run(asked())


def test_a_file_that_somebody_brings_is_read_and_not_kept(house: House, export: Path) -> None:
    content = base64.b64encode(export.read_bytes() * 400).decode()
    reading = read(house, content)
    assert [name for _, name, _ in reading["contacts"]][:4] == NAMES
    assert house.household.contacts() == ()
    assert list(house.data_dir.iterdir()) == [export]


@pytest.mark.parametrize(
    ("content", "book", "says"),
    [
        pytest.param("****", "family", "did not arrive as it was sent", id="no base 64"),
        pytest.param("QQ=", "family", "did not arrive as it was sent", id="half of it"),
        pytest.param("", "family", "it is empty", id="nothing"),
        pytest.param(base64.b64encode(b"\0\1\2").decode(), "family", "neither vCard", id="no address book"),
        pytest.param("", "carddav:home", "cannot be the name", id="a name that is taken"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(house: House, content: str, book: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read(house, content, book)
