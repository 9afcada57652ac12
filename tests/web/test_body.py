"""A body is unpacked in small portions, and is complete or not there."""

import asyncio
import gzip
import os
import threading
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callguard.model.web import FetchError
from callguard.web.body import PackingError, PartFile, Unpacker

FUZZED = settings(max_examples=min(1000, int(os.environ.get("CALLGUARD_FUZZ") or 100)))

PACKED = st.sampled_from(["gzip", "x-gzip", "deflate", "bare", "identity", ""])
PORTION = 65536


def pack(text: bytes, how: str) -> bytes:
    wbits = {"gzip": 31, "x-gzip": 31, "deflate": 15, "bare": -15}.get(how)
    return text if wbits is None else zlib.compress(text, wbits=wbits)


def unpacked(packed: bytes, encoding: str, size: int = PORTION) -> bytes:
    unpacker = Unpacker(encoding)
    portions = [p for start in range(0, len(packed), size) for p in unpacker.unpack(packed[start : start + size])]
    unpacker.finish()
    assert all(len(portion) <= PORTION for portion in portions)
    return b"".join(portions)


@FUZZED
@given(st.binary(max_size=500), st.integers(1, 1000), PACKED, st.integers(1, 4000))
def test_a_packed_body_comes_out_as_it_went_in(part: bytes, times: int, how: str, size: int) -> None:
    text = part * times
    assert unpacked(pack(text, how), "deflate" if how == "bare" else how, size) == text


@FUZZED
@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate"]), st.integers(1, 100))
def test_any_bytes_are_unpacked_or_refused(junk: bytes, encoding: str, size: int) -> None:
    with suppress(PackingError):
        unpacked(junk, encoding, size)


@pytest.mark.parametrize("how", ["gzip", "deflate"])
@FUZZED
@given(data=st.data())
def test_a_missing_end_is_noticed(how: str, data: st.DataObject) -> None:
    whole = pack(b"2025550123\n" * 300, how)
    cut = data.draw(st.integers(1, len(whole) - 1))
    with pytest.raises(PackingError, match="its end is missing"):
        unpacked(whole[:cut], how)


@pytest.mark.parametrize("how", ["gzip", "deflate", "bare"])
@pytest.mark.parametrize("size", [PORTION - 1, PORTION, PORTION + 1, 3 * PORTION])
def test_a_body_as_long_as_a_portion_is_no_shorter(how: str, size: int) -> None:
    assert len(unpacked(pack(b"a" * size, how), "deflate" if how == "bare" else how)) == size


@pytest.mark.parametrize(
    ("body", "out"),
    [
        pytest.param(gzip.compress(b"a") + gzip.compress(b"b"), b"ab", id="two parts"),
        pytest.param(gzip.compress(b"a") + b"\0" * 512, b"a", id="padding"),
        pytest.param(b"", b"", id="nothing"),
    ],
)
def test_gzip_as_tools_write_it_is_read(body: bytes, out: bytes) -> None:
    assert unpacked(body, "gzip") == out
    assert unpacked(body, "gzip", size=1) == out


def test_what_follows_deflate_is_left_out() -> None:
    assert unpacked(zlib.compress(b"a") + b"junk", "deflate") == b"a"


def test_a_body_in_very_many_parts_is_refused() -> None:
    with pytest.raises(PackingError, match="more than 100 parts"):
        unpacked(gzip.compress(b"") * 101, "gzip")


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "\x1b[2J" * 50])
def test_a_packing_nobody_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(PackingError, match="nobody asked for") as refused:
        Unpacker(encoding)
    assert len(str(refused.value)) < 100
    assert str(refused.value).isprintable()


async def test_a_file_is_complete_or_not_there(tmp_path: Path) -> None:
    to = tmp_path / "deep" / "list.csv"
    with PartFile(to) as sink:
        await sink.write(b"half")
        assert not to.exists()
    assert not list(to.parent.iterdir())
    with PartFile(to) as sink:
        await sink.write(b"wh")
        await sink.write(b"ole")
        assert await sink.finish() == b""
    assert to.read_bytes() == b"whole"
    assert [path.name for path in to.parent.iterdir()] == ["list.csv"]


async def test_the_good_copy_stays_until_the_new_one_is_complete(tmp_path: Path) -> None:
    to = tmp_path / "list.csv"
    to.write_bytes(b"good")
    with PartFile(to) as sink:
        await sink.write(b"bad")
    assert to.read_bytes() == b"good"


async def test_what_a_power_cut_left_does_not_get_into_the_file(tmp_path: Path) -> None:
    (tmp_path / ".list.csv.part").write_bytes(b"a longer rest of long ago")
    with PartFile(tmp_path / "list.csv") as sink:
        await sink.write(b"new")
        await sink.finish()
    assert (tmp_path / "list.csv").read_bytes() == b"new"


def test_two_fetches_do_not_write_one_file(tmp_path: Path) -> None:
    with PartFile(tmp_path / "list.csv"):
        with pytest.raises(FetchError, match="being fetched already"), PartFile(tmp_path / "list.csv"):
            pass
        assert (tmp_path / ".list.csv.part").exists()
    with PartFile(tmp_path / "list.csv"):
        pass


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"mine")
    (tmp_path / ".list.csv.part").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic links"), PartFile(tmp_path / "list.csv"):
        pass
    assert (tmp_path / "precious").read_bytes() == b"mine"


async def test_being_cancelled_waits_for_the_disk_before_the_file_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    with PartFile(tmp_path / "list.csv") as sink:
        write = sink._write

        def slow(portion: bytes) -> None:
            begun.set()
            assert go_on.wait(10)
            write(portion)

        monkeypatch.setattr(sink, "_write", slow)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(sink.write(b"a"))
            await asyncio.to_thread(begun.wait, 10)
            task.cancel()
            await asyncio.sleep(0)
            assert not task.done()
            go_on.set()
        assert task.cancelled()
    assert os.listdir(tmp_path) == []
