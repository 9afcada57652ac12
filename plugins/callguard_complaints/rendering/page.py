"""A draft as one page that works without a network: to print, to copy from, with a link to the form.

Everything is escaped. The page's own policy lets it load, send and run nothing but its one style and one script.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from html import escape

from callguard import Complaint, Draft, DraftField
from callguard_complaints.rendering.words import CAUTION, NOT_SUBMITTED, headline, piece_words, title

_STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 48rem; padding: 0 1rem; color: #111; }
.draft { border: 2px solid #a00; padding: .5rem 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ccc; padding: .4rem; text-align: left; vertical-align: top; }
th, td { overflow-wrap: anywhere; }
th { width: 34%; font-weight: 600; }
.value { user-select: all; white-space: pre-wrap; }
.open { color: #a00; }
button { float: right; margin-left: .5rem; }
@media print { button { display: none; } body { margin: 0; max-width: none; } tr { break-inside: avoid; } }
"""
_SCRIPT = """
function select(node) {
  const range = document.createRange();
  range.selectNodeContents(node);
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}
function done(button, text) {
  button.textContent = text;
  setTimeout(function () { button.textContent = "Copy"; }, 2000);
}
function selected(button, node) {
  select(node);
  let copied = false;
  try { copied = document.execCommand("copy"); } catch (error) { copied = false; }
  done(button, copied ? "Copied" : "Selected: press Ctrl+C");
}
document.addEventListener("click", function (event) {
  const button = event.target.closest("button[data-copies]");
  if (!button) { return; }
  const node = document.getElementById(button.dataset.copies);
  if (!navigator.clipboard) { selected(button, node); return; }
  navigator.clipboard.writeText(node.textContent).then(
    function () { done(button, "Copied"); },
    function () { selected(button, node); }
  );
});
"""


def page(draft: Draft, complaint: Complaint) -> str:
    """Return `draft.html`."""
    return "\n".join(
        (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">',
            '<meta name="referrer" content="no-referrer">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title(draft))}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
            *_body(draft, complaint),
            f"<script>{_SCRIPT}</script>\n</body>\n</html>\n",
        )
    )


def _policy() -> str:
    style, script = (f"'sha256-{_hash(text)}'" for text in (_STYLE, _SCRIPT))
    return f"default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


def _body(draft: Draft, complaint: Complaint) -> Iterator[str]:
    found = draft.assessment
    yield f"<h1>{escape(title(draft))}</h1>"
    yield f'<p class="draft"><strong>{escape(NOT_SUBMITTED)}</strong> {escape(CAUTION)}</p>'
    yield f"<p><strong>{escape(headline(draft))}</strong> State: {escape(complaint.state.value)}.</p>"
    yield from _list("", found.reasons)
    yield from _list("Warnings", found.warnings)
    if found.deadline:
        yield f"<p>File it by {escape(str(found.deadline))}.</p>"
    yield from _list("Still open", [one.text for one in found.questions])
    yield from _form(draft)
    yield '<h2>What happened</h2>\n<button type="button" data-copies="narrative">Copy</button>'
    yield f'<p class="value" id="narrative">{escape(draft.narrative)}</p>'
    yield from _list("Evidence", [piece_words(piece) for piece in draft.evidence])
    yield from _list("Other calls of the same campaign, each a complaint of its own", draft.related)


def _form(draft: Draft) -> Iterator[str]:
    if not draft.fields:
        return
    yield "<h2>The form</h2>"
    if draft.agency_url.startswith("https://"):
        link = escape(draft.agency_url)
        yield f'<p><a href="{link}" rel="noopener noreferrer" target="_blank">{link}</a></p>'
    yield "<table>"
    for number, field in enumerate(draft.fields):
        yield f'<tr><th scope="row">{escape(field.label)}</th><td>{_value(field, number)}</td></tr>'
    yield "</table>"
    yield from _list("Nobody has filled yet, and the form needs", draft.unanswered)


def _value(field: DraftField, number: int) -> str:
    if not field.value:
        needed = "open, and needed" if field.required else "open"
        return f'<span class="open">{needed}</span>'
    button = f'<button type="button" data-copies="field-{number}">Copy</button>'
    return f'{button}<span class="value" id="field-{number}">{escape(field.value)}</span>'


def _list(heading: str, items: Iterable[str]) -> Iterator[str]:
    listed = [f"<li>{escape(item)}</li>" for item in items]
    if listed:
        yield f"<h2>{escape(heading)}</h2>" if heading else ""
        yield f"<ul>{''.join(listed)}</ul>"
