"""Shows that a change moved no number: every (task, family) pair of every suite, 20 steps of seed 0, old code and new.

By hand, from the root, on one machine (floats differ between processors):

    python tests/support/same_numbers.py train OLD_CHECKOUT /elsewhere/old    # half an hour on one core
    python tests/support/same_numbers.py train . /elsewhere/new
    python tests/support/same_numbers.py compare /elsewhere/old /elsewhere/new

Pairs are matched by what they are asked to be, not by their names. Compared to the bit: scores at every length, also on
adversarial sets, losses and validation points of the learning curve, evaluation hashes, and the weights.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

SUITES = ("smoke", "quick", "full", "lessons", "variance", "extrapolate", "language", "language_large")
SMALL = "--steps 20 --seeds 0, --checkpoint --set train.examples=8 --set train.adversarial=2 --set train.check_every=10"
RENAMED = {"check_every": "eval_every", "one_length": "same_length_batches", "averaging": "ema", "clip": "grad_clip"}
LABELS = ("row", "column")
COMPARED = ("by_length", "adversarial", "curve", "evaluation_hash", "status", "steps", "parameters", "first_batch")


def train(checkout: Path, out: Path, jobs: int) -> None:
    """Train every pair of every suite for 20 steps by a checkout's own command line."""
    for suite in SUITES:
        command = [sys.executable, "-m", "bench", "run", "--suite", suite, *SMALL.split()]
        subprocess.run([*command, "--jobs", str(jobs), "--out", str(out.resolve() / suite)], cwd=checkout, check=True)


def asked(record: dict[str, Any]) -> str:
    """Name a record by what was asked of it, in today's words and without labels."""
    spec = {RENAMED.get(name, name): value for name, value in record["spec"].items() if name not in LABELS}
    return json.dumps([spec, record["seed"]], sort_keys=True)


def found(out: Path) -> Iterator[tuple[str, Path, dict[str, Any]]]:
    """Yield the records of all suites under a folder."""
    for path in sorted(out.glob("*/records/*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        yield asked(record), path, record


def weights(path: Path) -> dict[str, torch.Tensor] | None:
    """Return the weights beside a record; None for a trivial baseline, which has none."""
    kept = path.parent.parent / "checkpoints" / f"{path.stem}.pt"
    return torch.load(kept, weights_only=True)["weights"] if kept.exists() else None


def differences(old: tuple[Path, dict[str, Any]], new: tuple[Path, dict[str, Any]]) -> list[str]:
    """Say which compared parts of two records differ."""
    parts = [name for name in COMPARED if old[1].get(name) != new[1].get(name)]
    before, after = weights(old[0]), weights(new[0])
    if (before is None) != (after is None):
        return [*parts, "one has no weights"]
    if before is not None and after is not None:
        same = before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)
        parts += [] if same else ["weights"]
    return parts


def compare(old: Path, new: Path) -> int:
    """Print what differs between two folders; return how many pairs do, or are in one alone."""
    before = {key: (path, record) for key, path, record in found(old)}
    after = {key: (path, record) for key, path, record in found(new)}
    bad = 0
    for key in sorted(before.keys() | after.keys()):
        side = before.get(key) or after[key]
        name = f"{side[1]['task']} {side[1]['model']}"
        if key not in before or key not in after:
            print(f"only {'new' if key not in before else 'old'}: {name}")
        elif parts := differences(before[key], after[key]):
            print(f"differs: {name}: {', '.join(parts)}")
        else:
            continue
        bad += 1
    print(
        f"{len(before)} pairs before, {len(after)} after: {len(before.keys() & after.keys())} in both, {bad} not alike"
    )
    return bad


def main() -> int:
    """Run one of the two commands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("deed", choices=("train", "compare"))
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    if options.deed == "compare":
        return int(bool(compare(options.one, options.other)))
    train(options.one, options.other, options.jobs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
