"""What both processes agree on: which functions may be named, and how progress is told."""

import re
from collections.abc import Callable, Mapping
from importlib import import_module

from callguard.home import JSON
from callguard.model.numberlist import Progress, Report

_NAME = re.compile(r"(callguard(?:_[a-z0-9_]+)?(?:\.[a-z0-9_]+)*):([A-Za-z_][A-Za-z0-9_]*)", re.ASCII)
_OFTEN_ENOUGH = 0.1
"""Seconds between two reports of the same step: nobody reads faster, and each one wakes the daemon."""


def split_name(function: str) -> tuple[str, str]:
    """Return module and function of `module:function`; RuntimeError unless it belongs to CallGuard or a plugin."""
    named = _NAME.fullmatch(function)
    if named is None:
        raise RuntimeError(f"{function!r} is not run apart: it must be module:function of callguard or of a plugin")
    return named[1], named[2]


def call(function: str, arguments: Mapping[str, JSON], report: Report) -> JSON:
    """Import and call `module:function(arguments, report)`; RuntimeError if there is none such."""
    module, name = split_name(function)
    found = getattr(import_module(module), name, None)
    if not callable(found) or not str(getattr(found, "__module__", "")).startswith("callguard"):
        raise RuntimeError(f"{module} has no function {name}")
    answer: JSON = found(arguments, report)
    return answer


class Throttled:
    """A report that lets through each new step, and within one step at most ten reports a second."""

    def __init__(self, report: Report, monotonic: Callable[[], float]) -> None:
        self._report = report
        self._monotonic = monotonic
        self._step: str | None = None
        self._told_at = 0.0
        self._waiting: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        """Tell *progress* now, or keep it in case nothing newer comes."""
        now = self._monotonic()
        if progress.step == self._step and now - self._told_at < _OFTEN_ENOUGH:
            self._waiting = progress
            return
        self._step, self._told_at, self._waiting = progress.step, now, None
        self._report(progress)

    def flush(self) -> None:
        """Tell what was kept back last."""
        if self._waiting is not None:
            progress, self._waiting = self._waiting, None
            self._report(progress)
