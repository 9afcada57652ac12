import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

from callguard.config import Loaded, read

Complain = Callable[..., list[str]]


class Login(BaseModel):
    model_config = ConfigDict(extra="forbid")

    user: str = ""
    password: str = ""
    code: SecretStr = SecretStr("")
    port: int = 0


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    logins: list[Login] = []


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("hunter2\n")
    path.chmod(0o600)
    return path


def load(text: str, folder: Path, environment: dict[str, str] | None = None) -> Loaded[Settings]:
    return read(f"logins:\n- {text}\n", "c.yaml", Settings, environment=environment or {}, base_dir=folder)


def test_a_secret_is_read_from_a_file_beside_the_configuration(secret_file: Path) -> None:
    loaded = load("password: !file secret", secret_file.parent)
    assert loaded.settings.logins[0].password == "hunter2"
    assert str(loaded.origin("logins.0.password")) == "c.yaml:2"


def test_a_secret_is_read_from_a_file_elsewhere(secret_file: Path) -> None:
    assert load(f"password: !file {secret_file}", Path("/nowhere")).settings.logins[0].password == "hunter2"


@pytest.mark.parametrize(
    ("written", "text"),
    [("x\n", "x"), ("x", "x"), ("x\r\n", "x"), ("x\n\n", "x\n"), (" x \n", " x "), ("é\n", "é")],
    ids=repr,
)
def test_only_the_last_line_end_of_the_file_is_left_out(written: str, text: str, secret_file: Path) -> None:
    secret_file.write_bytes(written.encode())
    assert load("password: !file secret", secret_file.parent).settings.logins[0].password == text


def test_a_secret_is_read_from_the_environment(tmp_path: Path) -> None:
    assert load("code: !env CODE", tmp_path, {"CODE": "x"}).settings.logins[0].code.get_secret_value() == "x"


def test_any_value_may_be_kept_elsewhere(tmp_path: Path) -> None:
    assert load("port: !env PORT", tmp_path, {"PORT": "5060"}).settings.logins[0].port == 5060


def unreadable(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (unreadable, "cannot read {}: No such file or directory; check the path and who may read it"),
    "empty": (lambda path: path.write_text("\n"), "{} is empty; write the secret into it"),
    "a folder": (a_folder, "{} is not a file; give the path of a text file"),
    "a pipe": (a_pipe, "{} is not a file; give the path of a text file"),
    "not UTF-8": (
        lambda path: path.write_bytes(b"\xff"),
        "cannot read {}: it is not UTF-8 text; check the path and who may read it",
    ),
    "too large": (lambda path: path.write_text("x" * 70_000), "{} is larger than 64 KiB; a secret is one line"),
}


@pytest.mark.parametrize(("change", "what"), FILES.values(), ids=FILES.keys())
def test_a_file_that_gives_no_secret_is_a_mistake_with_a_cure(
    change: Callable[[Path], object], what: str, secret_file: Path, complain: Complain
) -> None:
    change(secret_file)
    assert complain("logins:\n- password: !file secret", Settings) == [
        "c.yaml:2: logins.0.password: " + what.format(secret_file)
    ]


@pytest.mark.parametrize(
    ("reference", "what"),
    [
        ("!env NOPE", "the environment variable NOPE is not set; set it where CallGuard is started"),
        ("!env EMPTY", "the environment variable EMPTY is empty; set it where CallGuard is started"),
        ("!env", "!env needs the name of a variable; write `!env NAME`"),
        ("!file", "!file needs the path of a file; write `!file PATH`"),
    ],
)
def test_a_reference_to_nothing_is_a_mistake_with_a_cure(reference: str, what: str, complain: Complain) -> None:
    lines = complain(f"logins:\n- password: {reference}", Settings, {"EMPTY": ""})
    assert lines == [f"c.yaml:2: logins.0.password: {what}"]


def test_a_reference_that_the_environment_overrides_is_not_followed(complain: Complain) -> None:
    text = "logins:\n- password: !env NOPE"
    assert complain(text, Settings, {"CALLGUARD__LOGINS__0__PASSWORD": "x"}) == []


def test_no_secret_is_in_what_is_loaded(secret_file: Path) -> None:
    loaded = load("{user: !file secret, password: hunter2, code: hunter2}", secret_file.parent)
    assert "hunter2" not in repr(loaded)
    assert "hunter2" not in repr(loaded.tree)
    assert "hunter2" not in " ".join(map(str, loaded.notes))


def test_a_password_in_clear_is_noted(tmp_path: Path) -> None:
    loaded = load("{user: x, password: hunter2, code: hunter2}", tmp_path)
    hint = "keep it elsewhere: `!file PATH` or `!env NAME`"
    assert [str(note) for note in loaded.notes] == [
        f"c.yaml:2: logins.0.password: a secret is written in clear; {hint}",
        f"c.yaml:2: logins.0.code: a secret is written in clear; {hint}",
    ]


def test_a_password_in_a_file_that_everybody_may_read_is_noted_as_such(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("")
    (tmp_path / "c.yaml").chmod(0o644)
    (note,) = load("password: hunter2", tmp_path).notes
    assert "every user of this computer may read the file" in note.what


@pytest.mark.parametrize(
    ("text", "environment"),
    [
        ("password: !env P", {"P": "x"}),
        ("password: ''", {}),
        ("user: x", {"CALLGUARD__LOGINS__0__PASSWORD": "x"}),
    ],
    ids=["elsewhere", "empty", "in the environment"],
)
def test_a_password_that_is_not_in_the_file_is_not_noted(
    text: str, environment: dict[str, str], tmp_path: Path
) -> None:
    assert load(text, tmp_path, environment).notes == ()


def test_a_secret_file_that_everybody_may_read_is_noted(secret_file: Path) -> None:
    secret_file.chmod(0o644)
    (note,) = load("password: !file secret", secret_file.parent).notes
    assert str(note) == (
        f"c.yaml:2: logins.0.password: every user of this computer may read {secret_file}; chmod o-r it"
    )
