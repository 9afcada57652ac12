"""A console before a running house, and somebody who browses it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar, FormData
from yarl import URL

from callguard.access import Role
from callguard.access.passwords import hash_password
from callguard.ambient import zone_of
from callguard.console.kernel import Kernel
from callguard.console.launch import Launch, Web
from callguard.console.process import kernel_of, serving
from callguard.control.client import ask_daemon
from callguard.daemon import Daemon
from callguard.model.record import CallRecord
from callguard.place import Place
from tests.conftest import OpenHouse

PASSWORD = "seven quiet lanterns"


@dataclass(frozen=True)
class Answered:
    """What came back, redirects not followed."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def location(self) -> str:
        return self.headers["Location"]


@dataclass
class Browser:
    """A browser without JavaScript, with cookies of its own."""

    session: ClientSession
    base: str
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **headers: str) -> Answered:
        return await self.send("GET", path, headers)

    async def post(
        self, path: str, data: Mapping[str, Any] | FormData | bytes | None = None, **headers: str
    ) -> Answered:
        return await self.send("POST", path, {"Origin": self.base, **headers}, data or {})

    async def follow(self, answered: Answered) -> Answered:
        """Go where a redirect leads."""
        assert answered.status == 303, answered.text
        return await self.get(answered.location)

    @property
    def cookie(self) -> str:
        """The secret of the session."""
        return next((one.value for one in self.session.cookie_jar if one.key.endswith("callguard")), "")

    async def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        data: Mapping[str, Any] | FormData | bytes | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Answered:
        headers = {name.replace("_", "-"): value for name, value in {**self.headers, **headers}.items()}
        asked = self.session.request(
            method, self.base + path, headers=headers, data=data, params=params, allow_redirects=False, timeout=None
        )
        async with asked as response:
            return Answered(response.status, await response.text(), dict(response.headers))


@dataclass
class Console:
    """A console, its kernel, and the house behind it."""

    kernel: Kernel
    base: str
    daemon: Daemon
    place: Place
    _sessions: list[ClientSession] = field(default_factory=list)

    def stranger(self, **headers: str) -> Browser:
        """Return the browser of somebody who has not signed in."""
        session = ClientSession(cookie_jar=CookieJar(unsafe=True))
        self._sessions.append(session)
        return Browser(session, self.base, dict(headers))

    def person(self, role: Role, name: str = "") -> Browser:
        """Return the browser of somebody who has signed in."""
        access, now = self.kernel.access, self.kernel.clock.now()
        name = name or f"the {role.value}"
        known = next((one for one in access.people() if one.name == name), None)
        person = known or access.add_person(name, role, _HASHED, now)
        token = access.begin_session(person.id, client="test", address="127.0.0.1", stay=False, now=now)
        browser = self.stranger()
        browser.session.cookie_jar.update_cookies({"callguard": token}, URL(self.base))
        return browser

    async def ask(self, command: str, **arguments: Any) -> Any:
        """Ask the house as the command line does."""
        return await asyncio.to_thread(ask_daemon, self.place.socket, command, arguments)

    async def ring(self, number: str, **arguments: Any) -> CallRecord:
        """Ring, and come back with the record once it is on disk."""
        told: asyncio.Queue[CallRecord] = asyncio.Queue()
        self.daemon.on_call = told.put_nowait
        await self.ask("pretend", number=number, **arguments)
        return await told.get()

    async def close(self) -> None:
        for session in self._sessions:
            await session.close()


_HASHED = hash_password(PASSWORD, 7)


@pytest.fixture
def web() -> Web:
    """The household's wishes about the console; a test overrides this fixture to wish something else."""
    return Web(host="127.0.0.1", port=0)


@pytest.fixture
async def console(place: Place, open_house: OpenHouse, web: Web, tmp_path: Path) -> AsyncIterator[Console]:
    """A console before a house with a pretend line."""
    async with open_house(place) as daemon:
        launch = Launch(
            socket=place.socket,
            database=place.database,
            access=tmp_path / "access.db",
            web=web,
            zone=zone_of("UTC"),
        )
        kernel = kernel_of(launch)
        async with serving(kernel) as (address,):
            found = Console(kernel, address.removesuffix("/"), daemon, place)
            yield found
            await found.close()


@pytest.fixture
async def admin(console: Console) -> Browser:
    """The browser of an administrator."""
    return console.person(Role.ADMIN, "Ana")


@pytest.fixture
async def member(console: Console) -> Browser:
    """The browser of a member of the household."""
    return console.person(Role.MEMBER, "Ben")


@pytest.fixture
async def viewer(console: Console) -> Browser:
    """The browser of somebody who may only look."""
    return console.person(Role.VIEWER, "Cleo")
