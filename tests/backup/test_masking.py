"""Secrets do not go into a backup."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from callguard.backup.masking import mask_settings, masked_yaml, secret_keys
from callguard.config import read

BY_NAME = secret_keys(None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("password: hunter2", 'password: "***"', id="plain"),
        pytest.param("password: 'a b' # why", 'password: "***" # why', id="quoted"),
        pytest.param("password: |\n  a\n  b\nuser: x", 'password: "***"\nuser: x', id="block"),
        pytest.param("a:\n  - token: x1\n    user: u", 'a:\n  - token: "***"\n    user: u', id="in a list"),
        pytest.param("a: {token: x1, b: c}", 'a: {token: "***", b: c}', id="in braces"),
        pytest.param("pin: 1234", 'pin: "***"', id="number"),
        pytest.param("x: &a hunter2\npassword: *a", 'x: "***"\npassword: *a', id="by an alias"),
        pytest.param("url: https://ana:pw@dav.example/x", "url: https://***@dav.example/x", id="in an address"),
        pytest.param("# password: old one", "# password: ***", id="in a comment"),
        pytest.param("password: !env SIP_PASSWORD", "password: !env SIP_PASSWORD", id="kept elsewhere"),
        pytest.param("password: !file /run/pw", "password: !file /run/pw", id="kept in a file"),
        pytest.param("a: 'b # token: x'", "a: 'b # token: x'", id="no comment"),
        pytest.param("a: '#' # token: x", "a: '#' # token: ***", id="a comment after all"),
        pytest.param("password: *b", "password: *b", id="an alias of nothing"),
        pytest.param("password:", "password:", id="none"),
        pytest.param("user: ana # no secret: really", "user: ana # no secret: ***", id="a careful comment"),
        pytest.param("größe: 1\npassword: ä😀b\nx: y", 'größe: 1\npassword: "***"\nx: y', id="other scripts"),
    ],
)
def test_a_secret_in_a_configuration_is_masked_and_the_rest_stays(before: str, after: str) -> None:
    assert masked_yaml(before.encode(), BY_NAME)[0] == after


def test_the_settings_know_secrets_that_no_name_tells() -> None:
    class Section(BaseModel):
        code: SecretStr

    class Model(BaseModel):
        door: list[Section]

    text = "door:\n- code: open sesame\n"
    loaded = read(text, "config.yaml", Model, environment={}, base_dir=Path())
    assert "sesame" in masked_yaml(text.encode(), BY_NAME)[0]
    assert masked_yaml(text.encode(), secret_keys(loaded.tree)) == ('door:\n- code: "***"\n', 1)


@pytest.mark.parametrize("data", [b"a: [", b"\xff\xfe", b"a: \x00", b'"\\UFFFFFFFF": x'])
def test_what_cannot_be_read_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        masked_yaml(data, BY_NAME)


TREES = st.recursive(
    st.text("abc: #'\"\n", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "password", "b"]), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "password"]), TREES), st.sampled_from([None, True, False]))
def test_whatever_the_file_looks_like_only_secrets_are_lost(tree: object, flow: bool | None) -> None:
    text = yaml.safe_dump(tree, default_flow_style=flow, sort_keys=False)
    masked, _ = masked_yaml(text.encode(), BY_NAME)
    assert yaml.safe_load(masked) == without_secrets(tree, secret=False)


def without_secrets(tree: object, *, secret: bool) -> object:
    if isinstance(tree, dict):
        return {key: without_secrets(item, secret=secret or key == "password") for key, item in tree.items()}
    if isinstance(tree, list):
        return [without_secrets(item, secret=secret) for item in tree]
    return "***" if secret and tree else tree


@given(st.binary(max_size=200))
def test_any_bytes_are_masked_or_refused(data: bytes) -> None:
    try:
        masked_yaml(data, BY_NAME)
    except ValueError:
        return


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "db"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE settings (key, value)")
        raw.execute("CREATE TABLE changes (id INTEGER PRIMARY KEY, about, did)")
        accounts = [{"user": "u", "password": "p1"}, {"user": "v", "url": "sip://a:p2@b"}]
        raw.executemany(
            "INSERT INTO settings VALUES (?, ?)",
            [
                ("sip.accounts", json.dumps(accounts, separators=(",", ":"))),
                ("phoneblock.token", '"p3"'),
                ("policy.profile", '"strict"'),
                ("gone", None),
            ],
        )
        raw.executemany(
            "INSERT INTO changes (about, did) VALUES (?, ?)",
            [("setting:phoneblock.token", '[[null,"\\"p3\\"","\\"p4\\""]]'), ("rules", "[[null,1,2]]")],
        )
        raw.commit()
    return path


def test_a_setting_that_is_a_secret_is_as_if_it_had_never_been_set(settings: Path) -> None:
    with closing(sqlite3.connect(settings)) as raw:
        assert mask_settings(raw, BY_NAME) == ["phoneblock.token", "sip.accounts"]
        assert dict(raw.execute("SELECT key, value FROM settings").fetchall()) == {
            "sip.accounts": '[{"user":"u","password":"***"},{"user":"v","url":"sip://***@b"}]',
            "phoneblock.token": None,
            "policy.profile": '"strict"',
            "gone": None,
        }
        masked = '[[null,"\\"***\\"","\\"***\\""]]'
        assert [did for (did,) in raw.execute("SELECT did FROM changes")] == [masked, "[[null,1,2]]"]
        assert mask_settings(raw, BY_NAME) == []
