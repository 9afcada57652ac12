"""How pages are made: nothing within them that the policy forbids, everything named, every icon there."""

import re
from pathlib import Path

import pytest

from callguard.console.charts import Chart
from callguard.console.render import STATIC
from tests.console import gallery
from tests.console.looks import faults, icons

CSS = Path(str(STATIC.joinpath("callguard.css"))).read_text()
JS = Path(str(STATIC.joinpath("callguard.js"))).read_text()
GOOD = '<!doctype html><html lang="en"><body><h1>Calls</h1>{}</body></html>'


@pytest.mark.parametrize("which", gallery.PAGES)
def test_a_page_keeps_the_policy_and_names_everything(which: str) -> None:
    assert faults(gallery.render(which)) == []


@pytest.mark.parametrize(
    ("piece", "said"),
    [
        ('<p style="color:red">x</p>', "<p style>"),
        ("<button onclick=x>Do it</button>", "<button onclick>"),
        ("<script>x()</script>", "<script> within"),
        ("<style>p{}</style>", "<style> within"),
        ('<img src="//elsewhere.example/x.png">', "another host"),
        ('<a href="javascript:x()">x</a>', "is code"),
        ('<svg><use href="/static/icons.svg#nothing"/></svg>', "no icon nothing"),
        ("<button></button>", "a nameless <button>"),
        ("<input name=x>", "without a label"),
        ("<p id=a></p><p id=a></p>", "the id a is there twice"),
        ("<h3>Why</h3>", "level 3 after one of level 1"),
        ("<h1>Again</h1>", "2 headings"),
        ("<p></div></p>", "closes nothing"),
    ],
    ids=lambda value: value[:24],
)
def test_a_fault_of_a_page_is_seen(piece: str, said: str) -> None:
    assert faults(GOOD.format("")) == []
    assert any(said in fault for fault in faults(GOOD.format(piece)))


def test_the_style_sheet_is_small_and_asks_nobody() -> None:
    assert len(CSS.encode()) <= 40_000
    assert "@import" not in CSS
    assert "url(" not in CSS


def test_the_script_evaluates_no_text_and_writes_no_markup() -> None:
    assert not re.search(r"\beval\b|new Function|innerHTML|outerHTML\s*=|document\.write|insertAdjacentHTML", JS)


def test_every_icon_that_is_fetched_is_used_somewhere() -> None:
    console = Path(str(STATIC.joinpath("."))).parent
    sources = [*console.rglob("*.html"), *console.rglob("*.py")]
    text = "\n".join(path.read_text() for path in sources)
    assert {name for name in icons() if not re.search(rf"""['"]{name}['"]""", text)} == set()


def test_names_that_callers_send_are_text_and_stand_apart() -> None:
    page = gallery.render("calls")
    assert "<b>" not in page.replace("<bdi", "")
    assert 'class="sent" title="The name as the caller sent it; it can be made up">אבג &lt;b&gt;&#34;WIN' in page


def test_somebody_who_may_only_read_gets_no_button_to_change_anything() -> None:
    page = gallery.render("viewer")
    assert re.findall(r'<form class="act" method="post" action="([^"]+)"', page) == ["sign-out.html"]


def test_every_form_that_changes_something_is_posted_and_knows_the_way_back() -> None:
    forms = re.findall(r"<form .*?</form>", gallery.render("calls"), re.DOTALL)
    changing = [form for form in forms if 'method="post"' in form]
    assert changing
    assert all('name="back"' in form for form in changing)


@pytest.mark.parametrize("name", [name for name, value in gallery.DATA.items() if isinstance(value, Chart)])
def test_every_chart_says_what_it_shows_and_has_its_table(name: str) -> None:
    drawn = gallery.DATA[name]
    assert drawn.svg.startswith("<svg")
    assert 'role="img"' in drawn.svg
    assert f"<title>{drawn.title}</title>" in drawn.svg
    assert all(len(row) == len(drawn.head) for row in drawn.rows)
