"""Passwords: slow hashes, and what is too easy to guess."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard.access import hash_password, needs_rehash, verify, why_not_good_enough
from callguard.access.passwords import _common

GOOD = "purple lamp under seven"
# The third test vector of RFC 7914, section 12, of which a shorter key is the beginning.
RFC_7914 = "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI"
CHEAP = "$scrypt$ln=1,r=1,p=1$"


def test_the_hash_says_how_it_was_made_and_only_the_right_password_fits() -> None:
    phc = hash_password(GOOD, 7)
    assert phc.startswith("$scrypt$ln=14,r=8,p=5$AAAAAAAAAAAAAAAAAAAABw$")
    assert verify(GOOD, phc)
    assert not verify(GOOD + " ", phc)
    assert not verify("", phc)
    assert not needs_rehash(phc)
    assert hash_password(GOOD, 8) != phc


def test_a_hash_is_the_one_that_everybody_else_computes() -> None:
    assert verify("password", RFC_7914)
    assert not verify("Password", RFC_7914)
    assert needs_rehash(RFC_7914)


def test_accents_may_come_as_one_sign_or_two() -> None:
    word = "crème brûlée à midi"
    assert verify(unicodedata.normalize("NFD", word), hash_password(unicodedata.normalize("NFC", word), 1))


def test_no_password_fits_a_name_that_nobody_has() -> None:
    assert not verify("", None)
    assert not verify(GOOD, None)


def test_a_password_of_megabytes_is_not_even_hashed() -> None:
    assert not verify("x" * 1025, hash_password("x" * 1025, 1))


@pytest.mark.parametrize(
    "phc",
    [
        "",
        "$argon2id$v=19$m=1,t=1,p=1$AAAAAAAA$AAAA",
        "$scrypt$ln=31,r=8,p=1$AAAAAAAAAAAAAAAAAAAABw$" + "A" * 43,
        "$scrypt$ln=14,r=99,p=1$AAAAAAAAAAAAAAAAAAAABw$" + "A" * 43,
        "$scrypt$ln=0,r=8,p=1$AAAAAAAAAAAAAAAAAAAABw$" + "A" * 43,
        "$scrypt$ln=1,r=1,p=1$AAAAAAAAA$" + "A" * 43,
    ],
)
def test_a_hash_that_cannot_be_used_fits_nothing(phc: str) -> None:
    assert not verify(GOOD, phc)
    assert needs_rehash(phc)


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=80))
def test_any_hash_from_outside_is_read_without_a_crash(text: str) -> None:
    assert not verify(GOOD, CHEAP + text)


@pytest.mark.parametrize(
    ("password", "says"),
    [
        pytest.param("short", "at least 10 characters", id="short"),
        pytest.param("é" * 600, "longer than 1024 bytes", id="long"),
        pytest.param("password123", "Many people", id="common"),
        pytest.param("QWERTYuiop", "Many people", id="common in capitals"),
        pytest.param("manchester2024!", "Many people", id="common with a year"),
        pytest.param("aaaaaaaaaaaa", "too easy", id="one sign"),
        pytest.param("abababababab", "too easy", id="two signs"),
        pytest.param("efghijklmno", "too easy", id="in a row"),
        pytest.param("zyxwvutsrqp", "too easy", id="in a row backwards"),
        pytest.param("Marjolaine!", "the name", id="the name"),
        pytest.param("marjolaine1234567", "the name", id="the name and a row"),
    ],
)
def test_what_is_easy_to_guess_is_refused(password: str, says: str) -> None:
    assert says in why_not_good_enough(password, "Marjolaine")


@pytest.mark.parametrize("password", [GOOD, "Marjolaine likes lamps", "x7$kQ92!mz", "日本語の長いパスワード"])
def test_what_is_hard_to_guess_is_taken(password: str) -> None:
    assert why_not_good_enough(password, "Marjolaine") == ""


def test_a_name_of_two_letters_forbids_nothing() -> None:
    assert why_not_good_enough("lambda calculus", "La") == ""


def test_the_list_of_common_passwords_has_only_what_would_be_long_enough() -> None:
    assert len(_common()) > 1000
    assert all(len(word) >= 10 and word == word.casefold() for word in _common())
