"""Packs: the same bytes for the same records, a line for what is damaged, and files of their own before them."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import in_process, one_line, record
from hypothesis import example, given
from hypothesis import strategies as st

from bench.records.packs import lines_in, pack_name, packed, packs_of, text_of
from bench.records.store import (
    Record,
    contents_of,
    pack_records,
    read_one,
    read_records,
    record_name,
    write_record,
)
from bench.spec.errors import WorkError

SAMPLES = [{"length": 3, "first": 0, "given": ["a", "b"], "truth": ["a"], "written": ["b"]}]
TRACES = [{"length": 3, "source": ["a"], "written": ["a"], "series": {"place": [0.5, 1.0]}}]
LABELS = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("a-_.,=() /\\:|\x00é")), max_size=200)
CELLS = st.tuples(LABELS, st.integers(0, 10**12))


def made(model: str = "gru", seed: int = 0, **changes: object) -> Record:
    return record({3: 80, 4: 40}, model=model, seed=seed) | {"samples": SAMPLES, "traces": TRACES} | changes


def written(folder: Path, *records: Record) -> Path:
    for each in records:
        write_record(folder, each)
    return folder


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """A folder of packs: two models, two seeds."""
    run = written(tmp_path / "run", *(made(model, seed) for seed in (0, 1) for model in ("gru", "elman")))
    pack_records(run, tmp_path / "records")
    return tmp_path / "records"


def named(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_pack_is_a_line_a_record_in_order_of_column(packs: Path) -> None:
    assert sorted(named(packs)) == ["copy--seed0.jsonl.gz", "copy--seed1.jsonl.gz"]
    lines = gzip.decompress((packs / "copy--seed0.jsonl.gz").read_bytes()).decode().splitlines()
    assert [json.loads(line)["model"] for line in lines] == ["elman", "gru"]
    for line in lines:
        assert line == json.dumps(json.loads(line), sort_keys=True, separators=(",", ":"))


def test_no_time_and_no_name_is_in_a_packs_head_and_its_bytes_are_the_same_again(packs: Path, tmp_path: Path) -> None:
    before = named(packs)
    assert {content[:10] for content in before.values()} == {b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"}
    pack_records(tmp_path / "run", tmp_path / "again")
    assert named(tmp_path / "again") == before


def test_a_pack_whose_records_did_not_change_keeps_its_bytes_whatever_packed_it(packs: Path, tmp_path: Path) -> None:
    pack, other = sorted(packs.iterdir())
    pack.write_bytes(gzip.compress(gzip.decompress(pack.read_bytes()), 1))  # as another zlib might
    before = named(packs)
    written(tmp_path / "run", made("gru", 1, steps=7))
    pack_records(tmp_path / "run", packs)
    assert named(packs)[pack.name] == before[pack.name]
    assert named(packs)[other.name] != before[other.name]
    pack_records(packs, packs)
    assert named(packs)[pack.name] == before[pack.name]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_what_is_read_is_what_was_packed_but_for_what_later_seeds_show(packs: Path, tmp_path: Path) -> None:
    (records, problems), (wanted, _) = read_records(packs), read_records(tmp_path / "run")
    assert problems == []
    assert records == [each | ({"samples": [], "traces": []} if each["seed"] else {}) for each in wanted]


def test_the_first_seed_that_has_something_to_look_at_keeps_it(tmp_path: Path) -> None:
    shown = (made(seed=3) | {"traces": []}, made(seed=5), made("elman", seed=5), made(seed=10))
    pack_records(written(tmp_path / "run", *shown), tmp_path / "records")
    found = {
        (each["model"], each["seed"]): (bool(each["samples"]), bool(each["traces"]))
        for each in read_records(tmp_path / "records")[0]
    }
    assert found == {
        ("gru", 3): (True, False),
        ("gru", 5): (False, True),
        ("elman", 5): (True, True),
        ("gru", 10): (False, False),
    }


def test_what_the_schema_does_not_know_is_packed_too(tmp_path: Path) -> None:
    path = write_record(tmp_path / "run", made())
    path.write_text(json.dumps(json.loads(path.read_text()) | {"mine": {"b": 1, "a": "é"}}))
    pack_records(tmp_path / "run", tmp_path / "records")
    (line,) = lines_in(tmp_path / "records" / "copy--seed0.jsonl.gz")
    assert json.loads(line)["mine"] == {"a": "é", "b": 1}


@given(CELLS)
@example(("../../etc/passwd", 0))
@example(("x" * 300, 0))
def test_names_of_packs_are_safe_file_names(cell: tuple[str, int]) -> None:
    name = pack_name(*cell)
    assert name.isascii()
    assert name.endswith(".jsonl.gz")
    assert len(name) <= 140
    assert Path(name).name == name
    assert not name.startswith(".")


@given(CELLS, CELLS)
@example(("copy", 1), ("copy", 11))
@example(("Copy", 0), ("copy", 0))
@example(("copy(stop=a b)", 0), ("copy(stop=a_b)", 0))
@example(("copy--seed0", 1), ("copy", 0))
def test_packs_of_different_rows_and_seeds_have_different_names(one: tuple[str, int], other: tuple[str, int]) -> None:
    assert (pack_name(*one).casefold() == pack_name(*other).casefold()) == (one == other)


def test_a_file_of_its_own_counts_before_a_packed_record_without_a_word(packs: Path) -> None:
    write_record(packs, made(steps=7))
    found, problems = read_records(packs)
    assert problems == []
    assert [each["steps"] for each in found if (each["model"], each["seed"]) == ("gru", 0)] == [7]
    assert len(found) == 4
    assert read_one(packs, "copy", "gru", 0)["steps"] == 7
    assert read_one(packs, "copy", "gru", 1)["steps"] == 1000
    with pytest.raises(ValueError, match="No such file"):
        read_one(packs, "copy", "lstm", 0)


def test_a_damaged_file_hides_no_packed_record(packs: Path) -> None:
    (packs / record_name("copy", "gru", 0)).write_text("{")
    found, problems = read_records(packs)
    assert len(found) == 4
    assert problems == ["copy--gru--seed0.json is not whole JSON: left alone"]
    assert read_one(packs, "copy", "gru", 0)["steps"] == 1000


def test_two_packs_with_the_same_record_are_told_and_the_one_of_that_name_counts(packs: Path) -> None:
    text = packs_of({("copy", "gru", 0): json.dumps(made(steps=7)).encode()})["copy--seed0.jsonl.gz"]
    (packs / "a.jsonl.gz").write_bytes(packed(text + text, packs / "none"))
    write_record(packs, made(steps=9))
    found, problems = read_records(packs)
    assert problems == [
        f"a.jsonl.gz line {number} repeats copy--seed0.jsonl.gz line 2: left alone" for number in (1, 2)
    ]
    assert [each["steps"] for each in found] == [1000, 1000, 9, 1000]
    assert contents_of(packs).packed["copy", "gru", 0].record["steps"] == 1000


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def bent(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)


def tailed(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


def no_gzip(path: Path) -> None:
    path.write_bytes(b"{}\n")


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def empty(path: Path) -> None:
    path.write_bytes(gzip.compress(b""))


def bomb(path: Path) -> None:
    path.write_bytes(gzip.compress(bytes(2_000_000)))


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


UNREADABLE: dict[Callable[[Path], None], str] = {
    cut: "is no whole gzip file",
    bent: "is no whole gzip file",
    tailed: "is no whole gzip file",
    no_gzip: "is no whole gzip file",
    nothing: "is no whole gzip file",
    empty: "line 1 is not whole JSON",
    bomb: "cannot be read: unpacks to more than 1000000 bytes",
    folder: "cannot be read: no regular file",
    pipe: "cannot be read: no regular file",
}


@pytest.mark.parametrize("damage", UNREADABLE, ids=lambda damage: damage.__name__)
def test_a_damaged_pack_is_one_line_and_the_other_packs_stand(
    damage: Callable[[Path], None], packs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.records.files.LARGEST_FILE", 1_000_000)
    damage(packs / "copy--seed0.jsonl.gz")
    found, problems = read_records(packs)
    assert problems == [f"copy--seed0.jsonl.gz {UNREADABLE[damage]}: left alone"]
    assert [each["seed"] for each in found] == [1, 1]
    with pytest.raises(WorkError, match=r"copy--seed0\.jsonl\.gz"):
        pack_records(packs, packs)
    assert len(list(packs.iterdir())) == 2


BAD: dict[str, tuple[tuple[bytes, ...], str]] = {
    "no JSON": ((b"{",), "is not whole JSON"),
    "another schema": ((b'{"schema": 1}',), "is not a record of schema 3, or 2"),
    "a blank line": ((b"",), "is not whole JSON"),
    "no text": ((b"\xff\xfe",), "is not whole JSON"),
    "a field that is none": ((json.dumps(made(steps=-1)).encode(),), "has no valid steps"),
    "a key twice": ((json.dumps(made()).encode().replace(b'"steps":', b'"steps": 1, "steps":', 1),), "is not whole"),
    "several": ((b"{", b"[]", b"7"), "is not whole JSON (and 2 more lines)"),
}


@pytest.mark.parametrize("damage", BAD)
def test_a_bad_line_is_named_by_its_number_and_the_others_stand(damage: str, packs: Path) -> None:
    lines, said = BAD[damage]
    pack = packs / "copy--seed0.jsonl.gz"
    pack.write_bytes(gzip.compress(text_of([*lines, *lines_in(pack)])))
    found, problems = read_records(packs)
    assert len(found) == 4
    (problem,) = problems
    assert problem.startswith(f"copy--seed0.jsonl.gz line 1 {said}")
    assert problem.endswith(": left alone")


def test_a_run_with_a_damaged_pack_is_not_promoted_and_its_tables_name_it(
    packs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut(packs / "copy--seed1.jsonl.gz")
    one_line(in_process(capsys, "promote", packs.parent), "copy--seed1.jsonl.gz is no whole gzip file")
    outcome = in_process(capsys, "tables", "--out", packs.parent)
    assert outcome.code == 0
    assert "note: copy--seed1.jsonl.gz is no whole gzip file: left alone" in outcome.out
