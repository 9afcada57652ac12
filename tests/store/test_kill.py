"""kill -9 at random moments under load: what was acknowledged is there, and the file is sound."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from callguard import CHANCE_BITS, new_id
from callguard.model.wire import decode_record
from callguard.store import Store

KILLS = int(os.environ.get("CALLGUARD_KILLS", "5"))
RECORD = """{"call": {"id": "x", "line": "Home", "received_at": "2026-11-22T18:45:03Z", "caller": {"presentation":
"shown", "number": "+13035550188"}, "details": {"padding": "%s"}}, "policy": {}, "verdict": {"action": "ring",
"rung": 7}}"""


def test_no_acknowledged_call_is_lost_by_kill_9(path: Path, open_store: Callable[..., Any]) -> None:
    chance = random.Random(KILLS)
    acknowledged: set[str] = set()
    for _ in range(KILLS):
        acknowledged |= killed_after(chance.uniform(0.01, 0.25), path)
        opened = open_store()
        assert opened.problems == ()
        assert opened.store.check() == ()
        with opened.store._database.reading() as connection:
            stored = {name for (name,) in connection.execute("SELECT id FROM calls")}
        opened.store.close()
        assert acknowledged <= stored
    assert len(acknowledged) > 50 * KILLS, "the load was real"


def killed_after(seconds: float, path: Path) -> set[str]:
    """Return the ids that a child acknowledged until it was killed, so many seconds after its first."""
    command = [sys.executable, __file__, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1) as child:
        assert child.stdout
        first = child.stdout.readline()
        time.sleep(seconds)
        child.kill()
        rest = child.stdout.read()
    lines = (first + rest).split("\n")
    return set(lines[:-1])  # the last one may be cut short


def append_for_ever(path: Path) -> None:
    chance = random.Random()
    record = decode_record(RECORD % ("." * 600))
    now = record.call.received_at
    store = Store.open(path, now=now).store
    while True:
        calls = [replace(record.call, id=new_id(now, chance.getrandbits(CHANCE_BITS))) for _ in range(50)]
        receipts = [store.append(replace(record, call=call)) for call in calls]
        for call, receipt in zip(calls, receipts, strict=True):
            receipt.result()
            print(call.id, flush=True)


if __name__ == "__main__":
    append_for_ever(Path(sys.argv[1]))
