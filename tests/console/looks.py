"""What is wrong with a page whoever looks at it: for the tests of every screen."""

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

from callguard.console.render import STATIC

_VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "path", "rect", "source", "use", "wbr"})
_NAMED = frozenset({"a", "button", "summary", "h1", "h2", "h3", "h4"})
_FIELDS = frozenset({"input", "select", "textarea"})
_NAMELESS = frozenset({"hidden", "submit", "button"})
_ICON = re.compile(r"icons\.svg#([\w-]+)$")
_ELSEWHERE = re.compile(r"^(?:[a-z]+:)?//", re.IGNORECASE)


def icons() -> frozenset[str]:
    """Return the names in the sprite."""
    return frozenset(re.findall(r'<symbol id="([^"]+)"', Path(str(STATIC.joinpath("icons.svg"))).read_text()))


def faults(html: str) -> list[str]:
    """Return what breaks the policy of the console or keeps somebody from using a page, one line each."""
    look = _Look(icons())
    look.feed(html)
    look.close()
    return [*look.found, *look.at_the_end()]


class _Look(HTMLParser):
    def __init__(self, known: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._known = known
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self._ids: list[str] = []
        self._labels: set[str] = set()
        self._fields: list[tuple[dict[str, str], bool]] = []
        self._levels: list[int] = []
        self._lang = False

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.found += _against_the_policy(tag, given)
        self._lang |= tag == "html" and bool(given.get("lang"))
        self._ids += [given["id"]] if "id" in given else []
        self._labels |= {given["for"]} if tag == "label" and "for" in given else set()
        if tag == "use" and (icon := _ICON.search(given.get("href", ""))) and icon[1] not in self._known:
            self.found.append(f"there is no icon {icon[1]}")
        if tag in _FIELDS and given.get("type") not in _NAMELESS:
            self._fields.append((given, any(name == "label" for name, _, _ in self._open)))
        if re.fullmatch("h[1-6]", tag):
            self._levels.append(int(tag[1]))
        if tag not in _VOID:
            self._open.append((tag, given, []))

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        for _, _, texts in self._open:
            texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self._open or self._open[-1][0] != tag:
            self.found.append(f"</{tag}> closes nothing; open: {[name for name, _, _ in self._open][-3:]}")
            return
        name, given, texts = self._open.pop()
        if name in _NAMED and not "".join(texts).strip() and not given.get("aria-label"):
            hidden = "hidden" in given
            self.found += [] if hidden else [f"a nameless <{name}>: {given}"]

    def at_the_end(self) -> Iterator[str]:
        if not self._lang:
            yield "the page does not say its language"
        yield from (
            f"the id {one} is there twice" for one in sorted({i for i in self._ids if self._ids.count(i) > 1})
        )
        for given, within in self._fields:
            if not within and given.get("id") not in self._labels and "aria-label" not in given:
                yield f"a field without a label: {given}"
        if self._levels.count(1) != 1:
            yield f"{self._levels.count(1)} headings of the first level"
        steps = zip(self._levels, self._levels[1:], strict=False)
        yield from (
            f"a heading of level {later} after one of level {first}" for first, later in steps if later > first + 1
        )


def _against_the_policy(tag: str, given: dict[str, str]) -> Iterator[str]:
    for name, value in given.items():
        if name == "style" or name.startswith(("on", "hx-on")):
            yield f"<{tag} {name}> is code or style within the page"
        if name in ("src", "action") and _ELSEWHERE.match(value):
            yield f"<{tag} {name}={value}> asks another host"
        if name in ("href", "action", "src") and value.lower().startswith(("javascript:", "data:")):
            yield f"<{tag} {name}={value}> is code"
    if tag == "style" or (tag == "script" and "src" not in given):
        yield f"<{tag}> within the page"
