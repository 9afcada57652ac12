"""`callguard relationships` where no daemon runs: said, listed, forgotten and taken back."""

import pytest

from callguard.place import Place
from tests.cli.helpers.house import House


@pytest.fixture
def house(place: Place) -> House:
    assert place.config
    place.config.write_text("country: US\ntimezone: UTC\ndisabled_plugins: [sip, simulator, dnc]\n")
    return House(place)


def test_what_is_said_is_shown_with_the_command_that_takes_it_back(house: House) -> None:
    words = ["--number", "303 555 0147", "--number", "+1303556*", "--last-purchase", "2026-03-01", "--kind", "sales"]
    first = house.run("relationships", "add", "Acme", *words, "--note", "kitchen")
    assert first.stdout.splitlines() == [
        "Noted: Acme.  Undo: callguard undo 1",
        "    1  Acme  (sales)  (303) 555-0147, +1303556*",
        "       last bought on 2026-03-01",
        "       “kitchen”",
    ]
    more = house.run("relationships", "add", "ACME", "--stop-request", "2026-05-20", "--stop-request", "2026-04-01")
    assert more.stdout.startswith("Added to what is known: Acme.  Undo: callguard undo 2\n")
    assert "last bought on 2026-03-01, asked to stop on 2026-04-01, 2026-05-20" in more.stdout
    assert house.run("relationships").stdout == house.run("relationships", "list").stdout
    assert house.run("undo", "2").exit_code == 0
    assert "asked to stop" not in house.run("relationships", "list").stdout


def test_saying_the_same_again_says_that_nothing_was_changed(house: House) -> None:
    assert house.run("relationships", "add", "Acme").exit_code == 0
    assert house.run("relationships", "add", "Acme").stdout == "That is known of Acme already; nothing was changed.\n"


def test_what_was_wrong_is_corrected(house: House) -> None:
    house.run("relationships", "add", "Acme", "--number", "303 555 0147", "--last-purchase", "2026-03-01")
    words = ["--party", "Acme Ltd", "--number", "303 555 0148", "--last-purchase", ""]
    assert house.run("relationships", "change", "1", *words).stdout.splitlines() == [
        "Corrected: Acme Ltd.  Undo: callguard undo 2",
        "    1  Acme Ltd  (303) 555-0148",
    ]


def test_consent_is_shown_with_its_proof(house: House) -> None:
    words = ["--consent-on", "2026-03-01", "--consent-revoked-on", "2026-04-01", "--proof", "letter of 1 March"]
    shown = house.run("relationships", "add", "Acme", *words).stdout
    assert "consent given on 2026-03-01, consent revoked on 2026-04-01" in shown
    assert "proof of consent: letter of 1 March" in shown


def test_a_party_is_forgotten_and_comes_back(house: House) -> None:
    house.run("relationships", "add", "Acme")
    assert house.run("relationships", "remove", "1").stdout == "Forgotten: Acme.  Undo: callguard undo 2\n"
    assert house.run("relationships").stdout.startswith("Nobody yet: ")
    assert house.run("undo").exit_code == 0
    assert [one["party"] for one in house.json("relationships")] == ["Acme"]


def test_every_command_speaks_json(house: House) -> None:
    added = house.json("relationships", "add", "Acme", "--contract-until", "2030-01-31")
    assert (added["added"], added["relationship"]["contract_until"]) == (True, "2030-01-31")
    assert house.json("relationships", "list") == [added["relationship"]]
    assert house.json("relationships", "remove", "1")["change"]["what"] == "relationship-removed"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        pytest.param(["add"], 2, "Missing argument 'PARTY'", id="nobody"),
        pytest.param(["add", "Acme", "--last-purchase", "May"], 4, "'May' is no day: write it like", id="no day"),
        pytest.param(["add", "Acme", "--number", "12"], 4, "not a complete telephone number", id="no number"),
        pytest.param(["add", "Acme", "--kind", "x"], 2, "'x' is not one of", id="no kind"),
        pytest.param(["change", "9", "--note", "x"], 4, "there is no relationship 9", id="nothing to correct"),
        pytest.param(["remove", "9"], 4, "there is no relationship 9", id="not there"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_an_exit_code(
    house: House, words: list[str], code: int, says: str
) -> None:
    result = house.run("relationships", *words)
    assert (result.exit_code, says in result.output) == (code, True), result.output
    assert "Traceback" not in result.output
