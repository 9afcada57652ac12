"""docs/plugins/hooks.md says everything about every hook, and its examples run."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from callguard import asking, hookspecs, jobs, lines, plugins, screening
from callguard.model.policy import Policy

PAGE = Path(__file__).parents[1] / "docs" / "plugins" / "hooks.md"
LABELS = ("When", "Deadline", "Given", "Return", "If it fails")
HOOKS = [name for name, value in vars(hookspecs).items() if hasattr(value, "callguard_spec")]
DEADLINES = {
    "call_finished": plugins._OBSERVE_WITHIN,
    "dnc_status": plugins._STATUS_WITHIN,
    "jurisdiction": 1.0,
    "draft_complaint": plugins._OBSERVE_WITHIN,
    "look_up_caller": screening._ONLINE_WITHIN,
    "stated_rules": 1.0,
    "number_lists": plugins._START_WITHIN,
    "health": 1.0,
    "services": plugins._START_WITHIN,
    "open_lines": plugins._START_WITHIN,
    "periodic_jobs": plugins._START_WITHIN,
    "register_commands": plugins._START_WITHIN,
}


@dataclass(frozen=True)
class Section:
    hook: str
    text: str

    @property
    def code(self) -> str:
        blocks = self.text.split("```python\n")[1:]
        return "\n\n".join(block.partition("```")[0] for block in blocks)

    def about(self, label: str) -> str:
        return self.text.partition(f"- **{label}**:")[2].partition("\n- **")[0].partition("\n\n")[0].strip()


def sections() -> list[Section]:
    parts = PAGE.read_text("utf-8").split("\n## ")[1:]
    return [Section(part.partition("\n")[0].strip(), part) for part in parts]


SECTIONS = {section.hook: section for section in sections()}
every_section = pytest.mark.parametrize("section", SECTIONS.values(), ids=list(SECTIONS))


def test_every_hook_has_a_section_every_section_a_hook_in_the_order_of_a_calls_life() -> None:
    assert len(HOOKS) >= 7
    assert list(SECTIONS) == HOOKS


@every_section
@pytest.mark.parametrize("label", LABELS)
def test_a_section_answers_every_question(section: Section, label: str) -> None:
    assert len(section.about(label)) >= len("nothing."), f"{section.hook}: say something under {label}"


@every_section
def test_a_section_names_exactly_the_arguments_of_its_hook(section: Section) -> None:
    arguments = list(inspect.signature(getattr(hookspecs, section.hook)).parameters)
    given = section.about("Given")
    assert all(f"`{argument}`" in given for argument in arguments)
    assert given.startswith("nothing") is (not arguments)


@pytest.mark.parametrize("hook", [hook for hook in HOOKS if hook != "check_call"])
def test_the_deadline_is_the_one_in_the_code(hook: str) -> None:
    assert SECTIONS[hook].about("Deadline").startswith(f"{DEADLINES[hook]:g} s")


def test_the_longest_run_of_a_job_is_the_one_in_the_code() -> None:
    assert jobs._LONGEST_RUN == 3600
    assert "one hour" in SECTIONS["periodic_jobs"].about("Deadline")


def test_a_new_hook_needs_its_deadline_here() -> None:
    assert DEADLINES.keys() | {"check_call"} == set(HOOKS)


@every_section
def test_the_example_implements_the_hook_and_its_tests_pass(section: Section, tmp_path: Path) -> None:
    names: dict[str, object] = {"__name__": f"example_{section.hook}"}
    exec(compile(section.code, f"{PAGE.name}: {section.hook}", "exec"), names)
    assert list(implementers(names, section.hook)), f"no class of the example implements {section.hook}"
    tests = [value for name, value in names.items() if name.startswith("test_") and callable(value)]
    assert tests, "an example without a test shows nothing"
    for number, test in enumerate(tests):
        run(test, tmp_path / str(number))


def implementers(names: dict[str, object], hook: str) -> Iterator[type]:
    for value in names.values():
        if isinstance(value, type) and hasattr(getattr(value, hook, None), "callguard_impl"):
            yield value


def run(test: Callable[..., None], folder: Path) -> None:
    folder.mkdir()
    test(**dict.fromkeys(inspect.signature(test).parameters, folder))


def test_the_figures_that_hold_for_all_hooks_are_those_of_the_code() -> None:
    assert (asking.FAILURES_BEFORE_REST, asking.FIRST_REST, asking.LONGEST_REST) == (3, 30, 3600)
    assert Policy().source_cap == 60
    assert (lines._FIRST_PAUSE, lines._LONGEST_PAUSE) == (1, 60)
    assert jobs._FIRST_RETRY.total_seconds() == 30
