"""The overview: what came, what needs somebody, and letting everyone ring for a while."""

import re
from datetime import timedelta
from html import unescape

import pytest

from callguard.access import Role
from callguard.model.contact import Contact
from callguard.place import Place
from tests.console.callmaking import (
    HOSTILE,
    OTHER,
    SILENT,
    STRANGER,
    Made,
    form_of,
    goes_away,
    piece,
    press,
    record,
    reported,
)
from tests.console.conftest import Browser, Console


@pytest.fixture
def made(console: Console) -> Made:
    return Made(console.kernel.clock.now())


def words(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text.partition("<main")[2].partition("</main>")[0])).split())


@pytest.mark.parametrize("role", Role)
async def test_a_house_without_calls_says_that_it_listens_and_how_to_try(console: Console, role: Role) -> None:
    answered = await console.person(role).get("/")
    assert answered.status == 200
    said = words(answered.text)
    assert "No calls yet" in said
    assert "CallGuard is listening on Home since" in said
    assert "Try a number" in said
    assert "Calls per day" not in said


async def test_the_figures_count_what_the_household_experienced(
    console: Console, member: Browser, made: Made
) -> None:
    await record(
        console,
        made.call(evidence=reported(), ago=timedelta(days=20)),
        made.call(evidence=reported(), ago=timedelta(days=2)),
        made.call(OTHER, ago=timedelta(days=1)),
        made.call(OTHER, failures=SILENT),
    )
    said = words((await member.get("/")).text)
    assert "1 blocked 1 rang 1 let through 0 corrected by you" in said
    said = words((await member.get("/?days=30")).text)
    assert "2 blocked 1 rang" in said
    assert "30 days" in said


async def test_a_figure_leads_to_the_calls_it_counts(console: Console, member: Browser, made: Made) -> None:
    await record(console, made.call(evidence=reported()))
    text = unescape((await member.get("/?days=7")).text)
    since = (console.kernel.clock.now() - timedelta(days=6)).date()
    assert f'href="/calls?show=blocked&from={since}"' in text


@pytest.mark.parametrize("days", ["", "0", "-1", "999999999", "two"])
async def test_a_strange_span_is_the_usual_one(console: Console, member: Browser, made: Made, days: str) -> None:
    await record(console, made.call())
    assert "the last 14 days" in words((await member.get(f"/?days={days}")).text)


async def test_charts_have_their_tables(console: Console, viewer: Browser, made: Made) -> None:
    await record(console, made.call(evidence=reported()))
    text = (await viewer.get("/")).text
    assert text.count("Show as table") == 3
    assert "Calls reported to the FTC" in text


async def test_what_waits_for_an_opinion_is_there_three_at_once(
    console: Console, member: Browser, made: Made
) -> None:
    await record(console, *[made.call(evidence=reported(), ago=timedelta(hours=n)) for n in (5, 4, 3, 2)])
    text = (await member.get("/")).text
    assert text.count('id="review-') == 3
    assert "All 4" in text
    page = await press(member, piece(text, 'id="review-1"'), "Right")
    assert page.text.count('id="review-') == 3
    assert "All 4" not in page.text


async def test_repeated_calls_take_one_of_the_five_latest_places(
    console: Console, viewer: Browser, made: Made
) -> None:
    repeated = [made.call(evidence=reported(), ago=timedelta(minutes=60 - n)) for n in range(6)]
    others = [made.call(f"+130355501{n}0", ago=timedelta(hours=n)) for n in range(6, 1, -1)]
    await record(console, *others, *repeated)
    text = (await viewer.get("/")).text
    assert "called 6×" in text
    assert text.count('id="call-') == 5


async def test_numbers_blocked_most_often_can_be_allowed_there(console: Console, member: Browser, made: Made) -> None:
    await record(
        console, *[made.call(name="CARD SERVICES", evidence=reported(), ago=timedelta(hours=n)) for n in (3, 1)]
    )
    text = (await member.get("/")).text
    top = text.partition('class="top-numbers"')[2]
    assert "2× blocked" in top
    assert "CARD SERVICES" in top
    page = await press(member, top, "Allow")
    assert [(rule["list"], rule["value"]) for rule in await console.ask("rules")] == [("allow", STRANGER)]
    assert "Allowed by you" in page.text.partition('class="top-numbers"')[2]


@pytest.mark.parametrize(
    ("wanted", "until", "uses"),
    [("30m", True, None), ("2h", True, None), ("tonight", True, None), ("next", False, 1)],
)
async def test_everyone_rings_for_as_long_as_was_said(
    console: Console, member: Browser, wanted: str, until: bool, uses: int | None
) -> None:
    page = await member.follow(await member.post("/expect", {"for": wanted}))
    (rule,) = await console.ask("rules")
    assert (rule["list"], rule["value"], bool(rule["until"]), rule["uses"]) == ("expected", "*", until, uses)
    assert "Everyone rings" in page.text
    assert "Expecting a call" in page.text


async def test_an_expected_call_rings_and_stop_ends_that(console: Console, member: Browser) -> None:
    await member.post("/expect", {"for": "2h"})
    assert (await console.ring(STRANGER)).verdict.rung.words == "expecting a call"
    text = (await member.get("/")).text
    page = await press(member, text, "Stop")
    assert "Calls are judged as usual again." in page.text
    assert (await console.ring(STRANGER)).verdict.rung.words == "unknown callers"
    await press(member, page.text.partition('id="flash"')[2], "Undo")
    assert (await console.ring(STRANGER)).verdict.rung.words == "expecting a call"


async def test_expecting_is_undone_from_what_is_said_about_it(console: Console, member: Browser) -> None:
    page = await member.follow(await member.post("/expect", {"for": "30m"}))
    await press(member, page.text.partition('id="flash"')[2], "Undo")
    assert await console.ask("rules") == []


@pytest.mark.parametrize("wanted", ["", "for ever", "<script>"])
async def test_nobody_rings_for_no_time_in_particular(console: Console, member: Browser, wanted: str) -> None:
    assert (await member.post("/expect", {"for": wanted})).status == 400
    assert await console.ask("rules") == []


async def test_only_expecting_a_call_can_be_ended(console: Console, member: Browser) -> None:
    rule = (await console.ask("add-rule", list="never-block", kind="prefix", value="+44"))["rule"]
    for wanted in ("all", "77", rule["id"]):
        page = await member.follow(await member.post(f"/expect/{wanted}/end", {}))
        assert "Nothing was changed: that is over already" in page.text
    assert len(await console.ask("rules")) == 1


async def test_a_viewer_cannot_let_everyone_ring(console: Console, viewer: Browser) -> None:
    assert "Expecting a call" not in words((await viewer.get("/")).text)
    assert (await viewer.post("/expect", {"for": "2h"})).status == 403
    assert (await viewer.post("/expect/1/end", {})).status == 403
    assert await console.ask("rules") == []


async def test_what_happens_to_unknown_callers_is_said_and_where_to_change_it(
    admin: Browser, viewer: Browser
) -> None:
    text = (await admin.get("/")).text
    assert "Callers of whom nothing is known ring ." in words(text)
    assert 'href="/settings' in text.partition("Unknown callers")[2].partition("</section>")[0]
    assert 'href="/settings' not in (await viewer.get("/")).text


async def test_contacts_are_asked_for_until_there_are_some(
    console: Console, member: Browser, viewer: Browser
) -> None:
    assert "Bring your contacts" in (await member.get("/")).text
    assert "Bring your contacts" not in (await viewer.get("/")).text
    people = [Contact(uid="1", name="Dr. Lee", numbers=(OTHER,), book="family")]
    await console.daemon.house.store.replace_contacts("family", people, by="test", now=console.kernel.clock.now())
    console.kernel.knowledge.forget()
    assert "Bring your contacts" not in (await member.get("/")).text


@pytest.fixture
def place(place: Place, request: pytest.FixtureRequest) -> Place:
    assert place.config
    place.config.write_text(place.config.read_text() + getattr(request, "param", ""))
    return place


@pytest.mark.parametrize("place", ["policy:\n  profile: contacts-only\n"], indirect=True)
async def test_a_house_where_only_contacts_ring_says_so(viewer: Browser) -> None:
    assert "Only your contacts ring." in words((await viewer.get("/")).text)


@pytest.mark.parametrize("place", ["policy:\n  log_only: yes\n"], indirect=True)
async def test_a_house_that_only_logs_says_so(viewer: Browser) -> None:
    assert "Everyone rings; CallGuard only notes" in words((await viewer.get("/")).text)


@pytest.fixture
def worried(place: Place) -> Place:
    """A house with a plugin that has something to complain of."""
    assert place.config
    (place.config.parent / "plugins" / "worried.py").write_text(_WORRIED)
    return place


_WORRIED = """
from datetime import UTC, datetime
from callguard import Problem, Severity, hookimpl


class Worried:
    name = "worried"

    @hookimpl
    def health(self):
        since = datetime(2026, 1, 2, tzinfo=UTC)
        worse = dict(severity=Severity.PROBLEM, cure="wait", since=since)
        told = [Problem(code=f"list-{n}", what=f"list <b>{n}</b>", **worse) for n in range(7)]
        return [*told, Problem(code="list-note", severity=Severity.NOTE, what="a note", cure="", since=since)]
"""


@pytest.mark.usefixtures("worried")
async def test_problems_are_told_with_their_cure_and_where_to_see_to_it(admin: Browser) -> None:
    text = (await admin.get("/")).text
    first = text.partition("List &lt;b&gt;0&lt;/b&gt;")[2].partition("</article>")[0]
    assert "wait" in first
    assert 'href="/lists"' in first
    assert "<b>" not in text
    assert "list-4" in text
    assert "list-5" not in text
    assert "a note" not in text


async def test_the_figures_are_there_while_the_daemon_is_away(console: Console, member: Browser, made: Made) -> None:
    await record(console, made.call(evidence=reported()))
    await goes_away(console)
    page = await member.get("/")
    assert page.status == 200
    assert "1 blocked" in words(page.text)
    assert "CallGuard itself does not answer" in page.text
    assert (await member.post("/expect", {"for": "2h"})).status == 503


async def test_a_hostile_name_does_no_harm(console: Console, member: Browser, made: Made) -> None:
    await record(console, made.call(name=HOSTILE, evidence=reported()))
    text = (await member.get("/")).text
    assert "<script>alert" not in text
    assert not {"\x1b", "\u202e"} & set(text)
    assert form_of(text.partition('class="top-numbers"')[2], "Allow")[1]["value"] == STRANGER
