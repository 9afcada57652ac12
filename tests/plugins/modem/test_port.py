"""Devices are opened for nobody but us, and what is in the way is said in words with a cure."""

import asyncio
import errno
import os
import pty
import sys
import tty
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from callguard_modem.port import PortError, explained, open_port


class Wire:
    """The other end of a serial device."""

    def __init__(self) -> None:
        self.far, self.near = pty.openpty()
        tty.setraw(self.far)
        tty.setraw(self.near)
        self.device = os.ttyname(self.near)

    def pull(self) -> None:
        """Let the device vanish."""
        for end in (self.near, self.far):
            if end >= 0:
                os.close(end)
        self.near = self.far = -1


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    try:
        yield made
    finally:
        made.pull()


async def test_octets_go_both_ways(wire: Wire) -> None:
    port = await open_port(wire.device, 115200)
    port.write(b"AT\r")
    assert os.read(wire.far, 10) == b"AT\r"
    os.write(wire.far, b"\r\nOK\r\n")
    assert await port.read() == b"\r\nOK\r\n"
    await port.close()


async def test_a_second_opener_is_refused_and_told_why(wire: Wire) -> None:
    port = await open_port(wire.device, 115200)
    with pytest.raises(PortError, match="another program uses /dev/") as caught:
        await open_port(wire.device, 115200)
    assert "ModemManager" in caught.value.cure
    await port.close()
    await (await open_port(wire.device, 115200)).close()


async def test_a_device_that_vanishes_is_noticed_at_once(wire: Wire) -> None:
    port = await open_port(wire.device, 115200)
    asyncio.get_running_loop().call_later(0.1, wire.pull)
    begun = asyncio.get_running_loop().time()
    with pytest.raises(PortError, match="is gone") as caught:
        await port.read()
    assert asyncio.get_running_loop().time() - begun < 0.6
    assert "plug the modem in again" in caught.value.cure.lower()
    port.write(b"AT\r")
    await port.close()


async def test_a_device_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="ttyACM7 is not there"):
        await open_port(str(tmp_path / "ttyACM7"), 115200)


async def test_a_modem_on_another_computer_is_reached(wire: Wire) -> None:
    async def share(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\r\nRING\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(share, "127.0.0.1", 0)
    with closing(server):
        host, number = server.sockets[0].getsockname()
        port = await open_port(f"socket://{host}:{number}", 115200)
        assert await port.read() == b"\r\nRING\r\n"
        await port.close()


async def test_nobody_listening_on_another_computer_is_said() -> None:
    with pytest.raises(PortError, match=r"socket://127\.0\.0\.1:1"):
        await open_port("socket://127.0.0.1:1", 115200)


@pytest.mark.parametrize(
    ("error", "says", "cure"),
    [
        pytest.param(PermissionError(errno.EACCES, "no"), "may not open", "dialout", id="rights"),
        pytest.param(OSError(errno.EBUSY, "locked"), "another program", "ModemManager", id="taken"),
        pytest.param(OSError(errno.ENXIO, "no device"), "is not there", "modem list", id="nothing there"),
        pytest.param(OSError(errno.ENOTTY, "no terminal"), "no serial device", "`device`", id="no terminal"),
        pytest.param(ValueError("no such scheme"), "no such scheme", "plugged in", id="no address"),
    ],
)
def test_what_is_in_the_way_is_said_with_its_cure(error: Exception, says: str, cure: str) -> None:
    told = explained("/dev/ttyACM0", error)
    assert says in str(told)
    assert cure in told.cure


async def test_without_the_library_the_cure_is_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "serialx", None)
    with pytest.raises(PortError, match="serialx") as caught:
        await open_port("/dev/ttyACM0", 115200)
    assert "extra `modem`" in caught.value.cure
