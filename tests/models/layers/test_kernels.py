"""The compiled recurrence is made once, named by what it hangs on, and its absence is said and harmless."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.layers import kernels

ROOT = Path(__file__).parents[3]
SCRIPT = """
import torch
from models.layers.kernels import library
from models import build
from tasks import TASKS
task = TASKS["copy"]()
torch.manual_seed(0)
model = build("lstm", task.source, task.target, hidden=8)
batch = task.sample(torch.tensor([3, 5]), 5, torch.Generator().manual_seed(1))
print(library() is not None, float(model(batch.source, batch.source_length, batch.target).detach().sum()))
"""
Ran = tuple[bool, float, str]
NEEDS_COMPILER = pytest.mark.skipif(kernels.library() is None, reason="no C compiler here, or it is switched off")


def ran(folder: Path, **settings: str) -> Ran:
    """Build a model in a fresh process with a cache of its own -> whether C scans, what comes out, what was said."""
    environment = os.environ | {kernels.SWITCH: "1", "XDG_CACHE_HOME": str(folder)} | settings
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    compiled, value = done.stdout.split()
    return compiled == "True", float(value), done.stderr


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that is empty at first."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def compiled(cache: Path) -> Ran:
    """What the first process gives, which compiles."""
    return ran(cache)


@pytest.fixture(scope="module")
def switched_off(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """What torch gives."""
    return ran(tmp_path_factory.mktemp("none"), LENGTHWISE_COMPILED="0")


@NEEDS_COMPILER
def test_it_is_compiled_once_and_said_so(cache: Path, compiled: Ran) -> None:
    second = ran(cache)
    assert compiled[0]
    assert second[0]
    assert second[1] == compiled[1]
    assert compiled[2].count("\n") == 1
    assert "compiling kernels" in compiled[2]
    assert second[2] == ""
    (made,) = (cache / "lengthwise").iterdir()
    assert made.suffix == ".so"


@NEEDS_COMPILER
def test_torch_gives_the_same_where_it_is_switched_off(compiled: Ran, switched_off: Ran) -> None:
    assert not switched_off[0]
    assert switched_off[2] == ""
    assert switched_off[1] == pytest.approx(compiled[1], rel=1e-5)


def test_a_compiler_that_fails_is_named_and_torch_goes_on(tmp_path: Path, switched_off: Ran) -> None:
    broken = tmp_path / "broken-cc"
    broken.write_text("#!/bin/sh\necho 'broken-cc: no room' >&2\nexit 1\n")
    broken.chmod(0o755)
    is_compiled, value, said = ran(tmp_path / "cache", CC=str(broken))
    assert not is_compiled
    assert said.strip().endswith("cannot be compiled, so torch does its work: broken-cc: no room")
    assert value == pytest.approx(switched_off[1], rel=1e-5)


@NEEDS_COMPILER
def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    compiled, _, said = ran(blocked)
    assert not compiled
    assert "cannot be compiled" in said


def test_a_build_hangs_on_source_flags_compiler_and_processor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = {kernels.fingerprint("cc")}
    changed, changed_from = tmp_path / "recurrence.c", Path(kernels.__file__).with_name("recurrence.c")
    changed.write_text(changed_from.read_text() + "\n")
    for attribute, value in (
        ("files", lambda: [changed]),
        ("FLAGS", ("-O1", *kernels.FLAGS)),
        ("processor", lambda: "another"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(kernels, attribute, value)
            names.add(kernels.fingerprint("cc"))
    assert len(names) == 4


def test_no_flag_changes_what_numbers_mean() -> None:
    """-ffast-math turns denormals off for the whole process and swallows NaN: divergence would pass as training."""
    assert not {"-ffast-math", "-Ofast", "-ffinite-math-only", "-funsafe-math-optimizations"} & set(kernels.FLAGS)
