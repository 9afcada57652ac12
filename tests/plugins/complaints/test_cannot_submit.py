"""There is nothing in the plugin that could reach an agency."""

import ast
from pathlib import Path

import pytest

import callguard_complaints

FOLDER = Path(callguard_complaints.__file__).parent
NEEDED = {
    "collections", "dataclasses", "datetime", "base64", "hashlib", "html", "json", "os", "pathlib", "stat", "typing",
    "click", "pydantic", "callguard", "callguard_complaints",
}  # fmt: skip
"""All that it may import: nothing here opens a connection, a browser or another program."""
REACHING = {"Web", "Fetched", "GuardedWeb", "shown_url", "Apart", "Job", "Service"}
SOURCES = sorted(FOLDER.rglob("*.py"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_module_can_reach_anybody(source: Path) -> None:
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
            assert not {alias.name for alias in node.names} & REACHING
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        assert {name.split(".")[0] for name in names} <= NEEDED
        assert not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "__import__")
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"web", "apart", "system", "popen", "execv", "execvp", "posix_spawn", "launch"}


def test_there_is_something_to_look_at() -> None:
    assert len(SOURCES) > 15
