"""Which addresses the house may visit: those of the public internet, and no others."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_V4 = {
    "0.0.0.0/8": "means no address",
    "10.0.0.0/8": "is private",
    "100.64.0.0/10": "is a carrier's own",
    "127.0.0.0/8": "is this computer",
    "169.254.0.0/16": "is link-local",
    "172.16.0.0/12": "is private",
    "192.0.0.0/24": "is reserved",
    "192.0.2.0/24": "is for documentation",
    "192.88.99.0/24": "is reserved",
    "192.168.0.0/16": "is private",
    "198.18.0.0/15": "is for benchmarks",
    "198.51.100.0/24": "is for documentation",
    "203.0.113.0/24": "is for documentation",
    "224.0.0.0/4": "is multicast",
    "240.0.0.0/4": "is reserved",
}
"""IANA IPv4 Special-Purpose Address Registry, and multicast. Kept here, because Python's own differs by version."""

_V6 = {
    "::/128": "means no address",
    "::1/128": "is this computer",
    "::ffff:0:0/96": "hides an IPv4 address",
    "fc00::/7": "is private",
    "fe80::/10": "is link-local",
    "ff00::/8": "is multicast",
    "2001::/23": "is reserved",
    "2001:db8::/32": "is for documentation",
    "2002::/16": "hides an IPv4 address",
    "3fff::/20": "is for documentation",
}
"""IANA IPv6 Special-Purpose Address Registry; what lies outside global unicast is refused without a name."""

_PUBLIC_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
"""How an IPv4 server looks from a network that has IPv6 only (RFC 6052)."""
_REFUSED_V4 = tuple((IPv4Network(network), why) for network, why in _V4.items())
_REFUSED_V6 = tuple((IPv6Network(network), why) for network, why in _V6.items())


def why_forbidden(address: str) -> str:
    """Return why *address* is not visited, such as `is private`; empty if it is a public one.

    ValueError if it is no address.
    """
    found = ip_address(address)
    return _why_not_v4(found) if isinstance(found, IPv4Address) else _why_not_v6(found)


def _why_not_v4(address: IPv4Address) -> str:
    return next((why for network, why in _REFUSED_V4 if address in network), "")


def _why_not_v6(address: IPv6Address) -> str:
    if address.scope_id is not None:
        return "is link-local"
    if address in _NAT64:
        return _why_not_v4(IPv4Address(int(address) & 0xFFFFFFFF))
    why = next((why for network, why in _REFUSED_V6 if address in network), "")
    return why or ("" if address in _PUBLIC_V6 else "is reserved")
