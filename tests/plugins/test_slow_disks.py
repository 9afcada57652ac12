"""The household's files may lie on a network that hangs: the event loop, where calls are, leaves them alone."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from callguard import JSON, Home, Progress, Report
from callguard.testing import a_home, apart_here
from callguard_contacts.plugin import Contacts
from callguard_lists.plugin import Lists
from callguard_numbercheck.plugin import NumberCheck

Look = Callable[[Home, Path], Awaitable[None]]
EXCHANGES = [f"{area}{code}" for area in (303, 212) for code in range(200, 1000)]


class Watch:
    """Notes whether *file* was looked at, and by which thread; what the second process does is not counted."""

    def __init__(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.by_the_loop: list[bool] = []
        self._apart = False
        real = Path.stat

        def stat(path: Path, *, follow_symlinks: bool = True) -> object:
            if path == file and not self._apart:
                self.by_the_loop.append(threading.current_thread() is threading.main_thread())
            return real(path, follow_symlinks=follow_symlinks)

        monkeypatch.setattr(Path, "stat", stat)

    async def __call__(self, function: str, arguments: Mapping[str, JSON], report: Report | None = None) -> JSON:
        """Run what belongs into the second process."""
        self._apart = True
        try:
            return await apart_here(function, arguments, report)
        finally:
            self._apart = False


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "numbers.txt"


@pytest.fixture
def watch(file: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(file, monkeypatch)


def silent(_: Progress) -> None:
    """Nobody watches."""


async def look_at_a_list(home: Home, file: Path) -> None:
    config = Lists.Config.model_validate({"sources": {"mine": {"file": str(file)}}})
    (subscription,) = Lists(config, home).number_lists()
    await subscription.update(silent)


async def look_at_contacts(home: Home, file: Path) -> None:
    config = Contacts.Config.model_validate({"files": [{"path": str(file)}]})
    (job,) = Contacts(config, home).periodic_jobs()
    with suppress(Exception):
        await job.run()


async def look_at_a_table(home: Home, file: Path) -> None:
    (job,) = NumberCheck(NumberCheck.Config.model_validate({"nanpa": {"file": str(file)}}), home).periodic_jobs()
    await job.run()
    await job.run()


@pytest.mark.parametrize(
    ("look", "text"),
    [
        pytest.param(look_at_a_list, "+13035550188\n", id="a list"),
        pytest.param(look_at_contacts, "BEGIN:VCARD\n", id="an address book"),
        pytest.param(look_at_a_table, "\n".join(EXCHANGES), id="a table of exchanges"),
    ],
)
async def test_a_file_of_the_household_is_looked_at_in_a_thread(
    look: Look, text: str, file: Path, watch: Watch, tmp_path: Path
) -> None:
    await asyncio.to_thread(file.write_text, text)
    await look(a_home(tmp_path / "home", apart=watch), file)
    assert watch.by_the_loop
    assert not any(watch.by_the_loop)
