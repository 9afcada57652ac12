"""The places of categories, which built files rely on."""

from callguard import Category


def test_every_category_has_a_place_of_its_own() -> None:
    assert [category.place for category in Category] == list(range(len(Category)))
    assert Category.UNKNOWN.place == 0
