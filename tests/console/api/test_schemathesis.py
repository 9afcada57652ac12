"""Whatever a program sends, by the document or against it: the answer is one that the document tells of."""

import asyncio
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from callguard.access import Right, Role
from callguard.console.rates import Rates
from callguard.control import server
from tests.console.api.document import operations, resolved
from tests.console.conftest import Console

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
]
UNASKED = {"events", "document"}
"""The stream does not end, and whoever reads the document has asked for it."""
NUMBER = "+13035550188"
RIGHTS = {one.facts["operationId"]: one.facts["x-right"] for one in operations()}
load_all_checks()

Values = dict[str, Any]
Asked = APIOperation[Any, Any, Any, Any]


@dataclass
class Visitor:
    """A program that asks for everything."""

    base: str
    token: str
    known: dict[str, list[Values]]
    "What is really there, by the beginning of the path, so that not every path leads nowhere."
    own: int
    "Its own token, which it does not revoke."
    tries: int
    asked: int = 0
    done: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Ask by the examples of the document, then by whatever comes to mind."""
        document = schemathesis.openapi.from_url(f"{self.base}/api/v1/openapi.yaml")
        for found in document.get_all_operations():
            operation = found.ok()  # type: ignore[union-attr]  # an operation that makes no sense fails here
            if name_of(operation) not in UNASKED:
                for example in examples(operation):
                    self.ask(operation.Case(path_parameters=self.paths(operation)[:1][0], **example))
                for mode in GenerationMode:
                    self.try_much(operation, mode)

    def paths(self, operation: Asked) -> list[Values]:
        return self.known.get(operation.path.partition("/{")[0], [{}]) if "{" in operation.path else [{}]

    def try_much(self, operation: Asked, mode: GenerationMode) -> None:
        paths = st.none() | st.sampled_from(self.paths(operation))

        @seed(1)
        @settings(
            max_examples=self.tries,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.data())
        def run(data: st.DataObject) -> None:
            there = data.draw(paths)
            self.ask(data.draw(operation.as_strategy(mode, path_parameters=there or None)))

        run()

    def ask(self, case: Case[Any]) -> None:
        name = name_of(case.operation)
        if name == "token-revoke" and str(case.path_parameters.get("id")) == str(self.own):
            return
        answered = case.call_and_validate(headers={"Authorization": f"Bearer {self.token}"}, checks=CHECKS)
        self.asked += 1
        if answered.status_code < 400:
            self.done.add(name)


def name_of(operation: Asked) -> str:
    return str(operation.definition.raw["operationId"])


def examples(operation: Asked) -> list[dict[str, Any]]:
    """Return what is sent by the examples of the document; where nothing is sent, that."""
    if "requestBody" not in operation.definition.raw:
        return [{}]
    named = operation.definition.raw["requestBody"]["content"]["application/json"]["schema"]
    return [{"body": one, "media_type": "application/json"} for one in resolved(named)["examples"]]


async def a_visitor(console: Console, scope: Right, tries: int) -> Visitor:
    """Return a visitor, and put something into the house for it."""
    console.kernel.rates = Rates(at_once=1e9)
    access, now = console.kernel.access, console.kernel.clock.now()
    ana = access.add_person("Ana", Role.ADMIN, "x", now)
    for name in ("Dora", "Emil"):
        access.add_person(name, Role.VIEWER, "x", now)
    for _ in range(3):
        access.begin_session(ana.id, client="a browser", address="127.0.0.1", stay=False, now=now)
        access.new_token("another", [Right.READ], None, by="Ana", now=now)
    token = access.new_token("schemathesis", [scope], None, by="Ana", now=now)
    record = await console.ring(NUMBER, name="CARD SERVICES")
    for end in range(8):
        await console.ask("add-rule", list="block", value=f"+130355501{end}0")
        await console.ask("relationship-save", party=f"Windows {end}", numbers=[f"+130355501{end}0"])
    backup = await console.ask("backup")
    numbers: list[Values] = [{"id": number} for number in range(1, 9)]
    known: dict[str, list[Values]] = {
        "/backups": [{"name": Path(backup["file"]).name}],
        "/books": [{"name": "family"}],
        "/callers": [{"number": "303 555 0188"}],
        "/calls": [{"id": record.call.id}],
        "/changes": numbers,
        "/complaints": [{"id": record.call.id}],
        "/lists": [{"name": "lists.fr-telemarketing"}],
        "/people": [{"name": "Dora"}, {"name": "Emil"}],
        "/relationships": numbers,
        "/rules": numbers,
        "/sessions": numbers[:3],
        "/settings": [{"key": "policy.profile"}, *({"key": one["key"]} for one in await console.ask("settings"))],
        "/tokens": numbers[:3],
    }
    return Visitor(console.base, token, known, access.tokens()[0].id, tries)


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize(("scope", "tries"), [(Right.ADMIN, 4), (Right.READ, 1), (Right.CALLS, 1), (Right.LISTS, 1)])
async def test_every_answer_is_one_that_the_document_tells_of(
    console: Console, scope: Right, tries: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    visitor = await a_visitor(console, scope, tries)
    await asyncio.to_thread(visitor.run)
    assert visitor.asked > 60 * tries
    allowed = set(Right) if scope is Right.ADMIN else {Right.READ, scope}
    may = {name for name, right in RIGHTS.items() if right == "none" or right in allowed}
    assert visitor.done <= may, "nothing is done without the right"
    if scope is Right.ADMIN:
        assert may - visitor.done == UNASKED, "everything the document tells of can be done"
    assert [one.getMessage() for one in caplog.records if one.name == server.__name__] == []
