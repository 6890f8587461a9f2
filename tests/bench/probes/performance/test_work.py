"""Needed operations: the known number of an LSTM, the same with kernels and without; memory; where time goes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from bench.probes.performance.measurement import PARTS
from bench.probes.performance.own import Trained
from bench.probes.performance.work import needed_operations, of_lengths, part_of, peak, shares
from bench.spec.spec import Spec
from bench.suites.recipes import recipe
from models.layers import kernels

HIDDEN = 16
FORTH_AND_BACK = 3 * 2  # a product, and its gradient by either side; a product and a sum are two


def strings(row: str, model: str, **settings: int) -> Spec:
    return recipe(row, model, settings={"hidden": HIDDEN, **settings}, batch=24)


def test_an_lstms_operations_are_those_of_its_formula() -> None:
    own = Trained(strings("copy", "lstm"), steps=2)
    rows = sum(len(step.needed.batch.target) for step in own.batches()) / own.steps
    time, ids = max(own.task.train_lengths), own.task.target.size
    table = 2 * ids * HIDDEN * 4 * HIDDEN  # encoder and decoder look tokens up in a table of gates
    states = 2 * rows * time * HIDDEN * 4 * HIDDEN
    readout = rows * time * HIDDEN * ids
    assert needed_operations(own) == pytest.approx(FORTH_AND_BACK * (table + states + readout))


def test_rows_of_mixed_lengths_count_as_if_none_was_padded() -> None:
    own = Trained(strings("variable_copy", "lstm"), steps=1)
    (step,) = (step.needed for step in own.batches())
    ids = own.task.target.size
    read, written = int(step.batch.source_length.sum()), int(step.batch.target_length.sum())
    table, gates = 2 * ids * HIDDEN * 4 * HIDDEN, (read + written) * HIDDEN * 4 * HIDDEN
    assert needed_operations(own) == pytest.approx(FORTH_AND_BACK * (table + gates + written * HIDDEN * ids))


@pytest.mark.parametrize(
    "model", ["elman", "gru", "lstm", "lstm_attention", "transformer", "lru", "location_attention"]
)
def test_needed_operations_do_not_hang_on_the_kernels(model: str) -> None:
    spec = replace(recipe("copy", model), batch=8)
    counts = [needed_operations(Trained(spec, 1, compiled)) for compiled in (True, False)]
    with kernels.switched_off():
        counts.append(needed_operations(Trained(spec, 1)))
    assert counts[0] > 0
    assert counts == counts[:1] * 3


def test_kernels_are_off_within_the_block_alone() -> None:
    one = torch.ones(1)
    before = kernels.suit(one)
    with kernels.switched_off():
        assert not kernels.suit(one)
        with kernels.switched_off():
            assert not kernels.suit(one)
        assert not kernels.suit(one)
    assert kernels.suit(one) == before


def test_a_step_with_kernels_and_without_gives_the_same_losses() -> None:
    with_, without = (Trained(strings("copy", "gru"), 3, compiled).train() for compiled in (True, False))
    assert with_ == pytest.approx(without, rel=1e-4)


def test_rows_of_a_length_lose_their_padding() -> None:
    own = Trained(strings("variable_copy", "gru"), steps=1)
    (step,) = own.batches()
    kind = [int(step.batch.source_length[0]), int(step.batch.target_length[0])]
    part = of_lengths(step, kind, count=5)
    assert part.batch.source is not None
    assert (part.batch.source.shape, part.batch.target.shape) == ((5, kind[0]), (5, kind[1]))
    assert part.inputs.shape == part.weight.shape == part.batch.target.shape


def test_the_peak_is_what_is_held_at_once() -> None:
    def work() -> None:
        for _ in range(3):
            first = torch.ones(1000, 250)  # a megabyte, released each time before the next
            del first

    assert peak(work) == 1_000_000


def test_shares_are_of_the_whole_step() -> None:
    own = Trained(strings("copy", "lstm"), steps=1)
    found = shares(own)
    assert list(found) == list(PARTS)
    assert sum(found.values()) == pytest.approx(1, abs=0.05)
    assert min(found.values()) >= 0


def test_events_belong_to_parts() -> None:
    names = ["aten::addmm", "RecurrenceBackward", "aten::mul", "Optimizer.step#AdamW.step", "MulBackward0"]
    assert [part_of(name) for name in names] == ["products", "kernels", "pointwise", "optimiser", "python"]
