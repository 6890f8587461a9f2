"""What a process does before it trains: denormals flushed, which slow some processors; a first step taken."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from harness import ROOT

from bench.execution.executor import Resources
from bench.execution.job import make_jobs
from bench.execution.run_store import RunStore
from bench.execution.serial import Serial
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec
from models.layers.linear import linear

TINY = 1e-40


def flushed() -> bool:
    """Whether this thread takes denormal numbers for zero, in torch's operations and in a product."""
    tiny = torch.full((16, 16), TINY)
    return not bool((tiny * 1.0).any()) and not bool(linear(tiny, torch.eye(16), None).any())


@pytest.fixture(autouse=True)
def _as_torch_begins() -> Iterator[None]:
    torch.set_flush_denormal(False)
    yield
    torch.set_flush_denormal(False)


@pytest.mark.skipif(not torch.set_flush_denormal(False), reason="this processor cannot flush denormals")
def test_denormals_are_flushed_where_jobs_are_run_and_in_their_backward_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not flushed()
    seen = list[bool]()

    class Look(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, value: torch.Tensor) -> torch.Tensor:
            return value.clone()

        @staticmethod
        def backward(ctx: object, grad: torch.Tensor) -> torch.Tensor:
            seen.append(flushed())
            return grad

    monkeypatch.setattr("bench.trial.step.masked_mean", lambda loss, weight: Look.apply((loss * weight).sum()))
    lengths = {"train_lengths": (3,), "eval_lengths": (3,)}
    spec = Spec("copy", "elman", lengths, {"hidden": 8}, steps=2, batch=4, examples=4, patience=0)
    assert Serial(Resources("cpu")).run(make_jobs([spec], [0], Catalogue()), RunStore(tmp_path), lambda _: None) == []
    assert seen == [True, True]


FIRST = """
import sys
import torch
from bench.execution.device import prepared
from bench.execution.executor import Resources

before = torch.get_rng_state()
prepared(Resources())
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
