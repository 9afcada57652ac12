"""What is not well with a modem, in words for people, each with its cure."""

from collections.abc import Mapping
from typing import NamedTuple

from callguard import Severity
from callguard_modem.core.events import Trouble


class Words(NamedTuple):
    """What is wrong, and what to do; the first may speak of {detail}."""

    severity: Severity
    what: str
    cure: str


TROUBLES: Mapping[Trouble, Words] = {
    Trouble.SILENT: Words(
        Severity.DEAF,
        "the modem does not answer",
        "Unplug the modem and plug it in again; if that does not help, see that `device` names the modem.",
    ),
    Trouble.NO_CALLER_ID: Words(
        Severity.PROBLEM,
        "calls come without caller ID",
        "Ask the telephone company whether the line has caller ID; docs/modem.md says what modems need in "
        "your country.",
    ),
    Trouble.STUCK: Words(
        Severity.PROBLEM,
        "the modem did not confirm that it hung up",
        "See that the line has a dialling tone; if not, unplug the modem. It is opened again by itself.",
    ),
    Trouble.NOT_BLOCKED: Words(
        Severity.PROBLEM,
        "the last blocked caller could not be hung up on",
        "Choose another `block: {method: …}` or a longer `hold`; docs/modem.md tells what suits which modem.",
    ),
    Trouble.NO_GREETING: Words(
        Severity.NOTE,
        "blocked callers do not hear the greeting",
        "Update the modem's firmware, or use `block: {method: hook}`; docs/modem.md names modems with a voice mode.",
    ),
}


def in_words(trouble: Trouble, detail: str) -> str:
    """Return what is wrong in one sentence."""
    words = TROUBLES[trouble]
    return f"{words.what}: {detail}" if detail else words.what
