"""What a process does before it trains: denormals flushed, which slow some processors; a first step taken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from harness import ROOT

from bench.execution.executor import Resources
from bench.execution.job import make_jobs
from bench.execution.run_store import RunStore
from bench.execution.seeds import Seeds
from bench.execution.serial import Serial
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec
from bench.trial import denormals
from models.layers.linear import linear

TINY = 1e-40


def flushed() -> bool:
    """Whether this thread takes denormal numbers for zero, in torch's operations and in a product."""
    tiny = torch.full((16, 16), TINY)
    return not bool((tiny * 1.0).any()) and not bool(linear(tiny, torch.eye(16), None).any())


@pytest.mark.skipif(not torch.set_flush_denormal(False), reason="this processor cannot flush denormals")
@pytest.mark.parametrize("kind", [Serial, Seeds])
def test_denormals_are_flushed_where_jobs_are_run_in_their_backward_passes_too_and_not_behind(
    kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever calls from Python keeps the arithmetic and the threads that were set."""
    torch.set_num_threads(2)
    seen = list[object]()

    class Look(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, value: torch.Tensor) -> torch.Tensor:
            return value.clone()

        @staticmethod
        def backward(ctx: object, grad: torch.Tensor) -> torch.Tensor:
            seen.append((flushed(), torch.get_num_threads()))
            return grad

    monkeypatch.setattr("bench.trial.step.masked_mean", lambda loss, weight: Look.apply((loss * weight).sum()))
    lengths = {"train_lengths": (3,), "eval_lengths": (3,)}
    spec = Spec("copy", "elman", lengths, {"hidden": 8}, steps=2, batch=4, examples=4, patience=0)
    assert kind(Resources("cpu")).run(make_jobs([spec], [0], Catalogue()), RunStore(tmp_path), lambda _: None) == []
    assert seen == [(True, 1)] * 2
    assert (flushed(), torch.get_num_threads()) == (False, 2)
    torch.set_num_threads(1)


def test_they_stay_flushed_where_they_were() -> None:
    torch.set_flush_denormal(True)
    try:
        with denormals.flushed():
            pass
        assert flushed() == denormals.are_flushed()
    finally:
        torch.set_flush_denormal(False)
    assert not flushed()
    assert not denormals.are_flushed()


FIRST = """
import sys
import torch
from bench.execution.device import prepared
from bench.execution.executor import Resources

before = torch.get_rng_state()
with prepared(Resources()):
    assert torch.equal(torch.get_rng_state(), before)
    loaded = set(sys.modules)
    weight = torch.nn.Parameter(torch.ones(3))
    weight.sum().backward()
    torch.optim.AdamW([weight]).step()
    print(len(set(sys.modules) - loaded))
"""


@pytest.mark.slow
def test_the_first_step_of_a_training_loads_nothing_more() -> None:
    """Torch imports hundreds of modules in an optimiser's first step, within the seconds of whoever takes it."""
    done = subprocess.run([sys.executable, "-c", FIRST], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) == 0
