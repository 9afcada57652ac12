"""For plugin authors: calls to check, a house to stand in, and a runner that asks a plugin as the daemon would."""

from callguard.testing.apart import apart_here
from callguard.testing.calls import A_STRANGER, a_call, a_caller, a_record
from callguard.testing.fakes import NOON, FakeClock, FakeHousehold, FakeRandomness, a_home
from callguard.testing.faulty import Fault, FaultyServer
from callguard.testing.line import Answered, FakeLine
from callguard.testing.runner import HookFailedError, HookRunner
from callguard.testing.web import Asked, FakeWeb, Page

__all__ = [
    "A_STRANGER",
    "NOON",
    "Answered",
    "Asked",
    "FakeClock",
    "FakeHousehold",
    "FakeLine",
    "FakeRandomness",
    "FakeWeb",
    "Fault",
    "FaultyServer",
    "HookFailedError",
    "HookRunner",
    "Page",
    "a_call",
    "a_caller",
    "a_home",
    "a_record",
    "apart_here",
]
