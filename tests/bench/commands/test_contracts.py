"""`contracts`: what a file registers is checked with each kind of data, and what breaks is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from harness import ROOT, in_process, one_line, registries_restored
from misbehaving import small_model


def test_the_files_of_readme_keep_their_contracts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    said = (
        "model my_gru keeps its contracts with copy, variable_copy, addition(reversed): causal",
        "task double keeps",
    )
    for name, text, expected in zip(("my_gru.py", "double.py"), files, said, strict=True):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        with registries_restored():
            done = in_process(capsys, "contracts", file)
        assert (done.code, done.err) == (0, "")
        assert expected in done.out


def test_a_model_that_peeks_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen = "self.readout(target_in).flip(1).cumsum(1).flip(1)"  # each true symbol and all behind it
    (tmp_path / "peek.py").write_text(small_model("peek", scores=seen), encoding="utf-8")
    done = in_process(capsys, "contracts", tmp_path / "peek.py")
    assert done.code == 1
    said = "fails the causality check: output 0 changes when target input 1 does"
    assert f"model peek with copy: model 'peek' {said}" in done.out
    assert "keeps its contracts" not in done.out


def test_a_file_without_any_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "none.py").write_text("x = 1\n", encoding="utf-8")
    one_line(in_process(capsys, "contracts", tmp_path / "none.py"), "registers no task and no model")
    one_line(in_process(capsys, "contracts", tmp_path / "missing.py"), "is not a file")
