from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import (
    AfterValidator,
    AnyUrl,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    SecretStr,
    Tag,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from callguard.config import ConfigError, Mistake, Origin, OriginKind

Complain = Callable[..., list[str]]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Preset(StrEnum):
    PLAIN = "plain"
    FRITZBOX = "fritzbox"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class RuleEntry(Strict):
    number: str | None = None
    prefix: str | None = None
    note: str = ""

    @model_validator(mode="after")
    def _one_of_them(self) -> "RuleEntry":
        if (self.number is None) == (self.prefix is None):
            raise ValueError("give either a number or a prefix")
        return self


class Beep(Strict):
    kind: Literal["beep"]
    seconds: int = 1


class Speak(Strict):
    kind: Literal["speak"]
    text: str


def _even(number: int) -> int:
    if number % 2:
        raise PydanticCustomError("odd", "{number} is odd", {"number": number})
    return number


def _sound(value: object) -> str:
    return str(value.get("kind", ""))[:1] if isinstance(value, dict) else ""


class Account(Strict):
    registrar: Annotated[str, Field(description="the address of the router")]
    adapter: str = ""
    user: str = ""
    register_: Annotated[bool, Field(alias="register")] = True


class Settings(Strict):
    accounts: list[Account] = []
    block: list[str | RuleEntry] = []
    table: dict[str, int] = {}
    preset: Preset = Preset.PLAIN
    level: Level = Level.LOW
    code: Literal[607, 603, 486] = 607
    only: Literal["this"] = "this"
    truth: bool = False
    whole: int = 0
    few: Annotated[int, Field(ge=1, le=9)] = 1
    more: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = 0.5
    step: Annotated[int, Field(multiple_of=20)] = 20
    decimal: Decimal = Decimal(0)
    form: Annotated[str, Field(pattern="^[a-z]+$", max_length=5)] = "x"
    long: Annotated[str, Field(min_length=3)] = "xxx"
    two: Annotated[list[str], Field(min_length=2, max_length=3)] = ["a", "b"]
    wait: int | Literal["auto"] = 0
    maybe: int | None = None
    address: IPv4Address = IPv4Address("127.0.0.1")
    network: IPv4Network = IPv4Network("10.0.0.0/8")
    url: AnyUrl = AnyUrl("https://example.org/")
    at: time = time(22)
    span: timedelta = timedelta(0)
    folder: Path = Path()
    pair: tuple[int, str] = (1, "a")
    ports: dict[int, str] = {}
    off: Literal[False] | int = 0
    even: Annotated[int, AfterValidator(_even)] = 0
    noise: Annotated[Annotated[Beep, Tag("b")] | Annotated[Speak, Tag("s")], Discriminator(_sound)] | None = None
    sound: Annotated[Beep | Speak, Field(discriminator="kind")] = Beep(kind="beep")
    sounds: list[Beep | Speak] = []
    lowest: int = 0
    highest: int = 0

    @field_validator("long")
    @classmethod
    def _no_x(cls, text: str) -> str:
        if text == "xyz":
            raise ValueError("the text xyz is taken\nby somebody else")
        return text

    @model_validator(mode="after")
    def _in_order(self) -> "Settings":
        if self.lowest > self.highest:
            raise ValueError("lowest must not be above highest")
        return self


MISTAKES: dict[str, tuple[str, list[str]]] = {
    "a typing error in a key": ("preste: plain", ["c.yaml:1: preste: unknown key (did you mean 'preset'?)"]),
    "a typing error in an entry": (
        "accounts:\n  - registrar: r\n    adpter: x",
        ["c.yaml:3: accounts.0.adpter: unknown key (did you mean 'adapter'?)"],
    ),
    "an unknown key like no other": (
        "accounts: [{registrar: r, zzzz: 1}]",
        ["c.yaml:1: accounts.0.zzzz: unknown key; known here: registrar, adapter, user, register"],
    ),
    "a key not indented": (
        "registrar: r",
        ["c.yaml:1: registrar: unknown key; it belongs in the section accounts.0: check the indentation"],
    ),
    "a required key missing": (
        "whole: 1\naccounts:\n  - adapter: x\n    user: y",
        ["c.yaml:3: accounts.0.registrar: this key is required; the address of the router"],
    ),
    "a required key empty": (
        "accounts:\n  - adapter: x\n    registrar:",
        ["c.yaml:3: accounts.0.registrar: a value is missing; the address of the router"],
    ),
    "not in an enumeration": (
        "preset: fritzbx",
        ["c.yaml:1: preset: 'fritzbx' is none of plain, fritzbox (did you mean 'fritzbox'?)"],
    ),
    "not in an enumeration of numbers": ("level: 3", ["c.yaml:1: level: '3' is none of 1, 2"]),
    "not one of the literals": ("code: 404", ["c.yaml:1: code: '404' is none of 607, 603, 486"]),
    "not the only literal": ("only: that", ["c.yaml:1: only: must be this, not 'that'"]),
    "no truth": ("truth: maybe", ["c.yaml:1: truth: 'maybe' is neither yes nor no"]),
    "a list instead of a truth": ("truth: [yes]", ["c.yaml:1: truth: expected yes or no, found a list"]),
    "no whole number": ("whole: abc", ["c.yaml:1: whole: 'abc' is not a whole number"]),
    "a fraction instead of a whole number": ("whole: 1.5", ["c.yaml:1: whole: '1.5' is not a whole number"]),
    "a huge number": ("whole: " + "9" * 5000, [f"c.yaml:1: whole: '{'9' * 59}…' is too large a number"]),
    "too little": ("few: 0", ["c.yaml:1: few: must be at least 1, not '0'"]),
    "too much": ("few: 10", ["c.yaml:1: few: must be at most 9, not '10'"]),
    "not more": ("more: 0", ["c.yaml:1: more: must be more than 0.0, not '0'"]),
    "not less": ("more: 1", ["c.yaml:1: more: must be less than 1.0, not '1'"]),
    "no number": ("more: abc", ["c.yaml:1: more: 'abc' is not a number"]),
    "not finite": ("more: nan", ["c.yaml:1: more: 'nan' is not a finite number"]),
    "no multiple": ("step: 30", ["c.yaml:1: step: must be a multiple of 20, not '30'"]),
    "no decimal": ("decimal: abc", ["c.yaml:1: decimal: 'abc' is not a number"]),
    "not the form": ("form: A1", ["c.yaml:1: form: 'A1' does not have the expected form ^[a-z]+$"]),
    "too long": ("form: abcdef", ["c.yaml:1: form: 'abcdef' is longer than 5 characters"]),
    "too short": ("long: ab", ["c.yaml:1: long: 'ab' is shorter than 3 characters"]),
    "too few entries": ("two: [a]", ["c.yaml:1: two: needs at least 2 entries, there are 1"]),
    "too many entries": ("two: [a, b, c, d]", ["c.yaml:1: two: may have 3 entries, there are more"]),
    "a list instead of one value": ("form: [a]", ["c.yaml:1: form: expected one value, found a list"]),
    "a section instead of one value": ("form: {a: b}", ["c.yaml:1: form: expected one value, found a section"]),
    "one value instead of a list": (
        "two: +44*",
        [
            "c.yaml:1: two: expected a list, found '+44*'; begin each entry with '- ' on a line of its own,"
            " or write [a, b]"
        ],
    ),
    "a section instead of a list": (
        "accounts:\n  registrar: r",
        [
            "c.yaml:1: accounts: expected a list, found a section; begin each entry with '- ' on a line of its own,"
            " or write [a, b]"
        ],
    ),
    "one value instead of a section": (
        "accounts: [fritz.box]",
        ["c.yaml:1: accounts.0: expected a section with registrar, adapter, user, register, found 'fritz.box'"],
    ),
    "one value instead of a table": (
        "table: x",
        ["c.yaml:1: table: expected a section with keys beneath it, found 'x'"],
    ),
    "a wrong value in a table": ("table: {a: 1, b: x}", ["c.yaml:1: table.b: 'x' is not a whole number"]),
    "a number or nothing": ("maybe: x", ["c.yaml:1: maybe: 'x' is not a whole number"]),
    "neither of two": ("wait: never", ["c.yaml:1: wait: expected a whole number, or 'auto', found 'never'"]),
    "nearly one of two": (
        "wait: outo",
        ["c.yaml:1: wait: expected a whole number, or 'auto', found 'outo' (did you mean 'auto'?)"],
    ),
    "a list in a union": (
        "block: [[a]]",
        ["c.yaml:1: block.0: expected text, or a section with number, prefix, note, found a list"],
    ),
    "a typing error in a section of a union": (
        "block:\n  - ok\n  - number: 1\n    nte: x",
        ["c.yaml:4: block.1.nte: unknown key (did you mean 'note'?)"],
    ),
    "a refused section of a union": ("block: [{note: x}]", ["c.yaml:1: block.0: give either a number or a prefix"]),
    "a list in a section of a union": (
        "block: [{number: [1]}]",
        ["c.yaml:1: block.0.number: expected one value, found a list"],
    ),
    "an unknown kind": (
        "sound:\n  kind: beeep",
        ["c.yaml:2: sound.kind: 'beeep' is none of beep, speak (did you mean 'beep'?)"],
    ),
    "no kind": ("sound:\n  seconds: 1", ["c.yaml:1: sound.kind: this key is required"]),
    "a mistake in one kind": ("sound:\n  kind: speak", ["c.yaml:1: sound.text: this key is required"]),
    "the nearest of two sections": (
        "sounds:\n  - kind: beep\n    seconds: x",
        ["c.yaml:3: sounds.0.seconds: 'x' is not a whole number"],
    ),
    "a wrong entry of a tuple": ("pair: [x, y]", ["c.yaml:1: pair.0: 'x' is not a whole number"]),
    "a wrong key in a table": ("ports: {abc: x}", ["c.yaml:1: ports.abc: 'abc' is not a whole number"]),
    "an error of a plugin's own": ("even: 3", ["c.yaml:1: even: 3 is odd"]),
    "no kind that a function knows": (
        "noise: {kind: x}",
        ["c.yaml:1: noise: expected a section with kind, seconds, or a section with kind, text"],
    ),
    "a mistake in a kind that a function knows": (
        "noise: {kind: beep, seconds: x}",
        ["c.yaml:1: noise.seconds: 'x' is not a whole number"],
    ),
    "a key as long as a page": (
        "p" * 100 + ": 1",
        [
            f"c.yaml:1: {'p' * 59}…: unknown key; known here: accounts, block, table, preset, level, code, only,"
            " truth, whole, few, more, step …"
        ],
    ),
    "no address": ("address: 300.1.1.1", ["c.yaml:1: address: '300.1.1.1' is not an IPv4 address"]),
    "no network": (
        "network: 10.0.0.0/40",
        ["c.yaml:1: network: '10.0.0.0/40' is not a network such as 192.168.0.0/16"],
    ),
    "no url": ("url: nope", ["c.yaml:1: url: 'nope' is not an address such as https://example.org/"]),
    "no time": ("at: 25:00", ["c.yaml:1: at: '25:00' is not a time of day such as 22:00"]),
    "no duration": ("span: soon", ["c.yaml:1: span: 'soon' is not a duration such as 00:01:30 or P1D"]),
    "refused by a validator": ("long: xyz", ["c.yaml:1: long: the text xyz is taken�by somebody else"]),
    "refused as a whole": ("lowest: 2\nhighest: 1", ["c.yaml:1: lowest must not be above highest"]),
    "a value of several lines": ("whole: |\n  a\n  b", ["c.yaml:1: whole: 'a�b' is not a whole number"]),
    "everything at once": (
        "whole: a\nwhole: b\ntruth: maybe\nblock:\n  -\n  - [x]\nform: !foo x\nmore: !env NOT_SET",
        [
            "c.yaml:1: whole: 'a' is not a whole number",
            "c.yaml:2: whole: given twice, first in line 1; remove one of them",
            "c.yaml:3: truth: 'maybe' is neither yes nor no",
            "c.yaml:5: block.0: this entry of the list is empty; give it a value or remove it",
            "c.yaml:6: block.1: expected text, or a section with number, prefix, note, found a list",
            "c.yaml:7: form: unknown tag '!foo'; only !env and !file are known",
            "c.yaml:8: more: the environment variable NOT_SET is not set; set it where CallGuard is started",
        ],
    ),
}


@pytest.mark.parametrize(("text", "lines"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_in_plain_words(text: str, lines: list[str], complain: Complain) -> None:
    assert complain(text, Settings) == lines


def test_no_mistake_speaks_the_language_of_pydantic() -> None:
    jargon = ("pydantic", "Input should", "model_type", "str]", "RuleEntry", "validation error", "function-")
    spoken = " ".join(line for _, lines in MISTAKES.values() for line in lines)
    assert not [word for word in jargon if word in spoken]


GOOD = {
    "truths": ("truth: {}", ["yes", "no", "on", "off", "true", "FALSE", "Y", "1"]),
    "literals that are numbers": ("code: {}", ["607", "'603'"]),
    "enumerations": ("preset: {}", ["plain", "'fritzbox'"]),
    "enumerations of numbers": ("level: {}", ["1", "'2'"]),
    "several kinds": ("wait: {}", ["3", "auto", "'4'"]),
    "a truth or a number": ("off: {}", ["no", "off", "7"]),
    "numbers as keys": ("ports: {5060: x, '{}': y}", ["1", "2"]),
    "times": ("at: {}", ["22:00", "07:30:15"]),
    "texts or sections": ("block: [{}]", ["+44*", "011", "{number: +1 303 555 0110, note: 22:00}"]),
}


@pytest.mark.parametrize(("template", "values"), GOOD.values(), ids=GOOD.keys())
def test_a_good_value_is_taken(template: str, values: list[str], complain: Complain) -> None:
    assert [complain(template.replace("{}", value), Settings) for value in values] == [[]] * len(values)


def test_a_wrong_value_set_in_the_environment_names_the_variable(complain: Complain) -> None:
    assert complain("", Settings, {"CALLGUARD__FEW": "0"}) == ["env CALLGUARD__FEW: few: must be at least 1, not '0'"]


def test_mistakes_come_in_the_order_of_the_file_and_only_once() -> None:
    def at(line: int, what: str = "x") -> Mistake:
        return Mistake(origin=Origin(kind=OriginKind.FILE, name="c.yaml", line=line), what=what)

    environment = Mistake(origin=Origin(kind=OriginKind.ENVIRONMENT, name="E"), what="y")
    error = ConfigError([environment, at(9), at(2), at(9)])
    assert str(error).splitlines() == ["c.yaml:2: x", "c.yaml:9: x", "env E: y"]


def test_hundreds_of_mistakes_do_not_flood_the_terminal(complain: Complain) -> None:
    lines = complain("block:\n" + "  - [x]\n" * 300, Settings)
    assert len(lines) == 201
    assert lines[-1] == "and 100 more"


def test_a_defect_in_a_validator_is_no_traceback(complain: Complain) -> None:
    class Defective(Strict):
        name: str = ""

        @field_validator("name", mode="before")
        @classmethod
        def _stripped(cls, text: str) -> str:
            return text.strip()

    class Whole(Strict):
        good: str = ""
        bad: Defective = Defective()

    assert complain("good: x\nbad: {name: [a]}", Whole) == [
        "c.yaml:2: bad: could not be checked (AttributeError): this is a defect of the program, not of your file"
    ]


class Login(Strict):
    password: SecretStr = SecretStr("")
    pin: int = 0
    user: str = ""

    @model_validator(mode="after")
    def _different(self) -> "Login":
        if self.user and self.password.get_secret_value() == self.user:
            raise ValueError(f"the password {self.user} is the user's name")
        return self


SECRETS = {
    "of the wrong kind": ("pin: hunter2", "c.yaml:1: pin: this secret is not a whole number"),
    "told by a validator": (
        "user: hunter2\npassword: hunter2",
        "c.yaml:1: is not acceptable (why is not shown, because it holds a secret)",
    ),
    "a list": ("password: [hunter2]", "c.yaml:1: password: expected one value, found a list"),
    "a section": ("password: {hunter2: x}", "c.yaml:1: password: expected one value, found a section"),
}


@pytest.mark.parametrize(("text", "line"), SECRETS.values(), ids=SECRETS.keys())
def test_a_secret_is_never_told(text: str, line: str, complain: Complain) -> None:
    assert complain(text, Login) == [line]


def test_a_secret_from_elsewhere_is_never_told(complain: Complain) -> None:
    assert complain("user: x\npin: !env PIN", Login, {"PIN": "hunter2"}) == [
        "c.yaml:2: pin: this secret is not a whole number"
    ]
