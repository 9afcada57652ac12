from pathlib import Path
from typing import Any

import pytest

from callguard.config import ConfigError
from callguard.testing import HookRunner
from callguard_dnc.plugin import Dnc

WRONG = {
    "a law nobody knows": ({"jurisdiction": "us-pn"}, "did you mean us-pa?"),
    "a country nobody wrote about": ({"jurisdiction": "zz"}, "known are ca, gb, no, us, us-ny, us-pa"),
    "both": ({"registered_on": "2026-03-01", "not_registered": True}, "contradicts"),
    "no day": ({"registered_on": "March"}, "registered_on"),
    "no kind of line": ({"kind": "castle"}, "kind"),
    "a misspelt key": ({"registred_on": "2026-03-01"}, "registered_on"),
}


@pytest.mark.parametrize(("declared", "told"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_is_told_in_words(tmp_path: Path, declared: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=r".") as raised:
        HookRunner(Dnc, tmp_path, {"lines": {"Home": declared}})
    assert told in str(raised.value)


def test_norway_is_not_taken_for_a_no(tmp_path: Path) -> None:
    law = HookRunner(Dnc, tmp_path, {"lines": {"Home": {"jurisdiction": "no"}}}).jurisdiction("Home")
    assert law is not None
    assert law.name == "Norway"
