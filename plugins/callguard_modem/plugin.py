"""The plugin: one line of the house for each modem, and what people ask about modems."""

from collections.abc import Mapping, Sequence
from functools import cache

from callguard import Command, Disclosure, Home, Line, Problem, Rung, hookimpl
from callguard_modem.asking import Asked
from callguard_modem.line import ModemLine, RingLine
from callguard_modem.profiles import load_catalogue
from callguard_modem.settings import ModemConfig


class Modem:
    """Copper lines behind analog modems."""

    Config = ModemConfig
    speaks_on: frozenset[Rung] = frozenset()
    phrases: Mapping[str, str] = {}
    discloses: Sequence[Disclosure] = ()
    offline_commands = frozenset({"modem-list", "modem-probe"})

    def __init__(self, config: ModemConfig, home: Home) -> None:
        # Reading the profiles takes some milliseconds, which a house without a modem need not spend.
        catalogue = cache(lambda: load_catalogue(config.profiles))
        self._lines = [ModemLine(settings, catalogue(), home) for settings in config.lines]
        self._asked = Asked(self._lines, catalogue, home)

    @hookimpl
    def open_lines(self) -> Sequence[Line]:
        """Hear calls on every modem; a distinctive ring with a name is a line of its own."""
        further = [RingLine(name, line) for line in self._lines for name in line.settings.names[1:]]
        return [*self._lines, *further]

    @hookimpl
    def health(self) -> Sequence[Problem]:
        """Say what is wrong with any line."""
        return [problem for line in self._lines for problem in line.problems()]

    @hookimpl
    def register_commands(self) -> Mapping[str, Command]:
        """Let `callguard modem` ask."""
        return self._asked.commands()
