"""People, tokens and sessions at the command line."""

import socket
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from callguard.access import Access, Role, verify
from callguard.cli.main import cli
from callguard.place import Place
from callguard.testing.fakes import FakeRandomness
from tests.cli.helpers.house import House

NOW = datetime(2026, 11, 22, 18, 45, 3, tzinfo=UTC)
GOOD = "purple lamp under seven"


@pytest.fixture
def house(place: Place) -> House:
    return House(place)


def typed(house: House, text: str, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--data-dir", str(house.place.data_dir), *words], input=text)


@pytest.fixture
def ana(house: House) -> House:
    assert typed(house, f"{GOOD}\n", "user", "add", "Ana", "--password-stdin").exit_code == 0
    return house


def opened(house: House) -> "closing[Access]":
    return closing(Access.open(house.place.access, FakeRandomness()))


def test_looking_for_people_leaves_nothing_behind(house: House) -> None:
    assert house.run("user", "list").stdout == "Nobody yet: `callguard user add NAME` adds an admin.\n"
    assert house.run("token", "list").stdout.startswith("There is no token")
    assert house.run("sessions", "list").stdout == "Nobody is signed in.\n"
    assert not house.place.data_dir.exists()


def test_the_first_one_is_an_admin_and_others_are_members(ana: House) -> None:
    added = typed(ana, f"{GOOD}\n{GOOD}\n", "user", "add", "Ben")
    assert added.exit_code == 0, added.output
    assert GOOD not in added.output, "what is typed is not shown"
    assert typed(ana, GOOD, "user", "add", "Cleo", "--role", "viewer", "--password-stdin").exit_code == 0
    assert [(one["name"], one["role"]) for one in ana.json("user", "list")] == [
        ("Ana", "admin"),
        ("Ben", "member"),
        ("Cleo", "viewer"),
    ]


def test_the_password_is_the_one_that_was_typed(ana: House) -> None:
    with opened(ana) as access:
        found = access.credentials("Ana")
        assert found is not None
        assert verify(GOOD, found[1])


def test_another_password_signs_out(ana: House) -> None:
    with opened(ana) as access:
        access.begin_session(1, client="Firefox", address="192.168.1.7", stay=False, now=datetime.now(UTC))
    assert "192.168.1.7  Firefox" in ana.run("sessions", "list").stdout
    changed = typed(ana, "seven lamps under purple", "user", "passwd", "ana", "--password-stdin")
    assert changed.stdout == "Ana has another password, and has to sign in again everywhere.\n"
    assert ana.json("sessions", "list") == []


def test_where_only_the_pretend_house_runs_its_people_are_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CALLGUARD_CONFIG", "CALLGUARD_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    demo = tmp_path / "callguard" / "demo"
    demo.mkdir(parents=True)
    monkeypatch.chdir(demo)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as running:
        running.bind("control.sock")
        running.listen()
        added = CliRunner().invoke(cli, ["user", "add", "Ana", "--password-stdin"], input=GOOD)
    assert (added.exit_code, "pretend house" in added.stderr) == (0, True)
    assert (demo / "access.db").exists()
    assert CliRunner().invoke(cli, ["user", "list"]).stdout.startswith("Nobody yet"), "none runs: one's own house"


@pytest.mark.parametrize(
    ("words", "text", "code", "says"),
    [
        pytest.param(["user", "add", "Ben", "--password-stdin"], "short", 4, "at least 10 characters", id="short"),
        pytest.param(["user", "add", "Ben", "--password-stdin"], "password123", 4, "Many people", id="common"),
        pytest.param(["user", "add", "ANA", "--password-stdin"], GOOD, 4, "there is a ANA already", id="taken"),
        pytest.param(["user", "add", "Ben"], f"{GOOD}\nother\n", 1, "do not match", id="mistyped"),
        pytest.param(["user", "passwd", "Eve"], "", 4, "nobody is called Eve", id="nobody"),
        pytest.param(["user", "role", "Ana", "viewer"], "", 4, "the only admin", id="last admin"),
        pytest.param(["user", "role", "Ana", "king"], "", 2, "is not one of", id="no role"),
        pytest.param(["user", "remove", "Ana", "--yes"], "", 4, "the only admin", id="remove the last admin"),
        pytest.param(["user", "remove", "Ana", "--json"], "", 2, "--json does not ask", id="json does not ask"),
        pytest.param(["token", "revoke", "7"], "", 4, "there is no token 7", id="no token"),
        pytest.param(["sessions", "end"], "", 2, "Name the ID", id="which session"),
        pytest.param(["sessions", "end", "7"], "", 4, "nobody is signed in there", id="no session"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_an_exit_code(
    ana: House, words: list[str], text: str, code: int, says: str
) -> None:
    result = typed(ana, text, *words)
    assert (result.exit_code, says in result.output) == (code, True), result.output
    assert [person["name"] for person in ana.json("user", "list")] == ["Ana"]


def test_somebody_is_removed_after_a_question(ana: House) -> None:
    typed(ana, GOOD, "user", "add", "Ben", "--password-stdin")
    assert typed(ana, "n\n", "user", "remove", "Ben").exit_code == 0
    assert len(ana.json("user", "list")) == 2
    assert typed(ana, "y\n", "user", "remove", "ben").exit_code == 0
    assert len(ana.json("user", "list")) == 1


def test_a_role_changes(ana: House) -> None:
    typed(ana, GOOD, "user", "add", "Ben", "--password-stdin")
    assert ana.run("user", "role", "ben", "viewer").stdout == "Ben is viewer now.\n"
    assert ana.json("user", "role", "ben", "admin")["role"] == "admin"


def test_a_token_is_shown_once(ana: House) -> None:
    made = ana.run("token", "add", "dash board", "--scope", "calls", "--scope", "read", "--for", "90d")
    secret = made.stdout.strip()
    assert secret.startswith("cg_")
    assert "not shown again" in made.stderr
    listed = ana.run("token", "list").stdout
    assert secret not in listed
    assert "dash board  may read calls, until " in listed
    with opened(ana) as access:
        assert access.token(secret, datetime.now(UTC))
    assert ana.run("token", "revoke", "1").stdout == "dash board is worthless now.\n"
    assert ana.json("token", "list") == []


def test_a_token_in_json_has_its_secret_only_when_it_is_made(ana: House) -> None:
    made = ana.json("token", "add", "dash")
    assert (made["scopes"], made["expires_at"], made["by"]) == (["read"], None, "command line")
    assert "token" not in ana.json("token", "list")[0]


def test_sessions_are_ended_one_or_all(ana: House) -> None:
    with opened(ana) as access:
        now = datetime.now(UTC)
        for _ in range(3):
            access.begin_session(1, client="Firefox", address="192.168.1.7", stay=True, now=now)
    number = ana.json("sessions", "list")[0]["id"]
    assert ana.run("sessions", "end", str(number)).stdout == "Signed out: 1 browser.\n"
    assert ana.run("sessions", "end", "--person", "ana").stdout == "Signed out: 2 browsers.\n"
    assert ana.json("sessions", "end", "--person", "ana") == {"ended": 0}


def test_a_damaged_file_says_how_to_start_afresh(ana: House) -> None:
    ana.place.access.write_bytes(b"\xff" * 9000)
    result = ana.run("user", "list")
    assert result.exit_code == 4
    assert "Move it away and make an admin anew with `callguard user add NAME --role admin`" in result.stderr
    ana.place.access.rename(ana.place.access.with_name("away"))
    assert typed(ana, GOOD, "user", "add", "Ana", "--role", "admin", "--password-stdin").exit_code == 0


def test_names_are_harmless_on_a_terminal(ana: House) -> None:
    with opened(ana) as access:
        eve = access.add_person("E\x1b[2Jve\u202e", Role.VIEWER, "h", NOW)
        access.begin_session(eve.id, client="\x1b[31m", address="x", stay=True, now=datetime.now(UTC))
    for words in (("user", "list"), ("sessions", "list")):
        assert "\x1b" not in ana.run(*words).stdout
