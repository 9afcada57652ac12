"""One call's journey: every check says what it knows, the policy judges, the record can explain it for ever."""

import logging
from collections.abc import Callable
from dataclasses import replace

from callguard.home import Clock
from callguard.model.call import Call
from callguard.model.evidence import Failure, FailureKind, Rung
from callguard.model.policy import Policy
from callguard.model.record import CallRecord, Disposition
from callguard.model.text import plain
from callguard.model.verdict import Action, Verdict
from callguard.plugins import Checked, Plugins
from callguard.policy.ladder import judge

_log = logging.getLogger(__name__)
Keep = Callable[[CallRecord], None]


class Screening:
    """Answers every call within its deadline; whatever goes wrong, the call rings and the record says so."""

    def __init__(self, plugins: Plugins, policy: Policy, keep: Keep, clock: Clock, software: str) -> None:
        self.policy = policy
        self._plugins = plugins
        self._keep = keep
        self._clock = clock
        self._software = software

    def replace(self, plugins: Plugins, policy: Policy) -> None:
        """Judge the next calls with other plugins and another policy."""
        self._plugins, self.policy = plugins, policy

    async def screen(self, call: Call, within: float) -> "Judged":
        """Return the household's decision on *call* within *within* seconds."""
        begun = self._clock.monotonic()
        checked = Checked()
        try:
            if not call.internal:
                checked = await self._plugins.check_call(call, within)
            verdict = judge(call, checked.evidence, checked.failures, self.policy)
        except Exception as error:  # noqa: BLE001  (our own mistake must not cost the household a call)
            _log.error("screening call %s failed, it rings", call.id, exc_info=error)
            checked.failures.append(_our_own(error))
            verdict = Verdict(action=Action.RING, rung=Rung.UNKNOWN, unanswered=("callguard",))
        record = CallRecord(
            call=call,
            evidence=tuple(checked.evidence),
            failures=tuple(checked.failures),
            policy=self.policy,
            verdict=verdict,
            timings=checked.timings,
            decided_in=round((self._clock.monotonic() - begun) * 1000, 3),
            software=self._software,
        )
        return Judged(record, self._keep)


class Judged:
    """A decision on its way to the line; the line says once how the call ended."""

    __slots__ = ("_finished", "_keep", "record")

    def __init__(self, record: CallRecord, keep: Keep) -> None:
        self.record = record
        self._keep = keep
        self._finished = False
        keep(record)

    @property
    def verdict(self) -> Verdict:
        """What the line shall do."""
        return self.record.verdict

    def finish(self, disposition: Disposition) -> None:
        """Keep the record with its *disposition*; later calls are ignored."""
        if not self._finished:
            self._finished = True
            self.record = replace(self.record, disposition=disposition)
            self._keep(self.record)


def _our_own(error: Exception) -> Failure:
    text = plain(f"{type(error).__name__}: {error}")
    return Failure(source="callguard", kind=FailureKind.RAISED, error=text, rungs=tuple(Rung)[:-1])
