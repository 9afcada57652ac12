"""Style sheet, scripts and icons, under addresses that change with their content."""

import gzip
import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources.abc import Traversable

from aiohttp import web

from callguard.console.render import STATIC, digest

PATH = "/static/"
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    packed: bytes
    kind: str
    digest: str


def answer(request: web.Request, path: str) -> web.Response:
    """Return the file at `/static/DIGEST/NAME`; it is kept for ever by whoever asks for the content that it has."""
    wanted, _, name = path.removeprefix(PATH).partition("/")
    file = _files().get(name)
    if file is None or request.method not in ("GET", "HEAD"):
        return web.Response(status=404, text="There is no such file.\n")
    headers = {"Vary": "Accept-Encoding"}
    if wanted == file.digest:
        headers["Cache-Control"] = _FOR_EVER
    content = file.content
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"], content = "gzip", file.packed
    return web.Response(body=content, content_type=file.kind, headers=headers)


@cache
def _files() -> Mapping[str, _File]:
    """Read everything once: nothing that is asked for later is looked up on the disk."""
    return dict(_below(STATIC, ""))


def _below(folder: Traversable, path: str) -> Iterator[tuple[str, _File]]:
    for one in folder.iterdir():
        name = path + one.name
        if one.is_dir():
            yield from _below(one, f"{name}/")
        else:
            content = one.read_bytes()
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            yield name, _File(content, gzip.compress(content, mtime=0), kind, digest(name))
