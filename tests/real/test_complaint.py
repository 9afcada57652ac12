"""A complaint about a call that the daemon really blocked: field by field against the form, and nothing invented."""

import json
import stat
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.real.peers import guard as guards
from tests.real.peers.guard import BLOCKED, Guard, Json, account, household
from tests.real.peers.process import Stage
from tests.real.peers.wire import Peer, Request, offer

ZONE = "America/Denver"
LINE = "+13035550100"
PERSON = ("Annabelle", "Leeward", "1 Secret Street")
OPEN_TO_THE_FTC = {"prerecorded", "subject", "subject_other", "caller_name", "business", "asked_to_stop"}
OF_THE_PROFILE = {"first_name", "last_name", "street", "city", "state", "postcode"}


@pytest.fixture
def guard(stage: Stage, registrar: Peer) -> Guard:
    """A guard on a line that has long been registered."""
    config = household(
        account(registrar.address),
        timezone=ZONE,
        policy={"withheld_callers": "block"},
        lines={"Home": {"number": LINE}},
        dnc={"lines": {"Home": {"jurisdiction": "us", "registered_on": "2020-01-01"}}},
    )
    return guards.protecting(stage, config)


@pytest.fixture
def blocked(guard: Guard, registrar: Peer) -> Json:
    """The call it blocked."""
    return _ring(guard, registrar)


def _ring(guard: Guard, registrar: Peer, *headers: str) -> Json:
    before = len(guard.calls())
    uri, address = guard.contact()
    invite = Request(
        method="INVITE", uri=uri, source=registrar.address, number=BLOCKED, body=offer("127.0.0.1", 4000),
        to=f"<sip:{LINE}@pbx.test>", extra=headers,
    )  # fmt: skip
    registrar.send(invite, address)
    final = registrar.final(invite, 10)
    registrar.send(invite.like("ACK", to=final.get("To")), address)
    assert final.status == 607
    return guard.wait_for_calls(before + 1)[-1]


def _fields(answer: Json) -> dict[str, Json]:
    return {field["label"]: field for field in answer["draft"]["fields"]}


def test_the_ftcs_form_holds_what_the_record_holds_and_names_the_rest(guard: Guard, blocked: Json) -> None:
    draft = guard.ask("complaints", "draft", blocked["id"])["draft"]
    at = datetime.fromisoformat(guard.ask("explain", blocked["id"])["record"]["call"]["received_at"])
    local = at.astimezone(ZoneInfo(ZONE))
    filled = {field["label"]: (field["value"], field["origin"]) for field in draft["fields"] if field["value"]}
    comment = filled.pop("Comments")[0]
    assert filled == {
        "Phone number that was called": ("3035550100", "record"),
        "Date of the call": (f"{local:%m/%d/%Y}", "record"),
        "Time of the call (hour)": (f"{local:%H}", "record"),
        "Time of the call (minutes)": (f"{local:%M}", "record"),
        "Was it a phone call or a mobile text message?": ("Phone call", "record"),
        "Phone number of the caller": (BLOCKED.removeprefix("+1"), "record"),
    }
    assert {field["holds"] for field in draft["fields"] if not field["value"]} == OPEN_TO_THE_FTC | OF_THE_PROFILE
    assert draft["unanswered"] == ["Was it a prerecorded message?", "What was the call about?"]
    assert f"Caller ID showed {BLOCKED}" in comment
    assert "refused automatically before anybody answered" in comment
    assert draft["assessment"]["eligibility"] == "needs-answers"
    assert {"kind", "prerecorded", "subject"} <= {one["key"] for one in draft["assessment"]["questions"]}


def test_a_household_answers_exports_files_and_takes_it_back(guard: Guard, blocked: Json, tmp_path: Path) -> None:
    for words in (
        ("profile", "set", "--first-name", PERSON[0], "--last-name", PERSON[1], "--street", PERSON[2]),
        ("answer", blocked["id"], "--kind", "sales", "--prerecorded", "yes", "--subject", "Vacation & timeshares"),
        ("answer", blocked["id"], "--business", "no", "--asked-to-stop", "no"),
    ):
        done = guard.cli("complaints", *words)
        assert done.returncode == 0, done.stdout + done.stderr
    paths = [Path(one) for one in guard.ask("complaints", "export", blocked["id"], "--to", str(tmp_path))]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    document = json.loads(paths[0].read_text("utf-8"))
    assert (document["eligibility"], document["unanswered"], document["statement"]) == (
        "eligible",
        [],
        "not submitted",
    )
    assert all(PERSON[0] in path.read_text("utf-8") for path in paths)
    pieces = {piece["what"]: piece for piece in document["evidence"]}
    assert pieces["registration"]["registered_on"] == "2020-01-01"
    assert pieces["registration"]["known_from"]
    filed = guard.ask("complaints", "filed", blocked["id"], "--reference", "12345678")
    assert (filed["complaint"]["state"], filed["complaint"]["reference"]) == ("filed", "12345678")
    guard.ask("undo", str(filed["change"]["id"]))
    listed = next(one for one in guard.ask("complaints", "list") if one["call"]["id"] == blocked["id"])
    assert (listed["complaint"]["state"], listed["assessment"]["eligibility"]) == ("draft", "eligible")
    _nobody_else_knows(guard)


def _nobody_else_knows(guard: Guard) -> None:
    """Prove that name and address are in the profile and nowhere else in the house."""
    guard.stop()
    kept = [path for path in guard.data.rglob("*") if path.is_file()]
    knowing = [path.name for path in kept if any(text.encode() in path.read_bytes() for text in PERSON)]
    assert knowing == ["complaint-profile.json"]
    assert not any(text in guard.said() for text in PERSON)


def test_a_hidden_caller_is_for_the_fcc(guard: Guard, registrar: Peer) -> None:
    call = _ring(guard, registrar, "Privacy: id")
    assert call["presentation"] == "withheld"
    draft = guard.ask("complaints", "draft", call["id"])["draft"]
    held = {field["holds"]: field["value"] for field in draft["fields"]}
    assert (draft["agency"], held["caller_number"], held["issue"]) == ("fcc", "", "Unwanted Calls")
    assert "only the Federal Communications Commission takes" in " ".join(draft["assessment"]["reasons"])
    asked = guard.ask("complaints", "draft", call["id"], "--agency", "ftc")["draft"]
    assert asked["assessment"]["eligibility"] == "not-eligible"


def test_two_calls_of_one_number_are_linked_not_merged(guard: Guard, blocked: Json, registrar: Peer) -> None:
    second = _ring(guard, registrar)
    drafts = [guard.ask("complaints", "draft", one["id"])["draft"] for one in (blocked, second)]
    assert [one["related"] for one in drafts] == [[second["id"]], [blocked["id"]]]
    assert len(guard.ask("complaints", "list")) == 2
