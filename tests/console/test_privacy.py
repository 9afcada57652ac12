"""Who sees what: what leaves the house, how long things are kept, and forgetting a number."""

from pathlib import Path

import pytest

from callguard.place import Place
from tests.console.conftest import Browser, Console


async def test_it_says_what_leaves_the_house_and_what_would(console: Console, viewer: Browser) -> None:
    page = (await viewer.get("/privacy")).text
    assert "It does not say whether it tells anybody anything" in page, "the plugin of the household's own"
    assert "What would leave with other settings" in page
    active = {one["plugin"] for one in await console.ask("disclosures") if one["active"]}
    assert active == {"pretend"}


async def test_it_says_how_long_calls_are_kept(viewer: Browser) -> None:
    page = (await viewer.get("/privacy")).text
    assert "365 days" in page
    assert "under a pseudonym" in page


async def test_calls_may_be_kept_for_ever(console: Console, viewer: Browser) -> None:
    await console.ask("set-setting", key="retention.calls", value="forever")
    assert "for ever" in (await viewer.get("/privacy")).text


async def test_before_a_number_is_forgotten_it_says_what_would_go(console: Console, admin: Browser) -> None:
    await console.ask("add-rule", list="block", number="+13035550188")
    await console.ring("+13035550188")
    await console.ring("+13035550188")
    page = (await admin.get("/privacy?number=303-555-0188")).text
    assert "2 calls" in page
    assert "1 rule about it would stay" in page
    assert len((await console.ask("calls"))["calls"]) == 2, "looking forgets nothing"


async def test_a_number_is_forgotten_for_ever(console: Console, admin: Browser) -> None:
    await console.ask("add-rule", list="block", number="+13035550188")
    kept, gone = await console.ring("+13035550147"), await console.ring("+13035550188")
    done = await admin.post("/privacy/forget", {"number": "+13035550188"})
    told = (await admin.follow(done)).text
    assert "Forgotten: 1 call" in told
    assert "still there" in told
    assert [call["id"] for call in (await console.ask("calls"))["calls"]] == [kept.call.id]
    assert gone.call.id not in (await admin.get("/calls")).text


async def test_of_a_number_that_never_called_nothing_is_kept(admin: Browser) -> None:
    assert "Nothing is kept about it." in (await admin.get("/privacy?number=303-555-0199")).text


@pytest.mark.parametrize("number", ["12", "nobody", "<script>alert(1)</script>"])
async def test_what_is_no_number_is_told_beside_the_field(admin: Browser, number: str) -> None:
    for answered in (
        await admin.get(f"/privacy?number={number}"),
        await admin.post("/privacy/forget", {"number": number}),
    ):
        assert answered.status == 422
        assert 'class="error"' in answered.text
        assert "<script>alert" not in answered.text


async def test_only_administrators_forget(console: Console, member: Browser) -> None:
    await console.ring("+13035550188")
    assert "Forget a number" not in (await member.get("/privacy?number=303-555-0188")).text
    assert (await member.post("/privacy/forget", {"number": "+13035550188"})).status == 403
    assert len((await console.ask("calls"))["calls"]) == 1


@pytest.fixture
def online(place: Place) -> Path:
    assert place.config is not None
    more = "network: {online_lookups: yes}\nphoneblock: {mode: active, token: x, online: yes}\n"
    place.config.write_text(place.config.read_text() + more)
    return place.config


@pytest.mark.usefixtures("online")
async def test_what_is_switched_on_is_named_with_whom_and_when(viewer: Browser) -> None:
    page = (await viewer.get("/privacy")).text
    told, _, _ = page.partition("What would leave with other settings")
    assert "phoneblock.net" in told
