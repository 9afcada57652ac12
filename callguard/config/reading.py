"""Reads a configuration: every layer laid over the one below, every mistake found at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from callguard.config.faults import faults
from callguard.config.layers import console_layer, environment_layer
from callguard.config.mistakes import ConfigError, Mistake, dotted
from callguard.config.origins import DEFAULT, Origin, OriginKind
from callguard.config.secrets import Resolver, clear_secrets
from callguard.config.shapes import SectionShape
from callguard.config.tree import JSON, Section, merged, origin_of, origins, plain
from callguard.config.tree import Path as Key
from callguard.config.words import mistake_of
from callguard.config.yamltext import compose

M = TypeVar("M", bound=BaseModel)
_NOTHING: Final[Mapping[str, JSON]] = MappingProxyType({})
_MOST_FAULTS = 1000
_OTHERS_MAY_READ = 0o004


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded(Generic[M]):
    """Settings that are valid, and where each of them was written."""

    settings: M = field(repr=False)
    notes: tuple[Mistake, ...]
    "What is worth knowing although it stops nothing: a password written in clear, a setting no longer known."
    filename: str
    tree: Section = field(repr=False)

    def origin(self, key: str | Key) -> Origin:
        """Return where the value at *key* (`sip.accounts.0.user`, or its steps) was written; else the default."""
        return origin_of(self.tree, self._steps(key))

    def origins(self) -> dict[str, Origin]:
        """Return every dotted key that is written somewhere, and where."""
        return {dotted(path): origin for path, origin in origins(self.tree).items()}

    def secrets_at(self, key: str) -> frozenset[str]:
        """Return the secrets in what was set in the console at *key*."""
        origin = Origin(kind=OriginKind.CONSOLE, name=key)
        return frozenset(node.text for _, node in clear_secrets(self.tree) if node.origin == origin)

    def mistake(self, key: str | Key, what: str, hint: str = "") -> Mistake:
        """Return a mistake at *key*, or at the innermost section around it that is written."""
        steps = self._steps(key)
        around = (origin_of(self.tree, steps[:length]) for length in range(len(steps), 0, -1))
        whole = Origin(kind=OriginKind.FILE, name=self.filename)
        origin = next((found for found in around if found != DEFAULT), whole)
        return Mistake(origin=origin, key=dotted(steps), what=what, hint=hint)

    def mistakes_in(self, section: str, message: str) -> list[Mistake]:
        """Return what a plugin complained of when it was built from *section*, one mistake for each line.

        A line that begins with a key of the section and a colon (`block.3: …`) is about that key.
        """
        return [self._complaint(section, line.strip()) for line in message.splitlines() or [""] if line.strip()] or [
            self.mistake(section, "is not acceptable")
        ]

    def _complaint(self, section: str, line: str) -> Mistake:
        key, colon, what = line.partition(": ")
        full = f"{section}.{key}"
        if colon and what and self.origin(full) != DEFAULT:
            return self.mistake(full, what)
        return self.mistake(section, line)

    def _steps(self, key: str | Key) -> Key:
        if not isinstance(key, str):
            return key
        steps = (step for step in key.split(".") if step)
        return tuple(int(step) if step.isascii() and step.isdecimal() and len(step) < 9 else step for step in steps)


@dataclass(slots=True)
class _Attempt(Generic[M]):
    """One try at making settings of the layers."""

    settings: M | None = None
    tree: Section | None = None
    mistakes: list[Mistake] = field(default_factory=list)
    notes: list[Mistake] = field(default_factory=list)


def read(
    text: str | bytes,
    filename: str,
    model: type[M],
    *,
    environment: Mapping[str, str],
    base_dir: Path,
    overlay: Mapping[str, JSON] = _NOTHING,
) -> Loaded[M]:
    """Return the settings that *text* (YAML), the *environment* and the console's *overlay* make of *model*.

    *filename* is shown in mistakes; *base_dir* is the folder that relative `!file` paths begin in. A value comes
    from the environment (`CALLGUARD__SECTION__KEY`), else from the text, else from *overlay* (dotted keys), else it
    is the model's default. What was set in the console and does no longer fit is left out, with a note, because a
    household could not repair it while the console is down. Raises ConfigError with everything that is wrong.
    """
    composed = compose(text, filename)
    if composed.root is None:
        raise ConfigError(composed.mistakes)
    reader = _Reader(composed.root, model, environment, base_dir)
    attempt, ignored = reader.without_stale(dict(overlay))
    mistakes = [*composed.mistakes, *attempt.mistakes]
    if mistakes or attempt.settings is None or attempt.tree is None:
        raise ConfigError(mistakes)
    notes = (*ignored, *attempt.notes, *_clear_notes(attempt.tree, base_dir / Path(filename).name))
    return Loaded(settings=attempt.settings, notes=notes, filename=filename, tree=attempt.tree)


class _Reader(Generic[M]):
    def __init__(self, root: Section, model: type[M], environment: Mapping[str, str], base_dir: Path) -> None:
        self._root = root
        self._model = model
        self._shape = SectionShape(model)
        self._environment = environment
        self._base_dir = base_dir

    def without_stale(self, overlay: dict[str, JSON]) -> tuple[_Attempt[M], list[Mistake]]:
        """Try, each time without what was set in the console and turned out to be unfit."""
        ignored: list[Mistake] = []
        while True:
            attempt = self._attempt(overlay)
            stale = [m for m in attempt.mistakes if m.origin.kind is OriginKind.CONSOLE and m.origin.name in overlay]
            if not stale:
                return attempt, ignored
            ignored += [replace(mistake, hint="it is ignored, as if it had never been set") for mistake in stale]
            for mistake in stale:
                overlay.pop(mistake.origin.name, None)

    def _attempt(self, overlay: Mapping[str, JSON]) -> _Attempt[M]:
        console = console_layer(overlay, self._shape)
        root = merged(console.root, self._root)
        layered = environment_layer(root if isinstance(root, Section) else self._root, self._environment, self._shape)
        resolver = Resolver(self._environment, self._base_dir)
        tree = resolver.resolved(layered.root, self._shape)
        attempt = _Attempt[M](notes=[*console.mistakes, *resolver.notes])
        attempt.mistakes = [*layered.mistakes, *resolver.mistakes]
        if isinstance(tree, Section):
            attempt.tree = tree
            attempt.settings = self._validated(tree, resolver, attempt.mistakes)
        return attempt

    def _validated(self, tree: Section, resolver: Resolver, mistakes: list[Mistake]) -> M | None:
        data = plain(tree)
        try:
            return self._model.model_validate(data)
        except ValidationError as error:
            errors = error.errors(include_url=False, include_input=False)
        except Exception as error:  # noqa: BLE001  (a plugin's validator may raise anything)
            mistakes.append(self._crash(tree, error))
            return None
        found = faults(errors[:_MOST_FAULTS], tree, self._shape)
        mistakes += [mistake_of(fault, resolver.values, self._shape) for fault in found]
        return None

    def _crash(self, tree: Section, error: Exception) -> Mistake:
        # Its text is not shown: it may hold a secret, and says nothing to a household.
        what = f"could not be checked ({type(error).__name__}): this is a defect of the program, not of your file"
        key = next(self._culprits(tree), "")
        origin = origin_of(tree, (key,)) if key else tree.origin
        return Mistake(origin=origin, key=key, what=what)

    def _culprits(self, tree: Section) -> Iterator[str]:
        for key, node in tree.nodes.items():
            try:
                self._model.model_validate({key: plain(node)})
            except ValidationError:
                continue
            except Exception:  # noqa: BLE001  (this is the one that is sought)
                yield key


def _clear_notes(tree: Section, file: Path) -> Iterator[Mistake]:
    for path, node in clear_secrets(tree):
        if node.origin.kind is not OriginKind.FILE:
            continue
        who = ", and every user of this computer may read the file" if _others_may_read(file) else ""
        yield Mistake(
            origin=node.origin,
            key=dotted(path),
            what=f"a secret is written in clear{who}",
            hint="keep it elsewhere: `!file PATH` or `!env NAME`",
        )


def _others_may_read(file: Path) -> bool:
    try:
        return bool(file.stat().st_mode & _OTHERS_MAY_READ)
    except (OSError, ValueError):
        return False
