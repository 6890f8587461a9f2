"""What training draws, step by step: which lengths, which examples, from whose stream."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import Any

import pytest
import torch

from bench.spec.spec import Spec
from bench.trial.batches import NUMBERS, WIDTH, Step, draw, lengths_at, pieces, rows_at_once, sampled
from bench.trial.evaluation_sets import validation_set
from models import build
from tasks.base import Batch
from tasks.strings.variable_copy import VariableCopy

TASK = VariableCopy(symbols=4, train_lengths=(1, 2, 3, 4, 5, 6), eval_lengths=(2, 6, 12))


def spec(**changes: Any) -> Spec:
    usual = {"steps": 12, "batch": 8, "examples": 8, "warmup": 2}
    return Spec("variable_copy", "gru", **{**usual, **changes})


def feed(count: int, seed: int = 0, **changes: Any) -> list[Step]:
    return list(islice(sampled(TASK, spec(**changes), seed, "cpu"), count))


def longest(batch: Batch) -> int:
    return int(batch.source_length.max())


def test_a_curriculum_begins_with_the_shortest_and_grows_to_all() -> None:
    asked = spec(steps=100, curriculum=0.5)
    drawn = [lengths_at(step, TASK, asked) for step in range(100)]
    assert drawn[0] == (1,)
    assert all(set(one) <= set(other) for one, other in pairwise(drawn))
    assert drawn[50] == TASK.train_lengths != drawn[38]
    assert [max(lengths) for lengths in (drawn[10], drawn[20], drawn[40])] == [2, 3, 5]


def test_no_curriculum_draws_all_lengths_from_the_start() -> None:
    assert lengths_at(0, TASK, spec()) == TASK.train_lengths


def test_batches_follow_the_curriculum() -> None:
    drawn = [longest(step.batch) for step in feed(60, curriculum=1.0, steps=60)]
    assert drawn[0] == 1
    assert max(drawn[:30]) <= 4
    assert max(drawn[-5:]) >= 5


def test_batches_of_one_length_have_no_padding_and_every_length_comes() -> None:
    batches = [step.batch for step in feed(60, same_length_batches=True)]
    assert all(batch.target_mask.all() for batch in batches)
    assert {longest(batch) for batch in batches} == set(TASK.train_lengths)


def test_batches_of_one_length_are_the_seeds_own() -> None:
    first, again, other = (
        [longest(step.batch) for step in feed(30, seed, same_length_batches=True)] for seed in (3, 3, 4)
    )
    assert first == again != other


def test_training_reads_what_a_task_means_for_training_and_validation_does_not() -> None:
    seen: list[str] = []

    class Practised(VariableCopy):
        def training_sample(self, *arguments: Any) -> Any:
            seen.append("training")
            return super().sample(*arguments)

    task = Practised(train_lengths=(2,), eval_lengths=(2,))
    next(sampled(task, spec(), 0, "cpu"))
    validation_set(task, 4)
    assert seen == ["training"]


def test_pieces_are_the_rows_in_order_whatever_their_number() -> None:
    batch = draw(TASK, 10, torch.Generator().manual_seed(0))
    for rows in (1, 3, 10, 99):
        cut = list(pieces(batch, "cpu", rows))
        assert torch.equal(torch.cat([piece.target for piece in cut]), batch.target)
        assert all(len(piece.target) <= rows for piece in cut)


@pytest.mark.parametrize("model", ["gru", "transformer"])
def test_rows_in_a_pass_are_as_many_as_fit_in_so_many_numbers(model: str) -> None:
    made, pairwise = build(model, TASK.source, TASK.target, hidden=8), model == "transformer"
    held = NUMBERS["at once" if pairwise else "stepwise"]
    for length in (4, 200, 2000, 40_000):
        batch = draw(TASK, 1, torch.Generator().manual_seed(0), (length,))
        places = 2 * length + 1
        row, rows = places * (WIDTH + pairwise * places), rows_at_once(made, batch)
        assert rows * row <= held or rows == 1
        assert (rows + 1) * row > held


def test_fewer_rows_fit_where_a_layer_is_wide() -> None:
    batch = draw(TASK, 1, torch.Generator().manual_seed(0), (2000,))
    rows = [rows_at_once(build("gru", TASK.source, TASK.target, hidden=hidden), batch) for hidden in (8, 512)]
    assert rows[0] // rows[1] == 3 * 512 // WIDTH
