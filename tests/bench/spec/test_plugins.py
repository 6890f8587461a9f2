"""Tasks and models of installed packages: found by entry points, used like any, named where they are not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import TINY, in_process, one_line, records_in
from misbehaving import small_model

from bench.spec.plugins import installed_plugins


def install(folder: Path, entry: str) -> None:
    """Lay a package out as an installer would: its module, and what it says of it."""
    about = folder / "their_package-1.0.dist-info"
    about.mkdir()
    (folder / "their_models.py").write_text(small_model("theirs"), encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: their-package\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(f"[lengthwise.models]\ntheirs = {entry}\n", encoding="utf-8")


def test_a_package_brings_a_family(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert installed_plugins() == []
    install(tmp_path, "their_models:Mean")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert installed_plugins() == [tmp_path / "their_models.py"]
    assert "theirs" in in_process(capsys, "list", "models").out
    done = in_process(capsys, "run", *TINY, "--tasks", "copy", "--models", "theirs", "--out", tmp_path / "run")
    assert done.code == 0, done.err
    (made,) = records_in(tmp_path / "run").values()
    assert made["spec"]["model"] == "theirs"


def test_a_module_that_is_not_there_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(tmp_path, "their_modules:Theirs")
    monkeypatch.syspath_prepend(str(tmp_path))
    said = "entry point 'theirs' of lengthwise.models names 'their_modules:Theirs': there is no such module"
    one_line(in_process(capsys, "list", "models"), said)
