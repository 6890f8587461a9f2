"""The table of protocols: each kind of data has one, and a new kind is one new file."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from cases import SMALL_TASKS
from harness import ROOT, python

from bench.trial.protocols import PROTOCOLS, protocol_of, register
from tasks import TASKS
from tasks.strings.copy import Copy

NEW_KIND = '''
"""Sets: tokens that are drawn in any order and answered in any order."""

from bench.trial.protocols.base import register
from bench.trial.protocols.strings import Strings


@register("sets")
class Sets(Strings):
    """A set is trained on and scored as a string is; its records are of a kind of their own."""

    def kind(self, task):
        """Return "sets"."""
        return "sets"
'''
NEW_TASK = '''
"""Emit a set as it was given."""

from dataclasses import dataclass

from tasks.base import register
from tasks.strings.copy import Copy


@register("same_set")
@dataclass(frozen=True, kw_only=True)
class SameSet(Copy):
    """Emit a set as it was given."""

    data = "sets"
'''
TRAINED = """
from bench.spec.spec import Spec
from bench.probes.probe import probe
from bench.records.key import TRIAL, closure
from bench.trial.protocols import protocol_of
from bench.trial.trial import run_trial
spec = Spec("same_set", "gru", {"train_lengths": (2, 3), "eval_lengths": (3, 5)}, {"hidden": 8}, steps=3, examples=4)
outcome = run_trial(spec, 0, "cpu", lambda point: None)
kept = probe(outcome, spec, "cpu")
print(protocol_of(outcome.task).kind(outcome.task), sorted(outcome.evaluation.scores), outcome.training.steps)
print(len(kept.samples), "sets.py" in {file.name for file in closure(TRIAL)})
"""


def test_every_task_has_a_protocol_and_says_which(task_name: str) -> None:
    task = TASKS[task_name]()
    assert protocol_of(task) is PROTOCOLS[task.data]


def test_kinds_are_what_records_call_them() -> None:
    assert {kind: protocol_of(task).kind(task) for kind, task in SMALL_TASKS.items()} == {
        "symbols": "symbols",
        "values": "values",
        "stream": "stream",
    }
    assert protocol_of(TASKS["words_toy"]()).kind(TASKS["words_toy"]()) == "text"


def test_data_without_a_protocol_are_named() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Strange(Copy):
        data = "smells"  # type: ignore[assignment]

    said = "task 'copy' has unknown data 'smells'; choose from: signals, strings, text"
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        protocol_of(Strange())


def test_a_protocol_that_is_there_is_not_replaced() -> None:
    with pytest.raises(ValueError, match="a protocol for 'strings' exists already"):
        register("strings")(type(PROTOCOLS["strings"]))


@pytest.mark.slow
def test_a_new_kind_of_data_is_one_new_file(tmp_path: Path) -> None:
    for folder in ("bench", "models", "tasks"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "bench" / "trial" / "protocols" / "sets.py").write_text(NEW_KIND)
    (tmp_path / "tasks" / "strings" / "same_set.py").write_text(NEW_TASK)
    assert python(TRAINED, root=tmp_path).splitlines() == ["sets [3, 5] 3", "4 True"]
