"""Every task and model that is run is checked before anything is trained, plug-in or not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from cases import where_here
from harness import in_process, records_in

from bench.checks.prepare import check_pair, check_specs
from bench.spec.errors import RequestError
from bench.spec.spec import Spec
from bench.suites.suites import SUITES
from models.base import UnsuitableError

PEEK = '''
"""A bidirectional GRU over the target inputs that never reads the source."""
from torch import nn
from models import register


@register("peek")
class Peek(nn.Module):
    """Sees what comes next."""

    def __init__(self, source, target, *, hidden: int = 32):
        super().__init__()
        self.reader = nn.Embedding(target.size, hidden)
        self.layer = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
        self.readout = nn.Linear(2 * hidden, target.size)

    def forward(self, source, source_length, target_in):
        return self.readout(self.layer(self.reader(target_in))[0])
'''
DISTINCT = {
    json.dumps([spec.task, dict(spec.task_settings), spec.model, dict(spec.model_settings)], default=list): spec
    for suite in SUITES.values()
    for spec in suite.specs
}
PASSED = set[str]()  # tasks and models of these pairs that were checked already, as in a run


def test_a_plugin_that_peeks_is_refused_in_one_line_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "peek.py"
    file.write_text(PEEK)
    run = ("run", "--suite", "smoke", "--seeds", 1, "--jobs", 1, "--tasks", "copy", "--models", "peek", "--steps", 300)
    done = in_process(capsys, *run, "--plugin", file, "--out", tmp_path)
    assert (done.code, records_in(tmp_path)) == (2, {})
    assert done.err.startswith("error: model 'peek' fails the causality check: output 0 changes when target input ")
    assert done.err.count("\n") == 1


def test_what_a_table_of_positions_cannot_hold_at_training_lengths_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = [f"model.{setting}" for setting in ("positions=learned", "longest=4", "hidden=16")]
    sets = [part for setting in table for part in ("--set", setting)]
    run = ("run", "--suite", "smoke", "--seeds", 1, "--jobs", 1, "--tasks", "copy", "--models", "transformer")
    done = in_process(capsys, *run, *sets, "--out", tmp_path)
    assert (done.code, records_in(tmp_path)) == (2, {})
    assert "cannot be trained: ValueError: position 10 is past the learned table; set model.longest" in done.err
    assert done.err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize(("task", "spec"), where_here((spec.task, spec) for spec in DISTINCT.values()))
def test_every_pair_of_every_suite_passes(task: str, spec: Spec) -> None:
    check_pair(spec, PASSED)


def test_checks_use_one_thread_and_leave_torchs_own_as_many_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    used = []
    monkeypatch.setattr("bench.checks.prepare.check_pair", lambda *_: used.append(torch.get_num_threads()))
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        check_specs([Spec("copy", "gru")], (), explicit=True)
        assert (used, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)


def test_checks_leave_torchs_generator_as_it_was() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    check_specs([Spec("copy", "gru"), Spec("copy", "majority")], (), explicit=True)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_pair_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr("bench.checks.prepare.check_model", lambda model, task, name: seen.append(name))
    specs = [Spec("copy", "gru", steps=steps) for steps in (1, 2)] + [Spec("copy", "gru", {}, {"hidden": 8})]
    assert check_specs(specs, (), explicit=False) == (specs, [])
    assert seen == ["model 'gru'"] * 2


def test_pairs_that_cannot_run_are_left_out_or_refused_where_both_names_were_given() -> None:
    unsuitable = Spec("sine", "majority")
    kept, left_out = check_specs([unsuitable, Spec("copy", "majority")], (), explicit=False)
    assert [spec.task for spec in kept] == ["copy"]
    assert left_out == ["sine majority: left out, majority counts tokens; this task writes real values"]
    with pytest.raises(RequestError, match=r"^sine majority: majority counts tokens"):
        check_specs([unsuitable], (), explicit=True)
    with pytest.raises(UnsuitableError):
        check_pair(unsuitable, set())
