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
from callguard.model.verdict import Action, StepOutcome, Verdict
from callguard.plugins import Checked, Plugins
from callguard.policy.ladder import judge

_log = logging.getLogger(__name__)
_ONLINE_WITHIN = 0.5
"""Seconds that online look-ups may take in all; a caller hears one more ringing tone at most."""

Keep = Callable[[CallRecord], None]
PolicyOf = Callable[[Call], Policy]
"""The household's policy for one call: by its line and its hour."""


class Screening:
    """Answers every call within its deadline; whatever goes wrong, the call rings and the record says so."""

    def __init__(
        self,
        plugins: Plugins,
        policy_of: PolicyOf,
        keep: Keep,
        clock: Clock,
        software: str,
        *,
        online: bool = False,
    ) -> None:
        self.policy_of = policy_of
        self._plugins = plugins
        self._keep = keep
        self._clock = clock
        self._software = software
        self._online = online

    def replace(self, plugins: Plugins, policy_of: PolicyOf, *, online: bool) -> None:
        """Judge the next calls with other plugins and another policy."""
        self._plugins, self.policy_of, self._online = plugins, policy_of, online

    async def screen(self, call: Call, within: float) -> "Judged":
        """Return the household's decision on *call* within *within* seconds."""
        begun = self._clock.monotonic()
        checked, policy, dnc = Checked(), Policy(), None
        try:
            policy = self.policy_of(call)
            if not call.internal:
                checked = await self._plugins.check_call(call, within)
                dnc = await self._plugins.dnc_status(call.line, call.received_at)
            verdict = judge(call, checked.evidence, checked.failures, policy, dnc)
            left = within - (self._clock.monotonic() - begun)
            if self._online and left > 0 and is_open(call, verdict, checked):
                await self._look_up(call, min(left, _ONLINE_WITHIN), checked)
                verdict = judge(call, checked.evidence, checked.failures, policy, dnc)
        except Exception as error:  # noqa: BLE001  (our own mistake must not cost the household a call)
            _log.error("screening call %s failed, it rings", call.id, exc_info=error)
            checked.failures.append(_our_own(error))
            verdict = Verdict(action=Action.RING, rung=Rung.UNKNOWN, unanswered=("callguard",))
        record = CallRecord(
            call=call,
            evidence=tuple(checked.evidence),
            failures=tuple(checked.failures),
            policy=policy,
            verdict=verdict,
            timings=checked.timings,
            decided_in=round((self._clock.monotonic() - begun) * 1000, 3),
            software=self._software,
            dnc=dnc,
        )
        return Judged(record, self._keep)

    async def _look_up(self, call: Call, within: float, checked: Checked) -> None:
        found = await self._plugins.look_up_caller(call, within)
        checked.evidence += found.evidence
        checked.failures += found.failures
        checked.timings.update({f"{name} online": spent for name, spent in found.timings.items()})


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


def is_open(call: Call, verdict: Verdict, checked: Checked) -> bool:
    """Tell whether asking outside the house could matter, and gives away nobody the household knows."""
    perhaps_known = any(rung < Rung.SIGNALS for failure in checked.failures for rung in failure.rungs)
    decided = verdict.rung < Rung.SIGNALS or Action.BLOCK in (verdict.action, verdict.wanted_to)
    failed_open = any(step.outcome is StepOutcome.FAILED_OPEN for step in verdict.ladder)
    return call.caller.number is not None and not (call.internal or perhaps_known or decided or failed_open)


def _our_own(error: Exception) -> Failure:
    text = plain(f"{type(error).__name__}: {error}")
    return Failure(source="callguard", kind=FailureKind.RAISED, error=text, rungs=tuple(Rung)[:-1])
