"""Files of the two agencies, about fictional callers."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from callguard import Progress
from callguard.testing import FakeClock, a_home, apart_here
from callguard_ftc.plugin import Ftc

HEADER = (
    "Company_Phone_Number,Created_Date,Violation_Date,Consumer_City,Consumer_State,Consumer_Area_Code,Subject,"
    "Recorded_Message_Or_Robocall"
)
Daily = Callable[..., bytes]
Build = Callable[..., Ftc]


@pytest.fixture
def clock() -> FakeClock:
    """The evening of a working day."""
    return FakeClock(datetime(2026, 3, 6, 22, 0, tzinfo=UTC))


@pytest.fixture
def daily() -> Daily:
    """Return a function that writes a daily file of these rows, each a number or a whole line."""
    return a_daily


def a_daily(*rows: str, day: str = "2026-03-05", subject: str = "Other") -> bytes:
    lines = [
        row if "," in row else f"{row},{day} 09:00:{place:02},{day} 08:00:00,Denver,Colorado,303,{subject},Y"
        for place, row in enumerate(rows)
    ]
    return "".join(f"{line}\r\n" for line in (HEADER, *lines)).encode()


@pytest.fixture
def build(tmp_path: Path, clock: FakeClock) -> Build:
    """Return a function that builds the plugin from its section, as config.yaml would, in a home of the rest."""

    def built(section: dict[str, Any], **home: Any) -> Ftc:
        furnished = a_home(tmp_path, name="ftc", **{"clock": clock, "apart": apart_here, **home})
        return Ftc(Ftc.Config.model_validate(section), furnished)

    return built


@pytest.fixture
def silent() -> Callable[[Progress], None]:
    """Nobody watches."""
    return lambda _: None


@pytest.fixture
def real_ftc() -> Path:
    """The folder of real FTC files, which is not part of the product."""
    shared = Path(os.environ.get("CALLGUARD_SHARED", Path(__file__).parents[4] / "shared"))
    folder = shared / "data" / "ftc"
    if not folder.is_dir():
        pytest.skip(f"the real FTC files are not at {folder}")
    return folder
