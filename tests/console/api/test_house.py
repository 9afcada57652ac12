"""Lists, contacts, complaints, settings, people and backups, as programs see to them."""

import base64
import io
import zipfile

import pytest

from callguard.access import Right, Role
from tests.console.api.conftest import Program, program_of
from tests.console.callmaking import STRANGER, goes_away
from tests.console.conftest import PASSWORD, Console

NUMBER = "+13035550164"
CARDS = "".join(
    f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nTEL:+130355501{uid}\r\nEND:VCARD\r\n"
    for uid, name in ((40, "Aunt Rosa"), (41, "Ben"), (42, "dentist"))
)


def in_base_64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def test_the_house_tells_how_it_is(program: Program) -> None:
    assert (await program.get("/version")).body["api"] == "v1"
    assert (await program.get("/health")).body["protecting"] is True
    assert [one["name"] for one in (await program.get("/status")).body["lines"]] == ["Home"]
    assert [one["plugin"] for one in (await program.get("/lines")).body["lines"]] == ["pretend"]
    assert "rules" in {one["name"] for one in (await program.get("/plugins")).body["plugins"]}
    assert (await program.get("/disclosures")).body["disclosures"]


async def test_a_list_is_looked_at_added_switched_and_removed(program: Program) -> None:
    source = {"source": "fr-telemarketing"}
    seen = await program.post("/list-previews", source)
    assert seen.body["prefixes"] == 17
    added = await program.post("/lists", source)
    assert (added.status, added.body["mode"]) == (201, "log-only")
    path = added.headers["Location"].removeprefix("/api/v1")
    assert (await program.post(f"{path}/update", {"force": True})).body["after"] == 17
    switched = await program.patch(path, {"mode": "active"})
    assert (await program.get(path)).body["mode"] == "active"
    await program.post(f"/changes/{switched.body['change']['id']}/undo")
    assert (await program.get(path)).body["mode"] == "log-only"
    assert (await program.delete(path)).status == 200
    assert (await program.get(path)).status == 404


async def test_a_list_that_no_command_added_is_not_removed(program: Program) -> None:
    assert (await program.delete("/lists/ftc")).status == 409
    assert (await program.patch("/lists/made-up", {"mode": "off"})).status == 404


async def test_a_program_reads_no_file_of_the_computer(program: Program) -> None:
    for path in ("/list-previews", "/lists"):
        answered = await program.post(path, {"source": "/etc/passwd"})
        assert answered.status == 422
        assert "root" not in answered.text
        assert (await program.post(path, {"source": "x", "file": "/etc/passwd"})).status == 422


async def test_an_address_book_is_shown_before_it_is_brought_and_comes_in_pages(program: Program) -> None:
    said = {"book": "family", "file": in_base_64(CARDS)}
    plan = await program.post("/contacts/plan", said)
    assert [one["name"] for one in plan.body["new"]] == ["Aunt Rosa", "Ben", "dentist"]
    assert (await program.get("/contacts")).body["contacts"] == []
    done = await program.post("/contacts/import", said)
    assert done.body["counts"]["new"] == 3
    first = await program.get("/contacts?limit=2")
    rest = await program.get(f"/contacts?limit=2&cursor={first.body['next']}")
    names = [one["name"] for one in (*first.body["contacts"], *rest.body["contacts"])]
    assert (names, rest.body["next"]) == (["Aunt Rosa", "Ben", "dentist"], None)
    assert (await program.get("/books")).body["books"] == [{"name": "family", "contacts": 3, "source": None}]
    assert (await program.post("/book-syncs")).body["books"] == []
    removed = await program.delete("/books/family")
    assert removed.body["removed"] == 3
    await program.post(f"/changes/{removed.body['change']}/undo")
    assert len((await program.get("/contacts?book=family")).body["contacts"]) == 3


async def test_half_an_address_book_is_not_lost_by_mistake(program: Program) -> None:
    await program.post("/contacts/import", {"book": "family", "file": in_base_64(CARDS)})
    one = {"book": "family", "file": in_base_64(CARDS.partition("END:VCARD")[0] + "END:VCARD\r\n")}
    assert (await program.post("/contacts/plan", one)).body["shrinks"] is True
    assert (await program.post("/contacts/import", one)).status == 422
    assert (await program.post("/contacts/import", {**one, "accept": True})).status == 200
    assert len((await program.get("/contacts")).body["contacts"]) == 1


async def test_what_is_no_address_book_is_refused(program: Program) -> None:
    for file in ("!", in_base_64("nonsense")):
        assert (await program.post("/contacts/plan", {"book": "x", "file": file})).status == 422
    assert (await program.delete("/books/nobody")).status == 404


async def test_a_complaint_is_answered_and_noted_as_filed(console: Console, program: Program) -> None:
    await console.ask("add-rule", list="block", value=STRANGER)
    call = (await console.ring(STRANGER)).call.id
    assert [one["call"]["id"] for one in (await program.get("/complaints")).body["complaints"]] == [call]
    keys = [one["key"] for one in (await program.get(f"/complaints/{call}")).body["draft"]["assessment"]["questions"]]
    assert "kind" in keys
    await program.patch(f"/complaints/{call}/answers", {"answers": {"kind": "sales"}})
    kept = (await program.get(f"/complaints/{call}")).body["complaint"]
    assert kept["answers"] == {"kind": "sales"}
    done = await program.put(f"/complaints/{call}/state", {"state": "filed", "reference": "12345"})
    assert done.body["complaint"]["reference"] == "12345"
    assert (await program.patch(f"/complaints/{call}/answers", {"answers": {"kind": "nonsense"}})).status == 422
    assert (await program.put(f"/complaints/{call}/state", {"state": "filed", "filed_on": "0"})).status == 422


async def test_a_relationship_is_noted_corrected_and_forgotten(program: Program) -> None:
    made = await program.post("/relationships", {"party": "Alpine Windows", "last_purchase": "2026-01-01"})
    assert made.status == 201
    path = made.headers["Location"].removeprefix("/api/v1")
    more = await program.post("/relationships", {"party": "alpine windows", "numbers": ["303 555 0111"]})
    assert (more.status, more.body["relationship"]["numbers"]) == (200, ["+13035550111"])
    seen = (await program.get(path)).headers["ETag"]
    changed = await program.patch(path, {"last_purchase": None, "note": "moved"}, If_Match=seen)
    assert (changed.body["relationship"]["last_purchase"], changed.body["relationship"]["note"]) == (None, "moved")
    assert (await program.patch(path, {"note": "x"}, If_Match=seen)).status == 412
    assert (await program.delete(path)).status == 200
    assert (await program.get("/relationships")).body["relationships"] == []


async def test_a_setting_is_made_once_and_not_over_somebody_elses(program: Program) -> None:
    path = "/settings/policy.profile"
    seen = (await program.get(path)).headers["ETag"]
    made = await program.put(path, {"value": "strict"}, If_Match=seen)
    assert (made.status, (await program.get(path)).body["value"]) == (200, "strict")
    assert (await program.put(path, {"value": "gentle"}, If_Match=seen)).status == 412
    assert (await program.delete(path, If_Match=seen)).status == 412
    assert (await program.delete(path)).status == 200
    assert (await program.get(path)).body["origin"]["kind"] == "default"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("policy.profile", "harsh", "harsh"),
        ("policy.profle", "strict", "did you mean"),
        ("country", "CA", "config.yaml"),
        ("made.up", 1, "made"),
        ("policy", [[[]]], "policy"),
    ],
)
async def test_a_setting_that_cannot_be_made_says_why(program: Program, key: str, value: object, words: str) -> None:
    answered = await program.put(f"/settings/{key}", {"value": value})
    assert (answered.status, words in answered.body["detail"]) == (422, True), answered.text


async def test_somebody_is_let_in_changed_and_taken_out(console: Console, program: Program) -> None:
    console.person(Role.ADMIN, "Ana")
    made = await program.post("/people", {"name": "Dora Ng", "role": "viewer", "password": "eleven copper kettles"})
    assert made.status == 201
    assert made.headers["Location"] == "/api/v1/people/Dora%20Ng"
    path = made.headers["Location"].removeprefix("/api/v1")
    assert (await program.patch(path, {"role": "member"})).body["role"] == "member"
    browser = console.person(Role.MEMBER, "Dora Ng")
    assert (await browser.get("/api/v1/version")).status == 200
    (session,) = [one for one in (await program.get("/sessions")).body["sessions"] if one["person"] == "Dora Ng"]
    assert (await program.delete(f"/sessions/{session['id']}")).status == 204
    assert (await browser.get("/api/v1/version")).status == 401
    assert (await program.patch(path, {"password": "twelve copper kettles"})).status == 200
    again = {"name": "dora ng", "role": "viewer", "password": "eleven copper kettles"}
    assert (await program.post("/people", again)).status == 409
    assert (await program.delete(path)).status == 204
    assert (await program.get(path)).status == 404
    log = (await program.get("/sign-ins")).body["sign_ins"]
    assert {one["by"] for one in log if one["name"] == "Dora Ng"} == {"token a program"}


async def test_a_bad_password_or_name_is_named_and_the_last_administrator_stays(
    console: Console, program: Program
) -> None:
    console.person(Role.ADMIN, "Ana")
    short = await program.post("/people", {"name": "Emil", "role": "viewer", "password": "short"})
    assert (short.status, short.body["errors"][0]["pointer"]) == (422, "/password")
    nobody = await program.post("/people", {"name": "\u202e", "role": "viewer", "password": PASSWORD})
    assert (nobody.status, nobody.body["errors"][0]["pointer"]) == (422, "/name")
    assert (await program.delete("/people/Ana")).status == 409
    assert (await program.patch("/people/Ana", {"role": "viewer"})).status == 409


async def test_a_token_does_what_it_is_for_until_it_is_revoked(console: Console, program: Program) -> None:
    console.person(Role.ADMIN, "Ana")
    made = await program.post("/tokens", {"name": "kitchen display", "scopes": ["read"]})
    assert (made.status, made.body["by"]) == (201, "Ana")
    display = Program(console.stranger(Authorization=f"Bearer {made.body['token']}"))
    assert (await display.get("/calls")).status == 200
    assert (await display.post("/rules", {"list": "block", "value": NUMBER})).status == 403
    path = made.headers["Location"].removeprefix("/api/v1")
    assert "token" not in (await program.get(path)).body
    assert made.body["token"] not in (await program.get("/tokens")).text
    assert (await program.delete(path)).status == 204
    assert (await display.get("/calls")).status == 401
    assert (await program.delete(path)).status == 404


async def test_a_token_that_a_token_made_ends_with_the_person_behind_both(console: Console, program: Program) -> None:
    console.person(Role.ADMIN, "Ana")
    console.person(Role.ADMIN, "Zoe")
    made = await program.post("/tokens", {"name": "child", "scopes": ["admin"]})
    child = Program(console.stranger(Authorization=f"Bearer {made.body['token']}"))
    assert (await child.delete("/people/Ana")).status == 204
    assert (await child.get("/people")).status == 401


async def test_a_backup_is_made_and_taken_away(program: Program) -> None:
    made = await program.post("/backups")
    assert made.status == 201
    assert [one["name"] for one in (await program.get("/backups")).body["backups"]] == [made.body["name"]]
    async with program.browser.session.get(
        program.browser.base + made.headers["Location"], headers=program.browser.headers
    ) as response:
        assert response.headers["Content-Type"] == "application/zip"
        assert "callguard.db" in zipfile.ZipFile(io.BytesIO(await response.read())).namelist()
    for name in ("..%2F..%2Fetc%2Fpasswd", "made-up.zip", "%00"):
        assert (await program.get(f"/backups/{name}")).status == 404


async def test_a_number_is_forgotten_only_when_that_is_meant(console: Console, program: Program) -> None:
    await console.ring(NUMBER)
    tried = await program.post("/forget", {"number": "303 555 0164", "dry_run": True})
    assert (tried.body["calls"], len((await program.get("/calls")).body["calls"])) == (1, 1)
    assert (await program.post("/forget", {"number": NUMBER})).body["calls"] == 1
    assert (await program.get("/calls")).body["calls"] == []
    assert (await program.post("/forget", {"number": "12"})).status == 422


async def test_what_only_the_daemon_knows_is_away_with_it(console: Console) -> None:
    reader = program_of(console, Right.READ)
    await goes_away(console)
    for path in ("/status", "/health", "/lists", "/rules", "/contacts"):
        assert (await reader.get(path)).status == 503
    assert (await reader.get("/version")).status == 200
