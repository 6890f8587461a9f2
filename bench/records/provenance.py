"""Where a number came from: commit, versions, machine."""

from __future__ import annotations

import os
import platform
import subprocess
import tomllib
from functools import cache
from importlib import metadata

from bench.spec.catalogue import ROOT
from bench.spec.home import IS_CHECKOUT

PACKAGES = ("torch", "numpy", "scipy", "scikit-learn", "pandas")
CODE = ("bench", "tasks", "models", "pyproject.toml", "constraints.txt")  # what makes numbers, in a checkout
CHOOSERS = ("ATEN_CPU_CAPABILITY", "MKL_CBWR")  # variables by which torch's libraries are held to an instruction set


@cache
def commit() -> tuple[str | None, bool | None]:
    """Return the checkout's commit and whether its code differs from it; (None, None) outside a git checkout."""
    head = _git("rev-parse", "HEAD") if IS_CHECKOUT else None  # a package may lie in somebody else's checkout
    return (None, None) if head is None else (head, bool(_git("status", "--porcelain", "--", *CODE)))


@cache
def commit_date(name: str) -> str:
    """Return when a commit of this checkout was made, in ISO 8601; nothing where it is not known."""
    return _git("show", "-s", "--format=%cI", "--end-of-options", name) or ""


def version() -> str:
    """Return the version of this program."""
    if not IS_CHECKOUT:
        return metadata.version("lengthwise")
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that make numbers."""
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES}


def instruction_set() -> str:
    """Return which of the processor's instructions torch uses, and what chose them if not the processor: AVX2."""
    import torch

    chosen = [f"{name}={os.environ[name]}" for name in CHOOSERS if os.environ.get(name)]
    return " ".join([torch.backends.cpu.get_cpu_capability(), *chosen])


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
