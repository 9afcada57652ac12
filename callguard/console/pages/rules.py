"""The household's own lists: what is on them, what each rule was worth, and rules tried before they are made."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import islice
from typing import Any

from aiohttp import web

from callguard.access import Right
from callguard.console import ruleform
from callguard.console.numberlines import number_lines, text_of
from callguard.console.routing import Routes
from callguard.console.slices import slice_of
from callguard.console.visit import Form, Visit
from callguard.console.wording import count, moment
from callguard.control.wire import RefusedError
from callguard.model.rule import RuleKind, RuleList
from callguard.model.text import plain

routes = Routes()
PAGE = 200
_OF_ONE_CALLER = frozenset({RuleKind.EXACT, RuleKind.PRESENTATION})
"""Kinds of rules that the buttons beside a call make."""
_IMPORTED = (RuleList.BLOCK, RuleList.ALLOW, RuleList.NEVER_BLOCK)
_MOST_IMPORTED = 10_000
_LARGEST_IMPORT = 2 << 20
_SHOWN_TEXT = 20_000
_IDLE_AFTER = timedelta(days=30)
_SORTS = (("", "Newest first"), ("hits", "Most hits"), ("idle", "Not used in 30 days"))
_VERBS = {
    RuleList.BLOCK: "Block",
    RuleList.ALLOW: "Allow",
    RuleList.NEVER_BLOCK: "Never block",
    RuleList.EXPECTED: "Expect a call",
}
_DONE = {
    RuleList.NEVER_BLOCK: "Never blocked from now on",
    RuleList.ALLOW: "Allowed",
    RuleList.EXPECTED: "Expected",
    RuleList.BLOCK: "Blocked",
}


@routes.get("/rules", "rules")
async def rules(visit: Visit) -> web.StreamResponse:
    """Show the rules that are wanted, list by list as the ladder walks them."""
    said = {key: visit.asked(key).strip() for key in ("list", "q", "sort")}
    everything = [_shown(visit, rule) for rule in await visit.known("rules")]
    found = _sorted([rule for rule in everything if _is_wanted(rule, said)], said["sort"])
    page = slice_of(visit, "rules", found, PAGE, **said)
    return await visit.page(
        "rules.html",
        page=page,
        sections=[(*words, [r for r in page.items if r["list"] == on]) for on, words in ruleform.LISTS.items()],
        lists=_list_chips(visit, everything, said),
        orders=[_chip(visit, words, {**said, "sort": sort}, "sort") for sort, words in _SORTS],
        said=said,
    )


@routes.get("/rules/new", "rule-new", Right.LISTS)
async def new(visit: Visit) -> web.StreamResponse:
    """Show the form for a rule: an empty one, one about a number, or one that is to be changed."""
    number = visit.asked("rule")
    if not number:
        values = ruleform.blank(visit.asked("kind"), visit.asked("list"))
        values |= {name: visit.asked(name) for name in ("value", "note", "line")}
        return await _form(visit, values)
    rule = await _rule(visit, number)
    values = ruleform.of_rule(rule, visit.now())
    values |= {"yaml": ruleform.yaml_of(rule)}
    if visit.asked("kind") in ruleform.KINDS and visit.asked("kind") != rule["kind"]:
        values |= {"kind": visit.asked("kind"), "value": ""}
    return await _form(visit, values)


@routes.post("/rules/preview", "rule-preview", Right.LISTS)
async def preview(visit: Visit) -> web.StreamResponse:
    """Show what the rule in the form would have changed about past calls; or keep it, if that is wanted."""
    form = await visit.form()
    values = ruleform.filled(form)
    try:
        if form.text("do") == "save":
            return await _kept(visit, ruleform.arguments(values), visit.url("rules"))
        tried = await visit.ask("replay", rules=ruleform.on_past_calls(values))
    except RefusedError as error:
        mistakes = ruleform.misplaced(plain(str(error), 400), values["kind"])
        return await _form(visit, values, mistakes, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return await _form(visit, values, replay=tried)


@routes.post("/rules/add", "rule-add", Right.CALLS)
async def add(visit: Visit) -> web.StreamResponse:
    """Put a rule in force, as the buttons beside calls and numbers ask for it."""
    form = await visit.form()
    asked: dict[str, Any] = {name: form.text(name) for name in ("list", "kind", "value", "line", "note")}
    asked |= {name: form.whole(name) for name in ("seconds", "uses")}
    if asked["list"] == RuleList.NEVER_BLOCK or asked["kind"] not in ("", *_OF_ONE_CALLER) or "*" in asked["value"]:
        _require_lists(visit)
    return await _kept(visit, asked, await visit.return_url(visit.url("rules")))


@routes.post("/rules/{rule}/remove", "rule-remove", Right.CALLS)
async def remove(visit: Visit) -> web.StreamResponse:
    """Take a rule away; the way back is on the next page."""
    rule = await _rule(visit, visit.part["rule"])
    if rule["kind"] not in _OF_ONE_CALLER or rule["list"] == RuleList.NEVER_BLOCK:
        _require_lists(visit)
    done = await visit.ask("remove-rule", id=rule["id"])
    said = f"Removed from {_mid(rule['list'])}: {rule['readable']}."
    return visit.back(await visit.return_url(visit.url("rules")), said, undo=done["change"]["id"])


@routes.get("/rules/import", "rules-import", Right.LISTS)
async def start_import(visit: Visit) -> web.StreamResponse:
    """Ask for a list of numbers."""
    return await _importing(visit, {"list": visit.asked("list") or RuleList.BLOCK})


@routes.post("/rules/import", "rules-import-plan", Right.LISTS, most=_LARGEST_IMPORT)
async def plan_import(visit: Visit) -> web.StreamResponse:
    """Show what would come of a list of numbers, before anything is done."""
    form = await visit.form()
    on = form.text("list") if form.text("list") in _IMPORTED else RuleList.BLOCK
    name, text = _brought(form)
    lines = list(islice(number_lines(text), _MOST_IMPORTED + 1))
    if not lines or len(lines) > _MOST_IMPORTED:
        why = "There is no number in it." if not lines else f"More than {_MOST_IMPORTED:,} numbers: add it as a list."
        return await _importing(visit, {"list": on, "text": text[:_SHOWN_TEXT]}, {"text": why})
    rules = [{"list": on, "value": one.number, "note": one.note} for one in lines]
    plan = await visit.ask("add-rules", rules=rules, dry_run=True)
    good = {one["index"] for one in plan["refused"]}
    subject = f"{plan['added']} numbers from {name}" if name else f"{plan['added']} pasted numbers"
    brought = {"rules": [rule for place, rule in enumerate(rules) if place not in good], "subject": subject}
    word = visit.kernel.waiting.put(visit.by, brought, visit.kernel.randomness, visit.now())
    refused = [(lines[one["index"]], one["why"]) for one in plan["refused"]]
    return await visit.page(
        "rules_plan.html", plan=plan, refused=refused, word=word, on=_mid(on), name=plain(name, 80)
    )


@routes.post("/rules/import/apply", "rules-import-apply", Right.LISTS)
async def apply_import(visit: Visit) -> web.StreamResponse:
    """Put the rules in force that were shown."""
    word = (await visit.form()).text("word")
    brought = visit.kernel.waiting.get(visit.by, word, visit.now())
    if brought is None:
        return visit.back(visit.url("rules-import"), "That was too long ago: choose the file again.", error=True)
    done = await visit.ask("add-rules", **brought)
    visit.kernel.waiting.drop(word)
    change = done["change"]
    return visit.back(visit.url("rules"), f"Added {count(done['added'], 'rule')}.", undo=change and change["id"])


async def _importing(
    visit: Visit, values: Mapping[str, str], mistakes: Mapping[str, str] | None = None
) -> web.StreamResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if mistakes else HTTPStatus.OK
    lists = [(on, ruleform.LISTS[on][0]) for on in _IMPORTED]
    return await visit.page("rules_import.html", status=status, values=values, errors=mistakes or {}, lists=lists)


def _brought(form: Form) -> tuple[str, str]:
    """Return the name of the file and its text; what was pasted has no name."""
    brought = form.file("file")
    return ("", form.text("text", longest=_LARGEST_IMPORT)) if brought is None else (brought[0], text_of(brought[1]))


async def _form(
    visit: Visit,
    values: Mapping[str, Any],
    mistakes: Mapping[str, str] | None = None,
    *,
    replay: Mapping[str, Any] | None = None,
    status: int = HTTPStatus.OK,
) -> web.StreamResponse:
    house = await visit.known("house")
    return await visit.page(
        "rule.html",
        status=status,
        values=values,
        kind=ruleform.KINDS[values["kind"]],
        kinds=ruleform.KINDS.values(),
        lists=[(on, words, ruleform.LISTS[on][1]) for on, words in _VERBS.items() if _is_offered(on, values)],
        days=ruleform.DAYS,
        ends=ruleform.ENDS,
        lines=[(name, name) for name in house["lines"]],
        errors=mistakes or {},
        replay=replay,
        yaml_text=values.get("yaml", ""),
    )


def _is_offered(on: str, values: Mapping[str, Any]) -> bool:
    """Tell whether a rule may be put on a list here; who is expected is said on the overview."""
    return on != RuleList.EXPECTED or values["list"] == on


async def _kept(visit: Visit, asked: Mapping[str, Any], where: str) -> web.Response:
    """Put a rule in force, and go *where* it is said what came of it."""
    answer = await visit.ask("add-rule", **asked)
    rule, change = answer["rule"], answer["change"]
    if change is None:
        return visit.back(where, f"{rule['readable']} is on {_mid(rule['list'])} already; nothing was changed.")
    words = [f"{_DONE[rule['list']]}: {rule['readable']}", *ruleform.limits(rule, visit.now())]
    return visit.back(where, f"{', '.join(words)}.{await _but(visit, answer)}", undo=change["id"])


async def _but(visit: Visit, answer: Mapping[str, Any]) -> str:
    """Say if the caller would be treated otherwise all the same."""
    rule = answer["rule"]
    if rule["kind"] == RuleKind.EXACT and not rule["hours"]:
        wanted = "block" if rule["list"] == RuleList.BLOCK else "ring"
        now = await visit.ask("try", number=rule["value"], line=rule["line"])
        return "" if now["action"] == wanted else f" But it would still {now['action']}: {now['reason']}."
    if answer["conflicts"] and rule["list"] == RuleList.BLOCK:
        return " Numbers on your allow list ring all the same."
    return ""


async def _rule(visit: Visit, number: str) -> Mapping[str, Any]:
    """Return the rule with that number; not found if it is not in force."""
    found = next((rule for rule in await visit.known("rules") if rule["id"] and str(rule["id"]) == number), None)
    if found is None:
        raise web.HTTPNotFound(reason="That rule is not in force any more.")
    rule: Mapping[str, Any] = found
    return rule


def _require_lists(visit: Visit) -> None:
    if not visit.may(Right.LISTS):
        raise web.HTTPForbidden(reason="You may look, but not do that.")


def _mid(on: str) -> str:
    """Return the name of a list as it stands in a sentence."""
    title = ruleform.LISTS[on][0]
    return title[0].lower() + title[1:] if title.startswith("Your") else f"the list “{title}”"


def _list_chips(visit: Visit, rules: Sequence[Mapping[str, Any]], said: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the lists that can be looked at alone, with how many rules are on them."""
    counts = {on: sum(rule["list"] == on for rule in rules) for on in ruleform.LISTS}
    found = [_chip(visit, f"All {len(rules):,}", {**said, "list": ""}, "list")]
    for on, (title, _, _) in ruleform.LISTS.items():
        if counts[on] or said["list"] == on:
            found.append(_chip(visit, f"{title} {counts[on]:,}", {**said, "list": on}, "list"))
    return found


def _chip(visit: Visit, words: str, said: Mapping[str, str], about: str) -> dict[str, str]:
    return {"name": said[about], "label": words, "url": visit.url("rules", **said)}


def _shown(visit: Visit, rule: Mapping[str, Any]) -> dict[str, Any]:
    now = visit.now()
    return {
        **rule,
        "kind_words": ruleform.KINDS[rule["kind"]].words,
        "limits": ruleform.limits(rule, now),
        "origin": ruleform.place_of(rule["origin"]),
        "idle": _is_idle(rule, now),
    }


def _is_idle(rule: Mapping[str, Any], now: datetime) -> bool:
    made = rule["created_at"]
    return bool(made) and not rule["hits"] and now - moment(made, now) > _IDLE_AFTER


def _is_wanted(rule: Mapping[str, Any], said: Mapping[str, str]) -> bool:
    if said["list"] not in ("", rule["list"]) or (said["sort"] == "idle" and not rule["idle"]):
        return False
    words = said["q"].casefold()
    digits = "".join(filter(str.isdecimal, words))
    texts = (rule["readable"], rule["note"], rule["value"], rule["kind_words"])
    return any(words in text.casefold() for text in texts) or (len(digits) > 2 and digits in rule["value"])


def _sorted(found: Sequence[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    newest = sorted(found, key=lambda rule: -int(rule["id"]))
    ladder = list(ruleform.LISTS)
    hits = sorted(newest, key=lambda rule: -int(rule["hits"])) if by == "hits" else newest
    return sorted(hits, key=lambda rule: ladder.index(rule["list"]))
