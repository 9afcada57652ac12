"""Where a house keeps its things: what is named counts, then the environment, then the user's folders."""

from pathlib import Path

import pytest

from callguard.place import demo_data_dir, find_place, usual_data_dir


def test_what_is_named_outweighs_the_environment_and_that_the_usual_folders() -> None:
    environment = {"CALLGUARD_CONFIG": "/e/config.yaml", "CALLGUARD_DATA_DIR": "/e/data"}
    assert find_place("/n/config.yaml", "/n/data", environment).data_dir == Path("/n/data")
    assert find_place(None, None, environment).config == Path("/e/config.yaml")
    assert find_place(None, None, {}).data_dir == usual_data_dir()


def test_the_pretend_house_keeps_apart_from_the_real_one() -> None:
    place = find_place(None, None, {}, demo=True)
    assert (place.data_dir, place.config) == (demo_data_dir(), None)
    assert place.data_dir != usual_data_dir()
    assert find_place(None, "/n", {}, demo=True).data_dir == Path("/n")


@pytest.mark.parametrize("value", ["", "relative"])
def test_an_empty_or_relative_folder_of_the_environment_is_the_users_own(
    monkeypatch: pytest.MonkeyPatch, value: str, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", value)
    assert usual_data_dir() == tmp_path / ".local/share/callguard"
