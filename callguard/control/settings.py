"""Questions about settings: what they are, where each comes from; and settings that are made by command."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import yaml

from callguard.config import ConfigError, Mistake, OriginKind
from callguard.config.listing import Setting, SettingKind, UnclearSecretError, settings_of, with_secrets
from callguard.control import given
from callguard.control.answers import change_facts, origin_text
from callguard.control.given import Arguments
from callguard.control.wire import RefusedError
from callguard.house import House, LockedSettingError
from callguard.model.rule import Change

_LOOKED_BACK: Final = 1000
"""Changes among which it is sought who made a setting."""
_HOUSE: Final = "house"
"""The group of settings that are in no section."""
_WORDS: Final = {"tls": "TLS", "url": "URL", "urls": "URLs", "dnc": "DNC", "id": "ID", "ip": "IP"}


class SettingCommands:
    """Answers questions about settings."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.by_name = {"settings": self.settings, "set-setting": self.set_setting}

    async def settings(self, _: Arguments) -> Any:
        """Return every setting that can be made, those of plugins too, with its value and where that comes from."""
        return await asyncio.to_thread(self._all)  # some milliseconds, in which a call may come

    async def set_setting(self, asked: Arguments) -> Any:
        """Set a setting, or with null take back what was set by command; `***` leaves a secret as it is."""
        house, key = self._house, given.text(asked, "key")
        try:
            value = with_secrets(house.blueprint.loaded, key, asked.get("value"))
            change = await house.set_setting(key, value, by=given.by(asked))
        except (LockedSettingError, UnclearSecretError) as error:
            raise RefusedError(str(error)) from error
        except ConfigError as error:
            raise RefusedError("; ".join(in_words(mistake) for mistake in error.mistakes)) from error
        shown = house.shown(key, value)
        return {"key": key, "value": shown, "change": change_facts(change, house.timezone) if change else None}

    def _all(self) -> list[dict[str, Any]]:
        made = _made_by(self._house.store.changes(_LOOKED_BACK))
        return [self._facts(one, made) for one in settings_of(self._house.blueprint.loaded)]

    def _facts(self, one: Setting, made: Mapping[str, Change]) -> dict[str, Any]:
        group, _, rest = one.key.partition(".")
        change = made.get(one.origin.name) if one.origin.kind is OriginKind.CONSOLE else None
        facts = {
            "key": one.key,
            "group": group if rest else _HOUSE,
            "title": _title(one.key),
            "description": one.description,
            "kind": one.kind.value,
            "options": list(one.options),
            "value": one.value,
            "default": one.default,
            "origin": {"kind": one.origin.kind.value, "text": origin_text(one.origin)},
            "locked": one.origin.locked,
            "set_by": change.by if change else None,
            "set_at": change.at.astimezone(self._house.timezone).isoformat() if change else None,
        }
        return {**facts, "yaml": _as_yaml(one.value)} if one.kind is SettingKind.JSON else facts


def in_words(mistake: Mistake) -> str:
    """Return a mistake; where it was written, the person who writes it just now knows."""
    suggestion = f" (did you mean '{mistake.suggestion}'?)" if mistake.suggestion else ""
    return f"{mistake.key}: {mistake.what}{suggestion}"


def _made_by(changes: tuple[Change, ...]) -> dict[str, Change]:
    """Return the change that each setting made by command rests on, by key; the newest come first."""
    made = [change for change in reversed(changes) if "setting" in change.what and change.undone_by is None]
    return {change.subject.partition(" ")[0]: change for change in made}


def _title(key: str) -> str:
    words = key.rpartition(".")[2].split("_")
    title = " ".join(_WORDS.get(word, word) for word in words)
    return title[:1].upper() + title[1:]


def _as_yaml(value: object) -> str:
    if value in (None, [], {}):
        return ""
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100))
