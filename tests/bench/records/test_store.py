"""The store: what is written, under which name, and what a folder of files is read as."""

from __future__ import annotations

import gc
import json
import math
import os
import shutil
import string
from pathlib import Path

import pytest
from harness import in_process, record, records_in, score
from hypothesis import example, given
from hypothesis import strategies as st

from bench.records.store import (
    LARGEST_FILE,
    read_record,
    read_records,
    record_name,
    record_path,
    write_record,
)

WHOLE = record({3: 90, 4: 50}, seed=1)


def planted(folder: Path, name: str, text: str | bytes) -> Path:
    """Write a file beside one whole record; return the records' folder."""
    records = folder / "records"
    write_record(records, record({3: 80, 4: 40}, seed=0))
    (records / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return records


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = write_record(tmp_path, WHOLE)
    assert read_record(path) == json.loads(json.dumps(WHOLE))
    assert read_records(tmp_path) == ([read_record(path)], [])
    assert path.name == record_name("copy", "gru", 1)


def test_writing_again_replaces_the_record(tmp_path: Path) -> None:
    write_record(tmp_path, WHOLE)
    write_record(tmp_path, WHOLE | {"steps": 7})
    assert [made["steps"] for made in read_records(tmp_path)[0]] == [7]
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("crash", [OSError("disk full"), RuntimeError("broken"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["pathlib.Path.replace", "os.fsync"])
def test_a_crash_while_writing_leaves_the_old_record_whole(
    where: str, crash: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_record(tmp_path, WHOLE)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise crash

    with monkeypatch.context() as patched:
        patched.setattr(where, fail)
        with pytest.raises((type(crash), RuntimeError)):
            write_record(tmp_path, WHOLE | {"steps": 7})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_left_by_a_killed_writer_is_no_record(tmp_path: Path) -> None:
    records = planted(tmp_path, ".abcdef.tmp", "{")
    found, problems = read_records(records)
    assert ([made["seed"] for made in found], problems) == ([0], [])


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_no_number_that_json_lacks_is_written(number: float, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_record(tmp_path, WHOLE | {"by_length": {"3": score(1, nrmse=number)}})
    assert not list(tmp_path.iterdir())


def test_of_two_files_with_one_cell_the_one_of_its_own_name_counts(tmp_path: Path) -> None:
    own = write_record(tmp_path, WHOLE)
    for name in ("a.json", "a--b--seed0.json", "z.json"):
        (tmp_path / name).write_text(json.dumps(WHOLE | {"steps": 7}))
    found, problems = read_records(tmp_path)
    assert [made["steps"] for made in found] == [1000]
    assert problems == [f"{name} repeats {own.name}: left alone" for name in ("a--b--seed0.json", "a.json", "z.json")]


def test_only_what_is_a_file_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")  # reading it would never end
    (tmp_path / "loop.json").symlink_to("loop.json")
    (tmp_path / "large.json").touch()
    os.truncate(tmp_path / "large.json", LARGEST_FILE + 1)
    link = tmp_path / "link.json"
    link.symlink_to(write_record(tmp_path / "elsewhere", WHOLE))
    found, problems = read_records(tmp_path)
    assert found == [read_record(link)]
    assert [problem.split(" cannot be read: ")[0] for problem in problems] == ["large.json", "loop.json", "pipe.json"]


def test_only_damaged_records_are_no_records(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = planted(tmp_path, "broken.json", b"")
    (records / record_name("copy", "gru", 0)).unlink()
    outcome = in_process(capsys, "tables", "--out", tmp_path)
    assert outcome.code == 1
    assert outcome.err.startswith("error: no records")
    assert outcome.err.count("\n") == 1


def test_a_record_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    records = planted(tmp_path, "other.json", b"")
    (records / "other.json").unlink()
    (records / "other.json").mkdir()
    found, problems = read_records(records)
    assert len(found) == 1
    assert len(problems) == 1
    assert problems[0].startswith("other.json cannot be read")


LABELS = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("a-_.,=() /\\:|\x00é")), max_size=300)
SEEDS = st.integers(0, 10**12)
CELLS = st.tuples(LABELS, LABELS, SEEDS)


@given(CELLS)
@example(("../../etc/passwd", "/", 0))
@example(("copy(eval_lengths=" + "1," * 200 + "2)", "gru", 0))
def test_record_names_are_safe_file_names(cell: tuple[str, str, int]) -> None:
    name = record_name(*cell)
    assert set(name) <= {*string.ascii_letters, *string.digits, *"_.,=()+-"}
    assert name.endswith(".json")
    assert len(name) <= 140
    assert Path(name).name == name
    assert record_name(*cell) == name


@given(CELLS, CELLS)
@example(("copy(stop=a b)", "gru", 0), ("copy(stop=a_b)", "gru", 0))
@example(("copy(stop=a|b)", "gru", 0), ("copy(stop=a/b)", "gru", 0))
@example(("copy--a", "gru", 0), ("copy", "a--gru", 0))
@example(("x" * 150, "gru", 0), ("x" * 151, "gru", 0))
@example(("copy", "gru", 1), ("copy", "gru", 11))
@example(("copy", "GRU", 0), ("copy", "gru", 0))
@example(("copy(stop=A)", "gru", 0), ("copy(stop=a)", "gru", 0))
def test_records_of_different_cells_have_different_names(
    one: tuple[str, str, int], other: tuple[str, str, int]
) -> None:
    """Where capitals do not count, as on macOS and Windows, too."""
    assert (record_name(*one).casefold() == record_name(*other).casefold()) == (one == other)


def test_a_record_under_the_name_of_an_earlier_version_is_found_and_its_successor_counts(tmp_path: Path) -> None:
    cell = ("copy", "GRU", 0)
    made = record({3: 80}, model="GRU")
    earlier = tmp_path / "copy--GRU--seed0.json"
    assert record_path(tmp_path, *cell) == tmp_path / record_name(*cell)
    write_record(tmp_path, made).rename(earlier)
    assert record_path(tmp_path, *cell) == earlier
    assert [each["model"] for each in read_records(tmp_path)[0]] == ["GRU"]
    (tmp_path / "a.json").write_bytes(earlier.read_bytes())
    assert read_records(tmp_path)[1] == [f"a.json repeats {record_name(*cell)}: left alone"]
    path = write_record(tmp_path, made | {"steps": 7})
    assert record_path(tmp_path, *cell) == path
    assert [each["steps"] for each in read_records(tmp_path)[0]] == [7]


def test_where_capitals_do_not_count_another_models_record_is_not_taken_for_ones_own(tmp_path: Path) -> None:
    other = write_record(tmp_path, record({3: 80}, model="gru"))
    other.rename(tmp_path / "copy--GRU--seed0.json")  # what such a file system shows under this name
    assert record_path(tmp_path, "copy", "GRU", 0) == tmp_path / record_name("copy", "GRU", 0)
    (tmp_path / "copy--GRU--seed0.json").write_text("{}")
    assert record_path(tmp_path, "copy", "GRU", 0) == tmp_path / record_name("copy", "GRU", 0)


def test_reading_a_folder_leaves_the_garbage_collector_as_it_was(tmp_path: Path) -> None:
    write_record(tmp_path, WHOLE)
    read_records(tmp_path)
    assert gc.isenabled()
    gc.disable()
    try:
        read_records(tmp_path)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_records_of_one_folder_are_read_in_order_of_name(tmp_path: Path) -> None:
    for seed in (10, 2, 1):
        write_record(tmp_path / "records", record({3: seed}, seed=seed))
    assert list(records_in(tmp_path)) == sorted(records_in(tmp_path))
    shutil.rmtree(tmp_path / "records")
    assert read_records(tmp_path / "records") == ([], [])
