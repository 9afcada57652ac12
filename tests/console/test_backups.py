"""Backups: making, downloading, comparing and laying one ready, and nothing but backups."""

import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData

from callguard.console.pages import backups
from callguard.control import backups as commands
from callguard.control.wire import RefusedError
from tests.console.conftest import Answered, Browser, Console


async def a_backup(console: Console) -> Path:
    return Path((await console.ask("backup"))["file"])


async def upload(browser: Browser, content: bytes, name: str = "callguard.zip") -> Answered:
    form = FormData()
    form.add_field("file", content, filename=name, content_type="application/zip")
    asked = browser.session.post(
        f"{browser.base}/backups/upload", data=form, headers={"Origin": browser.base}, allow_redirects=False
    )
    async with asked as response:
        return Answered(response.status, await response.text(), dict(response.headers))


async def test_without_a_backup_it_says_so_and_one_is_made(console: Console, admin: Browser) -> None:
    assert "None yet." in (await admin.get("/backups")).text
    made = await admin.post("/backups/make")
    assert "Backed up: callguard-" in (await admin.follow(made)).text
    (kept,) = (await console.ask("backups"))["backups"]
    assert not kept["with_secrets"]


async def test_a_backup_with_passwords_says_so(console: Console, admin: Browser) -> None:
    await admin.post("/backups/make", {"with_secrets": "yes"})
    (kept,) = (await console.ask("backups"))["backups"]
    assert kept["with_secrets"]
    assert "with passwords" in (await admin.get("/backups")).text


async def test_a_backup_is_downloaded_whole(console: Console, admin: Browser, tmp_path: Path) -> None:
    path = await a_backup(console)
    async with admin.session.get(f"{admin.base}/backups/{path.name}") as response:
        content = await response.read()
    assert content == path.read_bytes()
    assert response.headers["Content-Disposition"] == f'attachment; filename="{path.name}"'


@pytest.mark.parametrize(
    "name", ["..%2f..%2fcallguard.db", "%2fetc%2fpasswd", "callguard.db", "callguard-2026-01-01T000000.zip", "%00"]
)
async def test_nothing_else_can_be_downloaded_or_brought_back(console: Console, admin: Browser, name: str) -> None:
    await a_backup(console)
    answered = await admin.get(f"/backups/{name}")
    assert answered.status in (303, 400, 404)
    assert "SQLite" not in answered.text
    assert (await admin.post(f"/backups/{name}/restore")).status in (400, 404, 405)
    assert not (console.place.data_dir / "restore-pending").exists()


async def test_what_bringing_one_back_would_change_is_shown_before(console: Console, admin: Browser) -> None:
    path = await a_backup(console)
    await console.ask("add-rule", list="block", kind="name", value="<script>alert(1)</script>")
    page = (await admin.get(f"/backups?compare={path.name}")).text
    assert "What bringing back" in page
    assert "would go:" in page
    assert "<script>alert" not in page
    assert len(await console.ask("rules")) == 1


async def test_one_is_laid_ready_for_the_next_start(console: Console, admin: Browser) -> None:
    path = await a_backup(console)
    staged = await admin.post(f"/backups/{path.name}/restore")
    assert "restart CallGuard to bring it back" in (await admin.follow(staged)).text
    assert (console.place.data_dir / "restore-pending").is_dir()


async def test_without_a_restore_there_is_none_to_take_back(admin: Browser) -> None:
    refused = await admin.post("/backups/take-back", {"back": "/backups"})
    assert "nothing has been restored" in (await admin.follow(refused)).text


async def test_one_that_was_kept_elsewhere_is_taken_in_and_compared(console: Console, admin: Browser) -> None:
    path = await a_backup(console)
    content = path.read_bytes()
    path.unlink()
    taken = await upload(admin, content, "../../evil.zip")
    assert taken.location.startswith("/backups?compare=callguard-")
    assert "What bringing back" in (await admin.get(taken.location.partition("#")[0])).text
    assert sorted(one.name for one in path.parent.iterdir()) == [path.name]
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "content", [b"", b"no zip at all", b"PK\x03\x04cut short"], ids=["empty", "no zip", "cut short"]
)
async def test_what_is_no_backup_is_not_taken_in(console: Console, admin: Browser, content: bytes) -> None:
    path = await a_backup(console)
    refused = await upload(admin, content)
    assert "Nothing was taken in" in (await admin.follow(refused)).text
    assert [one.name for one in path.parent.iterdir()] == [path.name]


async def test_a_zip_with_a_way_out_is_not_taken_in(console: Console, admin: Browser, tmp_path: Path) -> None:
    folder = (await a_backup(console)).parent
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../../evil", "x")
    refused = await upload(admin, (tmp_path / "evil.zip").read_bytes())
    assert "Nothing was taken in" in (await admin.follow(refused)).text
    assert len(list(folder.iterdir())) == 1


async def test_nothing_chosen_is_told(admin: Browser) -> None:
    refused = await admin.post("/backups/upload", {"back": "/backups"})
    assert "choose a file" in (await admin.follow(refused)).text


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The house of very many calls: what is done with backups ends when this is set."""
    done = threading.Event()
    for name in ("make", "compare", "stage"):
        quick = getattr(commands, name)

        def waiting(*asked: Any, _quick: Any = quick, **more: Any) -> Any:
            done.wait()
            return _quick(*asked, **more)

        monkeypatch.setattr(commands, name, waiting)
    yield done
    done.set()


async def test_a_backup_that_takes_long_goes_on_while_the_page_says_so(
    console: Console, admin: Browser, slow: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "_WAITED", 0.1)
    page = await admin.follow(await admin.post("/backups/make"))
    assert "It takes a while" in page.text
    assert "None yet." in page.text
    slow.set()
    with pytest.raises(RefusedError, match="nothing has been restored"):
        await console.ask("restore-take-back")  # which waits until the backup is whole
    assert "None yet." not in (await admin.get("/backups")).text


async def test_nobody_is_told_that_nothing_happened_to_what_only_takes_long(
    console: Console, admin: Browser, slow: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "_WAITED", 0.1)
    slow.set()
    path = await a_backup(console)
    slow.clear()
    assert "longer than a page can wait" in (await admin.get(f"/backups?compare={path.name}")).text
    page = await admin.follow(await admin.post(f"/backups/{path.name}/restore"))
    assert "still looked over" in page.text
    monkeypatch.setattr(console.kernel.asker, "_within", 0.1)
    page = await admin.follow(await admin.post("/backups/take-back"))
    assert "Nothing was changed" not in page.text
    assert "It may be done all the same: look before you try again." in page.text


@pytest.mark.parametrize("path", ["/backups", "/backups/callguard-2026-01-01T000000.zip"])
async def test_only_administrators_see_backups(member: Browser, path: str) -> None:
    assert (await member.get(path)).status == 403


@pytest.mark.parametrize("path", ["make", "upload", "x/restore", "take-back"])
async def test_only_administrators_make_and_bring_back(member: Browser, path: str) -> None:
    assert (await member.post(f"/backups/{path}")).status == 403


async def test_one_that_cannot_be_compared_is_told(console: Console, admin: Browser) -> None:
    await a_backup(console)
    answered = await admin.get("/backups?compare=callguard-2026-01-01T000000.zip")
    assert answered.status == 422
    assert "That cannot be compared." in answered.text
