"""The programs in docs/examples: a plug-in for every task, a rule that answers, a second framework that trains."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ENVIRONMENT, ROOT, in_process, in_subprocess, records_in

EXAMPLES = ROOT / "docs" / "examples"
JAX, CELL, RULE = (EXAMPLES / name for name in ("jax_gru.py", "my_cell.py", "rule.py"))


@pytest.mark.slow
def test_a_cell_of_ones_own_is_trained_on_every_task_of_the_quick_suite(tmp_path: Path) -> None:
    """Nothing is left out, and what is shown beside the reference families has a row for each task."""
    asked = ("--plugin", CELL, "--models", "my_cell", "--seeds", 1, "--steps", 2, "--device", "cpu")
    done = in_subprocess("run", *asked, "--set", "train.examples=8", "--out", tmp_path)
    assert (done.code, done.err) == (0, "")
    trained = {(made["spec"]["task"], made["status"]) for made in records_in(tmp_path).values()}
    tasks = ("addition", "copy", "human_numbers", "reverse", "sine", "variable_copy")
    assert trained == {(task, "trained") for task in tasks}


def test_a_rule_is_right_at_every_length_and_stands_in_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test, answers = tmp_path / "test.jsonl", tmp_path / "answers.jsonl"
    assert in_process(capsys, "export", "copy", "--out", test).code == 0
    subprocess.run([sys.executable, str(RULE), str(test), str(answers)], check=True, timeout=60)
    done = in_process(capsys, "score", "copy", answers, "--name", "rule", "--out", tmp_path / "run")
    assert (done.code, done.err) == (0, "")
    assert re.search(r"│ copy │ rule +│ +100\.0 │ +100\.0 │ +100\.0 │", done.out), done.out
    (made,) = records_in(tmp_path / "run").values()
    assert made["by_length"]
    assert all(score["right"] == score["examples"] for score in made["by_length"].values())


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_a_gru_in_jax_learns_from_exported_examples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train, test, answers = (tmp_path / name for name in ("train.npz", "test.jsonl", "answers.jsonl"))
    split = ("--split", "train", "--count", 40_000, "--format", "npz", "--out", train)
    assert in_process(capsys, "export", "copy", *split).code == 0
    assert in_process(capsys, "export", "copy", "--length", "10,20", "--out", test).code == 0
    command = [sys.executable, str(JAX), *map(str, (train, test, answers)), "--steps", "600"]
    subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True, timeout=600)
    asked = ("score", "copy", answers, "--length", "10,20", "--name", "jax_gru", "--against", "none")
    assert in_process(capsys, *asked, "--out", tmp_path / "run").code == 0
    (made,) = records_in(tmp_path / "run").values()
    scores = made["by_length"]
    assert scores["10"]["tokens_right"] > 0.8 * scores["10"]["tokens"]  # of eight symbols chance is an eighth
    assert scores["20"]["right"] == 0
