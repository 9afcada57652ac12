"""Signing in and out."""

import asyncio
import hashlib
import threading
from base64 import b64encode

import pytest

from callguard.access import Access, Role, verify
from callguard.console.launch import Web
from callguard.console.pages import signing
from tests.console.conftest import PASSWORD, Answered, Browser, Console

WRONG = "That is not the right name and password."


@pytest.fixture
async def ben(console: Console) -> str:
    """The name of somebody who lives here."""
    console.person(Role.MEMBER, "Ben")
    return "Ben"


async def sign_in(browser: Browser, name: str, password: str = PASSWORD, **more: str) -> Answered:
    return await browser.post("/sign-in", {"name": name, "password": password, **more})


async def test_somebody_who_knows_the_password_comes_in_and_out(console: Console, ben: str) -> None:
    browser = console.stranger()
    page = await browser.get("/sign-in?next=/more")
    assert page.status == 200
    inside = await sign_in(browser, "ben", next="/more")
    assert (inside.status, inside.location) == (303, "/more")
    assert "Signed in as" in (await browser.get("/more")).text
    out = await browser.post("/sign-out")
    assert (out.status, out.location) == (303, "/sign-in")
    assert (await browser.get("/more")).location == "/sign-in?next=%2Fmore"


async def test_who_signed_in_is_written_down(console: Console, ben: str) -> None:
    browser = console.stranger()
    await sign_in(browser, ben, "wrong")
    await sign_in(browser, ben)
    newest, before, *_ = console.kernel.access.sign_ins()
    assert (newest.ok, newest.name, newest.address) == (True, ben, "127.0.0.1")
    assert (before.ok, before.why) == (False, "wrong password")


async def test_the_page_suits_password_managers_and_says_what_to_do_about_a_lost_password(
    console: Console, ben: str
) -> None:
    page = await console.stranger().get("/sign-in")
    for wanted in ('autocomplete="username"', 'autocomplete="current-password"', 'name="stay"', "user passwd"):
        assert wanted in page.text


@pytest.mark.parametrize(
    "name", ["Ben", "Nobody", "", "x" * 5000, '"><script>alert(1)</script>'], ids=lambda n: n[:12]
)
async def test_a_wrong_attempt_says_nothing_of_who_lives_here_and_repeats_no_password(
    console: Console, ben: str, name: str
) -> None:
    answered = await sign_in(console.stranger(), name, "not the password")
    assert answered.status == 422
    assert WRONG in answered.text
    assert "not the password" not in answered.text
    assert "<script>alert" not in answered.text
    assert "Set-Cookie" not in answered.headers


async def test_a_name_that_nobody_has_costs_as_much_as_a_wrong_password(
    console: Console, ben: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[bool] = []

    def noted(password: str, hashed: str | None) -> bool:
        looked_at.append(hashed is not None)
        return verify(password, hashed)

    monkeypatch.setattr(signing, "verify", noted)
    await sign_in(console.stranger(), ben, "wrong")
    await sign_in(console.stranger(), "Nobody", "wrong")
    assert looked_at == [True, False]


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/calls?q=1&before=x", "/calls?q=1&before=x"),
        ("", "/"),
        ("calls", "/"),
        ("//evil.example", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("http://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("/a/../../b", "/"),
        ("/a/%2e%2e/b", "/"),
        ("/ü", "/"),
        ("/" + "x" * 5000, "/"),
    ],
    ids=lambda text: text[:20].encode("unicode_escape").decode(),
)
async def test_signing_in_leads_to_pages_of_ours_only(console: Console, ben: str, wanted: str, leads_to: str) -> None:
    browser = console.stranger()
    answered = await sign_in(browser, ben, next=wanted)
    assert (answered.status, answered.location) == (303, leads_to)
    already = await browser.send("GET", "/sign-in", {}, params={"next": wanted})
    assert (already.status, already.location) == (303, leads_to)


async def test_signing_in_makes_a_new_session_and_ends_the_one_before(console: Console, ben: str) -> None:
    browser = console.person(Role.VIEWER, "Cleo")
    planted = browser.cookie
    await sign_in(browser, ben)
    assert browser.cookie != planted
    assert {one.person.name for one in console.kernel.access.sessions(console.kernel.clock.now())} == {ben}


@pytest.mark.parametrize(("stay", "kept"), [("yes", True), ("", False)], ids=["stay", "do not stay"])
async def test_a_browser_stays_signed_in_only_if_asked_to(console: Console, ben: str, stay: str, kept: bool) -> None:
    answered = await sign_in(console.stranger(), ben, stay=stay)
    parts = answered.headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(parts)
    assert ("Max-Age=2592000" in parts) is kept


async def test_a_cheaper_hash_is_replaced_when_its_owner_signs_in(console: Console, ben: str) -> None:
    key = hashlib.scrypt(PASSWORD.encode(), salt=b"0123456789abcdef", n=1 << 4, r=8, p=1, dklen=32)
    salt, kept = (b64encode(part).rstrip(b"=").decode() for part in (b"0123456789abcdef", key))
    access = console.kernel.access
    access.set_password(ben, f"$scrypt$ln=4,r=8,p=1${salt}${kept}", console.kernel.clock.now())
    assert (await sign_in(console.stranger(), ben)).status == 303
    found = access.credentials(ben)
    assert found
    assert "ln=14" in found[1]
    assert (await sign_in(console.stranger(), ben)).status == 303


async def test_nobody_comes_in_by_a_password_that_was_changed_while_it_was_looked_at(
    console: Console, ben: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = console.kernel.access

    def slowly(password: str, kept: str | None) -> bool:
        access.set_password(ben, "another hash", console.kernel.clock.now())
        return verify(password, kept)

    monkeypatch.setattr(signing, "verify", slowly)
    assert WRONG in (await sign_in(console.stranger(), ben)).text
    assert access.sessions(console.kernel.clock.now()) == ()


async def test_a_house_without_people_is_set_up_first(console: Console) -> None:
    assert (await console.stranger().get("/sign-in")).location == "/setup"
    assert (await console.stranger().get("/calls")).location == "/setup"


# Somebody who was signed out elsewhere


async def test_a_page_is_found_again_after_signing_in(console: Console, ben: str) -> None:
    answered = await console.stranger().get("/calls?q=1&outcome=blocked")
    assert answered.location == "/sign-in?next=%2Fcalls%3Fq%3D1%26outcome%3Dblocked"


async def test_a_piece_of_page_is_not_swapped_for_the_sign_in_page(console: Console, ben: str) -> None:
    here = f"{console.base}/rules?on=block"
    piece = await console.stranger().get("/rules", HX_Request="true", HX_Current_URL=here)
    assert (piece.status, piece.headers["HX-Redirect"]) == (401, "/sign-in?next=%2Frules%3Fon%3Dblock")
    whole = await console.stranger().get("/calls", HX_Request="true", HX_Boosted="true", HX_Current_URL=here)
    assert (whole.status, whole.headers["HX-Redirect"]) == (401, "/sign-in?next=%2Fcalls")


async def test_after_an_action_the_page_it_stood_on_is_found_again(console: Console, ben: str) -> None:
    stranger = console.stranger()
    answered = await stranger.post("/rules/add", {}, Referer=f"{console.base}/rules?on=block")
    assert answered.location == "/sign-in?next=%2Frules%3Fon%3Dblock"
    elsewhere = await stranger.post("/rules/add", {}, Referer="http://evil.example//evil.example/")
    assert elsewhere.location == "/sign-in"


# Somebody who tries passwords


class TestFromManyAddresses:
    @pytest.fixture
    def web(self) -> Web:
        return Web(host="127.0.0.1", port=0, trusted_proxies=("127.0.0.1",))

    async def test_who_tries_many_passwords_has_to_wait_and_is_told_how_long(
        self, console: Console, ben: str
    ) -> None:
        guesser = console.stranger(X_Forwarded_For="192.168.1.66")
        answered = [await sign_in(guesser, ben, f"guess {n}") for n in range(8)]
        assert [one.status for one in answered[:5]] == [422] * 5
        refused = answered[-1]
        assert refused.status == 429
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert "Too many attempts. Wait" in refused.text
        assert (await sign_in(guesser, ben)).status == 429

    async def test_ten_thousand_wrong_passwords_cost_few_hashes_and_lock_nobody_out(
        self, console: Console, ben: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked_at: list[str] = []

        def noted(password: str, hashed: str | None) -> bool:
            looked_at.append(password)
            return verify(password, hashed)

        monkeypatch.setattr(signing, "verify", noted)
        at_home = console.stranger(X_Forwarded_For="192.168.1.7")
        assert (await sign_in(at_home, ben)).status == 303
        throttle, now = console.kernel.throttle, console.kernel.clock.monotonic()
        guesser = console.stranger(X_Forwarded_For="192.168.1.66")
        answered = [await sign_in(guesser, ben, "guess") for _ in range(100)]
        # The other 9,900 in the rest of the hour, without the web around them: at most one hash in a minute.
        passed = [
            n for n in range(9_900) if not throttle.attempt("192.168.1.66", ben, known=False, now=now + n * 0.36)
        ]
        assert looked_at.count("guess") <= 6
        assert answered[-1].status == 429
        assert len(passed) <= 80
        assert (await sign_in(console.stranger(X_Forwarded_For="192.168.1.7"), ben)).status == 303

    async def test_strangers_waiting_for_their_passwords_keep_nobody_of_the_house_waiting(
        self, console: Console, ben: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        go_on = threading.Event()

        def slow(password: str, hashed: str | None) -> bool:
            return verify(password, hashed) if password == PASSWORD else not go_on.wait(20)

        monkeypatch.setattr(signing, "verify", slow)
        assert (await sign_in(console.stranger(X_Forwarded_For="192.168.1.7"), ben)).status == 303
        strangers = [console.stranger(X_Forwarded_For=f"192.168.2.{n}") for n in range(12)]
        async with asyncio.TaskGroup() as group:
            waiting = [group.create_task(sign_in(one, f"guess {n}", "x")) for n, one in enumerate(strangers)]
            try:
                async with asyncio.timeout(10):
                    assert (await sign_in(console.stranger(X_Forwarded_For="192.168.1.7"), ben)).status == 303
                    while sum(one.done() for one in waiting) < 4:
                        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED, timeout=0.1)
            finally:
                go_on.set()
        assert sorted(one.result().status for one in waiting) == [422] * 8 + [429] * 4


async def test_a_password_in_the_address_is_not_looked_at(
    console: Console, ben: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Access, "credentials", None)
    browser = console.stranger()
    assert (await browser.get(f"/sign-in?name=Ben&password={PASSWORD}")).status == 200
    assert (await browser.send("PUT", "/sign-in", {"Origin": console.base})).status == 405
