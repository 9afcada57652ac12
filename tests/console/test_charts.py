"""Charts tell the same as their tables, at any width, and hold still for any text."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard.console.charts import Bar, Calls, Chart, calls_per_day, calls_per_hour, compared, sparkline, timeline
from callguard.model.experience import Experience
from callguard.model.line import LineStatus

MONDAY = date(2026, 11, 16)
DENVER = ZoneInfo("America/Denver")
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=DENVER)
CALLS = st.dictionaries(st.sampled_from(list(Experience)), st.integers(0, 5000))


def a_week(**calls: int) -> list[tuple[date, Calls]]:
    told = {Experience(name.replace("_", "-")): number for name, number in calls.items()}
    return [(MONDAY + timedelta(days=day), told if day == 2 else {}) for day in range(7)]


def titles(chart: Chart) -> list[str]:
    return re.findall(r"<title>(.*?)</title>", chart.svg)


def heights(chart: Chart) -> list[float]:
    return [float(height) for height in re.findall(r'height="([\d.]+)" rx="1.5"', chart.svg)]


def test_a_day_says_in_words_what_its_bar_shows() -> None:
    chart = calls_per_day(a_week(blocked=3, rang=1, let_through=1))
    assert titles(chart)[3] == "Wed 18 Nov: 3 blocked, 1 let through unchecked, 1 rang"
    assert titles(chart)[1] == "Mon 16 Nov: no calls"


def test_the_table_has_the_figures_of_the_picture_and_only_what_happened() -> None:
    chart = calls_per_day(a_week(blocked=3, rang=1))
    assert chart.head == ("Day", "All", "Blocked", "Rang")
    assert chart.rows[2] == ("Wed 18 Nov", "4", "3", "1")
    assert [words for _, words in chart.legend] == ["blocked", "rang"]


def test_parts_of_a_bar_are_as_high_as_their_share() -> None:
    low, high = heights(calls_per_day(a_week(blocked=2, rang=6)))
    assert (high + 1) == pytest.approx(3 * (low + 1), rel=0.02)


def test_blocked_and_rang_differ_by_more_than_colour() -> None:
    svg = calls_per_day(a_week(blocked=1, rang=1)).svg
    assert re.search(r'fill="url\(#p\w+-blocked\)"', svg)
    assert 'class="c-rang"' in svg


def test_two_charts_of_one_page_do_not_share_names() -> None:
    first, second = calls_per_day(a_week(blocked=1)), calls_per_day(a_week(blocked=2))
    assert not set(re.findall(r'id="([^"]+)"', first.svg)) & set(re.findall(r'id="([^"]+)"', second.svg))


def test_a_swatch_uses_the_pattern_of_its_chart() -> None:
    chart = calls_per_day(a_week(blocked=1))
    (name,) = re.findall(r"url\(#([^)]+)\)", chart.legend[0][0])
    assert f'id="{name}"' in chart.svg


def test_a_year_is_told_by_weeks() -> None:
    days = [(MONDAY + timedelta(days=day), {Experience.RANG: 1}) for day in range(364)]
    chart = calls_per_day(days)
    assert chart.title == "Calls per week"
    assert len(chart.rows) == 52
    assert chart.rows[0] == ("week of 16 Nov 2026", "7", "7")


def test_no_more_than_a_handful_of_days_are_named_below() -> None:
    for many in (1, 7, 14, 30, 90, 365):
        days: list[tuple[date, Calls]] = [(MONDAY + timedelta(days=day), {}) for day in range(many)]
        assert len(re.findall(r'<text class="scale[^"]*" x="[\d.]+%"', calls_per_day(days).svg)) <= 8


def test_the_hours_are_those_of_a_day() -> None:
    chart = calls_per_hour([{Experience.RANG: hour} for hour in range(24)])
    assert chart.rows[23][:2] == ("23:00 to 24:00", "23")
    assert len(chart.rows) == 24


def test_the_solid_part_of_a_bar_is_its_share() -> None:
    chart = compared(
        "Sources", [Bar(label="FTC", value=60, part=30), Bar(label="Yours", value=15)], "Source", "only it"
    )
    assert titles(chart)[1:] == ["FTC: 60, 30 only it", "Yours: 15"]
    assert re.findall(r'width="([\d.]+)%" height="8" rx="4" (?:fill|class="c)', chart.svg) == [
        "100.00",
        "50.00",
        "25.00",
        "0.00",
    ]
    assert chart.rows == (("FTC", "60", "30"), ("Yours", "15", "0"))


def test_bars_without_parts_have_no_column_for_them() -> None:
    chart = compared("Top", [Bar(label="x" * 60, value=1_204)], "Caller")
    assert chart.head == ("Caller", "Calls")
    assert chart.rows == (("x" * 60, "1,204"),)
    assert f"{'x' * 33}…</text>" in chart.svg
    assert not chart.legend


def test_a_name_as_sent_is_text_in_a_chart() -> None:
    chart = compared("Top", [Bar(label='"><script>alert(1)</script>', value=1)], "Caller")
    assert "<script" not in chart.svg


def test_a_sparkline_counts_its_calls_and_lists_only_days_with_some() -> None:
    chart = sparkline(a_week(blocked=3, gone=1))
    assert chart.title == "4 calls in 7 days"
    assert chart.rows == (("18 Nov", "3 blocked, 1 hung up first"),)


def test_a_line_is_shown_as_it_was_also_before_the_first_change() -> None:
    changes = [
        (NOON - timedelta(days=3), LineStatus.PROTECTING, "registered"),
        (NOON - timedelta(hours=6), LineStatus.DEAF, "no answer"),
        (NOON - timedelta(hours=5), LineStatus.PROTECTING, "registered"),
    ]
    chart = timeline(changes, NOON - timedelta(hours=24), NOON, DENVER)
    assert chart.rows == (
        ("Sat 12:00", "Sun 06:00", "protected", "registered"),
        ("Sun 06:00", "Sun 07:00", "not protected", "no answer"),
        ("Sun 07:00", "Sun 12:00", "protected", "registered"),
    )
    assert "Not protected for 60 minutes." in chart.svg
    assert re.findall(r'<rect x="([\d.]+)%" y="0.0" width="([\d.]+)%"', chart.svg)[1] == ("75.000", "4.167")


def test_a_line_that_was_always_protected_says_so() -> None:
    chart = timeline([(NOON, LineStatus.PROTECTING, "")], NOON, NOON + timedelta(hours=1), DENVER)
    assert "Never unprotected." in chart.svg
    assert [words for _, words in chart.legend] == ["protected"]


def test_the_night_the_clocks_go_back_has_its_hour_more() -> None:
    since, until = (datetime(2026, 11, day, 0, 0, tzinfo=DENVER) for day in (1, 2))
    chart = timeline([(since, LineStatus.PROTECTING, "")], since, until, DENVER)
    assert chart.title == "The last 25 hours of this line"
    ticks = re.findall(r'x="([\d.]+)%" y="44" text-anchor="middle">(\d\d:\d\d)<', chart.svg)
    assert {clock: float(share) for share, clock in ticks}["12:00"] == pytest.approx(13 / 25 * 100, abs=0.01)


@pytest.mark.parametrize(
    "empty",
    [
        lambda: calls_per_day([]),
        lambda: calls_per_hour([{}] * 24),
        lambda: compared("Nothing", [], "Caller"),
        lambda: sparkline([]),
        lambda: timeline([], NOON, NOON + timedelta(hours=1), UTC),
    ],
    ids=["days", "hours", "compared", "sparkline", "timeline"],
)
def test_a_chart_of_nothing_is_a_chart(empty: Callable[[], Chart]) -> None:
    assert empty().svg.endswith("</svg>")


@given(st.lists(CALLS, max_size=400))
def test_no_bar_leaves_its_chart(many: list[Calls]) -> None:
    days = [(MONDAY + timedelta(days=place), calls) for place, calls in enumerate(many)]
    svg = calls_per_day(days).svg
    shapes = re.findall(r'<rect x="([\d.]+)%" y="([-\d.]+)" width="([\d.]+)%" height="([\d.]+)" rx="1.5"', svg)
    for x, y, width, height in (tuple(map(float, shape)) for shape in shapes):
        assert 0 <= x <= x + width <= 100.01
        assert y >= -1.05
        assert y + height <= 133.05


@given(st.text(max_size=80), st.integers(0, 10**9))
def test_any_label_is_text(label: str, value: int) -> None:
    svg = compared("Top", [Bar(label=label, value=value)], "Caller").svg
    assert svg.count("<text") == 2
    assert svg.count("<rect") == 2
