"""A URL is read once and strictly; people never see its secrets."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import shown_url
from callguard.model.web import ForbiddenAddressError
from callguard.web.target import TrustedHost, target_of, trusted_host

FUZZED = settings(max_examples=min(1000, int(os.environ.get("CALLGUARD_FUZZ") or 100)))


@pytest.mark.parametrize(
    ("url", "proper"),
    [
        ("HTTPS://WWW.Example.COM", "https://www.example.com/"),
        ("https://example.com.:443/a", "https://example.com/a"),
        ("https://example.com:8443/a?b=c#d", "https://example.com:8443/a?b=c"),
        (" https://example.com/a b?c=d e'f ", "https://example.com/a%20b?c=d%20e'f"),
        ("https://example.com/%2e%2E/ü", "https://example.com/%2e%2E/%C3%BC"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://user:pa%3Ass@example.com/a", "https://example.com/a"),
        ("https://[2606:4700:0:0::1]:444/", "https://[2606:4700::1]:444/"),
        ("https://１.１.１.１/", "https://1.1.1.1/"),
        ("http://nas_1.lan:8080/x", "http://nas_1.lan:8080/x"),
    ],
)
def test_an_address_has_one_proper_spelling(url: str, proper: str) -> None:
    assert target_of(url).url == proper
    assert target_of(proper).url == proper


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/list.csv",
        "ftp://example.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https:///etc",
        "https://",
        "https://exa mple.com/",
        "https://example.com:99999/",
        "https://example.com:http/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com/\r\nHost: nas.lan",
        "https://exam\tple.com/",
        "https://example.com/\ud800",
        "https://[fe80::1%25eth0]/",
        "https://[::1",
        "https://[127.0.0.1]/",
        "https://exa%6dple.com/",
        "https://a..b/",
        "https://-a.example/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 200 + "example/",
        "https://" + "ü" * 5000,
        "https://example.com/" + "a" * 9000,
        "https://℀.example/",
    ],
)
def test_an_address_written_to_deceive_or_by_mistake_is_refused(url: str) -> None:
    with pytest.raises(ForbiddenAddressError, match="not fetched"):
        target_of(url)


@FUZZED
@given(st.text())
def test_any_text_is_an_address_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.com/{text}"):
        try:
            target = target_of(url)
        except ForbiddenAddressError:
            continue
        assert target_of(target.url) == target_of(target.url)
        assert target.url.isascii()


def test_user_name_and_password_become_a_header() -> None:
    target = target_of("https://me:s%C3%A9cret@example.com/")
    assert target.authorization == "Basic bWU6c8OpY3JldA=="
    assert target_of("https://@example.com/").authorization == ""


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:hunter2@example.com/a/b?key=hunter2#hunter2", "https://example.com/a/b?…"),
        ("https://example.com:8443/a", "https://example.com:8443/a"),
        ("https://example.com/\x1b[2J\u202ea", "https://example.com/[2Ja"),
        ("https://[hunter2", "an address that cannot be read"),
        ("//me:hunter2@example.com", "https://example.com"),
    ],
)
def test_people_never_see_what_is_secret_in_an_address(url: str, shown: str) -> None:
    assert shown_url(url) == shown


def told(url: str) -> str:
    try:
        return target_of(url).shown
    except ForbiddenAddressError as error:
        return str(error)


@FUZZED
@given(st.text(alphabet=st.characters(exclude_characters="@?#/\\[]"), max_size=30).filter(lambda t: len(t) > 2))
def test_no_password_is_ever_shown(secret: str) -> None:
    marked = f"SECRET{secret}SECRET"
    for url in (f"https://a:{marked}@example.com/", f"https://example.com/?key={marked}"):
        assert "SECRET" not in shown_url(url)
        assert "SECRET" not in told(url)


@pytest.mark.parametrize(
    ("text", "trusted"),
    [
        ("nas.lan", TrustedHost(host="nas.lan")),
        (" NAS.lan. ", TrustedHost(host="nas.lan")),
        ("127.0.0.1:8080", TrustedHost(host="127.0.0.1", port=8080)),
        ("192.168.1.5", TrustedHost(host="192.168.1.5")),
        ("[fd00::1]", TrustedHost(host="fd00::1")),
        ("[FD00:0::1]:8443", TrustedHost(host="fd00::1", port=8443)),
    ],
)
def test_a_trusted_host_may_have_a_port(text: str, trusted: TrustedHost) -> None:
    assert trusted_host(text) == trusted


@pytest.mark.parametrize(
    "text", ["", "http://nas.lan", "nas.lan/x", "me@nas.lan", "nas.lan:http", "192.168.1", "10.0.0.0/8", "*"]
)
def test_what_is_no_host_cannot_be_trusted(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no host, such as nas\.lan"):
        trusted_host(text)
