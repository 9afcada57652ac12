"""A running house: asked over its socket, reloaded, broken and closed."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from callguard.access import Access
from callguard.ambient import SystemRandomness
from callguard.config import ConfigError
from callguard.control.client import NoDaemonError, ask_daemon
from callguard.control.wire import LONGEST_QUESTION, RefusedError
from callguard.daemon import Daemon
from callguard.model.record import CallRecord
from callguard.place import Place
from callguard.store import DataDir, InUseError

OpenHouse = Callable[..., AbstractAsyncContextManager[Daemon]]
STRANGER = "+13035550164"


async def ask(place: Place, command: str, **arguments: Any) -> Any:
    return await asyncio.to_thread(ask_daemon, place.socket, command, arguments)


async def test_a_call_is_judged_recorded_announced_and_explained(open_house: OpenHouse, place: Place) -> None:
    async with open_house(place) as daemon:
        told: asyncio.Queue[CallRecord] = asyncio.Queue()
        daemon.on_call = told.put_nowait
        assert await ask(place, "pretend", number=STRANGER) == "ring"
        record = await told.get()
        calls = (await ask(place, "calls"))["calls"]
        assert [call["id"] for call in calls] == [record.call.id]
        explained = await ask(place, "explain", id=record.call.id[-6:])
        assert explained["reproduced"]
        assert "you let such callers ring" in "\n".join(explained["lines"])
        assert (await ask(place, "explain"))["id"] == record.call.id


async def test_allow_block_and_undo_change_what_the_next_call_meets(open_house: OpenHouse, place: Place) -> None:
    async with open_house(place):
        blocked = await ask(place, "add-rule", list="block", number="(303) 555-0164", note="nuisance")
        assert blocked["rule"]["readable"] == "(303) 555-0164"
        assert await ask(place, "pretend", number=STRANGER) == "block"
        assert (await ask(place, "add-rule", list="allow", number=STRANGER))["conflicts"][0]["list"] == "block"
        assert await ask(place, "pretend", number=STRANGER) == "ring"
        await ask(place, "undo")
        assert await ask(place, "pretend", number=STRANGER) == "block"
        await ask(place, "undo", change=blocked["change"]["id"])
        assert await ask(place, "pretend", number=STRANGER) == "ring"
        assert [c["what"] for c in await ask(place, "changes")][:2] == ["undone", "undone"]


@pytest.mark.parametrize(
    ("command", "arguments", "says"),
    [
        pytest.param("dance", {}, "no command 'dance'", id="unknown command"),
        pytest.param("explain", {"id": "zzzz"}, "no call zzzz", id="unknown call"),
        pytest.param("explain", {}, "no call has been recorded yet", id="no call yet"),
        pytest.param("try", {"number": "12"}, "'12' is not a complete telephone number", id="no number"),
        pytest.param(
            "add-rule", {"list": "block", "number": "+1x*"}, "not the beginning of a number", id="no prefix"
        ),
        pytest.param("undo", {}, "nothing to undo", id="nothing to undo"),
        pytest.param("undo", {"change": 99}, "no change 99", id="unknown change"),
        pytest.param("undo", {"change": "x"}, "no whole number", id="no number of a change"),
        pytest.param("calls", {"action": "x"}, "'x' is none of ring, screen, block", id="no action"),
        pytest.param("pretend", {}, "who shall call?", id="a plugin's own refusal"),
    ],
)
async def test_what_cannot_be_done_is_refused_in_words(
    open_house: OpenHouse, place: Place, command: str, arguments: dict[str, Any], says: str
) -> None:
    async with open_house(place):
        with pytest.raises(RefusedError, match=says):
            await ask(place, command, **arguments)


async def test_trying_a_number_records_nothing(open_house: OpenHouse, place: Place) -> None:
    async with open_house(place):
        tried = await ask(place, "try", number=STRANGER)
        assert tried["lines"][0].startswith("WOULD RING")
        assert (await ask(place, "calls"))["calls"] == []


async def test_status_tells_lines_problems_and_the_day(open_house: OpenHouse, place: Place) -> None:
    async with open_house(place) as daemon:
        told: asyncio.Queue[CallRecord] = asyncio.Queue()
        daemon.on_call = told.put_nowait
        await ask(place, "pretend", number=STRANGER)
        await told.get()
        status = await ask(place, "status")
        (line,) = status["lines"]
        assert (line["name"], line["status"], line["last_call"]["number"]) == ("Home", "protecting", STRANGER)
        assert status["today"]["ring"] == 1
        assert status["problems"] == []
        assert (await ask(place, "healthcheck"))["protecting"]
        assert (await ask(place, "doctor"))["problems"] == 0


async def test_the_doctor_finds_a_damaged_file_of_people(open_house: OpenHouse, place: Place) -> None:
    async with open_house(place):
        assert "people" not in [finding["part"] for finding in (await ask(place, "doctor"))["findings"]]
        Access.open(place.access, SystemRandomness()).close()
        (well,) = [f for f in (await ask(place, "doctor"))["findings"] if f["part"] == "people"]
        assert (well["grade"], well["cure"]) == ("ok", "")
        place.access.write_bytes(b"\xff" * 8192)
        (found,) = [f for f in (await ask(place, "doctor"))["findings"] if f["part"] == "people"]
        assert found["grade"] == "problem"
        assert "damaged, so that nobody can sign in" in found["text"]
        assert "`callguard user add NAME --role admin`" in found["cure"]


async def test_no_thread_keeps_the_loop_waiting_for_a_millisecond(open_house: OpenHouse, place: Place) -> None:
    sys.setswitchinterval(0.005)
    async with open_house(place):
        assert sys.getswitchinterval() < 0.001


async def test_a_line_whose_plugin_crashes_is_deaf_and_says_why(open_house: OpenHouse, place: Place) -> None:
    (place.data_dir / "plugins").mkdir(parents=True)
    (place.data_dir / "plugins" / "crash").touch()
    async with open_house(place):
        health = await ask(place, "healthcheck")
        assert not health["protecting"]
        assert "the plugin pretend failed: RuntimeError: the cable melted" in health["problems"][0]["what"]
        assert (await ask(place, "doctor"))["problems"] > 0


async def test_a_reload_takes_the_new_policy_and_rules_without_touching_the_line(
    open_house: OpenHouse, place: Place
) -> None:
    assert place.config
    async with open_house(place) as daemon:
        assert await ask(place, "pretend", number=STRANGER) == "ring"
        text = place.config.read_text()
        place.config.write_text(text + f"policy: {{unknown_callers: block}}\nrules: {{allow: ['{STRANGER}']}}\n")
        assert await daemon.reload() == ["rules"]
        assert await ask(place, "pretend", number=STRANGER) == "ring"
        assert await ask(place, "pretend", number="+13035550165") == "block"


async def test_a_reload_with_mistakes_keeps_everything_as_it_was(open_house: OpenHouse, place: Place) -> None:
    assert place.config
    async with open_house(place) as daemon:
        place.config.write_text("contry: US\npolicy: {profile: gentel}\n")
        with pytest.raises(ConfigError) as caught:
            await daemon.reload()
        assert len(caught.value.mistakes) == 2
        assert await ask(place, "pretend", number=STRANGER) == "ring"


async def test_a_hang_up_with_mistakes_is_a_problem_until_they_are_corrected(
    open_house: OpenHouse, place: Place
) -> None:
    assert place.config
    good = place.config.read_text()
    async with open_house(place):
        for text, codes in (("contry: US\n" + good, ["config-refused"]), (good, [])):
            place.config.write_text(text)
            os.kill(os.getpid(), signal.SIGHUP)
            for _ in range(500):
                if [p["code"] for p in (await ask(place, "status"))["problems"]] == codes:
                    break
                await asyncio.sleep(0.01)
            else:
                pytest.fail(f"status never showed {codes}")


async def test_a_plugin_that_cannot_be_imported_is_named_and_the_house_opens(
    open_house: OpenHouse, place: Place
) -> None:
    assert place.plugins_folder
    (place.plugins_folder / "broken.py").write_text("import no_such_module\n")
    async with open_house(place):
        (problem,) = (await ask(place, "status"))["problems"]
        assert problem["code"] == "plugin-not-loaded"
        assert "no_such_module" in problem["what"]
        states = {plugin["name"]: plugin["state"] for plugin in await ask(place, "plugins")}
        assert states.items() >= {"broken": "not loaded", "pretend": "ok", "rules": "ok"}.items()


async def test_a_plugin_cannot_take_a_section_of_the_house_itself(open_house: OpenHouse, place: Place) -> None:
    assert place.plugins_folder
    (place.plugins_folder / "backup.py").write_text("class Backup:\n    name = 'backup'\n")
    async with open_house(place) as daemon:
        (problem,) = (await ask(place, "status"))["problems"]
        assert "the name backup is a section of the house itself" in problem["what"]
        assert daemon.house.blueprint.settings.backup.nightly


async def test_a_second_house_in_the_same_folder_is_refused(open_house: OpenHouse, place: Place) -> None:
    async with open_house(place):
        with pytest.raises(InUseError, match=f"process {os.getpid()}"):
            DataDir.lock(place.data_dir)


async def test_nobody_answers_after_the_house_has_closed(open_house: OpenHouse, place: Place) -> None:
    async with open_house(place):
        assert place.socket.stat().st_mode & 0o777 == 0o600
    assert not place.socket.exists()
    with pytest.raises(NoDaemonError):
        await ask(place, "status")


@pytest.mark.parametrize(
    "question",
    [
        b"",
        b"\n",
        b"{}\n",
        b"[]\n",
        b'{"command": 1}\n',
        b'{"command": "status", "arguments": 3}\n',
        b"x" * (LONGEST_QUESTION + 1) + b"\n",
    ],
    ids=["nothing", "empty", "no command", "a list", "a number", "no arguments", "too long"],
)
async def test_nonsense_on_the_socket_hurts_nobody(open_house: OpenHouse, place: Place, question: bytes) -> None:
    def knock() -> bytes:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(place.socket))
            sock.sendall(question)
            sock.shutdown(socket.SHUT_WR)
            return sock.recv(65536)

    async with open_house(place):
        with contextlib.suppress(ConnectionError):  # hung up on, which is fine too
            heard = await asyncio.to_thread(knock)
            assert heard == b"" or b'"ok": false' in heard
        assert (await ask(place, "status"))["running"]


async def test_what_is_too_long_for_one_question_is_refused_in_words(open_house: OpenHouse, place: Place) -> None:
    async with open_house(place):
        with pytest.raises(RefusedError, match=r"more than CallGuard takes at once \(16 MiB\): bring it in parts"):
            await ask(place, "add-rules", rules=["x" * LONGEST_QUESTION])


async def test_systemd_is_told_when_the_house_is_ready_lives_and_closes(
    open_house: OpenHouse, place: Place, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        hear = asyncio.get_running_loop().sock_recv
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000"}
        async with open_house(place, environment):
            heard = [await hear(systemd, 1000) for _ in range(3)]
        assert any(message.startswith(b"READY=1") for message in heard)
        assert heard.count(b"WATCHDOG=1") == 2
        closing = await hear(systemd, 1000)
        while closing != b"STOPPING=1":
            closing = await hear(systemd, 1000)


async def test_wishes_that_are_easily_forgotten_are_shown_as_long_as_they_last(
    open_house: OpenHouse, place: Place
) -> None:
    assert place.config
    text = place.config.read_text()
    place.config.write_text(text + "policy: {profile: contacts-only}\nlines: {Home: {policy: {log_only: yes}}}\n")
    async with open_house(place):
        codes = [(problem["code"], problem["where"]) for problem in (await ask(place, "status"))["problems"]]
    assert sorted(codes) == [("contacts-only", ""), ("log-only", "Home")]
