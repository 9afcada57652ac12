"""A real Chromium that looks at pages: what it complains of, and what axe says keeps somebody from using them."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, StorageState, sync_playwright

from tests.real.peers.process import require

Theme = Literal["light", "dark"]
AXE = Path(__file__).parent.parent / "vendor" / "axe-core" / "axe.min.js"
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_LOOK = """async (tags) =>
(await axe.run(document, {runOnly: tags, resultTypes: ["violations"]})).violations.map((one) => {
  const where = one.nodes.slice(0, 4).map((node) => `${node.target} ${node.failureSummary}`);
  return `${one.id}: ${one.help}: ${where.join(" | ")}`;
})"""
_CIRCUMSTANCES: Sequence[tuple[int, Theme]] = ((1280, "light"), (390, "dark"))
_WIDER = """() => document.documentElement.scrollWidth <= innerWidth ? [] : ["too wide"].concat(
  [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility())
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1).slice(0, 5)
  .map((one) => one.outerHTML.slice(0, 150)))"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Lend a browser; the test is skipped where there is none."""
    path = require("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Window:
    """One page that is being looked at, and everything that went wrong while it was."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    expected: Sequence[str] = ()
    "Parts of complaints that belong to the test."

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(part in message.text for part in self.expected):
            self.complaints.append(f"{message.type}: {message.text}")

    def _see(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.base).netloc and not request.url.startswith("data:"):
            self.complaints.append(f"asked {request.url}")

    def open(self, path: str) -> Page:
        """Show a page of the place."""
        self.page.goto(f"{self.base}/{path}")
        return self.page

    def picture(self, name: str) -> None:
        """Keep what is to be seen, on a phone and at a desk, by day and by night, where pictures are wanted."""
        folder = os.environ.get("CALLGUARD_PICTURES")
        if folder is None:
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        for width in (390, 1280):
            for theme in ("light", "dark"):
                self.wide(width)
                self.page.emulate_media(color_scheme=theme)
                self.page.screenshot(path=f"{folder}/{name}-{width}-{theme}.png", full_page=True, caret="initial")

    def wide(self, width: int, height: int = 800) -> None:
        """Make the window as wide as that."""
        self.page.set_viewport_size({"width": width, "height": height})

    def examine(self, widths: Sequence[int] = (320,)) -> list[str]:
        """Return what keeps somebody from using the page: at a desk by day, by night on a phone, and at *widths*.

        Width and theme change together: what one of them spoils shows, and what takes both is very rare.
        """
        found: list[str] = []
        for width, theme in _CIRCUMSTANCES:
            self.wide(width)
            self.page.emulate_media(color_scheme=theme)
            found += [f"{width} {theme}: {one}" for one in (*self.too_wide(), *self.barriers())]
        for width in widths:
            self.wide(width)
            found += [f"{width}: {one}" for one in self.too_wide()]
        return found

    def barriers(self) -> list[str]:
        """Return what axe finds."""
        if not self.page.evaluate("() => Boolean(window.axe)"):
            self.page.evaluate(AXE.read_text())
        found: list[str] = self.page.evaluate(_LOOK, _RULES)
        return found

    def too_wide(self) -> list[str]:
        """Return what makes somebody scroll sideways."""
        found: list[str] = self.page.evaluate(_WIDER)
        return found


@contextmanager
def window(
    browser: Browser, base: str, theme: Theme = "light", *, scripts: bool = True, known: StorageState | None = None
) -> Iterator[Window]:
    """Lend a window of its own: no cookies but those that are *known*, no motion, the household's clock."""
    context = browser.new_context(
        color_scheme=theme,
        java_script_enabled=scripts,
        locale="en-US",
        timezone_id="America/Denver",
        reduced_motion="reduce",
        storage_state=known,
        viewport={"width": 1280, "height": 800},
    )
    try:
        made = Window(context.new_page(), base)
        made.page.set_default_timeout(10_000)
        made.page.on("console", made._hear)
        made.page.on("pageerror", lambda error: made.complaints.append(f"failed: {error}"))
        context.on("request", made._see)
        yield made
    finally:
        context.close()
