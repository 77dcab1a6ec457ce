"""Files of every kind are read, in order, and what cannot be read ends nothing."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from adapter.history.ledger import Stands
from lfd.failure import Failure
from lfd.load.batches import Batch, Batches
from lfd.load.files import found, total_bytes
from tests.lfd.load.command import CSV, admission

ONE, TWO, THREE = (admission(number) for number in (1, 2, 3))
ROW = "RT1,A1,2024-03-01,2024-03-02\n"


def framed(*messages: bytes) -> bytes:
    return b"".join(b"\x0b" + message + b"\x1c\r" for message in messages)


def batch_file(*messages: bytes) -> bytes:
    return b"FHS|^~\\&\rBHS|^~\\&\r" + b"".join(messages) + b"BTS|2\rFTS|1\r"


def zipped(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tarred(content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("a.hl7")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def read(*paths: Path, stands: Mapping[str, Stands] | None = None, most: int = 250) -> list[Batch]:
    files = found([str(path) for path in paths])
    asked = stands or {}
    return list(Batches(files, "RT1", lambda file: asked.get(Path(file.name).name, Stands()), most))


def raws(batches: list[Batch]) -> list[bytes]:
    return [piece.raw for batch in batches for part in batch.parts for piece in part.pieces]


def faults(batches: list[Batch]) -> list[str]:
    pieces = [piece for batch in batches for part in batch.parts for piece in part.pieces]
    return [fault.text for piece in pieces for fault in piece.faults]


@pytest.mark.parametrize(
    "content",
    [
        ONE + TWO,
        framed(ONE, TWO),
        batch_file(ONE, TWO),
        gzip.compress(ONE + TWO),
        zipped({"1.hl7": ONE, "deeper/2.hl7": TWO}),
    ],
)
def test_messages_are_found_however_they_are_packed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.dat").write_bytes(content)
    assert raws(read(tmp_path)) == [ONE, TWO]


def test_folders_are_read_by_name_and_hidden_files_not_at_all(tmp_path: Path) -> None:
    for name, content in {"b/1": ONE, "b/c/1": TWO, "a": THREE, "b/.x": ONE, ".d/1": ONE}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert raws(read(tmp_path)) == [THREE, ONE, TWO]


def test_each_message_has_its_place(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(framed(ONE, TWO))
    (batch,) = read(tmp_path)
    places = [piece.place for piece in batch.parts[0].pieces]
    assert places == [1, len(framed(ONE)) + 1]


def test_many_small_files_share_a_batch_and_big_ones_fill_many(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}").write_bytes(admission(number))
    (tmp_path / "6").write_bytes(b"".join(admission(number) for number in range(10, 20)))
    batches = read(tmp_path, most=4)
    assert [batch.messages for batch in batches] == [4, 4, 4, 3]
    finished = [part.file.name for batch in batches for part in batch.parts if part.finished]
    assert [Path(name).name for name in finished] == ["0", "1", "2", "3", "4", "6"]
    assert batches[-1].done_bytes == total_bytes(found([str(tmp_path)]))


def test_what_is_done_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(ONE + TWO + THREE)
    (tmp_path / "b").write_bytes(THREE)
    (batch,) = read(tmp_path, stands={"a": Stands(2), "b": Stands(1, finished=True)})
    (part,) = batch.parts
    assert (part.was, [piece.number for piece in part.pieces], part.finished) == (2, [3], True)


def test_the_same_file_named_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(ONE)
    assert raws(read(tmp_path / "a", tmp_path)) == [ONE]


def test_a_csv_is_known_by_its_name_and_has_a_batch_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "1.hl7").write_bytes(ONE)
    (tmp_path / "2.csv").write_text(CSV + ROW)
    (tmp_path / "3.csv.gz").write_bytes(gzip.compress((CSV + ROW).encode()))
    (tmp_path / "4.zip").write_bytes(zipped({"a.csv": (CSV + ROW).encode()}))
    batches = read(tmp_path)
    assert [batch.are_rows for batch in batches] == [False, True]
    assert [part.file.unit for part in batches[1].parts] == ["line"] * 3
    assert len({piece.raw for part in batches[1].parts for piece in part.pieces}) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no HL7 message"),
        (b"\r\n\r\n", "no HL7 message"),
        (b"%PDF-1.7" + bytes(100_000), "first 64 KiB"),
        (gzip.compress(ONE)[:-12], "damaged"),
        (gzip.compress(os.urandom(200))[:100], "damaged"),
        (zipped({"a": ONE})[:-30], "damaged"),
        (zipped({"a.zip": zipped({"b": ONE})}), "archive within an archive"),
        (tarred(ONE), "unpack it"),
    ],
    ids=range(8),
)
def test_what_cannot_be_read_is_told_and_ends_nothing(
    tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "a").write_bytes(content)
    (tmp_path / "b").write_bytes(THREE)
    batches = read(tmp_path)
    assert [told in fault for fault in faults(batches)] == [True]
    assert raws(batches)[-1] == THREE


def test_a_damaged_member_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    packed = bytearray(zipped({"a": ONE * 50, "b": TWO}))
    packed[60] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(packed)
    batches = read(tmp_path)
    assert any("damaged" in fault for fault in faults(batches))
    assert raws(batches)[-1] == TWO


def test_a_row_or_message_without_an_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"organisation,local_id\n" + b"a," * 5_000_000)
    with gzip.open(tmp_path / "b.gz", "wb", compresslevel=1) as bomb:
        bomb.write(b"MSH|^~\\&|\r")
        for _ in range(270):
            bomb.write(bytes(1 << 20))
    batches = read(tmp_path)
    assert ["the rest is left out" in fault for fault in faults(batches)] == [True, True]


def test_what_is_not_there_is_said_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="no such file"):
        found([str(tmp_path / "nothing")])
