"""Plugins are found, and those that cannot be used say why."""

from pathlib import Path

import pytest

from callguard.finding import find_plugins

GOOD = """
from callguard import hookimpl

class Good:
    @hookimpl
    def check_call(self, call):
        return None
"""


def found(folder: Path, name: str) -> tuple[type | None, str]:
    (plugin,) = [f for f in find_plugins(folder) if f.name == name]
    return plugin.cls, plugin.error


def test_a_single_file_in_the_plugins_folder_is_a_plugin(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "_helper.py").write_text("raise SystemExit")
    cls, error = found(tmp_path, "good")
    assert (cls.__name__ if cls else None, error) == ("Good", "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("import no_such_module", "No module named 'no_such_module'", id="missing module"),
        pytest.param("def (", "SyntaxError", id="syntax"),
        pytest.param("raise SystemExit(1)", "SystemExit", id="exits"),
        pytest.param("x = 1", "must hold one class with @hookimpl methods, it has 0", id="no class"),
        pytest.param(GOOD + GOOD.replace("Good", "Better"), "it has 2", id="two classes"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "bad.py").write_text(text)
    cls, error = found(tmp_path, "bad")
    assert cls is None
    assert says in error


def test_a_file_that_everybody_may_change_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "open.py"
    path.write_text("raise AssertionError('it was run')")
    path.chmod(0o666)
    assert "chmod o-w" in found(tmp_path, "open")[1]


SHIPPED = [
    *("complaints", "contacts", "dnc", "ftc", "lists", "modem", "numbercheck", "phoneblock", "rules", "simulator"),
    "sip",
]


def test_a_disabled_plugin_is_not_even_imported(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("raise AssertionError('it was run')")
    assert [f.name for f in find_plugins(tmp_path, ["bad", *SHIPPED])] == []


def test_a_name_taken_by_a_shipped_plugin_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rules.py").write_text(GOOD)
    cls, error = found(tmp_path, "rules-2")
    assert cls is None
    assert "the name rules is taken by callguard-home" in error


def test_the_shipped_plugins_are_found_without_any_folder() -> None:
    shipped = [f.name for f in find_plugins(None) if f.shipped]
    assert shipped == SHIPPED
