"""Modem families are data, and a household may bring its own."""

from pathlib import Path

import pytest
import yaml

from callguard_modem.core.profile import Method
from callguard_modem.profiles import ProfileError, load_catalogue, merged, shipped
from tests.conftest import shared_data
from tests.plugins.modem.helpers.playbook import CONEXANT, IAXMODEM, PLAIN, USR

ALL = frozenset({"0", "1", "8"})
EXAMPLE = shared_data() / "modem" / "profiles.example.yaml"


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        (CONEXANT, "conexant_cx930xx"),
        (USR, "usr5637"),
        (IAXMODEM, "iaxmodem"),
        (PLAIN, "default"),
        ({}, "default"),
        ({"ATI0": "56000"}, "conexant_cx930xx"),
        ({"ATI0": "5686", "AT+GMI": "U.S. Robotics"}, "usr5686"),
        ({"ATI0": "5601", "AT+GMI": "U.S. Robotics", "AT+GMM": "USB5637"}, "usr5637"),
        ({"ATI0": "MT9234MU"}, "multitech_mt9234"),
        ({"ATI3": "LT V.90 Data+Fax Modem"}, "lucent_agere"),
        ({"ATI0": "1496E"}, "zyxel"),
    ],
)
def test_a_modem_is_known_by_its_answers(identity: dict[str, str], name: str) -> None:
    assert shipped().choose(identity).name == name


@pytest.mark.parametrize(
    ("usb", "name"),
    [
        ("0baf:0303", "usr5637"),
        ("0572:1340", "conexant_cx930xx"),
        ("0572:1349", "conexant_cx930xx"),
        ("0803:3095", "conexant_cx930xx"),
        ("06e0:F120", "multitech_mt9234"),
        ("1d6b:0002", "default"),
    ],
)
def test_a_modem_is_known_by_its_usb_id(usb: str, name: str) -> None:
    assert shipped().choose({}, usb).name == name


def test_one_answer_alone_does_not_outvote_two() -> None:
    assert shipped().choose({"ATI0": "56000", "AT+GMI": "U.S. Robotics", "AT+GMM": "USB5637"}).name == "usr5637"


def test_every_family_says_where_its_facts_are_from() -> None:
    for family in (shipped().default, *shipped().families):
        assert len(family.seen) > 10, family.name
        assert Method.HOOK in family.hang_up, family.name
        assert "ATS0=0" in family.init, family.name


@pytest.mark.skipif(not EXAMPLE.exists(), reason=f"the collected facts are not here: {EXAMPLE}")
def test_the_shipped_profiles_hold_what_was_collected() -> None:
    collected = yaml.safe_load(EXAMPLE.read_text())["families"]
    catalogue = shipped()
    for name, facts in collected.items():
        family = catalogue.named(name)
        assert set(facts["match"].get("usb", [])) <= set(family.match.usb), name
        assert family.caller_id[: len(facts.get("caller_id", []))] == tuple(facts.get("caller_id", [])), name
        assert facts.get("voice", {}).get("vsm_u8", "") in {"", family.voice.sample_format}, name
        assert facts.get("ring_cadence_s", 6.0) == family.ring_cadence, name


# -- the ways to hang up --------------------------------------------------------------------------------------------


def test_a_greeting_comes_first_where_there_is_one_and_off_hook_otherwise() -> None:
    usr = shipped().named("usr5637")
    assert usr.methods(None, ALL, greeting=True) == (Method.GREETING, Method.HOOK)
    assert usr.methods(None, ALL, greeting=False) == (Method.HOOK, Method.GREETING)


def test_what_the_household_wishes_comes_first() -> None:
    usr = shipped().named("usr5637")
    assert usr.methods(Method.FAX, ALL, greeting=True) == (Method.FAX, Method.GREETING, Method.HOOK)
    assert usr.methods(Method.HOOK, ALL, greeting=True) == (Method.HOOK, Method.GREETING)


@pytest.mark.parametrize("classes", [frozenset(), frozenset({"0"}), frozenset({"0", "1.0"})])
def test_what_the_modem_cannot_do_is_left_out_and_off_hook_is_always_there(classes: frozenset[str]) -> None:
    for family in (shipped().default, *shipped().families):
        for first in (None, *Method):
            assert family.methods(first, classes, greeting=True) == (Method.HOOK,)


# -- the household's own --------------------------------------------------------------------------------------------


def test_an_own_file_overrides_and_completes(tmp_path: Path) -> None:
    own = tmp_path / "modem-profiles.yaml"
    own.write_text(
        """
defaults: {command_timeout: 2}
families:
  usr5637:
    voice: {silence_off: "AT+VSD=0"}
    countries: {NZ: ["AT+GCI=7E"]}
  attic:
    seen: found in the attic
    match: {ati3: ["^Grandpa"]}
    caller_id: ["AT*ID1"]
"""
    )
    known = load_catalogue(own)
    usr, attic = known.named("usr5637"), known.choose({"ATI3": "Grandpa 2400"})
    assert (usr.voice.sample_format, usr.voice.silence_off) == ("AT+VSM=128,8000", "AT+VSD=0")
    assert set(usr.countries) == {"GB", "NZ"}
    assert (usr.command_timeout, attic.command_timeout) == (2.0, 2.0)
    assert (attic.name, attic.caller_id, attic.hang_up) == ("attic", ("AT*ID1",), (Method.HOOK,))


def test_without_an_own_file_the_shipped_ones_serve() -> None:
    assert load_catalogue(None) is shipped()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("families: [", "is no YAML"),
        ("families: 5", "families"),
        ("families: {Bad Name: {}}", "families"),
        ("familie: {}", "familie"),
        ("families: {x: {}}", "seen"),
        ("families: {x: {seen: here, hang_up: [shout]}}", "hang_up"),
        ("families: {x: {seen: here, init: [ATZ]}}", "never ATZ"),
        ("families: {x: {seen: here, caller_id: ['AT&F;+VCID=1']}}", "never ATZ"),
        ('families: {x: {seen: here, caller_id: ["AT\\r+VCID=1"]}}', "caller_id"),
        ("families: {x: {seen: here, ring_cadence: 0}}", "ring_cadence"),
        ("families: {x: {seen: here, match: {usb: [0572]}}}", "usb"),
        ("families: {x: {seen: here, match: {ati0: ['(']}}}", "ati0"),
        ("families: {x: {seen: here, colour: red}}", "colour"),
        ("[]", "own.yaml"),
        ("5", "own.yaml"),
    ],
)
def test_a_mistake_in_an_own_file_is_told_with_its_place(text: str, complaint: str) -> None:
    with pytest.raises(ProfileError, match=complaint.replace("[", r"\[")) as told:
        merged(text, "own.yaml")
    assert "own.yaml" in str(told.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="cannot be read"):
        load_catalogue(tmp_path / "nowhere.yaml")
    huge = tmp_path / "huge.yaml"
    huge.write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(ProfileError, match="larger than 1 MB"):
        load_catalogue(huge)


def test_an_unknown_name_tells_which_there_are() -> None:
    with pytest.raises(ValueError, match="choose one of usr5637, "):
        shipped().named("usr5673")
