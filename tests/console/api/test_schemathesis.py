"""Whatever a program sends, by the document or against it: the answer is one that the document tells of."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, assume, given, seed, settings
from hypothesis import strategies as st
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
from tests.console.conftest import Console

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
]
ENDLESS = "events"
TRIES = 8
NUMBER = "+13035550188"
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
load_all_checks()


@dataclass
class World:
    """What there is in the house, so that not every path leads nowhere."""

    call: str
    setting_keys: list[str]
    own_token: int

    def of(self, path: str) -> st.SearchStrategy[dict[str, Any]] | None:
        """Return what stands in the path where something is really there; None: whatever comes to mind."""
        numbers: list[dict[str, Any]] = [{"id": number} for number in range(1, 12)]
        known: dict[str, list[dict[str, Any]]] = {
            "/settings": [{"key": key} for key in self.setting_keys],
            "/calls": [{"id": self.call}],
            "/complaints": [{"id": self.call}],
            "/rules": numbers,
            "/relationships": numbers,
            "/changes": numbers,
            "/people": [{"name": "Dora"}, {"name": "Ana"}],
            "/callers": [{"number": "303 555 0188"}],
        }
        part = path.partition("/{")[0]
        return st.sampled_from(known[part]) if "{" in path and part in known else None


async def a_world(console: Console, scope: Right) -> tuple[World, str]:
    console.kernel.rates = Rates(at_once=1e9)
    access, now = console.kernel.access, console.kernel.clock.now()
    access.add_person("Ana", Role.ADMIN, "x", now)
    token = access.new_token("schemathesis", [scope], None, by="Ana", now=now)
    record = await console.ring(NUMBER, name="CARD SERVICES")
    await console.ask("add-rule", list="block", value=NUMBER)
    await console.ask("relationship-save", party="Alpine Windows", numbers=[NUMBER])
    keys = [one["key"] for one in await console.ask("settings")]
    return World(record.call.id, keys, access.tokens()[0].id), token


def try_everything(base: str, token: str, world: World) -> int:
    """Ask for everything, again and again; return how often."""
    document = schemathesis.openapi.from_url(f"{base}/api/v1/openapi.yaml")
    headers = {"Authorization": f"Bearer {token}"}
    asked = 0

    def try_one(operation: Any, mode: Any, paths: st.SearchStrategy[dict[str, Any]] | None) -> None:
        @seed(1)
        @settings(
            max_examples=TRIES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        )
        @given(st.data())
        def run(data: st.DataObject) -> None:
            nonlocal asked
            known = data.draw(st.none() | paths) if paths is not None else None
            case = data.draw(operation.as_strategy(mode, **({"path_parameters": known} if known else {})))
            assume(operation.definition.raw["operationId"] != "token-revoke" or not is_own(case))
            asked += 1
            case.call_and_validate(headers=headers, checks=CHECKS)

        run()

    def is_own(case: Any) -> bool:
        return str((case.path_parameters or {}).get("id")) == str(world.own_token)

    for found in document.get_all_operations():
        operation = found.ok()
        name = operation.definition.raw["operationId"]
        if name != ENDLESS:
            for mode in MODES:
                try_one(operation, mode, world.of(operation.path))
    return asked


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("scope", [Right.ADMIN, Right.READ])
async def test_every_answer_is_one_that_the_document_tells_of(
    console: Console, scope: Right, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    world, token = await a_world(console, scope)
    asked = await asyncio.to_thread(try_everything, console.base, token, world)
    assert asked > 500
    assert [one.getMessage() for one in caplog.records if one.name == server.__name__] == []
