"""Which CallGuard this is."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version

_DISTRIBUTION = "callguard-home"


@cache
def software_version() -> str:
    """Return CallGuard's version, as installed."""
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown"
