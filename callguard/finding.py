"""Finds plugins: installed packages with an entry point, and single files in the household's plugins folder."""

import importlib.util
import logging
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from callguard.hookspecs import PROJECT
from callguard.model.text import plain

_log = logging.getLogger(__name__)
_SHIPPED_WITH = "callguard-home"
_STAMP = "__callguard_stamp__"
_MARK = f"{PROJECT}_impl"  # pluggy's hookimpl marker leaves this attribute on a function


class PluginFileError(ImportError):
    """A single-file plugin that cannot be used, with the reason in words for its author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A plugin that was found; *cls* is None and *error* says why where it could not be imported."""

    name: str
    origin: str
    "Distribution and version, or the file."
    shipped: bool = False
    cls: type | None = None
    error: str = ""


def find_plugins(folder: Path | None, disabled: Iterable[str] = ()) -> list[Found]:
    """Return all plugins, shipped ones first, without the *disabled* ones; a name taken twice is an error entry."""
    found: dict[str, Found] = {}
    off = set(disabled)
    for candidate in (*_installed(off), *_single_files(folder, off)):
        if candidate.name in found:
            other = found[candidate.name].origin
            error = f"the name {candidate.name} is taken by {other}"
            candidate = Found(name=f"{candidate.name}-2", origin=candidate.origin, error=error)  # noqa: PLW2901
        found[candidate.name] = candidate
    return list(found.values())


def _installed(off: set[str]) -> Iterator[Found]:
    points = entry_points(group=PROJECT)
    for point in sorted(points, key=lambda p: (not _is_shipped(p), p.name)):
        if point.name in off:
            continue
        origin = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
        try:
            cls = point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001  (a plugin may raise anything on import)
            yield _broken(point.name, origin, error, shipped=_is_shipped(point))
        else:
            yield Found(name=point.name, origin=origin, shipped=_is_shipped(point), cls=cls)


def _is_shipped(point: EntryPoint) -> bool:
    return point.dist is not None and point.dist.name == _SHIPPED_WITH


def _single_files(folder: Path | None, off: set[str]) -> Iterator[Found]:
    if folder is None or not folder.is_dir():
        return
    for path in sorted(folder.glob("*.py")):
        if path.stem in off or path.stem.startswith("_"):
            continue
        try:
            _refuse_if_others_can_write(path)
            cls = _plugin_class(_imported(path), path)
        except (Exception, SystemExit) as error:  # noqa: BLE001  (a plugin may raise anything on import)
            yield _broken(path.stem, str(path), error)
        else:
            yield Found(name=path.stem, origin=str(path), cls=cls)


def _broken(name: str, origin: str, error: BaseException, *, shipped: bool = False) -> Found:
    reason = str(error) if isinstance(error, PluginFileError) else f"{type(error).__name__}: {error}"
    _log.warning("plugin %s (%s) cannot be imported: %s", name, origin, plain(reason))
    return Found(name=name, origin=origin, shipped=shipped, error=plain(reason))


def _refuse_if_others_can_write(path: Path) -> None:
    if path.stat().st_mode & stat.S_IWOTH:
        raise PluginFileError(f"everybody may change {path}: chmod o-w it first")


def _imported(path: Path) -> ModuleType:
    name = f"callguard_single_file.{path.stem}"
    about = path.stat()
    stamp = (str(path), about.st_mtime_ns, about.st_size)
    known = sys.modules.get(name)
    if known is not None and getattr(known, _STAMP, None) == stamp:
        return known  # as it was: a reload of the configuration need not restart it
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginFileError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    setattr(module, _STAMP, stamp)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _plugin_class(module: ModuleType, path: Path) -> type:
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__ and _has_hooks(value)
    ]
    if len(classes) != 1:
        raise PluginFileError(f"{path.name} must hold one class with @hookimpl methods, it has {len(classes)}")
    return classes[0]


def _has_hooks(cls: type) -> bool:
    return any(hasattr(function, _MARK) for function in vars(cls).values())
