"""The session on a borrowed GPU, rehearsed on the processor with a small part of its time."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from gpu_rates import asked, timed
from gpu_session import Session, keep, table
from harness import ROOT, record

from bench.records.store import write_record

SMALL = "--steps 5 --jobs 1 --set train.examples=4 --set train.batch=4 --tasks copy --models elman"


@pytest.mark.slow
def test_a_rehearsal_leaves_four_files_and_a_table(tmp_path: Path) -> None:
    command = [sys.executable, "tests/support/gpu_session.py", "--out", str(tmp_path / "out"), "--device", "cpu"]
    command += ["--seconds", "45", "--suite", "smoke", "--run", SMALL]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90)
    assert (done.returncode, done.stderr) == (0, "")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"report.txt", "rates.jsonl", "log.txt", "records.tar.gz"}
    report = (tmp_path / "out" / "report.txt").read_text()
    assert report == done.stdout
    for part in ("torch: ", "tests: ", "rates: ", "run: ", "steps a second", " s in all"):
        assert part in report
    with tarfile.open(tmp_path / "out" / "records.tar.gz") as archive:
        assert all(name.startswith("records/copy--elman") for name in archive.getnames())


def test_records_are_put_by_whole(tmp_path: Path) -> None:
    for seed in range(3):
        write_record(tmp_path / "run" / "records", record({3: 50}, seed=seed))
        assert keep(tmp_path / "run", tmp_path) == seed + 1
    with tarfile.open(tmp_path / "records.tar.gz") as archive:
        assert len(archive.getnames()) == 3
    assert [path.name for path in tmp_path.glob("records*")] == ["records.tar.gz"]


def test_the_table_has_what_there_is(tmp_path: Path) -> None:
    usual = {"family": "gru", "batch": 64, "seeds": 1}
    lines = [
        {"asked": usual | {"way": "cpu"}},
        {"asked": usual | {"way": "cpu"}, "rate": 12.34},
        {"asked": usual | {"way": "plain"}, "error": "ValueError: no"},
        {"asked": usual | {"way": "graph"}},
        {"asked": usual | {"way": "graph", "seeds": 4}, "rate": 50.0},
    ]
    (tmp_path / "rates.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert table(Session(tmp_path, "cpu", 1.0)) == [
        "steps a second          batch       cpu     plain     graph   4 seeds",
        "gru                        64      12.3 ValueError: no         -      50.0",
    ]


def test_several_seeds_are_timed_at_once() -> None:
    assert {each["seeds"] for each in asked("cpu")} == {1, 4, 16}
    assert {each["way"] for each in asked("cuda") if each["seeds"] > 1} == {"graph"}
    for seeds in (1, 4):
        found = timed("elman", 4, "cpu", 0.05, seeds)
        assert found["steps"] % seeds == 0
        assert found["rate"] > 0


def test_a_part_that_takes_too_long_is_cut_off(tmp_path: Path) -> None:
    session = Session(tmp_path, "cpu", 60.0)
    code, output = session.call(
        "sleep", [sys.executable, "-c", "print('so far', flush=True); import time; time.sleep(60)"], 3
    )
    assert code is None or code < 0 or code == 1  # an interrupt raises there
    assert output.startswith("so far")
