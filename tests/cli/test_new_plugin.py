"""`callguard new-plugin`: what it writes installs, passes its own tests and is found by the daemon."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from callguard.cli.new_plugin import new_plugin

ROOT = Path(__file__).parents[2]


def write(folder: Path, name: str = "area_codes") -> Result:
    return CliRunner().invoke(new_plugin, [name, "--into", str(folder)])


def run(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("new")
    result = write(folder)
    assert result.exit_code == 0, result.output
    return folder / "callguard-area-codes"


@pytest.fixture(scope="module")
def installed(project: Path) -> Path:
    target = project.parent / "site"
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--no-index")
    run(sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(project), cwd=project)
    return target


def callguard(*arguments: str, installed: Path, house: Path) -> str:
    house.mkdir(exist_ok=True)
    where = ("--config", str(house / "config.yaml"), "--data-dir", str(house))
    path = os.pathsep.join((str(installed), os.environ.get("PYTHONPATH", "")))
    command = (sys.executable, "-W", "ignore", "-m", "callguard", *where, *arguments)
    return run(*command, cwd=house, PYTHONPATH=path).stdout


def test_the_project_has_everything_a_plugin_needs(project: Path) -> None:
    files = {str(path.relative_to(project)) for path in project.rglob("*") if path.is_file()}
    assert files >= {
        "pyproject.toml",
        "README.md",
        "config-snippet.yaml",
        "callguard_area_codes/__init__.py",
        "callguard_area_codes/plugin.py",
        "callguard_area_codes/py.typed",
        "tests/test_plugin.py",
    }


def test_no_mark_of_the_template_is_left_over(project: Path) -> None:
    for path in project.rglob("*"):
        if path.is_file() and path.suffix in (".py", ".toml", ".md", ".yaml"):
            assert "@NAME@" not in (text := path.read_text("utf-8"))
            assert not [mark for mark in ("@CLASS@", "@PACKAGE@", "@PROJECT@", "@VERSION@") if mark in text]


def test_its_own_tests_pass_once_it_is_installed(project: Path, installed: Path) -> None:
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error")
    assert "3 passed" in run(*command, cwd=project, PYTHONPATH=str(installed)).stdout


def test_the_daemon_lists_it_after_installation(installed: Path, tmp_path: Path) -> None:
    listed = json.loads(callguard("plugins", "--json", installed=installed, house=tmp_path))
    (mine,) = [plugin for plugin in listed if plugin["name"] == "area_codes"]
    assert mine["origin"] == "callguard-area-codes 0.1.0"
    assert mine["hooks"] == ["check_call"]
    assert not mine["shipped"]


def test_its_configuration_snippet_works_as_it_is(project: Path, installed: Path, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text((project / "config-snippet.yaml").read_text("utf-8"))
    said = callguard("try", "+1 900 555 0123", installed=installed, house=tmp_path)
    assert "(900) 555-0123 begins with +1900, which you distrust +30" in said


def test_the_written_code_is_clean(project: Path) -> None:
    run(sys.executable, "-m", "ruff", "check", "--isolated", ".", cwd=project)
    run(sys.executable, "-m", "ruff", "format", "--isolated", "--check", ".", cwd=project)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_written_code_is_fully_typed(project: Path) -> None:
    cache = ROOT / ".mypy_cache" / "new-plugin"
    run(
        *(sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", f"--cache-dir={cache}", "."),
        cwd=project,
        MYPYPATH=f"{ROOT}{os.pathsep}{ROOT / 'plugins'}",
    )


def test_nothing_is_ever_overwritten(project: Path) -> None:
    mine = project / "callguard_area_codes" / "plugin.py"
    before = mine.read_bytes()
    result = write(project.parent)
    assert result.exit_code == 1
    assert "is there already; nothing was changed" in result.output
    assert mine.read_bytes() == before


@pytest.mark.parametrize(
    "name", ["", "x", "Area", "area-codes", "1st", "_a", "a_", "é1", "a b", "../up", "a" * 31, "a.b", "-x"]
)
def test_a_name_that_cannot_be_one_is_refused_in_words(tmp_path: Path, name: str) -> None:
    result = CliRunner().invoke(new_plugin, ["--into", str(tmp_path), "--", name])
    assert result.exit_code == 2
    assert "small letters, digits and underscores" in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["sip", "rules", "simulator", "policy", "country"])
def test_a_name_that_is_taken_is_refused(tmp_path: Path, name: str) -> None:
    result = write(tmp_path, name)
    assert result.exit_code == 2
    assert "taken already" in result.output


@pytest.mark.parametrize("name", ["call", "home", "none", "class_", "import"])
def test_names_that_python_uses_for_something_else_make_valid_code(tmp_path: Path, name: str) -> None:
    result = write(tmp_path, name)
    if name.endswith("_"):
        assert result.exit_code == 2
        return
    assert result.exit_code == 0
    code = (tmp_path / f"callguard-{name}" / f"callguard_{name}" / "plugin.py").read_text("utf-8")
    compile(code, name, "exec")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = write(tmp_path / "file" / "below")
    assert result.exit_code == 1
    assert "cannot be written" in result.output
