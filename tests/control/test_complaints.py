"""Complaints by command: a draft of what is known, answers, how far it is; nothing is ever sent anywhere."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callguard.control.circumstances import telling_name
from callguard.control.wire import RefusedError
from callguard.model.call import Call, Caller, Presentation
from callguard.model.contact import Contact
from callguard.place import Place

SELLER, OTHER = "+13035550164", "+12125550199"

A_DRAFTER = '''
"""Drafts that show what they were made of."""
import json
from datetime import date
from callguard import (
    Agency, Assessment, DncState, DncStatus, Draft, DraftField, Eligibility, Jurisdiction, Origin, Question, Source,
    hookimpl,
)

READ = Source(source="test", checked_on=date(2026, 1, 1))
AGENCIES = tuple(Agency(id=id, name=id.upper(), handles=("registry",), url="", read=READ) for id in ("ftc", "fcc"))
KIND = Question(key="kind", text="What was it about?", options=("sales", "debt"))


class Drafter:
    def __init__(self, config, home):
        self.home = home
        self.folder = home.data_dir.parent

    @hookimpl
    def jurisdiction(self, line):
        return Jurisdiction(id="xx", name="X", country="US", version="7", agencies=AGENCIES)

    @hookimpl
    def dnc_status(self, line, at):
        state = DncState.REGISTERED if (self.folder / "registered").exists() else DncState.UNKNOWN
        return DncStatus(line=line, state=state, provenance=at.isoformat())

    @hookimpl
    def draft_complaint(self, record, household, agency):
        if (self.folder / "broken").exists():
            raise RuntimeError("out of ink")
        known = household.answers
        open_questions = () if "kind" in known else (KIND,)
        eligibility = Eligibility.ELIGIBLE if "kind" in known else Eligibility.NEEDS_ANSWERS
        made_of = {
            "answers": dict(known), "dnc": household.dnc.state, "at": household.dnc.provenance,
            "known_as": household.known_as, "today": str(household.today), "local": household.local_time.isoformat(),
            "parties": [one.party for one in household.relationships], "law": household.jurisdiction.id,
        }
        return Draft(
            call_id=record.call.id,
            agency=agency or "ftc",
            jurisdiction="xx",
            version="7",
            made_at=self.home.clock.now(),
            assessment=Assessment(eligibility=eligibility, agency=agency or "ftc", questions=open_questions),
            fields=(
                DraftField(label="Caller", holds="caller_number", value=record.call.caller.number or "",
                           origin=Origin.RECORD),
                DraftField(label="Subject", holds="subject", value=known.get("kind", ""), required=True),
            ),
            narrative=json.dumps(made_of),
            related=tuple(other.call.id for other in household.related),
        )
'''


@pytest.fixture(autouse=True)
def _drafter(place: Place) -> None:
    assert place.config
    assert place.plugins_folder
    (place.plugins_folder / "drafter.py").write_text(A_DRAFTER)
    folder_of_plugins(place).mkdir(parents=True, mode=0o700)
    place.data_dir.chmod(0o700)
    place.config.write_text(
        "country: US\ntimezone: America/Denver\ndisabled_plugins: [sip, simulator, dnc, complaints]\n"
    )


def folder_of_plugins(place: Place) -> Path:
    return place.data_dir / "plugins"


def made_of(answer: Any) -> Any:
    return json.loads(answer["draft"]["narrative"])


async def newest_call(house: Any) -> str:
    return str((await house.ask("calls", limit=1))["calls"][0]["id"])


async def rung_by(house: Any, number: str, **more: Any) -> str:
    await house.ring(number, **more)
    return await newest_call(house)


async def test_a_draft_is_json_with_every_field_its_origin_and_what_is_missing(enter: Any) -> None:
    async with enter() as house:
        call = await rung_by(house, SELLER)
        answer = await house.ask("complaint-draft", id=call)
        assert answer["call"]["id"] == call
        draft = answer["draft"]
        assert (draft["call_id"], draft["agency"], draft["version"]) == (call, "ftc", "7")
        caller, subject = draft["fields"]
        assert (caller["label"], caller["value"], caller["origin"]) == ("Caller", SELLER, "record")
        assert (subject["value"], subject["origin"], draft["unanswered"]) == ("", "", ["Subject"])
        assert draft["assessment"]["eligibility"] == "needs-answers"
        assert draft["assessment"]["questions"][0]["options"] == ["sales", "debt"]
        assert datetime.fromisoformat(draft["made_at"]).tzinfo is not None
        assert answer["complaint"]["state"] == "draft"
        assert await house.ask("changes") == [], "looking leaves nothing behind"


async def test_a_draft_is_made_of_the_law_the_parties_and_the_clock_where_the_line_is(enter: Any) -> None:
    async with enter() as house:
        await house.ask("relationship-save", party="Acme")
        call = await rung_by(house, SELLER)
        known = made_of(await house.ask("complaint-draft", id=call))
        assert (known["law"], known["parties"], known["known_as"]) == ("xx", ["Acme"], "")
        local = datetime.fromisoformat(known["local"])
        assert local.utcoffset() in (timedelta(hours=-7), timedelta(hours=-6))
        assert abs(local - datetime.now(UTC)) < timedelta(minutes=1)
        assert known["today"] == str(local.date())


async def test_a_registration_declared_after_the_call_holds_for_the_day_of_the_call(enter: Any, place: Place) -> None:
    async with enter() as house:
        call = await rung_by(house, SELLER)
        assert made_of(await house.ask("complaint-draft", id=call))["dnc"] == "unknown"
        (folder_of_plugins(place) / "registered").touch()
        known = made_of(await house.ask("complaint-draft", id=call))
        record = house.daemon.house.store.record(call)
        assert known["dnc"] == "registered"
        assert datetime.fromisoformat(known["at"]) == record.call.received_at
        assert record.dnc.state == "unknown", "what was known when it rang stays in the record"


async def test_a_registration_that_was_known_when_it_rang_is_not_lost(enter: Any, place: Place) -> None:
    async with enter() as house:
        registered = folder_of_plugins(place) / "registered"
        registered.touch()
        call = await rung_by(house, SELLER)
        registered.unlink()
        assert made_of(await house.ask("complaint-draft", id=call))["dnc"] == "registered"


async def test_an_answer_fills_the_draft_and_undo_takes_it_out_again(enter: Any) -> None:
    async with enter() as house:
        call = await rung_by(house, SELLER)
        said = await house.ask("complaint-answer", id=call, agency="ftc", answers={"kind": "sales"})
        assert said["complaint"]["answers"] == {"kind": "sales"}
        answer = await house.ask("complaint-draft", id=call)
        assert answer["draft"]["fields"][1]["value"] == "sales"
        assert (answer["draft"]["unanswered"], answer["draft"]["assessment"]["questions"]) == ([], [])
        await house.ask("undo")
        assert (await house.ask("complaint-draft", id=call))["draft"]["unanswered"] == ["Subject"]


async def test_an_answer_about_a_call_holds_towards_every_agency_until_it_is_taken_back(enter: Any) -> None:
    async with enter() as house:
        call = await rung_by(house, SELLER)
        await house.ask("complaint-answer", id=call, agency="ftc", answers={"kind": "sales", "heard": "windows"})
        await house.ask("complaint-answer", id=call, agency="fcc", answers={"heard": ""})
        for agency in ("ftc", "fcc"):
            known = made_of(await house.ask("complaint-draft", id=call, agency=agency))
            assert known["answers"] == {"kind": "sales"}


@pytest.mark.parametrize("already", [{}, {"kind": "debt"}], ids=["not yet answered", "answered before"])
async def test_an_answer_that_is_none_of_the_options_is_refused(enter: Any, already: dict[str, str]) -> None:
    async with enter() as house:
        call = await rung_by(house, SELLER)
        if already:
            await house.ask("complaint-answer", id=call, answers=already)
        with pytest.raises(RefusedError, match="kind: 'windows' is none of sales, debt"):
            await house.ask("complaint-answer", id=call, answers={"kind": "windows"})


async def test_a_complaint_is_reviewed_and_filed_by_the_household_and_taken_back_step_by_step(enter: Any) -> None:
    async with enter() as house:
        call = await rung_by(house, SELLER)
        await house.ask("complaint-answer", id=call, answers={"kind": "sales"})
        await house.ask("complaint-state", id=call, state="reviewed")
        filed = await house.ask("complaint-state", id=call, state="filed", reference="R-7")
        today = made_of(await house.ask("complaint-draft", id=call))["today"]
        assert (filed["complaint"]["filed_on"], filed["complaint"]["reference"]) == (today, "R-7")
        assert filed["complaint"]["answers"] == {"kind": "sales"}
        states = []
        for change in (filed["change"]["id"], 2, 1):
            states.append((await house.ask("complaint-draft", id=call))["complaint"]["state"])
            await house.ask("undo", change=change)
        assert states == ["filed", "reviewed", "draft"]
        assert (await house.ask("complaint-draft", id=call))["complaint"]["answers"] == {}


async def test_what_was_done_with_one_agency_is_what_is_shown(enter: Any) -> None:
    async with enter() as house:
        call = await rung_by(house, SELLER)
        await house.ask("complaint-answer", id=call, agency="ftc", answers={"kind": "sales"})
        await house.ask("complaint-state", id=call, agency="fcc", state="filed")
        shown = await house.ask("complaint-draft", id=call)
        assert (shown["draft"]["agency"], shown["complaint"]["state"]) == ("fcc", "filed")
        other = await house.ask("complaint-draft", id=call, agency="ftc")
        assert (other["draft"]["agency"], other["complaint"]["state"]) == ("ftc", "draft")


async def test_calls_that_were_blocked_or_marked_are_listed_newest_first(enter: Any) -> None:
    async with enter() as house:
        await house.ask("add-rule", list="block", value=SELLER)
        blocked = await rung_by(house, SELLER)
        await rung_by(house, "+12125550101")
        marked = await rung_by(house, OTHER)
        await house.ask("complaint-answer", id=marked, answers={"kind": "sales"})
        listed = await house.ask("complaints")
        assert [one["call"]["id"] for one in listed] == [marked, blocked]
        assert [one["assessment"]["eligibility"] for one in listed] == ["eligible", "needs-answers"]
        assert [one["complaint"]["answers"] for one in listed] == [{"kind": "sales"}, {}]
        assert [one["dnc"]["state"] for one in listed] == ["unknown", "unknown"]
        assert len(await house.ask("complaints", limit=1)) == 1


async def test_other_calls_of_the_same_number_or_name_are_linked_and_a_made_up_name_links_nobody(enter: Any) -> None:
    async with enter() as house:
        same_name = await rung_by(house, OTHER, name="Card Services")
        await rung_by(house, "+12125550101", name="WIRELESS CALLER")
        same_number = await rung_by(house, SELLER, name="WIRELESS CALLER")
        await rung_by(house, "+12125550102", name="My Card Services Inc")
        call = await rung_by(house, SELLER, name="CARD SERVICES")
        assert (await house.ask("complaint-draft", id=call))["draft"]["related"] == [same_number, same_name]
        assert (await house.ask("complaint-draft", id=same_number))["draft"]["related"] == [call]


@pytest.mark.parametrize(
    ("value", "known_as"),
    [
        pytest.param(SELLER, "Grandma", id="the number"),
        pytest.param("+1 303 555*", "Grandma", id="its beginning"),
        pytest.param("3035550100-3035550199", "Grandma", id="its range"),
        pytest.param("3035550170-3035550199", "", id="another range"),
        pytest.param(OTHER, "", id="another number"),
    ],
)
async def test_a_caller_on_the_allow_list_is_known_by_its_note(enter: Any, value: str, known_as: str) -> None:
    kind = {"kind": "range"} if value.count("-") else {}
    async with enter() as house:
        await house.ask("add-rule", list="allow", value=value, note="Grandma", **kind)
        call = await rung_by(house, SELLER)
        assert made_of(await house.ask("complaint-draft", id=call))["known_as"] == known_as


async def test_a_rule_of_the_file_and_a_contact_make_known_too(enter: Any, place: Place) -> None:
    assert place.config
    place.config.write_text(place.config.read_text() + f"rules: {{allow: ['{OTHER}'], block: ['{SELLER}']}}\n")
    async with enter() as house:
        call = await rung_by(house, OTHER)
        assert made_of(await house.ask("complaint-draft", id=call))["known_as"] == "(212) 555-0199"
        blocked = await rung_by(house, SELLER)
        assert made_of(await house.ask("complaint-draft", id=blocked))["known_as"] == ""
        store = house.daemon.house.store
        grace = Contact(book="family", uid="u1", name="Grace", numbers=(OTHER,))
        await store.replace_contacts("family", [grace], by="test")
        assert made_of(await house.ask("complaint-draft", id=call))["known_as"] == "Grace"


@pytest.mark.parametrize(
    ("command", "arguments", "says"),
    [
        pytest.param("complaint-draft", {"id": "zzzz"}, "no call zzzz", id="no such call"),
        pytest.param("complaint-draft", {}, "at least 4 characters", id="no id"),
        pytest.param("complaint-draft", {"agency": "kgb"}, "no agency 'kgb'; there are: ftc, fcc", id="no agency"),
        pytest.param("complaint-answer", {}, "answers are needed", id="no answers"),
        pytest.param("complaint-answer", {"answers": {"kind": 7}}, "the answer to kind is no text", id="no text"),
        pytest.param("complaint-answer", {"answers": {"Kind!": "x"}}, "is no question", id="no question"),
        pytest.param("complaint-state", {}, "say draft, reviewed, filed or dismissed", id="no state"),
        pytest.param("complaint-state", {"state": "sent"}, "'sent' is none of draft", id="no such state"),
        pytest.param(
            "complaint-state", {"state": "filed", "filed_on": "2020-01-01"}, "the call came later", id="filed early"
        ),
        pytest.param(
            "complaint-state", {"state": "filed", "filed_on": "2999-01-01"}, "has not come yet", id="filed late"
        ),
    ],
)
async def test_what_makes_no_sense_is_refused_in_words(
    enter: Any, command: str, arguments: dict[str, Any], says: str
) -> None:
    async with enter() as house:
        call = await rung_by(house, SELLER)
        given = (
            arguments if "zzzz" in arguments.values() or says.startswith("at least") else {"id": call, **arguments}
        )
        with pytest.raises(RefusedError, match=says):
            await house.ask(command, **given)
        assert await house.ask("changes") == []


async def test_a_drafter_that_fails_is_said_and_nothing_is_kept(enter: Any, place: Place) -> None:
    async with enter() as house:
        call = await rung_by(house, SELLER)
        (folder_of_plugins(place) / "broken").touch()
        with pytest.raises(RefusedError, match="the draft could not be made: `callguard plugins`"):
            await house.ask("complaint-answer", id=call, answers={"kind": "sales"})
        assert await house.ask("changes") == []


async def test_a_house_without_a_drafter_says_so(enter: Any, place: Place) -> None:
    assert place.plugins_folder
    (place.plugins_folder / "drafter.py").unlink()
    async with enter() as house:
        call = await rung_by(house, SELLER)
        with pytest.raises(RefusedError, match="no plugin drafts complaints here"):
            await house.ask("complaint-draft", id=call)


@pytest.mark.parametrize(
    ("name", "tells"),
    [
        ("CARD SERVICES", True),
        ("Unknown  Name", False),
        ("DENVER       CO", False),
        ("WIRELESS CALLER", False),
        ("+13035550164", False),
        ("V-Number", False),
        ("Al", False),
        ("", False),
    ],
)
def test_a_name_that_networks_make_up_is_nobodys(name: str, tells: bool) -> None:
    caller = Caller(presentation=Presentation.SHOWN, number=SELLER, name=name)
    call = Call(id="1m8296y0k0000000", line="Home", received_at=datetime(2026, 1, 2, tzinfo=UTC), caller=caller)
    assert bool(telling_name(call)) is tells
