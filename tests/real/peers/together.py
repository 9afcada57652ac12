"""Tests that mostly wait, played at the same time in one house: each on a telephone line of its own."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import pytest

from callguard.control.client import NoDaemonError, ask_daemon
from tests.real.peers.guard import Guard, Json, prepare
from tests.real.peers.process import Stage, wait_until

_LONGEST = 100.0


class Modem(Protocol):
    """What stands at the end of a line."""

    @property
    def device(self) -> Path: ...


M = TypeVar("M", bound=Modem)


@dataclass(slots=True)
class Seat(Generic[M]):
    """One line of the house, for one scene: its modem, and what CallGuard says of it."""

    line: str
    guard: Guard
    modems: Sequence[M]

    @property
    def modem(self) -> M:
        return self.modems[0]

    @property
    def lines(self) -> list[str]:
        """Return the names of all lines of the scene."""
        return [line_name(self.line, number) for number in range(len(self.modems))]

    def state(self, number: int = 0) -> Json:
        """Return how a line is, or {} while the daemon cannot say: asked directly, so that no time passes."""
        with contextlib.suppress(NoDaemonError):
            status: Json = ask_daemon(self.guard.data / "control.sock", "status", {}, 10)
            return next(line for line in status["lines"] if line["name"] == self.lines[number])
        return {}

    def is_within(self, status: str, within: float, *, phase: str = "") -> float:
        """Wait until the line is so; returns the seconds it took."""
        begun = time.monotonic()

        def so() -> bool:
            state = self.state()
            return state.get("status") == status and phase in ("", state["facts"].get("phase"))

        wait_until(so, within, f"{self.line} is {status} {phase}; it was {self.state()}", every=0.03)
        return time.monotonic() - begun

    def records(self, count: int = 1, within: float = 20.0) -> list[Json]:
        """Wait until so many calls of the scene have ended; returns what was printed about them, oldest first."""
        return wait_until(lambda: self._calls(count), within, f"{count} calls of {self.line}", every=0.05)

    def explained(self, record: Json) -> Json:
        """Return all that is kept of a call."""
        told: Json = self.guard.ask("explain", record["id"])
        return told

    def _calls(self, count: int) -> list[Json]:
        calls = [call for call in self.guard.calls() if call["line"] in self.lines]
        return calls if len(calls) >= count else []


Scene = Callable[[Seat[M]], None]


@dataclass(slots=True)
class Playbill(Generic[M]):
    """The scenes of a module."""

    scenes: dict[str, "Billed[M]"] = field(default_factory=dict)

    def scene(
        self, modems: int = 1, *, kind: str = "", alone: bool = False, **settings: object
    ) -> Callable[[Scene[M]], Callable[["Theatre"], None]]:
        """Let a scene play, with so many modems of its own whose lines have these settings.

        One that plays *alone* has a house of its own, which it starts itself. *kind* says which modem.
        """

        def bill(scene: Scene[M]) -> Callable[["Theatre"], None]:
            def test(theatre: "Theatre") -> None:
                theatre.result(scene.__name__)

            self.scenes[scene.__name__] = Billed(scene, modems, kind, alone, settings)
            test.__name__, test.__doc__ = scene.__name__, scene.__doc__
            return test

        return bill

    def play(
        self, stage: Stage, chosen: Sequence[str], make: Callable[[str], M], config: Json, settle: float = 0.0
    ) -> "Theatre":
        """Open one house with the lines of the *chosen* scenes, and let them all play after *settle* seconds."""
        wanted = {name: self.scenes[name] for name in chosen if name in self.scenes}
        cast = {name: [make(billed.kind) for _ in range(billed.modems)] for name, billed in wanted.items()}
        together = [line for name in wanted if not wanted[name].alone for line in self._lines(name, cast[name])]
        guard = prepare(stage, {**config, "modem": {"lines": together}})
        if together:
            guard.start()
            guard.protecting(30)
            time.sleep(settle)
        theatre = Theatre(stage, len(wanted))
        for name, billed in wanted.items():
            own = guard
            if billed.alone:
                own = prepare(stage, {**config, "modem": {"lines": self._lines(name, cast[name])}})
            theatre.begin(name, billed.scene, Seat(name.removeprefix("test_"), own, cast[name]))
        return theatre

    def _lines(self, name: str, modems: Sequence[M]) -> list[Json]:
        return [
            {
                "line": line_name(name.removeprefix("test_"), number),
                "device": str(modem.device),
                **self.scenes[name].settings,
            }
            for number, modem in enumerate(modems)
        ]


@dataclass(frozen=True, slots=True)
class Billed(Generic[M]):
    """A scene that may play."""

    scene: Scene[M]
    modems: int
    kind: str
    alone: bool
    settings: Mapping[str, Any]


def line_name(scene: str, number: int) -> str:
    """Return the name of a scene's line."""
    return f"{scene[:55]}-{number}"


class Theatre:
    """Where scenes play."""

    def __init__(self, stage: Stage, scenes: int) -> None:
        self._pool = ThreadPoolExecutor(max(scenes, 1))
        self._played: dict[str, Future[None]] = {}
        stage.on_close(lambda: self._pool.shutdown(wait=True, cancel_futures=True))

    def begin(self, name: str, scene: Callable[[Any], None], seat: object) -> None:
        self._played[name] = self._pool.submit(scene, seat)

    def result(self, name: str) -> None:
        """Wait until a scene is over; raises what it raised."""
        self._played[name].result(_LONGEST)


def wanted_scenes(request: pytest.FixtureRequest) -> list[str]:
    """Return the names of the tests of this module that were chosen."""
    return [item.name for item in request.session.items if item.path == request.path]
