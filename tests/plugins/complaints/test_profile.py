"""The person's name and address: one private file, and nobody else."""

import os
import stat
from pathlib import Path

import pytest

from callguard_complaints.profile import ProfileError, forget_profile, profile_path, read_profile, write_profile

ANNA = {"first_name": "Anna", "last_name": "Lee", "state": "CO"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return profile_path(tmp_path / "data")


def test_it_is_kept_for_its_owner_only(path: Path) -> None:
    old = os.umask(0)
    try:
        write_profile(path, ANNA)
        write_profile(path, {**ANNA, "state": "UT"})
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert read_profile(path) == {**ANNA, "state": "UT"}
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_nobody_has_one_at_first(path: Path) -> None:
    assert read_profile(path) == {}
    assert not forget_profile(path)


def test_it_can_be_forgotten(path: Path) -> None:
    write_profile(path, ANNA)
    assert forget_profile(path)
    assert not path.exists()


def test_an_empty_field_is_removed_and_an_unknown_one_is_not_kept(path: Path) -> None:
    write_profile(path, {"first_name": "", "shoe_size": "40", "city": "Denver\x1b\n"})
    assert read_profile(path) == {"city": "Denver"}


def test_one_that_others_may_read_is_refused(path: Path) -> None:
    write_profile(path, ANNA)
    path.chmod(0o644)
    with pytest.raises(ProfileError, match="chmod 600") as refused:
        read_profile(path)
    assert "Anna" not in str(refused.value)


def test_a_link_to_somewhere_else_is_refused(path: Path, tmp_path: Path) -> None:
    write_profile(tmp_path / "other", ANNA)
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "other")
    with pytest.raises(ProfileError):
        read_profile(path)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'{"a":' * 5000, b'"x"'], ids=range(6))
def test_nonsense_is_refused_in_a_sentence(path: Path, content: bytes) -> None:
    write_profile(path, ANNA)
    path.write_bytes(content)
    with pytest.raises(ProfileError, match="no profile"):
        read_profile(path)


def test_a_folder_that_cannot_be_written_is_told(path: Path) -> None:
    path.parent.parent.mkdir(exist_ok=True)
    path.parent.write_text("a file")
    with pytest.raises(ProfileError, match="cannot be written"):
        write_profile(path, ANNA)
