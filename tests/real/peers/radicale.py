"""Radicale, a CardDAV server as households run it."""

import base64
import http.client
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

from tests.real.peers.ports import free_ports
from tests.real.peers.process import Running, Stage, require, wait_until

USER, PASSWORD = "anna", "correct horse"
_BOOK = "people"
_NEW_BOOK = b"""<?xml version="1.0" encoding="utf-8"?>
<create xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><set><prop>
<resourcetype><collection/><C:addressbook/></resourcetype><displayname>People</displayname>
</prop></set></create>"""


@dataclass(slots=True)
class Radicale:
    """A running server with one address book; it can be killed and started again over the same data."""

    stage: Stage
    folder: Path
    port: int
    running: Running

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def put(self, name: str, card: str) -> None:
        """Write a card."""
        self.request("PUT", f"/{USER}/{_BOOK}/{name}.vcf", card.encode())

    def delete(self, name: str) -> None:
        """Remove a card."""
        self.request("DELETE", f"/{USER}/{_BOOK}/{name}.vcf")

    def request(self, method: str, path: str, body: bytes | None = None) -> int:
        """Ask as the user does who owns the address book; an error of the server is raised."""
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        kind = "text/vcard; charset=utf-8" if method == "PUT" else "application/xml; charset=utf-8"
        headers = {"Authorization": f"Basic {pair}", "Content-Type": kind}
        asked = urllib.request.Request(f"{self.url}{path[1:]}", data=body, headers=headers, method=method)
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return int(answer.status)

    def requests(self) -> list[str]:
        """Return what its log says it was asked: `PROPFIND request for '/…'`."""
        return [line for line in self.running.said().splitlines() if " request for " in line]

    def kill(self) -> None:
        self.running.kill()

    def start_again(self) -> None:
        self.running = _launch(self.stage, self.folder, self.port)


def start(stage: Stage) -> Radicale:
    """Start a server on a free port of loopback, with one empty address book."""
    require("radicale", "radicale")
    folder = stage.subfolder("radicale")
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
    port = free_ports()
    (folder / "config").write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n"
        f"[auth]\ntype = htpasswd\nhtpasswd_filename = {folder / 'users'}\nhtpasswd_encryption = plain\ndelay = 0\n"
        f"[rights]\ntype = owner_only\n"
        f"[storage]\nfilesystem_folder = {folder / 'data'}\n"
        "[logging]\nlevel = info\n"
    )
    made = Radicale(stage, folder, port, _launch(stage, folder, port))
    made.request("MKCOL", f"/{USER}/{_BOOK}/", _NEW_BOOK)
    return made


def _launch(stage: Stage, folder: Path, port: int) -> Running:
    running = stage.start("radicale", [require("radicale", "radicale"), "--config", folder / "config"])
    wait_until(lambda: _answers(running, port), 20, "Radicale answers", every=0.05)
    return running


def _answers(running: Running, port: int) -> bool:
    if not running.alive():
        raise RuntimeError(f"Radicale did not start: {running.said()[-2000:]}")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/.web/", timeout=1):
            return True
    except (URLError, http.client.HTTPException, OSError):
        return False
