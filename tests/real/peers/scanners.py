"""SIPVicious, which looks for telephones that answer strangers."""

import os
import subprocess

from tests.real.peers.process import Stage, require
from tests.real.peers.wire import Address


def scan(stage: Stage, scanner: str, target: Address, *words: str) -> str:
    """Let svmap or svwar look at *target*; returns all it says."""
    argv = [require(scanner, "sipvicious"), target[0], "-p", str(target[1]), *words]
    home = {**os.environ, "HOME": str(stage.folder)}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=50, cwd=stage.folder, env=home)
    return done.stdout + done.stderr
