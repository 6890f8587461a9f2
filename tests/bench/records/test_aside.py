"""Records are set aside: files are moved, packed ones leave their pack, and none is lost."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from harness import record

from bench.records.aside import set_all_aside, set_aside
from bench.records.packs import lines_in, text_of
from bench.records.store import Found, contents_of, pack_records, read_record, read_records, write_record
from bench.spec.errors import WorkError


def packed_folder(tmp_path: Path) -> Path:
    """Return a folder with a pack of two records for each of two seeds."""
    for seed in (0, 1):
        for model in ("elman", "gru"):
            write_record(tmp_path / "run", record({3: 80}, model=model, seed=seed))
    pack_records(tmp_path / "run", tmp_path / "records")
    return tmp_path / "records"


def of_model(folder: Path, model: str) -> list[Found]:
    return [found for found in contents_of(folder).counting if found.record["model"] == model]


def test_files_of_one_name_are_all_kept(tmp_path: Path) -> None:
    for content in ("1", "2", "1"):
        (tmp_path / "a.json").write_text(content)
        assert set_aside(tmp_path / "a.json")
        assert not (tmp_path / "a.json").exists()
    assert sorted(path.read_text() for path in (tmp_path / "stale").iterdir()) == ["1", "2"]


def test_what_is_not_there_is_left_to_whoever_moved_it(tmp_path: Path) -> None:
    assert not set_aside(tmp_path / "a.json")


def test_a_file_where_the_folder_should_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("1")
    (tmp_path / "stale").write_text("mine")
    with pytest.raises(WorkError, match=r"cannot set .* aside: File exists"):
        set_aside(tmp_path / "a.json")
    assert (tmp_path / "a.json").is_file()


def test_packed_records_leave_their_packs_and_the_others_stay_to_the_byte(tmp_path: Path) -> None:
    folder = packed_folder(tmp_path)
    kept = lines_in(folder / "copy--seed0.jsonl.gz")[0]
    assert set_all_aside(of_model(folder, "gru")) == 2
    assert [(made["model"], made["seed"]) for made in read_records(folder)[0]] == [("elman", 0), ("elman", 1)]
    assert lines_in(folder / "copy--seed0.jsonl.gz") == [kept]
    aside = sorted((folder / "stale").iterdir())
    assert [path.name.rpartition("-")[0] for path in aside] == ["copy--gru--seed0", "copy--gru--seed1"]
    assert [read_record(path)["seed"] for path in aside] == [0, 1]


def test_a_pack_without_lines_goes_and_one_with_a_bad_line_keeps_it(tmp_path: Path) -> None:
    folder = packed_folder(tmp_path)
    bad = folder / "copy--seed1.jsonl.gz"
    bad.write_bytes(gzip.compress(text_of([*lines_in(bad), b"mine"])))
    assert set_all_aside(contents_of(folder).counting) == 4
    assert sorted(path.name for path in folder.iterdir()) == [bad.name, "stale"]
    assert lines_in(bad) == [b"mine"]


def test_what_another_run_has_moved_out_of_a_pack_is_left_to_it(tmp_path: Path) -> None:
    folder = packed_folder(tmp_path)
    found = contents_of(folder).counting
    assert set_all_aside(found[:1]) == 1
    assert set_all_aside(found) == 3
    assert set_all_aside(found) == 0
    assert len(list((folder / "stale").iterdir())) == 4


def test_a_pack_stays_as_it_is_where_its_records_cannot_be_put_aside(tmp_path: Path) -> None:
    folder = packed_folder(tmp_path)
    (folder / "stale").write_text("mine")
    before = json.dumps(read_records(folder))
    with pytest.raises(WorkError, match="cannot write"):
        set_all_aside(of_model(folder, "gru"))
    assert json.dumps(read_records(folder)) == before
