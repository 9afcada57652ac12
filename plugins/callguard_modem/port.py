"""Opens serial devices, here or on another computer; the only module that knows the library for it."""

import asyncio
import errno
from typing import NamedTuple, Protocol

_OPEN_WITHIN = 5.0
_AT_ONCE = 65536
_CLOSED_WITHIN = 2.0


class PortError(Exception):
    """A device cannot be opened, or is gone; the text says why, *cure* what to do."""

    def __init__(self, what: str, cure: str = "") -> None:
        super().__init__(what)
        self.cure = cure


class Port(Protocol):
    """An open device."""

    async def read(self) -> bytes:
        """Return what comes next; PortError once the device is gone."""

    def write(self, data: bytes) -> None:
        """Send octets, in order, as fast as the device takes them; to a device that is gone it does nothing."""

    async def close(self) -> None:
        """Close it, which drops DTR: a modem that follows it goes on-hook."""


class _Words(NamedTuple):
    what: str
    cure: str


_NO_LIBRARY = _Words(
    "the library serialx, by which modems are reached, is not installed",
    "Install callguard-home with the extra `modem`.",
)
_ERRORS: dict[int, _Words] = {
    errno.ENOENT: _Words("{device} is not there", "Plug the modem in; `callguard modem list` shows what is there."),
    errno.ENODEV: _Words("{device} is not there", "Plug the modem in; `callguard modem list` shows what is there."),
    errno.ENXIO: _Words("{device} is not there", "Plug the modem in; `callguard modem list` shows what is there."),
    errno.EACCES: _Words(
        "CallGuard may not open {device}",
        "Put the user that runs CallGuard into the group of the device, mostly dialout, and start CallGuard again.",
    ),
    errno.EPERM: _Words(
        "CallGuard may not open {device}",
        "Put the user that runs CallGuard into the group of the device, mostly dialout, and start CallGuard again.",
    ),
    errno.EBUSY: _Words(
        "another program uses {device}",
        "Stop it. If it is ModemManager, install the udev rule that comes with the modem plugin.",
    ),
    errno.ECONNREFUSED: _Words(
        "nothing answers at {device}", "See that the computer with the modem is on, and shares it at this port."
    ),
    errno.ENOTTY: _Words("{device} is no serial device", "Name the modem in `device`; see `callguard modem list`."),
}
_GONE = _Words("{device} is gone: {error}", "Plug the modem in again; it is opened again by itself.")
_OTHER = _Words("{device} cannot be opened: {error}", "See that the modem is plugged in and works.")


async def open_port(device: str, baud: int) -> Port:
    """Open a path or an URL (`socket://`, `rfc2217://`) for nobody but us; PortError says why it cannot be."""
    try:
        import serialx  # noqa: PLC0415  (the house must start without it, and says then what is missing)
    except ImportError as error:
        raise PortError(*_NO_LIBRARY) from error
    try:
        async with asyncio.timeout(_OPEN_WITHIN):
            reader, writer = await serialx.open_serial_connection(device, baudrate=baud, exclusive=True)
    except TimeoutError as error:
        raise PortError(f"{device} did not open within {_OPEN_WITHIN:.0f} s", _OTHER.cure) from error
    except (OSError, ValueError, ImportError, serialx.SerialException) as error:
        raise explained(device, error) from error
    return _SerialPort(device, reader, writer)


class _SerialPort:
    """A device opened by serialx."""

    def __init__(self, device: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._device = device
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        try:
            data = await self._reader.read(_AT_ONCE)
        except OSError as error:
            raise explained(self._device, error, was_open=True) from error
        if not data:
            raise PortError(f"{self._device} was closed", _GONE.cure)
        return data

    def write(self, data: bytes) -> None:
        try:
            self._writer.write(data)
        except OSError:  # the reader learns of it too, and says so
            return

    async def close(self) -> None:
        self._writer.close()
        try:
            async with asyncio.timeout(_CLOSED_WITHIN):
                await self._writer.wait_closed()
        except OSError:  # gone while it was being closed, or too slow: TimeoutError is one too
            self._writer.transport.abort()


def explained(device: str, error: Exception, *, was_open: bool = False) -> PortError:
    """Return in words for people why a device cannot be opened, or no longer be used."""
    number = error.errno if isinstance(error, OSError) else None
    otherwise = _GONE if was_open else _OTHER
    words = otherwise if was_open else _ERRORS.get(number or 0, otherwise)
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return PortError(words.what.format(device=device, error=said), words.cure.format(device=device))
