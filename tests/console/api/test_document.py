"""The API and its document say the same."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from callguard.console.api.resource import BASE
from callguard.console.api.routes import routes
from callguard.console.pages import all_routes
from callguard.console.routing import Route
from tests.console.api.conftest import Program
from tests.console.api.document import Operation, document, mistakes, operations, resolved
from tests.console.conftest import Console

OPERATIONS = list(operations())


def of(operation: Operation) -> Route:
    return next(r for r in routes.all if (r.method, r.path) == (operation.method, BASE + operation.path))


def references(thing: Any) -> Iterator[str]:
    if isinstance(thing, dict):
        yield from (str(value) for key, value in thing.items() if key == "$ref")
        for value in thing.values():
            yield from references(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from references(value)


def test_every_address_is_in_the_document_and_nothing_else() -> None:
    told = {(one.method, BASE + one.path) for one in OPERATIONS}
    assert told == {(route.method, route.path) for route in routes.all}
    assert {(route.method, route.path) for route in all_routes() if route.api} == told


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_says_what_right_it_needs(operation: Operation) -> None:
    route = of(operation)
    assert operation.facts["x-right"] == (route.right.value if route.right else "none")
    assert route.name == f"api-{operation.facts['operationId']}"
    assert (operation.facts.get("security") == []) is (route.right is None)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_tells_of_its_path_and_of_problems(operation: Operation) -> None:
    parameters = [resolved(one) for one in operation.facts.get("parameters", [])]
    in_path = {one["name"] for one in parameters if one["in"] == "path"}
    assert in_path == set(re.findall(r"\{(\w+)\}", operation.path))
    assert operation.facts["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
    assert operation.facts["summary"]
    assert operation.facts["tags"][0] in {tag["name"] for tag in document()["tags"]}


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
async def test_an_operation_takes_from_the_address_what_the_document_says(
    operation: Operation, program: Program
) -> None:
    if operation.path == "/events":
        return
    said = {"name": "x", "id": "1", "number": "+13035550164", "key": "policy.profile"}
    path = re.sub(r"\{(\w+)\}", lambda found: said[found[1]], operation.path)
    answered = await program.send(operation.method, f"{path}?made_up=1", {} if operation.method != "GET" else None)
    assert answered.status == 400
    assert answered.body["errors"] == [{"parameter": "made_up", "detail": "There is no such thing here."}]
    known = [resolved(one)["name"] for one in operation.facts.get("parameters", []) if resolved(one)["in"] == "query"]
    for name in known:
        answered = await program.send(operation.method, f"{path}?{name}=%00")
        assert "There is no such thing here." not in answered.text, name


SCHEMAS: dict[str, Any] = document()["components"]["schemas"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_example_is_one(name: str) -> None:
    for example in SCHEMAS[name].get("examples", []):
        assert mistakes({"$ref": f"#/components/schemas/{name}"}, example) == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_used(name: str) -> None:
    assert f"#/components/schemas/{name}" in set(references(document()))


def test_every_reference_leads_somewhere() -> None:
    for reference in set(references(document())):
        assert resolved({"$ref": reference})


def test_everything_that_is_sent_has_an_example_and_takes_nothing_unknown() -> None:
    for operation in OPERATIONS:
        if "requestBody" in operation.facts:
            schema = resolved(operation.facts["requestBody"]["content"]["application/json"]["schema"])
            assert schema["examples"], operation
            assert schema["additionalProperties"] is False, operation


def test_numbers_in_the_document_are_fictional() -> None:
    for number in re.findall(r"\+1[ 0-9]{10,}", str(document())):
        assert re.fullmatch(r"1\d{3}55501\d\d", "".join(filter(str.isdigit, number))), number


async def test_anybody_may_read_the_document(console: Console) -> None:
    answered = await console.stranger().get(f"{BASE}/openapi.yaml")
    assert answered.status == 200
    assert answered.headers["Content-Type"].startswith("application/yaml")
    assert answered.text.startswith("openapi: 3.1.0")
