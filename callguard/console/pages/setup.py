"""The first run: four short steps, of which only the first cannot be skipped."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from aiohttp import web

from callguard.access import AccessError, Right, hash_password, why_not_good_enough
from callguard.access.passwords import SALT_BITS
from callguard.console import identity
from callguard.console.hashing import BusyError
from callguard.console.registry import declare, registrations
from callguard.console.routing import Routes
from callguard.console.visit import Form, Visit
from callguard.control.wire import RefusedError
from callguard.model.country import country_name
from callguard.model.record import CallRecord
from callguard.sentences import headline, reason, who
from callguard.store import Archive, Filter

_LONGEST_BODY = 8 << 10
_STEPS = ("You", "Your line", "Unknown callers", "Try it")
_ACCOUNT, _LINE, _WISHES, _TEST = 1, 2, 3, 4
_SETUP = "set-up code"
"""The account against which attempts are counted while nobody has one."""
_BUSY_FOR = 5
_KINDS = {
    "fritzbox": ("FRITZ!Box", "Make a telephone for CallGuard in it (Telephony, Telephony Devices), and type in here "
                 "the user name and password you gave it.", "fritz.box"),
    "pbx": ("Other router or telephone system", "Anything that lets a SIP telephone register.", ""),
    "provider": ("VoIP provider", "The account they gave you; CallGuard registers there.", ""),
    "pretend": ("Pretend calls, to try it out", "No telephone is needed: CallGuard brings a small one along.", ""),
}  # fmt: skip
_PRESETS = {"asterisk": "Asterisk, FreePBX", "freeswitch": "FreeSWITCH", "kamailio": "Kamailio", "plain": "Another"}
_PROFILES = {
    "normal": ("Block known nuisance, let others ring", "Recommended. Two independent signals are needed to block."),
    "gentle": ("Only block what is certain", "Fewer mistakes, more nuisance."),
    "strict": ("Also block what is only likely", "Less nuisance, more mistakes."),
    "contacts-only": ("Only callers you know ring", "Nobody else reaches you: no doctor, no delivery, no school."),
}
_PRETEND_CALLER = "+13035550147"
_RINGS_FOR = 3.0

routes = Routes()


@routes.get("/setup", "setup", None)
async def setup(visit: Visit) -> web.Response:
    """Show the step that comes next; once somebody has an account only to administrators."""
    if not visit.kernel.access.anyone():
        return await _page(visit, _ACCOUNT)
    if visit.person is None:
        return visit.back(visit.url("sign-in"), "This house is set up already: sign in.")
    if not visit.may(Right.ADMIN):
        raise web.HTTPNotFound
    return await _page(visit, _step(visit))


@routes.post("/setup/account", "setup-account", None, most=_LONGEST_BODY)
async def account(visit: Visit) -> web.Response:
    """Let the first administrator in, who has the set-up code."""
    kernel, form, now = visit.kernel, await visit.form(), visit.kernel.clock.now()
    if kernel.access.anyone():
        return visit.back(visit.url("sign-in"), "This house is set up already: sign in.")
    wait = kernel.throttle.attempt(visit.address, _SETUP, known=False, now=kernel.clock.monotonic())
    if wait:
        return await _refused(visit, form, wait)
    if not kernel.access.use_setup_code(form.text("code"), now):
        return await _page(visit, _ACCOUNT, form=form, wrong={"code": "That is not the set-up code."})
    kernel.throttle.succeeded(visit.address, _SETUP, known=False)
    name, password = form.text("name"), form.secret("password")
    why = why_not_good_enough(password, name)
    if why:
        return await _page(visit, _ACCOUNT, form=form, wrong={"password": why})
    salt = kernel.randomness.bits(SALT_BITS)
    try:
        hashed = await kernel.hash(lambda: hash_password(password, salt), stranger=True)
        person = kernel.access.create_first_admin(form.text("code"), name, hashed, now)
    except BusyError:
        return await _refused(visit, form, _BUSY_FOR)
    except AccessError as error:
        return await _page(visit, _ACCOUNT, form=form, wrong={"name": _sentence(error)})
    if person is None:
        return await _page(visit, _ACCOUNT, form=form, wrong={"code": "That code is not good any more."})
    client = visit.request.headers.get("User-Agent", "")
    secret = kernel.access.begin_session(person.id, client=client, address=visit.address, stay=False, now=now)
    kernel.access.note_sign_in(person.name, visit.address, ok=True, now=now)
    response = visit.back(visit.url("setup", step=_LINE))
    identity.remember(visit, response, secret, stay=False)
    return response


@routes.post("/setup/line", "setup-line", Right.ADMIN)
async def line(visit: Visit) -> web.Response:
    """Connect a line, or pretend to."""
    form = await visit.form()
    kind = form.text("kind")
    try:
        if kind not in _KINDS:
            raise RefusedError("choose what the line hangs on")
        if form.text("country"):
            await visit.ask("set-setting", key="country", value=form.text("country"))
        wanted = await _pretend_line(visit) if kind == "pretend" else _account_of(form)
        await visit.ask("set-setting", key="sip.accounts", value=_with(await _accounts(visit), wanted))
    except RefusedError as error:
        return await _page(visit, _LINE, form=form, wrong={"line": _sentence(error)})
    return visit.back(visit.url("setup", step=_LINE, line=wanted["line"]))


@routes.post("/setup/wishes", "setup-wishes", Right.ADMIN)
async def wishes(visit: Visit) -> web.Response:
    """Note what shall become of unknown callers, and since when the lines are on the registry."""
    form = await visit.form()
    try:
        if form.text("profile") in _PROFILES:
            await visit.ask("set-setting", key="policy.profile", value=form.text("profile"))
    except RefusedError as error:
        return await _page(visit, _WISHES, form=form, wrong={"profile": _sentence(error)})
    for key, day in form.values().items():
        if key.startswith("registered:") and day:
            try:
                await declare(visit, key.removeprefix("registered:"), day)
            except RefusedError as error:
                return await _page(visit, _WISHES, form=form, wrong={key: _sentence(error)})
    return visit.back(visit.url("setup", step=_TEST))


@routes.post("/setup/ring", "setup-ring", Right.ADMIN)
async def ring(visit: Visit) -> web.Response:
    """Let a pretend caller ring."""
    await visit.ask("ring", number=_PRETEND_CALLER, name="Pretend caller", hold=_RINGS_FOR)
    return visit.back(await visit.return_url(visit.url("setup", step=_TEST)))


async def _page(
    visit: Visit, step: int, *, form: Form | None = None, wrong: Mapping[str, str] | None = None, status: int = 0
) -> web.Response:
    said = {key: text for key, text in form.values().items() if key != "password"} if form else {}
    context = await _CONTEXTS[step](visit) if step in _CONTEXTS else {}
    return await visit.page(
        "setup.html",
        status=status or (HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK),
        step=step,
        steps=_STEPS,
        said=said,
        wrong=wrong or {},
        **context,
    )


async def _line_context(visit: Visit) -> dict[str, object]:
    settings, lines = {one["key"]: one for one in await visit.ask("settings")}, await visit.ask("lines")
    name = visit.asked("line")
    shown = [one for one in lines if not name or one["name"] == name]
    return {
        "kinds": [(key, words, help_text) for key, (words, help_text, _) in _KINDS.items()],
        "presets": list(_PRESETS.items()),
        "countries": _countries(settings["country"]["value"]),
        "country": settings["country"],
        "accounts": settings.get("sip.accounts"),
        "lines": shown,
        "waiting": any(one["status"] == "starting" for one in shown) or bool(name and not shown),
        "again": visit.url("setup", step=_LINE, line=name),
        "usual": "Landline",
    }


async def _wishes_context(visit: Visit) -> dict[str, object]:
    settings = {one["key"]: one for one in await visit.ask("settings")}
    house = await visit.known("house")
    try:
        contacts = len((await visit.known("contacts-list"))["contacts"])
    except RefusedError:
        contacts = None
    return {
        "profile": settings["policy.profile"],
        "profiles": [(key, words, help_text) for key, (words, help_text) in _PROFILES.items()],
        "contacts": contacts,
        "registries": await registrations(visit, house["lines"]),
    }


async def _test_context(visit: Visit) -> dict[str, object]:
    since = _since(visit)
    found = await visit.read(lambda archive: archive.page(1, None, Filter(since=since)).records)
    settings = {one["key"]: one["value"] for one in await visit.ask("settings")}
    return {
        "lines": (await visit.ask("lines")),
        "call": await _told(visit, found[0]) if found else None,
        "again": visit.url("setup", step=_TEST, since=int(since.timestamp())),
        "can_ring": settings.get("simulator.enabled") is True,
    }


_CONTEXTS = {_LINE: _line_context, _WISHES: _wishes_context, _TEST: _test_context}


async def _told(visit: Visit, record: CallRecord) -> Mapping[str, Any]:
    phrases = await visit.read(Archive.phrases)
    return {
        "id": record.call.id,
        "at": record.call.received_at,
        "who": who(record.call),
        "headline": headline(record),
        "reason": reason(record, phrases),
    }


async def _accounts(visit: Visit) -> Sequence[Mapping[str, Any]]:
    settings = await visit.ask("settings")
    found = next((one for one in settings if one["key"] == "sip.accounts"), None)
    if found is None:
        raise RefusedError("the plugin for SIP lines is switched off (disabled_plugins)")
    if found["locked"]:
        raise RefusedError(f"the lines stand in {found['origin']['text']}, which CallGuard never changes")
    return found["value"] or []


def _with(accounts: Sequence[Mapping[str, Any]], wanted: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """Return the accounts with this one, in the place of one of that name."""
    return [*(one for one in accounts if one["line"] != wanted["line"]), wanted]


def _account_of(form: Form) -> dict[str, str]:
    kind = form.text("kind")
    preset = {"fritzbox": "fritzbox", "provider": "plain"}.get(kind) or form.text("preset", "plain")
    account = {
        "line": form.text("line") or "Landline",
        "registrar": form.text("registrar") or _KINDS[kind][2],
        "user": form.text("user"),
        "password": form.secret("password"),
        "preset": preset,
    }
    return {key: value for key, value in account.items() if value}


async def _pretend_line(visit: Visit) -> dict[str, str]:
    """Switch the pretend telephone company on, and return an account there with a password of its own."""
    settings = {one["key"]: one["value"] for one in await visit.ask("settings")}
    if "simulator.listen" not in settings:
        raise RefusedError("the plugin for pretend calls is switched off (disabled_plugins)")
    password = f"{visit.kernel.randomness.bits(64):016x}"
    for key, value in (("simulator.password", password), ("simulator.enabled", True)):
        await visit.ask("set-setting", key=key, value=value)
    registrar, user = settings["simulator.listen"], settings["simulator.user"]
    return {"line": "Pretend", "registrar": registrar, "user": user, "password": password, "preset": "plain"}


def _step(visit: Visit) -> int:
    text = visit.asked("step")
    return int(text) if text in ("2", "3", "4") else _LINE


def _since(visit: Visit) -> datetime:
    """Return from when on a call counts as the test; a moment ago, or when the waiting began."""
    text = visit.asked("since")
    now = visit.now()
    if text.isascii() and text.isdecimal() and len(text) < 12:
        return max(datetime.fromtimestamp(int(text), UTC), now - timedelta(hours=1))
    return now


def _countries(chosen: str) -> list[tuple[str, str]]:
    codes = sorted({"US", "CA", "GB", "NO", "DE", "AT", "CH", "FR", "NL", "AU", "NZ", "IE", chosen})
    return sorted(((code, country_name(code)) for code in codes), key=lambda one: one[1])


async def _refused(visit: Visit, form: Form, wait: float) -> web.Response:
    seconds = math.ceil(wait)
    wrong = {"code": f"Too many attempts. Wait {seconds} second{'' if seconds == 1 else 's'}, then try again."}
    response = await _page(visit, _ACCOUNT, form=form, wrong=wrong, status=HTTPStatus.TOO_MANY_REQUESTS)
    response.headers["Retry-After"] = str(seconds)
    return response


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
