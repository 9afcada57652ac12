"""The data folder, and the lock that keeps a second CallGuard out of it."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from callguard.store.errors import StoreError

_LOCK = "callguard.lock"


class InUseError(StoreError):
    """Another CallGuard uses the data folder."""

    def __init__(self, path: Path, pid: int | None) -> None:
        who = f"process {pid}" if pid else "another process"
        super().__init__(f"CallGuard is already running with {path} ({who})")
        self.pid = pid


class DataDir:
    """The data folder while it belongs to this process."""

    def __init__(self, path: Path, lock: int | None) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def lock(cls, path: Path) -> "DataDir":
        """Take the folder, creating it if need be, until `release` or the end of the process, however it ends.

        InUseError names the process that has it. Where nothing can be written the folder itself is locked, and one
        that cannot even be created is no reason not to screen calls.
        """
        make_private_folder(path)
        descriptor = _open(path)
        if descriptor is not None:
            _claim(descriptor, path)
        return cls(path, descriptor)

    def release(self) -> None:
        """Let the folder go."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def make_private_folder(path: Path) -> None:
    """Create *path* for this user only, if it is missing and can be created."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return  # whoever needs to write there will say so


def _open(path: Path) -> int | None:
    for target, flags in ((path / _LOCK, os.O_RDWR | os.O_CREAT), (path, os.O_RDONLY)):
        try:
            return os.open(target, flags, 0o600)
        except OSError:
            continue
    return None


def _claim(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise InUseError(path, _owner(path)) from None
    except OSError:
        return  # a file system without locks
    _sign(descriptor)


def _sign(descriptor: int) -> None:
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    except OSError:
        return  # read-only, or full: the lock holds all the same


def _owner(path: Path) -> int | None:
    try:
        return int((path / _LOCK).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
