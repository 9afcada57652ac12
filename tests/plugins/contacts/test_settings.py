from pathlib import Path
from typing import Any

import pytest

from callguard.config import ConfigError
from callguard.testing import HookRunner
from callguard_contacts.plugin import Contacts

SERVER = {"name": "family", "url": "https://dav.example.org/"}
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "no address": ({"carddav": [{**SERVER, "url": "dav.example.org"}]}, "https://cloud.example.org/"),
    "half an address": ({"carddav": [{**SERVER, "url": "https://["}]}, "https://cloud.example.org/"),
    "a password in the address": ({"carddav": [{**SERVER, "url": "https://a:b@dav.example.org/"}]}, "password"),
    "a name that is a path": ({"carddav": [{**SERVER, "name": "../x"}]}, "name"),
    "too often": ({"carddav": [{**SERVER, "every": "10s"}]}, "every"),
    "half a path": ({"files": [{"path": "people.vcf"}]}, "whole path"),
    "a book that is no name": ({"files": [{"path": "/a.vcf", "book": "a\x1bb"}]}, "plain name"),
    "a book of a server": ({"files": [{"path": "/a.vcf", "book": "carddav:family"}]}, "plain name"),
    "one book twice": ({"files": [{"path": "/a/x.vcf"}, {"path": "/b/X.vcf"}]}, "files.1.path"),
    "one server twice": ({"carddav": [SERVER, SERVER]}, "carddav.1.name"),
    "days before the beginning": ({"dialled_days": -1}, "dialled_days"),
    "an unknown key": ({"card_dav": []}, "carddav"),
}


@pytest.mark.parametrize(("section", "said"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_in_words(section: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        HookRunner(Contacts, tmp_path, section)
    assert said in str(caught.value)


def test_a_household_without_settings_needs_no_jobs(tmp_path: Path) -> None:
    runner = HookRunner(Contacts, tmp_path)
    assert runner.jobs() == {}
    assert runner.problems() == []
    assert runner.command("contacts-sync") == []


def test_every_address_book_of_the_configuration_has_a_job_that_lets_us_speak_of_its_failures(tmp_path: Path) -> None:
    section = {"carddav": [{**SERVER, "every": "30m"}], "files": [{"path": "/tmp/people.vcf"}]}
    jobs = HookRunner(Contacts, tmp_path, section).jobs()
    assert {name: job.every.total_seconds() for name, job in jobs.items()} == {
        "address book family": 1800, "address book people.vcf": 60,
    }  # fmt: skip
    assert not any(job.speaks for job in jobs.values())
