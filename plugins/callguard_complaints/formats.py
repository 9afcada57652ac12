"""How agencies want numbers, days and times written."""

from datetime import datetime

_MOMENTS = {
    "MM/DD/YYYY": "%m/%d/%Y",
    "YYYY-MM-DD": "%Y-%m-%d",
    "DD/MM/YYYY": "%d/%m/%Y",
    "DD.MM.YYYY": "%d.%m.%Y",
    "24h": "%H:%M",
    "HH:MM": "%H:%M",
    "HH": "%H",
    "00-23": "%H",
    "00-59": "%M",
}
_NORTH_AMERICA = "+1"


def moment_text(local: datetime, shape: str, otherwise: str) -> str:
    """Return the time on the wall as an agency wants it; *otherwise* where it does not say how."""
    if shape.casefold() in {"12h", "h:mm a.m./p.m.", "h:mm am/pm"}:
        half = "a.m." if local.hour < 12 else "p.m."
        return f"{local.hour % 12 or 12}:{local:%M} {half}"
    return local.strftime(_MOMENTS.get(shape, otherwise))


def number_text(number: str, shape: str) -> str:
    """Return *number* (E.164) in an agency's *shape*, such as 555-555-5555; as it is where the digits do not fit."""
    national = number.removeprefix(_NORTH_AMERICA)
    if not (number.startswith(_NORTH_AMERICA) and len(national) == 10):
        return number
    if "10" in shape and "digit" in shape:
        return national
    places = sum(character.isdigit() for character in shape)
    if places != len(national):
        return number
    digits = iter(national)
    return "".join(next(digits) if character.isdigit() else character for character in shape)
