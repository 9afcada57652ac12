"""A line that hears nothing says so at once: a household must never believe that it is protected when it is not."""

import time
from collections.abc import Callable

from tests.real.peers.guard import Guard, Json, account, household
from tests.real.peers.kamailio import Kamailio, Setup
from tests.real.peers.process import wait_until

_LOSS_WITHIN = 10.0
_HEALED_WITHIN = 30.0


def test_lines_that_went_deaf_say_so_within_ten_seconds_and_heal_by_themselves(
    pbx: Callable[[Setup], Kamailio], guard: Callable[[Json | str], Guard]
) -> None:
    exchange = pbx(Setup(tls=True))
    guarding = guard(household(*(
        account(exchange.at(transport=way), transport=way, line=way.upper(), tls_ca=str(exchange.authority))
        for way in ("udp", "tcp", "tls")
    )))  # fmt: skip
    assert guarding.cli("healthcheck").returncode == 0

    exchange.running.kill()
    lost = time.monotonic()
    status = wait_until(lambda: guarding.if_all("deaf"), _LOSS_WITHIN, "every line deaf", every=0.1)
    assert guarding.cli("healthcheck").returncode != 0
    left = max(0.0, lost + _LOSS_WITHIN - time.monotonic())
    wait_until(lambda: guarding.said().count("is not protecting") == 3, left, "the log names all three lines")
    assert all(f"line {name} is not protecting" in guarding.said() for name in ("UDP", "TCP", "TLS"))
    _says_what_to_do(status)

    exchange.start_again()
    guarding.protecting(_HEALED_WITHIN)
    assert guarding.cli("healthcheck").returncode == 0
    assert not [problem for problem in guarding.status()["problems"] if problem["severity"] == "deaf"]


def _says_what_to_do(status: Json) -> None:
    for line in status["lines"]:
        assert line["since"], line
        assert line["detail"], line
        assert line["cure"], line
    deaf = [problem for problem in status["problems"] if problem["severity"] == "deaf"]
    assert {problem["where"] for problem in deaf} == {"UDP", "TCP", "TLS"}
