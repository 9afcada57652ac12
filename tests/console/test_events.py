"""What happens in the house, as open pages are told of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import ClientResponse, ClientTimeout
from hypothesis import given
from hypothesis import strategies as st

from callguard.access import Role
from callguard.console import feed
from callguard.console.streams import Message
from tests.console.conftest import Browser, Console

NUMBER = "+13035550188"
SOON = 5.0


@dataclass
class Told:
    event: str
    id: str
    data: str


class Stream:
    def __init__(self, response: ClientResponse) -> None:
        self.response = response
        self.comments = 0

    async def next(self, wanted: str = "") -> Told:
        """Return the next event, or the next one that is *wanted*."""
        async with asyncio.timeout(SOON):
            while True:
                told = await self._one()
                if not wanted or told.event == wanted:
                    return told

    async def _one(self) -> Told:
        fields: dict[str, str] = {}
        while line := await self.response.content.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if not name and fields:
                return Told(fields.get("event", ""), fields.get("id", ""), fields.get("data", ""))
            if not name:
                self.comments += value != ""
                continue
            fields[name] = f"{fields[name]}\n{value}" if name in fields else value
        raise EOFError

    async def ends(self) -> None:
        async with asyncio.timeout(SOON):
            while True:
                try:
                    await self._one()
                except EOFError:
                    return


@asynccontextmanager
async def watching(browser: Browser, path: str = "/events", **headers: str) -> AsyncIterator[Stream]:
    headers = {**browser.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    asked = browser.session.get(browser.base + path, headers=headers, timeout=ClientTimeout(total=None))
    async with asked as response:
        assert response.status == 200, await response.text()
        stream = Stream(response)
        assert await response.content.readline() == b": still here\n"
        yield stream


async def test_a_call_comes_with_its_row(console: Console, viewer: Browser) -> None:
    async with watching(viewer) as stream:
        record = await console.ring(NUMBER, name="CARD SERVICES")
        told = await stream.next("call")
    assert told.id == record.call.id
    assert f'id="call-{record.call.id}"' in told.data
    assert "CARD SERVICES" in told.data


async def test_a_row_has_only_the_buttons_that_its_reader_may_press(
    console: Console, viewer: Browser, member: Browser
) -> None:
    async with watching(viewer) as looking, watching(member) as acting:
        await console.ring(NUMBER)
        assert "<form" not in (await looking.next("call")).data
        assert "<form" in (await acting.next("call")).data


async def test_a_hostile_name_comes_harmless(console: Console, viewer: Browser) -> None:
    async with watching(viewer) as stream:
        await console.ring(NUMBER, name="<script>\ndata: x\r\n\r\nevent: resync</script>")
        told = await stream.next("call")
    assert "<script" not in told.data
    assert (await console.kernel.read(lambda archive: archive.newest_id())) == told.id


async def test_after_an_interruption_the_missed_calls_are_told_in_their_order(
    console: Console, viewer: Browser
) -> None:
    first = await console.ring("+13035550101")
    missed = [await console.ring(f"+1303555010{n}") for n in (2, 3)]
    async with watching(viewer, Last_Event_ID=first.call.id) as stream:
        assert [(await stream.next("call")).id for _ in missed] == [record.call.id for record in missed]
        live = await console.ring("+13035550104")
        assert (await stream.next("call")).id == live.call.id


async def test_a_page_says_itself_from_which_call_on_it_wants_to_hear(console: Console, viewer: Browser) -> None:
    first = await console.ring("+13035550101")
    second = await console.ring("+13035550102")
    async with watching(viewer, f"/events?since={first.call.id}") as stream:
        assert (await stream.next()).id == second.call.id


@pytest.mark.parametrize(
    "last", ["unknown", "0", "' OR 1=1 --", "ü", "x" * 8000], ids=["made up", "0", "SQL", "ü", "long"]
)
async def test_a_page_that_remembers_no_known_call_begins_anew(console: Console, viewer: Browser, last: str) -> None:
    async with watching(viewer, Last_Event_ID=last) as stream:
        assert (await stream.next()).event == "resync"


async def test_a_page_that_missed_very_many_calls_begins_anew(
    console: Console, viewer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callguard.console.streams._MOST_MISSED", 2)
    first = await console.ring("+13035550101")
    for n in (2, 3):
        await console.ring(f"+1303555010{n}")
    async with watching(viewer, Last_Event_ID=first.call.id) as stream:
        assert (await stream.next()).event == "resync"


async def test_a_change_is_told_and_what_was_known_is_asked_anew(console: Console, viewer: Browser) -> None:
    assert await console.kernel.knowledge.of("rules") == []
    async with watching(viewer) as stream:
        await console.ask("add-rule", list="block", value=NUMBER)
        assert (await stream.next("changed")).data == "rules"
    assert [rule["value"] for rule in await console.kernel.knowledge.of("rules")] == [NUMBER]


async def test_a_quiet_stream_says_that_it_is_alive(console: Console, viewer: Browser) -> None:
    console.kernel.feed.alive_every = 0.01
    async with watching(viewer) as stream:
        async with asyncio.timeout(SOON):
            while b"still here" not in await stream.response.content.readline():
                continue


async def test_a_stream_ends_with_the_session(console: Console) -> None:
    browser = console.person(Role.VIEWER)
    console.kernel.feed.alive_every = 0.01
    async with watching(browser) as stream:
        await browser.post("/sign-out")
        await stream.ends()


async def test_a_call_is_not_told_to_somebody_whose_session_has_ended(console: Console) -> None:
    browser = console.person(Role.VIEWER)
    async with watching(browser) as stream:
        await browser.post("/sign-out")
        await console.ring(NUMBER)
        with pytest.raises(EOFError):
            await stream.next("call")


async def test_somebody_who_is_no_member_any_more_gets_no_buttons(console: Console) -> None:
    browser = console.person(Role.MEMBER, "Ben")
    async with watching(browser) as stream:
        console.kernel.access.set_role("Ben", Role.VIEWER, console.kernel.clock.now())
        await console.ring(NUMBER)
        assert "<form" not in (await stream.next("call")).data


async def test_a_stranger_watches_nothing(console: Console) -> None:
    console.person(Role.ADMIN)
    answered = await console.stranger().get("/events")
    assert (answered.status, answered.location) == (303, "/sign-in?next=%2Fevents")


async def test_too_many_streams_are_refused_in_words_and_the_others_go_on(
    console: Console, viewer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_STREAMS", 1)
    async with watching(viewer) as stream:
        refused = await viewer.get("/events")
        assert refused.status == 503
        assert "Too many pages" in refused.text
        assert refused.headers["Retry-After"]
        await console.ring(NUMBER)
        assert (await stream.next("call")).id
    async with asyncio.timeout(SOON):
        while (await viewer.send("HEAD", "/events", {})).status == 503:
            continue


async def test_a_page_that_is_too_slow_is_told_to_begin_anew(console: Console) -> None:
    with console.kernel.feed.subscribed() as queue:
        for n in range(300):
            console.kernel.feed._tell({"event": "call", "id": str(n)})
        assert queue.qsize() < 300
        assert queue.get_nowait() == feed.RESYNC


async def test_looking_at_the_head_of_a_stream_holds_no_place(console: Console, viewer: Browser) -> None:
    async with asyncio.timeout(SOON):
        assert (await viewer.send("HEAD", "/events", {})).status == 200
    with console.kernel.feed.subscribed():
        pass


@given(st.text(), st.text(alphabet="abc-", max_size=9))
def test_a_message_stays_one_message_whatever_it_tells(data: str, event: str) -> None:
    sent = Message(data=data, event=event, id="x").encoded().decode()
    assert sent.endswith("\n\n")
    lines = sent.removesuffix("\n\n").split("\n")
    assert "" not in lines
    assert [line for line in lines if line.startswith("id: ")] == ["id: x"]
    assert all(line.partition(": ")[0] in ("data", "event", "id") for line in lines)
    told = "\n".join(line.removeprefix("data: ") for line in lines if line.startswith("data: "))
    assert told.split() == data.split()


async def test_whoever_watches_over_the_console_learns_whether_it_is_well(console: Console) -> None:
    stranger = console.stranger()
    assert (await stranger.get("/healthz")).text == "ok\n"
    assert (await stranger.get("/readyz")).status == 200
    console.place.database.unlink()
    away = await stranger.get("/readyz")
    assert away.status == 503
    assert away.text.strip()
