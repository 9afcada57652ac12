from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import FetchError, ForbiddenAddressError, Job, Problem, TooLargeError, TryLaterError
from callguard.testing import Asked, Page
from callguard_contacts.carddav.multistatus import NotDavError, cards_wanted, path_of, resources
from callguard_contacts.plugin import Contacts
from callguard_contacts.source import SourceError
from tests.plugins.contacts.helpers.house import House
from tests.plugins.contacts.helpers.server import Server, card

BOOK = "carddav:family"
DISCOVERY = ["PROPFIND /.well-known/carddav 0", "PROPFIND /principal/ 0", "PROPFIND /dav/anna/ 1"]
READING = ["PROPFIND /dav/anna/people/ 1", "REPORT /dav/anna/people/ 0"]
PEOPLE = ["Anna Lee", "Bob & Söhne", "Dora"]


def job(contacts: Contacts) -> Job:
    (only,) = contacts.periodic_jobs()
    return only


async def problem(contacts: Contacts) -> Problem | None:
    found = contacts.health()
    assert len(found) <= 1
    return found[0] if found else None


async def sync(contacts: Contacts, *, accept: bool = False) -> dict[str, Any]:
    (result,) = await contacts.register_commands()["contacts-sync"]({"accept": accept})
    return dict(result)


async def test_a_server_is_asked_where_its_address_books_are_and_then_read(
    house: House, server: Server, account: dict[str, Any]
) -> None:
    contacts = house.build(carddav=[account])
    await job(contacts).run()
    assert house.names(BOOK) == PEOPLE
    assert server.asked() == DISCOVERY + READING
    numbers = {contact.name: contact.numbers for contact in house.household.contacts()}
    assert numbers["Bob & Söhne"] == ("+13035550148",)
    assert await problem(contacts) is None


async def test_the_password_goes_as_basic_authentication_and_nowhere_else(
    house: House, server: Server, account: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    server.fails = FetchError("https://dav.example.org answered 401 Unauthorized", status=401)
    contacts = house.build(carddav=[account])
    with pytest.raises(SourceError, match="401"):
        await job(contacts).run()
    wanted = "Basic " + b64encode(b"anna:s3cret").decode()
    assert {asked.headers["authorization"] for asked in house.web.asked} == {wanted}
    assert all("s3cret" not in asked.url for asked in house.web.asked)
    found = await problem(contacts)
    assert found is not None
    assert "password" in found.cure
    assert "s3cret" not in caplog.text + repr(found) + "".join(p.read_text() for p in house.data_dir.rglob("*.json"))


async def test_nothing_is_fetched_when_nothing_has_changed_even_after_a_restart(
    house: House, server: Server, account: dict[str, Any]
) -> None:
    await job(house.build(carddav=[account])).run()
    server.asked()
    contacts = house.build(carddav=[account])
    await job(contacts).run()
    assert server.asked() == DISCOVERY
    assert house.names(BOOK) == PEOPLE


async def test_only_what_changed_is_fetched_and_taken_over_as_one_change(
    house: House, server: Server, account: dict[str, Any]
) -> None:
    await job(house.build(carddav=[account])).run()
    revision = house.household.revision()
    server.cards["anna.vcf"] = card("Anna Lee-Ray", "+1 303 555 0151")
    server.cards["eve.vcf"] = card("Eve", "+1 303 555 0152")
    del server.cards["dora.vcf"]
    server.asked()
    await job(house.build(carddav=[account])).run()
    report = house.web.asked[-1].body.decode()
    assert server.asked() == DISCOVERY + READING
    assert "anna.vcf" in report
    assert "eve.vcf" in report
    assert "bob" not in report
    assert house.names(BOOK) == ["Anna Lee-Ray", "Bob & Söhne", "Eve"]
    assert house.household.revision() == revision + 1


HABITS: dict[str, dict[str, Any]] = {
    "no markers": {"has_markers": False},
    "no versions of cards": {"has_etags": False},
    "neither": {"has_markers": False, "has_etags": False},
    "whole addresses": {"absolute": True},
}


@pytest.mark.parametrize("habits", HABITS.values(), ids=HABITS.keys())
async def test_servers_may_have_their_habits(
    habits: dict[str, Any], house: House, server: Server, account: dict[str, Any]
) -> None:
    for name, value in habits.items():
        setattr(server, name, value)
    contacts = house.build(carddav=[account])
    await job(contacts).run()
    assert house.names(BOOK) == PEOPLE
    server.cards["dora.vcf"] = card("Dorothea", "303-555-0150")
    await job(contacts).run()
    assert house.names(BOOK) == ["Anna Lee", "Bob & Söhne", "Dorothea"]
    revision = house.household.revision()
    await job(contacts).run()
    assert house.household.revision() == revision


async def test_the_address_of_a_book_itself_is_enough(house: House, server: Server, account: dict[str, Any]) -> None:
    account["url"] = "https://dav.example.org/dav/anna/people/"
    await job(house.build(carddav=[account])).run()
    assert house.names(BOOK) == PEOPLE
    assert server.asked() == ["PROPFIND /dav/anna/people/ 0", *READING]


async def test_a_server_without_the_well_known_address_is_asked_at_its_root(
    house: House, server: Server, account: dict[str, Any]
) -> None:
    del house.web.pages["https://dav.example.org/.well-known/carddav"]
    await job(house.build(carddav=[account])).run()
    assert house.names(BOOK) == PEOPLE


FAILURES: dict[str, Exception] = {
    "away": FetchError("https://dav.example.org is not reached"),
    "overloaded": FetchError("https://dav.example.org answered 503", status=503),
    "gone": FetchError("https://dav.example.org answered 404", status=404),
    "forbidden": ForbiddenAddressError("https://dav.example.org is not fetched: it is private"),
    "too much": TooLargeError("https://dav.example.org is larger than enough"),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
async def test_a_failed_sync_deletes_nothing_and_says_since_when(
    failure: FetchError, house: House, server: Server, account: dict[str, Any]
) -> None:
    contacts = house.build(carddav=[account])
    await job(contacts).run()
    server.fails = failure
    house.clock.advance(3600)
    since = house.clock.now()
    for _ in range(2):
        with pytest.raises(SourceError):
            await job(contacts).run()
        house.clock.advance(60)
    found = await problem(contacts)
    assert found is not None
    assert (found.code, found.since, found.where) == ("contacts-sync-failing", since, BOOK)
    assert "its 3 contacts of 02 Jan 2026 12:00 stay in use" in found.what
    assert found.cure
    assert house.names(BOOK) == PEOPLE
    server.fails = None
    await job(contacts).run()
    assert await problem(contacts) is None


async def test_a_server_at_home_must_be_trusted_by_the_household(
    house: House, server: Server, account: dict[str, Any]
) -> None:
    server.fails = ForbiddenAddressError("http://dav.example.org is not fetched: it is private")
    contacts = house.build(carddav=[account])
    with pytest.raises(SourceError):
        await job(contacts).run()
    found = await problem(contacts)
    assert found is not None
    assert found.cure == (
        "If dav.example.org is a server of your own, name it under network.trusted_hosts in config.yaml."
    )


async def test_a_server_that_asks_for_patience_gets_it(house: House, server: Server, account: dict[str, Any]) -> None:
    server.fails = FetchError("answered 503", status=503, retry_after=timedelta(minutes=7))
    with pytest.raises(TryLaterError) as caught:
        await job(house.build(carddav=[account])).run()
    assert caught.value.after == timedelta(minutes=7)


async def test_half_an_answer_counts_as_none(house: House, server: Server, account: dict[str, Any]) -> None:
    contacts = house.build(carddav=[account])
    server.withheld = {"anna.vcf"}
    with pytest.raises(SourceError, match="only 3 of 4 cards"):
        await job(contacts).run()
    assert house.names(BOOK) == []
    server.withheld = set()
    await job(contacts).run()
    assert house.names(BOOK) == PEOPLE


async def test_a_card_that_is_listed_but_not_there_stays_as_it_was(
    house: House, server: Server, account: dict[str, Any]
) -> None:
    contacts = house.build(carddav=[account])
    await job(contacts).run()
    server.cards["anna.vcf"] = card("Changed", "+1 303 555 0151")
    server.gone = {"anna.vcf"}
    assert (await sync(contacts))["unreadable"] == 2
    assert house.names(BOOK) == PEOPLE
    del server.cards["anna.vcf"]
    await job(contacts).run()
    assert house.names(BOOK) == ["Bob & Söhne", "Dora"]


async def test_a_card_that_breaks_stays_as_it_was_and_is_listed(
    house: House, server: Server, account: dict[str, Any]
) -> None:
    contacts = house.build(carddav=[account])
    await job(contacts).run()
    server.cards["anna.vcf"] = "BEGIN:VCARD\nFN;ENCODING=B:a\nTEL:+13035550199\nEND:VCARD\n"
    await job(contacts).run()
    assert house.names(BOOK) == PEOPLE
    listed = await contacts.register_commands()["contacts-list"]({})
    (source,) = listed["sources"]
    assert {item["place"] for item in source["unreadable"]} == {"anna.vcf", "bob b.vcf"}
    assert source["without_number"] == 1


@pytest.mark.parametrize("left", [["anna.vcf"], []], ids=["one of three", "none"])
async def test_a_book_that_suddenly_shrinks_is_refused_until_the_household_says_yes(
    left: list[str], house: House, server: Server, account: dict[str, Any]
) -> None:
    contacts = house.build(carddav=[account])
    await job(contacts).run()
    before = dict(server.cards)
    server.cards = {name: text for name, text in before.items() if name in left}
    for _ in range(2):
        await job(contacts).run()
        assert house.names(BOOK) == PEOPLE
        found = await problem(contacts)
        assert found is not None
        assert (found.code, found.since) == ("contacts-sync-refused", house.clock.now())
        assert f"from 3 to {len(left)}" in found.what
        assert "sync --accept" in found.cure
    refused = await sync(contacts)
    assert (refused["state"], house.names(BOOK)) == ("refused", PEOPLE)
    accepted = await sync(contacts, accept=True)
    assert (accepted["state"], house.names(BOOK)) == ("changed", ["Anna Lee"] if left else [])
    assert await problem(contacts) is None


async def test_a_refused_book_that_comes_back_is_no_problem_any_more(
    house: House, server: Server, account: dict[str, Any]
) -> None:
    contacts = house.build(carddav=[account])
    await job(contacts).run()
    before, server.cards = server.cards, {}
    await job(contacts).run()
    server.cards = before
    await job(contacts).run()
    assert await problem(contacts) is None
    assert house.names(BOOK) == PEOPLE


async def test_a_refusal_is_not_answered_by_a_yes_that_was_said_while_the_server_was_away(
    house: House, server: Server, account: dict[str, Any]
) -> None:
    contacts = house.build(carddav=[account])
    await job(contacts).run()
    server.fails = FetchError("away")
    assert (await sync(contacts, accept=True))["state"] == "failed"
    server.fails, server.cards = None, {}
    await job(contacts).run()
    assert house.names(BOOK) == PEOPLE


async def test_what_the_household_undid_stays_undone_until_the_server_changes(
    house: House, server: Server, account: dict[str, Any]
) -> None:
    contacts = house.build(carddav=[account])
    await job(contacts).run()
    kept = [contact for contact in house.household.contacts() if contact.name != "Dora"]
    await house.household.replace_contacts(BOOK, kept, by="undo")
    await job(contacts).run()
    assert house.names(BOOK) == ["Anna Lee", "Bob & Söhne"]
    server.cards["eve.vcf"] = card("Eve", "+1 303 555 0152")
    await job(contacts).run()
    assert house.names(BOOK) == [*PEOPLE, "Eve"]


async def test_contacts_that_were_lost_with_a_database_come_back(
    house: House, server: Server, account: dict[str, Any]
) -> None:
    await job(house.build(carddav=[account])).run()
    await house.household.replace_contacts(BOOK, [], by="disaster")
    await job(house.build(carddav=[account])).run()
    assert house.names(BOOK) == PEOPLE


async def test_answers_that_are_too_large_are_asked_for_in_smaller_portions(
    house: House, server: Server, account: dict[str, Any]
) -> None:
    url = "https://dav.example.org/dav/anna/people/"
    usual = house.web.pages[url]
    assert callable(usual)

    def stingy(asked: Asked) -> Page | bytes | Exception:
        if asked.method == "REPORT" and (asked.body.count(b"<d:href>") > 1 or b"dora" in asked.body):
            raise TooLargeError("too much")
        return usual(asked)

    house.web.pages[url] = stingy
    contacts = house.build(carddav=[account])
    result = await sync(contacts)
    assert house.names(BOOK) == ["Anna Lee", "Bob & Söhne"]
    assert result["unreadable"] == 2
    listed = await contacts.register_commands()["contacts-list"]({})
    assert "larger than any card" in str(listed["sources"])


async def test_many_cards_are_fetched_in_portions(house: House, server: Server, account: dict[str, Any]) -> None:
    server.cards = {f"{n}.vcf": card(f"n{n}", f"303555{n:04}") for n in range(1000, 1120)}
    await job(house.build(carddav=[account])).run()
    assert len(house.names(BOOK)) == 120
    assert [asked.body.count(b"<d:href>") for asked in house.web.asked if asked.method == "REPORT"] == [50, 50, 20]


async def test_another_account_or_country_reads_everything_anew(
    house: House, server: Server, account: dict[str, Any]
) -> None:
    await job(house.build(carddav=[account])).run()
    server.asked()
    await job(house.build(country="GB", carddav=[account])).run()
    assert READING[-1] in server.asked()


@pytest.mark.parametrize("spoil", [b"", b"{", b"[]", b'{"version": 1}', b"\xff"])
async def test_a_spoiled_memory_only_means_that_everything_is_read_again(
    spoil: bytes, house: House, server: Server, account: dict[str, Any]
) -> None:
    await job(house.build(carddav=[account])).run()
    (memory,) = house.data_dir.rglob("carddav-family.json")
    memory.write_bytes(spoil)
    await job(house.build(carddav=[account])).run()
    assert house.names(BOOK) == PEOPLE


async def test_nothing_is_left_lying_about(house: House, server: Server, account: dict[str, Any]) -> None:
    contacts = house.build(carddav=[account])
    leftover = house.data_dir / "plugins" / "contacts" / ".sync-family"
    leftover.mkdir(parents=True)
    (leftover / "cards-1").write_text("of a power cut")
    await job(contacts).run()
    server.withheld, server.has_etags, server.has_markers = {"anna.vcf"}, False, False
    with pytest.raises(SourceError):
        await job(contacts).run()
    assert [path.name for path in house.data_dir.rglob("*") if path.is_file()] == ["carddav-family.json"]
    assert not leftover.exists()


NO_BOOKS = {
    "a web site": (Page(body=b"<html>hello</html>"), "no CardDAV server"),
    "a page that is no XML": (Page(status=207, body=b"<html>hello"), "no XML"),
    "another document": (Page(status=207, body=b"<html/>"), "not one of CardDAV"),
    "entities": (Page(status=207, body=b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), "document type"),
    "no principal": (Page(status=207, body=b'<d:multistatus xmlns:d="DAV:"/>'), "does not say where"),
}


@pytest.mark.parametrize(("page", "why"), NO_BOOKS.values(), ids=NO_BOOKS.keys())
async def test_what_is_no_address_book_is_told_in_words(
    page: Page, why: str, house: House, account: dict[str, Any]
) -> None:
    house.web.pages["https://dav.example.org/"] = page
    contacts = house.build(carddav=[account])
    with pytest.raises(SourceError, match=why):
        await job(contacts).run()
    assert await problem(contacts) is not None


ELSEWHERE = {
    "https://evil.example.com/": "another owner's host",
    "http://dav.example.org/": "leads away from https",
    "https://[": "names an address that is none",
    "//evil.example.com/": "another owner's host",
}


@pytest.mark.parametrize(("home", "why"), ELSEWHERE.items())
async def test_the_password_is_sent_to_no_other_owner(
    home: str, why: str, house: House, server: Server, account: dict[str, Any]
) -> None:
    body = f"""<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><d:response><d:href>/</d:href>
    <d:propstat><d:prop><c:addressbook-home-set><d:href>{home}</d:href></c:addressbook-home-set></d:prop></d:propstat>
    </d:response></d:multistatus>"""
    house.web.pages["https://dav.example.org/.well-known/carddav"] = Page(status=207, body=body.encode())
    with pytest.raises(SourceError, match=why):
        await job(house.build(carddav=[account])).run()
    assert len(house.web.asked) == 1


async def test_siblings_of_the_server_are_its_owners_too(
    house: House, server: Server, account: dict[str, Any]
) -> None:
    body = b"""<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><d:response><d:href>/</d:href>
    <d:propstat><d:prop><c:addressbook-home-set><d:href>https://dav.example.org/dav/anna/</d:href></c:addressbook-home-set>
    </d:prop></d:propstat></d:response></d:multistatus>"""
    account["url"] = "https://contacts.example.org/"
    house.web.pages["https://contacts.example.org/.well-known/carddav"] = Page(status=207, body=body)
    await job(house.build(carddav=[account])).run()
    assert house.names(BOOK) == PEOPLE


@pytest.mark.parametrize(
    ("href", "path"),
    [("/a%20b/c.vcf", "/a b/c.vcf"), ("/a b/c.vcf", "/a b/c.vcf"), ("https://h/a%20b/c.vcf", "/a b/c.vcf"),
     (" /x ", "/x"), ("http://[", "")],
)  # fmt: skip
def test_every_spelling_of_an_address_names_one_card(href: str, path: str) -> None:
    assert path_of(href) == path


def test_names_of_cards_cannot_leave_their_place_in_the_request() -> None:
    assert b"&lt;/d:href&gt;&amp;" in cards_wanted(["</d:href>&"])


def test_an_answer_that_says_it_is_not_complete_is_refused() -> None:
    cut = b"""<d:multistatus xmlns:d="DAV:"><d:response><d:href>/b/</d:href>
    <d:status>HTTP/1.1 507 Insufficient Storage</d:status></d:response></d:multistatus>"""
    with pytest.raises(NotDavError, match="not complete"):
        list(resources(cut))


ANSWER = b"""<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><d:response>
<d:href>/b/a.vcf</d:href><d:propstat><d:prop><d:getetag>"1"</d:getetag><c:address-data>BEGIN:VCARD
FN:A
TEL:1
END:VCARD</c:address-data></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"""


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 30), st.binary(max_size=8)), max_size=4))
def test_no_spoiled_answer_raises_anything_but_the_modules_own_error(spoils: list[tuple[int, int, bytes]]) -> None:
    data = ANSWER
    for place, length, noise in spoils:
        data = data[:place] + noise + data[place + length :]
    try:
        list(resources(data))
    except NotDavError:
        return
