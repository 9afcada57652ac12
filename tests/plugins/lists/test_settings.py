from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from callguard import Category, ListMode
from callguard_lists.catalogue import catalogue
from callguard_lists.settings import ListsConfig, Plan, plans_of

URL = "https://example.org/numbers.csv"


def plan(**source: Any) -> Plan:
    config = ListsConfig.model_validate({"sources": {"mine": source}})
    (found,) = plans_of(config, catalogue(), "US")
    return found


def test_a_new_list_only_logs_is_fetched_daily_and_weighed_by_complaints() -> None:
    found = plan(url=URL)
    assert (found.mode, found.every, found.weight, found.basis) == (
        ListMode.LOG_ONLY, timedelta(days=1), None, "complaints",
    )  # fmt: skip
    assert (found.title, found.country, found.stale_after) == ("mine", "US", timedelta(days=30))


def test_a_list_of_the_numbering_plan_weighs_most_and_lasts_longer() -> None:
    found = plan(url=URL, basis="numbering")
    assert (found.weight, found.stale_after) == (60, timedelta(days=400))


def test_the_catalogue_fills_in_what_the_household_does_not_say() -> None:
    found = plan(catalogue="saracroche", weight=20, title="Croche", mode="active")
    assert (found.title, found.weight, found.mode) == ("Croche", 20, ListMode.ACTIVE)
    assert (found.country, found.category, found.format) == ("FR", Category.TELEMARKETING, "json")
    assert found.url.startswith("https://saracroche.org/")


MISTAKES = {
    "nothing": ({}, "give one of url, file and catalogue"),
    "two origins": ({"url": URL, "catalogue": "saracroche"}, "give one of url, file and catalogue"),
    "no address": ({"url": "numbers.csv"}, "'numbers.csv' is no web address"),
    "another scheme": ({"url": "ftp://example.org/a"}, "is no web address"),
    "half a path": ({"file": "numbers.txt"}, "is not a whole path"),
    "no country": ({"url": URL, "country": "Germany"}, "is no ISO 3166 country code"),
    "too much weight": ({"url": URL, "weight": 80}, "less than or equal to 60"),
    "too often": ({"url": URL, "every": "00:05:00"}, "greater than or equal to"),
    "a key that is none": ({"url": URL, "colum": "x"}, "Extra inputs are not permitted"),
}


@pytest.mark.parametrize(("source", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_refused_in_a_sentence(source: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        plan(**source)


def test_mistakes_that_need_the_house_begin_with_their_key() -> None:
    config = ListsConfig.model_validate({"sources": {"Mine!": {"url": URL}, "b": {"catalogue": "saracosh"}}})
    with pytest.raises(ValueError, match="list") as refused:
        plans_of(config, catalogue(), "US")
    first, second = str(refused.value).splitlines()
    assert first.startswith("sources.Mine!: the name of a list is up to 32 of a-z")
    assert second.startswith("sources.b: the catalogue has no list 'saracosh'; it has: fr-telemarketing")


def test_more_lists_than_a_call_can_wait_for_are_refused() -> None:
    config = ListsConfig.model_validate({"sources": {f"l{n}": {"url": URL} for n in range(51)}})
    with pytest.raises(ValueError, match="sources: 51 lists"):
        plans_of(config, catalogue(), "US")


def test_an_unknown_country_is_refused_when_the_house_is_built() -> None:
    config = ListsConfig.model_validate({"sources": {"a": {"url": URL, "country": "XX"}}})
    with pytest.raises(ValueError, match=r"sources\.a: 'XX' is no country with telephone numbers"):
        plans_of(config, catalogue(), "US")
