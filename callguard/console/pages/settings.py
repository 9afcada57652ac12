"""Settings: each with its value, where that comes from, and a form; what config.yaml states is locked."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import yaml
from aiohttp import web

from callguard.access import Right
from callguard.console.routing import Routes
from callguard.console.settingwords import PARTS, choices_of, is_basic, part_of, title_of, value_words
from callguard.console.visit import Form, Visit
from callguard.control.wire import RefusedError

_MASK = "***"
_LONGEST_YAML = 20_000
_ASKED_FIRST = {
    (
        "policy.profile",
        "contacts-only",
    ): "Only callers you know would ring: nobody else, not even a doctor.",
    ("policy.profile", "strict"): "Calls that are only likely to be a nuisance would be stopped too.",
    ("policy.unknown_callers", "block"): "Everybody whom neither you nor CallGuard knows would be blocked.",
    ("policy.unknown_callers", "screen"): "Everybody unknown would have to prove first that they are a person.",
    ("policy.withheld_callers", "block"): "Everybody who hides their number would be blocked: often hospitals do.",
    ("web.enabled", False): "These pages would go away. Only config.yaml or the command line can bring them back.",
    ("web.allow_remote", True): "Anybody on the internet who reaches this address could try passwords.",
}
"""What is asked before it is done: it keeps people from ringing, or oneself from coming back."""

Setting = Mapping[str, Any]
routes = Routes()


@routes.get("/settings", "settings", Right.ADMIN)
async def settings(visit: Visit) -> web.Response:
    """Show the settings, those most people want or all, and those a search finds."""
    return await _page(visit)


@routes.post("/settings", "setting-set", Right.ADMIN)
async def set_setting(visit: Visit) -> web.Response:
    """Make a setting, or take back what was set here."""
    form = await visit.form()
    known = await visit.ask("settings")
    setting = next((one for one in known if one["key"] == form.text("key")), None)
    if setting is None:
        raise web.HTTPNotFound
    try:
        value = None if form.ticked("reset") else _value(setting, form)
        question = _ASKED_FIRST.get((setting["key"], value)) if isinstance(value, str | bool) else None
        if question and not form.ticked("sure"):
            return await _page(visit, form=form, known=known, question=question, replay=await _replay(visit, form))
        done = await visit.ask("set-setting", key=setting["key"], value=value)
    except RefusedError as error:
        return await _page(visit, form=form, known=known, wrong=_why(setting, error))
    change, title = done["change"], title_of(setting)
    where = await visit.return_url(visit.url("settings")) + f"#{setting['key']}"
    if change is None:
        return visit.back(where, f"{title}: it was so already.")
    return visit.back(where, f"{title}: {'back to the default' if value is None else 'saved'}.", undo=change["id"])


async def _page(
    visit: Visit,
    *,
    form: Form | None = None,
    known: Sequence[Setting] | None = None,
    wrong: str = "",
    question: str = "",
    replay: Mapping[str, Any] | None = None,
) -> web.Response:
    search, everything = visit.asked("q").casefold(), visit.asked("all") == "yes"
    at = form.text("key") if form else ""
    found = [_shown(one) for one in (known or await visit.ask("settings"))]
    shown = [one for one in found if (one["key"] == at if at else _is_wanted(one, search, everything))]
    return await visit.page(
        "settings.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        parts=[(*words, name, [one for one in shown if one["part"] == name]) for name, words in PARTS.items()],
        hidden_count=len(found) - len(shown),
        search=visit.asked("q"),
        everything=everything,
        at=at,
        said=form.values() if form else {},
        back_to=await visit.return_url(visit.url("settings")) if form else "",
        wrong=wrong,
        question=question,
        replay=replay,
        as_yaml=_yaml_of(found),
    )


def _shown(setting: Setting) -> dict[str, Any]:
    """Return a setting with the words of the page."""
    kind = setting["kind"]
    return {
        **setting,
        "part": part_of(setting),
        "title": title_of(setting),
        "basic": is_basic(setting),
        "words": value_words(setting),
        "choices": choices_of(setting) if kind == "choice" else [],
        "typed": _typed(setting),
        "copied": "" if kind == "secret" else _yaml_of([setting], every=True),
        "origin_words": _origin_words(setting),
    }


def _typed(setting: Setting) -> str:
    """Return the value as it stands in the field of a form."""
    value, kind = setting["value"], setting["kind"]
    if kind == "secret":
        return ""
    if kind == "json":
        return str(setting["yaml"])
    if kind == "texts":
        return "\n".join(str(item) for item in value or [])
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _is_wanted(setting: Setting, search: str, everything: bool) -> bool:
    if search:
        return search in " ".join((setting["key"], setting["title"], setting["description"])).casefold()
    return everything or bool(setting["basic"])


def _origin_words(setting: Setting) -> str:
    origin = setting["origin"]
    if origin["kind"] == "console":
        return f"set here by {setting['set_by']}" if setting["set_by"] else "set here"
    return "default" if origin["kind"] == "default" else str(origin["text"])


def _value(setting: Setting, form: Form) -> Any:
    """Return what somebody typed as the value of the setting; RefusedError if it cannot be read."""
    kind, text = setting["kind"], form.text("value")
    if kind == "yes-no":
        return text == "yes"
    if kind == "texts":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if kind == "json":
        return _from_yaml(form.text("value"))
    if kind == "secret":
        secret = form.secret("value")
        return secret if secret else _MASK
    if kind == "choice" and not text:
        return None
    return text


def _from_yaml(text: str) -> Any:
    """Read YAML without guessing types: a telephone number stays a text, as in config.yaml."""
    if len(text) >= _LONGEST_YAML:
        raise RefusedError("that is too long for this page: write it into config.yaml")
    try:
        events = list(yaml.parse(text, Loader=yaml.SafeLoader))
        if any(isinstance(event, yaml.AliasEvent) for event in events):
            raise RefusedError("write every entry out: aliases (*name) are not read here")
        found = yaml.load(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise RefusedError(f"{where}{getattr(error, 'problem', None) or 'that is no YAML'}") from error
    return found if found not in ("", None) else None


def _why(setting: Setting, error: RefusedError) -> str:
    text = str(error).removeprefix(f"{setting['key']}: ")
    return f"{text[:1].upper()}{text[1:]}."


async def _replay(visit: Visit, form: Form) -> Mapping[str, Any] | None:
    """Return what the change would have done to past calls; None where that cannot be told."""
    key, value = form.text("key"), form.text("value")
    if not key.startswith("policy."):
        return None
    try:
        found: Mapping[str, Any] = await visit.ask("replay", settings=[f"{key}={value}"])
    except RefusedError:
        return None
    return found


def _yaml_of(settings: Sequence[Setting], *, every: bool = False) -> str:
    """Return settings as they would stand in config.yaml: those made here, or *every* one; never a secret."""
    tree: dict[str, Any] = {}
    for setting in settings:
        if setting["kind"] == "secret" or not (every or setting["origin"]["kind"] == "console"):
            continue
        *steps, last = str(setting["key"]).split(".")
        place = tree
        for step in steps:
            place = place.setdefault(step, {})
        place[last] = _plain(setting["value"])
    return str(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=100)) if tree else ""


def _plain(value: Any) -> Any:
    """Return a value without parts that YAML would write as references to each other."""
    return json.loads(json.dumps(value))
