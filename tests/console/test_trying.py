"""Trying numbers: the whole ladder of one, a table of many, and nothing that is kept."""

import re
from html import unescape

import pytest

from callguard.access import Right
from callguard.place import Place
from tests.console.callmaking import buttons, press
from tests.console.conftest import Browser, Console
from tests.console.looks import faults

STRANGER, DOCTOR = "+13035550164", "+13035550147"
ASKER = """
from callguard import Disclosure, Evidence, Leaning, hookimpl


class Oracle:
    phrases = {"oracle": "the oracle knows {number}"}
    discloses = [Disclosure(to="oracle.example", what="the <number>", when="never", online_lookup=True)]

    def __init__(self, config, home):
        pass

    @hookimpl
    async def look_up_caller(self, call):
        return [Evidence(code="oracle", leaning=Leaning.UNWANTED, weight=5, facts={"number": call.caller.number})]
"""


@pytest.fixture
def place(place: Place) -> Place:
    assert place.plugins_folder
    (place.plugins_folder / "oracle.py").write_text(ASKER)
    return place


def words_of(page: str) -> str:
    text = re.sub(r"<[^>]+>", " ", page.partition("<main")[2].partition(">")[2].partition("</main>")[0])
    return " ".join(unescape(text).split())


async def test_an_empty_form_tries_nothing(viewer: Browser) -> None:
    page = await viewer.get("/try")
    assert page.status == 200
    assert faults(page.text) == []
    assert 'id="result"' not in page.text


async def test_a_number_is_tried_with_the_whole_ladder_and_nothing_is_kept(console: Console, viewer: Browser) -> None:
    await console.ask("add-rule", list="block", value=STRANGER, note="card services")
    page = await viewer.get("/try?number=303+555+0164")
    assert page.status == 200
    assert faults(page.text) == []
    text = words_of(page.text)
    assert "(303) 555-0164 Would be blocked" in text
    assert "Your block list decided Decided here" in text
    assert "Unknown callers not reached" in text
    assert 'value="303 555 0164"' in page.text
    assert (await console.ask("calls"))["calls"] == []
    assert all(not rule["hits"] for rule in await console.ask("rules"))


@pytest.mark.parametrize(
    ("asked", "would"),
    [
        pytest.param("number=%2B13035550164", "Would ring", id="a stranger"),
        pytest.param("number=%2B442079460018", "Would be blocked", id="a beginning"),
        pytest.param("number=%2B13035550164&name=Card+Services", "Would be blocked", id="a name"),
        pytest.param("withheld=yes", "Would be blocked", id="a hidden number"),
        pytest.param("number=%2B13035550199&at=2026-11-23T10:00", "Would be blocked", id="in the morning"),
        pytest.param("number=%2B13035550199&at=2026-11-23T20:00", "Would ring", id="in the evening"),
        pytest.param("number=%2B13035550198&line=Home", "Would be blocked", id="on that line"),
    ],
)
async def test_name_line_and_time_are_tried_too(console: Console, viewer: Browser, asked: str, would: str) -> None:
    for rule in (
        {"value": "+44*"},
        {"kind": "name", "value": "card services"},
        {"kind": "presentation", "value": "withheld"},
        {"value": "+13035550199", "hours": "mon-sun 09:00-17:00"},
        {"value": "+13035550198", "line": "Home"},
    ):
        await console.ask("add-rule", list="block", **rule)
    page = await viewer.get(f"/try?{asked}")
    assert would in words_of(page.text)
    assert faults(page.text) == []


async def test_what_is_done_about_the_number_ends_where_it_is_tried_again(console: Console, member: Browser) -> None:
    page = await member.get("/try?number=3035550164")
    blocked = await press(member, page.text, "Block")
    assert "Would be blocked" in words_of(blocked.text)
    assert "Blocked by you" in words_of(blocked.text)
    undone = await press(member, blocked.text, "Undo")
    assert "Would ring" in words_of(undone.text)
    assert await console.ask("rules") == []


async def test_a_contact_is_named(console: Console, viewer: Browser) -> None:
    await console.ask("contacts-apply", book="friends", contacts=[["1", "Dr. Lee", [DOCTOR]]])
    text = words_of((await viewer.get("/try?number=3035550147")).text)
    assert "Dr. Lee Would ring (303) 555-0147" in text


@pytest.mark.parametrize(
    ("asked", "field", "says"),
    [
        pytest.param("number=30", "number", "'30' is not a complete telephone number in US or abroad", id="number"),
        pytest.param("number=3035550164&line=Moon", "line", "there is no line", id="line"),
        pytest.param("number=3035550164&at=never", "at", "is no time", id="time"),
        pytest.param("number=%3Cscript%3Ex%1b", "number", "<script>x", id="hostile"),
    ],
)
async def test_what_cannot_be_tried_is_said_beside_its_field(
    viewer: Browser, asked: str, field: str, says: str
) -> None:
    page = await viewer.get(f"/try?{asked}")
    assert page.status == 422
    said = re.search(rf'id="f-{field}-error">(.*?)</p>', page.text, re.DOTALL)
    assert said
    assert says in unescape(said[1])
    assert "<script>x" not in page.text
    assert "\x1b" not in page.text
    assert faults(page.text) == []


async def test_online_services_are_asked_only_on_request_and_named_before(console: Console, member: Browser) -> None:
    page = await member.get("/try?number=3035550164&online=yes")
    assert "oracle.example" in page.text
    assert "the &lt;number&gt;" in page.text
    assert "oracle knows" not in page.text
    asked = await member.post("/try", {"number": "3035550164"})
    assert asked.status == 200
    assert faults(asked.text) == []
    assert "The oracle knows (303) 555-0164" in words_of(asked.text)
    assert "online services asked" in words_of(asked.text)


async def test_many_numbers_are_tried_at_once(console: Console, viewer: Browser) -> None:
    await console.ask("add-rule", list="block", value=STRANGER)
    numbers = f"{STRANGER}, card <services>\n303 555 0147\n12\n# mine\n\n"
    page = await viewer.post("/try/many", {"numbers": numbers})
    assert page.status == 200
    assert faults(page.text) == []
    rows = [words_of(f"<main>{row}</main>") for row in page.text.partition("<tbody>")[2].split("<tr>")[1:]]
    assert len(rows) == 3
    assert rows[0].startswith(f"{STRANGER} card <services> Would be blocked")
    assert rows[1].startswith("303 555 0147 Would ring")
    assert "Cannot be tried '12' is not a complete telephone number" in rows[2]
    assert (await console.ask("calls"))["calls"] == []


async def test_many_numbers_are_saved_as_a_table_in_which_nothing_is_calculated(viewer: Browser) -> None:
    numbers = f"{STRANGER}, =HYPERLINK(1)\n@SUM(1)\n"
    saved = await viewer.post("/try/many", {"numbers": numbers, "do": "csv"})
    assert saved.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in saved.headers["Content-Disposition"]
    head, first, second = saved.text.splitlines()
    assert head == "number,note,outcome,reason"
    assert first.startswith(f"'{STRANGER},'=HYPERLINK(1),Would ring,")
    assert second.startswith("'@SUM(1),,Cannot be tried,")


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        pytest.param("# nothing", "There is no number in it", id="none"),
        pytest.param(f"{STRANGER}\n" * 201, "At most 200 numbers at once", id="too many"),
    ],
)
async def test_no_number_and_too_many_are_refused_in_words(viewer: Browser, numbers: str, says: str) -> None:
    page = await viewer.post("/try/many", {"numbers": numbers})
    assert page.status == 422
    assert says in page.text
    assert STRANGER in page.text or "# nothing" in page.text


async def test_who_may_only_look_may_try_but_neither_act_nor_tell_others(console: Console, viewer: Browser) -> None:
    page = await viewer.get("/try?number=3035550164")
    inside = page.text.partition("<main")[2].partition("</main>")[0]
    assert set(buttons(inside)) == {"Try", "Try them all"}
    assert (await viewer.post("/try", {"number": "3035550164"})).status == 403
    text = console.kernel.access.new_token("r", [Right.READ], None, by="Ana", now=console.kernel.clock.now())
    assert (await console.stranger(Authorization=f"Bearer {text}").get("/try?number=3035550164")).status == 200


async def test_hostile_names_come_out_harmless(viewer: Browser) -> None:
    hostile = "%3Cscript%3Ex%E2%80%AE%1b[2J" + "A" * 400
    page = await viewer.get(f"/try?number=3035550164&name={hostile}")
    assert page.status == 200
    assert "<script>x" not in page.text
    assert "\u202e" not in words_of(page.text)
    assert "\x1b" not in words_of(page.text)
