"""Who may use the console, and what each of them may do."""

from datetime import datetime

import pytest

from callguard.access import (
    Access,
    BadNameError,
    Deed,
    LastAdminError,
    NameTakenError,
    NoSuchPersonError,
    Person,
    Right,
    Role,
    rights_of,
)


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.VIEWER, {Right.READ}),
        (Role.MEMBER, {Right.READ, Right.CALLS, Right.LISTS}),
        (Role.ADMIN, {Right.READ, Right.CALLS, Right.LISTS, Right.ADMIN}),
    ],
)
def test_a_role_has_its_rights_and_no_other(role: Role, rights: set[Right]) -> None:
    assert rights_of(role) == rights


def test_a_new_house_knows_nobody(access: Access) -> None:
    assert not access.anyone()
    assert access.people() == ()
    assert access.credentials("Ana") is None


def test_somebody_is_found_whatever_the_spelling_of_the_name(access: Access, ana: Person, now: datetime) -> None:
    assert access.person(" ANA ") == ana
    assert access.credentials("ana") == (ana, "hash of Ana")
    strasse = access.add_person("Anna Großmann", Role.VIEWER, "h", now)
    assert access.person("anna  GROSSMANN") == strasse
    assert access.people() == (ana, strasse)


@pytest.mark.parametrize("name", ["ana", "  Ana ", "ＡＮＡ", "A\u200bna"])
def test_two_people_cannot_have_the_same_name(access: Access, ana: Person, now: datetime, name: str) -> None:
    with pytest.raises(NameTakenError, match="there is a"):
        access.add_person(name, Role.VIEWER, "h", now)
    assert access.people() == (ana,)


@pytest.mark.parametrize("name", ["", "  ", "\x1b\u202e", "x" * 41])
def test_what_is_no_name_is_refused(access: Access, now: datetime, name: str) -> None:
    with pytest.raises(BadNameError, match="1 to 40 characters"):
        access.add_person(name, Role.VIEWER, "h", now)


def test_a_name_keeps_no_signs_that_deceive(access: Access, now: datetime) -> None:
    assert access.add_person("\u202eevE\x1b[31m", Role.VIEWER, "h", now).name == "evE[31m"
    assert access.add_person("x" * 40, Role.VIEWER, "h", now).name == "x" * 40


def test_the_last_admin_stays_an_admin(access: Access, ana: Person, ben: Person, now: datetime) -> None:
    with pytest.raises(LastAdminError, match="Ana is the only admin"):
        access.remove_person("ana", now)
    with pytest.raises(LastAdminError):
        access.set_role("ana", Role.MEMBER, now)
    assert access.set_role("ana", Role.ADMIN, now) == ana
    access.set_role("Ben", Role.ADMIN, now)
    access.remove_person("Ana", now)
    assert [person.name for person in access.people()] == ["Ben"]
    assert access.set_role("ben", Role.ADMIN, now).id == ben.id


def test_a_person_that_is_not_there_cannot_be_changed(access: Access, now: datetime) -> None:
    for change in (
        lambda: access.set_role("Eve", Role.ADMIN, now),
        lambda: access.set_password("Eve", "h", now),
        lambda: access.remove_person("Eve", now),
    ):
        with pytest.raises(NoSuchPersonError, match="nobody is called Eve"):
            change()
    assert access.sign_ins() == ()


def test_a_role_that_changes_counts_at_once(access: Access, ben: Person, now: datetime) -> None:
    secret = access.begin_session(ben.id, client="", address="", stay=False, now=now)
    access.set_role("ben", Role.VIEWER, now)
    session = access.session(secret, now)
    assert session is not None
    assert session.person.rights == {Right.READ}


def test_every_change_is_in_the_log_with_who_made_it(access: Access, ben: Person, now: datetime) -> None:
    access.set_role("Ben", Role.VIEWER, now, by="Ana")
    access.set_password("Ben", "h", now, by="Ben")
    access.remove_person("Ben", now, by="Ana")
    told = [(entry.what, entry.name, entry.why, entry.by) for entry in reversed(access.sign_ins())]
    assert told == [
        (Deed.PERSON_ADDED, "Ana", "admin", ""),
        (Deed.PERSON_ADDED, "Ben", "member", "Ana"),
        (Deed.ROLE_SET, "Ben", "viewer", "Ana"),
        (Deed.PASSWORD_SET, "Ben", "", "Ben"),
        (Deed.PERSON_REMOVED, "Ben", "", "Ana"),
    ]


def test_who_signed_in_from_where_is_remembered(access: Access, ana: Person, ben: Person, now: datetime) -> None:
    access.note_sign_in("ana", "192.168.1.7", ok=True, now=now)
    access.note_sign_in("ben", "192.168.1.8", ok=False, why="wrong password", now=now)
    assert access.signed_in_before("ANA", "192.168.1.7")
    assert not access.signed_in_before("ana", "192.168.1.8")
    assert not access.signed_in_before("ben", "192.168.1.8")
    assert not access.signed_in_before("nobody", "192.168.1.7")
    (newest,) = access.sign_ins(1)
    assert (newest.name, newest.address, newest.ok, newest.why) == ("Ben", "192.168.1.8", False, "wrong password")
    assert newest.what is Deed.SIGN_IN


def test_a_name_that_nobody_has_is_not_kept_for_it_may_be_a_password(
    access: Access, ana: Person, now: datetime
) -> None:
    access.note_sign_in("hunter2 hunter2", "10.0.0.9", ok=False, why="unknown", now=now)
    assert access.sign_ins(1)[0].name == ""


def test_old_entries_of_the_log_are_forgotten(access: Access, ana: Person, now: datetime) -> None:
    later = now.replace(year=2027)
    access.note_sign_in("ana", "10.0.0.9", ok=True, now=later)
    assert access.forget_sign_ins(later) == 1
    assert [entry.at for entry in access.sign_ins()] == [later]


def test_the_log_is_bounded_so_that_nobody_fills_the_disk(
    access: Access, ana: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callguard.access.access._MOST_LOGGED", 5)
    for _ in range(12):
        access.note_sign_in("x", "10.0.0.9", ok=False, now=now)
    assert len(access.sign_ins()) == 5
