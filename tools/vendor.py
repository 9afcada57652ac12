"""Copies what the console takes from others into the tree, with licences and hashes: `python tools/vendor.py`.

The files are committed, so that neither households nor builds need Node or a network. `--check` (offline) tells
whether the tree holds exactly these files and no page asks another host for anything.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
CONSOLE = ROOT / "callguard" / "console"
STATIC = CONSOLE / "static"
SHIPPED = STATIC / "vendor"
FOR_TESTS = ROOT / "tests" / "real" / "vendor"
LISTING = "VENDOR.json"
SPRITE = STATIC / "icons.svg"
CREDITS = ROOT / "THIRD_PARTY.md"
ICONS = FRONTEND / "icons.txt"
_ICON_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_ELSEWHERE = re.compile(
    r"""(?:\bsrc\s*=|<(?:link|use|image|script|form)\b[^>]*?\b(?:href|action)\s*=|url\(|@import)\s*["'(]*\s*(?:https?:)?//""",
    re.IGNORECASE,
)
"""What a browser fetches by itself, or sends; a link that somebody must follow is none of it."""
_MEANT = re.compile(r"\{[{%#].*?[#%}]\}", re.DOTALL)


@dataclass(frozen=True, slots=True, eq=False)
class Package:
    """What is taken of one package, and where it goes."""

    name: str
    folder: Path
    files: dict[str, str]
    "From the package: to the folder."
    also: tuple[Path, ...] = field(default=())
    "Files of the tree that are made of it."

    @property
    def home(self) -> Path:
        """Where its files are kept."""
        return self.folder / self.name.removesuffix(".org")


PACKAGES = (
    Package(
        "htmx.org",
        SHIPPED,
        {"dist/htmx.min.js": "htmx.min.js", "dist/ext/hx-sse.min.js": "hx-sse.min.js", "LICENSE": "LICENSE"},
    ),
    Package("lucide-static", SHIPPED, {"LICENSE": "LICENSE"}, (SPRITE,)),
    Package(
        "axe-core",
        FOR_TESTS,
        {"axe.min.js": "axe.min.js", "LICENSE": "LICENSE", "LICENSE-3RD-PARTY.txt": "LICENSE-3RD-PARTY.txt"},
    ),
)


def fetch() -> None:
    """Install the pinned packages beside the tree, and copy what is wanted of them."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(FRONTEND / name, scratch)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=scratch, check=True)
        modules = Path(scratch) / "node_modules"
        for folder in (SHIPPED, FOR_TESTS):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        SPRITE.write_text(_sprite(modules / "lucide-static" / "icons"))
        entries = {package: _take(package, modules / package.name) for package in PACKAGES}
    for folder in (SHIPPED, FOR_TESTS):
        listed = [entry for package, entry in entries.items() if package.folder == folder]
        (folder / LISTING).write_text(json.dumps(listed, indent=2) + "\n")
    CREDITS.write_text(_credits(list(entries.values())))


def _take(package: Package, source: Path) -> dict[str, object]:
    for wanted, name in package.files.items():
        package.home.mkdir(exist_ok=True)
        shutil.copyfile(source / wanted, package.home / name)
    about = json.loads((source / "package.json").read_text())
    kept = [*(package.home / name for name in package.files.values()), *package.also]
    return {
        "name": package.name,
        "version": about["version"],
        "licence": about["license"],
        "source": f"npm package {package.name} {about['version']}",
        "files": {_relative(path): _digest(path) for path in kept},
    }


def _sprite(icons: Path) -> str:
    symbols = [_symbol(name, (icons / f"{name}.svg").read_text()) for name in ICONS.read_text().split()]
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', *symbols, "</svg>", ""])


def _symbol(name: str, text: str) -> str:
    found = _ICON_BODY.search(text)
    if found is None:
        raise ValueError(f"{name}.svg is no icon")
    shapes = " ".join(found[1].split())
    return (
        f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        f'stroke-linecap="round" stroke-linejoin="round">{shapes}</symbol>'
    )


def _credits(entries: list[dict[str, object]]) -> str:
    rows = [f"| {e['name']} | {e['version']} | {e['licence']} | {', '.join(_paths(e))} |" for e in entries]
    head = [
        "# What CallGuard takes from others",
        "",
        "Written by `tools/vendor.py`. Each licence stands beside its files; for Python packages see pyproject.toml.",
        "axe-core serves the tests and is no part of what is installed.",
        "",
        "| package | version | licence | files |",
        "|---|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


def _paths(entry: dict[str, object]) -> list[str]:
    files = entry["files"]
    return [f"`{path}`" for path in files] if isinstance(files, dict) else []


def check() -> list[str]:
    """Return what is not as it was fetched, one line each."""
    listed: dict[str, str] = {}
    for folder in (SHIPPED, FOR_TESTS):
        for entry in json.loads((folder / LISTING).read_text()):
            listed |= entry["files"]
    return [*_altered(listed), *_unlisted(listed), *_elsewhere()]


def _altered(listed: dict[str, str]) -> Iterator[str]:
    for name, digest in listed.items():
        path = ROOT / name
        if not path.is_file():
            yield f"{name}: missing"
        elif _digest(path) != digest:
            yield f"{name}: not as it was fetched"


def _unlisted(listed: dict[str, str]) -> Iterator[str]:
    for folder in (SHIPPED, FOR_TESTS):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name != LISTING and _relative(path) not in listed:
                yield f"{_relative(path)}: not listed"


def _elsewhere() -> Iterator[str]:
    ours = [*(CONSOLE / "templates").rglob("*.html"), *STATIC.glob("*.css"), *STATIC.glob("*.js")]
    for path in sorted(ours):
        if _ELSEWHERE.search(_MEANT.sub("", path.read_text())):
            yield f"{_relative(path)}: asks another host"


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def main() -> int:
    """Fetch, or with `--check` only look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only look, without a network")
    if not parser.parse_args().check:
        fetch()
    wrong = check()
    sys.stdout.write("\n".join(wrong or ["All files are as they were fetched."]) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
