"""kill -9 at random moments under load: what was acknowledged is there, nothing by halves, and the file is sound."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from callguard import CHANCE_BITS, Contact, Rule, RuleKind, RuleList, new_id
from callguard.model.wire import decode_record
from callguard.store import Receipt, Store

KILLS = int(os.environ.get("CALLGUARD_KILLS", "5"))
NOW = datetime(2026, 11, 22, 18, 45, 3, tzinfo=UTC)
RECORD = """{"call": {"id": "x", "line": "Home", "received_at": "2026-11-22T18:45:03Z", "caller": {"presentation":
"shown", "number": "+13035550188"}, "details": {"padding": "%s"}}, "policy": {}, "verdict": {"action": "ring",
"rung": 7}, "evidence": [{"source": "ftc", "code": "listed", "leaning": "unwanted", "facts": {"list": "ftc"}}]}"""
CONTACTS = 40


def test_nothing_acknowledged_is_lost_by_kill_9(path: Path, open_store: Callable[..., Any]) -> None:
    chance = random.Random(KILLS)
    acknowledged: set[str] = set()
    for _ in range(KILLS):
        acknowledged |= killed_after(chance.uniform(0.01, 0.25), path)
        opened = open_store()
        assert opened.problems == ()
        assert opened.store.check() == ()
        assert acknowledged <= everything(opened.store)
        hits = opened.store.hits(NOW)["ftc", "ftc"].hits
        assert hits == opened.store.counts().total, "a call and its hits are stored together"
        generations = {contact.name for contact in opened.store.contacts()}
        assert (len(generations), len(opened.store.contacts())) == (1, CONTACTS), "no book is half replaced"
        opened.store.close()
    assert len(acknowledged) > 50 * KILLS, "the load was real"


def everything(store: Store) -> set[str]:
    """Return what the store has, in the words of the child."""
    with store._database.reading() as connection:
        calls = {name for (name,) in connection.execute("SELECT id FROM calls")}
    rules = {f"rule {rule.value}" for rule in store.rules()}
    dialled = {f"dialled {known.number}" for known in store.dialled_since(NOW)}
    newest = store.settings().get("generation", 0)
    assert isinstance(newest, int)
    settings = {f"setting {n}" for n in range(newest + 1)}
    books = {f"book {n}" for n in range(int(store.contacts()[0].name) + 1)}
    return calls | rules | dialled | settings | books


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


def write_for_ever(path: Path) -> None:
    chance = random.Random()
    record = decode_record(RECORD % ("." * 600))
    store = Store.open(path, now=NOW).store
    first = store.settings().get("generation", 0)
    assert isinstance(first, int)
    for generation in count(first + 1):
        number = f"+1{chance.randrange(10**9):09}"
        rule = Rule(list=RuleList.BLOCK, kind=RuleKind.EXACT, value=number, uses_left=2)
        people = [Contact(book="b", uid=f"u{n:02}", name=f"{generation}") for n in range(CONTACTS)]
        calls = [replace(record.call, id=new_id(NOW, chance.getrandbits(CHANCE_BITS))) for _ in range(50)]
        receipts: list[tuple[str, Receipt[Any]]] = [
            (f"rule {number}", store.add_rule(rule, by="ada", now=NOW)),
            (f"book {generation}", store.replace_contacts("b", people, by="contacts")),
            (f"dialled {number}", store.note_dialled(number, NOW)),
            *((call.id, store.append(replace(record, call=call))) for call in calls),
            (f"setting {generation}", store.set_setting("generation", generation, by="ada", now=NOW)),
        ]
        for what, receipt in receipts:
            receipt.result()
            print(what, flush=True)


if __name__ == "__main__":
    write_for_ever(Path(sys.argv[1]))
