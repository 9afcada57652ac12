"""A whole line on loopback: registers, hears calls, carries verdicts out, notices when it is deaf."""

import asyncio
import logging
import socket
import time
from pathlib import Path

import pytest

from callguard import Action, LineStatus, Outcome
from callguard_sip.core.flow import Transport
from callguard_sip.core.rtp import looks_like_rtp
from callguard_sip.line import SipLine
from tests.plugins.sip.helpers.house import House, Judged, a_line, deaf, protecting, running, until
from tests.plugins.sip.helpers.peer import Peer
from tests.plugins.sip.helpers.transcript import SDP, Caller

pytestmark = pytest.mark.filterwarnings("error")
HOSTS = ["127.0.0.1", "::1"]
BRIEF = {"preset": "asterisk", "treatment": {"seconds": 0.5}}


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


def to(peer: Peer, folder: Path, **account: object) -> SipLine:
    """A line that registers at *peer*."""
    stated: dict[str, object] = {"registrar": peer.address, "domain": "pbx.test", "transport": peer.transport.value}
    return a_line(folder, **(stated | account))


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512-256", None])
@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
async def test_a_line_registers_and_takes_its_address_back_when_stopped(
    tmp_path: Path, transport: Transport, algorithm: str | None
) -> None:
    async with Peer(transport=transport, algorithm=algorithm).open() as peer:
        line = to(peer, tmp_path)
        async with running(line, House()):
            await peer.registered()
            await protecting(line)
            facts = line.state().facts
            assert facts["contact"] == peer.contact
            assert facts["listen"] in peer.contact
            assert facts["registrar"] == peer.address
        assert peer.contact == ""
        assert line.state().status is LineStatus.STARTING


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
async def test_a_blocked_call_is_declined(tmp_path: Path, transport: Transport, host: str) -> None:
    if host == "::1" and not has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    house = House(Action.BLOCK)
    async with Peer(transport=transport, host=host).open() as peer:
        line = to(peer, tmp_path, treatment={"code": 607})
        async with running(line, house):
            await peer.registered()
            peer.invite()
            assert (await peer.final()).status == 607
            ended = await house.ended()
    assert (ended.outcome, ended.code, ended.note) == (Outcome.REJECTED, 607, "")
    call = house.calls[0].call
    assert (call.line, call.caller.number) == ("Home", "+13035550100")
    assert call.details["source"] == peer.address or transport is Transport.TCP
    assert not call.can_screen


async def test_an_allowed_call_is_let_ring(tmp_path: Path) -> None:
    house = House(Action.RING)
    async with Peer().open() as peer, running(to(peer, tmp_path), house):
        await peer.registered()
        peer.invite()
        assert (await peer.final()).status == 480
        assert (await house.ended()).outcome is Outcome.RANG


async def test_many_calls_at_once_are_all_judged_even_if_each_takes_a_while(tmp_path: Path) -> None:
    house = House(Action.BLOCK)
    house.takes = 0.2
    async with Peer().open() as peer, running(to(peer, tmp_path), house):
        await peer.registered()
        begun = time.monotonic()
        for number in range(20):
            peer.invite(number)
        for number in range(20):
            await peer.final(number)
        assert time.monotonic() - begun < 2
    assert [len(judged.dispositions) for judged in house.calls] == [1] * 20


async def test_a_screening_that_raises_lets_the_phones_ring(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    house = House()
    house.raises = RuntimeError("a plugin fell over")
    async with Peer().open() as peer, running(to(peer, tmp_path), house):
        await peer.registered()
        peer.invite(1)
        assert (await peer.final(1)).status == 480
        house.raises = None
        peer.invite(2)
        assert (await peer.final(2)).status == 603
    assert "rings, because its screening failed" in caplog.text


async def test_mistakes_of_ours_in_events_and_timers_cost_neither_line_nor_call(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Peer().open() as peer:
        line = to(peer, tmp_path, within=0.1)
        async with running(line, House()):
            await peer.registered()
            shell = line._shell
            assert shell is not None
            with monkeypatch.context() as patch:
                patch.setattr(shell._calls, "rings", lambda _: 1 / 0)
                peer.invite(1)
                assert (await peer.final(1)).status == 480
                patch.setattr(shell._endpoint._timers, "run", lambda _: 1 / 0)
                await until(lambda: "a timer could not be dealt with" in caplog.text)
            peer.invite(2)
            assert (await peer.final(2)).status == 603
    assert "Rings could not be acted on" in caplog.text


@pytest.mark.parametrize(
    ("action", "outcome", "note"),
    [
        (Action.BLOCK, Outcome.NOT_CARRIED_OUT, "the verdict came too late"),
        (Action.RING, Outcome.RANG, "no verdict in time"),
    ],
)
async def test_a_verdict_that_comes_too_late_lets_the_phones_ring(
    tmp_path: Path, action: Action, outcome: Outcome, note: str
) -> None:
    house = House(action)
    house.takes = 0.8
    async with Peer().open() as peer, running(to(peer, tmp_path, within=0.2), house):
        await peer.registered()
        peer.invite()
        assert (await peer.final()).status == 480
        ended = await house.ended()
    assert (ended.outcome, ended.note) == (outcome, note)


async def test_a_caller_who_gives_up_before_the_verdict_is_gone(tmp_path: Path) -> None:
    house = House(Action.BLOCK)
    house.takes = 0.3
    async with Peer().open() as peer, running(to(peer, tmp_path), house):
        await peer.registered()
        peer.invite()
        await until(lambda: house.calls)
        peer.cancel()
        assert (await peer.final()).status == 487
        ended = await house.ended()
    assert (ended.outcome, ended.code) == (Outcome.GONE, 487)


async def test_a_call_that_a_phone_took_while_we_held_it_is_recorded_as_answered(tmp_path: Path) -> None:
    house = House(Action.RING)
    async with Peer().open() as peer, running(to(peer, tmp_path, treatment={"hold": 5}), house):
        await peer.registered()
        peer.invite()
        await until(lambda: any(response.status == 180 for response in peer.responses))
        peer.cancel(reason='SIP;cause=200;text="Call completed elsewhere"')
        assert (await peer.final()).status == 487
        ended = await house.ended()
    assert (ended.outcome, ended.answered) == (Outcome.RANG, True)


async def test_a_block_that_comes_after_a_phone_took_the_call_was_not_carried_out(tmp_path: Path) -> None:
    house = House(Action.BLOCK)
    house.takes = 0.3
    async with Peer().open() as peer, running(to(peer, tmp_path), house):
        await peer.registered()
        peer.invite()
        await until(lambda: house.calls)
        peer.cancel(reason="SIP;cause=200")
        assert (await peer.final()).status == 487
        ended = await house.ended()
    assert (ended.outcome, ended.answered) == (Outcome.NOT_CARRIED_OUT, True)
    assert ended.note == "the verdict came too late"


async def test_a_blocked_caller_hears_the_announcement_and_is_hung_up_on(tmp_path: Path) -> None:
    house = House(Action.BLOCK)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.setblocking(False)
        sdp = SDP.replace("192.168.178.1", "127.0.0.1").replace("7078", str(ear.getsockname()[1]))
        async with Peer().open() as peer, running(to(peer, tmp_path, **BRIEF), house):
            await peer.registered()
            peer.invite(sdp=sdp)
            assert (await peer.final()).status == 200
            await peer.until(lambda: "BYE" in peer.methods())
            ended = await house.ended()
        heard = [ear.recv(2048) for _ in range(24)]
    assert (ended.outcome, ended.code) == (Outcome.ANNOUNCED, 200)
    assert all(looks_like_rtp(packet) and len(packet) == 172 for packet in heard)


async def test_the_line_hangs_up_when_the_tone_is_over(tmp_path: Path) -> None:
    house = House(Action.BLOCK)
    async with (
        Peer().open() as peer,
        running(to(peer, tmp_path, preset="asterisk", treatment={"seconds": 30}), house),
    ):
        await peer.registered()
        peer.invite(sdp=SDP.replace("192.168.178.1", "127.0.0.1"))
        assert (await peer.final()).status == 200
        await peer.until(lambda: "BYE" in peer.methods(), within=5)
        assert (await house.ended()).outcome is Outcome.ANNOUNCED


async def test_a_house_that_cannot_record_the_end_of_a_call_does_not_harm_the_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Judged, "finish", lambda *_: 1 / 0)
    async with Peer().open() as peer, running(to(peer, tmp_path), House()):
        await peer.registered()
        for number in (1, 2):
            peer.invite(number)
            assert (await peer.final(number)).status == 603
    assert caplog.text.count("could not be recorded") == 2


async def test_where_the_caller_speaks_no_codec_of_ours_he_is_declined_instead(tmp_path: Path) -> None:
    house = House(Action.BLOCK)
    async with Peer().open() as peer, running(to(peer, tmp_path, preset="asterisk"), house):
        await peer.registered()
        peer.invite(sdp=SDP.replace("RTP/AVP 8 0", "RTP/SAVP 8 0"))
        assert (await peer.final()).status == 603
        ended = await house.ended()
    assert ended.outcome is Outcome.REJECTED
    assert ended.note == "declined instead of answered: No Common Codec"


async def test_only_so_many_callers_hear_announcements_at_once(tmp_path: Path) -> None:
    house = House(Action.BLOCK)
    async with Peer().open() as peer, running(to(peer, tmp_path, **BRIEF), house):
        await peer.registered()
        for number in range(18):
            peer.invite(number, sdp=SDP.replace("192.168.178.1", "127.0.0.1"))
        finals = [(await peer.final(number)).status for number in range(18)]
        assert sorted(finals) == [200] * 16 + [603] * 2
        for number in range(18):
            await house.ended(number)


async def test_stopping_hangs_up_on_answered_callers_and_lets_others_ring(tmp_path: Path) -> None:
    house = House(Action.BLOCK)
    async with Peer().open() as peer:
        async with running(to(peer, tmp_path, preset="asterisk"), house):
            await peer.registered()
            peer.invite(1, sdp=SDP.replace("192.168.178.1", "127.0.0.1"))
            assert (await peer.final(1)).status == 200
            house.takes = 5
            peer.invite(2)
            await until(lambda: len(house.calls) == 2)
            begun = time.monotonic()
        assert time.monotonic() - begun < 2
        assert (await peer.final(2)).status == 480
        assert peer.methods()[-2:] == ["BYE", "REGISTER"]
        assert peer.contact == ""
    assert (await house.ended(0)).note == "CallGuard was stopped"


async def test_internal_callers_are_marked(tmp_path: Path) -> None:
    house = House(Action.RING)
    async with Peer().open() as peer, running(to(peer, tmp_path, internal=["doorphone"]), house):
        await peer.registered()
        for number, caller in enumerate(["**611", "doorphone", "+13035550100"]):
            peer.invite(number, caller)
            await peer.final(number)
    assert [judged.call.internal for judged in house.calls] == [True, True, False]


# -- deaf and healing -------------------------------------------------------------------------------------------


async def test_a_lost_first_register_is_made_up_for(tmp_path: Path) -> None:
    async with Peer(lose=1).open() as peer, running(to(peer, tmp_path), House()):
        await peer.registered(within=3)


async def test_a_423_is_obeyed(tmp_path: Path) -> None:
    async with Peer(min_expires=1800).open() as peer:
        line = to(peer, tmp_path)
        async with running(line, House()):
            await protecting(line)
            assert peer.requests[-1].headers.get("expires") == "1800"


@pytest.mark.slow
async def test_a_registrar_that_falls_silent_is_noticed_within_ten_seconds_and_the_line_heals(tmp_path: Path) -> None:
    async with Peer().open() as peer:
        line = to(peer, tmp_path)
        async with running(line, House()):
            await protecting(line)
            peer.silent = True
            await deaf(line)
            state = line.state()
            assert "does not answer" in state.detail
            assert state.cure
            peer.silent = False
            await protecting(line, within=15)
            assert line.state().cure == ""


async def test_a_registrar_that_restarted_knows_us_again_within_ten_seconds(tmp_path: Path) -> None:
    async with Peer().open() as peer:
        line = to(peer, tmp_path)
        async with running(line, House()):
            await peer.registered()
            peer.restart()
            await peer.registered(within=10)


async def test_a_broken_connection_is_noticed_at_once_and_opened_again(tmp_path: Path) -> None:
    async with Peer(transport=Transport.TCP).open() as peer:
        line = to(peer, tmp_path)
        async with running(line, House()):
            await protecting(line)
            peer.restart()
            peer.hang_up()
            await deaf(line, within=2)
            await peer.registered()
            await protecting(line)


async def test_a_refused_connection_is_said_and_tried_again(tmp_path: Path) -> None:
    peer = Peer(transport=Transport.TCP)
    async with peer.open():
        line = to(peer, tmp_path)
    async with running(line, House()):
        await deaf(line)
        assert "cannot be reached" in line.state().detail
        async with peer.open():
            await protecting(line)


async def test_a_wrong_password_is_named_with_its_cure(tmp_path: Path) -> None:
    async with Peer().open() as peer:
        line = to(peer, tmp_path, password="guess")
        async with running(line, House()):
            await deaf(line)
            assert "refuses user callguard" in line.state().detail
            assert "password" in line.state().cure
            assert "guess" not in str(line.state())


async def test_the_second_address_is_used_where_the_first_is_dead(tmp_path: Path) -> None:
    dead = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    dead.bind(("127.0.0.2", 0))
    with dead:
        port = dead.getsockname()[1]
        async with Peer(port=port).open() as peer:
            line = to(peer, tmp_path)
            async with running(line, House()):
                await protecting(line)
                shell = line._shell
                assert shell is not None
                first = line._standing().target
                assert first is not None
                shell._endpoint.use([first._replace(host="127.0.0.2"), first._replace(host="127.0.0.3")], shell.now())
                shell.flush()
                await until(lambda: line.state().status is not LineStatus.PROTECTING, 10)
                shell._endpoint.use([first._replace(host="127.0.0.2"), first], shell.now())
                shell.flush()
                await protecting(line, within=12)
                assert line.state().facts["registrar"] == peer.address


# -- trunks -----------------------------------------------------------------------------------------------------

TRUNK = {"register": False, "contact_user": "trunk-user-1234", "trusted": ["127.0.0.0/8"], "user": ""}


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_trunk_hears_calls_without_registering(tmp_path: Path, transport: str) -> None:
    house = House(Action.BLOCK)
    line = a_line(tmp_path, transport=transport, listen="127.0.0.1:0", **TRUNK)
    async with running(line, house):
        await protecting(line)
        assert line.state().detail == f"listening on {line.state().facts['listen']}"
        host, _, port = line.state().facts["listen"].partition(":")
        invite = Caller(transport=transport.upper()).invite(uri=f"sip:trunk-user-1234@{host}:{port}")
        said = await (ask_udp if transport == "udp" else ask_tcp)(host, int(port), invite)
        assert said.startswith(b"SIP/2.0 603")
        assert (await house.ended()).outcome is Outcome.REJECTED


async def ask_udp(host: str, port: int, data: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        sock.connect((host, port))
        sock.send(data)
        async with asyncio.timeout(5):
            return await loop.sock_recv(sock, 4096)


async def ask_tcp(host: str, port: int, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(data)
        async with asyncio.timeout(5):
            return await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.close()
        await writer.wait_closed()


async def test_a_trunk_turns_strangers_connections_away(tmp_path: Path) -> None:
    line = a_line(tmp_path, transport="tcp", listen="127.0.0.1:0", **(TRUNK | {"trusted": ["192.0.2.1"]}))
    async with running(line, House()):
        await protecting(line)
        host, _, port = line.state().facts["listen"].partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
        assert line.state().facts["dropped"] == "1"


async def test_a_connection_that_makes_no_sense_is_closed(tmp_path: Path) -> None:
    line = a_line(tmp_path, transport="tcp", listen="127.0.0.1:0", **TRUNK)
    async with running(line, House()):
        await protecting(line)
        host, _, port = line.state().facts["listen"].partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"INVITE sip:x SIP/2.0\r\nContent-Length: 99999999\r\n\r\n")
        async with asyncio.timeout(5):
            await reader.read()
        writer.close()
        await writer.wait_closed()


async def test_a_port_that_is_taken_is_said_and_used_once_it_is_free(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        line = a_line(tmp_path, listen=f"127.0.0.1:{port}", **TRUNK)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(line.run(House().screen))
            await deaf(line)
            assert line.state().detail == f"port {port} of 127.0.0.1 is taken by another program"
            other.close()
            await protecting(line)
            task.cancel()


# -- strangers --------------------------------------------------------------------------------------------------


async def test_strangers_are_dropped_counted_and_written_to_the_log_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with Peer().open() as peer:
        line = to(peer, tmp_path, listen="0.0.0.0:0")
        async with running(line, House()):
            await protecting(line)
            port = int(line.state().facts["listen"].rpartition(":")[2])
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                stranger.bind(("127.0.0.9", 0))
                for _ in range(5):
                    stranger.sendto(Caller().invite("User-Agent: sipvicious"), ("127.0.0.1", port))
            await until(lambda: line.state().facts["dropped"] == "5")
    lines = [record.getMessage() for record in caplog.records if "sip.drop" in record.getMessage()]
    assert lines == ["sip.drop src=127.0.0.9 reason=stranger ua=sipvicious"]


async def test_a_mistake_of_ours_does_not_make_the_line_deaf(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(Action.BLOCK)
    async with Peer().open() as peer:
        line = to(peer, tmp_path)
        async with running(line, house):
            await protecting(line)
            shell = line._shell
            assert shell is not None
            with monkeypatch.context() as patch:
                patch.setattr(shell._endpoint, "receive", lambda *_: 1 / 0)
                peer.invite(1)
                await until(lambda: "could not be dealt with" in caplog.text)
            peer.invite(2)
            assert (await peer.final(2)).status == 603
