"""Lists on their pages: how they are, what they may do, and new ones looked at before they are added."""

import re
from collections.abc import Mapping
from html import unescape

import pytest

from callguard.console.pages import lists as page_of_lists
from callguard.place import Place
from tests.console.callmaking import press
from tests.console.conftest import Browser, Console
from tests.console.looks import faults
from tests.control.conftest import A_LIST

STRANGER = "+13035550164"
FRENCH = {"source": "fr-telemarketing"}


@pytest.fixture
def config_yaml() -> str:
    """What config.yaml says besides; a test states it by its parameter of that name."""
    return ""


@pytest.fixture
def place(place: Place, config_yaml: str) -> Place:
    assert place.config
    assert place.plugins_folder
    place.config.write_text(place.config.read_text() + config_yaml)
    (place.plugins_folder / "gossip.py").write_text(A_LIST)
    return place


async def modes(console: Console) -> Mapping[str, str]:
    return {one["name"]: one["mode"] for one in await console.ask("lists")}


def main_of(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


async def test_lists_that_are_off_are_named_and_can_be_switched_on(console: Console, member: Browser) -> None:
    page = await member.get("/lists")
    assert faults(page.text) == []
    assert "No list is in use" in page.text
    assert "What people say" in page.text
    item = next(part for part in page.text.split("<li") if "What people say" in part)
    switched = await press(member, item, "Switch on")
    assert "What people say is only logged from now on." in switched.text
    assert (await modes(console))["gossip"] == "log-only"
    await press(member, switched.text, "Undo")
    assert (await modes(console))["gossip"] == "off"


async def test_a_list_in_use_says_how_it_is_and_what_it_was_worth(console: Console, member: Browser) -> None:
    await console.ask("lists-mode", name="gossip", mode="active")
    await console.ask("lists-update", name="gossip")
    await console.ring(STRANGER)
    page = await member.get("/lists")
    assert faults(page.text) == []
    text = unescape(re.sub(r"<[^>]+>|\s+", " ", main_of(page.text)))
    text = " ".join(text.split())
    assert "Counts 1 numbers, version 1" in text
    assert "1 call of the last 30 days from numbers on it; it helped to decide 1, and nothing else" in text


async def test_a_list_counts_only_after_a_look_at_past_calls(console: Console, member: Browser) -> None:
    await console.ask("lists-mode", name="gossip", mode="log-only")
    await console.ring(STRANGER)
    plain_page = await member.get("/lists/gossip")
    assert faults(plain_page.text) == []
    assert "mode=active" in plain_page.text
    tried = await member.get("/lists/gossip?mode=active")
    assert faults(tried.text) == []
    assert "1 call of 1 would have ended differently" in tried.text
    assert (await modes(console))["gossip"] == "log-only"
    page = await member.follow(await member.post("/lists/gossip/mode", {"mode": "active"}))
    assert "What people say counts from now on." in page.text
    assert (await modes(console))["gossip"] == "active"
    again = await member.follow(await member.post("/lists/gossip/mode", {"mode": "active"}))
    assert "nothing was changed" in again.text
    await press(member, page.text, "Undo")
    assert (await modes(console))["gossip"] == "log-only"


@pytest.mark.parametrize("config_yaml", ["gossip:\n  mode: log-only\n"])
async def test_a_mode_that_config_yaml_states_is_locked(config_yaml: str, console: Console, member: Browser) -> None:
    page = await member.get("/lists/gossip?mode=active")
    assert re.search(r"This is stated in config\.yaml:\d+", page.text)
    assert "/mode" not in main_of(page.text)
    assert "would have ended" not in page.text
    refused = await member.follow(await member.post("/lists/gossip/mode", {"mode": "active"}))
    assert "Nothing was changed" in refused.text
    assert (await modes(console))["gossip"] == "log-only"


async def test_a_list_is_updated_at_once_and_a_failure_leaves_its_copy(
    console: Console, member: Browser, place: Place
) -> None:
    await console.ask("lists-mode", name="gossip", mode="log-only")
    item = (await member.get("/lists/gossip")).text
    page = await press(member, item, "Update now")
    assert re.search(r"What people say: \d → \d numbers", page.text)
    (place.data_dir / "plugins").mkdir(exist_ok=True)
    (place.data_dir / "plugins" / "offline").touch()
    failed = await press(member, page.text, "Update now")
    assert "gossip.example did not answer" in failed.text


async def test_an_update_that_takes_long_goes_on_while_its_page_shows_how_far_it_is(
    console: Console, member: Browser, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_of_lists, "_SHOWN_AFTER", 0.0)
    await console.ask("lists-mode", name="gossip", mode="log-only")
    done = await member.post("/lists/gossip/update")
    assert "What people say is being updated." in (await member.follow(done)).text


async def test_progress_is_shown_and_looked_at_again(console: Console, member: Browser) -> None:
    from callguard.model.numberlist import Progress  # noqa: PLC0415

    await console.ask("lists-mode", name="gossip", mode="log-only")
    console.daemon.house.lists.progress["gossip"] = Progress(step="reading", done=30, total=120)
    for path in ("/lists", "/lists/gossip"):
        page = await member.get(path)
        assert faults(page.text) == []
        assert '<progress value="30" max="120">' in page.text
        assert "Look again" in page.text


async def test_a_known_list_is_looked_at_added_only_logged_and_removed_again(
    console: Console, member: Browser
) -> None:
    catalogue = await member.get("/lists/new")
    assert faults(catalogue.text) == []
    assert "French telemarketing prefixes" in catalogue.text
    assert "Licence: " in catalogue.text
    contact = [["1", "Amélie <b>", ["+33162000000"]]]
    await console.ask("contacts-apply", book="friends", contacts=contact)
    seen = await member.post("/lists/preview", FRENCH)
    assert seen.status == 200
    assert faults(seen.text) == []
    assert "Amélie &lt;b&gt;" in seen.text
    assert "1 on it whom you know" in seen.text
    assert "lists.fr-telemarketing" not in await modes(console)
    page = await member.follow(await member.post("/lists/add", FRENCH))
    assert "Added." in page.text
    assert (await modes(console))["lists.fr-telemarketing"] == "log-only"
    assert "Added</span>" in (await member.get("/lists/new")).text
    await member.post("/lists/lists.fr-telemarketing/mode", {"mode": "active"})
    gone = await press(member, (await member.get("/lists/lists.fr-telemarketing")).text, "Remove this list")
    assert "lists.fr-telemarketing" not in await modes(console)
    await press(member, gone.text, "Undo")
    assert (await modes(console))["lists.fr-telemarketing"] == "log-only"


@pytest.mark.parametrize("config_yaml", ["lists:\n  sources:\n    mine:\n      file: /nowhere.txt\n"])
async def test_a_list_of_config_yaml_is_not_removed_here(config_yaml: str, console: Console, member: Browser) -> None:
    page = await member.get("/lists/lists.mine")
    assert "Remove this list" not in page.text
    assert "stands in config.yaml" in page.text
    assert (await member.post("/lists/lists.mine/remove")).status == 404


@pytest.mark.parametrize(
    ("form", "says"),
    [
        pytest.param({"source": ""}, "is no address", id="nothing"),
        pytest.param({"source": "nowhere"}, "is no address", id="no address"),
        pytest.param({"source": "/etc/passwd"}, "is no address", id="a file"),
        pytest.param({"source": "fr-telemarketing", "country": "Atlantis"}, "country", id="no country"),
    ],
)
@pytest.mark.parametrize("path", ["/lists/preview", "/lists/add"])
async def test_what_is_no_list_is_said_beside_the_address(
    console: Console, member: Browser, path: str, form: dict[str, str], says: str
) -> None:
    before = await modes(console)
    page = await member.post(path, form)
    assert page.status == 422
    said = re.search(r'id="f-source-error">(.*?)</p>', page.text, re.DOTALL)
    assert said
    assert says in unescape(said[1])
    assert await modes(console) == before


async def test_who_may_only_look_gets_no_buttons_and_is_refused(console: Console, viewer: Browser) -> None:
    await console.ask("lists-mode", name="gossip", mode="log-only")
    for path in ("/lists", "/lists/gossip", "/lists/gossip?mode=active"):
        page = await viewer.get(path)
        assert page.status == 200
        assert "<form" not in main_of(page.text).replace('<form id="replay"', "")
        assert "<button" not in main_of(page.text)
    assert (await viewer.get("/lists/new")).status == 403
    for path in ("add", "preview", "gossip/mode", "gossip/update", "gossip/remove"):
        assert (await viewer.post(f"/lists/{path}", {"mode": "active", **FRENCH})).status == 403
    assert (await modes(console))["gossip"] == "log-only"


async def test_who_may_only_look_has_no_past_calls_judged_again(viewer: Browser, member: Browser) -> None:
    assert 'id="replay"' in (await member.get("/lists/ftc?mode=log-only")).text
    assert 'id="replay"' not in (await viewer.get("/lists/ftc?mode=log-only")).text


async def test_a_list_that_is_not_there_is_not_found(member: Browser) -> None:
    assert (await member.get("/lists/nothing")).status == 404
    assert (await member.post("/lists/nothing/mode", {"mode": "off"})).status == 404


async def test_what_a_publisher_says_comes_out_harmless(console: Console, member: Browser, place: Place) -> None:
    hostile = A_LIST.replace("What people say", "<script>x</script>\\u202e\\x1b[2J")
    assert place.plugins_folder
    (place.plugins_folder / "gossip.py").write_text(hostile)
    await console.ask("set-setting", key="policy.profile", value="strict")
    page = await member.get("/lists")
    assert "<script>x" not in page.text
    assert "\u202e" not in page.text
    assert "\x1b" not in page.text
