"""Drafts as files: documented data, text in the form's order, a page that escapes everything and needs no network."""

import json
import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from callguard import JSON, Complaint, ComplaintState, Draft
from callguard.control.answers import jsonable
from callguard.testing import a_call, a_caller, a_record
from callguard_complaints.profile import merged
from callguard_complaints.rendering.document import document
from callguard_complaints.rendering.files import export
from callguard_complaints.rendering.page import page
from callguard_complaints.rendering.text import text
from tests.plugins.complaints.helpers.house import House
from tests.plugins.complaints.helpers.law import CALLED_AT, SALES

README = Path(__file__).parents[3] / "plugins" / "callguard_complaints" / "README.md"
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u202e\x1b[31m"


@pytest.fixture
def draft(house: House) -> Draft:
    return house.draft(answers=SALES)


@pytest.fixture
def complaint(draft: Draft) -> Complaint:
    return Complaint(call_id=draft.call_id, agency=draft.agency, answers=dict(SALES))


@pytest.fixture
def evil(house: House) -> tuple[Draft, Complaint]:
    call = a_call(received_at=CALLED_AT, caller=a_caller(name=EVIL, text=EVIL), called="+13035550100")
    answers = {**SALES, "caller_name": EVIL[:50], "comments": EVIL, "subject_other": EVIL[:40]}
    made = house.draft(a_record(call), answers=answers, known_as=EVIL)
    evil_field = replace(made.fields[0], label=EVIL, value=EVIL)
    made = replace(made, agency_name=EVIL, agency_url=EVIL, fields=(evil_field, *made.fields), related=(EVIL,))
    return made, Complaint(call_id=EVIL, agency=EVIL, answers=answers, reference=EVIL)


class _Page(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.told: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.told.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_page_escapes_everything(evil: tuple[Draft, Complaint]) -> None:
    found = _Page(page(*evil))
    assert len(found.of("script")) == 1
    assert not found.of("img")
    assert "alert(1)" in "".join(found.told)
    assert not found.of("a"), "a link that is no https link was made one"


def test_the_page_loads_sends_and_submits_nothing(draft: Draft, complaint: Complaint) -> None:
    source = page(draft, complaint)
    found = _Page(source)
    assert not {tag for tag, _ in found.tags} & {"form", "input", "img", "link", "iframe", "object", "base", "audio"}
    assert not [name for _, attributes in found.tags for name in attributes if name.startswith("on")]
    assert not [one for one in found.of("script") if "src" in one]
    assert [one["href"] for one in found.of("a")] == ["https://www.donotcall.gov/report.html"]
    assert {one["type"] for one in found.of("button")} == {"button"}
    assert "@import" not in source
    assert "url(" not in source
    assert not re.search(r"fetch|XMLHttpRequest|sendBeacon|WebSocket|submit\(", source)


def test_the_pages_own_policy_allows_its_style_and_script_only(draft: Draft, complaint: Complaint) -> None:
    source = page(draft, complaint)
    policy = next(one["content"] for one in _Page(source).of("meta") if "http-equiv" in one) or ""
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        inside = re.search(rf"<{tag}>(.*?)</{tag}>", source, re.DOTALL)
        assert inside
        assert _base64(sha256(inside[1].encode()).digest()) in policy
    assert "unsafe" not in policy


def _base64(content: bytes) -> str:
    from base64 import b64encode  # noqa: PLC0415

    return b64encode(content).decode()


def test_every_filled_field_has_a_copy_button_that_finds_it(draft: Draft, complaint: Complaint) -> None:
    found = _Page(page(draft, complaint))
    targets = [one["data-copies"] for one in found.of("button")]
    ids = {attributes.get("id") for _, attributes in found.tags}
    assert len(targets) == len([one for one in draft.fields if one.value]) + 1
    assert set(targets) <= ids


def test_the_page_prints_without_buttons_and_names_what_is_open(draft: Draft, complaint: Complaint) -> None:
    source = page(draft, complaint)
    assert "@media print { button { display: none; }" in source
    assert "open, and needed" in source
    assert "Nothing has been submitted" in source


def test_the_text_has_the_fields_in_the_forms_order(draft: Draft, complaint: Complaint) -> None:
    told = text(draft, complaint)
    places = [told.index(f"\n{one.label}: ") for one in draft.fields]
    assert places == sorted(places)
    assert "Was it a prerecorded message?: No\n" in told
    assert "What was the call about?: ________ (one of: Other; Dropped call or no message;" in told
    assert "Nobody has filled yet, and the form needs\n- What was the call about?\n- State\n" in told
    assert "Nothing has been submitted" in told


def test_the_text_holds_no_control_characters(evil: tuple[Draft, Complaint]) -> None:
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text(*evil))


def test_the_text_says_who_filed_it(draft: Draft, complaint: Complaint) -> None:
    filed = replace(complaint, state=ComplaintState.FILED, filed_on=date(2026, 6, 12), reference="A-1")
    assert "So far: filed on 2026-06-12, by yourself, reference A-1" in text(draft, filed)


def test_even_a_filed_complaint_says_that_it_was_not_submitted(draft: Draft, complaint: Complaint) -> None:
    found = json.loads(document(draft, replace(complaint, state=ComplaintState.FILED, reference="A-1")))
    assert (found["schema_version"], found["statement"]) == (1, "not submitted")
    assert (found["state"], found["reference"]) == ("filed", "A-1")


def test_anybody_can_check_the_documents_sum(evil: tuple[Draft, Complaint]) -> None:
    found = json.loads(document(*evil))
    told = found.pop("sha256")
    assert sha256(_canonical(found)).hexdigest() == told
    found["reasons"].append("x")
    assert sha256(_canonical(found)).hexdigest() != told


def _canonical(content: object) -> bytes:
    """As the README says."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_the_readme_documents_every_key_of_the_document(draft: Draft, complaint: Complaint) -> None:
    described = README.read_text("utf-8").partition("## draft.json")[2]
    content = json.loads(document(draft, complaint))
    missing = {key for key in _keys(content) if f"`{key}`" not in described}
    assert missing == set()
    assert f"schema_version` | `{content['schema_version']}`" in described


def _keys(content: object) -> Iterator[str]:
    """Yield the keys at every depth, but those of answers and evidence, which are named after what was said."""
    if isinstance(content, list):
        for item in content:
            yield from _keys(item)
    elif isinstance(content, dict):
        for key, item in content.items():
            yield key
            if key not in ("answers", "evidence"):
                yield from _keys(item)


def test_three_files_are_written_for_their_owner_only(draft: Draft, complaint: Complaint, tmp_path: Path) -> None:
    paths = export(draft, complaint, "2026-06-10", tmp_path)
    assert [path.name for path in paths] == ["draft.json", "draft.txt", "draft.html"]
    assert paths[0].parent.name == f"2026-06-10-{draft.call_id}-ftc"
    assert stat.S_IMODE(paths[0].parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert export(draft, complaint, "2026-06-10", tmp_path) == paths
    assert sorted(one.name for one in paths[0].parent.iterdir()) == ["draft.html", "draft.json", "draft.txt"]


def test_a_call_id_cannot_lead_out_of_the_folder(draft: Draft, complaint: Complaint, tmp_path: Path) -> None:
    paths = export(replace(draft, call_id="../../x/é", agency="/etc"), complaint, "2026", tmp_path)
    assert paths[0].parent.parent == tmp_path
    assert paths[0].parent.name == "2026-x-etc"


def test_a_profile_fills_only_the_persons_own_fields(draft: Draft) -> None:
    full = merged(draft, {"first_name": "Anna", "state": "CO", "caller_name": "Mallory", "called_number": "1"})
    filled = {one.holds: one.value for one in full.fields if one not in draft.fields}
    assert filled == {"first_name": "Anna", "state": "CO"}
    assert {one.origin.value for one in full.fields if one not in draft.fields} == {"profile"}
    assert full.unanswered == ("What was the call about?",)


def answered(house: House, asked: dict[str, JSON]) -> str:
    """Ask the plugin, which waits for nothing: there is no network here, not even that of an event loop."""
    asking = house.plugin.register_commands()["complaint-file"](asked).__await__()
    try:
        next(asking)
    except StopIteration as ended:
        return str(ended.value["content"])
    raise AssertionError("it waited")


def test_the_console_gets_the_same_files_and_none_has_a_name_in_it(
    house: House, draft: Draft, complaint: Complaint
) -> None:
    about = json.loads(json.dumps({"draft": jsonable(draft), "complaint": jsonable(complaint)}))
    found = [answered(house, {"about": about, "kind": kind}) for kind in ("txt", "html", "json")]
    assert found == [text(draft, complaint), page(draft, complaint), document(draft, complaint)]


@pytest.mark.parametrize(
    "asked",
    [{"kind": "exe"}, {"kind": "txt"}, {"kind": "txt", "about": {"draft": 1}}, {"kind": "../txt", "about": {}}],
    ids=["another kind", "nothing to draw", "no draft", "a path"],
)
def test_what_is_no_draft_is_refused_in_words(house: House, asked: dict[str, JSON]) -> None:
    with pytest.raises(ValueError, match=r"say as what|no draft"):
        answered(house, asked)
