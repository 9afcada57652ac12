"""Something a plugin keeps running as long as the house does."""

from typing import Protocol


class Service(Protocol):
    """A long-running part of a plugin, such as the simulator's pretend telephone company."""

    @property
    def name(self) -> str:
        """Name for people, unique within the plugin."""

    async def run(self) -> None:
        """Work until cancelled; if it raises, it is started again with back-off and the problem is shown."""
