"""The plugin: one line of the house for each SIP account."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta

from callguard import Disclosure, Home, Job, Line, Problem, Rung, hookimpl
from callguard_sip.line import SipLine
from callguard_sip.settings import SipConfig

_REFRESH = timedelta(minutes=5)
_INSTANCE_FILE = "instance"


class Sip:
    """Telephone lines behind SIP registrars: routers, PBXs, providers."""

    Config = SipConfig
    speaks_on: frozenset[Rung] = frozenset()
    phrases: Mapping[str, str] = {}

    def __init__(self, config: SipConfig, home: Home) -> None:
        self._home = home
        self._accounts = config.accounts
        self._instance = _instance(home)
        self._lines = [
            SipLine(account, home, str(uuid.uuid5(self._instance, account.line))) for account in config.accounts
        ]

    @property
    def discloses(self) -> Sequence[Disclosure]:
        """Say what registrars learn."""
        return [
            Disclosure(
                to=f"{account.registrar}, the registrar of the line {account.line}",
                what="the user name and proof of the password, your address, that CallGuard runs here, and what "
                "becomes of each call it sends",
                when="when registering, every few minutes, and with every call",
            )
            for account in self._accounts
        ]

    @hookimpl
    def open_lines(self) -> Sequence[Line]:
        """Hear calls on every account."""
        if self._lines:
            _remember(self._home, self._instance)
        return self._lines

    @hookimpl
    def periodic_jobs(self) -> Sequence[Job]:
        """Follow the registrars when their names lead somewhere else."""
        return [
            Job(name=f"look up the registrar of {line.name}", every=_REFRESH, run=line.refresh)
            for line in self._lines
        ]

    @hookimpl
    def health(self) -> Sequence[Problem]:
        """Say what is wrong with any line."""
        return [problem for line in self._lines for problem in line.problems()]


def _instance(home: Home) -> uuid.UUID:
    """Return the name of this installation, the same at every start, so that a registrar replaces its old address."""
    try:
        return uuid.UUID((home.data_dir / _INSTANCE_FILE).read_text("ascii").strip())
    except (OSError, ValueError):
        return uuid.UUID(int=home.randomness.bits(128), version=4)


def _remember(home: Home, instance: uuid.UUID) -> None:
    # Not before the lines open: whoever only checks the configuration must leave nothing behind.
    try:
        home.data_dir.mkdir(parents=True, exist_ok=True)
        (home.data_dir / _INSTANCE_FILE).write_text(f"{instance}\n", "ascii")
    except OSError as error:
        home.log.info(
            "this installation's name cannot be kept, registrars will see a new one at each start: %s", error
        )
