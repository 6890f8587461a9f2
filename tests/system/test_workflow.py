"""The workflow in docs/examples: its comparison, run as GitHub runs it, on runs that got worse and that did not."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ROOT, record

from bench.cli import build_parser
from bench.records.store import write_record

FILE = ROOT / "docs" / "examples" / "compare.yml"


def commands() -> dict[str, str]:
    yaml = pytest.importorskip("yaml")
    (job,) = yaml.safe_load(FILE.read_text())["jobs"].values()
    return {step["name"]: step["run"] for step in job["steps"] if "run" in step}


def test_its_commands_are_commands() -> None:
    found = commands()
    assert list(found) == ["set up", "train", "compare"]
    for name in ("train", "compare"):
        words = shlex.split(found[name].partition("|")[0])
        assert words[:3] == [".venv/bin/python", "-m", "bench"]
        assert build_parser().parse_args(words[3:]).command == {"train": "run"}.get(name, name)


@pytest.mark.parametrize(("right", "code"), [(95, 0), (40, 1)])
def test_the_summary_has_the_verdict_and_a_loss_fails_the_check(right: int, code: int, tmp_path: Path) -> None:
    for run, share in (("base", 95), ("new", right)):
        for seed in range(5):
            for row in ("copy", "reverse"):
                made = record({3: 100, 6: share}, task=row, seed=seed)
                write_record(tmp_path / run / "records", made)
    step = commands()["compare"].replace(".venv/bin/python", sys.executable)
    step = step.replace("results/runs/quick", f"{tmp_path / 'base'} {tmp_path / 'new'}")
    summary = tmp_path / "summary.md"
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step],
        cwd=ROOT,
        env=os.environ | {"GITHUB_STEP_SUMMARY": str(summary)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, "")
    assert summary.read_text() == done.stdout
    assert done.stdout.startswith("**")
    assert ("worse" in done.stdout.splitlines()[0]) is bool(code) or "0 worse" in done.stdout.splitlines()[0]
