"""PhoneBlock as its API description (OpenAPI v1.7.0) has it, on the loopback, and a house that may ask it."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from callguard import Progress
from callguard.testing import Asked, FakeClock, FaultyServer, Page, a_home, apart_here
from callguard_phoneblock.plugin import PhoneBlock

TOKEN = "a-key-of-the-test"
LISTED, OTHER = "+13035550110", "+13035550199"


@dataclass(slots=True)
class Vote:
    votes: int
    rating: str = "G_FRAUD"
    since: int = 1
    "The version of the list in which it changed last."


class FakePhoneBlock:
    """Answers `/blocklist`, `/check-prefix` and `/check`, and remembers what it was asked."""

    def __init__(self, server: FaultyServer) -> None:
        self.server = server
        self.version = 1
        self.numbers = {LISTED: Vote(4), **{f"+130355501{n}": Vote(2, "E_ADVERTISING") for n in range(20, 60)}}
        self.ranges: dict[str, tuple[int, int]] = {}
        self.extra: dict[str, dict[str, Any]] = {}
        for path, answer in (("blocklist", self.blocklist), ("check-prefix", self.prefix), ("check", self.check)):
            server.pages[f"/api/{path}"] = self.guarded(answer)

    @property
    def url(self) -> str:
        return self.server.url("/api")

    def asked(self) -> list[tuple[str, dict[str, str]]]:
        """The paths and arguments of all requests."""
        split = [urlsplit(one.url) for one in self.server.asked]
        return [(url.path, {key: value for key, (value,) in parse_qs(url.query).items()}) for url in split]

    def change(self, **votes: int) -> None:
        """Publish a new version; keys are the last two digits behind `n`."""
        self.version += 1
        for key, count in votes.items():
            self.numbers[f"+130355501{key[1:]}"] = Vote(count, "G_FRAUD", self.version)

    def guarded(self, answer: Callable[[dict[str, str]], Any]) -> Callable[[Asked], Page]:
        def page(asked: Asked) -> Page:
            if asked.headers.get("authorization") != f"Bearer {TOKEN}":
                return Page(status=401, body=b"Please provide login credentials.")
            arguments = {key: value for key, (value,) in parse_qs(urlsplit(asked.url).query).items()}
            body = json.dumps(answer(arguments)).encode()
            return Page(body=body, headers={"content-type": "application/json"})

        return page

    def blocklist(self, arguments: dict[str, str]) -> Any:
        since = int(arguments.get("since", 0))
        found = [
            {"phone": phone, "votes": vote.votes, "rating": vote.rating, "lastActivity": 1766570400000}
            for phone, vote in self.numbers.items()
            if vote.since > since and (vote.votes or since)
        ]
        return {"numbers": found, "version": self.version}

    def prefix(self, arguments: dict[str, str]) -> Any:
        def bucket(name: str) -> list[tuple[str, int, int]]:
            wanted = arguments.get(name, "")
            return [(p, *seen) for p, seen in self.ranges.items() if wanted and sha1(p).startswith(wanted.lower())]

        return {
            "numbers": [self.info(n) for n in self.numbers if sha1(n).startswith(arguments["sha1"].lower())],
            "range10": [{"prefix": p, "votes": v, "cnt": c} for p, v, c in bucket("prefix10")],
            "range100": [{"prefix": p, "votes": v, "cnt": c} for p, v, c in bucket("prefix100")],
        }

    def check(self, arguments: dict[str, str]) -> Any:
        found = next((number for number in self.numbers if sha1(number) == arguments["sha1"].lower()), None)
        return self.info(found) if found else {"phone": "", "votes": 0, "votesWildcard": 12, "rating": "B_MISSED"}

    def info(self, number: str) -> dict[str, Any]:
        vote = self.numbers[number]
        known = {"phone": number, "votes": vote.votes, "rating": vote.rating, "lastUpdate": 1766570400000}
        return {**known, "whiteListed": False, "blackListed": False, "label": "\x1b[2J", **self.extra.get(number, {})}


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


@pytest.fixture
async def phoneblock() -> AsyncIterator[FakePhoneBlock]:
    async with FaultyServer() as server:
        yield FakePhoneBlock(server)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


Build = Callable[..., PhoneBlock]


@pytest.fixture
def build(phoneblock: FakePhoneBlock, clock: FakeClock, tmp_path: Path) -> Build:
    """Return a function that builds the plugin from its section, with a key and the server filled in."""

    def built(*, apart: Any = apart_here, web: Any = None, **section: Any) -> PhoneBlock:
        whole = {"mode": "active", "token": TOKEN, "base_url": phoneblock.url, **section}
        web = web or phoneblock.server.web(clock)
        home = a_home(tmp_path, name="phoneblock", clock=clock, web=web, apart=apart)
        return PhoneBlock(PhoneBlock.Config.model_validate(whole), home)

    return built


def silent(_: Progress) -> None:
    """Nobody watches."""


@pytest.fixture
def update() -> Callable[..., Any]:
    """Return a coroutine function that updates the plugin's list."""

    async def done(plugin: PhoneBlock, *, force: bool = False) -> Any:
        (subscription,) = plugin.number_lists()
        return await subscription.update(silent, force=force)

    return done
