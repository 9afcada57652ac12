"""Modems are found by what USB says of them, and nobody else's device is ever opened."""

from pathlib import Path

import pytest

from callguard_modem.discover import NoModemError, SerialPort, choose, serial_ports

CONEXANT = SerialPort(path="/dev/serial/by-id/usb-Conexant_USB_Modem-if00", tty="/dev/ttyACM0", usb="0572:1340")
ZIGBEE = SerialPort(path="/dev/serial/by-id/usb-ZigBee_Stick-if00", tty="/dev/ttyUSB0", usb="10c4:ea60")
USR = SerialPort(path="/dev/serial/by-id/usb-U.S.Robotics_USB_Modem-if00", tty="/dev/ttyACM1", usb="0baf:0303")
KNOWN = {"0572:1340", "0baf:0303"}


class Plugged:
    """A computer with serial devices: the files that udev and the kernel make for them."""

    def __init__(self, folder: Path) -> None:
        self.by_id = folder / "dev/serial/by-id"
        self.tty_class = folder / "sys/class/tty"
        self.devices = folder / "sys/devices/usb1"
        self.dev = folder / "dev"
        self.by_id.mkdir(parents=True)

    def plug_in(self, name: str, tty: str, vendor: str = "", product: str = "", title: str = "") -> None:
        (self.dev / tty).touch()
        (self.by_id / name).symlink_to(self.dev / tty)
        interface = self.devices / tty / "1-1:1.0"
        interface.mkdir(parents=True)
        for file, text in (("idVendor", vendor), ("idProduct", product), ("product", title)):
            if text:
                (interface.parent / file).write_text(f"{text}\n")
        (self.tty_class / tty).mkdir(parents=True)
        (self.tty_class / tty / "device").symlink_to(interface)

    def ports(self) -> list[SerialPort]:
        return serial_ports(self.by_id, self.tty_class)


@pytest.fixture
def plugged(tmp_path: Path) -> Plugged:
    return Plugged(tmp_path)


def test_a_device_is_known_by_its_lasting_name_and_its_usb_id(plugged: Plugged) -> None:
    plugged.plug_in("usb-Conexant_USB_Modem-if00", "ttyACM0", "0572", "1340", "USB Modem")
    (port,) = plugged.ports()
    assert port.path == str(plugged.by_id / "usb-Conexant_USB_Modem-if00")
    assert (Path(port.tty).name, port.usb, port.product) == ("ttyACM0", "0572:1340", "USB Modem")


def test_a_device_that_usb_says_nothing_of_is_there_without_an_id(plugged: Plugged) -> None:
    plugged.plug_in("usb-Nobody-if00", "ttyACM0")
    assert [port.usb for port in plugged.ports()] == [""]


def test_a_name_left_behind_by_a_device_that_is_gone_is_no_device(plugged: Plugged) -> None:
    plugged.plug_in("usb-Conexant_USB_Modem-if00", "ttyACM0", "0572", "1340")
    (plugged.dev / "ttyACM0").unlink()
    assert plugged.ports() == []


def test_a_computer_without_serial_devices_has_none(tmp_path: Path) -> None:
    assert serial_ports(tmp_path / "none", tmp_path) == []


def test_the_only_known_modem_is_chosen_and_other_devices_are_left_alone() -> None:
    assert choose("", KNOWN, lambda: [ZIGBEE, CONEXANT]) == CONEXANT.path


@pytest.mark.parametrize(
    ("ports", "says"),
    [
        pytest.param([], "no modem that CallGuard knows", id="nothing plugged in"),
        pytest.param([ZIGBEE], "no modem that CallGuard knows", id="somebody else's device"),
        pytest.param([CONEXANT, USR], "2 modems are plugged in: usb-Conexant", id="two modems"),
    ],
)
def test_what_cannot_be_chosen_is_said_with_its_cure(ports: list[SerialPort], says: str) -> None:
    with pytest.raises(NoModemError, match=says) as caught:
        choose("", KNOWN, lambda: ports)
    assert "`device`" in caught.value.cure


@pytest.mark.parametrize(
    ("device", "opened"),
    [
        pytest.param("/dev/ttyACM3", "/dev/ttyACM3", id="a path"),
        pytest.param("socket://192.0.2.7:4000", "socket://192.0.2.7:4000", id="another computer"),
        pytest.param("usb-Conexant_X-if00", "/dev/serial/by-id/usb-Conexant_X-if00", id="a lasting name"),
    ],
)
def test_a_device_that_is_named_is_taken_as_it_is(device: str, opened: str) -> None:
    def nobody_asks() -> list[SerialPort]:
        raise AssertionError("a named device needs no search")

    assert choose(device, KNOWN, nobody_asks) == opened
