"""Settings: where each value comes from, changing it, and taking that back; what keeps people out is asked first."""

import re
from typing import Any

import pytest

from tests.console.conftest import Browser, Console


async def setting(console: Console, key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in await console.ask("settings") if one["key"] == key)
    return found


async def test_each_setting_says_where_its_value_comes_from(console: Console, admin: Browser) -> None:
    await console.ask("set-setting", key="policy.quiet_hours", value="mon-sun 22:00-07:00", by="Ben")
    page = (await admin.get("/settings")).text
    assert "config.yaml:1" in page, "the country is stated in the file"
    assert "set here by Ben" in page
    assert "CallGuard never changes: change it there" in page


async def test_most_people_see_few_and_all_are_a_click_away(admin: Browser) -> None:
    few, all_of_them = (await admin.get("/settings")).text, (await admin.get("/settings?all=yes")).text
    assert "web.base_path" not in few
    assert "web.base_path" in all_of_them
    assert "further settings most people never need" in few


@pytest.mark.parametrize(
    ("words", "found"), [("quiet", "policy.quiet_hours"), ("BASE_PATH", "web.base_path"), ("TCP port", "web.port")]
)
async def test_a_search_looks_through_all(admin: Browser, words: str, found: str) -> None:
    page = (await admin.get(f"/settings?q={words}")).text
    assert f'id="{found}"' in page
    assert 'id="backup.hour"' not in page


async def test_a_search_that_finds_nothing_says_so(admin: Browser) -> None:
    assert "No setting is called that" in (await admin.get("/settings?q=zeppelin")).text


@pytest.mark.parametrize(
    ("key", "typed", "kept"),
    [
        ("policy.quiet_hours", "mon-sun 22:00-07:00", "mon-sun 22:00-07:00"),
        ("policy.profile", "gentle", "gentle"),
        ("policy.log_only", "yes", True),
        ("backup.hour", "4", 4),
        ("retention.calls", "30d", "30d"),
        ("retention.calls", "forever", "forever"),
        ("web.hosts", "a.example.org\n\n b.example.org \n", ["a.example.org", "b.example.org"]),
        ("dnc.lines", "Home:\n  registered_on: 2019-04-02", {"registered_on": "2019-04-02"}),
    ],
    ids=["text", "choice", "yes or no", "number", "span", "span or word", "texts", "yaml"],
)
async def test_every_kind_of_setting_is_saved_and_undone(
    console: Console, admin: Browser, key: str, typed: str, kept: Any
) -> None:
    before = (await setting(console, key))["value"]
    saved = await admin.post("/settings", {"key": key, "value": typed, "back": "/settings?q=x"})
    assert saved.location == f"/settings?q=x#{key}"
    value = (await setting(console, key))["value"]
    assert (value["Home"]["registered_on"] if key == "dnc.lines" else value) == (
        kept["registered_on"] if key == "dnc.lines" else kept
    )
    newest = (await console.ask("changes"))[0]
    assert newest["by"] == "Ana"
    await admin.post(f"/changes/{newest['id']}/undo")
    assert (await setting(console, key))["value"] == before


async def test_a_setting_goes_back_to_its_default(console: Console, admin: Browser) -> None:
    await console.ask("set-setting", key="backup.hour", value=5)
    back = await admin.post("/settings", {"key": "backup.hour", "value": "5", "reset": "yes"})
    assert "back to the default" in (await admin.follow(back)).text
    assert (await setting(console, "backup.hour"))["origin"]["kind"] == "default"


@pytest.mark.parametrize(
    ("key", "typed", "told"),
    [
        ("backup.hour", "25", "23"),
        ("policy.quiet_hours", "at night", "is no stretch of hours"),
        ("web.hosts", "not a host", "is no name of a computer"),
        ("contacts.carddav", "- book: [", "Line 1"),
        ("contacts.carddav", "- &a {book: x}\n- *a", "aliases"),
        ("contacts.carddav", "- adress: x", "adress"),
        ("contacts.carddav", "x" * 20_000, "too long"),
        ("policy.profile", "ferocious", "ferocious"),
    ],
    ids=["too large", "no hours", "no host", "no yaml", "aliases", "unknown key", "too long", "no choice"],
)
async def test_a_mistake_is_told_beside_the_field_with_what_was_typed(
    console: Console, admin: Browser, key: str, typed: str, told: str
) -> None:
    before = (await setting(console, key))["value"]
    answered = await admin.post("/settings", {"key": key, "value": typed})
    assert answered.status == 422
    error = re.search(r'<p class="error".*?</p>', answered.text, re.DOTALL)
    assert error is not None
    assert told in error.group()
    assert (await setting(console, key))["value"] == before


async def test_what_the_file_states_cannot_be_changed_here(console: Console, admin: Browser) -> None:
    answered = await admin.post("/settings", {"key": "country", "value": "CA"})
    assert answered.status == 422
    assert (await setting(console, "country"))["value"] == "US"


@pytest.mark.parametrize(
    ("key", "typed"),
    [("policy.profile", "contacts-only"), ("policy.unknown_callers", "block"), ("web.allow_remote", "yes")],
)
async def test_what_shuts_people_out_or_lets_strangers_in_is_asked_first(
    console: Console, admin: Browser, key: str, typed: str
) -> None:
    before = (await setting(console, key))["value"]
    asked = await admin.post("/settings", {"key": key, "value": typed, "back": "/settings"})
    assert asked.status == 200
    assert "Yes, do it" in asked.text
    assert (await setting(console, key))["value"] == before
    await admin.post("/settings", {"key": key, "value": typed, "back": "/settings", "sure": "yes"})
    assert (await setting(console, key))["value"] != before


async def test_the_question_says_which_past_calls_would_have_ended_differently(
    console: Console, admin: Browser
) -> None:
    await console.ring("+13035550147")
    asked = await admin.post("/settings", {"key": "policy.profile", "value": "contacts-only"})
    assert "1 call of 1 would have ended differently" in asked.text


async def test_the_banner_stays_while_only_contacts_ring(console: Console, admin: Browser) -> None:
    await admin.post("/settings", {"key": "policy.profile", "value": "contacts-only", "sure": "yes"})
    assert "Only callers you know ring" in (await admin.get("/settings")).text


async def test_a_secret_is_never_shown_and_stays_when_left_empty(console: Console, admin: Browser) -> None:
    secret = "a-very-secret-key"
    await admin.post("/settings", {"key": "phoneblock.token", "value": secret})
    page = (await admin.get("/settings?all=yes")).text
    assert secret not in page
    await admin.post("/settings", {"key": "phoneblock.token", "value": ""})
    assert (await setting(console, "phoneblock.token"))["value"] == "***"
    section: Any = console.daemon.house.blueprint.section("phoneblock")
    assert section.token.get_secret_value() == secret
    assert secret not in (await admin.get("/changes")).text


async def test_what_was_set_here_can_be_copied_as_yaml_without_secrets(console: Console, admin: Browser) -> None:
    await console.ask("set-setting", key="phoneblock.token", value="a-very-secret-key")
    await console.ask("set-setting", key="policy.quiet_hours", value="mon-sun 22:00-07:00")
    page = (await admin.get("/settings")).text
    assert "policy:\n  quiet_hours: mon-sun 22:00-07:00" in page
    assert "token:" not in page


@pytest.mark.parametrize("key", ["", "nonsense", "policy", "policy.__class__"])
async def test_there_is_no_such_setting(admin: Browser, key: str) -> None:
    assert (await admin.post("/settings", {"key": key, "value": "x"})).status == 404


async def test_only_administrators_see_and_change_settings(
    console: Console, member: Browser, viewer: Browser
) -> None:
    for browser in (member, viewer):
        assert (await browser.get("/settings")).status == 403
        assert (await browser.post("/settings", {"key": "backup.hour", "value": "4"})).status == 403
    assert (await setting(console, "backup.hour"))["value"] == 3
