"""The pictures in docs: `python -m tests.real.pictures FOLDER` takes them of a real house that never was."""

import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import FloatRect, Page

from tests.real.peers import house as houses
from tests.real.peers.browser import Theme, Window, chromium
from tests.real.peers.house import House
from tests.real.peers.past import CARDS, Past
from tests.real.peers.process import Stage

_MOST_BYTES = 150_000
_PICTURES: Sequence[tuple[str, str, Theme, tuple[int, int], str]] = (
    ("overview", "", "light", (1280, 660), ""),
    ("calls", "calls", "dark", (1280, 680), ""),
    ("why", "calls/{cards}", "light", (1280, 900), "main > .body"),
    ("review", "review", "light", (390, 780), ""),
    ("calls-phone", "calls", "dark", (390, 780), ""),
    ("rule", "rules/new?list=block&kind=name&value=savings", "dark", (1280, 1000), "main > .body"),
)
"""Name of the file, page, theme, size of the window, and which part of the page; empty: what the window shows."""
_MARGIN = 16
_EVENING = 19


def main(folder: Path) -> None:
    """Take every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as away, chromium() as browser:
        stage = Stage(Path(away))
        try:
            house = houses.build(stage, Past(), timezone=_where_it_is_evening())
            house.open()
            house.guard.protecting()
            for name, path, theme, size, part in _PICTURES:
                with house.window(browser, theme=theme) as seen:
                    _show(house, seen, path, size)
                    _take(seen.page, part, folder / f"{name}.png")
                _refuse_big(folder / f"{name}.png")
        finally:
            stage.close()


def _where_it_is_evening() -> str:
    """Return a time zone in which it is evening now, so that the day has had its calls."""
    east = (_EVENING - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-east:+}" if east else "Etc/GMT"


def _show(house: House, seen: Window, path: str, size: tuple[int, int]) -> None:
    seen.wide(*size)
    page = seen.open(path.format(cards=house.found(CARDS[0])))
    if path.startswith("rules/new"):
        page.get_by_role("button", name="See what it would have changed").click()
        page.locator(".replay").wait_for()


def _take(page: Page, part: str, picture: Path) -> None:
    box = page.locator(part).bounding_box() if part else None
    if box is None:
        page.screenshot(path=picture)
        return
    x, y, width, height = (box[side] for side in ("x", "y", "width", "height"))
    clip = FloatRect(x=x - _MARGIN, y=y - _MARGIN, width=width + 2 * _MARGIN, height=height + 2 * _MARGIN)
    page.screenshot(path=picture, full_page=True, clip=clip)


def _refuse_big(picture: Path) -> None:
    size = picture.stat().st_size
    if size > _MOST_BYTES:
        raise SystemExit(f"{picture} has {size:,} bytes, more than {_MOST_BYTES:,}: show less of the page")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
