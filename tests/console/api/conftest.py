"""Programs that ask the API with a token."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from multidict import CIMultiDict

from callguard.access import Right
from tests.console.api.document import answers, mistakes, operations
from tests.console.conftest import Answered, Browser, Console


@dataclass(frozen=True)
class Said:
    """What came back to a program."""

    status: int
    body: Any
    text: str
    headers: Mapping[str, str]


@dataclass
class Program:
    """A program, whose every answer is held against the document."""

    browser: Browser

    async def get(self, path: str, **headers: str) -> Said:
        return await self.send("GET", path, headers=headers)

    async def post(self, path: str, said: object = None, **headers: str) -> Said:
        return await self.send("POST", path, said, headers)

    async def put(self, path: str, said: object, **headers: str) -> Said:
        return await self.send("PUT", path, said, headers)

    async def patch(self, path: str, said: object, **headers: str) -> Said:
        return await self.send("PATCH", path, said, headers)

    async def delete(self, path: str, **headers: str) -> Said:
        return await self.send("DELETE", path, headers=headers)

    async def send(
        self, method: str, path: str, said: object = None, headers: Mapping[str, str] | None = None
    ) -> Said:
        headers = dict(headers or {})
        data: Any = None
        if said is not None:
            headers.setdefault("Content_Type", "application/json")
            data = said if isinstance(said, bytes) else json.dumps(said).encode()
        answered = await self.browser.send(method, f"/api/v1{path}", headers, data)
        return _checked(method, path, answered)


def _checked(method: str, path: str, answered: Answered) -> Said:
    kind = answered.headers.get("Content-Type", "").partition(";")[0]
    body = json.loads(answered.text) if kind.endswith("json") else None
    if answered.status >= 400:
        assert kind == "application/problem+json", answered.text
    told = _told(method, path, answered.status)
    if told and told[1] is not None and kind.endswith("json"):
        assert mistakes(told[1], body) == [], answered.text
    return Said(answered.status, body, answered.text, CIMultiDict(answered.headers))


def _told(method: str, path: str, status: int) -> tuple[str, Any] | None:
    steps = path.partition("?")[0].split("/")
    for operation in operations():
        wanted = operation.path.split("/")
        fits = [one == two or one.startswith("{") for one, two in zip(wanted, steps, strict=False)]
        exact = operation.path == path.partition("?")[0]
        if operation.method == method and len(wanted) == len(steps) and all(fits):
            if not exact and any(o.path == path.partition("?")[0] for o in operations()):
                continue
            found = answers(operation, status)
            assert found is not None, f"{operation} may not answer {status}"
            return found
    return None


def program_of(console: Console, *scopes: Right) -> Program:
    """Return a program with a token for that."""
    access, now = console.kernel.access, console.kernel.clock.now()
    token = access.new_token("a program", scopes, None, by="Ana", now=now)
    return Program(console.stranger(Authorization=f"Bearer {token}"))


@pytest.fixture
async def program(console: Console) -> Program:
    """A program that may do everything."""
    return program_of(console, Right.ADMIN)


@pytest.fixture
async def reader(console: Console) -> Program:
    """A program that may only read."""
    return program_of(console, Right.READ)
