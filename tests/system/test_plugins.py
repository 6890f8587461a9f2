from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ENVIRONMENT, ROOT, TINY, in_process, pretend, records_in

MODEL = '''
"""Attends to the source at the same position: all of copying, none of reversing."""
import torch
from torch import nn
from models import register
from models.base import UnsuitableError


@register("{name}")
class Pointer(nn.Module):
    """Reads the source symbol at the step that is to be written."""

    def __init__(self, source, target, *, width: int = 8):
        super().__init__()
        if source is None or not source.discrete:
            raise UnsuitableError("{name} points at symbols")
        self.before = nn.Embedding(source.size, width)
        self.after = nn.Linear(width, target.size)

    def forward(self, source, source_length, target_in):
        here = nn.functional.pad(source, (0, max(0, target_in.shape[1] - source.shape[1])))
        return self.after(self.before(here[:, : target_in.shape[1]]))
'''
TASK = '''
"""Emit each symbol twice."""
from dataclasses import dataclass
import torch
from tasks import Batch, Symbols, Task, register
from tasks.strings import draw_strings


@register("{name}")
@dataclass(frozen=True, kw_only=True)
class Twice(Task):
    """Emit each symbol twice, for example a b -> a a b b."""

    version = 3
    train_lengths: tuple[int, ...] = (2, 3, 4)
    eval_lengths: tuple[int, ...] = (3, 4, 5, 8)
    symbols: int = 5

    @property
    def source(self):
        """The alphabet."""
        return Symbols(self.symbols)

    @property
    def target(self):
        """The alphabet."""
        return Symbols(self.symbols)

    def sample(self, length, max_length, generator):
        """Draw strings."""
        source = draw_strings(length, max_length, self.symbols, generator)
        return Batch(source, length, source.repeat_interleave(2, 1), 2 * length)

    def chance(self, length):
        """Every pair guessed."""
        return float(self.symbols) ** -length
'''
RUN = ("run", *TINY, "--tasks", "copy")
EXISTING = str(Path("models", "gru.py"))


def written(folder: Path, text: str, name: str = "mine") -> Path:
    """Write a plug-in whose task or model has this name."""
    file = folder / f"{name}.py"
    file.write_text(text.replace("{name}", name))
    return file


@pytest.mark.slow
def test_a_new_model_runs_beside_the_known_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, MODEL)
    choice = ("--models", "mine,gru", "--plugin", file, "--set", "task.eval_lengths=5,10,12", "--steps", 300)
    outcome = in_process(capsys, *RUN, *choice, "--set", "train.learning_rate=0.05", "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    found = {made["spec"]["model"]: made for made in records_in(tmp_path).values()}
    assert set(found) == {"mine", "gru"}
    assert found["mine"]["parameters"] == 6 * 8 + 8 * 6 + 6
    assert found["mine"]["state"] == 0
    accuracy = [score["right"] / score["examples"] for score in found["mine"]["by_length"].values()]
    assert accuracy == [1, 1, 1]  # it copies, at any length
    assert {path.name for path in tmp_path.glob("*.py")} == {"mine.py"}


@pytest.mark.slow
def test_a_new_task_is_learnt_by_known_models(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, TASK)
    choice = ("--tasks", "mine", "--models", "elman,gru", "--plugin", file, "--set", "task.symbols=4")
    outcome = in_process(capsys, "run", *TINY, *choice, "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    for made in records_in(tmp_path).values():
        assert (made["task"], made["task_version"]) == ("mine(symbols=4)", 3)
        assert made["inside_lengths"] == [2, 3, 4]
        assert list(made["by_length"]) == ["3", "4", "5", "8"]
        assert made["by_length"]["5"]["chance"] == 4**-5
        assert made["by_length"]["5"]["tokens"] == 2 * 5 * made["by_length"]["5"]["examples"]
    assert len(records_in(tmp_path)) == 2


@pytest.mark.slow
def test_an_edited_plugin_is_trained_again_and_its_comments_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = []
    for text in (MODEL, MODEL.replace("import torch\n", "import torch  # for all\n"), MODEL.replace("= 8", "= 9")):
        folder = tmp_path / f"version{len(seen)}"
        folder.mkdir()
        choice = ("--models", "mine", "--plugin", written(folder, text), "--set", "task.eval_lengths=10")
        outcome = in_process(capsys, *RUN, *choice, "--out", tmp_path)
        assert outcome.code == 0, outcome.err
        seen.append(
            ("nothing to train" in outcome.out, *(made["parameters"] for made in records_in(tmp_path).values()))
        )
    assert seen == [(False, 102), (True, 102), (False, 114)]


def test_list_and_show_know_plugins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task, model = written(tmp_path, TASK, "twice"), written(tmp_path, MODEL, "narrow")
    listed = in_process(capsys, "list", "--plugin", task, "--plugin", model)
    assert re.search(r"^  twice +Emit each symbol twice, for example a b -> a a b b\.$", listed.out, re.MULTILINE)
    assert "width=8" in listed.out
    shown = in_process(capsys, "show", "twice", "--plugin", task, "--length", 3, "--count", 1)
    assert shown.code == 0, shown.err
    source, target = (part.split() for part in shown.out.splitlines()[-1].split(" -> "))
    assert target == [symbol for symbol in source for _ in range(2)]


@pytest.mark.slow
def test_contract_tests_take_plugins(tmp_path: Path) -> None:
    files = written(tmp_path, TASK, "plugged_task"), written(tmp_path, MODEL, "plugged_model")
    plugins = [part for file in files for part in ("--plugin", str(file))]
    files_run = "tests/tasks/test_contract.py", "tests/models/test_contract.py"
    command = [sys.executable, "-m", "pytest", *files_run, *plugins]
    collected = subprocess.run(
        [*command, "--collect-only", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert collected.returncode == 0, collected.stdout + collected.stderr
    for file in files:
        assert sum(file.stem in line for line in collected.stdout.splitlines()) >= 5, collected.stdout


FORWARD_END = "        return self.after("
BROKEN = {
    "syntax error": (MODEL.replace("class Pointer", "clas Pointer"), ("mine.py", "not Python")),
    "not text": ("\x00", ("mine.py", "not Python")),
    "raises on import": (f"{MODEL}\nraise OSError('no luck')", ("mine.py", "OSError: no luck")),
    "missing import": (MODEL.replace("import torch\n", "import torhc\n", 1), ("mine.py", "torhc")),
    "ends Python on import": (f"{MODEL}\nraise SystemExit('bye')", ("mine.py", "SystemExit")),
    "registers nothing": (MODEL.replace('@register("{name}")', ""), ("mine.py", "registers no task and no model")),
    "empty": ("", ("mine.py", "registers no task and no model")),
    "name taken": (MODEL.replace("{name}", "gru"), ("'gru'", "mine.py", "exists already", EXISTING)),
    "name given twice": (MODEL + MODEL, ("'mine'", "exists already")),
    "wrong shape": (MODEL.replace("target.size)", "target.size + 1)"), ("mine", "(4, 10, 6)", "(4, 10, 7)")),
    "last step only": (MODEL.replace("target_in.shape[1]]))", "target_in.shape[1]]))[:, -1]"), ("mine", "(4, 10, 6)")),
    "no tensor": (MODEL.replace(FORWARD_END, "        return 0, self.after("), ("mine", "tensor", "tuple")),
    "not finite": (MODEL.replace(FORWARD_END, "        return torch.nan * self.after("), ("mine", "finite")),
    "fails when called": (
        MODEL.replace(FORWARD_END, "        return self.behind("),
        ("mine", "AttributeError", "behind"),
    ),
    "fails when built": (MODEL.replace("super()", "raise OSError('no luck')\n        super()", 1), ("mine", "no luck")),
    "setting without default": (MODEL.replace("width: int = 8", "width: int"), ("mine", "width")),
    "reserved id as data": (
        TASK.replace("source.repeat_interleave(2", "(source - 2).clamp(min=0).repeat_interleave(2"),
        ("mine", "target", "reserved id"),
    ),
    "start as data": (
        TASK.replace("self.symbols, generator)", "self.symbols, generator).clamp(max=1)"),
        ("mine", "source", "reserved id"),
    ),
    "id past the space": (TASK.replace("return Symbols(self.symbols)", "return Symbols(2)"), ("mine", "id", "5")),
    "no padding": (
        TASK.replace("source.repeat_interleave(2, 1)", "source.repeat_interleave(2, 1).clamp(min=3)"),
        ("mine", "PAD"),
    ),
    "length past the width": (TASK.replace("2 * length)", "3 * length)"), ("mine", "target_length", "past the width")),
    "luck of its own": (
        TASK.replace(
            "        return Batch(",
            "        source = source.where(source == 0, torch.randint_like(source, 3, 8))\n        return Batch(",
        ),
        ("mine", "same stream"),
    ),
    "no sample": (TASK.replace("def sample", "def simple"), ("mine", "sample")),
    "setting that is refused": (TASK.replace("(2, 3, 4)", "()"), ("mine", "train_lengths", "1 or more")),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_broken_plugin_is_refused_in_one_line_before_training(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in = pretend(monkeypatch)
    text, said = BROKEN[fault]
    assert fault in ("empty", "not text") or text not in (MODEL, TASK)
    file = written(tmp_path, text)
    names = ("--tasks", "mine", "--models", "gru") if "class Twice" in text else ("--models", "mine")
    outcome = in_process(capsys, *RUN, *names, "--plugin", file, "--out", tmp_path)
    lines = outcome.err.splitlines()
    assert outcome.code == 2, outcome
    assert not stand_in.jobs
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    for part in said:
        assert part in lines[0]
    assert not records_in(tmp_path)


@pytest.mark.parametrize(("text", "option"), [(MODEL, "--models"), (TASK, "--tasks")])
def test_plugin_that_is_not_selected_is_refused(
    text: str, option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = in_process(capsys, *RUN, "--models", "gru", "--plugin", written(tmp_path, text), "--out", tmp_path)
    assert outcome.code == 2
    assert "'mine'" in outcome.err
    assert f"not selected; name it with {option}" in outcome.err
    assert outcome.err.count("\n") == 1
    assert not records_in(tmp_path)
