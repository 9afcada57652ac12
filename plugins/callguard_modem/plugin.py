"""The plugin: one line of the house for each modem, and what people ask about modems.

A house without a modem need not wait for what only modems need, so that is imported when it is used.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from callguard import JSON, Command, Disclosure, Home, Line, Problem, Rung, hookimpl
from callguard_modem.settings import ModemConfig

if TYPE_CHECKING:
    from callguard_modem.line import ModemLine

_COMMANDS = ("modem-list", "modem-probe", "modem-transcripts", "modem-wait")


class Modem:
    """Copper lines behind analog modems."""

    Config = ModemConfig
    speaks_on: frozenset[Rung] = frozenset()
    phrases: Mapping[str, str] = {}
    discloses: Sequence[Disclosure] = ()
    offline_commands = frozenset({"modem-list", "modem-probe"})

    def __init__(self, config: ModemConfig, home: Home) -> None:
        self._config = config
        self._home = home
        self._lines = _lines(config, home) if config.lines else []

    @hookimpl
    def open_lines(self) -> Sequence[Line]:
        """Hear calls on every modem; a distinctive ring with a name is a line of its own."""
        found: list[Line] = []
        for line in self._lines:
            found += [line, *line.by_ring]
        return found

    @hookimpl
    def health(self) -> Sequence[Problem]:
        """Say what is wrong with any line."""
        return [problem for line in self._lines for problem in line.problems()]

    @hookimpl
    def register_commands(self) -> Mapping[str, Command]:
        """Let `callguard modem` ask."""
        return {name: partial(self._answer, name) for name in _COMMANDS}

    async def _answer(self, name: str, arguments: Mapping[str, Any]) -> JSON:
        from callguard_modem.asking import Asked  # noqa: PLC0415
        from callguard_modem.profiles import load_catalogue  # noqa: PLC0415

        asked = Asked(self._lines, load_catalogue(self._config.profiles), self._home)
        return await asked.commands()[name](arguments)


def _lines(config: ModemConfig, home: Home) -> "list[ModemLine]":
    from callguard_modem.line import ModemLine  # noqa: PLC0415
    from callguard_modem.profiles import load_catalogue  # noqa: PLC0415

    catalogue = load_catalogue(config.profiles)
    return [ModemLine(settings, catalogue, home) for settings in config.lines]
