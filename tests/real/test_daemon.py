"""The daemon's manners: reloading, stopping, being the only one, saying clearly why it cannot start."""

import signal
import time

import pytest

from tests.real.peers import guard as guards
from tests.real.peers.guard import BLOCKED, Guard, account, household
from tests.real.peers.ports import free_ports
from tests.real.peers.process import Stage, wait_until
from tests.real.peers.wire import Packet, Peer, Request, offer, udp_socket

_OTHER = "+13035550199"
_READY_WITHIN = 5.0


def _ring(guard: Guard, registrar: Peer, number: str) -> tuple[Request, Packet]:
    uri, address = guard.contact()
    invite = Request(method="INVITE", uri=uri, source=registrar.address, number=number, body=offer("127.0.0.1", 4000))
    registrar.send(invite, address)
    return invite, registrar.final(invite)


def _verdict(guard: Guard, registrar: Peer, number: str) -> int:
    _, address = guard.contact()
    invite, final = _ring(guard, registrar, number)
    registrar.send(invite.like("ACK", to=final.get("To")), address)
    return final.status


def test_sighup_takes_the_new_configuration(stage: Stage, registrar: Peer) -> None:
    config = household(account(registrar.address))
    guard = guards.protecting(stage, config)
    assert _verdict(guard, registrar, _OTHER) == 480
    guard.configure({**config, "rules": {"block": [BLOCKED, _OTHER]}})
    guard.reload()
    wait_until(lambda: _verdict(guard, registrar, _OTHER) == 607, 10, "the new rule is in force", every=0.2)


def test_sighup_with_a_mistake_keeps_the_old_configuration_and_says_why(stage: Stage, registrar: Peer) -> None:
    config = household(account(registrar.address))
    guard = guards.protecting(stage, config)
    guard.configure({**config, "rules": {"blok": [_OTHER]}})
    guard.reload()
    wait_until(lambda: "blok" in guard.said(), 10, "the log says what is wrong")
    assert _verdict(guard, registrar, BLOCKED) == 607
    assert _verdict(guard, registrar, _OTHER) == 480
    guard.configure({**config, "rules": {"block": [_OTHER]}})
    guard.reload()
    wait_until(lambda: _verdict(guard, registrar, _OTHER) == 607, 10, "the mended one is in force", every=0.2)


def test_sighup_does_not_drop_a_line_that_stays_as_it_was(stage: Stage, registrar: Peer) -> None:
    config = household(account(registrar.address))
    guard = guards.protecting(stage, config)
    before = guard.contact()
    guard.configure({**config, "rules": {"block": [_OTHER]}})
    guard.reload()
    wait_until(lambda: _verdict(guard, registrar, _OTHER) == 607, 10, "the new rule is in force", every=0.2)
    assert guard.contact() == before


def test_sigterm_hangs_up_an_answered_call_and_unregisters(stage: Stage, registrar: Peer) -> None:
    guard = guards.protecting(
        stage, household(account(registrar.address, treatment={"block": "answer", "seconds": 20}))
    )
    _, address = guard.contact()
    invite, final = _ring(guard, registrar, BLOCKED)
    assert final.status == 200
    registrar.send(Request(
        method="ACK", uri=invite.uri, source=registrar.address, number=BLOCKED, call_id=invite.call_id,
        from_tag=invite.from_tag, to=final.get("To"),
    ), address)  # fmt: skip
    time.sleep(0.3)
    assert guard.stop() == 0
    assert [p.method for p in registrar.of(invite.call_id) if p.method] == ["BYE"]
    last = [packet for packet in registrar.heard if packet.method == "REGISTER"][-1]
    assert last.get("Expires") == "0" or "expires=0" in last.get("Contact")
    [call] = guard.calls()
    assert (call["number"], call["outcome"]) == (BLOCKED, "announced")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["sigterm", "sigint"])
def test_a_quiet_daemon_ends_at_once_and_without_complaint(
    stage: Stage, registrar: Peer, how: signal.Signals
) -> None:
    guard = guards.protecting(stage, household(account(registrar.address)))
    begun = time.monotonic()
    assert guard.running is not None
    assert guard.running.end(how, 10) == 0
    assert time.monotonic() - begun < 3
    assert "Traceback" not in guard.said()


def test_a_second_daemon_on_the_same_data_is_refused_clearly(stage: Stage, registrar: Peer) -> None:
    guard = guards.protecting(stage, household(account(registrar.address)))
    second = guard.cli("run", "--log-json")
    said = second.stdout + second.stderr
    assert second.returncode not in {0, 1}, said
    assert str(guard.data) in said
    assert str(guard.pid) in said
    assert "Traceback" not in said
    assert _verdict(guard, registrar, BLOCKED) == 607


def test_a_port_already_taken_is_said_in_one_clear_sentence_and_heals(stage: Stage, registrar: Peer) -> None:
    port = free_ports()
    guard = guards.prepare(stage, household(account(registrar.address, listen=f"127.0.0.1:{port}")))
    with udp_socket("127.0.0.1", port):
        guard.launch()
        wait_until(lambda: str(port) in guard.said() or not guard.alive(), 10, "the log names the port")
        said = guard.said()
        assert str(port) in said
        assert "Traceback" not in said
    if guard.alive():
        guard.protecting()


def test_a_data_folder_that_cannot_be_made_is_said_in_one_clear_sentence(stage: Stage, registrar: Peer) -> None:
    guard = guards.prepare(stage, household(account(registrar.address)))
    guard.data.write_text("a file is in the way")
    done = guard.cli("run", "--log-json")
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert str(guard.data) in done.stderr


def test_without_a_daemon_status_and_healthcheck_say_so(stage: Stage, registrar: Peer) -> None:
    guard = guards.prepare(stage, household(account(registrar.address)))
    for command in ("status", "healthcheck"):
        done = guard.cli(command)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr


def test_a_fresh_start_is_ready_within_seconds(stage: Stage, registrar: Peer) -> None:
    guard = guards.prepare(stage, household(account(registrar.address)))
    assert guard.start() < _READY_WITHIN
    guard.protecting(5)


def test_a_corrupt_database_is_moved_aside_loudly_and_calls_are_screened(stage: Stage, registrar: Peer) -> None:
    guard = guards.protecting(stage, household(account(registrar.address)))
    assert guard.stop() == 0
    (guard.data / "callguard.db").write_bytes(b"this is no database" * 1000)
    guard.start()
    status = guard.protecting()
    assert _verdict(guard, registrar, BLOCKED) == 607
    assert [problem for problem in status["problems"] if problem["severity"] == "problem"], status
    assert len(guard.wait_for_calls(1)) == 1
