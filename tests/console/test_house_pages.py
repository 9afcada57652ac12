"""Every page about the house itself opens for those it is meant for, and for nobody else."""

from pathlib import Path

import pytest

from callguard.access import Role
from callguard.console.knowledge import Knowledge
from callguard.control.asking import AsyncAsker
from tests.console.conftest import Console

FOR_ALL = ("more", "help", "changes", "complaints", "relationships", "lines", "health", "privacy", "people")
FOR_ADMINS = (
    "settings",
    "settings?all=yes",
    "backups",
    "setup?step=2",
    "setup?step=3",
    "setup?step=4",
    "health?look=yes",
)


@pytest.mark.parametrize("path", FOR_ALL)
@pytest.mark.parametrize("role", Role)
async def test_everybody_may_look(console: Console, role: Role, path: str) -> None:
    answered = await console.person(role).get(f"/{path}")
    assert answered.status == 200, answered.text
    assert "<h1>" in answered.text


@pytest.mark.parametrize("path", FOR_ADMINS)
async def test_administrators_see_how_the_house_is_run(console: Console, path: str) -> None:
    answered = await console.person(Role.ADMIN).get(f"/{path}")
    assert answered.status == 200, answered.text


@pytest.mark.parametrize("path", [*FOR_ALL, "settings", "backups"])
async def test_while_the_daemon_is_away_each_page_says_that_calls_ring(
    console: Console, tmp_path: Path, path: str
) -> None:
    browser = console.person(Role.ADMIN)
    console.kernel.asker = AsyncAsker(tmp_path / "nobody.sock")
    console.kernel.knowledge = Knowledge(console.kernel.asker)
    answered = await browser.get(f"/{path}")
    assert answered.status == (200 if path in ("more", "help", "people") else 503)
    assert "calls ring normally" in answered.text.lower()
