"""Every address of the API."""

from callguard.console.api import calls, complaints, contacts, lists, people, rules, settings, system
from callguard.console.routing import Routes

_PARTS = (system, calls, rules, lists, contacts, complaints, settings, people)

routes = Routes()
routes.all = [route for part in _PARTS for route in part.routes.all]
