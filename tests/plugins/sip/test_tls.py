"""TLS to the registrar, with certificates made on the spot by the openssl command."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from callguard import Action
from callguard_sip.core.flow import Transport
from tests.plugins.sip.helpers.house import House, a_line, deaf, protecting, running
from tests.plugins.sip.helpers.peer import Peer

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is not installed")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for pbx.test, with its key in the same folder."""
    folder = tmp_path_factory.mktemp("tls")
    names = "subjectAltName=DNS:pbx.test"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=pbx.test"]
    made += ["-addext", names, "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(made, check=True, capture_output=True)
    return folder / "cert.pem"


def serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return context


async def test_a_call_is_declined_over_tls(tmp_path: Path, certificate: Path) -> None:
    house = House(Action.BLOCK)
    async with Peer(transport=Transport.TLS).open(serving(certificate)) as peer:
        line = a_line(tmp_path, registrar=peer.address, domain="pbx.test", transport="tls", tls_ca=str(certificate))
        async with running(line, house):
            await peer.registered()
            assert peer.contact.endswith(";transport=tls")
            peer.invite()
            assert (await peer.final()).status == 603
        assert peer.contact == ""


async def test_the_name_in_the_certificate_may_be_told(tmp_path: Path, certificate: Path) -> None:
    told = {"domain": "house.test", "tls_server_name": "pbx.test", "tls_ca": str(certificate)}
    async with Peer(transport=Transport.TLS).open(serving(certificate)) as peer:
        line = a_line(tmp_path, registrar=peer.address, transport="tls", **told)
        async with running(line, House()):
            await protecting(line)


@pytest.mark.parametrize(
    ("domain", "ca", "why"),
    [
        ("pbx.test", "", "self-signed certificate"),
        ("other.test", "certificate", "Hostname mismatch"),
        ("pbx.test", "/nowhere.pem", "cannot read /nowhere.pem"),
    ],
    ids=["unknown authority", "other name", "no such file"],
)
async def test_a_certificate_that_is_not_accepted_is_named_with_its_cure(
    tmp_path: Path, certificate: Path, domain: str, ca: str, why: str
) -> None:
    async with Peer(transport=Transport.TLS).open(serving(certificate)) as peer:
        tls_ca = str(certificate) if ca == "certificate" else ca
        line = a_line(tmp_path, registrar=peer.address, domain=domain, transport="tls", tls_ca=tls_ca)
        async with running(line, House()):
            await deaf(line)
            state = line.state()
            assert why in state.detail
            assert "tls_ca" in state.cure
