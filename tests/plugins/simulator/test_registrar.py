from collections.abc import Callable
from hashlib import sha256
from itertools import count

import pytest

from callguard.testing import FakeRandomness
from callguard_simulator.digest import Doorman, fields
from callguard_simulator.registrar import Registrar
from callguard_simulator.wire import Header, Message, parameter, request, uri_of

HERE = ("127.0.0.1", 40000)
FOREIGN = 'Digest realm="realm", nonce="never issued"'
_branches = count()


def a_registrar() -> Registrar:
    token = FakeRandomness().token
    return Registrar("house", Doorman("realm", "house", "secret", token), token)


def register(*extra: Header, user: str = "house", contact: str = "<sip:r4nd0m@127.0.0.1:40000>") -> Message:
    headers = [
        ("Via", f"SIP/2.0/UDP 127.0.0.1:40000;branch=z9hG4bK{next(_branches)};rport"),
        ("From", f"<sip:{user}@127.0.0.1>;tag=a"),
        ("To", f"<sip:{user}@127.0.0.1>"),
        ("Call-ID", "c"),
        ("CSeq", "1 REGISTER"),
        *([("Contact", contact)] if contact else []),
        *extra,
    ]
    return request("REGISTER", "sip:127.0.0.1:5099", headers)


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def authorization(challenge: str, password: str = "secret", nc: int = 1, user: str = "house") -> Header:
    asked = fields(challenge)
    ha1, ha2 = hashed(f"{user}:{asked['realm']}:{password}"), hashed("REGISTER:sip:127.0.0.1:5099")
    proof = hashed(f"{ha1}:{asked['nonce']}:{nc:08x}:cn:auth:{ha2}")
    return (
        "Authorization",
        f'Digest username="{user}", realm="{asked["realm"]}", nonce="{asked["nonce"]}", uri="sip:127.0.0.1:5099", '
        f'response="{proof}", algorithm=SHA-256, cnonce="cn", qop=auth, nc={nc:08x}',
    )


def challenge_of(registrar: Registrar, now: float = 0.0) -> str:
    return registrar.answer(register(), HERE, now).first("WWW-Authenticate")


def test_a_register_without_credentials_is_challenged_for_sha_256() -> None:
    answer = a_registrar().answer(register(), HERE, 0.0)
    assert answer.status == 401
    asked = fields(answer.first("WWW-Authenticate"))
    assert (asked["algorithm"], asked["qop"], asked["realm"]) == ("SHA-256", "auth", "realm")


def test_the_right_password_binds_the_contact_until_it_expires() -> None:
    registrar = a_registrar()
    answer = registrar.answer(register(authorization(challenge_of(registrar)), ("Expires", "60")), HERE, 0.0)
    assert answer.status == 200
    assert parameter(answer.first("Contact"), "expires") == "60"
    binding = registrar.binding(59.9)
    assert binding is not None
    assert (binding.contact, binding.source) == ("sip:r4nd0m@127.0.0.1:40000", HERE)
    assert registrar.binding(60.0) is None


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param(lambda c: authorization(c, password="wrong"), 403, id="wrong password"),
        pytest.param(lambda c: authorization(c, user="other"), 403, id="other user"),
        pytest.param(lambda c: ("Authorization", "Digest"), 403, id="empty"),
        pytest.param(lambda c: ("Authorization", "Basic aGk6aGk="), 403, id="not digest"),
        pytest.param(lambda _: authorization(FOREIGN), 401, id="foreign nonce"),
    ],
)
def test_other_credentials_are_refused(change: Callable[[str], Header], status: int) -> None:
    registrar = a_registrar()
    answer = registrar.answer(register(change(challenge_of(registrar))), HERE, 0.0)
    assert answer.status == status
    assert registrar.binding(0.0) is None


def test_a_nonce_is_good_for_each_count_once_and_not_for_ever() -> None:
    registrar = a_registrar()
    challenge = challenge_of(registrar)
    assert registrar.answer(register(authorization(challenge)), HERE, 0.0).status == 200
    assert registrar.answer(register(authorization(challenge, nc=2)), HERE, 1.0).status == 200
    replayed = registrar.answer(register(authorization(challenge, nc=2)), HERE, 2.0)
    late = registrar.answer(register(authorization(challenge, nc=3)), HERE, 301.0)
    for answer in (replayed, late):
        assert answer.status == 401
        assert fields(answer.first("WWW-Authenticate"))["stale"] == "true"


def test_a_retransmitted_register_gets_the_same_answer() -> None:
    registrar = a_registrar()
    sent = register(authorization(challenge_of(registrar)))
    assert registrar.answer(sent, HERE, 0.0) is registrar.answer(sent, HERE, 0.5)


def test_another_user_is_not_found() -> None:
    assert a_registrar().answer(register(user="somebody"), HERE, 0.0).status == 404


def test_expires_of_the_contact_goes_before_the_header() -> None:
    registrar = a_registrar()
    sent = register(authorization(challenge_of(registrar)), ("Expires", "60"), contact="<sip:a@h>;expires=30")
    assert parameter(registrar.answer(sent, HERE, 0.0).first("Contact"), "expires") == "30"


def test_expires_zero_removes_the_binding() -> None:
    registrar = a_registrar()
    challenge = challenge_of(registrar)
    registrar.answer(register(authorization(challenge)), HERE, 0.0)
    answer = registrar.answer(register(authorization(challenge, nc=2), ("Expires", "0"), contact="*"), HERE, 1.0)
    assert answer.status == 200
    assert registrar.binding(1.0) is None


def test_asking_without_a_contact_changes_nothing_and_lists_the_binding() -> None:
    registrar = a_registrar()
    challenge = challenge_of(registrar)
    registrar.answer(register(authorization(challenge)), HERE, 0.0)
    answer = registrar.answer(register(authorization(challenge, nc=2), contact=""), HERE, 1.0)
    assert uri_of(answer.first("Contact")) == "sip:r4nd0m@127.0.0.1:40000"


@pytest.mark.parametrize(("method", "status"), [("OPTIONS", 200), ("INVITE", 405), ("BYE", 481)])
def test_other_requests_get_a_proper_answer(method: str, status: int) -> None:
    sent = request(method, "sip:127.0.0.1:5099", register().headers)
    assert a_registrar().answer(sent, HERE, 0.0).status == status


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('Digest a="x, y", b=1', {"a": "x, y", "b": "1"}),
        ('Digest a="q\\"q",B=2 , c="3"', {"a": 'q"q', "b": "2", "c": "3"}),
        ('Digest a="unclosed', {"a": "unclosed"}),
        ("Basic a=1", {}),
        ("", {}),
    ],
)
def test_digest_parameters_are_read(header: str, found: dict[str, str]) -> None:
    assert fields(header) == found
