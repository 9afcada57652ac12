"""Rules, the changes of everything, expecting a call, and what changes would have done to past calls."""

from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from callguard.access import Right
from callguard.console.api.resource import (
    Api,
    Body,
    Limit,
    Line,
    Moment,
    Query,
    answer,
    body,
    created,
    cursor_of,
    found,
    number_in_path,
    paged,
    place_of,
    refuse_stale,
)
from callguard.console.undoing import change_of, must_not_undo
from callguard.console.visit import Visit
from callguard.model.numberlist import ListMode
from callguard.model.rule import RuleKind, RuleList

routes = Api()
_MOST_RULES = 10_000
_MOST_BYTES = 8_000_000
_BULK_WITHIN = 60.0
_REPLAY_WITHIN = 120.0
_LONGEST = 10 * 366 * 86400
_OF_ONE_CALLER = (None, RuleKind.EXACT, RuleKind.PRESENTATION)
_COUNTED = ("key", "hits", "last_hit_at")
"""What changes without anybody changing the rule."""
_Seconds = Annotated[int, Field(ge=1, le=_LONGEST)]
Facts = dict[str, Any]


class _Rule(Body):
    """A rule as somebody wishes it."""

    list: Literal[RuleList.NEVER_BLOCK, RuleList.ALLOW, RuleList.BLOCK]
    value: Annotated[str, Field(min_length=1, max_length=500)]
    kind: RuleKind | None = None
    note: Line = ""
    line: Line = ""
    hours: Line = ""
    until: Moment | None = None
    seconds: _Seconds | None = None
    uses: Annotated[int, Field(ge=1, le=1000)] | None = None

    @property
    def wide(self) -> bool:
        """Whether it is about more than one caller, or cannot be outdone."""
        return self.list is RuleList.NEVER_BLOCK or self.kind not in _OF_ONE_CALLER or "*" in self.value

    def facts(self) -> Facts:
        """Return it as the house is asked for it."""
        return self.model_dump(mode="json", exclude_none=True)


class _Rules(Body):
    rules: Annotated[list[_Rule], Field(max_length=_MOST_RULES)]
    subject: Line = ""
    dry_run: bool = False


class _Expected(Body):
    seconds: _Seconds | None = None
    until: Moment | None = None
    tonight: bool = False
    next_call: bool = False
    number: Line = ""
    line: Line = ""
    note: Line = ""


class _Trial(Body):
    """What would be different."""

    add: Annotated[list[_Rule], Field(max_length=1000)] = Field(default_factory=list)
    remove: Annotated[list[Annotated[int, Field(ge=1)]], Field(max_length=1000)] = Field(default_factory=list)
    lists: Annotated[dict[Line, ListMode], Field(max_length=100)] = Field(default_factory=dict)
    settings: Annotated[dict[Line, Line], Field(max_length=100)] = Field(default_factory=dict)
    seconds: _Seconds | None = None

    def facts(self) -> Facts:
        """Return it as the house is asked for it."""
        asked: Facts = {
            "rules": [*(f"remove {number}" for number in self.remove), *(one.facts() for one in self.add)],
            "lists": [f"{name}={mode}" for name, mode in self.lists.items()],
            "settings": [f"{key}={value}" for key, value in self.settings.items()],
        }
        return asked | ({"seconds": self.seconds} if self.seconds else {})


class _Listed(Query):
    list: RuleList | None = None


class _Changes(Query):
    who: Line = ""
    cursor: Line = ""
    limit: Limit = 50


@routes.asking(_Listed, "GET", "/rules", "rules")
async def rules(visit: Visit, asked: _Listed) -> web.Response:
    """Answer with the rules, those of config.yaml too."""
    return answer(visit, {"rules": await visit.ask("rules", list=asked.list.value if asked.list else "")})


@routes.on("POST", "/rules", "rule-add", Right.CALLS)
async def add(visit: Visit) -> web.Response:
    """Put a rule in force; the same rule once more is the same rule."""
    wanted = await body(visit, _Rule)
    _refuse_wide(visit, wide=wanted.wide)
    done = await visit.ask("add-rule", **wanted.facts())
    return answer(visit, done) if done["change"] is None else created(visit, done, "api-rule", id=done["rule"]["id"])


@routes.on("POST", "/rule-batches", "rules-bulk", Right.LISTS, most=_MOST_BYTES)
async def bulk(visit: Visit) -> web.Response:
    """Put many rules in force as one change."""
    wanted = await body(visit, _Rules)
    asked = {"rules": [one.facts() for one in wanted.rules], "subject": wanted.subject, "dry_run": wanted.dry_run}
    return answer(visit, await visit.ask("add-rules", _BULK_WITHIN, **asked))


@routes.on("GET", "/rules/{id}", "rule")
async def rule(visit: Visit) -> web.Response:
    """Answer with one rule that is not stated in config.yaml."""
    return answer(visit, await _rule(visit))


@routes.on("PUT", "/rules/{id}", "rule-replace", Right.CALLS)
async def replace(visit: Visit) -> web.Response:
    """Put another rule in its place, in one change."""
    wanted = await body(visit, _Rule)
    former = await _rule(visit)
    refuse_stale(visit, former)
    _refuse_wide(visit, wide=wanted.wide or _is_wide(former))
    done = await visit.ask("add-rule", **wanted.facts(), instead_of=former["id"])
    return answer(visit, done, headers={"Content-Location": visit.url("api-rule", id=done["rule"]["id"])})


@routes.on("DELETE", "/rules/{id}", "rule-remove", Right.CALLS)
async def remove(visit: Visit) -> web.Response:
    """Take a rule out of force."""
    former = await _rule(visit)
    refuse_stale(visit, former)
    _refuse_wide(visit, wide=_is_wide(former))
    return answer(visit, await visit.ask("remove-rule", id=former["id"]))


@routes.on("POST", "/expect", "expect", Right.CALLS)
async def expect(visit: Visit) -> web.Response:
    """Let everybody ring for a while, or one call."""
    wanted = await body(visit, _Expected, optional=True)
    done = await visit.ask("expect", **wanted.model_dump(mode="json", exclude_none=True))
    return answer(visit, done) if done["change"] is None else created(visit, done, "api-rule", id=done["rule"]["id"])


@routes.on("POST", "/replay", "replay", Right.LISTS)
async def replay(visit: Visit) -> web.Response:
    """Answer with what changes would have done to past calls; nothing is changed."""
    wanted = await body(visit, _Trial)
    return answer(visit, await visit.ask("replay", _REPLAY_WITHIN, **wanted.facts()))


@routes.asking(_Changes, "GET", "/changes", "changes")
async def changes(visit: Visit, asked: _Changes) -> web.Response:
    """Answer with what was changed, newest first."""
    place = place_of(asked.cursor, int)
    older = {"before": place[0]} if place else {}
    seen = await visit.ask("changes", limit=asked.limit, who=asked.who, **older)
    full = len(seen) == asked.limit
    return paged(visit, {"changes": seen}, "api-changes", cursor_of(seen[-1]["id"]) if full else None)


@routes.on("POST", "/changes/{id}/undo", "undo", Right.CALLS)
async def undo(visit: Visit) -> web.Response:
    """Take a change back; that is a change, too."""
    change = await change_of(visit, visit.part["id"])
    if must_not_undo(visit, change):
        raise web.HTTPForbidden(reason="Taking that back needs another right.")
    return answer(visit, await visit.ask("undo", change=change["id"]))


async def _rule(visit: Visit) -> Facts:
    number = number_in_path(visit)
    own = [one for one in await visit.ask("rules") if not one["locked"]]
    return {key: value for key, value in found(own, "id", number).items() if key not in _COUNTED}


def _is_wide(rule: Facts) -> bool:
    return rule["list"] == RuleList.NEVER_BLOCK or rule["kind"] not in _OF_ONE_CALLER


def _refuse_wide(visit: Visit, *, wide: bool) -> None:
    if wide and not visit.may(Right.LISTS):
        raise web.HTTPForbidden(reason="A rule about more than one caller needs the right `lists`.")
