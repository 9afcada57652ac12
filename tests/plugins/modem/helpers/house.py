"""A house around a modem line: a screen that does what the test says, and a voice modem on a pty."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from callguard import Action, Call, Disposition, LineStatus, Rung, Verdict
from callguard.testing import a_home
from callguard_modem.line import ModemLine
from callguard_modem.profiles import shipped
from callguard_modem.settings import LineSettings

WITHIN = 10.0


class Judged:
    """A decision that remembers how the call ended."""

    def __init__(self, call: Call, action: Action) -> None:
        self.call = call
        self.verdict = Verdict(action=action, rung=Rung.BLOCK_LIST)
        self.dispositions: list[Disposition] = []

    def finish(self, disposition: Disposition) -> None:
        self.dispositions.append(disposition)


class House:
    """Screens calls as the test says."""

    def __init__(self, action: Action = Action.BLOCK) -> None:
        self.action = action
        self.takes = 0.0
        self.raises: Exception | None = None
        self.calls: list[Judged] = []

    async def screen(self, call: Call, within: float) -> Judged:
        judged = Judged(call, self.action)
        self.calls.append(judged)
        if self.takes:
            await asyncio.sleep(self.takes)
        if self.raises is not None:
            raise self.raises
        return judged

    async def ended(self, number: int = 0) -> Disposition:
        """Wait for the end of a call."""
        await until(lambda: len(self.calls) > number and self.calls[number].dispositions)
        (disposition,) = self.calls[number].dispositions
        return disposition


async def until(true: Callable[[], object], within: float = WITHIN) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110  (what is waited for happens in the product, which sets no event for us)
            await asyncio.sleep(0.01)


def a_line(folder: Path, device: str | Path, **settings: object) -> ModemLine:
    """A line at a device; *settings* say the rest."""
    stated = LineSettings.model_validate({"line": "Home", "device": str(device), **settings})
    return ModemLine(stated, shipped(), a_home(folder, name="modem"))


@asynccontextmanager
async def running(line: ModemLine, house: House) -> AsyncIterator[ModemLine]:
    """Run a line, and stop it properly."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(line.run(house.screen))
        try:
            yield line
        finally:
            task.cancel()


async def protecting(line: ModemLine, within: float = WITHIN) -> None:
    await until(lambda: line.state().status is LineStatus.PROTECTING, within)


async def deaf(line: ModemLine, within: float = WITHIN) -> None:
    await until(lambda: line.state().status is LineStatus.DEAF, within)
