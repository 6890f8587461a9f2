"""Prints the oldest packages that pyproject.toml allows, as pip takes them; PyTorch, whose builds differ, left out."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TOOLS = ("pytest", "pytest-benchmark", "pytest-xdist", "hypothesis", "tensorboardX", "playwright")


def floors() -> list[str]:
    """Return name==version of each dependency, and of what the tests need."""
    lines = [*PROJECT["dependencies"], *(d for d in PROJECT["optional-dependencies"]["dev"] if named(d) in TOOLS)]
    return [line.replace(">=", "==") for line in lines if named(line) != "torch"]


def named(line: str) -> str:
    """Return the name of a dependency."""
    return re.split(r"[<>=!~ ]", line)[0]


if __name__ == "__main__":
    print(" ".join(floors()))
