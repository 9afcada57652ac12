"""A house with lists of the test's own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from callguard import Evidence, Progress
from callguard.testing import FakeClock, a_call, a_home, apart_here
from callguard_lists.plugin import Lists

Build = Callable[..., Lists]
"""Builds the plugin from `lists.sources`, in a home made of the other arguments."""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def build(tmp_path: Path, clock: FakeClock) -> Build:
    """Return a function that builds the plugin from its sources, as config.yaml would."""

    def built(sources: dict[str, Any], **home: Any) -> Lists:
        furnished = a_home(tmp_path, name="lists", apart=apart_here, **{"clock": clock, **home})
        return Lists(Lists.Config.model_validate({"sources": sources}), furnished)

    return built


@pytest.fixture
def updated(build: Build) -> Callable[..., Any]:
    """Return a function that builds the plugin with one source and updates it."""

    async def done(source: dict[str, Any], **home: Any) -> Lists:
        lists = build({"mine": source}, **home)
        (subscription,) = lists.number_lists()
        await subscription.update(silent)
        return lists

    return done


def silent(_: Progress) -> None:
    """Nobody watches."""


@pytest.fixture
def says() -> Callable[[Lists, str], Evidence]:
    """Return a function that asks a plugin with one list about a number."""

    def asked(lists: Lists, number: str) -> Evidence:
        (evidence,) = lists.check_call(a_call(number)) or ()
        return evidence

    return asked
