"""Hold-out by hash: no example that is evaluated is ever trained on, and streams are read in order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F

from bench.spec.spec import Spec
from bench.trial.batches import Step, draw, fitting_batch, rows_of, sampled, streamed, training_feed
from bench.trial.evaluation_sets import HeldOutSet, evaluation_hash, evaluation_set, tensors_hash, validation_set
from bench.trial.holdout import example_hash, held_out
from bench.trial.streams import number, stream
from tasks import TASKS, Batch, Task
from tasks.arithmetic.addition import Addition
from tasks.base import START
from tasks.signals.sine import Sine
from tasks.strings.copy import Copy
from tasks.strings.reverse import Reverse
from tasks.strings.variable_copy import VariableCopy
from tasks.text.human_numbers import HumanNumbers

STRINGS: dict[str, Task] = {
    "copy": Copy(),
    "reverse": Reverse(train_lengths=(6,), eval_lengths=(2, 3, 5, 6, 9)),
    "variable_copy": VariableCopy(symbols=3, train_lengths=(1, 2, 3, 4, 5, 6), eval_lengths=tuple(range(1, 10))),
    "addition": Addition(train_lengths=(1, 2, 3), shortest=1, eval_lengths=(1, 2, 3, 4)),
    "aligned": Addition(train_lengths=(2,), shortest=1, aligned=True, eval_lengths=(1, 2, 4)),
    "successor": HumanNumbers(form="successor"),
}
every_strings = pytest.mark.parametrize("name", sorted(STRINGS))
EXAMPLES = 64


def spec(task: Task, **changes: int) -> Spec:
    return Spec(task.name, "gru", **changes)


def sources(batch: Batch) -> list[tuple[int, ...]]:
    """Return each source as a Python tuple, padding dropped."""
    assert batch.source is not None
    pairs = zip(batch.source.tolist(), batch.source_length.tolist(), strict=True)
    return [tuple(row[:length]) for row, length in pairs]


def hashes(batch: Batch) -> list[int]:
    found = example_hash(batch)
    assert found is not None
    return found.tolist()


def drawn_set(task: Task, length: int, examples: int = EXAMPLES) -> HeldOutSet:
    """Draw an evaluation set anew, not from the cache."""
    evaluation_set.cache_clear()
    return evaluation_set(task, length, examples)


@every_strings
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


@every_strings
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
    for step in itertools.islice(training_feed(task, spec(task), 1, "cpu"), 5):
        held = held_out(step.batch)
        assert held is not None
        assert held.any()
        assert not step.weight[held].any()
        assert torch.equal(step.weight[~held], step.batch.target_mask[~held])


@every_strings
def test_a_fitted_floor_sees_no_held_out_example(name: str) -> None:
    step = fitting_batch(STRINGS[name], spec(STRINGS[name], fits=300), 1, "cpu")
    held = held_out(step.batch)
    assert held is not None
    assert not held.any()
    assert 200 < len(step.batch.target) < 300


@every_strings
def test_evaluation_sets_are_distinct_strings_of_the_length_asked_for(name: str) -> None:
    task = STRINGS[name]
    for length in task.eval_lengths:
        strings = sources(evaluation_set(task, length, EXAMPLES).batch)
        assert len(set(strings)) == len(strings) <= EXAMPLES
        if isinstance(task, Copy):
            assert {len(string) for string in strings} == {length}


@pytest.mark.parametrize("symbols", [3, 5])
@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_small_space_is_used_whole_each_held_out_string_once(length: int, symbols: int) -> None:
    space = list(itertools.product(range(3, 3 + symbols), repeat=length))
    whole = Batch(torch.tensor(space), torch.full((len(space),), length), torch.tensor(space), torch.tensor([length]))
    held = held_out(whole)
    assert held is not None
    expected = {string for string, out in zip(space, held.tolist(), strict=True) if out} or set(space)
    chosen = drawn_set(Copy(symbols=symbols), length, 512)
    assert sorted(sources(chosen.batch)) == sorted(expected)
    assert chosen.unseen == bool(held.any())


def test_a_large_space_gives_all_the_examples_asked_for() -> None:
    for task, length in ((Copy(), 10), (VariableCopy(), 14), (Addition(), 4), (Sine(spread=0.1), 50), (Sine(), 50)):
        chosen = drawn_set(task, length, 100)
        assert len(chosen.batch.target) == 100
        assert chosen.unseen


def test_frequencies_that_are_evaluated_are_held_out() -> None:
    task = Sine(spread=0.2)
    for batch in (drawn_set(task, 50).batch, validation_set(task, 32)):
        held = held_out(batch)
        assert held is not None
        assert held.all()


def test_validation_has_training_lengths_only_each_alike() -> None:
    task = VariableCopy(train_lengths=(3, 8), eval_lengths=(3, 8, 20))
    lengths = validation_set(task, 400).source_length.tolist()
    assert set(lengths) == {3, 8}
    assert 130 < lengths.count(3) < 270


@every_strings
def test_an_evaluation_set_is_the_same_when_drawn_again(name: str) -> None:
    task = STRINGS[name]
    length = task.eval_lengths[-1]
    first = drawn_set(task, length).batch
    torch.manual_seed(99)
    again = drawn_set(task, length).batch
    assert torch.equal(first.target, again.target)
    assert sources(first) == sources(again)
    assert evaluation_hash(task, 8) == evaluation_hash(task, 8)


def test_the_evaluation_hash_sees_every_part_and_shape() -> None:
    ids = torch.arange(6)
    seen = [[ids], [ids.view(2, 3)], [ids.int()], [ids + 1], [ids, ids], [None]]
    assert len({tensors_hash(tensors) for tensors in seen}) == len(seen)


@pytest.mark.parametrize("identities", [[(1, "train"), (2, "train"), (1, "weights"), ("evaluate", "copy", 1, 10)]])
def test_streams_of_other_names_share_no_number(identities: list[tuple[object, ...]]) -> None:
    assert len({number(*identity) for identity in identities}) == len(identities)
    drawn = [set(torch.randint(2**60, (5000,), generator=stream("cpu", *each)).tolist()) for each in identities]
    assert all(not one & other for one, other in itertools.combinations(drawn, 2))


def strings_of_seed(task: Task, seed: int) -> set[tuple[int, ...]]:
    steps = itertools.islice(sampled(task, spec(task, batch=256), seed, "cpu"), 20)
    return {source for step in steps for source in sources(step.batch)}


def test_seeds_one_and_two_train_on_disjoint_strings() -> None:
    task = Copy(symbols=20, train_lengths=(20,))
    one, two = strings_of_seed(task, 1), strings_of_seed(task, 2)
    assert len(one) == len(two) == 20 * 256
    assert not one & two
    assert one == strings_of_seed(task, 1)


LANES, WINDOW = 3, 8
TEXT = HumanNumbers(train_lengths=(60,), eval_lengths=(60, 90), starts=(1, 61), window=WINDOW)


def epochs(count: int) -> Iterator[list[Step]]:
    """Yield the steps of each epoch; one begins where no state is carried."""
    feed = streamed(TEXT, spec(TEXT, batch=LANES), 1, "cpu")
    steps = [next(feed)]
    for step in feed:
        if not step.carries:
            yield steps
            count -= 1
            if not count:
                return
            steps = []
        steps.append(step)


def test_lanes_are_contiguous_pieces_of_the_text_and_targets_come_one_later() -> None:
    text = [START, *TEXT.stream(60).tolist()]
    offsets = set()
    for steps in epochs(12):
        assert [step.carries for step in steps] == [False] + [True] * (len(steps) - 1)
        inputs = torch.cat([step.inputs for step in steps], 1).flatten().tolist()  # lane behind lane
        targets = torch.cat([step.batch.target for step in steps], 1).flatten().tolist()
        starts = [at for at in range(WINDOW) if text[at : at + len(inputs)] == inputs]
        assert any(text[at + 1 : at + 1 + len(targets)] == targets for at in starts)
        assert len(text) - len(inputs) <= WINDOW + LANES * WINDOW  # all of it is read but an end
        offsets.update(starts[:1])
    assert len(offsets) > 3


def test_every_symbol_of_a_window_counts() -> None:
    for step in next(epochs(1)):
        assert step.inputs.shape == step.weight.shape == (LANES, WINDOW)
        assert step.weight.all()
        assert step.batch.source is None


def test_no_text_that_is_evaluated_as_unseen_is_trained_on() -> None:
    task = HumanNumbers()
    trained = task.text(task.stream(7999).tolist())
    lines = set(trained.split(" . "))
    for last in task.eval_lengths[1:]:
        assert not lines & set(task.text(task.stream(last).tolist()).split(" . "))


def test_a_text_too_short_for_its_lanes_is_refused() -> None:
    with pytest.raises(ValueError, match="is too short for 64 lanes of 8"):
        next(streamed(TEXT, spec(TEXT, batch=64), 1, "cpu"))


def test_every_registered_task_that_is_sampled_can_be_evaluated(task_name: str) -> None:
    task = TASKS[task_name]()
    if not task.streams:
        chosen = drawn_set(task, max(task.train_lengths), 16)
        assert len(chosen.batch.target) == (3 if task_name == "repeat_symbol" else 16)  # of its 8 strings a length, 3
