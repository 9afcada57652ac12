"""A server must prove who it is; a home's own authority may be added, and nothing turns the check off."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from callguard import FetchError
from callguard.testing import FakeClock, FaultyServer, Page
from callguard.web.guard import GuardedWeb

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl, which makes certificates, is absent"
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of nas.lan that vouches for itself; its key is in the same file."""
    file = tmp_path_factory.mktemp("tls") / "nas.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", str(file), "-out", f"{file}.crt", "-days", "2", "-subj", "/CN=nas.lan"),
            *("-addext", "subjectAltName=DNS:nas.lan,IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    file.write_text(file.read_text() + Path(f"{file}.crt").read_text())
    return file


@pytest.fixture
async def server(certificate: Path) -> AsyncIterator[FaultyServer]:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    async with FaultyServer(tls) as running:
        running.pages["/"] = Page(body=b"private")
        yield running


async def here(_: str, __: int) -> Sequence[str]:
    return ["127.0.0.1"]


def web(ca_file: Path | None, *trusted: str) -> GuardedWeb:
    return GuardedWeb(FakeClock(), trusted_hosts=trusted, ca_file=ca_file, resolve=here, stall=10)


async def test_a_certificate_nobody_vouches_for_is_refused(server: FaultyServer) -> None:
    with pytest.raises(FetchError, match=r"/\?… is not who it claims to be: self.signed certificate"):
        await web(None, "127.0.0.1").fetch(server.url("/?key=hunter2"))
    assert server.asked == []


async def test_a_homes_own_authority_may_be_believed(server: FaultyServer, certificate: Path) -> None:
    port = server.host.rpartition(":")[2]
    for host in ("127.0.0.1", "nas.lan"):
        fetched = await web(Path(f"{certificate}.crt"), host).fetch(f"https://{host}:{port}/")
        assert fetched.body == b"private"


async def test_a_certificate_of_another_name_is_refused(server: FaultyServer, certificate: Path) -> None:
    port = server.host.rpartition(":")[2]
    with pytest.raises(FetchError, match="is not who it claims to be: Hostname mismatch"):
        await web(Path(f"{certificate}.crt"), "other.lan").fetch(f"https://other.lan:{port}/")
    assert server.asked == []


async def test_a_server_without_tls_is_said_so() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as mail:
        port = mail.sockets[0].getsockname()[1]
        with pytest.raises(FetchError, match="does not speak TLS as it should"):
            await web(None, "127.0.0.1").fetch(f"https://127.0.0.1:{port}/")


async def test_authorities_that_cannot_be_read_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"the certificates in .*none\.pem cannot be read: .*No such file"):
        await web(tmp_path / "none.pem", "127.0.0.1").fetch("https://127.0.0.1:9/")
    (tmp_path / "junk.pem").write_text("junk")
    with pytest.raises(FetchError, match=r"the certificates in .*junk\.pem cannot be read"):
        await web(tmp_path / "junk.pem", "127.0.0.1").fetch("https://127.0.0.1:9/")
