"""Run against the built wheel, the suite really tests the wheel."""

import os
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import pytest

WHEEL = os.environ.get("CALLGUARD_WHEEL")


@pytest.mark.skipif(
    not WHEEL, reason="the suite runs against the source tree; `make wheel` runs it against the wheel"
)
def test_everything_comes_from_the_wheel() -> None:
    installed = Path(str(WHEEL)).resolve()
    packages = {"callguard", *(point.module.split(".")[0] for point in entry_points(group="callguard"))}
    for package in packages:
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        assert Path(spec.origin).is_relative_to(installed), f"{package} was taken from {spec.origin}"
