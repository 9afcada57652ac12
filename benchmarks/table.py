"""The table that a benchmark run prints."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing measured."""

    what: str
    value: str
    ratio: float | None = None
    "To the yardstick in the same run, or to the bound itself."
    yardstick: str = ""
    aim: float | None = None
    "The ratio must not be above this."

    @property
    def missed(self) -> bool:
        return self.ratio is not None and self.aim is not None and self.ratio > self.aim


def against(what: str, value: float, bound: float, unit: str, digits: int = 0) -> Row:
    """Return a row for a value that has a fixed bound of its own."""
    text = f"{value:.{digits}f} {unit}"
    return Row(what=what, value=text, ratio=value / bound, yardstick=f"{bound:g} {unit} allowed", aim=1.0)


def render(rows: Sequence[Row]) -> str:
    """Return the table as text."""
    cells = [("", "measured", "ratio", "against", "aim", ""), *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join(line.rstrip() for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    aim = "" if row.aim is None else f"≤ {row.aim:g}"
    return row.what, row.value, ratio, row.yardstick, aim, "MISSED" if row.missed else ""


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which *share* of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
