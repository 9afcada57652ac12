"""A small household to be backed up, and the way to look at what became of it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callguard import Contact, Rule, RuleKind, RuleList
from callguard.access import Access, Right, Role
from callguard.backup import Made, make
from callguard.place import Place
from callguard.store import Store
from callguard.testing.calls import a_record
from callguard.testing.fakes import FakeRandomness

NOW = datetime(2026, 11, 23, 3, 0, 0, tzinfo=UTC)
CONFIG = "country: US\ntimezone: UTC\ndisabled_plugins: [sip, simulator]\nphoneblock:\n  token: geheim-in-der-datei\n"

Rules = Callable[[Place], set[str]]


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    """A household with a call, two rules, a contact and settings made by command, one of them secret."""
    assert place.config
    place.config.write_text(CONFIG)
    place.data_dir.mkdir(mode=0o700)
    opened = Store.open(place.database, now=NOW).store
    fill(opened)
    with closing(Access.open(place.access, FakeRandomness())) as access:
        ana = access.add_person("Ana", Role.ADMIN, "hash", NOW)
        access.begin_session(ana.id, client="Firefox", address="", stay=False, now=NOW)
        access.new_token("dash", {Right.READ}, None, by="Ana", now=NOW)
    for name, text in {"sip/instance": "uuid", "ftc/ftc/list.sqlite": "x", "ftc/ftc/list.json": "{}"}.items():
        path = place.data_dir / "plugins" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    yield opened
    opened.close()


def fill(store: Store) -> None:
    store.append(a_record()).result()
    for number in ("+13035550188", "+13035550189"):
        store.add_rule(Rule(list=RuleList.BLOCK, kind=RuleKind.EXACT, value=number), by="ana", now=NOW).result()
    store.replace_contacts("family", [Contact(book="family", uid="1", name="Ben")], by="ana").result()
    store.set_setting("policy.log_only", True, by="ana", now=NOW).result()
    for secret in ("geheim-von-hand", "geheim-spaeter"):
        store.set_setting("sip.password", secret, by="ana", now=NOW, shown="***").result()


@pytest.fixture
def made(place: Place, store: Store, tmp_path: Path) -> Made:
    """A backup without secrets."""
    return make(place, store, tmp_path / "backups", now=NOW, software="1.0")


@pytest.fixture
def rules() -> Rules:
    """Tell which numbers are on the block list of a house that nobody has open."""

    def rules(place: Place) -> set[str]:
        store = Store.open(place.database, now=NOW).store
        try:
            assert store.problems() == ()
            return {rule.value for rule in store.rules()}
        finally:
            store.close()

    return rules
