from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import Contact
from callguard_contacts.plan import Plan, in_words, plan


def person(uid: str, *numbers: str, name: str = "") -> Contact:
    return Contact(book="b", uid=uid, name=name or uid, numbers=numbers)


ANNA, BOB, CY = person("anna", "+13035550147"), person("bob", "+13035550148"), person("cy", "+13035550149")


def test_a_plan_tells_new_changed_removed_and_unchanged_apart() -> None:
    renamed = person("bob", "+13035550148", name="Robert")
    dora = person("dora", "+13035550150")
    assert plan([ANNA, BOB, CY], [ANNA, renamed, dora]) == Plan(
        new=(dora,), changed=((BOB, renamed),), removed=(CY,), unchanged=1
    )


def test_the_order_of_numbers_is_no_change() -> None:
    assert plan([person("a", "+1", "+2")], [person("a", "+2", "+1")]).nothing


SHRINKS = {(0, 0): False, (0, 5): False, (1, 0): True, (2, 1): False, (3, 1): True, (4, 2): False, (100, 49): True}


@pytest.mark.parametrize(("sizes", "shrinks"), SHRINKS.items())
def test_less_than_half_is_suspicious(sizes: tuple[int, int], shrinks: bool) -> None:
    before, after = sizes
    people = [person(str(n)) for n in range(max(sizes))]
    assert plan(people[:before], people[:after]).shrinks is shrinks


def test_half_a_book_of_other_people_is_as_large() -> None:
    names = count()
    old, now = ([person(str(next(names))) for _ in range(10)] for _ in range(2))
    assert not plan(old, now).shrinks


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["+1", "+2"])),
       st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["+1", "+2"])))  # fmt: skip
def test_every_contact_is_counted_once(before: dict[str, str], after: dict[str, str]) -> None:
    old, now = ([person(uid, number) for uid, number in book.items()] for book in (before, after))
    wanted = plan(old, now)
    assert len(wanted.new) + len(wanted.changed) + wanted.unchanged == len(now)
    assert len(wanted.removed) + len(wanted.changed) + wanted.unchanged == len(old)
    assert wanted.nothing == (before == after)


def test_counts_are_told_in_words() -> None:
    assert in_words(plan([ANNA, BOB], [BOB, CY]).counts()) == "1 new, 1 removed"
    assert in_words(plan([ANNA], [ANNA]).counts()) == "nothing to change"
