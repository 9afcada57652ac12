"""Whatever a server does, the good copy stays."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from callguard import Evidence, Progress
from callguard.testing import Fault, FaultyServer, Page
from callguard_lists.plugin import Lists

Updated = Callable[..., Awaitable[Lists]]
Says = Callable[[Lists, str], Evidence]
ONE = "+13035550110"
GOOD = "number\n" + "".join(f"+130355501{n:02}\n" for n in range(100))


def silent(_: Progress) -> None:
    """Nobody watches."""


@pytest.fixture
async def server() -> AsyncIterator[FaultyServer]:
    async with FaultyServer() as running:
        running.pages["/list.csv"] = Page(body=GOOD.encode(), headers={"content-type": "text/csv"})
        yield running


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.SLOW])
async def test_no_fault_of_a_server_costs_the_good_copy(
    fault: Fault, server: FaultyServer, updated: Updated, says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callguard_lists.gathering.MOST_BYTES", 1_000_000)
    lists = await updated({"url": server.url("/list.csv")}, web=server.web())
    (subscription,) = lists.number_lists()
    before = subscription.state().info
    server.faults["/list.csv"] = fault
    with pytest.raises(Exception, match=r"\w+ \w+"):
        await subscription.update(silent)
    assert says(lists, ONE).code == "listed-number"
    state = subscription.state()
    assert (state.info, state.failures) == (before, 1)
    assert state.error
    assert {problem.code for problem in subscription.problems(state.last_tried_at or state.info.retrieved_at)} <= {  # type: ignore[union-attr]
        "list-failing",
        "list-refused",
    }


BAD = {
    "a page for people": (b"<html>Maintenance</html>", "text/csv", "a web page"),
    "a page for people, by its type": (b"Maintenance", "text/html; charset=utf-8", "a web page"),
    "a picture": (GOOD.encode(), "image/png", "of type image/png"),
    "an error in words": (b"404: Not Found", "text/plain", "none of its 1 rows is a telephone number"),
    "an error in JSON": (b'{"message": "Not Found"}', "application/json", "no array of numbers"),
    "another list": (b"number\n+13035550110\n", "text/csv", "it shrank from 100 entries to 1"),
    "nothing but junk": (GOOD.encode() + b"spam\n" * 100, "text/csv", "50% of its rows cannot be read"),
    "nothing": (b"", "text/csv", "it is empty"),
}


@pytest.mark.parametrize(("body", "kind", "sentence"), BAD.values(), ids=BAD.keys())
async def test_what_is_not_the_list_is_refused_in_a_sentence(
    body: bytes, kind: str, sentence: str, server: FaultyServer, updated: Updated, says: Says
) -> None:
    lists = await updated({"url": server.url("/list.csv")}, web=server.web())
    (subscription,) = lists.number_lists()
    server.pages["/list.csv"] = Page(body=body, headers={"content-type": kind})
    with pytest.raises(Exception, match=sentence):
        await subscription.update(silent)
    assert says(lists, ONE).code == "listed-number"
    assert sentence in subscription.state().error


async def test_a_list_that_never_came_is_missing_and_says_why(server: FaultyServer, build: Any) -> None:
    server.faults["/list.csv"] = Fault.FORBIDDEN
    lists = build({"mine": {"url": server.url("/list.csv")}}, web=server.web())
    (subscription,) = lists.number_lists()
    with pytest.raises(Exception, match="403"):
        await subscription.update(silent)
    state = subscription.state()
    assert state.last_tried_at
    (problem,) = subscription.problems(state.last_tried_at)
    assert problem.code == "list-missing"
    assert "403" in problem.what
