"""Rounds of our training steps beside plain loops on the same strings; no time is asserted."""

from __future__ import annotations

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from bench.probes.performance.own import Trained
from bench.probes.performance.peers import peer_of
from bench.studies.performance.cases import FAMILIES, LONG, Case, cases

STEPS = 2
COMPARED = [case for case in cases() if case.peer and case.table != LONG]


def own(case: Case, compiled: bool = True) -> Trained:
    torch.set_num_threads(1)
    return Trained(case.spec, STEPS, compiled)


@pytest.mark.parametrize("way", ["ours", "ours without kernels", "plain"])
@pytest.mark.parametrize("case", COMPARED, ids=lambda case: f"{case.spec.column}-{case.spec.row}-{case.peer}")
def test_training_steps_beside_a_plain_loop(case: Case, way: str, benchmark: BenchmarkFixture) -> None:
    benchmark.group = f"{STEPS} training steps of {case.spec.column}, {case.spec.row}, batch {case.spec.batch}"
    ours = own(case, compiled=way != "ours without kernels")
    other = peer_of(case.peer, ours)
    losses = benchmark(other.train if way == "plain" else ours.train)
    assert len(losses) == STEPS
    assert other.tokens() == ours.tokens()


@pytest.mark.benchmark(group="evaluation of 256 strings")
@pytest.mark.parametrize(
    "case", [case for case in COMPARED if case.table == FAMILIES], ids=lambda case: case.spec.column
)
def test_an_evaluation(case: Case, benchmark: BenchmarkFixture) -> None:
    score = benchmark(own(case).evaluate, 256)
    assert score.examples == 256
