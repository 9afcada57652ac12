"""Which CallGuard this is."""

from importlib.metadata import PackageNotFoundError, version

_DISTRIBUTION = "callguard-home"


def software_version() -> str:
    """Return CallGuard's version, as installed."""
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown"
