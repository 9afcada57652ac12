"""Only addresses of the public internet are visited."""

import os
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.provisional import domains

from callguard.model.web import ForbiddenAddressError
from callguard.web.address import why_forbidden
from callguard.web.target import target_of

FUZZED = settings(max_examples=min(1000, int(os.environ.get("CALLGUARD_FUZZ") or 100)))

MORE_THAN_PYTHON = tuple(map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4")))
"""Refused here, although some Pythons call it global."""


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("127.0.0.1", "is this computer"),
        ("127.255.255.254", "is this computer"),
        ("10.1.2.3", "is private"),
        ("172.16.0.1", "is private"),
        ("172.31.255.255", "is private"),
        ("192.168.0.1", "is private"),
        ("100.64.0.1", "is a carrier's own"),
        ("100.127.255.255", "is a carrier's own"),
        ("169.254.169.254", "is link-local"),
        ("0.0.0.0", "means no address"),
        ("224.0.0.251", "is multicast"),
        ("255.255.255.255", "is reserved"),
        ("::", "means no address"),
        ("::1", "is this computer"),
        ("::127.0.0.1", "is reserved"),
        ("::ffff:127.0.0.1", "hides an IPv4 address"),
        ("::ffff:8.8.8.8", "hides an IPv4 address"),
        ("64:ff9b::7f00:1", "is this computer"),
        ("64:ff9b::a00:1", "is private"),
        ("64:ff9b:1::a00:1", "is reserved"),
        ("2002:7f00:1::", "hides an IPv4 address"),
        ("2001:0:1:2:3:4:5:6", "is reserved"),
        ("fe80::1", "is link-local"),
        ("fe80::1%eth0", "is link-local"),
        ("2606:4700::1%eth0", "is link-local"),
        ("fec0::1", "is reserved"),
        ("fd00::1", "is private"),
        ("ff02::1", "is multicast"),
        ("2001:db8::1", "is for documentation"),
        ("3fff::1", "is for documentation"),
        ("100::1", "is reserved"),
    ],
)
def test_an_address_inside_a_house_or_of_no_host_is_refused(address: str, why: str) -> None:
    assert why_forbidden(address) == why


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.0.1",
        "172.32.0.1",
        "2606:4700:4700::1111",
        "2001:4860::8888",
        "64:ff9b::808:808",
        "2a00:1450::1",
    ],
)
def test_a_public_address_is_visited(address: str) -> None:
    assert why_forbidden(address) == ""


def test_what_is_no_address_is_an_error() -> None:
    with pytest.raises(ValueError, match="does not appear"):
        why_forbidden("example.com")


@FUZZED
@given(st.ip_addresses(v=4))
def test_no_ipv4_address_is_visited_that_python_calls_private(address: IPv4Address) -> None:
    public = address.is_global and not any(address in network for network in MORE_THAN_PYTHON)
    assert (why_forbidden(str(address)) == "") == public


@FUZZED
@given(st.ip_addresses(v=6))
def test_no_ipv6_address_is_visited_that_python_calls_private(address: IPv6Address) -> None:
    if why_forbidden(str(address)) == "":
        assert address.is_global
        assert not address.is_multicast


@FUZZED
@given(st.ip_addresses(network="2000::/3"))
def test_ipv6_global_unicast_is_visited_unless_reserved(address: IPv6Address) -> None:
    reserved = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
    assert (why_forbidden(str(address)) == "") == (not any(address in network for network in reserved))


@FUZZED
@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:{}", "64:ff9b::{}", "::{}"]))
def test_an_ipv4_address_is_not_made_public_by_wrapping_it(address: IPv4Address, wrapping: str) -> None:
    if why_forbidden(str(address)):
        assert why_forbidden(wrapping.format(address))


@FUZZED
@given(st.ip_addresses(v=4))
def test_no_6to4_address_is_visited(address: IPv4Address) -> None:
    assert why_forbidden(str(IPv6Address((0x2002 << 112) | (int(address) << 80) | 1)))


def spellings(address: IPv4Address) -> list[str]:
    """The ways in which inet_aton and browsers let one write an IPv4 address."""
    number, parts = int(address), str(address).split(".")
    a, b, c, d = map(int, parts)
    return [
        str(number),
        hex(number),
        f"0{number:o}",
        f"{a}.{number & 0xFFFFFF}",
        f"{a}.{b}.{number & 0xFFFF}",
        ".".join(f"0{int(part):o}" for part in parts),
        ".".join(hex(int(part)) for part in parts),
        ".".join(part.zfill(4) for part in parts),
        f"{a}.{b}.{c}.{d:#x}",
        f"{address}.1",
        f"{address}.0x1.",
        f"{a}.{b}.{c}.{d + 256}",
        "".join(chr(ord(digit) + 0xFEE0) if digit.isdigit() else digit for digit in str(number)),
    ]


@FUZZED
@given(st.ip_addresses(v=4), st.integers(0, 12))
def test_odd_spellings_of_an_address_are_no_addresses(address: IPv4Address, which: int) -> None:
    odd = spellings(address)[which]
    if odd == str(address):
        return
    with pytest.raises(ForbiddenAddressError, match="host is not written as it should be"):
        target_of(f"https://{odd}/list.csv")


@FUZZED
@given(st.ip_addresses())
def test_a_literal_is_judged_as_what_it_is(address: IPv4Address | IPv6Address) -> None:
    text = f"[{address}]" if address.version == 6 else str(address)
    target = target_of(f"https://{text}:8443/list.csv")
    assert ip_address(target.host) == address
    assert target.is_literal


@FUZZED
@given(domains())
def test_a_name_is_no_literal(name: str) -> None:
    target = target_of(f"https://{name}/list.csv")
    assert (target.host, target.is_literal) == (name.lower(), False)
