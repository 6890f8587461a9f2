"""From Python: frames of runs, tables of committed ones, examples; wrong names as on the command line."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch
from harness import ROOT, record, registries_restored
from misbehaving import small_model

import bench
from bench.records.store import read_records, write_record

QUICK = {"suite": "smoke", "steps": 3, "settings": {"train.examples": 8, "train.batch": 4}, "device": "cpu"}


def test_a_run_is_a_frame_with_a_row_a_length(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(small_model("mine"), encoding="utf-8")
    with registries_restored():
        found = bench.run(
            "copy", ["gru", "mine"], seeds=2, plugins=[tmp_path / "mine.py"], out=tmp_path / "run", **QUICK
        )
    records, problems = read_records(tmp_path / "run" / "records")
    assert (len(records), problems) == (4, [])
    assert set(found["task"]) == {"copy"}
    assert {model.partition("(")[0] for model in found["model"]} == {"gru", "mine"}
    assert set(found["seeds"]) == {2}
    assert set(found["length"]) == {int(length) for length in records[0]["by_length"]}
    assert found["exact_match"].between(0, 1).all()


def test_what_a_folder_has_is_not_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bench.run("copy", "gru", out=tmp_path, **QUICK)
    monkeypatch.setattr("bench.trial.trial.trial_in_turns", lambda *_: pytest.fail("trained again"))
    pd.testing.assert_frame_equal(bench.run("copy", "gru", out=tmp_path, **QUICK), first)


def test_tables_of_runs_are_those_of_their_files(tmp_path: Path) -> None:
    committed = pd.read_csv(ROOT / "results" / "baseline" / "quick" / "robust.csv")
    found = bench.load("quick", "robust")
    assert list(found.columns) == list(committed.columns)
    assert len(found) == len(committed)
    write_record(tmp_path / "records", record({3: 100, 6: 50}))
    own = bench.load(tmp_path)
    assert own.set_index("length")["exact_match"].to_dict() == {3: 1.0, 6: 0.5}
    own["exact_match"] = 0.0  # a frame of the caller's own
    assert bench.load(tmp_path)["exact_match"].max() == 1


def test_examples_are_drawn_by_a_seed() -> None:
    one, again, other = (bench.draw("copy(1-20)", 5, 64, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.target, again.target)
    assert not torch.equal(one.target, other.target)
    assert one.target.shape == (64, 6)


def test_wrong_names_are_errors_in_a_line(tmp_path: Path) -> None:
    for wrong, said in (
        (lambda: bench.run("copied", "gru"), "unknown task 'copied'"),
        (lambda: bench.run("copy", "gated"), "unknown model 'gated'"),
        (lambda: bench.run("copy", "gru", suite="fast"), "unknown suite 'fast'"),
        (lambda: bench.run("copy", "gru", settings={"model.hide": 3}), "hide"),
        (lambda: bench.load("quick", "tables"), "unknown table 'tables'; choose from: by_length, leaderboard, robust"),
        (lambda: bench.draw("copied", 3), "unknown task 'copied'"),
    ):
        with pytest.raises(ValueError, match=said):
            wrong()
    with pytest.raises(RuntimeError, match="no records in"):
        bench.load(tmp_path)
    with pytest.raises(AttributeError, match="no attribute 'runs'"):
        _ = bench.runs
