"""README's two files, put into their folders: no other file is edited, all contracts hold, and a run trains them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ENVIRONMENT, ROOT, in_subprocess, records_in

README = (ROOT / "README.md").read_text(encoding="utf-8")
FILES = {name: text for text, name in re.findall(r'```python\n("""(\w+\.py):.*?)```', README, re.DOTALL)}
PLACES = {"my_gru.py": "models", "double.py": "tasks"}
FOLDERS = ("tasks", "models", "bench", "tests")
BESIDE = ("docs", "results", "CHANGELOG.md", "CONTRIBUTING.md", "README.md", "constraints.txt")
CHOSEN = "my_gru or double or test_catalogue or list_names or every_setting"  # of all tests: those of all names


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with README's files in their folders."""
    root = tmp_path_factory.mktemp("checkout")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    for name in BESIDE:
        (root / name).symlink_to(ROOT / name)
    for name, text in FILES.items():
        (root / PLACES[name] / name).write_text(text, encoding="utf-8")
    return root


def test_readme_is_a_front_page() -> None:
    assert set(FILES) == set(PLACES)
    assert len(README.splitlines()) <= 150
    assert len(README.encode()) <= 9 * 1024
    assert len(re.findall(r"^!\[", README, re.MULTILINE)) <= 2
    tables = re.findall(r"(?:^\|.*\n)+", README, re.MULTILINE)
    assert len(tables) <= 2
    for table in tables:
        header, _, *rows = table.splitlines()
        assert header.count("|") - 1 <= 6
        assert len(rows) <= 12


@pytest.mark.slow
def test_the_tests_of_every_task_and_family_pass_on_them(checkout: Path) -> None:
    """All tests are collected, so that none wants something of every file that only the project's own have."""
    asked = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", CHOSEN, "tests"]
    done = subprocess.run(
        [sys.executable, *asked], cwd=checkout, env=ENVIRONMENT, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert int(re.findall(r"(\d+) passed", done.stdout)[-1]) >= 15, done.stdout


@pytest.mark.slow
def test_a_run_trains_them(checkout: Path, tmp_path: Path) -> None:
    asked = "--suite smoke --tasks double,copy --models my_gru --steps 3 --set train.examples=8 --device cpu".split()
    done = in_subprocess("run", *asked, "--out", tmp_path, root=checkout)
    assert (done.code, done.err) == (0, "")
    assert {(made["spec"]["task"], made["family"]) for made in records_in(tmp_path).values()} == {
        ("double", "my_gru"),
        ("copy", "my_gru"),
    }
