"""Being registered, staying so, noticing when not (RFC 3261 §10, RFC 7616, RFC 8760)."""

from dataclasses import replace
from ipaddress import ip_network

import pytest

from callguard import LineStatus
from callguard_sip.core.events import Connect, Trouble
from callguard_sip.core.message import Request, Response
from callguard_sip.core.registration import HEARTBEAT, PATIENCE
from tests.plugins.sip.helpers.registry import (
    HOME,
    OUR_CONTACT,
    PUBLIC,
    Registry,
    challenge,
    contact_of,
    fields,
    is_right,
)
from tests.plugins.sip.helpers.transcript import ACCOUNT, Caller

SECOND = HOME._replace(host="192.168.178.2")
PASSWORD = ACCOUNT.password


@pytest.fixture
def registry() -> Registry:
    return Registry()


def requests(said: list[tuple[float, Request | Response]]) -> list[tuple[float, str]]:
    return [(at, message.method) for at, message in said if isinstance(message, Request)]


def only(messages: list[Request | Response]) -> Request:
    (message,) = messages
    assert isinstance(message, Request)
    return message


# -- registering ------------------------------------------------------------------------------------------------


def test_the_first_register_asks_for_an_unguessable_contact(registry: Registry) -> None:
    register = registry.starts()
    assert register.method == "REGISTER"
    assert register.uri == "sip:fritz.box"
    assert contact_of(register) == OUR_CONTACT
    assert register.to.uri == register.from_.uri == "sip:callguard@fritz.box"
    assert register.contacts[0].params["expires"] == register.headers.get("expires") == "600"
    assert registry.standing.status is LineStatus.STARTING


def test_the_contact_bears_the_instance_of_this_installation() -> None:
    registry = Registry(account=replace(ACCOUNT, instance="00000000-0000-4000-8000-000000000001"))
    contact = registry.starts().contacts[0]
    assert contact.params["+sip.instance"] == "<urn:uuid:00000000-0000-4000-8000-000000000001>"


def test_a_200_means_protecting_until_the_time_granted(registry: Registry) -> None:
    registry.accepts(registry.starts(), expires=300)
    assert registry.standing.status is LineStatus.PROTECTING
    assert registry.standing.until == registry.now + 300
    assert registry.standing.target == HOME


def test_the_time_granted_is_that_of_our_contact_among_many(registry: Registry) -> None:
    register = registry.starts()
    contacts = f"Contact: <sip:tv@10.0.0.9>;expires=60, <{OUR_CONTACT}>;expires=240, <sip:phone@10.0.0.8>;expires=30"
    registry.replies(register, 200, contacts, "Expires: 3600")
    assert registry.standing.until == registry.now + 240
    assert registry.standing.bindings == 3


@pytest.mark.parametrize(
    ("lines", "granted"),
    [
        ((f"Contact: <{OUR_CONTACT}>", "Expires: 77"), 77),
        (("Expires: 88",), 88),
        ((f"Contact: <{OUR_CONTACT}>",), 600),
    ],
    ids=["expires header", "no contact listed", "says nothing"],
)
def test_a_registrar_that_says_little_is_understood(registry: Registry, lines: tuple[str, ...], granted: int) -> None:
    registry.replies(registry.starts(), 200, *lines)
    assert registry.standing.until == registry.now + granted


def test_a_contact_that_the_registrar_rewrote_is_still_ours(registry: Registry) -> None:
    rewritten = OUR_CONTACT.replace("192.168.178.20:5060", "93.184.216.34:61234")
    registry.replies(registry.starts(), 200, f"Contact: <{rewritten}>;expires=120")
    assert registry.standing.status is LineStatus.PROTECTING


@pytest.mark.parametrize(
    "contact", ["<sip:somebody@10.0.0.9>;expires=60", f"<{OUR_CONTACT}>;expires=0"], ids=["not listed", "no time"]
)
def test_a_200_that_does_not_register_us_is_no_success(registry: Registry, contact: str) -> None:
    registry.replies(registry.starts(), 200, f"Contact: {contact}")
    assert registry.standing.status is LineStatus.DEAF
    assert registry.standing.trouble is Trouble.STRANGE


def test_what_an_earlier_run_left_behind_is_taken_back_once() -> None:
    registry = Registry(account=replace(ACCOUNT, instance="i-1"))
    mine = ';+sip.instance="<urn:uuid:i-1>"'
    old, own = "sip:dead@192.168.178.20:5071", f"Contact: <{OUR_CONTACT}>;expires=600{mine}"
    tidy = only(registry.replies(registry.starts(), 200, own, f"Contact: <{old}>;expires=500{mine}"))
    assert [(c.uri, c.params["expires"]) for c in tidy.contacts] == [(OUR_CONTACT, "600"), (old, "0")]
    assert registry.replies(tidy, 200, own, f"Contact: <{old}>;expires=1{mine}") == []


def test_another_device_of_the_same_user_is_left_alone() -> None:
    registry = Registry(account=replace(ACCOUNT, instance="i-1"))
    other = 'Contact: <sip:phone@10.0.0.8>;expires=500;+sip.instance="<urn:uuid:i-2>"'
    assert registry.replies(registry.starts(), 200, f"Contact: <{OUR_CONTACT}>;expires=600", other) == []


# -- passwords --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512-256"])
def test_a_challenge_is_answered_in_a_new_transaction(registry: Registry, algorithm: str) -> None:
    first = registry.starts()
    second = only(registry.replies(first, 401, challenge(algorithm=algorithm)))
    assert is_right(second, PASSWORD, algorithm)
    assert second.via.branch != first.via.branch
    assert second.cseq.number == first.cseq.number + 1
    assert second.call_id == first.call_id
    assert PASSWORD not in str(second)


def test_a_proxys_challenge_is_answered_in_its_own_header(registry: Registry) -> None:
    line = challenge().replace("WWW-Authenticate", "Proxy-Authenticate")
    second = only(registry.replies(registry.starts(), 407, line))
    assert "authorization" not in second.headers
    assert is_right(second, PASSWORD)


def test_the_strongest_of_several_challenges_is_answered(registry: Registry) -> None:
    lines = [challenge("n1", "MD5"), challenge("n2", "SHA-256"), challenge("n3", "SHA-1024")]
    second = only(registry.replies(registry.starts(), 401, *lines))
    assert fields(second.headers.get("authorization") or "")["nonce"] == "n2"


def test_a_refresh_uses_the_same_nonce_and_counts_it(registry: Registry) -> None:
    second = only(registry.replies(registry.starts(), 401, challenge()))
    registry.accepts(second)
    ((_, refresh),) = registry.passes(HEARTBEAT)
    assert isinstance(refresh, Request)
    assert is_right(refresh, PASSWORD)
    assert fields(refresh.headers.get("authorization") or "")["nc"] == "00000002"


@pytest.mark.parametrize("stale", [True, False], ids=["stale", "not said to be stale"])
def test_a_nonce_that_grew_old_is_replaced(registry: Registry, stale: bool) -> None:
    registry.accepts(only(registry.replies(registry.starts(), 401, challenge())))
    ((_, refresh),) = registry.passes(HEARTBEAT)
    assert isinstance(refresh, Request)
    again = only(registry.replies(refresh, 401, challenge("n2", stale=stale)))
    assert fields(again.headers.get("authorization") or "")["nonce"] == "n2"
    assert fields(again.headers.get("authorization") or "")["nc"] == "00000001"
    registry.accepts(again)
    assert registry.standing.status is LineStatus.PROTECTING


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_password_is_called_so_and_not_hammered_at_the_registrar(registry: Registry, status: int) -> None:
    second = only(registry.replies(registry.starts(), 401, challenge()))
    lines = [challenge("n2")] if status == 401 else []
    assert registry.replies(second, status, *lines) == []
    assert registry.standing.trouble is Trouble.PASSWORD
    registry.passes(14.9)
    assert len(registry.all(Connect)) == 1
    registry.passes(16)
    assert len(registry.all(Connect)) == 2


def test_a_registrar_that_always_says_stale_is_not_followed_for_ever(registry: Registry) -> None:
    said = [registry.starts()]
    for number in range(20):
        messages = registry.replies(said[-1], 401, challenge(f"n{number}", stale=True))
        if not messages:
            break
        said.append(only(messages))
    assert len(said) == 5
    assert registry.standing.status is LineStatus.DEAF


def test_a_weaker_algorithm_than_before_is_refused(registry: Registry) -> None:
    registry.accepts(only(registry.replies(registry.starts(), 401, challenge(algorithm="SHA-256"))))
    ((_, refresh),) = registry.passes(HEARTBEAT)
    assert isinstance(refresh, Request)
    assert registry.replies(refresh, 401, challenge("n2", "MD5")) == []
    assert registry.standing.trouble is Trouble.DOWNGRADE


def test_an_algorithm_nobody_knows_is_called_so(registry: Registry) -> None:
    assert registry.replies(registry.starts(), 401, challenge(algorithm="ROT13")) == []
    assert registry.standing.trouble is Trouble.DIGEST


# -- 423 and refusals -------------------------------------------------------------------------------------------


def test_423_asks_again_for_as_long_as_the_registrar_wants(registry: Registry) -> None:
    again = only(registry.replies(registry.starts(), 423, "Min-Expires: 1800"))
    assert again.headers.get("expires") == again.contacts[0].params["expires"] == "1800"
    registry.accepts(again, expires=1800)
    assert registry.standing.status is LineStatus.PROTECTING


@pytest.mark.parametrize("wanted", ["", "Min-Expires: 60", "Min-Expires: 999999", "Min-Expires: soon"])
def test_a_423_without_sense_is_a_refusal(registry: Registry, wanted: str) -> None:
    assert registry.replies(registry.starts(), 423, *filter(None, [wanted])) == []
    assert registry.standing.trouble is Trouble.REJECTED


@pytest.mark.parametrize("status", [302, 403, 404, 500, 503, 603])
def test_a_refused_registration_is_tried_again_later(registry: Registry, status: int) -> None:
    assert registry.replies(registry.starts(), status) == []
    assert (registry.standing.status, registry.standing.trouble) == (LineStatus.DEAF, Trouble.REJECTED)
    assert registry.standing.detail == str(status)
    registry.passes(2.1)
    assert len(registry.all(Connect)) == 2
    registry.accepts(registry.connects())
    assert registry.standing.status is LineStatus.PROTECTING


def test_retry_after_is_respected(registry: Registry) -> None:
    registry.replies(registry.starts(), 503, "Retry-After: 120 (maintenance)")
    registry.passes(119)
    assert len(registry.all(Connect)) == 1
    registry.passes(2)
    assert len(registry.all(Connect)) == 2


# -- silence ----------------------------------------------------------------------------------------------------


def test_a_lost_first_register_is_repeated(registry: Registry) -> None:
    first = registry.starts()
    said = registry.passes(16)
    assert [at for at, _ in said] == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5]
    assert all(isinstance(m, Request) and m.via.branch == first.via.branch for _, m in said)
    registry.accepts(first)
    assert registry.standing.status is LineStatus.PROTECTING


def test_a_registrar_that_never_answers_makes_the_line_deaf_within_ten_seconds(registry: Registry) -> None:
    registry.starts()
    registry.passes(PATIENCE)
    assert (registry.standing.status, registry.standing.trouble) == (LineStatus.DEAF, Trouble.SILENT)


@pytest.mark.parametrize("target", [HOME, PUBLIC], ids=["in the house", "on the Internet"])
def test_a_registrar_that_falls_silent_is_noticed_within_ten_seconds(target: object) -> None:
    registry = Registry(targets=(HOME if target is HOME else PUBLIC,))
    registry.registered()
    registry.passes(9.9)
    assert (registry.standing.status, registry.standing.trouble) == (LineStatus.DEAF, Trouble.SILENT)


def test_a_registrar_in_the_house_is_asked_by_register_which_heals_a_restart(registry: Registry) -> None:
    registry.registered()
    ((at, heartbeat),) = registry.passes(HEARTBEAT)
    assert isinstance(heartbeat, Request)
    assert (at, heartbeat.method) == (HEARTBEAT, "REGISTER")
    assert contact_of(heartbeat) == OUR_CONTACT
    again = only(registry.replies(heartbeat, 401, challenge("after-restart")))
    registry.accepts(again)
    assert registry.standing.status is LineStatus.PROTECTING


def test_a_registrar_on_the_internet_is_asked_by_options() -> None:
    registry = Registry(targets=(PUBLIC,))
    registry.registered()
    ((at, heartbeat),) = registry.passes(HEARTBEAT)
    assert isinstance(heartbeat, Request)
    assert (at, heartbeat.method, heartbeat.uri) == (HEARTBEAT, "OPTIONS", "sip:fritz.box")
    assert registry.replies(heartbeat, 404) == []
    assert registry.standing.status is LineStatus.PROTECTING
    assert requests(registry.passes(HEARTBEAT)) == [(HEARTBEAT, "OPTIONS")]


def test_a_challenge_to_a_heartbeat_is_not_answered_but_counts_as_life() -> None:
    registry = Registry(targets=(PUBLIC,))
    registry.registered()
    ((_, heartbeat),) = registry.passes(HEARTBEAT)
    assert isinstance(heartbeat, Request)
    assert registry.replies(heartbeat, 401, challenge()) == []
    assert registry.standing.status is LineStatus.PROTECTING


def test_a_heartbeat_that_was_answered_late_is_followed_by_a_register() -> None:
    registry = Registry(targets=(PUBLIC,))
    registry.registered()
    ((_, heartbeat),) = registry.passes(HEARTBEAT)
    assert isinstance(heartbeat, Request)
    registry.passes(2)
    assert only(registry.replies(heartbeat, 200)).method == "REGISTER"


def test_the_registration_is_renewed_at_half_its_time() -> None:
    registry = Registry(targets=(PUBLIC,))
    registry.registered(expires=20)
    renewed = []
    begun = registry.now
    while registry.now < begun + 11:
        for _, message in registry.passes(0.5):
            if isinstance(message, Request) and message.method == "REGISTER":
                renewed.append(registry.now - begun)
                registry.accepts(message, expires=20)
            elif isinstance(message, Request):
                registry.replies(message, 200)
    assert renewed == [10.0]


def test_a_call_is_proof_enough_and_saves_the_heartbeat(registry: Registry) -> None:
    registry.registered()
    registry.passes(4)
    registry.hears(Caller().invite())
    said = requests([entry for entry in registry.passes(4.4) if isinstance(entry[1], Request)])
    assert said == []
    assert requests(registry.passes(0.2)) != []


def test_a_call_is_proof_while_the_answer_to_a_heartbeat_is_missing(registry: Registry) -> None:
    registry.registered()
    registry.passes(HEARTBEAT + 3)
    registry.hears(Caller().invite())
    registry.passes(3.9)
    assert registry.standing.status is LineStatus.PROTECTING
    registry.passes(0.2)
    assert registry.standing.trouble is Trouble.SILENT


def test_a_call_from_a_trusted_neighbour_proves_nothing_about_the_registrar() -> None:
    registry = Registry()
    registry.endpoint.gate._networks = (ip_network("192.168.178.0/24"),)
    registry.registered()
    registry.passes(4)
    registry.hears(Caller().invite(), HOME._replace(host="192.168.178.77"))
    assert "REGISTER" in [method for _, method in requests(registry.passes(0.6))]


def test_an_empty_list_of_addresses_changes_nothing(registry: Registry) -> None:
    registry.registered()
    registry.endpoint.use([], registry.now)
    assert registry.standing.status is LineStatus.PROTECTING
    assert requests(registry.passes(HEARTBEAT)) == [(HEARTBEAT, "REGISTER")]


def test_a_silent_line_heals_as_soon_as_the_registrar_is_back(registry: Registry) -> None:
    registry.registered()
    registry.passes(HEARTBEAT + PATIENCE)
    assert registry.standing.trouble is Trouble.SILENT
    registry.passes(1)
    register = registry.connects()
    registry.passes(20)
    registry.accepts(register)
    assert registry.standing.status is LineStatus.PROTECTING


def test_pauses_grow_and_differ_by_chance(registry: Registry) -> None:
    registry.starts()
    pauses = []
    for _ in range(8):
        registry.endpoint.link_failed(HOME, Trouble.REFUSED, "refused", registry.now)
        registry.sent()
        count, begun = len(registry.all(Connect)), registry.now
        while len(registry.all(Connect)) == count:
            registry.passes(0.05)
        pauses.append(registry.now - begun)
        registry.endpoint.link_up(HOME, "192.168.178.20", 5060, registry.now)
        registry.sent()
    assert 0.3 < pauses[0] < 0.8
    assert max(pauses) <= 8.1
    assert pauses[-1] >= 4
    assert len({round(pause, 2) for pause in pauses[4:]}) > 1


# -- several addresses, connections ---------------------------------------------------------------------------------


def test_addresses_are_tried_in_turn_without_waiting() -> None:
    registry = Registry(targets=(HOME, SECOND))
    registry.starts()
    registry.endpoint.link_failed(HOME, Trouble.REFUSED, "refused", registry.now)
    registry.accepts(registry.connects())
    assert registry.connected == [HOME, SECOND]
    assert registry.standing.target == SECOND


def test_a_silent_first_address_is_left_for_the_second() -> None:
    registry = Registry(targets=(HOME, SECOND))
    registry.starts()
    registry.passes(6)
    registry.accepts(registry.connects())
    assert registry.standing.target == SECOND


def test_a_new_list_with_the_address_in_use_changes_nothing(registry: Registry) -> None:
    registry.registered()
    registry.endpoint.use([SECOND, HOME], registry.now)
    assert registry.sent() == []
    assert len(registry.all(Connect)) == 1


def test_when_the_registrar_moves_the_line_follows(registry: Registry) -> None:
    registry.registered()
    registry.endpoint.use([SECOND], registry.now)
    registry.accepts(registry.connects())
    assert registry.standing.target == SECOND


def test_a_lost_connection_makes_the_line_deaf_at_once_and_is_opened_again() -> None:
    stream = HOME._replace(transport=HOME.transport.__class__.TCP)
    registry = Registry(targets=(stream,))
    register = registry.starts()
    contact = register.contacts[0].uri
    assert contact.endswith(";transport=tcp")
    registry.replies(register, 200, f"Contact: <{contact}>;expires=600")
    assert registry.standing.status is LineStatus.PROTECTING
    registry.endpoint.link_failed(stream, Trouble.LOST, "reset", registry.now)
    registry.sent()
    assert (registry.standing.status, registry.standing.trouble) == (LineStatus.DEAF, Trouble.LOST)
    registry.passes(1)
    assert len(registry.all(Connect)) == 2


def test_a_connection_that_never_comes_about_is_given_up() -> None:
    registry = Registry(targets=(HOME, SECOND))
    registry.endpoint.use(registry.targets, registry.now)
    registry.sent()
    registry.passes(20)
    assert [event.target for event in registry.all(Connect)] == [HOME, SECOND]


def test_a_name_that_leads_nowhere_is_said_and_not_held_against_known_addresses(registry: Registry) -> None:
    registry.endpoint.unable(Trouble.NAME, "no such host")
    assert (registry.standing.status, registry.standing.trouble) == (LineStatus.DEAF, Trouble.NAME)
    registry.registered()
    registry.endpoint.unable(Trouble.NAME, "no such host")
    assert registry.standing.status is LineStatus.PROTECTING


# -- leaving ----------------------------------------------------------------------------------------------------


def test_at_the_end_our_address_is_taken_back(registry: Registry) -> None:
    registry.registered()
    registry.endpoint.stop(registry.now)
    goodbye = only(registry.sent())
    assert goodbye.contacts[0].uri == OUR_CONTACT
    assert goodbye.contacts[0].params["expires"] == goodbye.headers.get("expires") == "0"
    again = only(registry.replies(goodbye, 401, challenge("n9")))
    assert again.headers.get("expires") == "0"
    assert not registry.endpoint.idle
    registry.replies(again, 200)
    assert registry.endpoint.idle


def test_a_registrar_that_does_not_say_goodbye_is_left_after_two_seconds(registry: Registry) -> None:
    registry.registered()
    registry.endpoint.stop(registry.now)
    registry.sent()
    registry.passes(2)
    assert registry.endpoint.idle
    assert registry.passes(60) == []


def test_who_is_not_registered_need_not_say_goodbye(registry: Registry) -> None:
    registry.starts()
    registry.endpoint.stop(registry.now)
    assert registry.sent() == []
    assert registry.endpoint.idle
    assert registry.passes(60) == []


def test_an_answer_after_the_end_is_nobodys_business(registry: Registry) -> None:
    register = registry.starts()
    registry.endpoint.stop(registry.now)
    registry.accepts(register)
    assert registry.standing.status is not LineStatus.PROTECTING
