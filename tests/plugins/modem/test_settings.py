"""The modem section of config.yaml."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from callguard_modem.core.profile import Method
from callguard_modem.settings import LineSettings, ModemConfig


def config(*lines: dict[str, object], **stated: object) -> ModemConfig:
    return ModemConfig.model_validate({"lines": list(lines), **stated})


def test_a_name_is_all_that_must_be_said() -> None:
    (line,) = config({"line": "Home"}).lines
    assert (line.device, line.country, line.profile, line.before_ring, line.within) == ("", "", "", False, None)
    assert (line.block.method, line.block.hold, line.block.greeting) == (None, 2.0, None)


def test_everything_may_be_text_as_in_the_file() -> None:
    line = LineSettings.model_validate(
        {
            "line": "Home",
            "device": "usb-Conexant_USB_Modem_24680246-if00",
            "country": "uk",
            "profile": "conexant_cx930xx",
            "within": "1.5",
            "before_ring": "yes",
            "block": {"method": "greeting", "hold": "3", "greeting": "/srv/sorry.wav"},
            "rings": {"a": "Family", "1": "Office"},
        }
    )
    assert (line.country, line.within, line.before_ring) == ("GB", 1.5, True)
    assert (line.block.method, line.block.hold, line.block.greeting) == (Method.GREETING, 3.0, Path("/srv/sorry.wav"))
    assert line.rings == {"A": "Family", "1": "Office"}
    assert line.names == ("Home", "Family", "Office")


@pytest.mark.parametrize(
    "device", ["", "/dev/ttyACM0", "usb-Conexant-if00", "socket://192.168.178.5:3333", "rfc2217://pi.example:2217"]
)
def test_a_device_may_be_named_in_many_ways(device: str) -> None:
    assert config({"line": "Home", "device": device}).lines[0].device == device


@pytest.mark.parametrize(
    ("stated", "complaint"),
    [
        ({"device": "ttys/0"}, "whole path"),
        ({"country": "Atlantis"}, "Atlantis"),
        ({"block": {"hold": 0.4}}, "0.5"),
        ({"block": {"hold": 11}}, "10"),
        ({"block": {"method": "shout"}}, "hook"),
        ({"block": {"greeting": "sorry.wav"}}, "whole path"),
        ({"within": 0}, "0.1"),
        ({"rings": {str(number): "x" for number in range(9)}}, "8"),
        ({"rings": {"A": ""}}, "1 character"),
        ({"profile": "usr5673"}, "choose one of usr5637"),
        ({"colour": "red"}, "colour"),
        ({"line": ""}, "1 character"),
    ],
)
def test_mistakes_are_told(stated: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        config({"line": "Home"} | stated)


def test_each_line_has_a_name_and_a_device_of_its_own() -> None:
    config({"line": "Home", "device": "a"}, {"line": "Office", "device": "b"})
    others: tuple[dict[str, object], ...] = (
        {"line": "Home", "device": "b"},
        {"line": "Office", "device": "a"},
        {"line": "Office"},
        {"line": "Office", "device": "b", "rings": {"A": "Home"}},
    )
    for second in others:
        with pytest.raises(ValidationError, match="twice"):
            config({"line": "Home", "device": "a"}, second)


def test_one_line_may_have_several_rings_and_its_own_name_may_be_one_of_them() -> None:
    assert config({"line": "Home", "rings": {"A": "Home", "B": "Office", "C": "Office"}}).lines[0].names == (
        "Home",
        "Office",
    )


def test_an_own_file_of_profiles_is_read_and_its_mistakes_are_told(tmp_path: Path) -> None:
    own = tmp_path / "modem-profiles.yaml"
    own.write_text("families: {attic: {seen: found in the attic}}")
    assert config({"line": "Home", "profile": "attic"}, profiles=str(own)).profiles == own
    own.write_text("families: {attic: {init: [ATZ]}}")
    with pytest.raises(ValidationError, match="attic"):
        config(profiles=str(own))
    with pytest.raises(ValidationError, match="whole path"):
        config(profiles="modem-profiles.yaml")
