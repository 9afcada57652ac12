"""`callguard complaints` at the terminal, in front of a house that only remembers what it is asked."""

import json
import logging
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from callguard import CallRecord, Circumstances, Draft
from callguard.cli.client import Asker
from callguard.control.answers import complaint_facts, draft_facts, jsonable
from callguard.model.complaint import Complaint, ComplaintState
from callguard.testing import a_call, a_record
from callguard_complaints import asking
from callguard_complaints.command import complaints
from tests.plugins.complaints.helpers.house import House
from tests.plugins.complaints.helpers.law import CALLED_AT, DENVER, NOW, US, registered

ANNA = {"first-name": "Annabelle", "last-name": "Leeward", "street": "1 Secret Street", "city": "Hiddenville",
        "state": "CO", "postcode": "80299", "email": "anna@example.org", "phone": "+13035550133"}  # fmt: skip


class Desk:
    """Answers as the house does, and remembers every word it was told."""

    def __init__(self, house: House, data: Path) -> None:
        self.house = house
        self.data = data
        self.record = a_record(a_call(received_at=CALLED_AT))
        self.answers: dict[str, str] = {}
        self.state = ComplaintState.DRAFT
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.given: list[tuple[CallRecord, Circumstances]] = []

    def ask(self, ctx: click.Context, command: str, arguments: dict[str, Any]) -> Any:
        self.asked.append((command, arguments))
        if command == "complaint-answer":
            self.answers |= arguments["answers"]
        if command == "complaint-state":
            self.state = ComplaintState(arguments["state"])
        call = {"id": self.record.call.id, "at": "2026-06-10T14:03:00-06:00", "who": "(303) 555-0164 “x\x1b[31m”"}
        case = {"call": call, "complaint": complaint_facts(self.complaint()), "change": {"id": 7}}
        made = self.draft(arguments.get("agency", ""))
        if command == "complaints":
            return [{**case, "assessment": jsonable(made.assessment)}]
        return json.loads(json.dumps({**case, "draft": draft_facts(made)}))

    def draft(self, agency: str = "") -> Draft:
        household = Circumstances(
            jurisdiction=US, dnc=registered(), answers=self.answers, today=NOW.date(),
            local_time=CALLED_AT.astimezone(DENVER),
        )  # fmt: skip
        self.given.append((self.record, household))
        return self.house.plugin.draft_complaint(self.record, household, agency)

    def complaint(self) -> Complaint:
        return Complaint(call_id=self.record.call.id, agency="ftc", state=self.state, answers=self.answers)

    def run(self, *words: str, typed: str = "") -> Result:
        asker = Asker(None, str(self.data))
        return CliRunner().invoke(complaints, words, input=typed, obj=asker)

    def json(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.output)

    def know_anna(self) -> None:
        done = self.run("profile", "set", *(word for key, text in ANNA.items() for word in (f"--{key}", text)))
        assert done.exit_code == 0, done.output


@pytest.fixture
def desk(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(house, tmp_path / "data")
    monkeypatch.setattr("callguard.cli.client.ask", made.ask)
    return made


def test_the_list_says_of_each_call_whether_one_may_complain(desk: Desk) -> None:
    done = desk.run("list")
    assert "2026-06-10 14:03  needs answers  draft      (303) 555-0164 “x" in done.output
    assert "\x1b" not in done.output
    assert desk.json("list")[0]["assessment"]["eligibility"] == "needs-answers"


def test_a_draft_says_what_is_open(desk: Desk) -> None:
    done = desk.run("draft", "c1")
    assert "Some questions are open" in done.output
    assert "? What was the call about? (kind)" in done.output
    assert desk.json("draft", "c1", "--agency", "fcc")["draft"]["agency"] == "fcc"


def test_answers_can_be_given_by_options(desk: Desk) -> None:
    done = desk.run("answer", "c1", "--kind", "sales", "--prerecorded", "yes", "--set", "phone_service=VOIP")
    assert done.output == "Noted: kind, prerecorded, phone_service.  Undo: callguard undo 7\n"
    assert desk.answers == {"kind": "sales", "prerecorded": "yes", "phone_service": "VOIP"}
    assert desk.run("answer", "c1", "--kind", "nonsense").exit_code == 2
    assert desk.run("answer", "c1", "--set", "nonsense").exit_code == 2
    assert desk.run("answer", "c1", "--json").exit_code == 2
    assert desk.run("answer", "c1", "--stop-date", "2026-13-99").exit_code == 2


def test_answers_can_be_given_one_by_one_and_new_questions_follow(desk: Desk) -> None:
    typed = "2x\nsales\n1\nyes\n2026-03-09\nn\n\n"
    done = desk.run("answer", "c1", typed=typed)
    assert done.exit_code == 0, done.output
    assert "That is none of them." in done.output
    assert desk.answers == {
        "kind": "sales", "prerecorded": "yes", "business": "yes", "last_purchase": "2026-03-09",
        "asked_to_stop": "no",
    }  # fmt: skip
    assert "5 answered. You may complain about this call." in done.output


def test_everything_can_be_left_open(desk: Desk) -> None:
    done = desk.run("answer", "c1", typed="\n" * 40)
    assert done.exit_code == 0
    assert desk.answers == {}
    assert "0 answered" in done.output


@pytest.mark.parametrize(
    ("text", "chosen"),
    [("1", "yes"), ("Y", "yes"), ("no", "no"), ("n", "no"), ("u", "unknown"), ("", ""), ("9", None), ("x", None)],
)
def test_an_option_is_chosen_by_number_or_beginning(text: str, chosen: str | None) -> None:
    assert asking.choice(text, ("yes", "no", "unknown")) == chosen


def test_a_beginning_that_fits_two_options_chooses_none() -> None:
    assert asking.choice("s", ("sales", "survey")) is None
    assert asking.choice("live voice", ("Live Voice", "Live Voice Autodialed")) == "Live Voice"


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (("reviewed", "c1"), {"state": "reviewed"}),
        (("dismiss", "c1"), {"state": "dismissed"}),
        (("filed", "c1"), {"state": "filed", "reference": ""}),
        (
            ("filed", "c1", "--on", "2026-06-12", "--reference", "A-1"),
            {"state": "filed", "reference": "A-1", "filed_on": "2026-06-12"},
        ),
    ],
    ids=["reviewed", "dismissed", "filed", "filed with reference"],
)
def test_how_far_it_is_can_be_noted(desk: Desk, words: tuple[str, ...], asked: Mapping[str, str]) -> None:
    assert desk.run(*words).output == f"Noted: {asked['state']}.  Undo: callguard undo 7\n"
    assert desk.asked[-1] == ("complaint-state", {"id": "c1", "agency": "", **asked})


def test_the_profile_is_asked_for_shown_and_forgotten(desk: Desk) -> None:
    done = desk.run("profile", "set", typed="Annabelle\n" + "\n" * 7)
    assert done.exit_code == 0, done.output
    file = desk.data / "complaint-profile.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert desk.json("profile", "show") == {"first_name": "Annabelle"}
    assert "first name: Annabelle" in desk.run("profile", "show").output
    assert desk.run("profile", "set", "--first-name", "").exit_code == 0
    assert "Nothing is kept" in desk.run("profile", "show").output
    assert desk.json("profile", "forget") == {"forgotten": True}
    assert "Nothing was kept." in desk.run("profile", "forget").output
    assert desk.run("profile", "set", "--json").exit_code == 2


def test_a_profile_that_others_may_read_stops_the_draft(desk: Desk) -> None:
    desk.know_anna()
    (desk.data / "complaint-profile.json").chmod(0o644)
    done = desk.run("show", "c1")
    assert done.exit_code == 1
    assert "chmod 600" in done.output


def test_the_whole_draft_is_shown_with_the_name(desk: Desk) -> None:
    desk.know_anna()
    assert "First name: Annabelle\n" in desk.run("show", "c1").output
    found = desk.json("show", "c1")
    assert {one["value"] for one in found["fields"] if one["origin"] == "profile"} >= {"Annabelle", "80299"}


def test_files_are_exported_with_or_without_the_name(desk: Desk, tmp_path: Path) -> None:
    desk.know_anna()
    done = desk.run("export", "c1", "--to", str(tmp_path / "with"))
    assert "Nothing was submitted." in done.output
    paths = desk.json("export", "c1", "--to", str(tmp_path / "without"), "--without-profile")
    assert all("Annabelle" in path.read_text() for path in (tmp_path / "with").rglob("draft.*"))
    assert [Path(path).name for path in paths] == ["draft.json", "draft.txt", "draft.html"]
    assert not any("Annabelle" in Path(path).read_text() for path in paths)
    assert Path(paths[0]).parent.name.startswith("2026-06-10-")


def test_a_folder_that_cannot_be_written_is_told(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = desk.run("export", "c1", "--to", str(tmp_path / "file" / "below"))
    assert done.exit_code == 1
    assert "cannot be written" in done.output


def test_name_and_address_never_reach_the_daemon_the_hook_or_a_log(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.know_anna()
    for words in (("list",), ("draft", "c1"), ("show", "c1"), ("export", "c1", "--to", str(tmp_path)),
                  ("answer", "c1", "--kind", "sales"), ("reviewed", "c1"), ("filed", "c1")):  # fmt: skip
        assert desk.run(*words).exit_code == 0
    for told in (repr(desk.asked), repr(desk.given), caplog.text, repr([desk.draft(one) for one in ("ftc", "fcc")])):
        assert not [text for text in ANNA.values() if text != "CO" and text in told]
    assert len(desk.asked) == 7


def test_an_answer_of_another_version_is_told_in_a_sentence(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callguard.cli.client.ask", lambda *_: {"draft": {"x": 1}, "complaint": {}, "call": {}})
    done = desk.run("show", "c1")
    assert done.exit_code == 1
    assert "another version" in done.output
