"""Where a number came from is told: the commit and whether the code differs from it, versions, instruction set."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.records import provenance
from bench.records.provenance import CODE, commit, commit_date, instruction_set, versions


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A git checkout with a file in each place that holds code, and in others, taken for this one."""
    for name in (*CODE, "README.md", "results/a.csv", "tests/test_a.py", "docs/a.md"):
        path = tmp_path / name / "a.py" if "." not in name else tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1")
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "one", "--date=2026-01-02T03:04:05Z"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    for cached in (commit, commit_date):
        cached.cache_clear()
    yield tmp_path
    for cached in (commit, commit_date):
        cached.cache_clear()


def test_a_checkout_as_it_was_committed_is_clean(checkout: Path) -> None:
    head, dirty = commit()
    assert head is not None
    assert (len(head), dirty) == (40, False)
    assert commit_date(head)[:2] == "20"
    assert (commit_date("0" * 40), commit_date("--output=mine")) == ("", "")
    assert not (checkout / "mine").exists()


@pytest.mark.parametrize("name", CODE)
def test_changed_code_is_dirty(name: str, checkout: Path) -> None:
    (checkout / name if "." in name else checkout / name / "new.py").write_text("2")
    assert commit()[1]


@pytest.mark.parametrize("name", ["README.md", "results/a.csv", "tests/test_a.py", "docs/a.md", "new.txt"])
def test_what_makes_no_number_may_change(name: str, checkout: Path) -> None:
    (checkout / name).write_text("2")
    assert commit()[1] is False


def test_outside_a_checkout_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    commit.cache_clear()
    assert commit() == (None, None)
    commit.cache_clear()


def test_the_instruction_set_says_what_chose_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in provenance.CHOOSERS:
        monkeypatch.delenv(name, raising=False)
    plain = instruction_set()
    assert plain.isupper() or plain == "default"
    monkeypatch.setenv("MKL_CBWR", "COMPATIBLE")
    assert instruction_set() == f"{plain} MKL_CBWR=COMPATIBLE"


def test_versions_are_of_python_and_of_what_makes_numbers() -> None:
    assert {"python", "torch", "numpy"} <= versions().keys()
