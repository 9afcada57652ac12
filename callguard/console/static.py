"""Style sheet, scripts and icons, under addresses that change with their content."""

import mimetypes

from aiohttp import web

from callguard.console.render import STATIC

_FOR_EVER = "public, max-age=31536000, immutable"


def mount(app: web.Application) -> None:
    """Serve the static files."""
    app.router.add_get("/static/{digest}/{name:.+}", _serve, name="static")


async def _serve(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    parts = name.split("/")
    if not all(part and not part.startswith(".") and "\\" not in part for part in parts):
        raise web.HTTPNotFound
    file = STATIC.joinpath(*parts)
    if not file.is_file():
        raise web.HTTPNotFound
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return web.Response(body=file.read_bytes(), content_type=kind, headers={"Cache-Control": _FOR_EVER})
