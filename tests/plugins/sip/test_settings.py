import re
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from callguard_sip.settings import AccountSettings, SipConfig, TreatmentSettings, split_address
from callguard_sip.upstream import BlockBy

ACCOUNT = {"line": "Home", "registrar": "fritz.box", "user": "callguard"}
README = Path(__file__).parents[3] / "plugins" / "callguard_sip" / "README.md"


def account(**stated: object) -> AccountSettings:
    return AccountSettings.model_validate(ACCOUNT | stated)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("fritz.box", ("fritz.box", None)),
        ("fritz.box:5070", ("fritz.box", 5070)),
        ("192.0.2.1:0", ("192.0.2.1", 0)),
        ("[2001:db8::1]:5061", ("2001:db8::1", 5061)),
        ("[2001:DB8::1]", ("2001:db8::1", None)),
        ("2001:db8::1", ("2001:db8::1", None)),
    ],
)
def test_an_address_is_read_in_every_spelling(text: str, place: tuple[str, int | None]) -> None:
    assert split_address(text) == place


@pytest.mark.parametrize(
    "text", ["", "a b", "fritz.box:", "fritz.box:x", "x:99999", "[::1", "[::1]x", "[x]:1", "::g", "a/b"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\bno\b"):
        split_address(text)


def test_the_least_that_must_be_said_is_line_registrar_and_user() -> None:
    said = account()
    assert (said.transport, said.expires, said.register_, said.internal_prefix) == ("udp", 600, True, "**")
    assert said.treated.code == 603


def test_everything_may_be_text_as_in_the_file() -> None:
    said = account(expires="1200", register="true", keepalive="15", treatment={"code": "607", "hold": "2.5"})
    assert (said.expires, said.keepalive, said.treated.code, said.treated.hold) == (1200, 15, 607, 2.5)


def test_a_treatment_overrides_the_preset_key_by_key() -> None:
    said = account(preset="fritzbox", treatment={"announcement": "/a.wav"})
    assert (said.treated.block, said.treated.hold, said.treated.announcement) == (BlockBy.ANSWER, 3, "/a.wav")


def test_the_password_is_never_printed() -> None:
    assert "hunter2" not in repr(account(password="hunter2"))


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ({"treatment": {"code": 600}}, "607"),
        ({"treatment": {"allow": 486}}, "480, 302 or 404"),
        ({"treatment": {"seconds": 0}}, "greater than or equal to 0.5"),
        ({"trusted": ["192.168.0.0/33"]}, "no network"),
        ({"listen": "eth0"}, "no address of this computer"),
        ({"registrar": "fritz box"}, "no host"),
        ({"user": "a b"}, "before the @"),
        ({"contact_user": "short"}, "at least 8"),
        ({"transport": "sctp"}, "udp"),
        ({"preset": "avm"}, "fritzbox"),
        ({"expires": 5}, "30"),
        ({"registrar": ""}, "registrar and user are needed"),
        ({"user": ""}, "registrar and user are needed"),
        ({"register": False}, "needs contact_user"),
        ({"register": False, "contact_user": "abcdefgh12", "transport": "tls"}, "udp or tcp"),
        ({"colour": "red"}, "Extra inputs"),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_mistakes_are_named_with_what_would_be_right(stated: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(why)):
        account(**stated)


def test_two_lines_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="'Home' is there twice"):
        SipConfig.model_validate({"accounts": [ACCOUNT, ACCOUNT]})


@pytest.mark.parametrize("section", [SipConfig, AccountSettings, TreatmentSettings])
def test_every_setting_is_described_for_people_and_in_the_readme(section: type[BaseModel]) -> None:
    readme = README.read_text()
    for name, info in section.model_fields.items():
        assert info.description, name
        assert f"`{info.alias or name}`" in readme, name
