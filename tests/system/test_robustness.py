from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from harness import ENVIRONMENT, ROOT, SHORT, TINY, Outcome, in_process, records_in
from misbehaving import said

RUN = ("run", *TINY, "--tasks", "copy", *SHORT)
FLOOR = (*RUN, "--models", "majority")
TRAINED = (*RUN, "--models", "majority,elman")
TABLES = ("by_length.csv", "leaderboard.csv", "leaderboard.md", "robust.csv")


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[Path]:
    """Give a folder a small disk of its own; where that is not allowed, skip."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk that holds a few records."""
    with mounted(tmp_path / "disk", "512k") as folder:
        yield folder


def fill(folder: Path) -> Path:
    """Leave no byte on a folder's disk."""
    filler = folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return filler


def contents(out: Path) -> dict[str, bytes]:
    """Return the bytes of a run's files."""
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def assert_one_line(outcome: Outcome, code: int, *parts: str) -> None:
    assert outcome.code == code, outcome
    assert outcome.err.count("\n") == 1, outcome.err
    assert all(part in outcome.err for part in parts), outcome.err
    assert "Traceback" not in outcome.out


@pytest.mark.slow
def test_a_full_disk_fails_the_job_in_one_line_and_what_was_finished_stays(
    small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert in_process(capsys, *FLOOR, "--out", small_disk).code == 0
    before = contents(small_disk)
    filler = fill(small_disk)
    outcome = in_process(capsys, *TRAINED, "--out", small_disk)
    assert_one_line(outcome, 1, "cannot write", "No space left on device")
    assert "elman" in outcome.out
    assert "FAILED, WorkError: cannot write" in outcome.out
    filler.unlink()
    assert contents(small_disk) == before
    assert in_process(capsys, *TRAINED, "--out", small_disk).code == 0
    assert contents(small_disk).items() >= {name: before[name] for name in before if name not in TABLES}.items()
    assert {made["spec"]["model"] for made in records_in(small_disk).values()} == {"majority", "elman"}


@pytest.mark.slow
def test_a_full_disk_ends_tables_in_one_line_and_the_old_ones_stay(
    small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert in_process(capsys, *FLOOR, "--out", small_disk).code == 0
    before = contents(small_disk)
    filler = fill(small_disk)
    assert_one_line(in_process(capsys, "tables", "--out", small_disk), 1, "cannot write", "No space left on device")
    filler.unlink()
    assert contents(small_disk) == before


@pytest.mark.slow
def test_weights_that_a_full_disk_refuses_leave_no_record(small_disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wide = ("--set", "model.hidden=256")  # a file of weights much larger than the disk, records that fit
    outcome = in_process(capsys, *RUN, "--models", "elman", *wide, "--checkpoint", "--out", small_disk)
    assert_one_line(outcome, 1, "no records in")
    assert "FAILED, WorkError: cannot write" in outcome.out
    assert contents(small_disk) == {}


@pytest.mark.slow
def test_a_tracker_that_fills_the_disk_is_left_out_and_the_run_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tensorboardX")
    with mounted(tmp_path / "tensorboard", "16k") as small:
        fill(small)
        outcome = in_process(capsys, *TRAINED, "--track", "tensorboard", "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.count("tracker tensorboard failed and is left out from here on: ") == 1
    assert len(records_in(tmp_path)) == 2


@pytest.mark.slow
def test_a_file_that_may_not_grow_fails_its_job_in_one_line(tmp_path: Path) -> None:
    def little() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))

    command = [sys.executable, "-B", "-m", "bench", *FLOOR, "--out", str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, preexec_fn=little, timeout=120
    )
    assert_one_line(Outcome(done.returncode, done.stdout, done.stderr), 1, "no records in")
    assert "FAILED, WorkError: cannot write" in done.stdout
    assert "File too large" in done.stdout
    assert contents(tmp_path) == {}


@pytest.mark.slow
def test_a_disk_that_is_full_for_a_moment_costs_one_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sync, refused = os.fsync, [True, True]  # of the weights, and of the record behind them

    def refuse_once(file: int) -> None:
        if refused.pop() if refused else False:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(file)

    monkeypatch.setattr("os.fsync", refuse_once)
    outcome = in_process(capsys, *TRAINED, "--out", tmp_path)
    assert outcome.code == 1
    assert ["No space left on device" in line for line in said(outcome)] == [True]
    assert len(records_in(tmp_path)) == 1
    assert in_process(capsys, *TRAINED, "--out", tmp_path).code == 0
    assert len(records_in(tmp_path)) == 2


@pytest.mark.slow
@pytest.mark.parametrize("command", [TRAINED, FLOOR, ("tables",)])
def test_a_read_only_folder_is_one_line_and_stays_as_it_is(
    command: tuple[str, ...], small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert in_process(capsys, *FLOOR, "--out", small_disk).code == 0
    before = contents(small_disk)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    outcome = in_process(capsys, *command, "--out", small_disk)
    assert_one_line(outcome, 1 if command == ("tables",) else 2, "cannot write", str(small_disk))
    assert contents(small_disk) == before


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("command", [("list",), ("list", "suites"), FLOOR])
def test_output_that_cannot_be_written_is_one_line(command: tuple[str, ...], tmp_path: Path) -> None:
    folder = () if command[0] == "list" else ("--out", str(tmp_path))
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bench", *command, *folder],
            cwd=ROOT,
            env=ENVIRONMENT | {"PYTHONUNBUFFERED": ""},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )
    assert (done.returncode, done.stderr) == (1, "error: [Errno 28] No space left on device\n")
    assert len(records_in(tmp_path)) == (0 if command[0] == "list" else 1)
