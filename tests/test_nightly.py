"""At night the house lets go of what was kept long enough, and backs itself up."""

import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callguard import Job
from callguard.access import Access, Role
from callguard.ambient import SystemRandomness
from callguard.backup import backups
from callguard.backup.manifest import PSEUDONYMS
from callguard.blueprint import Surroundings, draw
from callguard.nightly import nightly_jobs, pseudonym_secret
from callguard.place import Place
from callguard.store import Store
from callguard.testing import A_STRANGER, NOON, FakeClock, FakeRandomness, a_call, a_record

DAY = timedelta(days=1)


class Night:
    """A house with a call log, on a clock that the test moves."""

    def __init__(self, place: Place, store: Store, clock: FakeClock) -> None:
        self.place, self.store, self.clock = place, store, clock

    def jobs(self, wishes: str = "") -> dict[str, Job]:
        assert self.place.config
        self.place.config.write_text(f"timezone: America/Denver\n{wishes}\n")
        around = Surroundings(clock=self.clock, randomness=FakeRandomness(), environment={})
        return {job.name: job for _, job in nightly_jobs(draw(self.place, around), self.store, around)}

    async def let_go(self, wishes: str = "") -> None:
        await self.jobs(wishes)["let go of what was kept long enough"].run()

    async def back_up(self, wishes: str = "") -> list[str]:
        await self.jobs(wishes)["nightly backup"].run()
        return [kept.path.name for kept in backups(self.place.data_dir / "backups")]


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    place = Place(data_dir=tmp_path / "data", config=tmp_path / "config.yaml")
    clock = FakeClock()
    with closing(Store.open(place.database, now=NOON, clock=clock.now).store) as store:
        yield Night(place, store, clock)


@pytest.mark.parametrize(
    ("wishes", "left", "past"),
    [
        pytest.param("retention: {calls: 30d}", 1, 1, id="pseudonymised"),
        pytest.param("retention: {calls: 30d, after: delete}", 1, 0, id="deleted"),
        pytest.param("retention: {calls: forever}", 2, 0, id="for ever"),
        pytest.param("", 2, 0, id="not old enough"),
    ],
)
async def test_calls_go_when_they_were_kept_as_long_as_wished(
    night: Night, wishes: str, left: int, past: int
) -> None:
    for number, age in enumerate((40, 20)):
        await night.store.append(a_record(a_call(id=f"call-{number}", received_at=NOON - age * DAY)))
    await night.let_go(wishes)
    assert night.store.counts().total >= left
    assert len(night.store.newest(10).records) == left
    if past:
        assert night.store.past(A_STRANGER, pseudonym_secret(night.place.data_dir)) == past


async def test_changes_and_sign_ins_go_too(night: Night) -> None:
    await night.store.set_setting("policy.profile", "strict", by="Ana", now=NOON - 800 * DAY)
    await night.store.set_setting("policy.profile", "normal", by="Ana", now=NOON)
    with closing(Access.open(night.place.access, SystemRandomness())) as access:
        access.add_person("Ana", Role.ADMIN, "hash", NOON - 100 * DAY)
        access.add_person("Bob", Role.VIEWER, "hash", NOON - DAY)
        await night.let_go()
        assert [change.subject for change in night.store.changes()] == ['policy.profile = "normal"']
        assert [entry.name for entry in access.sign_ins(10)] == ["Bob"]


async def test_a_house_without_a_console_needs_no_people(night: Night) -> None:
    await night.let_go()
    assert not night.place.access.exists()


def test_the_secret_of_pseudonyms_is_made_once_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    secret = pseudonym_secret(tmp_path)
    assert len(secret) == 32
    assert pseudonym_secret(tmp_path) == secret
    assert [path.name for path in tmp_path.iterdir()] == [PSEUDONYMS]
    assert stat.S_IMODE((tmp_path / PSEUDONYMS).stat().st_mode) == 0o600


async def test_a_backup_is_made_at_night_and_by_day_only_if_the_last_one_is_too_old(night: Night) -> None:
    night.clock.set_time_of_day(datetime(2026, 1, 3, 10, 5, tzinfo=UTC))  # 03:05 in Denver
    assert await night.back_up() == ["callguard-2026-01-03T030500.zip"]
    night.clock.set_time_of_day(datetime(2026, 1, 3, 20, 0, tzinfo=UTC))
    assert len(await night.back_up()) == 1, "this night's was made"
    night.clock.set_time_of_day(datetime(2026, 1, 4, 10, 1, tzinfo=UTC))
    assert len(await night.back_up()) == 2, "not a day has passed, but it is night again"
    night.clock.set_time_of_day(datetime(2026, 1, 6, 20, 0, tzinfo=UTC))
    assert (await night.back_up())[0] == "callguard-2026-01-06T130000.zip"


async def test_a_night_without_the_wished_hour_has_its_backup_too(night: Night) -> None:
    night.clock.set_time_of_day(datetime(2026, 3, 7, 9, 8, tzinfo=UTC))  # 02:08 in Denver
    assert len(await night.back_up("backup: {hour: 2}")) == 1
    night.clock.set_time_of_day(datetime(2026, 3, 8, 9, 1, tzinfo=UTC))  # 03:01: there is no 02:01
    assert len(await night.back_up("backup: {hour: 2}")) == 2


async def test_old_backups_go_when_a_new_one_is_made(night: Night) -> None:
    kept = []
    for day in range(1, 6):
        night.clock.set_time_of_day(datetime(2026, 1, day, 10, 0, tzinfo=UTC))
        kept.append(len(await night.back_up("backup: {days: 2, weeks: 0}")))
    assert kept == [1, 2, 2, 2, 2]


def test_who_wants_no_backup_gets_none(night: Night) -> None:
    assert "nightly backup" not in night.jobs("backup: {nightly: no}")


@pytest.mark.parametrize(
    ("now", "due"),
    [
        pytest.param("2026-01-02T12:00+00:00", "2026-01-03T10:00+00:00", id="tomorrow"),
        pytest.param("2026-01-02T09:59+00:00", "2026-01-02T10:00+00:00", id="in a minute"),
        pytest.param("2026-01-02T10:00+00:00", "2026-01-03T10:00+00:00", id="just now"),
        pytest.param("2026-03-07T20:00+00:00", "2026-03-08T09:00+00:00", id="the clock goes forward"),
        pytest.param("2026-10-31T20:00+00:00", "2026-11-01T10:00+00:00", id="the clock goes back"),
    ],
)
def test_the_night_is_the_households(night: Night, now: str, due: str) -> None:
    job = night.jobs()["nightly backup"]
    assert job.due is not None
    assert job.due(datetime.fromisoformat(now)) == datetime.fromisoformat(due)
