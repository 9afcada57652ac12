"""Asks one plugin one thing, so that what it raises, returns or never returns stays its own affair."""

import asyncio
import inspect
import threading
import weakref
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import Any

from callguard.model.disclosure import Disclosure
from callguard.model.evidence import Evidence, Fact, Failure, FailureKind, Leaning, Rung
from callguard.model.text import plain

FAILURES_BEFORE_REST = 3
FIRST_REST = 30.0
LONGEST_REST = 3600.0
_MOST_FACTS = 32
_MOST_EVIDENCE = 64
_LONGEST_FACT = 500
_LONGEST_CODE = 64
_MOST_DISCLOSURES = 32
_WANTED_RUNGS = (Rung.EMERGENCY, Rung.ALLOW_LIST, Rung.CONTACTS, Rung.EXPECTED)


class NonsenseError(TypeError):
    """A plugin returned something that is no answer to what it was asked."""


_Asked = tuple[
    Callable[[], Any], asyncio.Future[Any], Callable[[asyncio.Future[Any], object, BaseException | None], None]
]


class Worker:
    """One daemon thread for the plain functions of a plugin that did not come with CallGuard.

    A hanging function then costs a thread and not the telephone line; the process can still end. The thread ends
    when nobody has the worker any more: a plugin is built anew whenever its settings change.
    """

    def __init__(self, name: str) -> None:
        self.busy = False
        self._name = name
        self._work: SimpleQueue[_Asked | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def submit(self, function: Callable[[], Any]) -> asyncio.Future[Any]:
        """Run *function* on the thread and return its future answer."""
        if self._thread is None:
            name = f"plugin-{self._name}"
            self._thread = threading.Thread(target=_serve, args=(self._work,), name=name, daemon=True)
            self._thread.start()
            weakref.finalize(self, self._work.put, None)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.busy = True
        self._work.put((function, future, self._deliver))
        return future

    def _deliver(self, future: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
        self.busy = False
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error if isinstance(error, Exception) else RuntimeError(repr(error)))


def _serve(work: "SimpleQueue[_Asked | None]") -> None:
    """Answer until there is no worker any more, or no loop to answer to."""
    while (asked := work.get()) is not None:
        function, future, deliver = asked
        result: Any = None
        error: BaseException | None = None
        try:
            result = function()
        except BaseException as raised:  # noqa: BLE001  (a plugin may raise anything, also SystemExit)
            error = raised
        try:
            future.get_loop().call_soon_threadsafe(deliver, future, result, error)
        except RuntimeError:
            return  # the loop has gone: so has the daemon
        del asked, function, future, deliver, result, error  # nothing of a plugin that is gone stays alive here


@dataclass(slots=True)
class Standing:
    """How a plugin has been doing; shown by `callguard plugins`."""

    asked: int = 0
    failed: int = 0
    in_a_row: int = 0
    milliseconds: float = 0.0
    last_error: str = ""
    last_failed_at: float = 0.0
    resting_until: float = 0.0

    def answered(self, milliseconds: float) -> None:
        """Count an answer."""
        self.asked += 1
        self.in_a_row = 0
        self.milliseconds += milliseconds

    def failed_to_answer(self, failure: Failure, now: float) -> None:
        """Count a failure; after several in a row the plugin rests, twice as long each time."""
        if failure.kind is FailureKind.RESTING:
            return
        self.asked += 1
        self.failed += 1
        self.in_a_row += 1
        self.last_error = failure.error or failure.kind.value
        self.last_failed_at = now
        if self.in_a_row >= FAILURES_BEFORE_REST:
            rest = FIRST_REST * 2 ** min(self.in_a_row - FAILURES_BEFORE_REST, 10)
            self.resting_until = now + min(rest, LONGEST_REST)


class Plugged:
    """One plugin as it sits in its socket."""

    def __init__(self, name: str, instance: object, *, shipped: bool, origin: str = "") -> None:
        self.name = name
        self.instance = instance
        self.shipped = shipped
        self.origin = origin
        self.standing = Standing()
        self.rungs = _rungs_of(instance)
        self.offline_commands: frozenset[str] = frozenset(getattr(instance, "offline_commands", ()))
        self._worker = None if shipped else Worker(name)

    def twin(self, rungs: tuple[Rung, ...]) -> "Plugged":
        """Return the same plugin with a standing of its own, for other questions, allowed to speak on *rungs*."""
        twin = Plugged(self.name, self.instance, shipped=self.shipped, origin=self.origin)
        twin.rungs = rungs
        return twin

    @property
    def phrases(self) -> dict[str, str]:
        """The sentences for its evidence codes."""
        given = getattr(self.instance, "phrases", {})
        return {str(code): str(text) for code, text in dict(given).items()}

    @property
    def discloses(self) -> tuple[Disclosure, ...]:
        """What it says that it tells others; NonsenseError if that cannot be understood."""
        given: object = getattr(self.instance, "discloses", ())
        if not isinstance(given, Sequence) or not all(isinstance(one, Disclosure) for one in given):
            raise NonsenseError("discloses must hold Disclosure")
        return tuple(_plain_disclosure(one) for one in given[:_MOST_DISCLOSURES])

    def begin(self, function: Callable[..., Any], *arguments: object) -> Any:
        """Call *function*; its result is the answer, or an awaitable of it."""
        if self._worker is None or inspect.iscoroutinefunction(function):
            return function(*arguments)
        return self._worker.submit(lambda: function(*arguments))

    @property
    def hangs(self) -> bool:
        """Whether a plain function of it has not come back yet."""
        return self._worker is not None and self._worker.busy

    def failure(self, kind: FailureKind, error: BaseException | str = "") -> Failure:
        """Return a failure of this plugin, in one harmless line."""
        text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        return Failure(source=self.name, kind=kind, error=plain(text), rungs=self.rungs)


async def settle(value: Awaitable[Any]) -> Any:
    """Await what a plugin gave us; SystemExit in there ends the plugin's answer, never the daemon."""
    try:
        result = await value
        while inspect.isawaitable(result):
            result = await result
    except (SystemExit, KeyboardInterrupt) as error:
        raise RuntimeError(f"tried to end the daemon: {error!r}") from error
    return result


def checked_evidence(answer: object, plugged: Plugged) -> tuple[Evidence, ...]:
    """Return *answer* as evidence signed with the plugin's name, or raise NonsenseError saying what is wrong."""
    if answer is None:
        return ()
    items = (answer,) if isinstance(answer, Evidence) else answer
    if not isinstance(items, Sequence) or isinstance(items, str | bytes) or len(items) > _MOST_EVIDENCE:
        raise NonsenseError(f"returned {type(answer).__name__}, not Evidence, a list of it, or None")
    return tuple(_signed(item, plugged) for item in items)


def _signed(item: object, plugged: Plugged) -> Evidence:
    if not isinstance(item, Evidence):
        raise NonsenseError(f"returned a list with {type(item).__name__} in it")
    code: object = item.code
    if not isinstance(code, str) or not 0 < len(code) <= _LONGEST_CODE:
        raise NonsenseError("evidence without a proper code")
    _check_rung(item, plugged)
    if type(item.weight) is not int or not 0 <= item.weight <= 100:
        raise NonsenseError(f"evidence {item.code}: weight must be a whole number from 0 to 100")
    return replace(item, source=plugged.name, facts=_plain_facts(item))


def _check_rung(item: Evidence, plugged: Plugged) -> None:
    given: tuple[object, object] = (item.rung, item.leaning)
    texts: tuple[object, object] = (item.basis, item.doubts)
    if not all(isinstance(text, str) and len(text) <= _LONGEST_CODE for text in texts):
        raise NonsenseError(f"evidence {item.code}: basis and doubts must be short texts")
    if not isinstance(given[0], Rung) or not isinstance(given[1], Leaning):
        raise NonsenseError(f"evidence {item.code}: rung and leaning must be of those types")
    if item.rung not in plugged.rungs:
        raise NonsenseError(f"evidence {item.code}: the plugin did not declare {item.rung.name} in speaks_on")
    if (item.rung in _WANTED_RUNGS and item.leaning is not Leaning.WANTED) or (
        item.rung is Rung.BLOCK_LIST and item.leaning is not Leaning.UNWANTED
    ):
        raise NonsenseError(f"evidence {item.code}: {item.leaning.name} makes no sense on {item.rung.name}")


def _plain_facts(item: Evidence) -> dict[str, Fact]:
    given: Mapping[Any, Any] = item.facts
    if len(given) > _MOST_FACTS:
        raise NonsenseError(f"evidence {item.code}: more than {_MOST_FACTS} facts")
    return {key: _plain_fact(key, value, item.code) for key, value in given.items()}


def _plain_fact(key: object, value: object, code: str) -> Fact:
    if isinstance(key, str):
        if isinstance(value, str):
            return plain(value, _LONGEST_FACT)
        if value is None or isinstance(value, int | float):
            return value
    raise NonsenseError(f"evidence {code}: fact {key!r} is no text, number, truth value or None")


def _plain_disclosure(one: Disclosure) -> Disclosure:
    to, what, when = (plain(str(text), _LONGEST_FACT) for text in (one.to, one.what, one.when))
    flags = {"active": bool(one.active), "online_lookup": bool(one.online_lookup)}
    return Disclosure(to=to, what=what, when=when, **flags)


def _rungs_of(instance: object) -> tuple[Rung, ...]:
    declared = frozenset(getattr(instance, "speaks_on", ()))
    if not all(isinstance(rung, Rung) and rung is not Rung.UNKNOWN for rung in declared):
        raise NonsenseError("speaks_on must hold rungs of the ladder, and not UNKNOWN")
    return tuple(sorted(declared | {Rung.SIGNALS}))
