"""The hooks: every point at which a plugin takes part in the life of a call.

Read top to bottom, this file is the map. Every hook may be ``def`` or ``async def``; one that waits must be
``async def``. A hook that raises, hangs or returns nonsense costs only its own answer, and the record names it.
Each has a runnable example in docs/plugins/hooks.md.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pluggy

from callguard.model.call import Call
from callguard.model.complaint import Circumstances, Draft
from callguard.model.dnc import DncStatus
from callguard.model.evidence import Evidence
from callguard.model.health import Problem
from callguard.model.job import Job
from callguard.model.law import Jurisdiction
from callguard.model.line import Line
from callguard.model.numberlist import SubscribedList
from callguard.model.record import CallRecord
from callguard.model.rule import Rule
from callguard.model.service import Service

PROJECT = "callguard"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

CheckAnswer = Evidence | Sequence[Evidence] | None
Command = Callable[[Mapping[str, Any]], Awaitable[Any]]
"""A command of a plugin: JSON object in, JSON value out; ValueError is shown to the caller."""


@hookspec
def services() -> Sequence[Service]:  # type: ignore[empty-body]
    """Return what you keep running as long as the house does; asked once, started before the lines open."""


@hookspec
def open_lines() -> Sequence[Line] | Awaitable[Sequence[Line]]:  # type: ignore[empty-body]
    """Return the telephone lines this plugin drives; asked once, at the start."""


@hookspec
def check_call(call: Call) -> CheckAnswer | Awaitable[CheckAnswer]:
    """Say what you know about *call* from memory or disk, within milliseconds; None if you know nothing."""


@hookspec
def dnc_status(line: str, at: datetime) -> DncStatus | None:
    """Say whether *line* of the household was on a Do Not Call registry at the time *at*; from memory."""


@hookspec
def jurisdiction(line: str) -> Jurisdiction | None:
    """Return the rules on telemarketing that hold where *line* is, as data."""


@hookspec
def look_up_caller(call: Call) -> CheckAnswer | Awaitable[CheckAnswer]:
    """Ask somebody outside the house about *call*; only if the household opted in and nothing has decided yet."""


@hookspec
def call_finished(record: CallRecord) -> Awaitable[None] | None:
    """Learn how a call ended, after its record has been stored."""


@hookspec
def draft_complaint(record: CallRecord, household: Circumstances, agency: str) -> Draft | None:
    """Return a draft of a complaint about a call to *agency* (empty: the one that handles it); never submit it."""


@hookspec
def periodic_jobs() -> Sequence[Job]:  # type: ignore[empty-body]
    """Return the work you want done again and again; asked once, at the start."""


@hookspec
def stated_rules() -> Sequence[Rule]:  # type: ignore[empty-body]
    """Return the rules that you take from a file, so that they can be shown, locked, beside those in the store."""


@hookspec
def number_lists() -> Sequence[SubscribedList]:  # type: ignore[empty-body]
    """Return the lists you keep up to date; asked once, at the start. The house makes a job of each."""


@hookspec
def health() -> Sequence[Problem]:  # type: ignore[empty-body]
    """Return what is wrong now, each with its cure; asked often, so answer from memory."""


@hookspec
def register_commands() -> Mapping[str, Command]:  # type: ignore[empty-body]
    """Return commands for the running daemon, by name; the command line reaches them through its socket.

    Those in the plugin's attribute `offline_commands` are also answered where no daemon runs.
    """
