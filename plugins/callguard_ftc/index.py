"""The page on which the FTC lists its daily files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from html import unescape
from urllib.parse import urljoin, urlsplit

# Names and folders have changed more than once (small letters in 2019, `_0` behind a file that was put up twice), so
# only what has stayed the same is asked for.
_LINK = re.compile(r"""href\s{0,10}=\s{0,10}["']([^"'<>]{1,500})["']""", re.IGNORECASE)
_NAME = re.compile(r"/dnc_complaint_numbers_(\d{4}-\d\d-\d\d)([a-z0-9_-]{0,20})\.csv", re.IGNORECASE | re.ASCII)
_LONGEST_PAGE = 2_000_000
_MOST = 130
"""More files than there are days with one in half a year are no list of recent files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyFile:
    """One day's file as the page names it."""

    day: date
    "When it was published; the complaints were made on the working day before, or over the weekend."
    name: str
    "Unique: `2026-03-05`, or `2026-03-05_0`."
    url: str


def daily_files(page: str, url: str, *, oldest: date, newest: date) -> list[DailyFile]:
    """Return the daily files that *page*, fetched from *url*, links to, the newest first, one of each name."""
    found = {file.name: file for file in _linked(page[:_LONGEST_PAGE], url) if oldest <= file.day <= newest}
    return sorted(found.values(), key=lambda file: (file.day, file.name), reverse=True)[:_MOST]


def _linked(page: str, url: str) -> Iterator[DailyFile]:
    for match in _LINK.finditer(page):
        try:
            address = urljoin(url, unescape(match[1]).strip())
            parts = urlsplit(address)
        except ValueError:
            continue
        file = _file(parts.path, address)
        if file is not None and parts.scheme in {"https", "http"}:
            yield file


def _file(path: str, address: str) -> DailyFile | None:
    name = _NAME.search(path)
    if name is None or name.end() != len(path):
        return None
    try:
        day = date.fromisoformat(name[1])
    except ValueError:
        return None
    return DailyFile(day=day, name=f"{day}{name[2].lower()}", url=address)


def window(today: date, days: int) -> tuple[date, date]:
    """Return the first and the last day of which files are wanted; one published tomorrow is a clock's fault."""
    return today - timedelta(days=days), today + timedelta(days=1)
