"""Asks the running daemon, or, where none is needed, looks into the house itself."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from callguard.control.client import NoDaemonError, ask_daemon, connect, watch_daemon
from callguard.control.wire import RefusedError
from callguard.place import Place, demo_data_dir, find_place

if TYPE_CHECKING:
    from callguard.config import ConfigError

NO_DAEMON = 3
REFUSED = 4
_USUALLY_WITHIN = 60.0
_PRETEND = "(the pretend house of `callguard run --demo`)"
BAD_CONFIG = 78  # EX_CONFIG of sysexits.h
_LOOKS = {"house", "settings", "disclosures", "calls", "explain", "try", "changes", "plugins", "doctor"}
_READS_ONLY = frozenset(
    _LOOKS | {"rules", "lists", "catalogue", "preview", "replay"} | {"relationships", "complaints", "complaint-draft"}
)
_CHANGES = {"add-rule", "add-rules", "expect", "remove-rule", "dialled", "undo"}
_SAID = {"relationship-save", "relationship-remove", "complaint-answer", "complaint-state"}
_WITHOUT_DAEMON = (
    _READS_ONLY | _CHANGES | _SAID | {"lists-update", "lists-mode", "lists-add", "set-setting", "opinion", "forget"}
)


class Told(click.ClickException):
    """A sentence for the person at the terminal, with an exit code for the script."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it from the instance


class Asker:
    """Knows which house is meant, and asks it."""

    def __init__(self, config: str | None, data_dir: str | None) -> None:
        self._config = config
        self._data_dir = data_dir

    def place(self, *, demo: bool = False) -> Place:
        """Return the house that is meant."""
        return find_place(self._config, self._data_dir, os.environ, demo=demo)

    def files(self) -> Place:
        """Return the house whose files are meant: the pretend one where only that runs and nobody says which one."""
        place = self.place()
        mine, *others = self._sockets(place)
        if not others or _listens(mine) or not _listens(others[0]):
            return place
        click.secho(_PRETEND, dim=True, err=True)
        return self.place(demo=True)

    def is_running(self) -> bool:
        """Tell whether a daemon answers here."""
        try:
            self._ask_running(self.place(), "healthcheck", {}, _USUALLY_WITHIN)
        except (NoDaemonError, RefusedError):
            return False
        return True

    def ask(
        self,
        command: str,
        arguments: dict[str, Any],
        within: float = _USUALLY_WITHIN,
        *,
        offline: bool = False,
        reads_only: bool = False,
    ) -> Any:
        """Return the answer of the house, within so many seconds; Told says in one sentence what is in the way.

        A plugin's command that is *offline* also needs no daemon; one that *reads_only* leaves nothing behind.
        """
        place = self.place()
        try:
            return self._ask_running(place, command, arguments, within)
        except RefusedError as error:
            raise Told(str(error), REFUSED) from error
        except NoDaemonError as error:
            if not offline and command not in _WITHOUT_DAEMON:
                raise Told(f"{error}; start it with `callguard run`", NO_DAEMON) from error
        return look_in(place, command, arguments, read_only=reads_only or command in _READS_ONLY)

    def watch(self) -> Iterator[dict[str, Any]]:
        """Yield what happens in the house, see `callguard.control.watching`; Told when it ends, or none runs."""
        *others, last = self._sockets(self.place())
        for path in (*others, last):
            heard = False
            try:
                for event in watch_daemon(path):
                    heard = True
                    yield event
            except RefusedError as error:
                raise Told(str(error), REFUSED) from error
            except NoDaemonError as error:
                if heard or path is last:
                    raise Told(f"{error}; start it with `callguard run`", NO_DAEMON) from error
                click.secho(_PRETEND, dim=True, err=True)

    def _ask_running(self, place: Place, command: str, arguments: dict[str, Any], within: float) -> Any:
        first, *others = self._sockets(place)
        try:
            return ask_daemon(first, command, arguments, within)
        except NoDaemonError:
            if not others:
                raise
        answer = ask_daemon(others[0], command, arguments, within)
        click.secho(_PRETEND, dim=True, err=True)
        return answer

    def _sockets(self, place: Place) -> list[Path]:
        """Return where a daemon may answer: the pretend house too, if nobody says which one is meant."""
        demo = demo_data_dir() / place.socket.name
        return [place.socket] if self._is_explicit() or not demo.exists() else [place.socket, demo]

    def _is_explicit(self) -> bool:
        variables = ("CALLGUARD_CONFIG", "CALLGUARD_DATA_DIR")
        return bool(self._config or self._data_dir or any(os.environ.get(name) for name in variables))


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        try:
            connect(sock, path)
        except NoDaemonError:
            return False
    return True


def ask(
    ctx: click.Context,
    command: str,
    arguments: dict[str, Any],
    *,
    offline: bool = False,
    reads_only: bool = False,
) -> Any:
    """Return the house's answer to *command*, for a plugin's own click commands.

    With *offline*, a command that is in the plugin's `offline_commands` is answered from the house's files where no
    daemon runs; *reads_only* then says that it changes nothing, so that nothing is created for it either.
    click.ClickException says in one sentence what is in the way.
    """
    asker = ctx.find_object(Asker) or Asker(None, None)
    return asker.ask(command, arguments, offline=offline, reads_only=reads_only)


def data_folder(ctx: click.Context) -> Path:
    """Return the folder where the house keeps its data, for a plugin's own click commands; it may not exist yet."""
    asker = ctx.find_object(Asker)
    return (asker or Asker(None, None)).place().data_dir


def look_in(place: Place, command: str, arguments: dict[str, Any], *, read_only: bool) -> Any:
    """Answer *command* without a daemon, from the files of *place*."""
    from callguard.cli.offline import answer_offline  # noqa: PLC0415  (the daemon knows: nothing is loaded here)
    from callguard.config import ConfigError  # noqa: PLC0415
    from callguard.store import InUseError  # noqa: PLC0415

    try:
        return answer_offline(place, command, arguments, read_only=read_only)
    except RefusedError as error:
        raise Told(str(error), REFUSED) from error
    except InUseError as error:
        raise Told(f"{error}, but it does not answer: see its log", NO_DAEMON) from error
    except PermissionError as error:
        what = error.filename or place.data_dir
        raise Told(f"you may not look into {what}: ask as its owner or as root", REFUSED) from error
    except ConfigError as error:
        raise bad_config(error) from error


def bad_config(error: "ConfigError") -> Told:
    """Return all mistakes of a configuration, a line each."""
    count = len(error.mistakes)
    return Told(f"the configuration has {count} mistake{'' if count == 1 else 's'}:\n{error}", BAD_CONFIG)
