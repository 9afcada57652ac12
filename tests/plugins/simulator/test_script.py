from pathlib import Path

import pytest

from callguard import to_e164
from callguard_simulator.script import BUILT_IN, load_script


def test_the_built_in_script_has_a_dozen_callers_of_every_kind() -> None:
    callers = load_script(BUILT_IN).callers
    assert len(callers) >= 12
    assert any(c.withheld for c in callers)
    assert any(c.unavailable for c in callers)
    assert any(c.asserted for c in callers)
    assert any("\x1b" in c.name and "<script>" in c.name for c in callers)
    assert any(c.number.startswith("**") for c in callers)
    assert any(c.number.startswith("00") for c in callers)
    assert any(c.patience == 0 for c in callers)
    assert all(c.about for c in callers)


def test_the_built_in_script_uses_fictional_numbers_only() -> None:
    numbers = [n for c in load_script(BUILT_IN).callers for n in (c.number, c.asserted) if n and n[0] != "*"]
    for number in numbers:
        e164 = to_e164(number, "US")
        assert e164 is not None
        assert e164.startswith("+442079460") or e164[5:10] == "55501", number


def test_numbers_of_a_script_stay_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "callers.yaml"
    file.write_text("callers:\n  - {number: +13035550110, patience: 2.5}\n  - number: 0110\n    withheld: yes\n")
    first, second = load_script(str(file)).callers
    assert (first.number, first.patience) == ("+13035550110", 2.5)
    assert (second.number, second.withheld) == ("0110", True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("callers: [", "is no YAML", id="broken"),
        pytest.param("callers:\n  - {nummer: 1}", "callers.0.nummer", id="unknown key"),
        pytest.param("callers:\n  - {patience: 601}", "callers.0.patience", id="too patient"),
        pytest.param("", "the file", id="empty"),
        pytest.param("\xff", "is no YAML", id="not text"),
    ],
)
def test_a_mistake_in_a_script_is_told(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "callers.yaml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=said):
        load_script(str(file))


def test_a_script_that_is_missing_or_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        load_script(str(tmp_path / "none.yaml"))
    (tmp_path / "long.yaml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(ValueError, match="larger"):
        load_script(str(tmp_path / "long.yaml"))
