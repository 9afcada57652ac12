"""Digest authentication: RFC 7616, RFC 8760, RFC 2069."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callguard_sip.core.digest import Algorithm, Challenge, authorize, choose

REALM = 'realm="pbx.example", nonce="n1"'


def only(value: str) -> Challenge:
    challenge = choose([value])
    assert challenge is not None
    return challenge


def fields(header: str) -> dict[str, str]:
    """Read an Authorization value the simple way: no value here holds a comma."""
    scheme, _, rest = header.partition(" ")
    assert scheme == "Digest"
    return {name: value.strip('"') for name, _, value in (field.partition("=") for field in rest.split(", "))}


MUFASA = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_rfc_7616_section_3_9_1(algorithm: str, response: str) -> None:
    answer = authorize(
        only(MUFASA.format(algorithm)),
        method="GET",
        uri="/dir/index.html",
        user="Mufasa",
        password="Circle of Life",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert fields(answer) == {
        "username": "Mufasa",
        "realm": "http-auth@example.org",
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "uri": "/dir/index.html",
        "response": response,
        "algorithm": algorithm,
        "qop": "auth",
        "nc": "00000001",
        "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        "opaque": "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
    }


def test_rfc_7616_section_3_9_2_as_corrected_by_erratum_4897() -> None:
    challenge = only(
        'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, '
        'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", '
        'opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true'
    )
    answer = fields(
        authorize(
            challenge,
            method="GET",
            uri="/doe.json",
            user="Jäsøn Doe",
            password="Secret, or not?",
            cnonce="NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
        )
    )
    assert answer["username"] == "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
    assert answer["response"] == "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
    assert answer["userhash"] == "true"


def respond(challenge: Challenge, nc: int = 1, body: bytes = b"") -> dict[str, str]:
    return fields(
        authorize(
            challenge,
            method="REGISTER",
            uri="sip:pbx.example",
            user="guard",
            password="secret",
            cnonce="c1",
            nc=nc,
            body=body,
        )
    )


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


SECRET = md5("guard:pbx.example:secret")
ASKED = md5("REGISTER:sip:pbx.example")


def test_without_qop_the_old_formula_is_used() -> None:
    answer = respond(only(f"Digest {REALM}"))
    assert answer["response"] == md5(f"{SECRET}:n1:{ASKED}")
    assert not {"qop", "nc", "cnonce", "algorithm", "opaque"} & answer.keys()


def test_the_body_counts_where_only_auth_int_is_offered() -> None:
    answer = respond(only(f'Digest {REALM}, qop="auth-int"'), body=b"v=0")
    asked = md5(f"REGISTER:sip:pbx.example:{md5('v=0')}")
    assert (answer["qop"], answer["response"]) == ("auth-int", md5(f"{SECRET}:n1:00000001:c1:auth-int:{asked}"))


def test_a_session_binds_the_secret_to_the_nonce() -> None:
    answer = respond(only(f'Digest {REALM}, algorithm=MD5-sess, qop="auth"'), nc=10)
    secret = md5(f"{SECRET}:n1:c1")
    assert answer["response"] == md5(f"{secret}:n1:0000000a:c1:auth:{ASKED}")
    assert (answer["algorithm"], answer["nc"]) == ("MD5-sess", "0000000a")


@pytest.mark.parametrize(
    ("algorithm", "expected", "session"),
    [
        ("md5", Algorithm.MD5, False),
        ('"MD5"', Algorithm.MD5, False),
        ("MD5-sess", Algorithm.MD5, True),
        ("SHA-256", Algorithm.SHA_256, False),
        ("SHA-256-sess", Algorithm.SHA_256, True),
        ("sha-512-256", Algorithm.SHA_512_256, False),
        ("SHA-512-256-SESS", Algorithm.SHA_512_256, True),
    ],
)
def test_every_algorithm_of_rfc_7616_is_known(algorithm: str, expected: Algorithm, session: bool) -> None:
    challenge = only(f"Digest {REALM}, algorithm={algorithm}")
    assert (challenge.algorithm, challenge.session) == (expected, session)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="nothing"),
        pytest.param("Digest", id="no parameters"),
        pytest.param(f"Basic {REALM}", id="another scheme"),
        pytest.param("NoOneKnowsThisScheme opaque-data=here", id="unknown scheme"),
        pytest.param('Digest realm="x"', id="no nonce"),
        pytest.param('Digest realm="x", nonce=""', id="empty nonce"),
        pytest.param('Digest nonce="x"', id="no realm"),
        pytest.param(f"Digest {REALM}, algorithm=SHA-1", id="unknown algorithm"),
        pytest.param(f'Digest {REALM}, algorithm=""', id="empty algorithm"),
        pytest.param(f'Digest {REALM}, qop="auth-conf"', id="unknown qop"),
        pytest.param(f'Digest {REALM}, qop=""', id="empty qop"),
        pytest.param('Digest realm="x, nonce="y"', id="unbalanced quotes"),
        pytest.param('Digest realm=x"y", nonce="z"', id="quote inside a word"),
        pytest.param('Digest realm="x" y, nonce="z"', id="words after a quote"),
        pytest.param("Digest " + "a=b," * 600, id="endless"),
    ],
)
def test_a_challenge_that_we_cannot_answer_is_ignored(value: str) -> None:
    assert choose([value]) is None


@pytest.mark.parametrize(
    ("offered", "floor", "chosen"),
    [
        (["MD5", "SHA-256"], None, "SHA-256"),
        (["SHA-512-256", "SHA-256", "MD5"], None, "SHA-512-256"),
        (["SHA-1", "MD5"], None, "MD5"),
        (["MD5"], Algorithm.SHA_256, None),
        (["MD5", "SHA-256"], Algorithm.SHA_256, "SHA-256"),
        (["MD5", "SHA-256"], Algorithm.SHA_512_256, None),
        ([], None, None),
    ],
)
@pytest.mark.parametrize("together", [False, True], ids=["a line each", "all in one line"])
def test_the_strongest_is_answered_and_nothing_below_the_floor(
    offered: list[str], floor: Algorithm | None, chosen: str | None, together: bool
) -> None:
    values = [f'Digest {REALM}, qop="auth,auth-int", algorithm={name}' for name in offered]
    challenge = choose([", ".join(values)] if together else values, floor)
    assert (challenge and challenge.named) == chosen


def test_of_equals_the_first_is_answered() -> None:
    values = [f'Digest realm="{name}", nonce="n"' for name in ("first", "second")]
    assert only(", ".join(values)).realm == "first"


def test_stale_is_told() -> None:
    assert only(f"Digest {REALM}, stale=TRUE").stale
    assert not only(f"Digest {REALM}, stale=false").stale


def test_quotes_inside_values_come_back_as_they_came() -> None:
    challenge = only(r'Digest realm="a \"b\", c", nonce="n\\", opaque=""')
    answer = authorize(challenge, method="REGISTER", uri="sip:h", user='x"y', password="p", cnonce="c")
    assert r'realm="a \"b\", c", nonce="n\\"' in answer
    assert answer.endswith('opaque=""')
    assert r'username="x\"y"' in answer


@given(st.text(), st.sampled_from(list(Algorithm)) | st.none())
def test_any_challenge_is_answered_or_ignored(text: str, floor: Algorithm | None) -> None:
    for value in (text, f"Digest {text}", f"Digest {REALM}, {text}"):
        challenge = choose([value], floor)
        if challenge is not None:
            assert floor is None or challenge.algorithm >= floor
            authorize(challenge, method="REGISTER", uri="sip:h", user="u", password="p", cnonce="c")
