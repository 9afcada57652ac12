"""Where the value of a setting comes from."""

from dataclasses import dataclass
from enum import StrEnum


class OriginKind(StrEnum):
    """The four places a value can come from, weakest first."""

    DEFAULT = "default"
    CONSOLE = "console"
    FILE = "file"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the value of one setting comes from; as text `config.yaml:17`, `env NAME`, `set in the console`."""

    kind: OriginKind = OriginKind.DEFAULT
    name: str = ""
    "The file, the environment variable, or the key that was set in the console."
    line: int = 0
    "From 1; 0 for a file as a whole and for everything that has no lines."
    column: int = 0
    "From 1, like `line`."

    @property
    def locked(self) -> bool:
        """Tell whether the console cannot change the value, because the file or the environment states it."""
        return self.kind in {OriginKind.FILE, OriginKind.ENVIRONMENT}

    def __str__(self) -> str:
        if self.kind is OriginKind.FILE:
            return f"{self.name}:{self.line}" if self.line else self.name
        if self.kind is OriginKind.ENVIRONMENT:
            return f"env {self.name}"
        return "set in the console" if self.kind is OriginKind.CONSOLE else "default"


DEFAULT = Origin()
