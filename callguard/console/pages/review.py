"""The review inbox: verdicts that rest on soft evidence, for somebody to say whether they were right."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiohttp import web

from callguard.access import Right
from callguard.console.routing import Routes
from callguard.console.rows import known, rows
from callguard.console.visit import Visit
from callguard.control.wire import RefusedError
from callguard.model.experience import Experience, Opinion, experience
from callguard.model.ident import looks_like_id
from callguard.model.number import pretty
from callguard.model.record import CallRecord
from callguard.model.rule import RuleList
from callguard.sentences import who
from callguard.store import BadCursorError, Filter

routes = Routes()
_PAGE = 20
_OPEN = Filter(opinion=Opinion.OPEN)
_NOTED = {
    Opinion.RIGHT: "Noted as right",
    Opinion.WRONG: "Noted as wrong",
    Opinion.OPEN: "To be reviewed again",
}
_DONE = {RuleList.ALLOW: "is allowed from now on", RuleList.BLOCK: "is blocked from now on"}


@routes.get("/review", "review")
async def review(visit: Visit) -> web.StreamResponse:
    """Show the calls that wait for an opinion, newest first."""
    before = visit.asked("before")
    try:
        page = await visit.read(lambda archive: archive.page(_PAGE, before or None, _OPEN))
    except BadCursorError:
        return visit.back(visit.url("review"))
    return await visit.page(
        "review.html",
        rows=await rows(visit, page.records),
        older=visit.url("review", before=page.next) if page.next else "",
        newest=visit.url("review") if before else "",
    )


@routes.post("/calls/{id}/opinion", "opinion", Right.CALLS)
async def opinion(visit: Visit) -> web.StreamResponse:
    """Keep what the household says of a verdict; where it was wrong, see to it that the next call fares better."""
    form, call_id = await visit.form(), visit.part["id"]
    where = await visit.return_url(visit.url("review"))
    record = await visit.read(lambda archive: archive.record(call_id))
    said = form.text("opinion")
    if record is None or said not in set(Opinion):
        raise web.HTTPNotFound(reason="There is no such call any more, or nothing was said of it.")
    repeated = [one for one in form.text("repeated").split()[:_PAGE] if looks_like_id(one)]
    noted = [(await visit.ask("opinion", id=call_id, opinion=said))["change"]]
    for one in repeated:
        with suppress(RefusedError):  # that call is gone by now
            noted.append((await visit.ask("opinion", id=one, opinion=said))["change"])
    about, rule = await _put_right(visit, record) if said == Opinion.WRONG else (f"{who(record.call)}.", None)
    undo, *also = [change["id"] for change in (*noted, rule) if change] or [None]
    return visit.back(where, f"{_NOTED[Opinion(said)]}: {about}", undo=undo, also=also)


async def _put_right(visit: Visit, record: CallRecord) -> tuple[str, Mapping[str, Any] | None]:
    """Allow a number that should have rung, or block one that should not; returns what to say, and the change."""
    call, number = record.call, record.call.caller.number
    if number is None:
        return f"{who(call)}. There is no number to make a rule for.", None
    on = RuleList.BLOCK if experience(record) is Experience.LET_THROUGH else RuleList.ALLOW
    readable = pretty(number, call.country)
    rule = (await known(visit)).rule_about(call)
    if rule is not None and rule["list"] == on and not rule["until"] and not rule["uses"]:
        return f"{readable} is on your {on.value} list already.", None
    try:
        added = await visit.ask("add-rule", list=on.value, kind="exact", value=number)
    except RefusedError as error:
        return f"{readable} could not be put on your {on.value} list: {error}", None
    return f"{readable} {_DONE[on]}.", added["change"]
