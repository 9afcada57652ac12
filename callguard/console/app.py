"""The web application: every address of the console, and what every request passes on its way."""

import platform
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from callguard.console import errors, headers, identity, static
from callguard.console.gate import Entrance, Gate, Knock, Refusal, same_origin
from callguard.console.kernel import Kernel
from callguard.console.pages import all_routes
from callguard.console.render import Addresses
from callguard.console.routing import Route
from callguard.console.visit import Visit

_Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
_ENTRANCE = web.RequestKey("entrance", Entrance)


def application(kernel: Kernel) -> web.Application:
    """Return the console, ready to be served."""
    routes = all_routes()
    gate = Gate(kernel.launch.web, platform.node(), kernel.access.anyone)
    app = web.Application(middlewares=[_gatekeeper(kernel, gate)], client_max_size=max(r.most for r in routes))
    static.mount(app)
    paths = {route.name: route.path for route in routes}
    for route in routes:
        app.router.add_route(route.method, route.path, _answering(kernel, route, paths))
    return app


def _gatekeeper(kernel: Kernel, gate: Gate) -> Callable[[web.Request, _Answer], Awaitable[web.StreamResponse]]:
    usual = headers.usual(embed=kernel.launch.web.embed)

    @web.middleware
    async def middleware(request: web.Request, answer: _Answer) -> web.StreamResponse:
        entered = gate.enter(_knock(request))
        if isinstance(entered, Refusal):
            response: web.StreamResponse = web.Response(
                status=entered.status, text=f"{entered.why}\n{entered.cure}\n"
            )
        else:
            request[_ENTRANCE] = entered
            response = await answer(request)
        if not response.prepared:
            for name, value in usual.items():
                response.headers.setdefault(name, value)
        return response

    return middleware


def _answering(kernel: Kernel, route: Route, paths: Mapping[str, str]) -> _Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        entrance = request[_ENTRANCE]
        visit = Visit(
            request=request,
            kernel=kernel,
            addresses=Addresses(paths, entrance.prefix),
            route=route.name,
            address=entrance.address,
            prefix=entrance.prefix,
            secure=entrance.scheme == "https",
        )
        try:
            await identity.recognise(visit)
            if not visit.token and not same_origin(request.method, request.headers, entrance):
                raise web.HTTPForbidden(reason="This was not asked by a page of CallGuard.")
            if route.right is not None and not visit.may(route.right):
                return identity.ask_to_sign_in(visit)
            return await route.handler(visit)
        except Exception as error:  # noqa: BLE001  (a page that fails must not end the console)
            return await errors.page_of(visit, error)

    return answer


def _knock(request: web.Request) -> Knock:
    sockname = request.transport.get_extra_info("sockname") if request.transport else None
    return Knock(
        method=request.method,
        peer=request.remote or "",
        here=sockname[0] if sockname else "",
        host=request.host if len(request.headers.getall("Host", [])) == 1 else None,
        secure=request.secure,
        headers=request.headers,
    )
