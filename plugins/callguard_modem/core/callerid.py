"""What a modem prints about a caller, in all its dialects."""

from dataclasses import dataclass

from callguard import Presentation


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerId:
    """Who seems to be calling, as the modem printed it; all of it was sent by somebody else."""

    presentation: Presentation
    number: str = ""
    "As printed: national, with or without a prefix; empty if not shown."
    name: str = ""
    called: str = ""
    "The number that was dialled, where the modem tells."
    time: str = ""
    "By the exchange's clock, as printed and without a year; often wrong."
    call_type: str = ""
    "`voice`, `ring-back` or `message-waiting` (EN 300 659-3 §5.4.2), where the exchange tells."
