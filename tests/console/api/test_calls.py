"""Calls, as programs read them."""

import csv
import io
import json
from datetime import timedelta

from callguard.access import Right
from tests.console.api.conftest import Program, program_of
from tests.console.callmaking import HOSTILE, OTHER, STRANGER, Made, goes_away, record, reported
from tests.console.conftest import Console

BLOCKED = "experience=blocked"


async def made(console: Console, count: int) -> list[str]:
    """Put so many calls into the log; return their ids, newest first."""
    making = Made(console.kernel.clock.now())
    records = [making.call(STRANGER, ago=timedelta(minutes=count - one)) for one in range(count)]
    await record(console, *records)
    return [one.call.id for one in reversed(records)]


async def test_pages_follow_each_other_and_calls_that_come_meanwhile_move_nothing(
    console: Console, reader: Program
) -> None:
    ids = await made(console, 5)
    first = await reader.get("/calls?limit=2")
    assert [one["id"] for one in first.body["calls"]] == ids[:2]
    await console.ring(OTHER)
    link = first.headers["Link"]
    assert link.endswith('>; rel="next"')
    second = await reader.get(link.partition("/api/v1")[2].partition(">")[0])
    assert [one["id"] for one in second.body["calls"]] == ids[2:4]
    last = await reader.get(f"/calls?limit=2&cursor={second.body['next']}")
    assert [one["id"] for one in last.body["calls"]] == ids[4:]
    assert last.body["next"] is None
    assert "Link" not in last.headers


async def test_calls_are_filtered_as_in_the_console(console: Console, reader: Program) -> None:
    making = Made(console.kernel.clock.now())
    blocked = making.call(STRANGER, evidence=reported(), name="CARD SERVICES")
    rang = making.call(OTHER, ago=timedelta(days=3), line="Office")
    await record(console, rang, blocked)
    day = (console.kernel.clock.now() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for asked, wanted in (
        ("experience=blocked,screened", [blocked]),
        ("experience=rang,blocked", [blocked, rang]),
        ("number=303%20555%200165", [rang]),
        ("q=card", [blocked]),
        ("line=Office", [rang]),
        ("action=block", [blocked]),
        ("opinion=open", [blocked]),
        (f"since={day}", [blocked]),
        (f"until={day}", [rang]),
    ):
        answered = await reader.get(f"/calls?{asked}")
        assert [one["id"] for one in answered.body["calls"]] == [one.call.id for one in wanted], asked


async def test_a_filter_that_makes_no_sense_is_named(reader: Program) -> None:
    for asked, parameter in (
        ("experience=loved", "experience"),
        ("number=12", "number"),
        ("since=yesterday", "since"),
        ("since=2026-11-01", "since"),
        ("until=0001-01-01T00:00:00Z", "until"),
        ("limit=0", "limit"),
        ("limit=1_0", "limit"),
        ("limit=5000", "limit"),
        ("cursor=!", "cursor"),
        ("cursor=WzFd", "cursor"),
        ("cursor=WyJ4Il0", "cursor"),
        ("page=2", "page"),
    ):
        answered = await reader.get(f"/calls?{asked}")
        assert answered.status == 400, asked
        assert [one["parameter"] for one in answered.body["errors"]] == [parameter]
    assert (await reader.get("/calls?limit=1&limit=2")).status == 400


async def test_one_call_comes_with_its_story_and_its_record(console: Console, reader: Program) -> None:
    one = Made(console.kernel.clock.now()).call(STRANGER, evidence=reported())
    await record(console, one)
    answered = await reader.get(f"/calls/{one.call.id}")
    assert answered.body["reproduced"] is True
    assert answered.body["call"]["experience"] == "blocked"
    assert answered.body["opinion"] == "open"
    assert answered.body["record"]["call"]["id"] == one.call.id
    signals = answered.body["story"]["steps"][5]
    assert signals["outcome"] == "decided"
    assert "112" in signals["items"][0]["text"]


async def test_a_call_that_is_not_there_is_not_found(console: Console, program: Program) -> None:
    for call_id in ("made-up", "1m83", "%00", "a%2Fb", "%0A"):
        assert (await program.get(f"/calls/{call_id}")).status == 404
        assert (await program.put(f"/calls/{call_id}/opinion", {"opinion": "right"})).status == 404
        assert (await program.get(f"/complaints/{call_id}")).status == 404


async def test_nothing_is_sent_again_while_nothing_changed(console: Console, reader: Program) -> None:
    await made(console, 1)
    first = await reader.get("/calls")
    tag = first.headers["ETag"]
    for said in (tag, f'"other", W/{tag}', "*"):
        again = await reader.get("/calls", If_None_Match=said) if said != "*" else None
        assert again is None or (again.status, again.text) == (304, "")
    await console.ring(OTHER)
    assert (await reader.get("/calls", If_None_Match=tag)).status == 200


async def test_an_opinion_is_kept_and_can_be_taken_back(console: Console, program: Program) -> None:
    one = Made(console.kernel.clock.now()).call(STRANGER, evidence=reported())
    await record(console, one)
    done = await program.put(f"/calls/{one.call.id}/opinion", {"opinion": "wrong"})
    assert (await program.get(f"/calls/{one.call.id}")).body["opinion"] == "wrong"
    assert (await program.get("/calls?opinion=open")).body["calls"] == []
    await program.post(f"/changes/{done.body['change']['id']}/undo")
    assert (await program.get(f"/calls/{one.call.id}")).body["opinion"] == "open"


async def test_a_number_has_a_history_in_any_spelling(console: Console, reader: Program) -> None:
    await made(console, 3)
    await console.ask("add-rule", list="block", value=STRANGER)
    for written in ("%2B13035550164", "303%20555%200164", "(303)555-0164", "tel:+1-303-555-0164"):
        answered = await reader.get(f"/callers/{written}")
        assert answered.body["number"] == STRANGER
        assert answered.body["history"]["calls"] == 3
        assert [one["value"] for one in answered.body["rules"]] == [STRANGER]
    assert (await reader.get(f"/callers/{OTHER}")).body["history"] is None
    assert (await reader.get("/callers/12")).body["errors"][0]["parameter"] == "number"


async def test_figures_are_those_of_the_days_that_are_wanted(console: Console, reader: Program) -> None:
    await made(console, 3)
    answered = await reader.get("/statistics")
    assert answered.body["total"]["rang"] == 3
    assert len(answered.body["days"]) in (30, 31)
    for asked in (
        "since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z",
        "since=1990-01-01T00:00:00Z&until=2026-01-01T00:00:00Z",
    ):
        assert (await reader.get(f"/statistics?{asked}")).status == 400


async def test_what_would_become_of_a_call_leaves_no_trace(console: Console, reader: Program) -> None:
    await console.ask("add-rule", list="block", value=STRANGER)
    answered = await reader.post("/try", {"number": "303 555 0164", "name": "x"})
    assert answered.body["call"]["action"] == "block"
    assert answered.body["story"]["tried"] is True
    assert answered.body["reproduced"] is True
    assert (await reader.post("/try", {"withheld": True})).body["call"]["presentation"] == "withheld"
    assert (await reader.get("/calls")).body["calls"] == []


async def test_a_call_of_nobody_cannot_be_tried_nor_others_asked_without_the_right(
    console: Console, reader: Program
) -> None:
    for said in ({}, {"number": STRANGER, "withheld": True}):
        assert (await reader.post("/try", said)).body["errors"][0]["pointer"] == "/number"
    assert (await reader.post("/try", {"number": STRANGER, "online": True})).status == 403
    caller = program_of(console, Right.CALLS)
    assert (await caller.post("/try", {"number": STRANGER, "online": True})).status == 200


async def test_a_file_of_calls_has_all_of_them_and_no_formula(console: Console, reader: Program) -> None:
    await made(console, 3)
    await console.ring(OTHER, name='=HYPERLINK("http://evil.example")')
    await console.ring(OTHER, name=HOSTILE)
    answered = await reader.get("/calls/export?kind=csv")
    rows = list(csv.DictReader(io.StringIO(answered.text.lstrip("\ufeff"))))
    assert len(rows) == 5
    assert rows[1]["Name as sent"].startswith("'=HYPERLINK")
    lines = (await reader.get(f"/calls/export?kind=json&number={STRANGER}")).text.splitlines()
    assert [json.loads(line)["number"] for line in lines] == [STRANGER] * 3
    assert (await reader.get("/calls/export?kind=pdf")).status == 400


async def test_what_callers_send_comes_as_json_text(console: Console, reader: Program) -> None:
    one = await console.ring(OTHER, name=HOSTILE)
    for path in ("/calls", f"/calls/{one.call.id}", "/status", "/lines", f"/complaints/{one.call.id}"):
        answered = await reader.get(path)
        assert answered.status == 200
        assert answered.headers["Content-Type"].startswith("application/json")
        assert "\u202e" not in answered.text
        assert "\x1b" not in answered.text


async def test_the_log_is_there_while_the_daemon_is_away_and_changes_are_refused(
    console: Console, program: Program
) -> None:
    await made(console, 1)
    await goes_away(console)
    assert len((await program.get("/calls?number=3035550164")).body["calls"]) == 1
    answered = await program.post("/rules", {"list": "block", "value": STRANGER})
    assert answered.status == 503
    assert "does not answer" in answered.body["detail"]
