"""The set-up code, which lets the first admin in, once."""

import re
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callguard.access import Access, AlreadySetUpError, Person, Role
from callguard.testing.fakes import FakeRandomness


def test_the_code_has_no_signs_that_look_alike(access: Access, now: datetime) -> None:
    codes = [access.new_setup_code(now) for _ in range(50)]
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", code) for code in codes)
    assert len(set(codes)) == 50


@pytest.mark.parametrize(
    "spelt",
    [
        pytest.param(str.lower, id="small"),
        pytest.param(lambda code: code.replace("-", " "), id="spaces"),
        pytest.param(lambda code: f" {code.replace('-', '')} ", id="no dash"),
        pytest.param(lambda code: code.replace("0", "o").replace("1", "l"), id="look-alikes"),
    ],
)
def test_the_code_is_understood_however_it_is_typed(
    access: Access, now: datetime, spelt: Callable[[str], str]
) -> None:
    assert access.use_setup_code(spelt(access.new_setup_code(now)), now)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text())
def test_nothing_else_is_taken_for_the_code(access: Access, now: datetime, text: str) -> None:
    access.new_setup_code(now)
    assert not access.use_setup_code(text, now)
    assert access.create_first_admin(text, "Eve", "h", now) is None
    assert not access.anyone()


def test_the_first_admin_uses_the_code_up(access: Access, now: datetime) -> None:
    code = access.new_setup_code(now)
    assert access.create_first_admin("0000-0000", "Eve", "h", now) is None
    person = access.create_first_admin(code, "Ana", "hash", now)
    assert person is not None
    assert (person.name, person.role) == ("Ana", Role.ADMIN)
    assert not access.use_setup_code(code, now)
    with pytest.raises(AlreadySetUpError, match="set up already"):
        access.create_first_admin(code, "Eve", "h", now)
    with pytest.raises(AlreadySetUpError):
        access.new_setup_code(now)


def test_a_new_code_makes_the_one_before_worthless(access: Access, now: datetime) -> None:
    old, new = access.new_setup_code(now), access.new_setup_code(now)
    assert not access.use_setup_code(old, now)
    assert access.use_setup_code(new, now)


def test_a_code_lasts_a_week(access: Access, now: datetime) -> None:
    code = access.new_setup_code(now)
    assert access.use_setup_code(code, now + timedelta(days=6))
    assert not access.use_setup_code(code, now + timedelta(days=7))
    assert access.create_first_admin(code, "Ana", "h", now + timedelta(days=7)) is None


def test_a_code_is_worthless_once_anybody_was_added(access: Access, now: datetime) -> None:
    code = access.new_setup_code(now)
    access.add_person("Ana", Role.ADMIN, "h", now)
    assert not access.use_setup_code(code, now)


def test_of_two_who_come_with_the_code_at_once_one_gets_in(access: Access, path: Path, now: datetime) -> None:
    code = access.new_setup_code(now)
    together = threading.Barrier(2)
    came: list[Person | AlreadySetUpError | None] = []

    def come(name: str) -> None:
        with closing(Access.open(path, FakeRandomness())) as own:
            together.wait(10)
            try:
                came.append(own.create_first_admin(code, name, "h", now))
            except AlreadySetUpError as error:
                came.append(error)

    threads = [threading.Thread(target=come, args=(name,)) for name in ("Ana", "Ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in came) == ["AlreadySetUpError", "Person"]
    assert len(access.people()) == 1
