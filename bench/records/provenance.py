"""Where a number came from: commit, versions, machine."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib import metadata

from bench.spec.catalogue import ROOT

PACKAGES = ("torch", "numpy", "scipy", "scikit-learn", "pandas")


@cache
def commit() -> tuple[str | None, bool | None]:
    """Return the checkout's commit and whether its code differs from it; (None, None) outside a git checkout."""
    head = _git("rev-parse", "HEAD")
    if head is None:
        return None, None
    changed = _git("status", "--porcelain", "--", "tasks", "models", "bench", "pyproject.toml", "constraints.txt")
    return head, bool(changed)


def commit_date(name: str) -> str:
    """Return when a commit of this checkout was made, in ISO 8601."""
    return _git("show", "-s", "--format=%cI", name) or ""


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that make numbers."""
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES}


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
