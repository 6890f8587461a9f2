"""Suites: one file each, found by a walk over their folder."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ENVIRONMENT, ROOT

from bench.spec.errors import RequestError
from bench.suites.suites import SUITES, Suite, find_suite, register

OWN = '''
"""One pair of mine."""

from bench.suites.recipes import recipe
from bench.suites.suites import Suite, register

register(Suite("mine", "one pair", 1, (recipe("copy(1-20)", "gru"),)))
'''


def test_suites_are_listed_in_their_order() -> None:
    assert list(SUITES) == [
        *("smoke", "quick", "lessons", "language", "language_large"),
        *("extrapolate", "extrapolate_core", "thousand", "variance", "full"),
    ]
    assert all(name == suite.name and suite.summary and suite.specs for name, suite in SUITES.items())


def test_no_suite_has_a_pair_twice() -> None:
    for suite in SUITES.values():
        assert len({(spec.row, spec.column) for spec in suite.specs}) == len(suite.specs)


def test_a_name_that_is_taken_or_unknown_is_refused() -> None:
    with pytest.raises(ValueError, match="a suite 'quick' exists already"):
        register(Suite("quick", "", 1, ()))
    with pytest.raises(RequestError, match=r"unknown suite 'quikc'; choose from: .*quick"):
        find_suite("quikc")


def test_a_new_suite_is_one_new_file(tmp_path: Path) -> None:
    for folder in ("bench", "tasks", "models"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "bench" / "suites" / "mine.py").write_text(OWN, encoding="utf-8")
    command = [sys.executable, "-m", "bench", "list", "suites"]
    listed = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    assert listed.returncode == 0, listed.stderr
    assert re.search(r"^  mine +one pair \(1 pairs, seeds: 1\)$", listed.stdout, re.MULTILINE)
