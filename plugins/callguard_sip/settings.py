"""The SIP section of config.yaml."""

from ipaddress import ip_address, ip_network
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from callguard_sip.core.flow import Transport
from callguard_sip.core.gate import Network
from callguard_sip.upstream import ALLOW_CODES, DECLINE_CODES, BlockBy, Preset, Treatment, Wishes, treatment

_USER = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()&=+$,?/")
_HOST = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]%")
_SHORTEST_CONTACT_USER = 8


class Section(BaseModel):
    """What all sections have in common: a key nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid")


def split_address(text: str) -> tuple[str, int | None]:
    """Read ``host``, ``host:port``, an IPv6 address or ``[v6]:port``; ValueError tells its author what is wrong."""
    if not text or not _HOST.issuperset(text):
        raise ValueError(f"{text!r} is no host: write a name, an address, or either with :port")
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"{text!r} is no address: write [2001:db8::1]:5060")
        return _literal(host), _port(rest[1:]) if rest else None
    if text.count(":") > 1:
        return _literal(text), None
    host, colon, port = text.partition(":")
    return host, _port(port) if colon else None


def _literal(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError as error:
        raise ValueError(f"{text!r} is no IPv6 address") from error


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 65535:
        raise ValueError(f"{text!r} is no port: 0 to 65535")
    return int(text)


def network(text: str) -> Network:
    """Read an address or a network such as ``192.168.178.0/24``; ValueError if it is none."""
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        raise ValueError(f"{text!r} is no address and no network such as 192.168.178.0/24") from error


class TreatmentSettings(Section):
    """How verdicts are carried out; each key overrides the preset."""

    block: Annotated[
        BlockBy | None,
        Field(description="decline: refuse with a code; answer: take the call, play the announcement, hang up"),
    ] = None
    code: Annotated[int | None, Field(description="for decline: 607 unwanted, 603 decline, 486 busy")] = None
    announcement: Annotated[
        str | None, Field(description="for answer: tone, or the path of a WAV file (PCM, 8 or 16 bit)")
    ] = None
    seconds: Annotated[
        float | None, Field(ge=0.5, le=60, description="for answer: the longest an answered caller is kept")
    ] = None
    allow: Annotated[
        int | None, Field(description="final response that lets the other phones ring: 480, 302 or 404")
    ] = None
    hold: Annotated[float | None, Field(ge=0, le=30, description="seconds of 180 Ringing before that response")] = (
        None
    )

    @field_validator("code")
    @classmethod
    def _known_code(cls, code: int | None) -> int | None:
        if code is not None and code not in DECLINE_CODES:
            raise ValueError("use 607 (unwanted), 603 (decline) or 486 (busy)")
        return code

    @field_validator("allow")
    @classmethod
    def _known_allow(cls, allow: int | None) -> int | None:
        if allow is not None and allow not in ALLOW_CODES:
            raise ValueError("use 480, 302 or 404: other codes can end the call for all phones")
        return allow


class AccountSettings(Section):
    """One SIP account, which is one line of the house."""

    line: Annotated[str, Field(min_length=1, max_length=64, description="name of the line, unique in the house")]
    registrar: Annotated[
        str,
        Field(description="router, PBX or provider: host, host:port or [IPv6]:port; SRV is looked up without port"),
    ] = ""
    user: Annotated[str, Field(description="user part of the address we register")] = ""
    domain: Annotated[str, Field(description="domain of that address; default: the registrar's host")] = ""
    auth_user: Annotated[str, Field(description="name that goes with the password; default: user")] = ""
    password: Annotated[
        SecretStr, Field(description="password; better `!file /path` or `!env NAME` than the text itself")
    ] = SecretStr("")
    transport: Annotated[Transport, Field(description="udp, tcp or tls")] = Transport.UDP
    preset: Annotated[
        Preset,
        Field(description="what the registrar is: fritzbox, asterisk, freeswitch, kamailio, or plain for a provider"),
    ] = Preset.PLAIN
    register_: Annotated[
        bool,
        Field(
            alias="register", description="false: a trunk that sends calls by address, nobody is asked to register"
        ),
    ] = True
    expires: Annotated[int, Field(ge=30, le=86_400, description="seconds of registration asked for")] = 600
    listen: Annotated[
        str,
        Field(description="local address, or address:port (0: a free one); default: by the route to the registrar"),
    ] = ""
    trusted: Annotated[
        list[str], Field(description="further addresses or networks whose calls count as the registrar's")
    ] = []
    contact_user: Annotated[
        str, Field(description="user part under which calls reach us; empty: random, new at every start")
    ] = ""
    country: Annotated[str, Field(description="ISO 3166 code by which numbers are read; default: the house's")] = ""
    internal_prefix: Annotated[
        str, Field(description="callers whose user begins so are handsets of the house and never judged")
    ] = "**"
    internal: Annotated[list[str], Field(description="further callers of the house itself, written exactly")] = []
    tls_ca: Annotated[
        str, Field(description="PEM file that vouches for the registrar; default: the system's authorities")
    ] = ""
    tls_server_name: Annotated[str, Field(description="name in the registrar's certificate; default: domain")] = ""
    keepalive: Annotated[
        float, Field(ge=5, le=600, description="seconds between blank lines that keep NAT and connection open")
    ] = 30
    nameserver: Annotated[
        str, Field(description="name server for SRV, address or address:port; default: the system's")
    ] = ""
    within: Annotated[
        float, Field(ge=0.1, le=10, description="seconds the verdict may take before the phones are let ring")
    ] = 1.0
    treatment: Annotated[
        TreatmentSettings, Field(description="how verdicts are carried out; each key overrides the preset")
    ] = TreatmentSettings()

    @field_validator("registrar", "listen", "nameserver")
    @classmethod
    def _an_address(cls, text: str) -> str:
        if text:
            split_address(text)
        return text

    @field_validator("listen")
    @classmethod
    def _numeric(cls, text: str) -> str:
        if text:
            host, _ = split_address(text)
            try:
                ip_address(host)
            except ValueError as error:
                raise ValueError(f"{host!r} is no address of this computer: write digits, such as 0.0.0.0") from error
        return text

    @field_validator("trusted")
    @classmethod
    def _networks(cls, trusted: list[str]) -> list[str]:
        for text in trusted:
            network(text)
        return trusted

    @field_validator("user", "contact_user")
    @classmethod
    def _a_user(cls, user: str) -> str:
        if not _USER.issuperset(user):
            raise ValueError(f"{user!r} cannot stand before the @ of a SIP address")
        return user

    @field_validator("contact_user")
    @classmethod
    def _hard_to_guess(cls, user: str) -> str:
        if user and len(user) < _SHORTEST_CONTACT_USER:
            raise ValueError("make it at least 8 characters: whoever guesses it can ring this line")
        return user

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.register_:
            if not self.registrar or not self.user:
                raise ValueError("registrar and user are needed (or `register: false` for a trunk)")
        elif not self.contact_user or not (self.trusted or self.registrar):
            raise ValueError("a trunk (`register: false`) needs contact_user, and trusted or registrar")
        elif self.transport is Transport.TLS:
            raise ValueError("a trunk (`register: false`) can use udp or tcp: TLS works where CallGuard registers")
        return self

    @property
    def networks(self) -> tuple[Network, ...]:
        """The trusted addresses."""
        return tuple(network(text) for text in self.trusted)

    @property
    def treated(self) -> Treatment:
        """The preset's treatment with what is wanted otherwise."""
        return treatment(self.preset, Wishes(**self.treatment.model_dump()))


class SipConfig(Section):
    """The SIP accounts of the house."""

    accounts: Annotated[list[AccountSettings], Field(description="one entry for each line")] = []

    @field_validator("accounts")
    @classmethod
    def _unique(cls, accounts: list[AccountSettings]) -> list[AccountSettings]:
        names = [account.line for account in accounts]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the line {twice[0]!r} is there twice: give each account a name of its own")
        return accounts
