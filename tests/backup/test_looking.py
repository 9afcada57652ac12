"""A backup is believed only if it is whole, unchanged, and holds nothing that does not belong there."""

import hashlib
import io
import json
import os
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callguard.backup import BackupError, Made, NotABackupError, compare, look, stage
from callguard.backup.manifest import is_name, read_manifest
from callguard.place import Place

Contents = dict[str, bytes]


def contents(path: Path) -> Contents:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, contents: Contents, **manifest: Any) -> Path:
    """Pack *contents* again, the manifest changed as said."""
    facts = {**json.loads(contents["manifest.json"]), **manifest}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            archive.writestr(name, json.dumps(facts) if name == "manifest.json" else data)
    return path


def changed(change: Callable[[Contents], object]) -> Callable[[Path, Contents], Path]:
    def build(path: Path, files: Contents) -> Path:
        change(files)
        return packed(path, files)

    return build


def described(name: str, data: bytes) -> Callable[[Path, Contents], Path]:
    """Add a file that the manifest knows."""

    def build(path: Path, files: Contents) -> Path:
        described = json.loads(files["manifest.json"])["files"]
        entry = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        return packed(path, {**files, name: data}, files={**described, name: entry})

    return build


def twice(path: Path, files: Contents) -> Path:
    packed(path, files)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("callguard.db", b"another")
    return path


BAD: list[Any] = [
    pytest.param(lambda p, f: packed(p, f, format=2), "another version of CallGuard", id="format"),
    pytest.param(lambda p, f: packed(p, f, schema=999), "newer CallGuard .1.0.: update", id="newer"),
    pytest.param(lambda p, f: packed(p, f, files=[]), "manifest cannot be understood", id="no files"),
    pytest.param(lambda p, f: packed(p, f, made_at="soon"), "manifest cannot be understood", id="no time"),
    pytest.param(lambda p, f: packed(p, f, made_at="2026-11-23"), "manifest cannot", id="no zone"),
    pytest.param(lambda p, f: packed(p, f, files={}), "does not hold what its manifest says", id="undescribed"),
    pytest.param(changed(lambda f: f.update({"callguard.db": f["callguard.db"][:-1] + b"?"})), "not what", id="byte"),
    pytest.param(changed(lambda f: f.update({"callguard.db": b""})), "does not hold", id="size"),
    pytest.param(changed(lambda f: f.pop("access.db")), "does not hold", id="missing"),
    pytest.param(changed(lambda f: f.update({"more": b""})), "does not hold", id="more"),
    pytest.param(described("../../etc/passwd", b"x"), "manifest cannot", id="slip"),
    pytest.param(described("/etc/passwd", b"x"), "manifest cannot", id="absolute"),
    pytest.param(described("plugins/x/../../y", b"x"), "manifest cannot", id="dots"),
    pytest.param(described("plugins/x\\y/z", b"x"), "manifest cannot", id="backslash"),
    pytest.param(described("plugins/x/.hidden", b"x"), "manifest cannot", id="hidden"),
    pytest.param(described("plugins/x/huge", bytes(300 << 20)), "far too large", id="bomb"),
    pytest.param(twice, "not made by CallGuard", id="twice"),
    pytest.param(lambda p, f: (p.write_bytes(b""), p)[1], "damaged or cut short", id="empty"),
    pytest.param(lambda p, f: (p.write_bytes(b"PK\3\4" * 999), p)[1], "damaged or cut short", id="no zip"),
    pytest.param(lambda p, f: p, "cannot be read", id="no file"),
]


@pytest.mark.parametrize(("build", "says"), BAD)
def test_what_is_no_backup_is_refused_and_nothing_is_touched(
    place: Place, made: Made, tmp_path: Path, build: Callable[[Path, Contents], Path], says: str
) -> None:
    path = build(tmp_path / "bad.zip", contents(made.path))
    before = everything(place.data_dir)
    for work in (look, lambda path: stage(path, place), lambda path: compare(path, place)):
        with pytest.raises(NotABackupError, match=says):
            work(path)
    assert everything(place.data_dir) == before


def everything(folder: Path) -> set[str]:
    # beside the database in use, SQLite keeps files that come and go
    return {str(path) for path in folder.rglob("*") if not path.name.endswith(("-wal", "-shm"))}


@pytest.mark.parametrize("part", range(12))
def test_a_backup_that_was_cut_short_is_refused(made: Made, tmp_path: Path, part: int) -> None:
    path = tmp_path / "cut.zip"
    path.write_bytes(made.path.read_bytes()[: made.size * part // 12])
    with pytest.raises(NotABackupError, match="damaged or cut short"):
        look(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_a_backup_with_other_bytes_is_refused_or_still_the_same(made: Made, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(made.path.read_bytes())
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path = tmp_path / "flipped.zip"
    path.write_bytes(data)
    with suppress(NotABackupError):
        assert look(path).files == made.manifest.files


@given(st.binary(max_size=300) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_any_manifest_is_understood_or_refused(text: bytes | str) -> None:
    with pytest.raises(NotABackupError):
        read_manifest(text.encode() if isinstance(text, str) else text)


@given(st.text())
def test_no_name_leads_out_of_the_data_folder(name: str) -> None:
    for odd in (name, f"plugins/{name}", f"plugins/x/{name}"):
        if is_name(odd):
            assert ".." not in Path(odd).parts
            assert os.path.normpath(odd) == odd


def test_a_database_that_only_claims_to_be_one_is_not_put_in_place(place: Place, made: Made, tmp_path: Path) -> None:
    files = contents(made.path)
    data = b"SQLite format 3\0" + random.Random(1).randbytes(20_000)
    described = json.loads(files["manifest.json"])["files"]
    described["callguard.db"] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    path = packed(tmp_path / "odd.zip", {**files, "callguard.db": data}, files=described)
    before = everything(place.data_dir)
    for work in (lambda: stage(path, place), lambda: compare(path, place)):
        with pytest.raises(NotABackupError, match=r"callguard\.db in the backup is damaged"):
            work()
    assert everything(place.data_dir) == before


def test_without_room_nothing_is_unpacked(place: Place, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 1000

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)
    before = everything(place.data_dir)
    with pytest.raises(BackupError, match="has no room"):
        stage(made.path, place)
    assert everything(place.data_dir) == before


def test_a_zip_that_is_read_from_memory_is_the_same(made: Made, now: datetime) -> None:
    with zipfile.ZipFile(io.BytesIO(made.path.read_bytes())) as archive:
        assert archive.testzip() is None
        assert {info.date_time for info in archive.infolist()} == {(2026, 11, 23, 3, 0, 0)}
