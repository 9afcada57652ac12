"""People and access: letting people in and out, their browsers, tokens for programs, one's own password."""

import re
from datetime import timedelta

import pytest

from callguard.access import Right, Role
from tests.console.conftest import PASSWORD, Browser, Console

NEW = "eleven brass teapots"
HOSTILE = "<script>alert(1)</script>\u202e\x1b[2J"


def named(console: Console, name: str) -> Role | None:
    person = console.kernel.access.person(name)
    return person.role if person else None


async def test_an_administrator_adds_somebody_who_then_signs_in(console: Console, admin: Browser) -> None:
    added = await admin.post("/people/add", {"name": "Dora", "password": NEW, "role": "member"})
    assert "Dora may sign in now" in (await admin.follow(added)).text
    assert named(console, "Dora") is Role.MEMBER
    dora = console.stranger()
    entered = await dora.post("/sign-in", {"name": "dora", "password": NEW})
    assert entered.status == 303
    assert (await dora.get("/people")).status == 200


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"name": "Dora", "password": "short", "role": "member"}, "10 characters"),
        ({"name": "", "password": NEW, "role": "member"}, "A name has 1 to"),
        ({"name": "ana", "password": NEW, "role": "member"}, "There is a ana already"),
        ({"name": "Dora", "password": NEW, "role": "owner"}, "Choose what this person may do"),
        ({"name": "Dora", "password": NEW}, "Choose what this person may do"),
    ],
    ids=["weak password", "no name", "name taken", "no such role", "no role"],
)
async def test_what_is_wrong_with_a_new_person_is_said_beside_the_field(
    console: Console, admin: Browser, said: dict[str, str], told: str
) -> None:
    answered = await admin.post("/people/add", said)
    assert answered.status == 422
    assert told in answered.text
    assert NEW not in answered.text
    assert len(console.kernel.access.people()) == 1


async def test_a_role_is_changed_and_holds_at_once(console: Console, admin: Browser, member: Browser) -> None:
    await admin.post("/people/Ben/role", {"role": "viewer"})
    assert named(console, "Ben") is Role.VIEWER
    added = await console.ask("add-rule", list="block", number="+13035550188")
    assert (await member.post(f"/changes/{added['change']['id']}/undo")).status == 403


@pytest.mark.parametrize("path", ["/people/Ana/role", "/people/Ana/remove"])
async def test_the_last_administrator_stays(console: Console, admin: Browser, path: str) -> None:
    refused = await admin.post(path, {"role": "viewer"})
    assert "Ana is the only admin" in (await admin.follow(refused)).text
    assert named(console, "Ana") is Role.ADMIN


async def test_somebody_who_is_removed_is_out_at_once(console: Console, admin: Browser, member: Browser) -> None:
    await admin.post("/people/Ben/remove")
    assert named(console, "Ben") is None
    assert (await member.get("/people")).status == 303


async def test_a_new_password_signs_somebody_out_everywhere(
    console: Console, admin: Browser, member: Browser
) -> None:
    assert (await admin.post("/people/Ben/password", {"password": "short"})).status == 422
    assert (await member.get("/people")).status == 200
    await admin.post("/people/Ben/password", {"password": NEW})
    assert (await member.get("/people")).status == 303


async def test_a_password_for_nobody_is_refused(admin: Browser) -> None:
    answered = await admin.post("/people/Nobody/password", {"password": NEW})
    assert answered.status == 422


async def test_everybody_changes_their_own_password_and_stays_only_here(console: Console, viewer: Browser) -> None:
    elsewhere = console.person(Role.VIEWER, "Cleo")
    changed = await viewer.post("/people/password", {"before": PASSWORD, "password": NEW})
    assert "Your password is changed" in (await viewer.follow(changed)).text
    assert (await elsewhere.get("/people")).status == 303
    entered = await console.stranger().post("/sign-in", {"name": "Cleo", "password": NEW})
    assert entered.location == "/"


@pytest.mark.parametrize(
    ("before", "password", "told"),
    [("wrong", NEW, "That is not your password"), (PASSWORD, "abcdefghij", "too easy")],
    ids=["another's", "easy to guess"],
)
async def test_one_s_own_password_needs_the_old_one_and_a_good_one(
    viewer: Browser, before: str, password: str, told: str
) -> None:
    answered = await viewer.post("/people/password", {"before": before, "password": password})
    assert answered.status == 422
    assert told in answered.text
    assert password not in answered.text


async def test_one_s_own_password_cannot_be_found_by_trying(console: Console, viewer: Browser) -> None:
    for number in range(5):
        await viewer.post("/people/password", {"before": f"guess {number}", "password": NEW})
    answered = await viewer.post("/people/password", {"before": PASSWORD, "password": NEW})
    assert answered.status == 422
    assert "Too many attempts. Wait " in answered.text


async def test_others_do_not_see_who_else_there_is(console: Console, admin: Browser, viewer: Browser) -> None:
    page = (await viewer.get("/people")).text
    assert "Ana" not in page
    assert "Your password" in page
    assert "Add somebody" not in page
    assert "Add somebody" in (await admin.get("/people")).text


@pytest.mark.parametrize(
    "path",
    [
        "/people/add",
        "/people/Ana/role",
        "/people/Ana/password",
        "/people/Ana/remove",
        "/tokens/add",
        "/tokens/1/revoke",
    ],
)
async def test_only_administrators_change_who_may_come_in(console: Console, member: Browser, path: str) -> None:
    console.person(Role.ADMIN, "Ana")
    assert (await member.post(path, {"role": "viewer", "password": NEW})).status == 403
    assert named(console, "Ana") is Role.ADMIN


async def test_one_ends_one_s_own_browsers_but_nobody_else_s(
    console: Console, admin: Browser, viewer: Browser
) -> None:
    now = console.kernel.clock.now()
    anas = next(one for one in console.kernel.access.sessions(now) if one.person.name == "Ana")
    refused = await viewer.post(f"/sessions/{anas.id}/end")
    assert "signed out already" in (await viewer.follow(refused)).text, "nor is it told that there is one"
    assert (await admin.get("/people")).status == 200
    cleos = next(one for one in console.kernel.access.sessions(now) if one.person.name == "Cleo")
    await admin.post(f"/sessions/{cleos.id}/end")
    assert (await viewer.get("/people")).status == 303


async def test_one_signs_oneself_out_everywhere_else(console: Console, viewer: Browser) -> None:
    elsewhere = console.person(Role.VIEWER, "Cleo")
    done = await viewer.post("/sessions/end-others")
    assert "1 other browser signed out" in (await viewer.follow(done)).text
    assert (await elsewhere.get("/people")).status == 303


async def test_a_token_is_shown_once_and_does_what_it_may(console: Console, admin: Browser) -> None:
    made = await admin.post("/tokens/add", {"name": "Hall", "scope": "read", "days": "30"})
    assert made.status == 201
    text = re.findall(r"cg_[\w-]{43}", made.text)[0]
    token = console.kernel.access.token(text, console.kernel.clock.now())
    assert token is not None
    assert token.scopes == {Right.READ}
    page = await admin.get("/people")
    assert text not in page.text
    assert "Hall" in page.text
    revoked = await admin.post(f"/tokens/{token.id}/revoke")
    assert "Hall is worthless now" in (await admin.follow(revoked)).text
    assert console.kernel.access.token(text, console.kernel.clock.now()) is None


@pytest.mark.parametrize(
    ("said", "told"),
    [({"name": "Hall"}, "Choose what the program may do"), ({"name": "", "scope": "read"}, "A name has 1 to")],
    ids=["nothing it may do", "no name"],
)
async def test_what_is_wrong_with_a_token_is_said(
    console: Console, admin: Browser, said: dict[str, str], told: str
) -> None:
    answered = await admin.post("/tokens/add", said)
    assert answered.status == 422
    assert told in answered.text
    assert console.kernel.access.tokens() == ()


async def test_a_token_made_by_a_token_ends_with_the_person_behind_it(console: Console, admin: Browser) -> None:
    access, now = console.kernel.access, console.kernel.clock.now()
    console.person(Role.ADMIN, "Dora")
    text = access.new_token("hall", [Right.ADMIN], None, by="Ana", now=now)
    program = console.stranger(Authorization=f"Bearer {text}")
    assert (await program.post("/tokens/add", {"name": "mine", "scope": "admin"})).status == 201
    access.remove_person("Ana", now)
    assert access.tokens() == ()


async def test_a_token_whose_time_is_over_says_so(console: Console, admin: Browser) -> None:
    now = console.kernel.clock.now()
    console.kernel.access.new_token("Old", [Right.READ], now - timedelta(days=1), by="Ana", now=now)
    assert "over" in (await admin.get("/people")).text


async def test_who_tried_to_come_in_is_in_the_log(console: Console, admin: Browser) -> None:
    await console.stranger().post("/sign-in", {"name": "Ana", "password": "not that one"})
    page = (await admin.get("/people")).text
    assert "wrong password" in page
    assert "Refused" in page
    assert "not that one" not in page


async def test_hostile_names_and_browsers_come_out_harmless(console: Console, admin: Browser) -> None:
    access, now = console.kernel.access, console.kernel.clock.now()
    person = access.add_person("<script>alert(1)</script>", Role.VIEWER, "$", now)
    access.begin_session(person.id, client=HOSTILE, address=HOSTILE, stay=False, now=now)
    access.new_token("<b>bold</b>", [Right.READ], None, by="Ana", now=now)
    page = (await admin.get("/people")).text
    for raw in ("<script>alert", "<b>bold", "\u202e", "\x1b"):
        assert raw not in page
    removed = await admin.post("/people/%3Cscript%3Ealert(1)%3C%2Fscript%3E/remove")
    assert removed.status == 303
    assert access.person("<script>alert(1)</script>") is None
