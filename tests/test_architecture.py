"""The shape of the house, checked: floors, plugins apart, nothing ambient, small files and functions."""

import ast
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import callguard

ROOT = Path(__file__).parent.parent
CORE = ROOT / "callguard"

FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"model", "place", "systemd", "ambient", "version"}),
    frozenset({"hookspecs", "home", "config"}),
    frozenset({"policy", "law", "store", "numberlist", "asking", "finding", "web", "apart", "access"}),
    frozenset({"plugins", "settings", "lines"}),
    frozenset({"screening", "sentences", "jobs", "journal", "blueprint", "stall", "lists", "backup"}),
    frozenset({"health", "story", "nightly"}),
    frozenset({"house"}),
    frozenset({"doctor"}),
    frozenset({"control"}),
    frozenset({"beside"}),
    frozenset({"daemon"}),
    frozenset({"cli", "testing", "console"}),
    frozenset({"__main__"}),
)
"""Each floor may import only from the floors below it, and from itself within one folder."""

FLOOR_OF = {part: level for level, floor in enumerate(FLOORS) for part in floor}
PLUGINS = sorted(p for p in (ROOT / "plugins").iterdir() if (p / "__init__.py").exists())
PRODUCT = sorted([*CORE.rglob("*.py"), *(f for p in PLUGINS for f in p.rglob("*.py"))])
GENERATED = CORE / "cli" / "template"

PURE = ("model", "policy", "law")
AMBIENT = {"time", "random", "secrets", "socket", "asyncio", "os", "threading", "sqlite3", "subprocess", "logging"}
ANY_IS_FINE = {"plugins.py", "asking.py"}
"""The two files that hold what plugins return before it has been checked."""


def imports(path: Path, *, at_run_time: bool = True) -> Iterator[str]:
    """Every module that *path* imports, those for type checkers only left out."""
    tree = ast.parse(path.read_text())
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if at_run_time and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            parts = [f"{node.module}.{alias.name}" for alias in node.names]
            is_package = node.module == "callguard" and path.is_relative_to(CORE)
            yield from parts if is_package else [node.module]
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def core_files() -> list[Path]:
    return [p for p in sorted(CORE.rglob("*.py")) if p != CORE / "__init__.py" and GENERATED not in p.parents]


def part_of(path: Path) -> str:
    return path.relative_to(CORE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", core_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_from_the_floors_below_it(path: Path) -> None:
    mine = part_of(path)
    for name in imports(path):
        if not name.startswith("callguard."):
            assert not name.startswith("callguard_"), f"the core must not import the plugin {name}"
            continue
        other = name.split(".")[1]
        assert other == mine or FLOOR_OF[other] < FLOOR_OF[mine], f"{mine} must not import {other}"


def test_every_part_of_the_house_has_a_floor() -> None:
    parts = {part_of(path) for path in core_files()}
    assert parts == set(FLOOR_OF)


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda p: p.name)
def test_a_plugin_imports_only_public_names_and_no_other_plugin(plugin: Path) -> None:
    others = {p.name for p in PLUGINS} - {plugin.name}
    for source in plugin.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "callguard":
                unknown = {alias.name for alias in node.names} - set(callguard.__all__)
                assert not unknown, f"{source} imports {unknown}, which callguard does not offer"
        for name in imports(source, at_run_time=False):
            assert not name.startswith("callguard."), f"{source} imports {name}, which is not public"
            assert name.split(".")[0] not in others, f"{source} imports another plugin, {name}"


def test_every_public_name_can_be_imported() -> None:
    for name in callguard.__all__:
        assert getattr(callguard, name) is not None


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda p: p.name)
def test_every_plugin_folder_is_registered_described_and_typed(plugin: Path) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["callguard"]
    assert any(value.startswith(plugin.name + ".") for value in declared.values())
    assert any(point.module.startswith(plugin.name) for point in entry_points(group="callguard"))
    assert (plugin / "README.md").exists()
    assert (plugin / "py.typed").exists()


@pytest.mark.parametrize("part", PURE)
def test_the_ground_floor_and_the_policy_do_nothing_but_think(part: str) -> None:
    for path in (CORE / part).rglob("*.py"):
        found = {name.split(".")[0] for name in imports(path)} & AMBIENT
        assert not found, f"{path} imports {found}"


@pytest.mark.parametrize("path", sorted((ROOT / "plugins").glob("callguard_*/core/*.py")), ids=lambda p: p.name)
def test_a_protocol_core_does_no_input_or_output(path: Path) -> None:
    found = {name.split(".")[0] for name in imports(path)} & (AMBIENT - {"logging"})
    assert not found, f"{path} imports {found}"


def functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in PRODUCT:
        if GENERATED in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_functions_are_short_and_modules_small() -> None:
    lengths = sorted(length(node) for _, node in functions())
    longest = [f"{p.name}:{n.name}" for p, n in functions() if length(n) > 60]
    assert not longest, f"over 60 lines: {longest}"
    assert statistics.median(lengths) < 10
    assert lengths[int(len(lengths) * 0.95)] < 35
    assert not [p.name for p in PRODUCT if p.read_text().count("\n") > 500]


def test_a_daemon_needs_no_geocoder_and_no_web_server_before_its_lines_are_up() -> None:
    code = "import callguard.daemon, callguard_sip.plugin, callguard_rules.plugin, sys; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(shown.stdout.split())
    assert not loaded & {"phonenumbers.geocoder", "aiohttp", "jinja2", "dns"}
