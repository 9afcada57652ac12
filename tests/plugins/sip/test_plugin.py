import wave
from dataclasses import replace
from pathlib import Path

import pytest

from callguard import LineStatus, Severity
from callguard.testing import FakeRandomness, a_home
from callguard_sip.plugin import Sip
from callguard_sip.settings import SipConfig

STRONG = "correct horse battery"


def sip(folder: Path, *accounts: dict[str, object], seed: int = 0) -> Sip:
    stated = [{"registrar": "192.0.2.1", "user": "guard", "password": STRONG} | account for account in accounts]
    home = replace(a_home(folder, name="sip"), randomness=FakeRandomness(seed))
    return Sip(SipConfig.model_validate({"accounts": stated}), home)


def test_each_account_is_a_line_with_a_job_of_its_own(tmp_path: Path) -> None:
    plugin = sip(tmp_path, {"line": "Home"}, {"line": "Office"})
    assert [line.name for line in plugin.open_lines()] == ["Home", "Office"]
    assert [line.adapter for line in plugin.open_lines()] == ["sip 192.0.2.1"] * 2
    assert [job.name for job in plugin.periodic_jobs()] == [
        "look up the registrar of Home",
        "look up the registrar of Office",
    ]


def test_without_accounts_nothing_happens_and_nothing_is_written(tmp_path: Path) -> None:
    plugin = sip(tmp_path)
    assert list(plugin.open_lines()) == []
    assert list(plugin.health()) == []
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_does_not_run_yet_is_starting(tmp_path: Path) -> None:
    (line,) = sip(tmp_path, {"line": "Home"}).open_lines()
    state = line.state()
    assert (state.status, state.detail, state.facts["dropped"]) == (
        LineStatus.STARTING,
        "looking for the registrar",
        "0",
    )


async def test_a_job_of_a_line_that_does_not_run_is_harmless(tmp_path: Path) -> None:
    (job,) = sip(tmp_path, {"line": "Home"}).periodic_jobs()
    await job.run()


def test_an_installation_keeps_its_name_and_each_line_has_its_own(tmp_path: Path) -> None:
    names = []
    for seed in (1, 2):
        plugin = sip(tmp_path, {"line": "Home"}, {"line": "Office"}, seed=seed)
        plugin.open_lines()
        names.append([line._instance for line in plugin._lines])
    assert names[0] == names[1]
    assert len(set(names[0])) == 2


def test_where_the_name_cannot_be_kept_the_line_works_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "plugins").write_text("a file where a folder should be")
    assert [line.name for line in sip(tmp_path, {"line": "Home"}).open_lines()] == ["Home"]


@pytest.mark.parametrize(("password", "weak"), [(STRONG, False), ("1234", True), ("", False), ("callguard", True)])
def test_a_weak_password_is_worth_a_note(tmp_path: Path, password: str, weak: bool) -> None:
    problems = sip(tmp_path, {"line": "Home", "password": password, "user": "callguard"}).health()
    assert [problem.code for problem in problems] == ["sip-weak-password"] * weak
    assert all(problem.severity is Severity.NOTE and problem.cure for problem in problems)


def test_a_missing_announcement_is_said_at_the_start_and_the_tone_is_played(tmp_path: Path) -> None:
    treatment = {"announcement": str(tmp_path / "none.wav")}
    plugin = sip(tmp_path, {"line": "Home", "preset": "asterisk", "treatment": treatment})
    (problem,) = plugin.health()
    assert (problem.code, problem.severity, problem.where) == ("sip-announcement", Severity.PROBLEM, "Home")
    assert "hear a tone instead" in problem.what
    assert plugin._lines[0].treatment.announcement == "tone"


def test_a_good_announcement_is_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))
    plugin = sip(tmp_path, {"line": "Home", "preset": "asterisk", "treatment": {"announcement": str(path)}})
    assert list(plugin.health()) == []
    assert plugin._lines[0].treatment.announcement == str(path)
