"""A real CallGuard with its real console: two processes, a line on the pretend telephone company, a past."""

import time
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from playwright.sync_api import Browser, StorageState

from callguard.control.client import ask_daemon
from callguard.place import Place
from callguard.store import Archive, Filter
from tests.real.peers import guard as guards
from tests.real.peers import past as history
from tests.real.peers.browser import Theme, Window, window
from tests.real.peers.guard import Guard, Json
from tests.real.peers.past import PASSWORD, Past
from tests.real.peers.ports import free_ports
from tests.real.peers.process import Stage

_CONSOLE = {"CALLGUARD__WEB__ENABLED": "yes"}
_WITHIN = 30.0


@dataclass(slots=True)
class House:
    """A house, its console, and the browsers of those who have signed in."""

    guard: Guard
    port: int
    config: Json
    "What its config.yaml says."
    code: str = ""
    "The set-up code, while nobody can sign in."
    _signed_in: dict[str, StorageState] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The address of the console."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def place(self) -> Place:
        """Where it keeps its things."""
        return Place(data_dir=self.guard.data, config=self.guard.config)

    def open(self) -> float:
        """Start it, and wait until its console listens; returns the seconds that took."""
        begun = time.monotonic()
        self.guard.launch()
        told = self.guard.wait_for(lambda event: event["event"] == "console", _WITHIN, "the console listens")
        self.code = told["setup_code"]
        self.guard.wait_for(lambda event: event["event"] == "ready", _WITHIN, "the event `ready`")
        return time.monotonic() - begun

    def ask(self, command: str, **arguments: object) -> Any:
        """Ask the house as the command line does."""
        return ask_daemon(self.place.socket, command, dict(arguments))

    def ring(self, number: str, **more: object) -> str:
        """Let a pretend caller ring over real SIP until the call is decided; returns the call's id."""
        return cast(str, self.ask("ring", number=number, hold=0.3, **more)["id"])

    def found(self, number: str, name: str = "") -> str:
        """Return the newest call from that number whose caller has a name with that in it."""
        wanted = Filter(number=number, text=name)
        with closing(Archive.open(self.place.database)) as archive:
            return archive.page(1, None, wanted).records[0].call.id

    def window(
        self, browser: Browser, name: str = "Ana", theme: Theme = "light", *, scripts: bool = True, base: str = ""
    ) -> AbstractContextManager[Window]:
        """Lend the window of somebody who has signed in."""
        if name not in self._signed_in:
            with window(browser, self.base) as seen:
                sign_in(seen, name)
                self._signed_in[name] = seen.page.context.storage_state()
        return window(browser, base or self.base, theme, scripts=scripts, known=self._signed_in[name])


def sign_in(seen: Window, name: str) -> None:
    """Sign in by the page for it."""
    page = seen.open("sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("nav.places")


def build(stage: Stage, past: Past | None = None, *, empty: bool = False, **changes: object) -> House:
    """Return a house that is not open yet: as it was bought, *empty* but set up, or with a past.

    *changes* override keys of config.yaml.
    """
    port, now = free_ports(), datetime.now(UTC)
    guard = guards.prepare(stage, "", _CONSOLE)
    (guard.folder / "community.csv").write_text(history.COMMUNITY)
    house = House(guard, port, {**_config(port, str(guard.folder / "community.csv")), **changes})
    guard.configure(house.config)
    guard.config.chmod(0o600)
    if past is not None or empty:
        guard.data.mkdir()
        history.people(house.place.access, now)
    if past is not None:
        history.furnish(house.place.database, past, now)
    return house


def _config(port: int, community: str) -> Json:
    listen = f"127.0.0.1:{free_ports()}"
    account = {"user": "house", "password": "pretend-house"}
    source = {"file": community, "title": "Neighbourhood list", "mode": "active"}
    return {
        "country": "US",
        "timezone": str(history.ZONE),
        "sip": {"accounts": [{"line": "Landline", "registrar": listen, "preset": "plain", **account}]},
        "simulator": {"enabled": True, "listen": listen, **account},
        "lists": {"sources": {"community": source}},
        "rules": {"allow": [{"number": "+13035550126", "note": "The alarm company"}]},
        "web": {"host": "127.0.0.1", "port": port, "trusted_proxies": ["127.0.0.1"]},
        "backup": {"nightly": False},
    }
