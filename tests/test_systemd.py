"""systemd is told by datagrams, or not at all."""

import socket
from pathlib import Path

import pytest

from callguard.systemd import notify, watchdog_interval


def test_a_message_reaches_the_notify_socket(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        notify(str(tmp_path / "notify"), "READY=1")
        assert systemd.recv(100) == b"READY=1"


def test_nobody_listening_is_silence_and_a_dead_socket_an_error(tmp_path: Path) -> None:
    notify("", "READY=1")
    with pytest.raises(OSError, match="No such file"):
        notify(str(tmp_path / "gone"), "READY=1")


@pytest.mark.parametrize(
    ("text", "seconds"), [("60000000", 20.0), ("", None), ("0", None), ("x", None), ("-3", None)]
)
def test_the_watchdog_is_fed_three_times_as_often_as_it_asks(text: str, seconds: float | None) -> None:
    assert watchdog_interval(text) == seconds
