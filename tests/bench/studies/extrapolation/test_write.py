"""The command `extrapolation`: the page and the pictures of a run, the same each time; what a terminal shows."""

from __future__ import annotations

import re
import shutil
import struct
from importlib import metadata
from pathlib import Path

import pytest
from extrapolation_pages import check_page, own_record, run_of
from extrapolation_records import configured
from harness import ROOT, in_process, one_line, record

from bench.records.store import write_record
from bench.studies.extrapolation.page import read

BASELINE, PAGE = ROOT / "results" / "baseline" / "full", ROOT / "docs" / "extrapolation.md"


@pytest.mark.slow
def test_command_writes_page_and_pictures_the_same_each_time(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("extrapolation", "--out", run_of(checkout), "--page", checkout / "docs" / "extrapolation.md")
    figures = run_of(checkout) / "figures" / "extrapolation"
    figures.mkdir(parents=True, exist_ok=True)
    (figures / "length-of-yesterday.png").write_bytes(b"")
    (figures.parent / "length-copy.png").write_bytes(b"of the report")
    done = in_process(capsys, *command)
    assert (done.code, done.err) == (0, "")
    for word in (">= 2000 (100x)", "addition(aligned,1-10)", "extrapolation.md"):
        assert word in done.out
    files = (checkout / "docs" / "extrapolation.md", run_of(checkout) / "extrapolation.md", *sorted(figures.iterdir()))
    first = {path: path.read_bytes() for path in files}
    assert in_process(capsys, *command).code == 0
    assert {path: path.read_bytes() for path in files} == first
    page, own = (path.read_text(encoding="utf-8") for path in files[:2])
    assert own == page.replace("](../results/runs/extrapolate/figures/", "](figures/")
    check_page(page, checkout / "docs")
    lengths = "addition-aligned-1-10 copy-1-20 human_numbers parity reverse-1-20 sine-one-float64".split()
    assert [path.name for path in sorted(figures.iterdir())] == sorted(
        [
            "training.png",
            *(f"memory-{model}-copy-1-20.png" for model in ("location_attention", "stack_rnn", "tape_rnn")),
            *(f"length-{name}.png" for name in lengths),
        ]
    )
    assert (figures.parent / "length-copy.png").read_bytes() == b"of the report"
    for path in figures.iterdir():
        width, height = struct.unpack(">II", path.read_bytes()[16:24])
        assert 400 < width <= 1000
        assert height <= 700


def test_old_records_are_read_under_the_names_that_their_contents_have_now(tmp_path: Path) -> None:
    for row, label in (("copy(1-20)", "copy"), ("parity", "parity")):
        write_record(tmp_path / "records", configured(row, "gru", 0) | {"task": label})
    assert read(tmp_path).tasks == ["copy(1-20)", "parity"]


def test_trainings_that_two_names_call_the_same_count_once(tmp_path: Path) -> None:
    for task in ("copy", "copy of old"):
        write_record(tmp_path / "records", record({3: 100}, task=task))
    run = read(tmp_path)
    assert [len(found) for found in run.groups.values()] == [1]
    assert run.problems == ["copy gru seed 0: two records, under two names: one left out"]


def test_only_the_rows_of_a_suite_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for row in ("copy", "copy(1-20)"):
        write_record(tmp_path / "records", configured(row, "gru", 0))
    assert read(tmp_path).tasks == ["copy", "copy(1-20)"]
    assert read(tmp_path, "extrapolate").tasks == ["copy(1-20)"]
    one_line(
        in_process(capsys, "extrapolation", "--out", tmp_path, "--suite", "far"), "unknown suite 'far'; choose from"
    )


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_a_terminal_shows_names_that_can_be_told_apart(
    columns: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("bench.studies.extrapolation.page.task_drawing", lambda *_: None)  # drawn elsewhere
    names = {
        "[bold]x": "y[/z]",
        "copy(symbols=3,train_lengths=1-40)": "location_attention(move=convolution)",
        "copy(symbols=4,train_lengths=1-40)": "location_attention(move=shift)",
    }
    for task, model in names.items():
        write_record(tmp_path / "records", own_record(task, model, {3: 100, 6: 90}))
    done = in_process(capsys, "extrapolation", "--out", tmp_path)
    assert (done.code, done.err) == (0, "")
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in done.out.splitlines() if "│" in line]
    assert all(len(line) <= columns for line in lines)
    cells = [[cell.strip() for cell in line.split("│")[1:3]] for line in lines]
    assert ["[bold]x", "y[/z]"] in cells
    assert len({task for task, _ in cells}) == len({model for _, model in cells}) == len(names)
    if columns >= 120:
        assert sorted(cells) == sorted(map(list, names.items()))


def test_a_folder_without_records_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = in_process(capsys, "extrapolation", "--out", tmp_path)
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert "python -m bench run" in done.err


@pytest.mark.slow
def test_committed_page_and_pictures_are_those_of_the_committed_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not (BASELINE / "records").is_dir():
        pytest.skip("results/baseline/full does not exist yet")
    out, page = tmp_path / "results" / "baseline" / "full", tmp_path / "docs" / "extrapolation.md"
    shutil.copytree(BASELINE / "records", out / "records")
    assert in_process(capsys, "extrapolation", "--out", out, "--suite", "extrapolate", "--page", page).code == 0
    assert page.read_bytes() == PAGE.read_bytes(), "stale: run `make docs`"
    drawn = sorted(path.name for path in (BASELINE / "figures" / "extrapolation").glob("*"))
    assert drawn == sorted(path.name for path in (out / "figures" / "extrapolation").iterdir())
    pinned = re.search(r"^matplotlib==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert pinned
    if metadata.version("matplotlib") == pinned[1]:  # another version draws other pixels
        for name in drawn:
            made, kept = (folder / "figures" / "extrapolation" / name for folder in (out, BASELINE))
            assert made.read_bytes() == kept.read_bytes(), name
