"""What holds for every address of the API."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard.access import Right, Role
from callguard.console.api.resource import cursor_of, place_of
from callguard.console.api.routes import routes
from callguard.console.problems import UnfitError
from callguard.console.rates import Rates
from tests.console.api.conftest import Program, program_of
from tests.console.conftest import Browser, Console
from tests.console.test_events import watching
from tests.console.walking import path_of

NUMBER = "+13035550164"
BLOCK = {"list": "block", "value": NUMBER}


def problem_in(answered: Any, status: int) -> dict[str, Any]:
    assert answered.status == status
    assert answered.headers["Content-Type"].startswith("application/problem+json")
    said: dict[str, Any] = json.loads(answered.text)
    assert (said["status"], said["type"]) == (status, "about:blank")
    assert said["title"]
    assert said["detail"]
    return said


async def test_a_stranger_is_told_that_a_token_is_needed_and_not_sent_to_a_page(console: Console) -> None:
    stranger = console.stranger()
    for route in routes.all:
        if route.right is not None:
            for headers in ({}, {"Authorization": "Bearer cg_made-up"}):
                answered = await stranger.send(route.method, path_of(route), headers)
                problem_in(answered, 401)
                assert answered.headers["WWW-Authenticate"] == "Bearer"


async def test_a_signed_in_browser_may_use_it_from_our_own_pages_only(
    console: Console, member: Browser, viewer: Browser
) -> None:
    data = json.dumps(BLOCK).encode()
    headers = {"Content_Type": "application/json"}
    problem_in(await member.send("POST", "/api/v1/rules", headers, data), 403)
    problem_in(await member.send("POST", "/api/v1/rules", {**headers, "Origin": "http://evil.example"}, data), 403)
    ours = {**headers, "Origin": console.base}
    problem_in(await viewer.send("POST", "/api/v1/rules", ours, data), 403)
    answered = await member.send("POST", "/api/v1/rules", ours, data)
    assert answered.status == 201
    assert json.loads(answered.text)["change"]["by"] == "Ben"


async def test_every_refusal_is_a_problem(console: Console, program: Program) -> None:
    browser = program.browser
    problem_in(await browser.get("/api/v1/nowhere"), 404)
    problem_in(await browser.get("/api/v1/lists/%0A"), 404)
    answered = await browser.send("PUT", "/api/v1/calls", {})
    problem_in(answered, 405)
    assert set(answered.headers["Allow"].split(",")) >= {"GET"}
    problem_in(await browser.get("/api/v1/calls", Host="evil.example"), 421)
    text = {"Content_Type": "text/plain"}
    problem_in(await browser.send("POST", "/api/v1/rules", text, b"{}"), 415)
    latin = {"Content_Type": "application/json; charset=latin-1"}
    problem_in(await browser.send("POST", "/api/v1/rules", latin, b"{}"), 415)
    packed = {"Content_Type": "application/json", "Content_Encoding": "gzip"}
    problem_in(await browser.send("POST", "/api/v1/rules", packed, b"{}"), 415)


async def test_a_body_that_is_too_long_is_refused(program: Program) -> None:
    long = io.BytesIO(b'{"list": "block", "value": "' + b"1" * (1 << 20) + b'"}')
    headers = {**program.browser.headers, "Content-Type": "application/json"}
    async with program.browser.session.post(
        f"{program.browser.base}/api/v1/rules", data=long, headers=headers
    ) as response:
        assert (response.status, response.content_type) == (413, "application/problem+json")


@pytest.mark.parametrize(
    "sent",
    [b"", b"{", b"nonsense", b"\xff", b'{"list": "block", "value": "\\ud800"}', b"[" * 100_000, b"\xef\xbb\xbf{}"],
    ids=["nothing", "half", "nonsense", "no letters", "half a letter", "deep", "mark"],
)
async def test_what_is_no_json_is_refused(program: Program, sent: bytes) -> None:
    answered = await program.browser.send("POST", "/api/v1/rules", {"Content_Type": "application/json"}, sent)
    problem_in(answered, 400)


async def test_a_failure_inside_is_a_problem_without_its_reason(
    program: Program, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(type(console.kernel), "read", fails)
    said = problem_in(await program.browser.get("/api/v1/calls"), 500)
    assert "secret detail" not in str(said)


async def test_too_many_requests_are_put_off_for_that_program_only(console: Console, reader: Program) -> None:
    console.kernel.rates = Rates(at_once=3, a_second=0.001)
    seen = [(await reader.get("/version")).status for _ in range(4)]
    assert seen == [200, 200, 200, 429]
    put_off = await reader.get("/version")
    assert int(put_off.headers["Retry-After"]) > 0
    assert (await program_of(console, Right.READ).get("/version")).status == 200


def test_what_was_not_used_comes_back_as_time_passes() -> None:
    rates = Rates(at_once=2, a_second=1)
    assert [rates.wait("a", 0.0) > 0 for _ in range(3)] == [False, False, True]
    assert rates.wait("a", 0.5) == pytest.approx(0.5)
    assert rates.wait("a", 1.0) == 0
    assert [rates.wait("a", 100.0) > 0 for _ in range(3)] == [False, False, True]


def test_only_so_many_programs_are_remembered() -> None:
    rates = Rates(at_once=1, a_second=0.001)
    for one in range(1001):
        rates.wait(str(one), 0.0)
    assert rates.wait("0", 0.0) == 0
    assert rates.wait("1000", 0.0) > 0


@given(st.text(), st.integers())
def test_a_cursor_says_where_a_page_ended(text: str, number: int) -> None:
    assert place_of(cursor_of(text, number), str, int) == (text, number)


@given(st.text(min_size=1))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(UnfitError):
        place_of(text, str, str, int)


async def test_programs_hear_of_calls_as_they_come_and_of_those_they_missed(
    console: Console, reader: Program
) -> None:
    first = await console.ring(NUMBER)
    async with watching(reader.browser, "/api/v1/events") as stream:
        second = await console.ring(NUMBER, name="CARD SERVICES")
        told = await stream.next("call")
        assert told.id == second.call.id
        said = json.loads(told.data)
        assert (said["id"], said["experience"], said["call"]["name"]) == (told.id, "rang", "CARD SERVICES")
        await console.ask("add-rule", list="block", value=NUMBER)
        assert json.loads((await stream.next("changed")).data) == {"what": "rules"}
    async with watching(reader.browser, "/api/v1/events", Last_Event_ID=first.call.id) as stream:
        assert (await stream.next("call")).id == second.call.id
    async with watching(reader.browser, f"/api/v1/events?since={first.call.id}") as stream:
        assert (await stream.next("call")).id == second.call.id


async def test_the_stream_ends_with_its_token(console: Console, reader: Program) -> None:
    async with watching(reader.browser, "/api/v1/events") as stream:
        access = console.kernel.access
        access.revoke_token(access.tokens()[0].id, console.kernel.clock.now())
        await console.ring(NUMBER)
        await stream.ends()


async def test_no_other_page_may_use_it(program: Program) -> None:
    answered = await program.get("/calls", Origin="http://evil.example")
    assert "Access-Control-Allow-Origin" not in answered.headers
    preflight = await program.browser.send("OPTIONS", "/api/v1/calls", {"Origin": "http://evil.example"})
    assert preflight.status == 405


async def test_the_head_of_an_answer_comes_without_it(program: Program) -> None:
    answered = await program.browser.send("HEAD", "/api/v1/calls", {})
    assert (answered.status, answered.text) == (200, "")


async def test_a_role_is_a_right(console: Console) -> None:
    viewer = console.person(Role.VIEWER)
    assert (await viewer.get("/api/v1/calls")).status == 200
    problem_in(await viewer.get("/api/v1/settings"), 403)
