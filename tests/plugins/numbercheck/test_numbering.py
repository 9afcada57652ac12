import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard import Severity
from callguard.testing import NOON, FakeClock, a_call
from callguard_numbercheck.numbering import Reading, Table, compile_table, origin_of, unassigned
from callguard_numbercheck.plugin import NumberCheck

EXAMPLES = min(2000, int(os.environ.get("CALLGUARD_FUZZ", "200")))
Build = Callable[..., NumberCheck]
AS_OF = "2025-12-01"


def codes(*areas: int, below: int = 900) -> list[str]:
    return [f"{area}{exchange}" for area in areas for exchange in range(200, below)]


def made(tmp_path: Path, text: str, as_of: str = AS_OF) -> Table:
    source, target = tmp_path / "table.txt", tmp_path / "made" / "exchanges.table"
    source.write_text(text)
    compile_table({"file": str(source), "table": str(target), "as_of": as_of})
    table = Table.load(target)
    assert table is not None
    return table


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return made(tmp_path, "\n".join(codes(303, 212)))


NUMBERS = {
    "assigned": ("+13034440164", None),
    "unassigned": ("+13039440164", "unassigned-number"),
    "in an area code the table has not": ("+17209440164", None),
    "toll-free": ("+18009440164", None),
    "exchange 555": ("+13035550164", None),
    "of an impossible shape": ("+13031440164", None),
    "British": ("+442079460958", None),
}


@pytest.mark.parametrize(("number", "code"), NUMBERS.values(), ids=NUMBERS.keys())
def test_a_number_nobody_was_given_is_told_by_a_fresh_table(number: str, code: str | None, table: Table) -> None:
    evidence = unassigned(number, table, NOON)
    assert (evidence.code if evidence else None) == code
    assert evidence is None or (evidence.weight, evidence.proof, evidence.version) == (40, False, AS_OF)


@pytest.mark.parametrize(
    ("days", "code"), [(0, "unassigned-number"), (89, "unassigned-number"), (90, "numbering-table-stale")]
)
def test_a_table_is_believed_for_ninety_days(days: int, code: str, table: Table) -> None:
    now = datetime(2025, 12, 1, 12, tzinfo=UTC) + timedelta(days=days)
    evidence = unassigned("+13039440164", table, now)
    assert evidence is not None
    assert evidence.code == code
    assert evidence.weight == (40 if code == "unassigned-number" else 0)


LINES = {
    "digits": ("303200", (303, 200, True)),
    "with a hyphen": ("303-200", (303, 200, True)),
    "NANPA's report, assigned": ("CO \t303-200\t9630\tA CARRIER\tDENVER\t\tAS\t01/01/1997\t\tN\t", (303, 200, True)),
    "NANPA's report, unassignable": ("CO \t303-211\t\t\t\t\tUA\t\t\t\t", (303, 211, True)),
    "NANPA's report, vacant": ("CO \t303-201\t\t\t\t\tVC\t\t\t\t", (303, 201, False)),
    "the state is no use": ("PR \t787-200\t9630\tA CARRIER\tSAN JUAN\t\tAS\t", (787, 200, True)),
    "two columns": ('"604","200","In Service","VANCOUVER"', (604, 200, True)),
    "two columns, available": ("604,201,AV", (604, 201, False)),
}


@pytest.mark.parametrize(("line", "expected"), LINES.values(), ids=LINES.keys())
def test_tables_of_several_makes_are_read(line: str, expected: tuple[int, int, bool]) -> None:
    reading = Reading()
    reading.read([line])
    area, exchange, used = expected
    table = Table(bits=bytes(reading.bits), as_of=date(2026, 1, 1), origin="")
    assert table.has(area, exchange) is used
    assert (reading.codes, reading.rejected) == (int(used), 0)


REFUSED = {
    "a web page": "<html>\n" * 2000,
    "too few": "\n".join(codes(303, below=300)),
    "nothing": "",
    "numbers of people": "\n".join(f"+1303555{n:04}" for n in range(2000)),
    "one endless line": "303200," * 1_000_000,
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_table_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text(text)
    with pytest.raises(ValueError, match=r"^x "):
        compile_table({"file": str(tmp_path / "x"), "table": str(tmp_path / "t"), "as_of": ""})
    assert not (tmp_path / "t").exists()


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        compile_table({"file": str(tmp_path / "x"), "table": str(tmp_path / "t"), "as_of": ""})


def test_a_table_tells_its_own_date(tmp_path: Path) -> None:
    assert made(tmp_path, "File Date,10/04/2018\n" + "\n".join(codes(303, 212)), "").as_of == date(2018, 10, 4)


def test_a_table_without_a_date_is_as_old_as_its_file(tmp_path: Path) -> None:
    assert abs(made(tmp_path, "\n".join(codes(303, 212)), "").as_of - datetime.now(UTC).date()) <= timedelta(days=1)


BROKEN = {
    "empty": b"",
    "no head": b"\0" * 80_000,
    "cut off": b'{"as_of": "2026-01-01", "origin": ""}\n\0\0',
    "odd": b"[]\n",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
def test_a_made_table_that_is_not_whole_is_none(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(data)
    assert Table.load(tmp_path / "t") is None


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=60), st.from_regex(r"[0-9]{3}[-,\t]?[0-9]{3}.{0,20}")), max_size=20))
def test_no_line_breaks_the_reading(lines: list[str]) -> None:
    reading = Reading()
    reading.read(lines)
    assert reading.codes + reading.rejected <= len(lines)
    assert len(reading.bits) == 80_000


# -- in the house ------------------------------------------------------------------------------------------------


async def renew(plugin: NumberCheck) -> None:
    (job,) = plugin.periodic_jobs()
    await job.run()


async def test_the_file_is_read_by_the_job_and_again_when_it_changes(build: Build, tmp_path: Path) -> None:
    source = tmp_path / "table.txt"
    source.write_text("\n".join(codes(303, 212)))
    plugin = build(nanpa={"file": str(source), "as_of": AS_OF})
    call = a_call("+13039440164")
    assert plugin.check_call(call) is None
    await renew(plugin)
    assert [e.code for e in plugin.check_call(call) or ()] == ["unassigned-number"]
    source.write_text("\n".join(codes(303, 212, below=950)))
    await renew(plugin)
    assert plugin.check_call(call) is None
    assert plugin.health() == []


async def test_the_table_is_there_again_after_a_restart(build: Build, tmp_path: Path) -> None:
    source = tmp_path / "table.txt"
    source.write_text("\n".join(codes(303, 212)))
    await renew(build(nanpa={"file": str(source), "as_of": AS_OF}))
    again = build(nanpa={"file": str(source), "as_of": AS_OF})
    assert [e.code for e in again.check_call(a_call("+13039440164")) or ()] == ["unassigned-number"]


async def test_a_file_that_is_refused_keeps_the_last_good_table_and_is_told(build: Build, tmp_path: Path) -> None:
    source = tmp_path / "table.txt"
    source.write_text("\n".join(codes(303, 212)))
    plugin = build(nanpa={"file": str(source), "as_of": AS_OF})
    await renew(plugin)
    source.write_text("<html>503</html>")
    await renew(plugin)
    assert [e.code for e in plugin.check_call(a_call("+13039440164")) or ()] == ["unassigned-number"]
    (problem,) = plugin.health()
    assert (problem.code, problem.severity) == ("numbering-table-refused", Severity.PROBLEM)
    source.write_text("\n".join(codes(303, 212)))
    await renew(plugin)
    assert plugin.health() == []


async def test_a_stale_table_is_told_but_not_believed(build: Build, tmp_path: Path, clock: FakeClock) -> None:
    source = tmp_path / "table.txt"
    source.write_text("\n".join(codes(303, 212)))
    plugin = build(nanpa={"file": str(source), "as_of": "2025-06-01"})
    await renew(plugin)
    assert [e.code for e in plugin.check_call(a_call("+13039440164")) or ()] == ["numbering-table-stale"]
    (problem,) = plugin.health()
    assert (problem.code, problem.severity) == ("numbering-table-stale", Severity.NOTE)
    assert "215 days old" in problem.what


async def test_a_missing_file_is_told(build: Build) -> None:
    plugin = build(nanpa={"file": "nowhere.txt"})
    await renew(plugin)
    (problem,) = plugin.health()
    assert problem.code == "numbering-table-refused"
    assert "nowhere.txt" in problem.what


def test_the_real_table_is_read_whole(tmp_path: Path) -> None:
    shared = Path(os.environ.get("CALLGUARD_SHARED", Path(__file__).parents[3].parent / "shared"))
    source = shared / "data" / "nanpa" / "npa_nxx_assigned_2022-10.txt"
    if not source.exists():
        pytest.skip(f"{source} is not here")
    target = tmp_path / "t"
    said = compile_table({"file": str(source), "table": str(target), "as_of": "2022-10-01"})
    assert said == {"codes": 215_036, "areas": 396, "as_of": "2022-10-01"}
    table = Table.load(target)
    assert table is not None
    assert table.origin == origin_of(source)
    assert all(table.has(int(code[:3]), int(code[3:])) for code in source.read_text().split()[::97])
    assert target.stat().st_size < 81_000
