"""Contacts come from a real CardDAV server and stay when it goes away; or from a file, through the socket."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.real.peers import guard as guards
from tests.real.peers import radicale
from tests.real.peers.guard import Guard, Json, account, household
from tests.real.peers.process import Stage, wait_until
from tests.real.peers.radicale import PASSWORD, USER, Radicale
from tests.real.peers.wire import Peer

BOOK = "carddav:family"
ANNA, BOB, CY = "+13035550147", "+13035550148", "+13035550149"


def card(name: str, number: str) -> str:
    lines = (
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"UID:{name.partition(' ')[0]}",
        f"FN:{name}",
        f"N:;{name};;;",
        f"TEL;TYPE=CELL:{number}",
    )
    return "\r\n".join([*lines, "END:VCARD", ""])


@pytest.fixture
def server(stage: Stage) -> Radicale:
    made = radicale.start(stage)
    for name, number in (("Anna", ANNA), ("Bob Müller", BOB), ("Cy", CY)):
        made.put(name.partition(" ")[0], card(name, number))
    return made


@pytest.fixture
def configured(server: Radicale, registrar: Peer) -> Json:
    family = {"name": "family", "url": server.url, "user": USER, "password": PASSWORD, "every": "5m"}
    return household(
        account(registrar.address), contacts={"carddav": [family]}, network={"trusted_hosts": [server.host]}
    )


def people(house: Guard) -> dict[str, list[str]]:
    return {person["name"]: person["numbers"] for person in house.ask("contacts", "list")["contacts"]}


def synced(house: Guard, *words: str) -> Any:
    (result,) = house.ask("contacts", "sync", *words)
    return result


def reports(server: Radicale) -> int:
    return sum("REPORT" in line for line in server.requests())


def problems(house: Guard) -> dict[str, str]:
    return {problem["code"]: problem["cure"] for problem in house.status()["problems"] if problem["where"] == BOOK}


def test_contacts_come_from_the_server_follow_it_and_stay_when_it_dies(
    server: Radicale, configured: Json, guard: Callable[[Json], Guard]
) -> None:
    house = guard(configured)
    first = synced(house)
    assert first["counts"] in ({"new": 3, "changed": 0, "removed": 0, "unchanged": 0},
                               {"new": 0, "changed": 0, "removed": 0, "unchanged": 3})  # fmt: skip
    assert people(house) == {"Anna": [ANNA], "Bob Müller": [BOB], "Cy": [CY]}
    assert house.ask("try", ANNA)["action"] == "ring"
    assert "Anna" in house.ask("try", ANNA)["reason"]

    server.put("Anna", card("Anna Lee", "+13035550151"))
    changed = synced(house)
    assert changed["counts"] == {"new": 0, "changed": 1, "removed": 0, "unchanged": 2}
    assert people(house)["Anna Lee"] == ["+13035550151"]
    fetched = reports(server)
    assert synced(house)["state"] == "unchanged"
    assert reports(server) == fetched, "what has not changed is not fetched again"

    server.kill()
    failed = synced(house)
    assert failed["state"] == "failed"
    assert len(people(house)) == 3
    assert "contacts-sync-failing" in problems(house)

    server.start_again()
    assert synced(house)["state"] == "unchanged"
    assert not problems(house)


def test_an_address_book_that_was_emptied_is_refused_until_somebody_says_yes(
    server: Radicale, configured: Json, guard: Callable[[Json], Guard]
) -> None:
    house = guard(configured)
    synced(house)
    for name in ("Anna", "Bob", "Cy"):
        server.delete(name)
    assert synced(house)["state"] == "refused"
    assert len(people(house)) == 3
    assert "--accept" in problems(house)["contacts-sync-refused"]
    accepted = synced(house, "--accept")
    assert accepted["counts"]["removed"] == 3
    assert people(house) == {}
    assert not problems(house)
    assert house.cli("undo", str(accepted["change"])).returncode == 0
    assert len(people(house)) == 3


def test_the_first_synchronisation_comes_by_itself_and_outlives_a_restart_without_the_server(
    server: Radicale, configured: Json, guard: Callable[[Json], Guard]
) -> None:
    house = guard(configured)
    wait_until(lambda: len(people(house)) == 3, 40, "the contacts of the server", every=0.5)
    server.kill()
    house.stop()
    house.start()
    house.protecting()
    assert len(people(house)) == 3


def test_a_server_at_home_must_be_named(server: Radicale, configured: Json, guard: Callable[[Json], Guard]) -> None:
    del configured["network"]
    house = guard(configured)
    failed = synced(house)
    assert failed["state"] == "failed"
    assert "network.trusted_hosts" in failed["cure"]


def test_a_telephones_address_book_is_imported_through_the_socket_and_taken_back(
    stage: Stage, registrar: Peer, guard: Callable[[Json], Guard]
) -> None:
    house = guard(household(account(registrar.address)))
    export = stage.folder / "phone.vcf"
    export.write_text("".join(card(f"Person {n} of the household", f"+1303555{n:04}") for n in range(1000, 4000)))
    done = house.cli("contacts", "import", str(export), "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(people(house)) == 3000
    change = done.stdout.rpartition("callguard undo ")[2].strip()
    assert house.ask("try", "+13035551234")["reason"].startswith("(303) 555-1234 is Person 1234")
    assert house.cli("undo", change).returncode == 0
    assert people(house) == {}


def test_a_wrong_password_is_told_and_never_shown(stage: Stage, server: Radicale, configured: Json) -> None:
    configured["contacts"]["carddav"][0]["password"] = "wr0ng-s3cret"
    house = guards.protecting(stage, configured)
    failed = synced(house)
    assert "401" in failed["why"]
    assert "password" in failed["cure"]
    shown = house.said() + str(house.status()) + house.cli("doctor").stdout
    assert "wr0ng-s3cret" not in shown
