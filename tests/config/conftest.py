from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from pydantic import BaseModel

from callguard.config import JSON, ConfigError, read

Complain = Callable[..., list[str]]


@pytest.fixture
def complain(tmp_path: Path) -> Complain:
    """Return what is said of a text, line by line; nothing if it loads."""

    def complaints(
        text: str | bytes,
        model: type[BaseModel],
        environment: Mapping[str, str] | None = None,
        overlay: Mapping[str, JSON] | None = None,
    ) -> list[str]:
        try:
            read(text, "c.yaml", model, environment=environment or {}, base_dir=tmp_path, overlay=overlay or {})
        except ConfigError as error:
            return str(error).splitlines()
        return []

    return complaints
