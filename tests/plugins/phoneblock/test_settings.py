from typing import Any

import pytest
from pydantic import ValidationError

from callguard import ListMode
from callguard_phoneblock.settings import Asking, PhoneBlockConfig


def test_nothing_is_on_by_default() -> None:
    config = PhoneBlockConfig()
    assert (config.mode, config.online, config.asking) == (ListMode.OFF, False, Asking.NOTHING)


ONLINE: dict[str, tuple[Any, Asking]] = {
    "no": (False, Asking.NOTHING),
    "yes": (True, Asking.PREFIX),
    "ranges": ("ranges", Asking.RANGES),
    "full": ("full", Asking.FULL),
}


@pytest.mark.parametrize(("online", "asking"), ONLINE.values(), ids=ONLINE.keys())
def test_what_may_be_asked_is_the_household_s_choice(online: Any, asking: Asking) -> None:
    config = PhoneBlockConfig.model_validate({"mode": "active", "token": "key", "online": online})
    assert config.asking is asking


MISTAKES = {
    "no key": ({"mode": "active"}, "PhoneBlock wants an API key"),
    "a key with a line end": ({"mode": "active", "token": "a\nb"}, "characters that no key has"),
    "no address": ({"base_url": "phoneblock"}, "is no web address"),
    "too often": ({"every": "12:00:00"}, "greater than or equal to 1 day"),
    "a way to ask that is none": ({"online": "plain"}, "Input should be"),
}


@pytest.mark.parametrize(("section", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_refused_in_a_sentence(section: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence) as refused:
        PhoneBlockConfig.model_validate(section)
    assert "a\nb" not in str(refused.value)
