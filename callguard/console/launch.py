"""What the daemon tells the console when it starts it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import tzinfo
from pathlib import Path
from typing import Any

from callguard.ambient import zone_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """The household's wishes about the console: the section `web` of the settings, where each is described."""

    host: str = ""
    port: int = 8350
    hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    allow_remote: bool = False
    base_path: str = ""
    embed: bool = False
    tls_certificate: str = ""
    tls_key: str = ""

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Web":
        """Return the wishes in a JSON object; keys that are none of the console's are left alone."""
        known = {one.name for one in fields(cls)} & said.keys()
        wishes: dict[str, Any] = {
            name: tuple(said[name]) if isinstance(said[name], list) else said[name] for name in known
        }
        return cls(**wishes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Where the house is that the console shows."""

    socket: Path
    database: Path
    access: Path
    web: Web
    zone: tzinfo
    demo: bool = False

    @classmethod
    def read(cls, line: bytes) -> "Launch":
        """Return what stands in the line the daemon wrote; ValueError or KeyError if it is none."""
        said = json.loads(line)
        return cls(
            socket=Path(said["socket"]),
            database=Path(said["database"]),
            access=Path(said["access"]),
            web=Web.of(said["web"]),
            zone=zone_of(said.get("timezone", "")),
            demo=bool(said.get("demo")),
        )
