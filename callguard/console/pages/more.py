"""Everything there is, for phones, and help in a few words."""

from aiohttp import web

from callguard.console.routing import Routes
from callguard.console.visit import Visit

routes = Routes()


@routes.get("/more", "more")
async def more(visit: Visit) -> web.Response:
    """Show every screen with what it is for."""
    return await visit.page("more.html")


@routes.get("/help", "help")
async def help_page(visit: Visit) -> web.Response:
    """Explain how calls are judged, what the words mean, and where to read on."""
    return await visit.page("help.html")
