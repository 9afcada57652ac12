"""Secrets that are kept outside config.yaml: `!env NAME` and `!file PATH`."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from callguard.config.mistakes import Mistake, dotted, shown
from callguard.config.shapes import AnyShape, EitherShape, Shape, ValueShape, is_secret_name, meaning_of, step_shape
from callguard.config.tree import Items, Node, Scalar, Section
from callguard.config.tree import Path as Key

_MOST_BYTES = 1 << 16
_MANAGED = ("/run/secrets/", "/run/credentials/")  # Docker and systemd guard these themselves


class _NoSecretError(Exception):
    """A secret cannot be had; the first argument says why, the second what to do."""


@dataclass(slots=True)
class Resolver:
    """Replaces references to secrets by their values, and remembers every secret it saw."""

    environment: Mapping[str, str] = field(repr=False)
    base_dir: Path
    mistakes: list[Mistake] = field(default_factory=list)
    notes: list[Mistake] = field(default_factory=list)
    values: set[str] = field(default_factory=set, repr=False)

    def resolved(self, node: Node, shape: Shape, path: Key = (), *, secret: bool = False) -> Node:
        """Return *node* with every secret in its place, marked so that it is never shown."""
        if isinstance(node, Section):
            nodes = {key: self._step(item, shape, (*path, key)) for key, item in node.nodes.items()}
            return Section(node.origin, nodes)
        if isinstance(node, Items):
            items = enumerate(node.nodes)
            inner = _step(shape, 0)
            return Items(node.origin, tuple(self.resolved(n, inner, (*path, i), secret=secret) for i, n in items))
        if isinstance(node, Scalar) and not node.broken:
            node = self._scalar(node, path, secret=secret or _is_secret(shape))
            meaning = meaning_of(shape, node.text)
            return node if meaning is None else replace(node, meaning=meaning)
        return node

    def _step(self, node: Node, shape: Shape, path: Key) -> Node:
        key = str(path[-1])
        return self.resolved(node, _step(shape, key), path, secret=is_secret_name(key))

    def _scalar(self, node: Scalar, path: Key, *, secret: bool) -> Scalar:
        if node.tag:
            node = self._fetched(node, path)
        elif secret:
            node = replace(node, secret=True)
        if node.secret and node.text:
            self.values.add(node.text)
        return node

    def _fetched(self, node: Scalar, path: Key) -> Scalar:
        try:
            text = self._from_environment(node.text) if node.tag == "env" else self._from_file(node, path)
        except _NoSecretError as error:
            what, hint = error.args
            self.mistakes.append(Mistake(origin=node.origin, key=dotted(path), what=what, hint=hint))
            return Scalar(node.origin, "", broken=True)
        return replace(node, text=text, secret=True)

    def _from_environment(self, name: str) -> str:
        if not name:
            raise _NoSecretError("!env needs the name of a variable", "write `!env NAME`")
        text = self.environment.get(name, "")
        if not text:
            how = "is empty" if name in self.environment else "is not set"
            raise _NoSecretError(f"the environment variable {shown(name)} {how}", "set it where CallGuard is started")
        return text

    def _from_file(self, node: Scalar, key: Key) -> str:
        if not node.text:
            raise _NoSecretError("!file needs the path of a file", "write `!file PATH`")
        path = self.base_dir / node.text
        name = shown(str(path), 200)
        try:
            text = self._read(path, name)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path, bytes that are no UTF-8
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not UTF-8 text"
            raise _NoSecretError(f"cannot read {name}: {reason}", "check the path and who may read it") from None
        self._note_readers(path, node, key)
        text = text.removesuffix("\n").removesuffix("\r")
        if not text:
            raise _NoSecretError(f"{name} is empty", "write the secret into it")
        return text

    def _read(self, path: Path, name: str) -> str:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise _NoSecretError(f"{name} is not a file", "give the path of a text file")
        if found.st_size > _MOST_BYTES:
            raise _NoSecretError(f"{name} is larger than {_MOST_BYTES >> 10} KiB", "a secret is one line")
        return path.read_text(encoding="utf-8")

    def _note_readers(self, path: Path, node: Scalar, key: Key) -> None:
        if path.stat().st_mode & stat.S_IROTH and not str(path).startswith(_MANAGED):
            what = f"every user of this computer may read {shown(str(path), 200)}"
            self.notes.append(Mistake(origin=node.origin, key=dotted(key), what=what, hint="chmod o-r it"))


def clear_secrets(node: Node, path: Key = ()) -> list[tuple[Key, Scalar]]:
    """Return the secrets in *node* that were typed themselves instead of where they are kept."""
    if isinstance(node, Scalar):
        return [(path, node)] if node.secret and not node.tag and node.text else []
    if isinstance(node, Section):
        return [found for key, item in node.nodes.items() for found in clear_secrets(item, (*path, key))]
    items = enumerate(node.nodes) if isinstance(node, Items) else ()
    return [found for index, item in items for found in clear_secrets(item, (*path, index))]


def secret_texts(node: Node) -> frozenset[str]:
    """Return every secret in *node*, wherever it is kept."""
    if isinstance(node, Scalar):
        return frozenset({node.text}) if node.secret and node.text else frozenset()
    inside = node.nodes.values() if isinstance(node, Section) else node.nodes if isinstance(node, Items) else ()
    return frozenset().union(*(secret_texts(item) for item in inside))


def _step(shape: Shape, step: str | int) -> Shape:
    options = shape.options if isinstance(shape, EitherShape) else (shape,)
    steps = [inner for option in options if (inner := step_shape(option, step)) is not None]
    secrets = (inner for inner in steps if _is_secret(inner))
    return next(secrets, steps[0] if steps else AnyShape())


def _is_secret(shape: Shape) -> bool:
    options = shape.options if isinstance(shape, EitherShape) else (shape,)
    return any(isinstance(option, ValueShape) and option.secret for option in options)
