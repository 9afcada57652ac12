"""Stretches of time in settings, as people write them."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, Field

from callguard.config import ConfigError, read
from callguard.config.spans import span_text


class Model(BaseModel):
    every: Annotated[timedelta | None, Field(ge=timedelta(0), le=timedelta(days=30))] = None


def every(text: str) -> timedelta | None:
    return read(f"every: {text}", "c.yaml", Model, environment={}, base_dir=Path()).settings.every


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("30s", timedelta(seconds=30)),
        ("90m", timedelta(minutes=90)),
        ("24h", timedelta(days=1)),
        ("3 d", timedelta(days=3)),
        ("2w", timedelta(weeks=2)),
        ("0", timedelta(0)),
        ("PT12H", timedelta(hours=12)),
        ("1 day", timedelta(days=1)),
        ("12:00:00", timedelta(hours=12)),
    ],
)
def test_a_stretch_of_time_is_read_as_people_write_it(text: str, meant: timedelta) -> None:
    assert every(text) == meant


@pytest.mark.parametrize("text", ["soon", "12 hours or so", "h", "-3h", "٣h"])
def test_what_is_no_stretch_of_time_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"c.yaml:1: every"):
        every(text)


def test_one_that_is_too_long_is_refused_in_the_same_words() -> None:
    with pytest.raises(ConfigError, match="at most 30 days"):
        every("31d")


@pytest.mark.parametrize("text", ["45s", "90m", "24h", "36h", "3d", "14d"])
def test_a_stretch_of_time_is_shown_as_it_is_written(text: str) -> None:
    found = every(text)
    assert found is not None
    assert span_text(found) == {"24h": "1d"}.get(text, text)
