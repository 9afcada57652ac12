"""The second process: one request on standard input, JSON lines on standard output, then the end.

It imports as little as it can, because its memory is counted together with the daemon's.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType

from callguard.apart.work import Throttled, call
from callguard.home import JSON
from callguard.model.numberlist import Progress, Report
from callguard.model.text import plain

_NICE = 10
_GRACE = 5.0
"""Seconds to tidy up after the daemon has died."""
_TEXT = 500
_INPUT = 0
_OUTPUT = 1


class _Ended(BaseException):
    """Somebody wants this process to end."""


def main() -> int:
    """Answer the one request; returns the exit status."""
    say = _speaker()
    _prepare()
    request = sys.stdin.buffer.readline()
    if not request.endswith(b"\n"):
        return 1  # the daemon died before it had asked
    done = threading.Event()
    threading.Thread(target=_end_with_the_daemon, args=(done,), daemon=True).start()
    with contextlib.suppress(BrokenPipeError):
        try:
            say(_outcome(json.loads(request), say))
        except _Ended:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)  # so that whoever waits for this process sees why it ended
        done.set()
    return 0


def _speaker() -> Callable[[str], None]:
    """Take standard output for the answer alone: what libraries print must not disturb it."""
    out = os.fdopen(os.dup(_OUTPUT), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (_OUTPUT, 2):
        os.dup2(nothing, stream)
    os.close(nothing)

    def say(message: str) -> None:
        rest = memoryview(message.encode() + b"\n")
        while rest:
            rest = rest[out.write(rest) or 0 :]

    return say


def _prepare() -> None:
    with contextlib.suppress(OSError):  # a sandbox may forbid it
        os.nice(_NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the daemon, which then ends this process
    signal.signal(signal.SIGTERM, _tidy_up)


def _tidy_up(_: int, __: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Ended  # through the function's `with` blocks, which remove half-built files


def _end_with_the_daemon(done: threading.Event) -> None:
    """Wait until standard input ends, as it does when the daemon dies, however it dies."""
    while os.read(_INPUT, 4096):
        continue
    if not done.is_set():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_GRACE)
        os._exit(1)


def _outcome(request: Mapping[str, JSON], say: Callable[[str], None]) -> str:
    def told(progress: Progress) -> None:
        facts = {"step": progress.step, "done": progress.done, "total": progress.total, "unit": progress.unit}
        say(json.dumps({"progress": facts}))

    report = Throttled(told, time.monotonic)
    try:
        outcome = json.dumps({"result": _result(request, report)})
    except ValueError as error:
        return json.dumps({"error": plain(str(error), _TEXT)})
    except BrokenPipeError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001  (a plugin's function may raise anything)
        return json.dumps({"failure": plain(f"{type(error).__name__}: {error}", _TEXT)})
    report.flush()
    return outcome


def _result(request: Mapping[str, JSON], report: Report) -> JSON:
    function, arguments = request["function"], request["arguments"]
    if not isinstance(function, str) or not isinstance(arguments, Mapping):
        raise TypeError("a request is a function and its arguments")
    return call(function, arguments, report)


if __name__ == "__main__":
    sys.exit(main())
