"""The console as the daemon runs it: a process of its own, started and ended for real."""

import asyncio
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout, TCPConnector

from callguard.access import Access, Role
from callguard.ambient import SystemClock, SystemRandomness
from callguard.console.launch import Web
from callguard.place import Place
from tests.conftest import OpenHouse
from tests.console.conftest import PASSWORD, Console

SOON = 20.0
ENDS_WITHIN = 2.0


def line(place: Place, **web: object) -> bytes:
    launch = {
        "socket": str(place.socket),
        "database": str(place.database),
        "access": str(place.access),
        "web": {"host": "127.0.0.1", "port": 0, **web},
        "timezone": "UTC",
    }
    return json.dumps(launch).encode() + b"\n"


@asynccontextmanager
async def started(place: Place, **web: object) -> AsyncIterator[tuple[Process, Mapping[str, Any]]]:
    """Start a console, and yield what it says first."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "callguard.console"), stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write(line(place, **web))
        async with asyncio.timeout(SOON):
            yield process, json.loads(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def ended(process: Process) -> bytes:
    """Wait for the end, which has to come soon, and return the log."""
    assert process.stderr
    async with asyncio.timeout(ENDS_WITHIN):
        log = await process.stderr.read()
        assert await process.wait() == 0, log
    return log


def close_input(process: Process) -> None:
    assert process.stdin
    process.stdin.close()


@pytest.mark.parametrize(
    "end",
    [close_input, Process.terminate, lambda p: p.send_signal(signal.SIGINT)],
    ids=["daemon died", "TERM", "INT"],
)
async def test_it_serves_a_house_and_ends_at_once_even_with_pages_open(
    place: Place, open_house: OpenHouse, end: Callable[[Process], None]
) -> None:
    async with open_house(place):
        access, now = Access.open(place.access, SystemRandomness()), SystemClock().now()
        token = access.new_token("test", [], None, by="Ana", now=now)
        async with started(place) as (process, said), ClientSession() as browser:
            (address,) = said["listening"]
            assert (await browser.get(f"{address}readyz")).status == 200
            headers = {"Authorization": f"Bearer {token}"}
            stream = await browser.get(f"{address}events", headers=headers, timeout=ClientTimeout(total=None))
            assert await stream.content.readline() == b": still here\n"
            end(process)
            assert await ended(process) == b""
        access.close()


async def test_it_serves_without_a_daemon_and_says_so(place: Place) -> None:
    Access.open(place.access, SystemRandomness()).close()
    async with started(place) as (process, said), ClientSession() as browser:
        (address,) = said["listening"]
        assert (await browser.get(f"{address}healthz")).status == 200
        assert (await browser.get(f"{address}readyz")).status == 503
        close_input(process)
        await ended(process)


async def test_who_is_in_another_file_of_people_put_in_its_place_may_come_in(place: Place) -> None:
    Access.open(place.access, SystemRandomness()).close()
    async with started(place) as (process, said), ClientSession() as browser:
        assert process.stdout
        assert (await browser.get(f"{said['listening'][0]}sign-in")).status == 200
        for file in place.data_dir.glob("access.db*"):
            file.rename(file.with_name(f"damaged-{file.name}"))
        with closing(Access.open(place.access, SystemRandomness())) as access:
            token = access.new_token("test", [], None, by="Ana", now=SystemClock().now())
        (address,) = json.loads(await process.stdout.readline())["listening"]
        headers = {"Authorization": f"Bearer {token}"}
        answered = await browser.get(f"{address}api/v1/version", headers=headers)
        assert answered.status != 401, await answered.text()
        close_input(process)
        await ended(process)


async def test_a_wrong_password_is_logged_with_the_address_it_came_from_and_not_with_what_was_typed(
    place: Place,
) -> None:
    access = Access.open(place.access, SystemRandomness())
    access.add_person("Ana", Role.ADMIN, "$none$", SystemClock().now())
    access.close()
    async with started(place) as (process, said), ClientSession() as browser:
        (address,) = said["listening"]
        headers = {"Origin": address.rstrip("/")}
        for name in ("ana", "sign-in refused from 192.168.1.1: \n"):
            form = {"name": name, "password": "a secret"}
            assert (await browser.post(f"{address}sign-in", data=form, headers=headers)).status == 422
        close_input(process)
        log = (await ended(process)).decode().splitlines()
    assert log == [
        "sign-in refused from 127.0.0.1: wrong password for Ana",
        "sign-in refused from 127.0.0.1: nobody has that name",
    ]


async def said_instead(place: Place, **web: object) -> Mapping[str, Any]:
    async with started(place, **web) as (process, said):
        assert await process.wait() == 1
        return said


async def test_a_port_that_is_taken_is_said(place: Place) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = await said_instead(place, port=port)
    assert said["cannot"] == f"port {port} is taken by another program"
    assert said["errno"]


async def test_an_address_that_this_computer_has_not_is_said(place: Place) -> None:
    assert (await said_instead(place, host="203.0.113.1"))["cannot"] == "this computer has no address 203.0.113.1"


async def test_a_certificate_that_is_missing_is_said(place: Place) -> None:
    said = await said_instead(place, tls_certificate="/nowhere/at/all.pem")
    assert said["cannot"].startswith("the certificate for https cannot be used")
    assert "web.tls_certificate" in said["cure"]


async def test_a_damaged_file_of_people_is_said(place: Place) -> None:
    place.access.parent.mkdir(parents=True, exist_ok=True)
    place.access.write_bytes(b"no database" * 1000)
    assert (await said_instead(place))["cannot"]


def certificate(folder: Path, name: str) -> tuple[str, str]:
    key, crt = folder / f"{name}.key", folder / f"{name}.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    asked = [*made, "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(crt)]
    subprocess.run(asked, check=True, capture_output=True)
    return str(crt), str(key)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl, which makes certificates, is absent")
class TestHttps:
    @pytest.fixture
    def web(self, tmp_path: Path) -> Web:
        crt, key = certificate(tmp_path, "first")
        return Web(host="127.0.0.1", port=0, tls_certificate=crt, tls_key=key)

    async def test_a_new_certificate_is_taken_without_a_restart(self, console: Console, tmp_path: Path) -> None:
        assert console.base.startswith("https://")
        first = await presented(console)
        crt, key = certificate(tmp_path, "second")
        os.replace(crt, tmp_path / "first.pem")
        os.replace(key, tmp_path / "first.key")
        async with asyncio.timeout(SOON):
            while await presented(console) == first:
                continue

    async def test_the_cookie_is_for_this_host_and_https_only(self, console: Console) -> None:
        console.person(Role.MEMBER, "Ben")
        async with ClientSession(connector=TCPConnector(ssl=False)) as browser:
            form = {"name": "Ben", "password": PASSWORD}
            url = f"{console.base}/sign-in"
            answered = await browser.post(url, data=form, headers={"Origin": console.base}, allow_redirects=False)
            (cookie,) = answered.headers.getall("Set-Cookie")
        assert cookie.startswith("__Host-callguard=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


async def presented(console: Console) -> bytes:
    """Return the certificate that the console shows."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    port = int(console.base.rpartition(":")[2])
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    await writer.wait_closed()
    assert isinstance(shown, bytes)
    return shown
