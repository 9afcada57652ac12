"""The web application: every address of the console, and what every request passes on its way."""

import logging
from typing import NoReturn

from aiohttp import web
from yarl import URL

from callguard.console import bodies, errors, headers, identity, static
from callguard.console.gate import Entrance, Knock, Refusal, same_origin, within
from callguard.console.kernel import Kernel
from callguard.console.pages import all_routes
from callguard.console.problems import Trouble, problem
from callguard.console.render import Addresses
from callguard.console.routing import Route
from callguard.console.visit import Visit

_log = logging.getLogger(__name__)
_FOREIGN = (
    "This was not asked by a page of CallGuard. Reload the page and try again; if there is a proxy, see to it that "
    "it passes on Host and X-Forwarded-Proto."
)


def application(kernel: Kernel) -> web.Application:
    """Return the console, ready to be served."""
    app = web.Application()
    app.router.add_route("*", r"/{anything:[\s\S]*}", _Front(kernel).answer)
    app.on_shutdown.append(lambda _: _send_home(kernel))
    app.on_response_prepare.append(headers.adding(embed=kernel.launch.web.embed))
    return app


async def _send_home(kernel: Kernel) -> None:
    kernel.feed.close()


class _Front:
    """Takes every request through the gate to the page it asks for; there is no other way to one."""

    def __init__(self, kernel: Kernel) -> None:
        routes = all_routes()
        self._kernel = kernel
        self._paths = {route.name: route.path for route in routes}
        self._plan = web.UrlDispatcher()
        self._planned: dict[object, Route] = {}
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        async def stand_in(request: web.Request) -> NoReturn:
            raise NotImplementedError

        self._planned[stand_in] = route
        for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
            self._plan.add_route(method, route.path, stand_in)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        self._kernel.crowd.spoke(request.protocol, self._kernel.clock.monotonic())
        entrance = self._kernel.gate.enter(_knock(request))
        if isinstance(entrance, Refusal):
            _log.info("refused %s: %s", request.remote, entrance.why)
            if "/api/" in request.path:
                return problem(Trouble(entrance.status, entrance.why, entrance.cure))
            return web.Response(status=entrance.status, text=f"{entrance.why}\n{entrance.cure}\n")
        path = within(request.rel_url.raw_path, entrance.prefix, self._kernel.launch.web.base_path)
        if path.startswith(static.PATH):
            return static.answer(request, path)
        url = URL.build(path=path, query_string=request.rel_url.raw_query_string, encoded=True)
        match = await self._plan.resolve(request.clone(rel_url=url))
        route = self._planned.get(match.handler)
        visit = Visit(
            request=request.clone(rel_url=url, client_max_size=route.most if route else 1),
            kernel=self._kernel,
            addresses=Addresses(self._paths, entrance.prefix),
            route=route.name if route else "",
            part=dict(match),
            address=entrance.address,
            prefix=entrance.prefix,
            secure=entrance.scheme == "https",
        )
        try:
            return await _received(visit, entrance, route or match.http_exception or web.HTTPNotFound())
        except (Exception, web.HTTPException) as error:  # noqa: BLE001  (a page that fails must not end the console)
            return await errors.page_of(visit, error)


async def _received(visit: Visit, entrance: Entrance, route: Route | web.HTTPException) -> web.StreamResponse:
    identity.recognise(visit)
    if isinstance(route, web.HTTPException):
        raise route
    if route.api and route.right is not None and not visit.rights:
        return identity.ask_to_sign_in(visit)
    if not visit.token and not same_origin(visit.request.method, visit.request.headers, entrance):
        raise web.HTTPForbidden(reason=_FOREIGN)
    if route.right is not None and not visit.may(route.right):
        return identity.ask_to_sign_in(visit)
    bodies.refuse_unfit(visit, route)
    with bodies.received_in_time(visit.request, route.most):
        return await route.handler(visit)


def _knock(request: web.Request) -> Knock:
    sockname = request.get_extra_info("sockname")
    return Knock(
        method=request.method,
        peer=request.remote or "",
        here=sockname[0] if sockname else "",
        host=request.host if len(request.headers.getall("Host", [])) == 1 else None,
        secure=request.secure,
        headers=request.headers,
    )
