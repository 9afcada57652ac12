"""Complaints: drafts that the household completes and files itself, without its name in them."""

import json

import pytest

from tests.console.conftest import Browser, Console

HOSTILE = "<script>alert(1)</script>\u202e\x1b[31m" + "x" * 10_000
ABOUT = {"agency": "ftc"}


async def a_call(console: Console, name: str = "CARD SERVICES") -> str:
    await console.ask("add-rule", list="block", number="+13035550188")
    return (await console.ring("+13035550188", name=name)).call.id


async def test_without_calls_there_is_nothing_to_complain_of(viewer: Browser) -> None:
    assert "Nothing to complain about" in (await viewer.get("/complaints")).text
    assert "You have filed none yet" in (await viewer.get("/complaints?state=filed")).text


async def test_a_blocked_call_has_a_draft_with_what_is_open(console: Console, viewer: Browser) -> None:
    call = await a_call(console)
    listed = (await viewer.get("/complaints")).text
    assert "(303) 555-0188" in listed
    assert "Needs your answers" in listed
    draft = (await viewer.get(f"/complaints/{call}")).text
    assert "What was the call about?" in draft
    assert "The form needs what nobody has filled yet" in draft


async def test_questions_are_answered_and_an_answer_is_taken_back(console: Console, member: Browser) -> None:
    call = await a_call(console)
    page = f"/complaints/{call}/answer"
    saved = await member.post(
        page, {**ABOUT, "answer:kind": "sales", "answer:prerecorded": "yes", "answer:business": ""}
    )
    assert "2 answers saved" in (await member.follow(saved)).text
    known = (await console.ask("complaint-draft", id=call))["complaint"]["answers"]
    assert known == {"kind": "sales", "prerecorded": "yes"}
    await member.post(page, {**ABOUT, "take-back": "kind"})
    assert (await console.ask("complaint-draft", id=call))["complaint"]["answers"] == {"prerecorded": "yes"}
    newest = (await console.ask("changes"))[0]
    await member.post(f"/changes/{newest['id']}/undo")
    assert (await console.ask("complaint-draft", id=call))["complaint"]["answers"] == known


async def test_an_answer_that_is_none_of_the_options_is_told_beside_the_question(
    console: Console, member: Browser
) -> None:
    call = await a_call(console)
    answered = await member.post(f"/complaints/{call}/answer", {**ABOUT, "answer:kind": "nonsense"})
    assert answered.status == 422
    assert "is none of" in answered.text
    assert 'aria-invalid="true"' in answered.text or "wrong" in answered.text


async def test_nothing_answered_changes_nothing(console: Console, member: Browser) -> None:
    call = await a_call(console)
    before = len(await console.ask("changes"))
    refused = await member.post(f"/complaints/{call}/answer", {**ABOUT, "answer:kind": " "})
    assert "Nothing was answered" in (await member.follow(refused)).text
    assert len(await console.ask("changes")) == before


async def test_it_is_noted_how_far_a_complaint_is_and_that_can_be_undone(console: Console, member: Browser) -> None:
    call = await a_call(console)
    page = f"/complaints/{call}/state"
    await member.post(page, {**ABOUT, "state": "reviewed"})
    assert "(303) 555-0188" in (await member.get("/complaints?state=reviewed")).text
    filed = await member.post(page, {**ABOUT, "state": "filed", "filed_on": "", "reference": "R-77"})
    told = (await member.follow(filed)).text
    assert "You filed this." in told
    assert "R-77" in told
    newest = (await console.ask("changes"))[0]
    await member.post(f"/changes/{newest['id']}/undo")
    assert (await console.ask("complaint-draft", id=call))["complaint"]["state"] == "reviewed"
    await member.post(page, {**ABOUT, "state": "dismissed"})
    assert "You dismissed this." in (await member.get(f"/complaints/{call}?agency=ftc")).text
    await member.post(page, {**ABOUT, "state": "draft"})
    assert (await console.ask("complaint-draft", id=call))["complaint"]["state"] == "draft"


@pytest.mark.parametrize(
    ("day", "told"),
    [("1999-01-01", "the call came later"), ("tomorrow", "is no day"), ("9998-01-01", "has not come yet")],
)
async def test_a_day_on_which_it_cannot_have_been_filed_is_refused_with_what_was_typed(
    console: Console, member: Browser, day: str, told: str
) -> None:
    call = await a_call(console)
    answered = await member.post(
        f"/complaints/{call}/state", {**ABOUT, "state": "filed", "filed_on": day, "reference": "R-77"}
    )
    assert answered.status == 422
    assert told in answered.text
    assert "R-77" in answered.text


async def test_a_state_nobody_knows_is_refused(console: Console, member: Browser) -> None:
    call = await a_call(console)
    refused = await member.post(f"/complaints/{call}/state", {**ABOUT, "state": "sent"})
    assert "Nothing was changed" in (await member.follow(refused)).text


@pytest.mark.parametrize("path", ["answer", "state"])
async def test_a_viewer_reads_drafts_and_changes_none(console: Console, viewer: Browser, path: str) -> None:
    call = await a_call(console)
    page = (await viewer.get(f"/complaints/{call}")).text
    assert "Save answers" not in page
    assert "I filed it" not in page
    assert (await viewer.post(f"/complaints/{call}/{path}", {**ABOUT, "state": "filed"})).status == 403


@pytest.mark.parametrize(
    ("kind", "content"), [("txt", "text/plain"), ("html", "text/html"), ("json", "application/json")]
)
async def test_a_draft_is_downloaded_without_anybody_s_name(
    console: Console, viewer: Browser, kind: str, content: str
) -> None:
    call = await a_call(console)
    (console.place.data_dir / "complaint-profile.json").write_text(
        json.dumps({"first_name": "Ana", "last_name": "Novak"})
    )
    answered = await viewer.get(f"/complaints/{call}/draft.{kind}?agency=ftc")
    assert answered.headers["Content-Type"].startswith(content)
    assert answered.headers["Content-Disposition"] == f'attachment; filename="complaint-{call}.{kind}"'
    assert "303" in answered.text
    assert "Novak" not in answered.text


@pytest.mark.parametrize("path", ["draft.exe", "draft.", "draft.txt%00", "../../etc/passwd"])
async def test_there_is_no_other_file(console: Console, viewer: Browser, path: str) -> None:
    call = await a_call(console)
    assert (await viewer.get(f"/complaints/{call}/{path}")).status in (400, 404)


async def test_a_call_that_is_not_there_is_told_in_words(viewer: Browser) -> None:
    answered = await viewer.get("/complaints/nothing")
    assert answered.status in (404, 422)
    assert "<h1>" in answered.text


async def test_a_hostile_caller_name_comes_out_harmless(console: Console, viewer: Browser) -> None:
    call = await a_call(console, HOSTILE)
    for path in ("/complaints", f"/complaints/{call}"):
        page = (await viewer.get(path)).text
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert "\x1b" not in page


async def test_a_household_notes_whom_it_deals_with_and_that_they_were_told_to_stop(
    console: Console, member: Browser
) -> None:
    saved = await member.post(
        "/relationships/save",
        {"party": "Acme", "numbers": "303 555 0147\n+1303999*", "last_purchase": "2026-03-01", "kind": "sales"},
    )
    assert "Noted: Acme." in (await member.follow(saved)).text
    today = console.kernel.clock.now().date().isoformat()
    await member.post("/relationships/save", {"party": "Acme", "stop": today})
    (known,) = await console.ask("relationships")
    assert known["numbers"] == ["+13035550147", "+1303999*"]
    assert known["stop_requests"] == [today]
    assert "Told to stop" in (await member.get("/relationships")).text


async def test_what_is_known_of_a_company_is_corrected_forgotten_and_brought_back(
    console: Console, member: Browser
) -> None:
    number = (await console.ask("relationship-save", party="Acme", note="roof"))["relationship"]["id"]
    edited = (await member.get(f"/relationships?edit={number}")).text
    assert "Change Acme" in edited
    await member.post("/relationships/save", {"id": str(number), "party": "Acme Roofs", "numbers": "", "note": ""})
    (known,) = await console.ask("relationships")
    assert (known["party"], known["note"]) == ("Acme Roofs", "")
    removed = await member.post(f"/relationships/{number}/remove")
    assert "Forgotten: Acme Roofs." in (await member.follow(removed)).text
    newest = (await console.ask("changes"))[0]
    await member.post(f"/changes/{newest['id']}/undo")
    assert len(await console.ask("relationships")) == 1


@pytest.mark.parametrize(
    "said",
    [{"party": ""}, {"party": "Acme", "numbers": "12"}, {"party": "Acme", "last_purchase": "soon"}],
    ids=["nobody", "no number", "no day"],
)
async def test_a_company_that_makes_no_sense_is_refused_with_what_was_typed(
    console: Console, member: Browser, said: dict[str, str]
) -> None:
    answered = await member.post("/relationships/save", {**said, "note": "keep this"})
    assert answered.status == 422
    assert "keep this" in answered.text
    assert await console.ask("relationships") == []


async def test_a_viewer_changes_no_company(console: Console, viewer: Browser) -> None:
    await console.ask("relationship-save", party="Acme")
    assert "Forget" not in (await viewer.get("/relationships")).text
    assert (await viewer.post("/relationships/save", {"party": "Other"})).status == 403
    assert (await viewer.post("/relationships/1/remove")).status == 403


async def test_more_calls_are_looked_at_only_when_asked(console: Console, viewer: Browser) -> None:
    await console.ask("add-rule", list="block", value="+1303*")
    for number in range(41):
        await console.ring(f"+130355501{number:02}")
    first = (await viewer.get("/complaints")).text
    assert "Look further back" in first
    assert "Look further back" not in (await viewer.get("/complaints?limit=120")).text
    assert (await viewer.get("/complaints?limit=" + "9" * 30)).status == 200
