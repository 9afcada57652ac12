"""Fetches the FCC's unwanted-calls complaints of the last 90 days from its open-data site, page by page."""

import asyncio
from datetime import date
from pathlib import Path
from urllib.parse import urlencode

from callguard import FetchError, Gathered, Gathering, Home, Progress, shown_url
from callguard_ftc.ageing import DROP_AFTER
from callguard_ftc.fcc import COLUMNS
from callguard_ftc.fetching import browser

PAGE = 50_000
"""Rows asked for at once, the most the site gives."""
_MOST_PAGES = 40
"""Two million complaints in 90 days would be fifty times what there were."""
_LARGEST_PAGE = 50_000_000
_WITHIN = 300.0


class Dataset:
    """Gathers the list `fcc`."""

    def __init__(self, home: Home, url: str, *, page: int = PAGE) -> None:
        self._home = home
        self._url = url
        self._page = page

    async def gather(self, gathering: Gathering) -> Gathered:
        """Fetch all complaints of the last 90 days anew: they arrive weeks late, so there is no "since yesterday".

        FetchError if one page cannot be fetched; half of them would be another list.
        """
        today = self._home.clock.now().date()
        folder = gathering.folder / "pages"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        files = await self._pages(folder, today, gathering)
        return Gathered(
            arguments={
                "name": "fcc",
                "files": [str(path) for path in files],
                "all_or_none": True,
                "version": today.isoformat(),
                "source": shown_url(self._url),
            }
        )

    async def _pages(self, folder: Path, today: date, gathering: Gathering) -> list[Path]:
        files: list[Path] = []
        for number in range(_MOST_PAGES):
            gathering.report(Progress(step="fetching", done=number, unit="pages"))
            path = folder / f"{number:04}.csv"
            await self._home.web.fetch(
                self._query(today, number), to=path, limit=_LARGEST_PAGE, within=_WITHIN,
                headers=browser(self._home.software),
            )  # fmt: skip
            files.append(path)
            if await asyncio.to_thread(_rows, path) < self._page:
                return files
        raise FetchError(f"{shown_url(self._url)} gives more than {_MOST_PAGES} pages of complaints; that cannot be")

    def _query(self, today: date, number: int) -> str:
        oldest = today - DROP_AFTER
        asked = {
            "$select": ",".join(COLUMNS),
            "$where": f"issue_date >= '{oldest}T00:00:00' AND caller_id_number != 'None'",
            "$order": ":id",
            "$limit": str(self._page),
            "$offset": str(number * self._page),
        }
        return f"{self._url}{'&' if '?' in self._url else '?'}{urlencode(asked)}"


def _rows(path: Path) -> int:
    """Return how many rows a page has below its header; FetchError if it is no page of the dataset at all."""
    content = path.read_bytes()
    if b"caller_id_number" not in content[:1000]:
        what = "a web page" if content.lstrip()[:1] == b"<" else "something else"
        raise FetchError(f"{what} came instead of the FCC's complaints")
    if not content.endswith(b"\n"):
        raise FetchError("the end of a page of the FCC's complaints is missing")
    return content.count(b"\n") - 1
