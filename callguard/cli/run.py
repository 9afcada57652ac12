"""Running the daemon in the foreground."""

import gc
import json
import logging
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import click

from callguard.cli.client import Asker, Told, bad_config
from callguard.cli.output import verdict_line
from callguard.model.text import plain
from callguard.place import DEMO_PORT, DEMO_WEB_PORT, Place

if TYPE_CHECKING:
    from callguard.daemon import Daemon
    from callguard.model.record import CallRecord

_ASK = click.make_pass_decorator(Asker)
_ALLOCATIONS = 20_000
_IN_USE = 75  # EX_TEMPFAIL of sysexits.h: another daemon has the folder


@click.command()
@click.option("--demo", is_flag=True, help="A pretend house, rung by a pretend telephone company; needs no hardware.")
@click.option("--log-json", is_flag=True, help="One JSON object a call on standard output, for scripts.")
@click.option("--verbose", "-v", is_flag=True, help="Log what the lines and plugins do.")
@_ASK
def run(asker: Asker, *, demo: bool, log_json: bool, verbose: bool) -> None:
    """Protect the lines until stopped (Ctrl-C or SIGTERM); SIGHUP reads the configuration again.

    Each call is one line: when, what happened, who called, and why.
    """
    place = asker.place(demo=demo)
    if demo:
        port = _free_port(DEMO_PORT, socket.SOCK_DGRAM, "the pretend telephone company")
        web_port = _free_port(DEMO_WEB_PORT, socket.SOCK_STREAM, "the console")
        place = replace(place, demo_port=port, demo_web_port=web_port)
    elif place.config is not None and not place.config.exists():
        raise click.ClickException(
            f"{place.config} does not exist: copy config.example.yaml there, or try `callguard run --demo`"
        )
    _log_to_stderr(verbose=verbose)
    _run(place, log_json=log_json)


def _run(place: Place, *, log_json: bool) -> None:
    import asyncio  # noqa: PLC0415  (--help needs none of this)

    from callguard.blueprint import draw  # noqa: PLC0415
    from callguard.cli.offline import surroundings  # noqa: PLC0415
    from callguard.config import ConfigError  # noqa: PLC0415
    from callguard.daemon import Daemon  # noqa: PLC0415
    from callguard.policy.sole import sole_deciders  # noqa: PLC0415
    from callguard.store import DataDir, InUseError, Store  # noqa: PLC0415

    around = surroundings()
    try:
        _bring_back(place, around.clock.now())
        blueprint = draw(place, around)
        with DataDir.lock(place.data_dir):
            _check_folder(place)
            store = Store.open(
                place.database, now=around.clock.now(), clock=around.clock.now, sole=sole_deciders
            ).store
            try:
                daemon = Daemon(blueprint, around, store)
                _Printer(daemon, as_json=log_json)
                asyncio.run(daemon.run())
            finally:
                store.close()
    except ConfigError as error:
        raise bad_config(error) from error
    except InUseError as error:
        raise Told(f"{error}. Stop that one first, or give this one its own --data-dir.", _IN_USE) from error


def _bring_back(place: Place, now: datetime) -> None:
    """Put a backup in place that was laid ready; whatever goes wrong, the lines are protected."""
    from callguard.backup import BackupError  # noqa: PLC0415  (--help needs none of this)
    from callguard.cli.offline import bring_back  # noqa: PLC0415

    try:
        kept = bring_back(place, now)
    except BackupError as error:
        click.secho(
            f"The backup could not be put in place, it is tried again at the next start: {error}", fg="red", err=True
        )
        return
    if kept:
        click.echo(f"A backup was put in place; what was there before is in {place.data_dir / kept}.", err=True)


def _check_folder(place: Place) -> None:
    if not place.data_dir.is_dir():
        raise click.ClickException(
            f"{place.data_dir} cannot be created: name a folder you may write to by --data-dir"
        )
    probe = place.data_dir / ".probe"
    try:
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as error:
        # The line is protected all the same; the store says that nothing is recorded.
        click.secho(
            f"{place.data_dir} cannot be written ({error.strerror}): calls are not recorded", fg="red", err=True
        )


def _free_port(wanted: int, kind: socket.SocketKind, whose: str) -> int:
    """Return *wanted*, or another port of the loopback if that one is taken."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(kind is socket.SOCK_STREAM))
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                click.secho(f"port {wanted} is taken, {whose} takes another", dim=True, err=True)
                continue
            found: int = probe.getsockname()[1]
            return found
    raise click.ClickException("no port is free on 127.0.0.1")


def _log_to_stderr(*, verbose: bool) -> None:
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )


def _settle_memory() -> None:
    # What is there at the start stays: the collector need not look at it again and again while calls come in, and
    # may let a burst of calls pass before it looks at all.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, 20, 50)


class _Printer:
    """Prints what the daemon tells."""

    def __init__(self, daemon: "Daemon", *, as_json: bool) -> None:
        self._daemon = daemon
        daemon.on_call = self._call_as_json if as_json else self._call
        daemon.on_ready = self._ready_as_json if as_json else self._ready
        daemon.on_console = self._console_as_json if as_json else self._console

    def _call(self, record: "CallRecord") -> None:
        click.echo(verdict_line(self._event(record)))

    def _call_as_json(self, record: "CallRecord") -> None:
        self._print({"event": "call", **self._event(record)})

    def _ready_as_json(self) -> None:
        _settle_memory()
        self._print({"event": "ready"})

    def _ready(self) -> None:
        _settle_memory()
        house = self._daemon.house
        click.secho(f"CallGuard {house.software}", bold=True, nl=False)
        click.echo(f" · records in {house.blueprint.place.data_dir}")
        for line in house.lines:
            click.echo(f"  line {line.name} ({line.adapter}): {line.state().status} – {plain(line.state().detail)}")
        for problem in house.health.deaf_lines():
            click.secho(f"  not protecting: {problem.what}. {problem.cure}", fg="red")
        if house.blueprint.place.demo:
            click.secho(
                "  Ring it yourself from a second terminal: callguard ring 2125550199   Ctrl-C ends it.", dim=True
            )

    def _console(self, addresses: Sequence[str], setup_code: str) -> None:
        for address in addresses:
            how = f" and enter the set-up code {setup_code}" if setup_code else ""
            click.echo(f"  Open {click.style(address, bold=True)}{how}")

    def _console_as_json(self, addresses: Sequence[str], setup_code: str) -> None:
        self._print({"event": "console", "listening": list(addresses), "setup_code": setup_code})

    def _event(self, record: "CallRecord") -> dict[str, object]:
        from callguard.sentences import event  # noqa: PLC0415  (--help needs no sentences)

        return event(record, self._daemon.house.phrases, self._daemon.house.timezone)

    def _print(self, thing: dict[str, object]) -> None:
        click.echo(json.dumps(thing))
