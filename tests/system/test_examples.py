"""The programs in docs/examples: what a second framework trains on exported data is judged like any other."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ENVIRONMENT, ROOT, in_process, records_in

JAX = ROOT / "docs" / "examples" / "jax_gru.py"


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
