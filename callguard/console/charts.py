"""Charts as SVG, drawn by the server: readable without scripts, in both themes, at any width, and as tables.

Positions along a chart are shares of its width in per cent, heights are pixels: so texts and strokes keep their size
from a small phone to a large screen. Colours and patterns come from the style sheet by class.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from hashlib import sha256
from math import ceil

from markupsafe import Markup

from callguard.console.wording import count
from callguard.model.experience import Experience
from callguard.model.line import LineStatus

Calls = Mapping[Experience, int]
_EXPERIENCES = {
    Experience.BLOCKED: "blocked",
    Experience.SCREENED: "screened",
    Experience.LET_THROUGH: "let through unchecked",
    Experience.RANG: "rang",
    Experience.GONE: "hung up first",
}
"""From the bottom of a bar to its top, in words."""
_STATUSES = {
    LineStatus.PROTECTING: "protected",
    LineStatus.STARTING: "starting",
    LineStatus.DEAF: "not protected",
}
_PATTERNS = {
    "blocked": "M-1 1 1-1M0 6 6 0M5 7 7 5",
    "screened": "M1.5 1.5h2v2h-2Z",
    "let-through": "M0 3H6",
    "gone": "M3 0V6",
    "deaf": "M-1 1 1-1M0 6 6 0M5 7 7 5",
    "starting": "M3 0V6",
    "decided": "M-1 1 1-1M0 6 6 0M5 7 7 5",
}
"""What is drawn into a colour, so that nobody must tell colours apart."""
_TALL = 132
"""Pixels of the highest bar."""
_MOST_BARS = 100
_LONGEST_LABEL = 34


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture, what its colours mean, and the same as a table."""

    title: str
    svg: Markup
    legend: tuple[tuple[Markup, str], ...] = ()
    "(A swatch, its meaning.)"
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of many that are compared."""

    label: str
    value: int
    part: int | None = None
    "How much of it is so in a narrower sense, such as calls that only this list stopped."
    words: str = ""
    "The value as people read it; empty: the plain number."


def calls_per_day(days: Sequence[tuple[date, Calls]]) -> Chart:
    """Return the calls of each day, stacked by what the household experienced; of each week if there are many."""
    weekly = len(days) > _MOST_BARS
    groups = list(_by_week(days)) if weekly else list(days)
    every = ceil(len(groups) / 7) or 1
    labels = [
        _Label(f"{day.day} {day:%b}", place, wide=place // every % 2 == 1)
        for place, (day, _) in enumerate(groups)
        if place % every == 0
    ]
    names = [f"week of {day.day} {day:%b %Y}" if weekly else f"{day:%a} {day.day} {day:%b}" for day, _ in groups]
    return _stacked(
        "Calls per week" if weekly else "Calls per day", "Week" if weekly else "Day", names, groups, labels
    )


def calls_per_hour(hours: Sequence[Calls]) -> Chart:
    """Return the calls of each hour of the day, stacked by what the household experienced."""
    labels = [_Label(f"{hour:02}", hour, wide=hour % 6 != 0) for hour in range(0, 24, 3)]
    names = [f"{hour:02}:00 to {hour + 1:02}:00" for hour in range(24)]
    return _stacked("Calls by hour of the day", "Hour", names, list(enumerate(hours)), labels)


def compared(title: str, bars: Sequence[Bar], what: str, part: str = "", value: str = "Calls") -> Chart:
    """Return bars that lie, the first on top; *what* is compared, *part* says what a solid part of a bar means."""
    most = max((bar.value for bar in bars), default=0) or 1
    kinds = ("decided", "only") if part else ("only",)
    shapes: list[Markup] = []
    for place, bar in enumerate(bars):
        y, words = place * 40, bar.words or f"{bar.value:,}"
        said = f"{bar.label}: {words}" + (f", {bar.part:,} {part}" if bar.part is not None else "")
        shapes += [
            Markup('<g class="bar"><title>{}</title>').format(said),
            Markup('<text class="label" y="{}">{}</text>').format(y + 14, _cut(bar.label)),
            Markup('<text class="value" x="100%" y="{}" text-anchor="end">{}</text>').format(y + 14, words),
            Markup('<rect class="track" y="{}" width="100%" height="8" rx="4"/>').format(y + 22),
            _lying(y, bar.value / most, "decided" if part else "only"),
            _lying(y, (bar.part or 0) / most, "only") if part else Markup(),
            Markup("</g>"),
        ]
    drawn = _Drawing(kinds, Markup("").join(shapes))
    head = (what, value, part.capitalize()) if part else (what, value)
    return Chart(
        title=title,
        svg=drawn.svg(title, f"{count(len(bars), 'bar')}, the longest first.", "lying", len(bars) * 40 - 6),
        legend=((drawn.swatch("decided"), "all of them"), (drawn.swatch("only"), part)) if part else (),
        head=head,
        rows=tuple((bar.label, f"{bar.value:,}", f"{bar.part or 0:,}")[: len(head)] for bar in bars),
    )


def sparkline(days: Sequence[tuple[date, Calls]]) -> Chart:
    """Return the days of one caller, small enough to stand beside a text."""
    totals = [sum(calls.values()) for _, calls in days]
    title = f"{count(sum(totals), 'call')} in {count(len(days), 'day')}"
    most, tall, width = max(totals, default=0) or 1, 26, 100 / (len(days) or 1)
    bars = (
        Markup('<g class="bar"><title>{}</title>{}</g>').format(
            f"{day.day} {day:%b}: {_said(calls)}",
            Markup("").join(_segments(place * width, width * 0.7, calls, tall / most, tall)),
        )
        for place, (day, calls) in enumerate(days)
    )
    ground = Markup('<rect class="track" y="{}" width="100%" height="1"/>').format(tall)
    drawn = _Drawing(_EXPERIENCES, ground + Markup("").join(bars))
    rows = tuple((f"{day.day} {day:%b}", _said(calls)) for day, calls in days if sum(calls.values()))
    return Chart(
        title=title, svg=drawn.svg(title, "One bar a day.", "spark", tall + 1), head=("Day", "Calls"), rows=rows
    )


def timeline(
    changes: Sequence[tuple[datetime, LineStatus, str]], since: datetime, until: datetime, zone: tzinfo
) -> Chart:
    """Return how a line was from *since* to *until*; each change holds until the next, the first may be older."""
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    spans = list(_spans(changes, since, until))
    length = (until - since).total_seconds()
    shapes = [
        Markup('<g class="bar"><title>{}</title>{}</g>').format(
            f"{begin.astimezone(zone):%a %H:%M} to {end.astimezone(zone):%a %H:%M}: {_STATUSES[status]}. {detail}",
            _box(
                (begin - since).total_seconds() / length * 100,
                0,
                max((end - begin).total_seconds() / length * 100, 0.4),
                28,
                status.value,
            ),
        )
        for begin, end, status, detail in spans
    ]
    drawn = _Drawing([one.value for one in _STATUSES], Markup("").join([*shapes, *_hours(since, until, zone)]))
    title = f"The last {count(round(length / 3600), 'hour')} of this line"
    seen = {status for _, _, status, _ in spans}
    deaf = sum(((e - b for b, e, s, _ in spans if s is LineStatus.DEAF)), timedelta())
    told = f"Not protected for {count(round(deaf.total_seconds() / 60), 'minute')}." if deaf else "Never unprotected."
    return Chart(
        title=title,
        svg=drawn.svg(title, told, "time", 48),
        legend=tuple((drawn.swatch(one.value), words) for one, words in _STATUSES.items() if one in seen),
        head=("From", "Until", "State", "Why"),
        rows=tuple(
            (f"{b.astimezone(zone):%a %H:%M}", f"{e.astimezone(zone):%a %H:%M}", _STATUSES[s], why)
            for b, e, s, why in spans
        ),
    )


@dataclass(frozen=True, slots=True)
class _Label:
    text: str
    place: int
    wide: bool
    "Only shown where there is room."


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Shapes that use patterns, under names that no other drawing of the page has."""

    kinds: Iterable[str]
    body: Markup

    @property
    def _key(self) -> str:
        return "p" + sha256(self.body.encode()).hexdigest()[:10]

    def svg(self, title: str, told: str, kind: str, height: int) -> Markup:
        key = self._key
        return Markup(
            '<svg class="plot {}" role="img" aria-label="{}" height="{}"><title>{}</title><desc>{}</desc>{}{}</svg>'
        ).format(
            kind, title, height, title, told, self._patterns(key), Markup(self.body.replace("#KEY-", f"#{key}-"))
        )

    def swatch(self, kind: str) -> Markup:
        fill = Markup(_fill(kind)).replace("#KEY-", f"#{self._key}-")
        return Markup(
            '<svg class="swatch" aria-hidden="true" focusable="false" width="14" height="14">'
            '<rect width="14" height="14" rx="3" {}/></svg>'
        ).format(Markup(fill))

    def _patterns(self, key: str) -> Markup:
        found = [
            Markup(
                '<pattern id="{}-{}" width="6" height="6" patternUnits="userSpaceOnUse">'
                '<rect class="c-{}" width="6" height="6"/><path class="hatch" d="{}"/></pattern>'
            ).format(key, kind, kind, _PATTERNS[kind])
            for kind in self.kinds
            if kind in _PATTERNS
        ]
        return Markup("<defs>{}</defs>").format(Markup("").join(found)) if found else Markup()


def _stacked(
    title: str, what: str, names: Sequence[str], groups: Sequence[tuple[object, Calls]], labels: Sequence[_Label]
) -> Chart:
    totals = [sum(calls.values()) for _, calls in groups]
    top = _nice(max(totals, default=0))
    slot, scale = 100 / (len(groups) or 1), _TALL / top
    bars = (
        Markup(
            '<g class="bar"><title>{}</title><rect class="hit" x="{:.3f}%" width="{:.3f}%" height="{}"/>{}</g>'
        ).format(
            f"{name}: {_said(calls)}",
            place * slot,
            slot,
            _TALL,
            Markup("").join(_segments(place * slot + slot * 0.15, slot * 0.7, calls, scale, _TALL)),
        )
        for place, (name, (_, calls)) in enumerate(zip(names, groups, strict=True))
    )
    texts = (
        Markup('<text class="scale{}" x="{:.3f}%" y="{}" text-anchor="middle">{}</text>').format(
            " roomy" if label.wide else "", (label.place + 0.5) * slot, _TALL + 18, label.text
        )
        for label in labels
    )
    drawn = _Drawing(_EXPERIENCES, Markup("").join([*_grid(top), *bars, *texts]))
    seen = [one for one in _EXPERIENCES if any(calls.get(one) for _, calls in groups)]
    return Chart(
        title=title,
        svg=drawn.svg(title, f"{count(sum(totals), 'call')}; at most {max(totals, default=0)}.", "bars", _TALL + 22),
        legend=tuple((drawn.swatch(one), _EXPERIENCES[one]) for one in seen),
        head=(what, "All", *(_EXPERIENCES[one].capitalize() for one in seen)),
        rows=tuple(
            (name, str(total), *(str(calls.get(one, 0)) for one in seen))
            for name, total, (_, calls) in zip(names, totals, groups, strict=True)
        ),
    )


def _segments(x: float, width: float, calls: Calls, scale: float, ground: float) -> Iterator[Markup]:
    """Yield the parts of one bar from the ground up, a pixel between them."""
    y = ground
    for one in _EXPERIENCES:
        height = calls.get(one, 0) * scale
        if height:
            y -= height
            yield _box(x, y, width, max(height - 1, 1), one.value)


def _box(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    return Markup('<rect x="{:.3f}%" y="{:.1f}" width="{:.3f}%" height="{:.1f}" rx="1.5" {}/>').format(
        x, y, width, height, Markup(_fill(kind))
    )


def _lying(y: int, share: float, kind: str) -> Markup:
    return Markup('<rect y="{}" width="{:.2f}%" height="8" rx="4" {}/>').format(
        y + 22, share * 100, Markup(_fill(kind))
    )


def _fill(kind: str) -> str:
    return f'fill="url(#KEY-{kind})"' if kind in _PATTERNS else f'class="c-{kind}"'


def _grid(top: int) -> Iterator[Markup]:
    for share in (1.0, 0.5, 0.0):
        y = _TALL * (1 - share)
        yield Markup('<rect class="ruler" y="{:.1f}" width="100%" height="1"/>').format(y)
        if share and (top * share).is_integer():
            yield Markup('<text class="scale" x="-6" y="{:.1f}" text-anchor="end">{}</text>').format(
                y + 4, int(top * share)
            )


def _hours(since: datetime, until: datetime, zone: tzinfo) -> Iterator[Markup]:
    length, local = (until - since).total_seconds(), since.astimezone(zone)
    begun = timedelta(minutes=local.minute, seconds=local.second)
    for hour in range(1, ceil(length / 3600) + 1):
        share = (timedelta(hours=hour) - begun).total_seconds() / length
        at = (since + timedelta(hours=hour) - begun).astimezone(zone)
        if at.hour % 3 == 0 and 0.03 < share < 0.97:
            yield Markup('<text class="scale{}" x="{:.3f}%" y="44" text-anchor="middle">{}</text>').format(
                " roomy" if at.hour % 6 else "", share * 100, f"{at:%H:%M}"
            )


def _spans(
    changes: Sequence[tuple[datetime, LineStatus, str]], since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime, LineStatus, str]]:
    ends = [at for at, _, _ in changes[1:]] + [until]
    for (at, status, detail), end in zip(changes, ends, strict=False):
        begin = max(at, since)
        if begin < min(end, until):
            yield begin, min(end, until), status, detail


def _by_week(days: Sequence[tuple[date, Calls]]) -> Iterator[tuple[date, Calls]]:
    for start in range(0, len(days), 7):
        week = days[start : start + 7]
        yield week[0][0], {one: sum(calls.get(one, 0) for _, calls in week) for one in _EXPERIENCES}


def _said(calls: Calls) -> str:
    said = [f"{number:,} {words}" for one, words in _EXPERIENCES.items() if (number := calls.get(one, 0))]
    return ", ".join(said) or "no calls"


def _nice(most: int) -> int:
    """Return where the scale ends: an even, round number not below *most*."""
    size = 1
    while True:
        for step in (2, 4, 6, 8, 10, 12, 16):
            if step * size >= most:
                return step * size
        size *= 10


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"
