"""Where this house keeps its things: the configuration, the data folder, the control socket."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_APP = "callguard"
DEMO_PORT = 5099
DEMO_WEB_PORT = 8350


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The files and folders of one house."""

    data_dir: Path
    config: Path | None = None
    "None: the embedded defaults."
    demo: bool = False
    "The pretend house: embedded configuration, own data folder."
    demo_port: int = DEMO_PORT
    "UDP port of the pretend telephone company."
    demo_web_port: int = DEMO_WEB_PORT
    "TCP port of the pretend house's console."

    @property
    def socket(self) -> Path:
        """The control socket of the daemon that runs here."""
        return self.data_dir / "control.sock"

    @property
    def database(self) -> Path:
        """The store."""
        return self.data_dir / "callguard.db"

    @property
    def access(self) -> Path:
        """Who may use the console."""
        return self.data_dir / "access.db"

    @property
    def plugins_folder(self) -> Path | None:
        """Where single-file plugins lie, beside config.yaml."""
        return None if self.config is None else self.config.parent / "plugins"


def find_place(
    config: str | None, data_dir: str | None, environment: Mapping[str, str], *, demo: bool = False
) -> Place:
    """Return the place meant by the command line, else by CALLGUARD_CONFIG and CALLGUARD_DATA_DIR, else the user's.

    Without any of them, config.yaml is looked for in the user's configuration folder, then the system's.
    """
    config = config or environment.get("CALLGUARD_CONFIG")
    data_dir = data_dir or environment.get("CALLGUARD_DATA_DIR")
    if demo:
        return Place(data_dir=Path(data_dir) if data_dir else demo_data_dir(), demo=True)
    chosen = Path(config) if config else usual_config()
    return Place(data_dir=Path(data_dir) if data_dir else usual_data_dir(), config=chosen)


def usual_config() -> Path:
    """Return the user's config.yaml, or the system's if only that exists."""
    mine = _user_folder("user_config_dir", ".config") / "config.yaml"
    systems = Path("/etc") / _APP / "config.yaml"
    return systems if systems.exists() and not mine.exists() else mine


def usual_data_dir() -> Path:
    """Return the user's data folder for CallGuard."""
    return _user_folder("user_data_dir", ".local/share")


def demo_data_dir() -> Path:
    """Return the data folder of the pretend house, apart from the real one."""
    return usual_data_dir() / "demo"


def _user_folder(kind: str, under_home: str) -> Path:
    import appdirs  # noqa: PLC0415  (--help needs no folders)

    folder = Path(getattr(appdirs, kind)(_APP))
    # An empty XDG variable means the default (XDG Base Directory Specification); appdirs takes it for a folder.
    return folder if folder.is_absolute() else Path.home() / under_home / _APP
