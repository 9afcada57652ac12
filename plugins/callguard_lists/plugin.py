"""The check whether a caller is on one of the lists that the household points to, and the commands about them."""

import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError

from callguard import (
    JSON,
    LIST_PHRASES,
    Call,
    Command,
    Disclosure,
    Evidence,
    FetchError,
    Home,
    Limits,
    ListMode,
    RuleKind,
    RuleList,
    SubscribedList,
    Subscription,
    complaint_weight,
    evidence_of,
    hookimpl,
    shown_url,
)
from callguard_lists.catalogue import catalogue
from callguard_lists.gathering import MOST_BYTES, check_file, check_type, gather, preview_of
from callguard_lists.settings import ListsConfig, Plan, Source, plan_of, plans_of

_BUILD = "callguard_lists.building:build"
_PREVIEW = "callguard_lists.building:preview"
_PREVIEW_WITHIN = 60.0
_FROM_OUTSIDE = Limits()
# Whoever edits a file of one's own may make it ten times longer, or have a bad row among three.
_OWN_FILE = Limits(at_least=0.1, at_most=float("inf"), rejected=0.5, known_bad=0.0)


class Lists:
    """Keeps the lists of the household and says which of them a caller is on."""

    Config = ListsConfig
    phrases: ClassVar[Mapping[str, str]] = {
        **LIST_PHRASES,
        # Most of these lists know no days.
        "listed-number": "{title}: {number} is on the list ({category}; reports: {reports})",
    }
    offline_commands = frozenset({"lists-catalogue", "lists-preview"})

    def __init__(self, config: ListsConfig, home: Home) -> None:
        self._home = home
        self._added = {source.catalogue for source in config.sources.values()} - {""}
        # Reading YAML takes longer than the rest of the plugin, so only who uses the catalogue waits for it.
        plans = plans_of(config, catalogue() if self._added else {}, home.country)
        self._lists = [(plan, _subscription(plan, home)) for plan in plans]

    @property
    def discloses(self) -> Sequence[Disclosure]:
        """Say what the servers of the lists learn."""
        return [
            Disclosure(
                to=shown_url(plan.url),
                what="your internet address, and which version of the list you have; nothing about calls",
                when=f"whenever the list {plan.title} is brought up to date",
                active=plan.mode is not ListMode.OFF,
            )
            for plan, _ in self._lists
            if plan.url
        ]

    @hookimpl
    def number_lists(self) -> Sequence[SubscribedList]:
        """Return the lists, so that the house keeps them up to date."""
        return [subscription for _, subscription in self._lists]

    @hookimpl
    def check_call(self, call: Call) -> Sequence[Evidence] | None:
        """Say what each list that is on knows of the caller's number, shown or asserted."""
        found = [
            self._evidence(plan, subscription, call.caller.numbers)
            for plan, subscription in self._lists
            if plan.mode is not ListMode.OFF and call.caller.numbers
        ]
        return found or None

    @hookimpl
    def register_commands(self) -> Mapping[str, Command]:
        """Offer the catalogue, and a look at a list before it is added."""
        return {"lists-catalogue": self.catalogue, "lists-preview": self.preview}

    async def catalogue(self, _arguments: Mapping[str, Any]) -> Mapping[str, JSON]:
        """Return the lists that CallGuard knows of, by name, each with what the household has of it."""
        return {name: {**listed.facts(), "added": name in self._added} for name, listed in catalogue().items()}

    async def preview(self, arguments: Mapping[str, Any]) -> Mapping[str, JSON]:
        """Return what is on the list that the settings of a source (`url` or `file` …) mean; nothing is kept.

        ValueError says what is wrong with the settings, or why no list can be had.
        """
        plan = _plan_of(arguments, self._home.country)
        known = _known(self._home)
        # The disk of the lists has room for another; a house that never ran has no folder, and gets none for a look.
        room = self._home.data_dir if self._home.data_dir.is_dir() else None
        with tempfile.TemporaryDirectory(dir=room, prefix="preview-") as folder:
            file = _readable(plan.file) if plan.file else await self._fetched(plan, Path(folder) / "list")
            now = self._home.clock.now().isoformat()
            answer = await self._home.apart(_PREVIEW, preview_of(plan, file, known, now), None)
        facts = answer if isinstance(answer, Mapping) else {}
        return {**facts, "known": _named(facts.get("known"), known), "title": plan.title, "country": plan.country}

    async def _fetched(self, plan: Plan, to: Path) -> Path:
        try:
            fetched = await self._home.web.fetch(plan.url, to=to, limit=MOST_BYTES, within=_PREVIEW_WITHIN)
            check_type(fetched)
        except FetchError as error:
            raise ValueError(str(error)) from error
        return to

    def _evidence(self, plan: Plan, subscription: Subscription, numbers: Sequence[str]) -> Evidence:
        """Return what the list says of the first of *numbers* that is on it, else of the number shown."""
        found = [(number, subscription.look_up(number)) for number in numbers]
        number, answer = next((pair for pair in found if pair[1].entry is not None), found[0])
        return evidence_of(
            answer,
            list_name=f"lists.{plan.name}",
            title=plan.title,
            number=number,
            mode=plan.mode,
            now=self._home.clock.now(),
            basis=plan.basis,
            weigh=complaint_weight if plan.weight is None else partial(_fixed, plan.weight),
        )


def _readable(file: Path) -> Path:
    try:
        check_file(file)
    except OSError as error:
        raise ValueError(str(error)) from error
    return file


def _subscription(plan: Plan, home: Home) -> Subscription:
    return Subscription(
        home,
        f"lists.{plan.name}",
        title=plan.title,
        mode=plan.mode,
        every=plan.every,
        stale_after=plan.stale_after,
        gather=partial(gather, plan, home),
        build=_BUILD,
        limits=_OWN_FILE if plan.file else _FROM_OUTSIDE,
    )


def _fixed(weight: int, _complaints: float) -> int:
    """Let every hit weigh the same."""
    return weight


def _plan_of(arguments: Mapping[str, Any], country: str) -> Plan:
    """Return the list that *arguments* (the settings of a source, and perhaps a `name`) describe."""
    settings = {key: value for key, value in arguments.items() if key not in {"name", "by"}}
    try:
        source = Source.model_validate(settings)
    except ValidationError as error:
        where = ((".".join(map(str, fault["loc"])), str(fault["msg"])) for fault in error.errors())
        raise ValueError("; ".join(f"{key}: {what}" if key else what for key, what in where)) from error
    return plan_of(str(arguments.get("name", "preview")), source, catalogue(), country)


def _known(home: Home) -> Mapping[str, str]:
    """Return the numbers that the household would not want to see on a list, and whose they are."""
    allowed = {
        rule.value: rule.note or "your allow list"
        for rule in home.household.rules()
        if rule.list in {RuleList.ALLOW, RuleList.NEVER_BLOCK} and rule.kind is RuleKind.EXACT
    }
    contacts = {number: contact.name for contact in home.household.contacts() for number in contact.numbers}
    own = {number: f"your own number ({line})" for line, number in home.numbers.items()}
    return allowed | contacts | own


def _named(found: JSON, known: Mapping[str, str]) -> Sequence[Mapping[str, JSON]]:
    if not isinstance(found, Mapping):
        return ()
    return [{"number": number, "entry": entry, "name": known.get(number, "")} for number, entry in found.items()]
