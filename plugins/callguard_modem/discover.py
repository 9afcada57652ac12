"""Finds modems by what USB says of them; no device is opened for it, so nobody else's is ever disturbed."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

_BY_ID = Path("/dev/serial/by-id")
_CLASS = Path("/sys/class/tty")
_CLIMBS = 6
"How far up the USB device lies above its terminal in sysfs, at most."


class NoModemError(Exception):
    """No device can be named; the text says why, *cure* what to do."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(what)
        self.cure = cure


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialPort:
    """A serial device that is plugged in, as USB describes it."""

    path: str
    "Its name that stays the same wherever it is plugged in: `/dev/serial/by-id/usb-…`."
    tty: str
    "The device behind that name: `/dev/ttyACM0`."
    usb: str
    "Vendor and product, `0572:1340`; empty if it is not known."
    product: str = ""
    "What it calls itself."


def serial_ports(by_id: Path = _BY_ID, tty_class: Path = _CLASS) -> list[SerialPort]:
    """Return the serial devices that USB knows, by name; none are opened."""
    try:
        names = sorted(by_id.iterdir())
    except OSError:
        return []
    return [port for name in names if (port := _port(name, tty_class)) is not None]


def choose(
    device: str,
    known: Collection[str],
    find: Callable[[], list[SerialPort]] = serial_ports,
    by_id: Path = _BY_ID,
) -> str:
    """Return what to open for the setting *device*: a path, an URL, a name below by-id, or empty for the only modem.

    *known* are USB ids of modems. NoModemError says what is in the way.
    """
    if "://" in device or device.startswith("/"):
        return device
    if device:
        return str(by_id / device)
    modems = [port for port in find() if port.usb in known]
    if len(modems) == 1:
        return modems[0].path
    if modems:
        names = ", ".join(Path(port.path).name for port in modems)
        raise NoModemError(f"{len(modems)} modems are plugged in: {names}", "Name the one in `device`.")
    raise NoModemError(
        "no modem that CallGuard knows is plugged in",
        "Plug it in; if it is there, name it in `device` (`callguard modem list` shows what is plugged in).",
    )


def _port(name: Path, tty_class: Path) -> SerialPort | None:
    try:
        tty = name.resolve(strict=True)
    except OSError:  # a name that was left behind, or a loop of links
        return None
    usb, product = _about(tty_class / tty.name / "device")
    return SerialPort(path=str(name), tty=str(tty), usb=usb, product=product)


def _about(device: Path) -> tuple[str, str]:
    """Return the USB id and the product's name of the device that a terminal belongs to."""
    for folder in _upwards(device):
        vendor, product = _text(folder / "idVendor"), _text(folder / "idProduct")
        if vendor and product:
            return f"{vendor}:{product}".lower(), _text(folder / "product")
    return "", ""


def _upwards(device: Path) -> Iterator[Path]:
    try:
        folder = device.resolve(strict=True)
    except OSError:
        return
    yield from [folder, *folder.parents][:_CLIMBS]


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
