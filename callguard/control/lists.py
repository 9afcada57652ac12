"""Questions about the lists of reported numbers."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from callguard.control import given
from callguard.control.answers import list_facts, updated_facts
from callguard.control.given import Arguments
from callguard.control.settings import SettingCommands
from callguard.control.wire import RefusedError
from callguard.house import House
from callguard.lists import NoSuchListError
from callguard.model.job import TryLaterError
from callguard.model.numberlist import ListMode
from callguard.model.text import plain
from callguard.model.web import FetchError
from callguard.store import Hits

_UNFIT = re.compile("[^a-z0-9]+")
_LONGEST_NAME = 32


class ListCommands:
    """Answers questions about lists."""

    def __init__(self, house: House, settings: SettingCommands) -> None:
        self._house = house
        self._settings = settings
        self.by_name = {
            "lists": self.lists,
            "lists-update": self.update,
            "lists-mode": self.mode,
            "lists-add": self.add,
            "catalogue": self.catalogue,
            "preview": self.preview,
            "lists-preview": self.preview,  # else the plugin's own would answer, which also reads files
        }

    async def lists(self, _: Arguments) -> Any:
        """Return how every list is, with its hits of the last 30 days."""
        house = self._house
        since = house.surroundings.clock.now() - timedelta(days=30)
        hits = await asyncio.to_thread(house.store.hits, since)
        by_list: dict[str, list[Hits]] = {}
        for whose, hit in hits.items():
            by_list.setdefault(whose[1], []).append(hit)
        found = []
        for state in house.lists.states():
            mine = by_list.get(state.name, [])
            counted = {"hits": sum(hit.hits for hit in mine), "decided": sum(hit.decided for hit in mine)}
            counted["only"] = sum(hit.only for hit in mine)
            facts = list_facts(state, house.lists.progress.get(state.name))
            found.append(
                {**facts, **counted, "plugin": house.lists.plugin_of(state.name), **self._settable(state.name)}
            )
        return found

    def _settable(self, name: str) -> dict[str, Any]:
        """Return where the mode of list *name* is stated that no command changes, and the setting that added it."""
        origin = self._house.blueprint.loaded.origin(self._house.mode_setting(name))
        added = f"lists.sources.{name.removeprefix('lists.')}"
        by_command = name.startswith("lists.") and added in self._house.store.settings()
        return {"locked": str(origin) if origin.locked else "", "setting": added if by_command else ""}

    async def update(self, asked: Arguments) -> Any:
        """Bring one list up to date now."""
        name = self._house.lists.whole_name(given.text(asked, "name"))
        try:
            updated = await self._house.lists.update(name, force=bool(asked.get("force")))
        except NoSuchListError as error:
            raise RefusedError(str(error)) from error
        except (FetchError, TryLaterError, ValueError, RuntimeError, OSError) as error:
            raise RefusedError(f"{name} stays as it was: {plain(str(error), 400)}") from error
        return {"name": name, **updated_facts(updated)}

    async def mode(self, asked: Arguments) -> Any:
        """Switch a list on, off, or to log-only."""
        name = self._house.lists.whole_name(given.text(asked, "name"))
        mode = given.choice(asked, "mode", ListMode)
        if mode is None:
            raise RefusedError("say active, log-only or off")
        try:
            key = self._house.mode_setting(name)
        except NoSuchListError as error:
            raise RefusedError(str(error)) from error
        return await self._settings.set_setting({**asked, "key": key, "value": mode.value})

    async def catalogue(self, _: Arguments) -> Any:
        """Return the lists that are known by name."""
        known = self._house.commands.get("lists-catalogue")
        return {} if known is None else await known({})

    async def add(self, asked: Arguments) -> Any:
        """Subscribe to a list by its address, its file or its name in the catalogue."""
        name, settings = await self._source(asked)
        if f"lists.{name}" in self._house.lists.all:
            raise RefusedError(f"there is a list lists.{name} already; give this one another --name")
        mode = given.choice(asked, "mode", ListMode, ListMode.LOG_ONLY)
        value = {**settings, "mode": str(mode)}
        answer = await self._settings.set_setting({**asked, "key": f"lists.sources.{name}", "value": value})
        return {**answer, "name": f"lists.{name}", "mode": str(mode)}

    async def preview(self, asked: Arguments) -> Any:
        """Return what is on the list that `lists-add` would add; nothing is kept."""
        name, settings = await self._source(asked)
        look = self._house.commands.get("lists-preview")
        if look is None:
            raise RefusedError("the plugin `lists` is not there, which could look at it")
        try:
            return await look({**settings, "name": name})
        except (ValueError, RuntimeError, OSError) as error:
            raise RefusedError(plain(str(error), 400)) from error

    async def _source(self, asked: Arguments) -> tuple[str, dict[str, Any]]:
        """Return a name for the list that is meant, and the settings that say where it comes from."""
        source = given.text(asked, "source").strip()
        known = await self.catalogue({})
        # Whoever uses the console may not read the disk of the computer that CallGuard runs on.
        from_disk = not asked.get("by_console")
        kind = "catalogue" if source in known else _kind_of(source, from_disk=from_disk)
        if not kind:
            names = ", ".join(sorted(known)) or "it is empty"
            file = ", no file," if from_disk else ""
            raise RefusedError(f"{plain(source)!r} is no address{file} and not in the catalogue ({names})")
        more = asked.get("settings")
        settings = {**(more if isinstance(more, dict) else {}), kind: source}
        if not from_disk and "file" in settings:
            raise RefusedError("a list from a file is added at the computer that CallGuard runs on")
        return _name_of(given.text(asked, "name") or source), settings


def _kind_of(source: str, *, from_disk: bool) -> str:
    if "://" in source:
        return "url"
    return "file" if from_disk and Path(source).is_file() else ""


def _name_of(source: str) -> str:
    """Return a short name for a list, made from what the household calls it or where it comes from."""
    last = source.rstrip("/").rpartition("/")[2].partition("?")[0]
    name = _UNFIT.sub("-", (last.rpartition(".")[0] or last).lower()).strip("-")[:_LONGEST_NAME]
    return name or "list"
