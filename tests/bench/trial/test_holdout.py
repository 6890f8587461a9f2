"""Hold-out by hash: no example that is evaluated is ever trained on."""

from __future__ import annotations

import itertools

import pytest
import torch
import torch.nn.functional as F
from string_tasks import EXAMPLES, STRINGS, sources

from bench.spec.spec import Spec
from bench.trial.batches import draw, rows_of, sampled
from bench.trial.evaluation_sets import evaluation_set, validation_set
from bench.trial.holdout import example_hash, held_out
from bench.trial.protocols import protocol_of
from bench.trial.streams import stream
from tasks import Batch, Task
from tasks.signals.sine import Sine
from tasks.strings.copy import Copy

every_strings = pytest.mark.parametrize("name", sorted(STRINGS))
by_source = pytest.mark.parametrize("name", sorted(set(STRINGS) - {"addition", "aligned"}))  # sums: tests/tasks


def spec(task: Task, **changes: int) -> Spec:
    return Spec(task.name, "gru", **changes)


def hashes(batch: Batch) -> list[int]:
    found = example_hash(batch)
    assert found is not None
    return found.tolist()


@by_source
@pytest.mark.parametrize("columns", [1, 7])
def test_an_examples_hash_is_the_same_at_any_padding_width(name: str, columns: int) -> None:
    batch = draw(STRINGS[name], 200, stream("cpu", "hash"))
    assert batch.source is not None
    for filler in (0, 5):
        wider = Batch(
            F.pad(batch.source, (0, columns), value=filler), batch.source_length, batch.target, batch.target_length
        )
        assert hashes(wider) == hashes(batch)


@every_strings
def test_an_examples_hash_is_the_same_in_any_batch(name: str) -> None:
    batch = draw(STRINGS[name], 20, stream("cpu", "hash"))
    alone = [hashes(rows_of(batch, torch.tensor([row])))[0] for row in range(20)]
    assert alone == hashes(batch)


@by_source
def test_one_string_has_one_hash_and_other_strings_have_others(name: str) -> None:
    batch = draw(STRINGS[name], 2000, stream("cpu", "hash"))
    strings, found = sources(batch), hashes(batch)
    assert len(set(strings)) == len(set(found)) == len(set(zip(strings, found, strict=True)))


@pytest.mark.parametrize("name", ["copy", "reverse", "addition", "successor"])
def test_about_one_string_in_eight_is_held_out(name: str) -> None:
    batch = draw(STRINGS[name], 4000, stream("cpu", "share"))
    first = list({string: row for row, string in enumerate(sources(batch))}.values())
    held = held_out(rows_of(batch, torch.tensor(first)))
    assert held is not None
    assert abs(held.double().mean().item() - 1 / 8) < 5 * (7 / 64 / len(first)) ** 0.5


def test_about_one_frequency_bin_in_eight_is_held_out() -> None:
    batch = draw(Sine(spread=0.2), 4000, stream("cpu", "share"))
    held = held_out(batch)
    assert held is not None
    assert batch.identity is not None
    bins = set(batch.identity[held].tolist())
    assert 3 <= len(bins) <= 16
    assert not bins & set(batch.identity[~held].tolist())


def test_a_sine_without_spread_has_nothing_to_hold_out() -> None:
    assert held_out(draw(Sine(), 10, stream("cpu", "share"))) is None


def trained_strings(task: Task, steps: int) -> set[tuple[int, ...]]:
    """Return every source string that has weight in so many training steps."""
    found: set[tuple[int, ...]] = set()
    for step in itertools.islice(sampled(task, spec(task, batch=128), 1, "cpu"), steps):
        weights = step.weight.any(1).tolist()
        found |= {source for source, counts in zip(sources(step.batch), weights, strict=True) if counts}
    return found


@every_strings
def test_no_string_of_evaluation_or_validation_is_ever_trained_on(name: str) -> None:
    task = STRINGS[name]
    trained = trained_strings(task, 100)
    assert len(trained) > 100
    assert not trained & set(sources(validation_set(task, 256)))
    for length in task.eval_lengths:
        chosen = evaluation_set(task, length, EXAMPLES)
        assert not chosen.unseen or not trained & set(sources(chosen.batch))


@every_strings
def test_held_out_rows_have_no_weight_and_the_others_all_of_theirs(name: str) -> None:
    task = STRINGS[name]
    for step in itertools.islice(protocol_of(task).batches(task, spec(task), 1, "cpu"), 5):
        held = held_out(step.batch)
        assert held is not None
        assert held.any()
        assert not step.weight[held].any()
        assert torch.equal(step.weight[~held], step.batch.target_mask[~held])


@every_strings
def test_a_trivial_baseline_sees_no_held_out_example(name: str) -> None:
    step = protocol_of(STRINGS[name]).fitting_batch(STRINGS[name], spec(STRINGS[name], fits=300), 1, "cpu")
    held = held_out(step.batch)
    assert held is not None
    assert not held.any()
    assert 200 < len(step.batch.target) < 300


def strings_of_seed(task: Task, seed: int) -> set[tuple[int, ...]]:
    steps = itertools.islice(sampled(task, spec(task, batch=256), seed, "cpu"), 20)
    return {source for step in steps for source in sources(step.batch)}


def test_seeds_one_and_two_train_on_disjoint_strings() -> None:
    task = Copy(symbols=20, train_lengths=(20,))
    one, two = strings_of_seed(task, 1), strings_of_seed(task, 2)
    assert len(one) == len(two) == 20 * 256
    assert not one & two
    assert one == strings_of_seed(task, 1)
