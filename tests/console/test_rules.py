"""The household's rules on their page: shown, tried, made, changed and taken away."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData

from callguard.access import Right
from callguard.console.ruleform import KINDS
from callguard.model.contact import Contact
from callguard.place import Place
from tests.conftest import OpenHouse
from tests.console.callmaking import goes_away
from tests.console.conftest import Browser, Console
from tests.console.looks import faults

STRANGER, OTHER, DOCTOR = "+13035550164", "+13035550165", "+13035550147"


@pytest.fixture
def config_yaml() -> str:
    """What config.yaml says besides; a test states it by its parameter of that name."""
    return ""


@pytest.fixture
def place(place: Place, config_yaml: str) -> Place:
    assert place.config
    place.config.write_text(place.config.read_text() + config_yaml)
    return place


async def rules_of(console: Console) -> list[tuple[str, str, str]]:
    return [(rule["list"], rule["kind"], rule["value"]) for rule in await console.ask("rules")]


def undo_of(page: str) -> str:
    """Return the address of the way back that a page offers first."""
    found = re.search(r'action="([^"]*/undo)"', page)
    assert found, page
    return found[1]


async def test_a_house_without_rules_says_so_and_offers_the_first(admin: Browser) -> None:
    page = await admin.get("/rules")
    assert page.status == 200
    assert "No rules yet" in page.text
    assert "/rules/new?list=block" in page.text


async def test_every_rule_is_shown_with_what_it_was_worth(console: Console, admin: Browser) -> None:
    rule = (await console.ask("add-rule", list="block", value=STRANGER, note="card services", line="Home"))["rule"]
    await console.ask("add-rule", list="allow", value="+44*", hours="mon-fri 09:00-17:00")
    await console.ask("add-rule", list="never-block", kind="country", value="DE", seconds=7200)
    await console.ask("expect", number=DOCTOR, next_call=True)
    await console.ring(STRANGER)
    text = (await admin.get("/rules")).text
    for words in ("(303) 555-0164", "card services", "only on Home", "Numbers beginning +44", "mon-fri 09:00-17:00"):
        assert words in text
    for words in ("numbers of Germany", "2 hours left", "the next call only", f"source=rules%2F{rule['id']}"):
        assert words in text
    assert faults(text) == []
    order = [text.index(f"</svg>{title}</h2>") for title in ("Never blocked", "Your allow list", "Your block list")]
    assert order == sorted(order)


async def test_rules_are_found_by_number_note_and_list(console: Console, admin: Browser) -> None:
    await console.ask("add-rule", list="block", value=STRANGER, note="card services")
    await console.ask("add-rule", list="allow", value=DOCTOR, note="Dr. Lee's office")
    for wanted, shown in (
        ("q=0164", True),
        ("q=CARD", True),
        ("q=lee", False),
        ("list=allow", False),
        ("q=zz", False),
    ):
        text = (await admin.get(f"/rules?{wanted}")).text
        assert ("(303) 555-0164" in text) is shown, wanted
    assert "No rule fits" in (await admin.get("/rules?q=zz")).text


async def test_more_rules_than_fit_on_a_page_are_on_the_next_one(console: Console, admin: Browser) -> None:
    rules = [{"list": "block", "value": f"+1303555{number:04}"} for number in range(100, 302)]
    await console.ask("add-rules", rules=rules)
    first = (await admin.get("/rules")).text
    assert "(303) 555-0301" in first
    assert "(303) 555-0101" not in first
    assert "(303) 555-0101" in (await admin.get("/rules?from=200")).text
    assert (await admin.get("/rules?from=x")).status == 200


@pytest.mark.parametrize("config_yaml", ["rules:\n  block:\n    - number: +44*\n      note: nobody we know\n"])
async def test_what_config_yaml_states_is_locked_and_counted_and_says_where_it_stands(
    config_yaml: str, console: Console, member: Browser
) -> None:
    await console.ring("+442079460958")
    text = (await member.get("/rules")).text
    assert "/calls?source=rules%2Fblock+%2B44%2A" in text
    assert "nobody we know" in text
    assert re.search(r"config\.yaml:\d+", text)
    assert "/remove" not in text
    assert "rule-new?rule" not in text


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param({"value": STRANGER, "note": 'the "shop": #1', "line": "Home"}, id="a number"),
        pytest.param({"value": "+44*", "hours": "mon-fri 09:00-17:00, sat 10:00-12:00"}, id="a beginning"),
        pytest.param({"kind": "range", "value": "3035550100-3035550199"}, id="a range"),
        pytest.param({"kind": "country", "value": "DE", "until": "2099-01-02T03:04"}, id="a country"),
        pytest.param({"kind": "type", "value": "toll-free"}, id="a type"),
        pytest.param({"kind": "name", "value": "card services"}, id="a name"),
        pytest.param({"kind": "presentation", "value": "withheld"}, id="a hidden number"),
    ],
)
async def test_a_rule_copied_as_yaml_means_the_same_in_config_yaml(
    console: Console, admin: Browser, open_house: OpenHouse, tmp_path: Path, rule: dict[str, str]
) -> None:
    made = (await console.ask("add-rule", list="block", **rule))["rule"]
    page = await admin.get(f"/rules/new?rule={made['id']}")
    found = re.search(r"<pre[^>]*>(rules:.*?)</pre>", page.text, re.DOTALL)
    assert found
    folder = tmp_path / "copied"
    folder.mkdir()
    (folder / "config.yaml").write_text(
        f"country: US\ntimezone: UTC\ndisabled_plugins: [sip]\n{unescape(found[1])}\n"
    )
    copied = Place(data_dir=tmp_path / "other", config=folder / "config.yaml")
    async with open_house(copied) as daemon:
        (stated,) = await daemon.house.plugins.stated_rules()
    same = ("list", "kind", "value", "note", "line")
    assert [str(getattr(stated, key)) for key in same] == [made[key] for key in same]
    assert (str(stated.schedule or ""), stated.until and stated.until.isoformat()) == (made["hours"], made["until"])


async def test_a_rule_is_tried_on_past_calls_then_kept_and_undone(console: Console, member: Browser) -> None:
    await console.ring(STRANGER)
    form = {"list": "block", "kind": "prefix", "value": "+1 303 555", "note": "a whole exchange", "ends": "always"}
    tried = await member.post("/rules/preview", {**form, "do": "try"})
    assert tried.status == 200
    assert "1 call of 1 would have ended differently" in tried.text
    assert "Save – changes 1 past call" in tried.text
    assert 'value="+1 303 555"' in tried.text
    assert await rules_of(console) == []
    page = await member.follow(await member.post("/rules/preview", {**form, "do": "save"}))
    assert "Blocked: numbers beginning +1303555" in page.text
    assert await rules_of(console) == [("block", "prefix", "+1303555")]
    await member.post(undo_of(page.text))
    assert await rules_of(console) == []


async def test_whom_the_household_knows_is_named_before_a_rule_stops_them(console: Console, member: Browser) -> None:
    await console.ring(DOCTOR, answered=True)
    contact = Contact(book="friends", uid="1", name="Dr. Lee", numbers=(DOCTOR,))
    await console.daemon.house.store.replace_contacts("friends", [contact], by="test")
    tried = await member.post("/rules/preview", {"list": "block", "kind": "exact", "value": DOCTOR, "do": "try"})
    assert "Dr. Lee" in tried.text
    assert "Save anyway" in tried.text


FULL = {"kind": "exact", "list": "block", "value": "303 555 0164"}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        pytest.param({"ends": "86400"}, {"until": True}, id="for a day"),
        pytest.param({"ends": "uses", "uses": "3"}, {"uses": 3}, id="for three calls"),
        pytest.param({"ends": "uses", "uses": ""}, {"uses": 1}, id="for the next call"),
        pytest.param({"ends": "until", "until": "2099-01-02T03:04"}, {"until": True}, id="until a day"),
        pytest.param({"line": "Home"}, {"line": "Home"}, id="on a line"),
        pytest.param({"days": ["mon", "wed"]}, {"hours": "mon+wed 00:00-24:00"}, id="on days"),
        pytest.param(
            {"days": ["sat", "sun"], "from": "22:00", "to": "07:00"}, {"hours": "sat-sun 22:00-07:00"}, id="at night"
        ),
        pytest.param({"from": "09:00"}, {"hours": "mon-sun 09:00-24:00"}, id="from nine"),
        pytest.param(
            {"hours": "mon 09:00-10:00, tue 11:00-12:00"},
            {"hours": "mon 09:00-10:00, tue 11:00-12:00"},
            id="stretches",
        ),
        pytest.param(
            {"kind": "range", "value": "303 555 0100 to 0199"}, {"value": "+13035550100-+13035550199"}, id="range"
        ),
        pytest.param({"kind": "country", "value": "Germany"}, {"value": "DE"}, id="country"),
        pytest.param({"kind": "anyone", "value": ""}, {"value": "*"}, id="everyone"),
        pytest.param({"kind": "nonsense"}, {"kind": "exact"}, id="an unknown kind"),
    ],
)
async def test_the_form_makes_the_rule_it_says_and_shows_it_again_to_be_changed(
    console: Console, member: Browser, form: dict[str, Any], expected: dict[str, Any]
) -> None:
    kept = await member.post("/rules/preview", {**FULL, **form, "do": "save"})
    assert kept.status == 303, kept.text
    (rule,) = await console.ask("rules")
    assert {key: bool(rule[key]) if value is True else rule[key] for key, value in expected.items()} == expected
    again = fields(await member.get(f"/rules/new?rule={rule['id']}"))
    assert (await member.post("/rules/preview", {**again, "do": "save"})).status == 303
    (same,) = await console.ask("rules")
    assert {**same, "id": 0, "key": "", "created_at": "", "until": str(same["until"])[:16]} == {
        **rule,
        "id": 0,
        "key": "",
        "created_at": "",
        "until": str(rule["until"])[:16],
    }


@pytest.mark.parametrize(
    ("form", "field", "says"),
    [
        pytest.param({"value": "30"}, "value", "not a complete", id="half a number"),
        pytest.param({"kind": "name", "value": "x"}, "value", "too little of a name", id="half a name"),
        pytest.param({"hours": "mon, tue 9:00-10:00"}, "hours", "which hours are meant", id="unclear hours"),
        pytest.param({"ends": "until"}, "until", "Say until when", id="no end"),
        pytest.param(
            {"ends": "until", "until": "2001-01-01T00:00"}, "until", "is over already", id="an end that was"
        ),
        pytest.param({"line": "Moon"}, "line", "there is no line", id="no such line"),
        pytest.param(
            {"kind": "anyone", "list": "nonsense", "days": ["mon"], "from": "09:00", "to": "09:00"},
            "hours",
            "is empty",
            id="no hours",
        ),
    ],
)
@pytest.mark.parametrize("do", ["try", "save"])
async def test_a_mistake_is_said_beside_its_field_and_what_was_typed_stays(
    console: Console, member: Browser, do: str, form: dict[str, Any], field: str, says: str
) -> None:
    if do == "try" and field == "until":
        return  # past calls know nothing of when a rule ends
    answered = await member.post("/rules/preview", {**FULL, "note": "my <note>", **form, "do": do})
    assert answered.status == 422
    said = re.search(rf'id="f-{field}-error">(.*?)</p>', answered.text, re.DOTALL)
    assert said
    assert says in said[1]
    assert "my &lt;note&gt;" in answered.text
    assert await rules_of(console) == []


async def test_a_rule_is_changed_in_one_change(console: Console, member: Browser) -> None:
    rule = (await console.ask("add-rule", list="block", value=STRANGER, note="a shop"))["rule"]
    again = {**fields(await member.get(f"/rules/new?rule={rule['id']}")), "list": "allow", "value": OTHER}
    page = await member.follow(await member.post("/rules/preview", {**again, "do": "save"}))
    assert await rules_of(console) == [("allow", "exact", OTHER)]
    await member.post(undo_of(page.text))
    assert [(one["id"], one["note"]) for one in await console.ask("rules")] == [(rule["id"], "a shop")]


async def test_another_kind_keeps_the_rule_that_is_changed(console: Console, member: Browser) -> None:
    rule = (await console.ask("add-rule", list="allow", value=STRANGER, note="a shop"))["rule"]
    form = fields(await member.get(f"/rules/new?rule={rule['id']}&kind=name"))
    assert (form["rule"], form["kind"], form["list"], form["note"], form["value"]) == (
        str(rule["id"]),
        "name",
        "allow",
        "a shop",
        "",
    )
    assert (await member.get("/rules/new?rule=999")).status == 404


@pytest.mark.parametrize(
    ("form", "says", "rule"),
    [
        pytest.param({"list": "allow"}, "Allowed: (303) 555-0164.", ("allow", None, False), id="always"),
        pytest.param({"list": "block", "seconds": "86400"}, "left.", ("block", None, True), id="for a day"),
        pytest.param({"list": "block", "uses": "1"}, "the next call only", ("block", 1, False), id="the next call"),
        pytest.param({"list": "allow", "line": "Home"}, "only on Home", ("allow", None, False), id="on a line"),
    ],
)
async def test_one_button_makes_a_rule_and_comes_back_with_undo(
    console: Console, member: Browser, form: dict[str, str], says: str, rule: tuple[str, int | None, bool]
) -> None:
    done = await member.post("/rules/add", {**form, "value": STRANGER, "back": "/rules?q=0164"})
    assert done.location == "/rules?q=0164"
    page = await member.follow(done)
    assert says in page.text
    (made,) = await console.ask("rules")
    assert (made["list"], made["uses"], bool(made["until"])) == rule
    await member.post(undo_of(page.text))
    assert await rules_of(console) == []


async def test_a_button_says_if_the_caller_would_be_treated_otherwise_all_the_same(
    console: Console, member: Browser
) -> None:
    await console.ask("add-rule", list="allow", value=STRANGER)
    page = await member.follow(await member.post("/rules/add", {"list": "block", "value": STRANGER}))
    assert "But it would still ring" in page.text
    again = await member.follow(await member.post("/rules/add", {"list": "block", "value": STRANGER}))
    assert "nothing was changed" in again.text
    wide = await member.follow(await member.post("/rules/add", {"list": "block", "kind": "prefix", "value": "+1303"}))
    assert "Numbers on your allow list ring all the same" in wide.text


async def test_a_number_that_is_none_changes_nothing_and_says_why(console: Console, member: Browser) -> None:
    page = await member.follow(await member.post("/rules/add", {"list": "block", "value": "12", "back": "/rules"}))
    assert "Nothing was changed" in page.text
    assert await rules_of(console) == []


async def test_a_rule_is_removed_at_once_and_comes_back_with_undo(console: Console, member: Browser) -> None:
    rule = (await console.ask("add-rule", list="block", value=STRANGER))["rule"]
    page = await member.follow(await member.post(f"/rules/{rule['id']}/remove"))
    assert "Removed from your block list: (303) 555-0164." in page.text
    assert await rules_of(console) == []
    await member.post(undo_of(page.text))
    assert await rules_of(console) == [("block", "exact", STRANGER)]
    assert (await member.post("/rules/999/remove")).status == 404


async def test_who_may_only_look_gets_no_buttons_and_is_refused(console: Console, viewer: Browser) -> None:
    rule = (await console.ask("add-rule", list="block", value=STRANGER))["rule"]
    text = (await viewer.get("/rules")).text
    assert "(303) 555-0164" in text
    assert not re.search(r'method="post" action="/rules', text)
    assert "/rules/new" not in text
    for path in ("/rules/new", "/rules/import"):
        assert (await viewer.get(path)).status == 403
    for path in (
        "/rules/add",
        "/rules/preview",
        f"/rules/{rule['id']}/remove",
        "/rules/import",
        "/rules/import/apply",
    ):
        assert (await viewer.post(path, {"list": "allow", "value": STRANGER})).status == 403
    assert await rules_of(console) == [("block", "exact", STRANGER)]


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({"list": "block", "kind": "prefix", "value": "+1"}, id="a beginning"),
        pytest.param({"list": "block", "value": "+1*"}, id="a beginning in disguise"),
        pytest.param({"list": "block", "kind": "anyone", "value": "*"}, id="everyone"),
        pytest.param({"list": "never-block", "value": STRANGER}, id="never block"),
    ],
)
async def test_a_program_that_may_act_on_calls_makes_no_rules_about_many_callers(
    console: Console, form: dict[str, str]
) -> None:
    text = console.kernel.access.new_token("calls", [Right.CALLS], None, by="Ana", now=console.kernel.clock.now())
    program = console.stranger(Authorization=f"Bearer {text}")
    assert (await program.post("/rules/add", form)).status == 403
    assert (await program.post("/rules/add", {"list": "block", "value": STRANGER})).status == 303
    assert await rules_of(console) == [("block", "exact", STRANGER)]


async def test_a_long_pasted_list_is_read_to_its_end(console: Console, member: Browser) -> None:
    text = "\n".join(f"+130{number}" for number in range(32000000, 32002500))
    plan = await member.post("/rules/import", {"list": "block", "text": text})
    assert re.search(r"<strong>2,500</strong> <span>new on your block list", plan.text)


async def test_numbers_are_imported_after_a_look_and_undone_at_once(console: Console, member: Browser) -> None:
    await console.ask("add-rule", list="block", value=STRANGER, note="known")
    text = f"number,note\n{STRANGER},known\n(303) 555-0165;a <shop>\n+44*\n# mine\n\nrubbish\n303 555 0165\n"
    upload = FormData()
    upload.add_field("list", "block")
    upload.add_field("file", text.encode(), filename="mine.csv", content_type="text/csv")
    plan = await member.post("/rules/import", upload)
    assert plan.status == 200
    assert "mine.csv" in plan.text
    assert re.search(r"<strong>2</strong> <span>new on your block list", plan.text)
    assert "Line 7" in plan.text
    assert "rubbish" in plan.text
    assert len(await rules_of(console)) == 1
    word = fields(plan)["word"]
    page = await member.follow(await member.post("/rules/import/apply", {"word": word}))
    assert "Added 2 rules." in page.text
    assert ("block", "prefix", "+44") in await rules_of(console)
    await member.post(undo_of(page.text))
    assert await rules_of(console) == [("block", "exact", STRANGER)]
    late = await member.follow(await member.post("/rules/import/apply", {"word": word}))
    assert "choose the file again" in late.text


async def test_what_one_person_brought_waits_for_nobody_else(
    console: Console, member: Browser, admin: Browser
) -> None:
    plan = await member.post("/rules/import", {"list": "allow", "text": STRANGER})
    page = await admin.follow(await admin.post("/rules/import/apply", {"word": fields(plan)["word"]}))
    assert "choose the file again" in page.text
    assert await rules_of(console) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("# nothing\n", "There is no number in it", id="nothing"),
        pytest.param("+13035550164\n" * 1500, "There is nothing to add", id="known"),
    ],
)
async def test_an_import_that_brings_nothing_says_so(console: Console, member: Browser, text: str, says: str) -> None:
    await console.ask("add-rule", list="block", value=STRANGER)
    plan = await member.post("/rules/import", {"list": "block", "text": text})
    assert says in plan.text


async def test_hostile_notes_come_out_harmless(console: Console, admin: Browser) -> None:
    await console.ask("add-rule", list="block", kind="name", value="<script>x", note="\u202egnp.exe <b>\x1b[2J")
    text = (await admin.get("/rules")).text
    assert "<script>x" not in text
    assert "<b>" not in text
    assert "\u202e" not in text
    assert "\x1b" not in text


def fields(page: Any) -> dict[str, Any]:
    """Return what a browser would send with the largest form of a page, nothing touched."""
    forms = re.findall(r"<main.*?</main>", page.text, re.DOTALL)
    found: dict[str, Any] = {}
    for tag in re.findall(r"<(?:input|select)[^>]*>(?:(?:<option[^>]*>[^<]*</option>)*</select>)?", forms[0]):
        name = re.search(r'name="([^"]*)"', tag)
        kind = re.search(r'^<input type="([^"]*)"', tag)
        value = re.search(r'<option value="([^"]*)" selected', tag) or re.search(r'value="([^"]*)"', tag)
        if name is None or (kind and kind[1] in ("checkbox", "radio") and " checked" not in tag):
            continue
        said = unescape(value[1]) if value else ""
        found[name[1]] = [*found.get(name[1], []), said] if name[1] == "days" else said
    return found


async def test_every_form_about_rules_keeps_the_policy_of_the_console(console: Console, member: Browser) -> None:
    rule = (await console.ask("add-rule", list="block", value=STRANGER, note="a shop"))["rule"]
    await console.ring(OTHER)
    forms = [f"/rules/new?kind={kind}" for kind in KINDS] + [f"/rules/new?rule={rule['id']}", "/rules/import"]
    pages = [await member.get(path) for path in forms]
    pages.append(await member.post("/rules/preview", {**FULL, "value": OTHER, "do": "try"}))
    pages.append(await member.post("/rules/preview", {**FULL, "value": "30", "hours": "x", "do": "save"}))
    pages.append(await member.post("/rules/import", {"list": "block", "text": f"{OTHER}\nrubbish"}))
    assert [faults(page.text) for page in pages] == [[] for _ in pages]


@pytest.mark.parametrize("path", ["/rules", "/rules/new", "/lists", "/contacts", "/try", "/try?number=3035550164"])
async def test_while_the_house_does_not_answer_a_page_says_that_calls_ring(
    console: Console, member: Browser, path: str
) -> None:
    await goes_away(console)
    page = await member.get(path)
    assert page.status == 503
    assert "All calls ring normally" in page.text


async def test_one_caller_who_is_expected_does_not_make_everyone_ring(console: Console, viewer: Browser) -> None:
    await console.ask("expect", number=DOCTOR, next_call=True)
    assert "everyone rings" not in (await viewer.get("/rules")).text
    await console.ask("expect", seconds=600)
    console.kernel.knowledge.forget()
    assert "everyone rings" in (await viewer.get("/rules")).text
