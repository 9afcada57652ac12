"""Finding the registrar: literals, names, SRV (RFC 3263, RFC 2782), with a small name server on loopback."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callguard import Severity
from callguard.testing import FakeRandomness
from callguard_sip import resolve
from callguard_sip.core.flow import Flow, Transport
from tests.plugins.sip.helpers.house import House, a_line, deaf, protecting, running, until
from tests.plugins.sip.helpers.peer import Peer

dns_message = pytest.importorskip("dns.message", reason="dnspython is not installed")
import dns.rcode  # noqa: E402
import dns.rrset  # noqa: E402

UDP = Transport.UDP
CHANCE = FakeRandomness()
Records = Mapping[tuple[str, str], Sequence[str]]


class NameServer(asyncio.DatagramProtocol):
    """Answers from a table; what is not in it does not exist."""

    def __init__(self, records: Records) -> None:
        self.records = records

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns_message.from_wire(data)
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        reply = dns_message.make_response(query)
        found = self.records.get((question.name.to_text(), kind), ())
        if found:
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        else:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(reply.to_wire(), addr)


@asynccontextmanager
async def a_name_server(records: Records) -> AsyncIterator[tuple[str, int]]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: NameServer(records), ("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[:2]
    finally:
        transport.close()
        await asyncio.sleep(0)


def registrar(
    host: str, port: int | None = None, transport: Transport = UDP, **more: tuple[str, int]
) -> resolve.Registrar:
    return resolve.Registrar(host=host, port=port, transport=transport, nameserver=more.get("nameserver"))


@pytest.mark.parametrize(
    ("host", "port", "transport", "flow"),
    [
        ("192.168.178.1", None, UDP, Flow(UDP, "192.168.178.1", 5060)),
        ("192.168.178.1", 5070, UDP, Flow(UDP, "192.168.178.1", 5070)),
        ("fd00::1", None, Transport.TLS, Flow(Transport.TLS, "fd00::1", 5061)),
    ],
)
async def test_an_address_in_digits_is_taken_as_it_is(
    host: str, port: int | None, transport: Transport, flow: Flow
) -> None:
    assert (await resolve.find(registrar(host, port, transport), CHANCE)).targets == (flow,)


async def test_a_name_with_a_port_is_looked_up_without_srv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dns.asyncresolver", None)  # an import would fail
    found = await resolve.find(registrar("localhost", 5070), CHANCE)
    assert Flow(UDP, "127.0.0.1", 5070) in found.targets
    assert found.note == ""


async def test_srv_records_lead_to_hosts_and_ports_in_their_order() -> None:
    records = {("_sip._udp.pbx.test.", "SRV"): ["20 0 5082 localhost.", "10 0 5081 localhost."]}
    async with a_name_server(records) as nameserver:
        found = await resolve.find(registrar("pbx.test", nameserver=nameserver), CHANCE)
    ports = list(dict.fromkeys(flow.port for flow in found.targets))
    assert ports == [5081, 5082]
    assert {flow.transport for flow in found.targets} == {UDP}


@pytest.mark.parametrize(("transport", "service"), [(Transport.TCP, "_sip._tcp"), (Transport.TLS, "_sips._tcp")])
async def test_each_transport_has_its_own_service(transport: Transport, service: str) -> None:
    async with a_name_server({(f"{service}.pbx.test.", "SRV"): ["1 1 5090 localhost."]}) as nameserver:
        found = await resolve.find(registrar("pbx.test", transport=transport, nameserver=nameserver), CHANCE)
    assert Flow(transport, "127.0.0.1", 5090) in found.targets


async def test_without_srv_records_the_name_itself_is_looked_up() -> None:
    async with a_name_server({}) as nameserver:
        found = await resolve.find(registrar("localhost", nameserver=nameserver), CHANCE)
    assert Flow(UDP, "127.0.0.1", 5060) in found.targets


async def test_a_service_that_is_said_not_to_exist_leads_nowhere() -> None:
    records = {("_sip._udp.pbx.test.", "SRV"): ["1 1 5060 nowhere.invalid."]}
    async with a_name_server(records) as nameserver:
        with pytest.raises(resolve.UnknownNameError, match="lead to no address"):
            await resolve.find(registrar("pbx.test", nameserver=nameserver), CHANCE)


async def test_a_name_that_leads_nowhere_is_said_in_words() -> None:
    with pytest.raises(resolve.UnknownNameError, match=r"the name nowhere\.invalid has no address"):
        await resolve.find(registrar("nowhere.invalid", 5060), CHANCE)


async def test_without_dnspython_the_name_is_looked_up_and_the_lack_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dns.asyncresolver", None)  # an import fails
    found = await resolve.find(registrar("localhost"), CHANCE)
    assert Flow(UDP, "127.0.0.1", 5060) in found.targets
    assert found.note == resolve.NO_SRV


async def test_a_line_says_at_its_start_that_srv_is_not_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "dns.asyncresolver", None)
    line = a_line(tmp_path, registrar="localhost")
    async with running(line, House()):
        await until(line.problems)
    (problem,) = line.problems()
    assert (problem.code, problem.severity) == ("sip-no-srv", Severity.NOTE)
    assert "install dnspython" in caplog.text


def test_services_are_ordered_by_priority_and_drawn_by_weight() -> None:
    heavy, light = resolve.Service(10, 90, 1, "a"), resolve.Service(10, 10, 2, "b")
    last = resolve.Service(20, 0, 3, "c")
    chance = FakeRandomness(7)
    orders = [resolve.in_order([last, light, heavy], chance) for _ in range(500)]
    assert all(order[2] is last for order in orders)
    firsts = Counter(order[0].host for order in orders)
    assert 0.8 < firsts["a"] / 500 < 0.97


@pytest.mark.parametrize("weights", [[0, 0, 0], [0, 5], [1], []])
def test_no_service_is_lost_or_doubled(weights: list[int]) -> None:
    services = [resolve.Service(1, weight, number, "x") for number, weight in enumerate(weights)]
    for _ in range(50):
        assert sorted(resolve.in_order(services, CHANCE), key=lambda s: s.port) == services


async def test_a_line_finds_its_registrar_by_srv(tmp_path: Path) -> None:
    async with Peer().open() as peer:
        records = {("_sip._udp.pbx.test.", "SRV"): [f"1 1 {peer.port} localhost."]}
        async with a_name_server(records) as (host, port):
            line = a_line(tmp_path, registrar="pbx.test", nameserver=f"{host}:{port}")
            async with running(line, House()):
                await protecting(line, within=12)
                await line.refresh()
                assert peer.requests[0].uri == "sip:pbx.test"


async def test_a_line_whose_registrar_has_no_address_says_so_and_finds_it_later(tmp_path: Path) -> None:
    async with Peer().open() as peer:
        records: dict[tuple[str, str], Sequence[str]] = {}
        async with a_name_server(records) as (host, port):
            line = a_line(tmp_path, registrar="pbx.invalid", nameserver=f"{host}:{port}")
            async with running(line, House()):
                await deaf(line)
                assert "pbx.invalid has no address" in line.state().detail
                records["_sip._udp.pbx.invalid.", "SRV"] = [f"1 1 {peer.port} localhost."]
                await protecting(line, within=12)
