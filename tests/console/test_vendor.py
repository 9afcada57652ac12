"""What comes from others is in the tree exactly as it was fetched, with its licence."""

import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TOOL = ROOT / "tools" / "vendor.py"
FOLDERS = ("callguard/console/static", "callguard/console/templates", "tests/real/vendor", "tools")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of everything that is looked at."""
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def look(tree: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(tree / "tools" / "vendor.py"), "--check"], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def test_the_tree_holds_what_was_fetched_and_nothing_else() -> None:
    assert look(ROOT) == (0, "All files are as they were fetched.\n")


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("callguard/console/static/vendor/htmx/htmx.min.js", "alert(1)", "not as it was fetched"),
        ("callguard/console/static/icons.svg", "<svg/>", "not as it was fetched"),
        ("callguard/console/static/vendor/more.js", "", "not listed"),
        ("callguard/console/templates/x.html", '<script src="https://cdn.example/x.js"></script>', "another host"),
        ("callguard/console/templates/x.html", '<link rel="stylesheet" href="//cdn.example/x.css">', "another host"),
        ("callguard/console/templates/x.html", '<form action="https://cdn.example/">', "another host"),
        ("callguard/console/static/more.css", "body { background: url(https://cdn.example/x.png) }", "another host"),
        ("callguard/console/static/more.css", '@import "https://cdn.example/x.css";', "another host"),
    ],
    ids=["altered", "sprite", "unlisted", "script", "link", "form", "image", "import"],
)
def test_what_is_not_as_it_should_be_is_named(tree: Path, path: str, text: str, said: str) -> None:
    (tree / path).write_text(text)
    status, told = look(tree)
    assert status == 1
    assert f"{path}: {said}" in told or f"{path}: asks {said}" in told


def test_a_missing_file_is_named(tree: Path) -> None:
    (tree / "callguard/console/static/vendor/htmx/LICENSE").unlink()
    assert look(tree) == (1, "callguard/console/static/vendor/htmx/LICENSE: missing\n")


def test_a_link_to_elsewhere_that_somebody_must_follow_is_allowed(tree: Path) -> None:
    (tree / "callguard/console/templates/x.html").write_text('<a href="https://www.example.org/">Elsewhere</a>')
    assert look(tree)[0] == 0


def test_every_package_has_its_licence_beside_it_and_is_credited() -> None:
    shown = (ROOT / "THIRD_PARTY.md").read_text()
    packages = runpy.run_path(str(TOOL))["PACKAGES"]
    assert {package.name for package in packages} == {"htmx.org", "lucide-static", "axe-core"}
    for package in packages:
        assert (package.home / "LICENSE").is_file()
        assert f"| {package.name} |" in shown


def test_the_lock_names_versions_and_hashes_but_no_host() -> None:
    text = (ROOT / "frontend" / "package-lock.json").read_text()
    assert "http" not in text
    packages = json.loads(text)["packages"]
    assert all(entry["integrity"] for name, entry in packages.items() if name)
