"""`status` in a terminal: a line a run, exit code 1 where anything is stale, and no torch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness import ROOT, in_process, one_line, python
from made_runs import SPEC, current, run_of

from bench.analysis.freshness import UNKNOWN

IMPORTS = """
import sys
from bench.__main__ import main
code = main(["status"])
print(code, "torch" in sys.modules)
"""


def test_a_run_that_is_current_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = in_process(capsys, "status", run_of(tmp_path, current(SPEC)))
    assert (done.code, done.err) == (0, "")
    heading, line = done.out.splitlines()
    assert heading.split() == "run current stale missing moved since".split()
    assert line.split()[:3] == ["smoke", "1", "0"]


def test_a_run_with_a_stale_record_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stale = [current(SPEC, seed) | {"key": "other"} for seed in (1, 2)]
    stale[0]["task_version"] = 9
    run = run_of(tmp_path, current(SPEC), *stale)
    done = in_process(capsys, "status", run)
    assert (done.code, done.err) == (1, "")
    assert "smoke  1        2" in done.out
    first, second = done.out.splitlines()[1:]
    assert "1 task version" in first
    assert second.strip() == f"1 {UNKNOWN}"
    told = json.loads(in_process(capsys, "status", run, "--json").out)
    assert [each["run"] for each in told] == ["smoke"]
    assert told[0]["stale"] == [["copy", "gru", 1, ["task version"]], ["copy", "gru", 2, [UNKNOWN]]]
    assert told[0]["current"] == [["copy", "gru", 0]]


def test_names_are_shown_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = run_of(tmp_path, current(SPEC)).rename(tmp_path / "[bold]x[y]")
    assert "[bold]x[y]  1" in in_process(capsys, "status", run).out


def test_a_folder_without_records_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one_line(in_process(capsys, "status", tmp_path / "none"), "no records", "none")


@pytest.mark.slow
def test_the_committed_runs_are_told_at_once_and_without_torch() -> None:
    *lines, last = python(IMPORTS).splitlines()
    assert last.split()[1] == "False"
    runs = {path.parent.name for path in (ROOT / "results" / "baseline").glob("*/records")}
    assert {line.split()[0] for line in lines[1:] if not line.startswith(" ")} == runs
    stale = sum(int(line.split()[2]) for line in lines[1:] if not line.startswith(" "))
    assert last.split()[0] == str(int(stale > 0))
