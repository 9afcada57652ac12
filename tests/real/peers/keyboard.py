"""Somebody without a mouse: everything is reached by Tab, and pressed by Enter or space."""

from playwright.sync_api import Page

_FARTHEST = 250
_FOCUSED = """() => {
  const one = document.activeElement;
  const words = one.labels?.length ? one.labels[0].innerText : one.getAttribute("aria-label") || one.textContent;
  return words.trim().replace(/\\s+/g, " ");
}"""
_INSIDE = "(where) => Boolean(document.activeElement.closest(where))"


class Keyboard:
    """The keyboard of a page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, words: str, within: str = "body") -> None:
        """Press Tab until what begins with these words has the focus."""
        seen = []
        for _ in range(_FARTHEST):
            self.page.keyboard.press("Tab")
            seen.append(self.page.evaluate(_FOCUSED))
            if seen[-1].startswith(words) and self.page.evaluate(_INSIDE, within):
                return
        raise AssertionError(f"Tab leads nowhere to {words!r} within {within}; it led to {seen[:60]}")

    def press(self, words: str, within: str = "body") -> None:
        """Press a button, follow a link, open what is folded."""
        self.reach(words, within)
        self.page.keyboard.press("Enter")

    def fill(self, words: str, text: str) -> None:
        """Type into a field."""
        self.reach(words)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, words: str, first: str, within: str = "main") -> None:
        """Choose one of several by the arrow keys; Tab leads to the one that begins with *first*."""
        self.reach(first, within)
        for _ in range(10):
            if self.page.evaluate(_FOCUSED).startswith(words):
                self.page.keyboard.press("Space")
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"there is no {words!r} to choose")
