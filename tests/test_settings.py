"""The house's own settings: what they mean, on every line and at every hour."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callguard.config import ConfigError, read
from callguard.model.verdict import Action
from callguard.settings import CoreSettings

NOON = datetime.fromisoformat("2026-11-23T12:00")
NIGHT = datetime.fromisoformat("2026-11-23T23:00")


def settings(text: str) -> CoreSettings:
    return read(text, "config.yaml", CoreSettings, environment={}, base_dir=Path()).settings


def test_a_line_takes_over_what_it_does_not_say_itself() -> None:
    wishes = settings("""
policy: {profile: strict, log_only: yes, quiet_hours: "22:00-07:00"}
lines:
  Office: {policy: {log_only: no}}
""").wishes()
    home, office = wishes.policy_for("Home", NIGHT), wishes.policy_for("Office", NIGHT)
    assert (home.log_only, office.log_only) == (True, False)
    assert home.profile == office.profile == "strict"
    assert home.quiet
    assert office.quiet


def test_a_line_may_have_quiet_hours_of_its_own() -> None:
    wishes = settings("lines: {Kids: {policy: {quiet_hours: mon-sun 19:00-08:00, quiet_callers: screen}}}").wishes()
    assert wishes.policy_for("Kids", NIGHT).unknown_callers is Action.SCREEN
    assert not wishes.policy_for("Home", NIGHT).quiet


def test_a_line_elsewhere_has_its_own_clock_and_number() -> None:
    read_settings = settings(
        "country: US\nlines: {Cabin: {timezone: America/Denver, number: 303 555 0100}, Home: {}}"
    )
    assert [str(zone) for zone in read_settings.zones().values()] == ["America/Denver"]
    assert read_settings.numbers() == {"Cabin": "+13035550100"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("policy: {quiet_hours: at night}", "policy.quiet_hours", id="no hours"),
        pytest.param("policy: {quiet_callers: ring}", "policy.quiet_callers", id="quiet and yet ringing"),
        pytest.param("lines: {Home: {timezone: Mars}}", "lines.Home.timezone", id="no zone"),
        pytest.param("lines: {Home: {number: '123'}}", "no complete number in US", id="no number"),
        pytest.param("lines: {Home: {policy: {profil: strict}}}", "did you mean 'profile'", id="no key"),
        pytest.param("network: {trusted_hosts: ['http://nas.lan/x']}", "network.trusted_hosts", id="no host"),
        pytest.param("web: {port: 0}", "web.port", id="no port"),
        pytest.param("web: {host: 'http://here'}", "web.host", id="an address where a name belongs"),
        pytest.param("web: {hosts: ['a b']}", "web.hosts", id="no name"),
        pytest.param("web: {trusted_proxies: [proxy]}", "web.trusted_proxies", id="no network"),
        pytest.param("web: {base_path: /../x}", "web.base_path", id="a path that climbs"),
        pytest.param("web: {tls_key: key.pem, tls_certificate: /c.pem}", "begin it with /", id="half a path"),
        pytest.param("web: {tls_key: /key.pem}", "belong together", id="a key without a certificate"),
        pytest.param("retention: {calls: never}", "retention.calls", id="no span"),
        pytest.param("retention: {calls: 30m}", "retention.calls", id="hardly kept"),
        pytest.param("retention: {changes: forever}", "retention.changes", id="changes for ever"),
        pytest.param("backup: {hour: 24}", "backup.hour", id="no hour"),
        pytest.param("backup: {folder: backups}", "begin it with /", id="a folder somewhere"),
    ],
)
def test_what_cannot_be_meant_is_a_mistake_with_its_key(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        settings(text)


def test_the_console_is_found_as_the_household_says() -> None:
    web = settings("""
web: {host: "::1", hosts: [CallGuard.example.org], trusted_proxies: [172.16.0.1/12], base_path: /callguard/,
      tls_certificate: /c.pem, tls_key: /k.pem}
""").web
    assert (web.hosts, web.base_path, web.trusted_proxies) == (
        ["callguard.example.org"],
        "/callguard",
        ["172.16.0.1/12"],
    )
    assert settings("").web.enabled
    assert settings("web: {host: localhost}").web.host == "localhost"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("", timedelta(days=365), id="a year unless somebody says so"),
        pytest.param("retention: {calls: 30d}", timedelta(days=30), id="a span"),
        pytest.param("retention: {calls: forever}", None, id="for ever"),
    ],
)
def test_calls_are_kept_as_long_as_the_household_says(text: str, kept: timedelta | None) -> None:
    assert settings(text).retention.keep_calls == kept


def test_nothing_is_fetched_or_asked_unless_somebody_says_so() -> None:
    network: Any = settings("").network
    assert (network.online_lookups, network.trusted_hosts) == (False, [])
