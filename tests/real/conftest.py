"""Fixtures that put real peers on a stage of their own and clear it afterwards, whatever happened."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

# The helpers are imported as tests.real.peers, from wherever this file lies; appended, so that an installed
# CallGuard stays the one that is tested.
sys.path.append(str(Path(__file__).parents[2]))

from tests.real.peers import baresip, kamailio, sipp
from tests.real.peers import guard as guards
from tests.real.peers.baresip import Extension, Phone
from tests.real.peers.browser import chromium
from tests.real.peers.guard import Guard, Json
from tests.real.peers.kamailio import Kamailio, Setup
from tests.real.peers.process import Stage
from tests.real.peers.sipp import Calls, Sipp
from tests.real.peers.wire import Peer

_stages = pytest.StashKey[list[Stage]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.real)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed and report.when in {"setup", "call"}:  # type: ignore[attr-defined]
        for node in item.listchain():
            for stage in node.stash.get(_stages, []):
                report.sections.extend(stage.logs())  # type: ignore[attr-defined]
    return report


@contextmanager
def _on_stage(folder: Path, node: pytest.Item | pytest.Collector) -> Iterator[Stage]:
    stage = Stage(folder)
    node.stash.setdefault(_stages, []).append(stage)
    try:
        yield stage
    finally:
        stage.close()


@pytest.fixture
def stage(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A place for one test's peers; their logs are shown when it fails."""
    with _on_stage(tmp_path, request.node) as made:
        yield made


@pytest.fixture(scope="module")
def module_stage(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A place for peers that all tests of a module share."""
    with _on_stage(tmp_path_factory.mktemp("stage"), request.node) as made:
        yield made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium."""
    expect.set_options(timeout=10_000)
    with chromium() as started:
        yield started


@pytest.fixture
def pbx(stage: Stage) -> Callable[[Setup], Kamailio]:
    """Start a Kamailio."""
    return lambda setup: kamailio.start(stage, setup)


@pytest.fixture
def phone(stage: Stage) -> Callable[[Extension], Phone]:
    """Start a baresip."""
    return lambda extension: baresip.start(stage, extension)


@pytest.fixture
def calls(stage: Stage) -> Callable[[Calls], Sipp]:
    """Start a SIPp."""
    return lambda wanted: sipp.start(stage, wanted)


@pytest.fixture
def guard(stage: Stage) -> Callable[[Json | str], Guard]:
    """Start a CallGuard and wait until every line of it hears calls."""
    return lambda config: guards.protecting(stage, config)


@pytest.fixture
def registrar(stage: Stage) -> Peer:
    """A registrar that says yes to everything, for tests that speak SIP by hand."""
    peer = Peer(registrar=True)
    stage.on_close(peer.close)
    return peer


@pytest.fixture(scope="session")
def load_seconds() -> int:
    """How long load lasts: CALLGUARD_LOAD_SECONDS, 30 in continuous integration."""
    return int(os.environ.get("CALLGUARD_LOAD_SECONDS", "5"))
