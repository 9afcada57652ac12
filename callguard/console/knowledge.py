"""What the console knows of the house, kept until the daemon says that it has changed."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from callguard.control.asking import AsyncAsker
from callguard.control.client import NoDaemonError
from callguard.control.wire import RefusedError
from callguard.model.rule import RuleKind

_KEPT = {
    "house": {"settings", "rules", "lines"},
    "status": {"settings", "rules", "lists", "health", "lines"},
    "rules": {"rules", "settings"},
    "lists": {"lists", "settings"},
    "contacts-list": {"contacts", "settings"},
}
"""Questions whose answers are kept, and what makes each of them stale."""
_LONGEST = 30.0
"""Seconds after which an answer is asked for anew all the same: times pass without anybody changing anything."""
_FAILED_FOR = 2.0
"""Seconds for which a daemon that did not answer is not asked again, so that pages do not wait for it one by one."""
_WITHIN = 5.0
Facts = Mapping[str, Any]


class Knowledge:
    """Answers of the daemon that every page needs."""

    def __init__(self, asker: AsyncAsker) -> None:
        self._asker = asker
        self._answers: dict[str, tuple[float, Any]] = {}
        "Until when an answer is good, and the answer or what went wrong."
        self._turns: dict[str, asyncio.Lock] = {}
        self._forgotten = 0

    def forget(self, what: str | None = None) -> None:
        """Ask anew for what depends on *what*; None: for everything."""
        self._forgotten += 1
        for command in [c for c, stale in _KEPT.items() if what is None or what in stale]:
            self._answers.pop(command, None)

    async def of(self, command: str) -> Any:
        """Return the daemon's answer to a question without arguments; NoDaemonError, RefusedError."""
        clock = asyncio.get_running_loop().time
        async with self._turns.setdefault(command, asyncio.Lock()):
            until, answer = self._answers.get(command, (0.0, None))
            if clock() >= until:
                forgotten = self._forgotten
                answer, good_for = await self._asked(command)
                if forgotten == self._forgotten:  # else it may be from before the change
                    self._answers[command] = (clock() + good_for, answer)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _asked(self, command: str) -> tuple[Any, float]:
        try:
            return await self._asker.ask(command, {}, _WITHIN), _LONGEST
        except (NoDaemonError, RefusedError) as error:
            return error, _FAILED_FOR

    async def state(self, to_review: int, now: datetime) -> Facts:
        """Return what the head of every page says about the protection."""
        try:
            status, house = await self.of("status"), await self.of("house")
        except (NoDaemonError, RefusedError):
            words = "CallGuard does not answer: all calls ring normally"
            return {"words": words, "kind": "away", "lines": [], "expecting": None, "problems": 0,
                    "review": to_review, "modes": []}  # fmt: skip
        return {
            **_protection(status, house),
            "lines": status["lines"],
            "problems": sum(problem["severity"] != "note" for problem in status["problems"]),
            "review": to_review,
            "modes": [p for p in status["problems"] if p["code"] in ("contacts-only", "log-only", "line-deaf")],
            "expecting": _expecting(_everyone(house), now),
        }


def _protection(status: Facts, house: Facts) -> dict[str, str]:
    lines = status["lines"]
    deaf = [p for p in status["problems"] if p["severity"] == "deaf"]
    if deaf:
        what = deaf[0]["what"]
        return {"words": what[:1].upper() + what[1:], "kind": "bad"}
    if not lines:
        return {"words": "No telephone line yet", "kind": "warn"}
    if _everyone(house):
        return {"words": "Expecting a call: everyone rings", "kind": "warn"}
    if house["modes"]["log_only"]:
        return {"words": "Only logging: every call rings", "kind": "warn"}
    count = f"{len(lines)} lines" if len(lines) > 1 else "1 line"
    return {"words": f"Protecting {count}", "kind": "ok"}


def _everyone(house: Facts) -> list[Facts]:
    """Return the rules by which everyone rings, not those about one caller who is expected."""
    return [rule for rule in house["expecting"] if rule["kind"] == RuleKind.ANYONE]


def _expecting(rules: Sequence[Facts], now: datetime) -> Facts | None:
    for rule in rules:
        until = datetime.fromisoformat(rule["until"]) if rule["until"] else None
        if until is None or until > now:
            return {"until": until, "uses": rule["uses"], "rule": rule["id"], "words": rule["readable"],
                    "line": rule["line"]}  # fmt: skip
    return None
