"""Whom the household deals with, by command: said bit by bit, corrected, forgotten, taken back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callguard.control.wire import RefusedError

ACME = "Acme Windows"


async def test_what_is_said_of_a_party_bit_by_bit_adds_up(enter: Any) -> None:
    async with enter() as house:
        first = await house.ask(
            "relationship-save", party=ACME, numbers=["(303) 555-0147"], last_purchase="2026-03-01", kind="sales"
        )
        assert (first["added"], first["relationship"]["readable"]) == (True, ["(303) 555-0147"])
        more = await house.ask(
            "relationship-save", party="acme windows", numbers=["+1 303 556*"], stop_requests=["2026-05-20"]
        )
        assert not more["added"]
        (one,) = await house.ask("relationships")
        assert one == more["relationship"]
        assert (one["party"], one["kind"], one["last_purchase"]) == (ACME, "sales", "2026-03-01")
        assert one["numbers"] == ["+13035550147", "+1303556*"]
        assert one["stop_requests"] == ["2026-05-20"]


async def test_with_its_id_what_is_given_takes_the_place_of_what_was_known(enter: Any) -> None:
    async with enter() as house:
        said = {"numbers": ["3035550147"], "last_purchase": "2026-03-01", "note": "kitchen"}
        number = (await house.ask("relationship-save", party=ACME, **said))["relationship"]["id"]
        corrected = await house.ask(
            "relationship-save", id=number, party="Acme Ltd", numbers=["3035550148"], last_purchase=None
        )
        kept = corrected["relationship"]
        assert (kept["party"], kept["numbers"], kept["last_purchase"]) == ("Acme Ltd", ["+13035550148"], None)
        assert kept["note"] == "kitchen", "what is not given stays"
        assert corrected["change"]["what"] == "relationship-changed"


async def test_saying_the_same_twice_is_no_change(enter: Any) -> None:
    async with enter() as house:
        for expected in (True, False):
            saved = await house.ask("relationship-save", party=ACME, stop_requests=["2026-05-20"])
            assert bool(saved["change"]) is expected


async def test_a_bare_undo_takes_back_what_was_said_and_what_was_forgotten(enter: Any) -> None:
    async with enter() as house:
        await house.ask("relationship-save", party=ACME, by="ada")
        removed = await house.ask("relationship-remove", id=1)
        assert removed["change"]["subject"] == ACME
        assert await house.ask("relationships") == []
        await house.ask("undo")
        assert [one["party"] for one in await house.ask("relationships")] == [ACME]
        await house.ask("undo", change=1)
        assert await house.ask("relationships") == []
        assert (await house.ask("changes"))[-1]["by"] == "ada"


async def test_plugins_see_it_at_once(enter: Any) -> None:
    async with enter() as house:
        await house.ask("relationship-save", party=ACME, numbers=["3035550147"])
        (one,) = house.daemon.house.store.relationships()
        assert one.numbers == ("+13035550147",)


TOMORROW = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param({}, "say with whom", id="nobody"),
        pytest.param({"party": "\x1b\x00"}, "say with whom", id="nobody a terminal could show"),
        pytest.param({"id": 9}, "no relationship 9", id="not there"),
        pytest.param({"party": ACME, "numbers": ["12"]}, "not a complete telephone number", id="no number"),
        pytest.param({"party": ACME, "numbers": ["x*"]}, "not the beginning of a number", id="no beginning"),
        pytest.param({"party": ACME, "numbers": "3035550147"}, "numbers: a list of texts", id="no list"),
        pytest.param({"party": ACME, "last_purchase": "last week"}, "is no day", id="no day"),
        pytest.param({"party": ACME, "last_purchase": "2026-02-30"}, "is no day", id="a day that is not"),
        pytest.param({"party": ACME, "last_purchase": TOMORROW}, "has not come yet", id="bought in the future"),
        pytest.param({"party": ACME, "stop_requests": [TOMORROW]}, "has not come yet", id="stopped in the future"),
        pytest.param({"party": ACME, "kind": "nonsense"}, "is none of sales, charity", id="no kind"),
    ],
)
async def test_what_makes_no_sense_is_refused_in_words(enter: Any, arguments: dict[str, Any], says: str) -> None:
    async with enter() as house:
        with pytest.raises(RefusedError, match=says):
            await house.ask("relationship-save", **arguments)
        assert await house.ask("relationships") == []


async def test_a_contract_may_end_in_the_future(enter: Any) -> None:
    async with enter() as house:
        saved = await house.ask("relationship-save", party=ACME, contract_until=TOMORROW)
        assert saved["relationship"]["contract_until"] == TOMORROW


A_LAW = """
from datetime import date
from callguard import Exemption, Jurisdiction, Source, hookimpl

READ = Source(source="16 CFR 310.2(q)", checked_on=date(2026, 1, 1))


class Law:
    def __init__(self, config, home):
        pass

    @hookimpl
    def jurisdiction(self, line):
        dealings = Exemption(id="dealings", purchase_months=18, ended_by_stop_request=True, read=READ)
        survey = Exemption(id="survey", kinds=(), read=READ)
        return Jurisdiction(id="xx", name="X", country="US", version="1", exemptions=(dealings, survey))
"""


@pytest.mark.parametrize(
    ("said", "applies", "until"),
    [
        pytest.param({"last_purchase": "2026-08-31"}, "applies", "2028-02-29", id="bought lately"),
        pytest.param(
            {"last_purchase": "2026-08-31", "stop_requests": ["2026-09-01"]},
            "does-not-apply",
            None,
            id="told to stop",
        ),
        pytest.param({"last_purchase": "2020-08-31"}, "does-not-apply", None, id="bought long ago"),
    ],
)
async def test_until_when_a_party_may_call_is_said_by_the_law_of_the_line(
    enter: Any, place: Any, said: dict[str, Any], applies: str, until: str | None
) -> None:
    (place.plugins_folder / "law.py").write_text(A_LAW)
    place.config.write_text("country: US\ntimezone: UTC\ndisabled_plugins: [sip, simulator, dnc]\n")
    async with enter() as house:
        saved = await house.ask("relationship-save", party=ACME, **said)
        (exempt,) = saved["relationship"]["may_call"]
        assert (exempt["jurisdiction"], exempt["exemption"]) == ("xx", "dealings")
        assert (exempt["applies"], exempt["until"]) == (applies, until)
        assert exempt["reason"]
