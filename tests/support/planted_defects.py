"""Plants defects in a copy of the checkout, trains the pairs they touch, and asks the gate.

Each must be found against results/baseline/quick with exit code 1 and the right cells named; the unchanged copy must
pass. By hand, from the root: `python tests/support/planted_defects.py`, a few minutes on two cores.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Defect:
    """A change of one line, the pairs it touches, and a row that the gate must name as worse."""

    name: str
    file: str
    right: str
    wrong: str
    tasks: str
    models: str
    named: tuple[str, ...] = ()


DEFECTS = (
    Defect("nothing changed", "README.md", "# Lengthwise", "# Lengthwise", "copy", "elman"),
    Defect(
        "a tenth of the learning rate",
        "bench/trial/optimisers.py",
        "due = self.spec.learning_rate * share",
        "due = self.spec.learning_rate * share / 10",
        "sine,human_numbers",
        "linear_rnn",
        ("human_numbers", "linear_rnn"),
    ),
)


def plant(defect: Defect, folder: Path) -> None:
    """Copy the checkout's code and baseline into a folder, with the defect in it."""
    for name in ("tasks", "models", "bench", "results/baseline/quick"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "README.md", folder)
    file = folder / defect.file
    text = file.read_text(encoding="utf-8")
    if text.count(defect.right) != 1:
        raise SystemExit(f"{defect.name}: {defect.file} has changed, {defect.right!r} stands there no more")
    file.write_text(text.replace(defect.right, defect.wrong), encoding="utf-8")


def bench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the copy."""
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "COLUMNS": "120"})


def found(defect: Defect, folder: Path) -> bool:
    """Train the pairs that a defect touches and say whether the gate does as it should."""
    plant(defect, folder)
    chosen = ("--tasks", defect.tasks, "--models", defect.models)
    run = bench(folder, "run", "--suite", "quick", *chosen, "--device", "cpu")
    if run.returncode:
        raise SystemExit(f"{defect.name}: the run failed\n{run.stderr}")
    judged = bench(folder, "compare", "results/runs/quick", *chosen, "--markdown")
    print(f"== {defect.name}: exit code {judged.returncode}\n{judged.stdout}{judged.stderr}", flush=True)
    if not defect.named:
        return judged.returncode == 0
    worse = judged.stdout.partition("got worse\n")[2].partition("###")[0]
    rows = [tuple(part.strip() for part in line.split("|")[1:4]) for line in worse.splitlines() if line.startswith("|")]
    return judged.returncode == 1 and any(row[: len(defect.named)] == defect.named for row in rows)


def main() -> int:
    """Try every defect; exit code 1 where the gate missed one or raised a false alarm."""
    missed = []
    for defect in DEFECTS:
        with tempfile.TemporaryDirectory() as folder:
            if not found(defect, Path(folder)):
                missed.append(defect.name)
    print("missed: " + ", ".join(missed) if missed else "every defect was found, and the unchanged copy passed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
