"""Who may reach the console at all."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from callguard.console import gate
from callguard.console.gate import Entrance, Gate, Knock, Refusal, same_origin, within
from callguard.console.launch import Web

LAN = "192.168.1.20"
PROXY = "172.30.32.2"
OUTSIDE = "203.0.113.9"


def knock(
    peer: str = LAN, host: str | None = "callguard.local:8350", here: str = "192.168.1.2", **headers: str
) -> Knock:
    lines = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    return Knock(method="GET", peer=peer, here=here, host=host, secure=False, headers=lines)


def enter(knocked: Knock, *, anyone: bool = True, **wishes: Any) -> Entrance | Refusal:
    return Gate(Web.of(wishes), "housebox", lambda: anyone).enter(knocked)


def status(entered: Entrance | Refusal) -> int:
    return entered.status if isinstance(entered, Refusal) else 200


def entered(knocked: Knock, **wishes: Any) -> Entrance:
    found = enter(knocked, **wishes)
    assert isinstance(found, Entrance), found
    return found


def refused(knocked: Knock, *, anyone: bool = True, **wishes: Any) -> Refusal:
    found = enter(knocked, anyone=anyone, **wishes)
    assert isinstance(found, Refusal), found
    return found


# Peers


@pytest.mark.parametrize(
    "peer",
    [
        *("127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "172.31.255.1", "192.168.178.40", "169.254.7.7"),
        *("::1", "fd12:3456::8", "fe80::1%eth0", "::ffff:192.168.1.9"),
    ],
)
def test_a_neighbour_comes_in(peer: str) -> None:
    assert status(enter(knock(peer))) == 200


@pytest.mark.parametrize(
    "peer",
    [
        "203.0.113.9",
        "8.8.8.8",
        "172.32.0.1",
        "100.64.0.1",
        "100.127.1.1",
        "2001:db8::5",
        "::ffff:203.0.113.9",
        "0.0.0.0",
    ],
)
def test_a_stranger_is_told_why_not_and_how(peer: str) -> None:
    found = refused(knock(peer))
    assert found.status == 403
    assert "web.allow_remote" in found.cure


def test_somebody_remote_comes_in_if_the_household_wants_it_and_somebody_has_a_password() -> None:
    assert status(enter(knock(OUTSIDE), allow_remote=True)) == 200
    nobody = refused(knock(OUTSIDE), allow_remote=True, anyone=False)
    assert nobody.status == 403
    assert "password" in nobody.why


@pytest.mark.parametrize(
    ("peer", "here", "wanted"),
    [
        ("2001:db8:5:1::77", "2001:db8:5:1::2", 200),
        ("2001:db8:5:2::77", "2001:db8:5:1::2", 403),
        ("203.0.113.7", "203.0.113.7", 200),
        ("203.0.113.8", "203.0.113.7", 403),
    ],
    ids=["same link", "another link", "this computer", "beside it"],
)
def test_whoever_is_on_our_own_link_is_at_home(peer: str, here: str, wanted: int) -> None:
    assert status(enter(knock(peer, here=here))) == wanted


def test_a_peer_without_an_address_is_refused() -> None:
    assert status(enter(knock("", here=""))) == 400


# Proxies


def test_what_a_stranger_says_of_itself_is_not_believed() -> None:
    lied = knock(
        X_Forwarded_Host="evil.example", X_Forwarded_Proto="https", X_Forwarded_Prefix="/x", X_Ingress_Path="/y"
    )
    found = entered(lied)
    assert found == Entrance(address=LAN, prefix="", scheme="http", host="callguard.local:8350")


@pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded"])
def test_a_proxy_that_nobody_told_of_is_refused_for_whoever_is_behind_it_cannot_be_known(header: str) -> None:
    found = refused(knock("127.0.0.1", **{header: "192.168.1.9"}))
    assert found.status == 403
    assert "web.trusted_proxies" in found.cure
    assert "127.0.0.1" in found.cure


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("192.168.1.9", "192.168.1.9"),
        (f"{OUTSIDE}, 192.168.1.9", "192.168.1.9"),
        (f"192.168.1.9, {PROXY}", "192.168.1.9"),
        ("192.168.1.9:51234", "192.168.1.9"),
        ("[fd00::9]:51234", "fd00::9"),
        ("fd00::9", "fd00::9"),
        (PROXY, PROXY),
    ],
)
def test_the_visitor_is_the_last_address_that_is_no_trusted_proxy(said: str, wanted: str) -> None:
    assert entered(knock(PROXY, X_Forwarded_For=said), trusted_proxies=["172.30.32.0/24"]).address == wanted


def test_a_remote_visitor_stays_remote_behind_a_trusted_proxy() -> None:
    assert refused(knock(PROXY, X_Forwarded_For=f"192.168.1.9, {OUTSIDE}"), trusted_proxies=[PROXY]).status == 403


def test_lines_of_one_header_are_read_as_one() -> None:
    knocked = knock(PROXY)
    knocked.headers.add("X-Forwarded-For", OUTSIDE)  # type: ignore[union-attr]
    knocked.headers.add("X-Forwarded-For", "192.168.1.9")  # type: ignore[union-attr]
    assert entered(knocked, trusted_proxies=[PROXY]).address == "192.168.1.9"


def test_a_trusted_proxy_says_what_the_visitor_asked_for() -> None:
    said = knock(PROXY, X_Forwarded_For=LAN, X_Forwarded_Host="Home.Local", X_Forwarded_Proto="https")
    found = entered(said, trusted_proxies=[PROXY])
    assert (found.scheme, found.host) == ("https", "home.local")


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Forwarded_For": "nonsense"},
        {"X_Forwarded_For": ""},
        {"X_Forwarded_Proto": "gopher"},
        {"X_Forwarded_Prefix": "//evil.example"},
        {"X_Forwarded_Prefix": "/a/../b"},
        {"X_Forwarded_Prefix": '/"><script>'},
        {"X_Ingress_Path": "evil"},
        {"X_Forwarded_Host": "a b"},
    ],
    ids=str,
)
def test_garbage_from_a_proxy_is_refused(headers: dict[str, str]) -> None:
    assert refused(knock(PROXY, **headers), trusted_proxies=[PROXY]).status == 400


@pytest.mark.parametrize(
    ("headers", "base_path", "wanted"),
    [
        ({}, "", ""),
        ({}, "/callguard/", "/callguard"),
        ({"X_Forwarded_Prefix": "/phone"}, "", "/phone"),
        ({"X_Forwarded_Prefix": "/phone/"}, "/callguard", "/phone"),
        ({"X_Ingress_Path": "/api/hassio_ingress/a-B_c"}, "", "/api/hassio_ingress/a-B_c"),
    ],
    ids=str,
)
def test_the_proxy_or_the_settings_say_where_the_console_is_mounted(
    headers: dict[str, str], base_path: str, wanted: str
) -> None:
    assert entered(knock(PROXY, **headers), trusted_proxies=[PROXY], base_path=base_path).prefix == wanted


@pytest.mark.parametrize(
    ("path", "prefix", "base_path", "wanted"),
    [
        ("/calls", "", "", "/calls"),
        ("/callguard/calls", "/callguard", "/callguard", "/calls"),
        ("/calls", "/callguard", "/callguard", "/calls"),
        ("/callguard", "/callguard", "/callguard", "/"),
        ("/callguard/", "/callguard", "/callguard", "/"),
        ("/callguarded", "/callguard", "/callguard", "/callguarded"),
        ("/callguard/calls", "/ingress/x", "/callguard", "/calls"),
    ],
    ids=str,
)
def test_a_path_is_understood_with_the_prefix_and_without(
    path: str, prefix: str, base_path: str, wanted: str
) -> None:
    assert within(path, prefix, base_path) == wanted


# Names


@pytest.mark.parametrize(
    "host",
    [
        *(
            "localhost",
            "localhost:8350",
            "housebox",
            "HOUSEBOX:8350",
            "nas",
            "callguard.local",
            "pi.lan:80",
            "pi.lan.",
        ),
        *(
            "pi.home.arpa",
            "pi.internal",
            "pi.fritz.box",
            "192.168.1.2",
            "192.168.1.2:8350",
            "[::1]:8350",
            "[fd00::2]",
        ),
        "calls.example.org",
    ],
)
def test_the_console_answers_to_its_own_names(host: str) -> None:
    assert status(enter(knock(host=host), hosts=["Calls.Example.org:443"])) == 200


def test_the_household_can_read_which_names_are_known() -> None:
    told = (Path(__file__).parents[2] / "docs" / "console.md").read_text()
    assert [name for name in gate._HOME_NAMES if name not in told] == []


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "192.168.1.2.evil.example", "fritz.box.evil.io"]
)
def test_a_name_that_somebody_else_may_point_here_is_not_ours(host: str) -> None:
    found = refused(knock(host=host))
    assert found.status == 421
    assert host in found.cure
    assert "web.hosts" in found.cure


@pytest.mark.parametrize(
    "host", [None, "", " ", "a b", "evil.example/@localhost", "localhost:port", "[::1", "a\nb", "x" * 300]
)
def test_a_host_that_is_none_is_refused(host: str | None) -> None:
    assert refused(knock(host=host)).status == 400


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=40))
def test_whatever_is_sent_is_answered_in_words(host: str, forwarded: str, prefix: str) -> None:
    knocked = knock(PROXY, host=host, X_Forwarded_For=forwarded, X_Forwarded_Prefix=prefix)
    found = enter(knocked, trusted_proxies=[PROXY])
    if isinstance(found, Refusal):
        assert found.status in (400, 403, 421)
        assert found.why.isprintable()


# Origins

HOME = Entrance(address=LAN, prefix="", scheme="http", host="callguard.local:8350")


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "http://callguard.local"}, False),
        ({"Origin": "https://callguard.local:8350"}, False),
        ({"Origin": "http://callguard.local:8350/x"}, False),
        ({"Origin": "http://x@callguard.local:8350"}, False),
        ({"Origin": "http://callguard.local:port"}, False),
        ({"Origin": "http://callguard.local:8350"}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://callguard.local:8350"}, False),
        ({"Referer": "http://callguard.local:8350/"}, False),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "post", "WHATEVER"])
def test_only_our_own_pages_may_change_something(method: str, headers: dict[str, str], wanted: bool) -> None:
    assert same_origin(method, CIMultiDict(headers), HOME) is wanted


@pytest.mark.parametrize("header", ["Origin", "Sec-Fetch-Site"])
def test_an_origin_given_twice_is_none(header: str) -> None:
    good = {"Origin": "http://callguard.local:8350", "Sec-Fetch-Site": "same-origin"}[header]
    assert not same_origin("POST", CIMultiDict([(header, good), (header, good)]), HOME)


def test_a_default_port_may_be_left_out() -> None:
    home = Entrance(address=LAN, prefix="", scheme="https", host="calls.example.org:443")
    assert same_origin("POST", CIMultiDict({"Origin": "https://calls.example.org"}), home)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_needs_no_origin(method: str) -> None:
    assert same_origin(method, CIMultiDict({"Origin": "http://evil.example"}), HOME)
