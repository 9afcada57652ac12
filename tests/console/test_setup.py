"""The first run: nobody comes in without the code, and each further step can wait."""

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

import pytest

from callguard.access import Role
from callguard.place import Place
from tests.console.conftest import Answered, Browser, Console

NEW = "eleven brass teapots"


def a_code(console: Console) -> str:
    return console.kernel.access.new_setup_code(console.kernel.clock.now())


async def begin(console: Console, browser: Browser, **said: str) -> Answered:
    return await browser.post("/setup/account", {"code": a_code(console), "name": "Ana", "password": NEW, **said})


async def setting(console: Console, key: str) -> Any:
    return next(one["value"] for one in await console.ask("settings") if one["key"] == key)


@pytest.fixture
def with_sip(place: Place) -> Place:
    """Nothing is disabled, and pretend calls go over a port that is free."""
    assert place.config is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place.config.write_text(f"timezone: UTC\nweb: {{enabled: no}}\nsimulator: {{listen: '127.0.0.1:{port}'}}\n")
    return place


async def test_whoever_comes_first_is_asked_for_the_code(console: Console) -> None:
    stranger = console.stranger()
    assert (await stranger.get("/")).location == "/setup"
    assert (await stranger.get("/sign-in")).location == "/setup"
    assert "Set-up code" in (await stranger.get("/setup")).text


@pytest.mark.parametrize(
    "spelled", [str, str.lower, lambda code: code.replace("-", " ")], ids=["shown", "small", "apart"]
)
async def test_the_code_lets_the_first_administrator_in(console: Console, spelled: Any) -> None:
    stranger = console.stranger()
    code = spelled(a_code(console))
    entered = await stranger.post("/setup/account", {"code": code, "name": "Ana", "password": NEW})
    assert entered.location == "/setup?step=2"
    assert "HttpOnly" in entered.headers["Set-Cookie"]
    person = console.kernel.access.person("Ana")
    assert person is not None
    assert person.role is Role.ADMIN
    assert (await stranger.get("/settings")).status == 200


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"code": "0000-0000"}, "That is not the set-up code"),
        ({"code": ""}, "That is not the set-up code"),
        ({"password": "short"}, "10 characters"),
        ({"name": ""}, "A name has 1 to"),
    ],
    ids=["wrong code", "no code", "weak password", "no name"],
)
async def test_nobody_comes_in_with_a_mistake(console: Console, said: Mapping[str, str], told: str) -> None:
    answered = await begin(console, console.stranger(), **said)
    assert answered.status == 422
    assert told in answered.text
    assert NEW not in answered.text
    assert not console.kernel.access.anyone()


async def test_what_was_typed_stays_but_for_the_password(console: Console) -> None:
    answered = await begin(console, console.stranger(), name="Ana Maria", password="teapot")
    assert 'value="Ana Maria"' in answered.text
    assert "teapot" not in answered.text


async def test_codes_cannot_be_tried_one_after_the_other(console: Console) -> None:
    stranger = console.stranger()
    a_code(console)
    statuses = [
        (await stranger.post("/setup/account", {"code": f"0000-000{n}", "name": "Eve", "password": NEW})).status
        for n in range(8)
    ]
    assert statuses[:4] == [422] * 4
    assert statuses[-1] == 429
    assert not console.kernel.access.anyone()


async def test_the_code_is_good_once(console: Console) -> None:
    code = a_code(console)
    first, second = console.stranger(), console.stranger()
    await first.post("/setup/account", {"code": code, "name": "Ana", "password": NEW})
    refused = await second.post("/setup/account", {"code": code, "name": "Eve", "password": NEW})
    assert refused.location == "/sign-in"
    assert len(console.kernel.access.people()) == 1


async def test_once_set_up_the_page_is_for_administrators_only(
    console: Console, admin: Browser, member: Browser
) -> None:
    assert (await console.stranger().get("/setup")).location == "/sign-in"
    assert (await member.get("/setup")).status == 404
    assert (await admin.get("/setup")).status == 200


@pytest.mark.parametrize("path", ["/setup/line", "/setup/wishes", "/setup/ring"])
async def test_a_step_is_taken_by_administrators_only(console: Console, member: Browser, path: str) -> None:
    assert (await console.stranger().post(path)).status in (303, 401)
    assert (await member.post(path)).status == 403


@pytest.mark.usefixtures("with_sip")
async def test_a_router_is_connected_and_its_own_reason_is_shown(console: Console, admin: Browser) -> None:
    said = {"kind": "fritzbox", "line": "Landline", "registrar": "127.0.0.1:1", "user": "guard", "password": "pw"}
    done = await admin.post("/setup/line", said)
    assert done.location == "/setup?step=2&line=Landline"
    (account,) = await setting(console, "sip.accounts")
    assert (account["line"], account["preset"], account["password"]) == ("Landline", "fritzbox", "***")
    page = (await admin.follow(done)).text
    assert "Landline" in page
    assert "pw" not in page.partition("<main")[2].partition("Connect another line")[0]


async def protected(console: Console) -> None:
    async with asyncio.timeout(20):
        async for _ in console.kernel.asker.watch():
            lines = await console.ask("lines")
            if {"Pretend": "protecting"}.items() <= {line["name"]: line["status"] for line in lines}.items():
                return


@pytest.mark.usefixtures("with_sip")
async def test_pretend_calls_need_nothing_and_ring_at_once(console: Console, admin: Browser, member: Browser) -> None:
    connected = await admin.post("/setup/line", {"kind": "pretend", "country": "CA"})
    assert connected.status == 303, connected.text
    await protected(console)
    assert await setting(console, "country") == "CA"
    assert "<bdi>Pretend</bdi>: Protecting." in (await admin.get("/setup?step=2&line=Pretend")).text
    waiting = (await admin.get("/setup?step=4")).text
    assert "Let a pretend caller ring" in waiting
    again = next(part for part in waiting.split('"') if part.startswith("/setup?step=4&amp;since=")).replace(
        "&amp;", "&"
    )
    rung = await admin.post("/setup/ring", {"back": again})
    assert "RANG" in (await admin.follow(rung)).text
    rung = await member.post("/lines/ring", {"number": "+1 303 555 0188", "name": "<b>May</b>"})
    assert rung.location.startswith("/calls/")
    told = (await member.follow(rung)).text
    assert "A pretend caller rang from" in told
    assert "<b>May" not in told


@pytest.mark.usefixtures("with_sip")
async def test_a_second_line_leaves_the_first_as_it_is(console: Console, admin: Browser) -> None:
    for line in ("One", "Two", "Two"):
        said = {"kind": "provider", "line": line, "registrar": "127.0.0.1:1", "user": line.lower(), "password": "pw"}
        await admin.post("/setup/line", said)
    assert [one["line"] for one in await setting(console, "sip.accounts")] == ["One", "Two"]
    section: Any = console.daemon.house.blueprint.section("sip")
    assert [one.password.get_secret_value() for one in section.accounts] == ["pw", "pw"]


@pytest.mark.usefixtures("with_sip")
@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, "Choose what the line hangs on"),
        ({"kind": "provider", "line": "L"}, "registrar and user are needed"),
        ({"kind": "provider", "registrar": "no host!", "user": "u"}, "is no host"),
    ],
    ids=["nothing chosen", "not all", "no host"],
)
async def test_a_line_that_cannot_be_is_told_in_words(
    console: Console, admin: Browser, said: Mapping[str, str], told: str
) -> None:
    answered = await admin.post("/setup/line", {**said, "password": NEW})
    assert answered.status == 422
    assert told in answered.text
    assert NEW not in answered.text
    assert await setting(console, "sip.accounts") == []


async def test_where_no_line_can_be_added_it_says_why(admin: Browser) -> None:
    refused = await admin.post("/setup/line", {"kind": "provider", "registrar": "x.example", "user": "u"})
    assert refused.status == 422
    assert "disabled_plugins" in refused.text


async def test_what_shall_happen_to_unknown_callers_is_chosen_or_skipped(console: Console, admin: Browser) -> None:
    page = (await admin.get("/setup?step=3")).text
    assert "Only callers you know ring" in page
    assert "Skip" in page
    done = await admin.post("/setup/wishes", {"profile": "gentle", "registered:Home": "2019-04-02"})
    assert done.location == "/setup?step=4"
    assert await setting(console, "policy.profile") == "gentle"
    (known,) = (await console.ask("dnc-status"))["lines"]
    assert known["registered_on"] == "2019-04-02"


async def test_a_day_that_makes_no_sense_is_told(admin: Browser) -> None:
    answered = await admin.post("/setup/wishes", {"registered:Home": "9000-01-01"})
    assert answered.status == 422
    assert "has not come yet" in answered.text


async def test_a_test_call_is_waited_for_and_told(console: Console, admin: Browser) -> None:
    waiting = (await admin.get("/setup?step=4")).text
    assert "Waiting for a call on" in waiting
    again = next(part for part in waiting.split('"') if part.startswith("/setup?step=4&amp;since="))
    await console.ring("+13035550147", name="<script>alert(1)</script>")
    told = (await admin.get(again.replace("&amp;", "&"))).text
    assert "(303) 555-0147" in told
    assert "RANG" in told
    assert "Finish" in told
    assert "<script>alert" not in told
    assert "Waiting for a call" in (await admin.get("/setup?step=4")).text, "a call of before is no test"


@pytest.mark.usefixtures("with_sip")
async def test_without_a_line_the_test_can_wait(admin: Browser) -> None:
    assert "Test later" in (await admin.get("/setup?step=4")).text
