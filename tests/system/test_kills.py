"""Runs that are killed, or that fill one folder together, end as one undisturbed run does."""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from harness import SHORT, TINY, ended, in_process, living, records_in, started, wait_until

RUN = ("run", *TINY, "--tasks", "copy", *SHORT)
KILLS = int(os.environ.get("LENGTHWISE_KILLS", "6"))
SEEDS = 5 + 2 * KILLS // 3  # so that jobs are left for the last kill
SMALL = ("--steps", 100, "--set", "train.batch=32", "--set", "model.hidden=32")  # a few tenths of a second a job
LONGER = (*RUN, "--models", "elman,gru", "--seeds", SEEDS, *SMALL)
MOMENTS = ("starting", "training", "writing")
TIMED = ("seconds", "tokens_per_second")

pytestmark = pytest.mark.slow


def untimed(path: Path) -> list[dict[str, str]]:
    """Read a table but for its columns of timings."""
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return [{name: value for name, value in row.items() if not name.startswith(TIMED)} for row in rows]


def assert_same_tables(out: Path, undisturbed: Path) -> None:
    assert (out / "by_length.csv").read_bytes() == (undisturbed / "by_length.csv").read_bytes()
    assert untimed(out / "leaderboard.csv") == untimed(undisturbed / "leaderboard.csv")


def finished(out: Path) -> dict[str, bytes]:
    """Return the bytes of every record that is there."""
    return {path.name: path.read_bytes() for path in (out / "records").glob("*.json")}


def await_moment(moment: str, out: Path, process: subprocess.Popen[str], chance: random.Random) -> None:
    """Wait until a run that was just started is somewhere: anywhere in its first seconds, training, or writing."""
    if moment == "starting":
        time.sleep(chance.uniform(0, 3))
        return
    pattern, pause = ("*.json", 0.02) if moment == "training" else (".*.tmp", 0.0005)
    before = set((out / "records").glob(pattern))
    deadline = time.monotonic() + 60
    while process.poll() is None and not set((out / "records").glob(pattern)) - before:
        assert time.monotonic() < deadline
        time.sleep(pause)
    if moment == "training":
        time.sleep(chance.uniform(0, 0.5))


def test_a_run_killed_again_and_again_loses_no_record_and_ends_like_an_undisturbed_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert in_process(capsys, *LONGER, "--out", tmp_path / "undisturbed").code == 0
    out, chance, kept, began = tmp_path / "killed", random.Random(0), dict[str, bytes](), time.monotonic()
    for kill in range(KILLS):
        process = started(*LONGER, "--jobs", chance.choice([1, 2]), "--out", out)
        try:
            await_moment(MOMENTS[kill % 3], out, process, chance)
            assert finished(out).items() >= kept.items()
            kept = finished(out)
            alive = process.poll() is None
            (os.killpg if kill % 2 else os.kill)(process.pid, signal.SIGKILL)  # the whole group, or the parent alone
            process.wait(timeout=20)
            wait_until(lambda group=process.pid: not living(group), "what a killed run started to end", 20)
        finally:
            ended(process)
        assert alive, "all was finished before the last kill: more seeds are needed"
        assert finished(out).items() >= kept.items()
        assert records_in(out).keys() >= kept.keys()
        with capsys.disabled():
            left, seconds = len(list((out / "records").glob(".*"))), time.monotonic() - began
            print(f"kill {kill}: {MOMENTS[kill % 3]}, {len(kept)} records, {left} temporary, {seconds:.0f} s")
    last = in_process(capsys, *LONGER, "--out", out)
    assert (last.code, last.err) == (0, "")
    assert finished(out).items() >= kept.items()
    assert len(records_in(out)) == 2 * SEEDS
    assert_same_tables(out, tmp_path / "undisturbed")


def test_two_runs_fill_one_folder_as_one_would(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = (*RUN, "--models", "elman,gru,majority", "--seeds", 3)
    both = [started(*asked, "--out", tmp_path / "both") for _ in range(2)]
    try:
        told = [process.communicate(timeout=120) for process in both]
    finally:
        for process in both:
            ended(process)
    assert [(process.returncode, err) for process, (_, err) in zip(both, told, strict=True)] == [(0, "")] * 2
    assert in_process(capsys, *asked, "--out", tmp_path / "one").code == 0
    assert len(records_in(tmp_path / "both")) == 9
    names = [sorted(path.name for path in (tmp_path / name).rglob("*")) for name in ("both", "one")]
    assert names[0] == names[1]
    assert_same_tables(tmp_path / "both", tmp_path / "one")
