"""The peer callattendant 2.4.0, deciding about calls in a process of its own."""

import json
import subprocess
import venv
from pathlib import Path

import pytest

VERSION = "2.4.0"
_CACHE = Path(__file__).parents[1] / ".cache" / f"callattendant-{VERSION}"
_DECIDE = """
import contextlib, io, json, re, sqlite3, sys, time
sys.path.insert(0, sys.argv[1])
from screening.callscreener import CallScreener
asked = json.load(sys.stdin)
db = sqlite3.connect(":memory:")
config = {"DEBUG": False, "TESTING": False, "BLOCK_SERVICE": "NONE", "CALLERID_PATTERNS_FILE": asked["patterns"]}
silence = io.StringIO()
times = []
with contextlib.redirect_stdout(silence):
    screener = CallScreener(db, config)
    db.executemany("INSERT INTO Blacklist VALUES (?, ?, ?, ?)", ((n, "", "", "") for n in asked["blocked"]))
    for number in asked["numbers"]:
        caller = {"NMBR": number, "NAME": "JOHN DOE"}
        begun = time.perf_counter()
        screener.is_whitelisted(caller)[0] or screener.is_blacklisted(caller)[0]
        times.append((time.perf_counter() - begun) * 1e6)
        silence.seek(0); silence.truncate()
print(json.dumps(times))
"""


def decide(folder: Path, patterns: list[str], blocked: list[str], numbers: list[str]) -> list[float]:
    """Return the microseconds of each decision; skips where the peer cannot be installed."""
    python = installed()
    file = folder / "callerid_patterns.yaml"
    empty: dict[str, str] = {}
    table = {"permitnames": empty, "permitnumbers": empty, "blocknames": empty}
    file.write_text(json.dumps({**table, "blocknumbers": dict.fromkeys(patterns, "pattern")}))
    home = subprocess.run(
        [python, "-c", "import callattendant, pathlib; print(pathlib.Path(callattendant.__file__).parent)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    asked = {"patterns": str(file), "blocked": blocked, "numbers": numbers}
    done = subprocess.run(
        [python, "-c", _DECIDE, home],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode:
        pytest.skip(f"callattendant does not decide here: {done.stderr.strip().splitlines()[-1:]}")
    times: list[float] = json.loads(done.stdout)
    return times


def installed() -> str:
    """Return the Python in which the peer is installed; skips where it cannot be."""
    python = _CACHE / "bin" / "python"
    if not python.exists():
        venv.create(_CACHE, with_pip=True)
        wanted = [f"callattendant=={VERSION}"]
        done = subprocess.run(
            [python, "-m", "pip", "install", "-q", *wanted], capture_output=True, text=True, check=False
        )
        if done.returncode:
            python.unlink()
            pytest.skip(f"callattendant cannot be installed here: {done.stderr.strip()[-200:]}")
    return str(python)
