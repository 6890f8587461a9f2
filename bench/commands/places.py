"""Where runs lie, and paths as people type them."""

from __future__ import annotations

import os
from pathlib import Path

from bench.spec.errors import RequestError
from bench.spec.home import HOME, ROOT

RUNS = HOME / "results" / "runs"
BASELINE = ROOT / "results" / "baseline"
GPU = ROOT / "results" / "gpu"


def shown(path: Path) -> str:
    """Return a path as people type it."""
    full = path.resolve()
    return str(full.relative_to(Path.cwd())) if full.is_relative_to(Path.cwd()) else str(path)


def suite_of(run: Path) -> str:
    """Return the suite's name that a run's folder bears, wherever one stands."""
    return run.resolve().name


def writable(folder: Path) -> None:
    """Raise unless a folder can be made and written in, before anything is trained for it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequestError(f"cannot write in {str(folder)!r}: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise RequestError(f"cannot write in {str(folder)!r}: permission denied")
