"""Contracts over every registered task: what is drawn."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from cases import SHORT_TEXT, label, tensors, where_here
from harness import OWN_TASKS
from torch import Tensor

from bench.checks.contracts import ContractError, check_task
from bench.trial.batches import draw
from bench.trial.streams import stream
from tasks import TASKS, Batch, Task
from tasks.base import EOS, FIRST_TOKEN, PAD, Values, before
from tasks.strings.copy import Copy

MIXED = {"train_lengths": (1, 2, 5)}
SHORT = {"eval_lengths": (1, 2, 5, 12, 100)}  # longer ones take seconds, and are in the task's own test
STOPS = [MIXED | {"stop": stop} for stop in ("none", "once", "padded")]
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "copy": [{}, *STOPS],
    "reverse": [{}, *STOPS],
    "variable_copy": [{}, *STOPS, {"symbols": 1}],
    "addition": [
        {},
        MIXED,
        MIXED | {"operands": "digits", "shortest": 1, "base": 2},
        MIXED | {"operands": "equal", "low_first_operands": True, "low_first_sum": True},
        MIXED | {"pad_zeros": True, "base": 16},
        MIXED | {"aligned": True},
        MIXED | {"operands": "longest", "shortest": 1, "carry_heavy": 0.5},
    ],
    "sort": [{}, *STOPS],
    "repeat_symbol": [{}, {"symbols": 2}],
    "missing_symbol": [{}, {"symbols": 2}],
    "selective_copy": [{}, {"share": 0.0}, {"share": 1.0, "symbols": 1}],
    "brackets": [{}, {"kinds": 1}, {"kinds": 5, "depth": 1}, {"depth": 3}],
    "permutation": [{}, {"group": "s3", "answer": "each"}],
    "modular": [{}, {"modulus": 2}],
    "nested": [
        SHORT | settings
        for settings in ({}, {"algebra": "boolean"}, {"algebra": "lists", "measured": "depth"}, {"modulus": 12})
    ],
    "solve_equation": [SHORT, SHORT | {"modulus": 13}],
    "multiplication": [{}, {"factor": "same"}],
    "count": [{}, {"asked": "majority"}],
    "induction": [{}, {"symbols": 3}],
    "flip_flop": [{}, {"ignored": 1.0}],
    "even_pairs": [{}, MIXED],
    "cycle_navigation": [{}, {"places": 2}],
    "stack_manipulation": [{}, MIXED],
    "odds_first": [{}, *STOPS],
    "square_root": [{}, MIXED],
    "recall": [{}, {"width": 1, "letters": 11_000, "values": 1, "queries": 1}],
    "sine": [{}, {"noise": 0.1}, {"spread": 0.3}, {"frequencies": (1.0, 2.5), "weights": (1.0, 0.5)}],
    "human_numbers": [
        SHORT_TEXT,
        SHORT_TEXT | {"form": "successor"},
        SHORT_TEXT | {"mode": "chunks", "stride": 5, "window": 12},
        SHORT_TEXT | {"mode": "windows", "missing": (3, 70)},
    ],
}
CHOSEN = [TASKS[name](**settings) for name in sorted(TASKS) for settings in VARIANTS.get(name, [{}])]
SAMPLED = [task for task in CHOSEN if task.data != "text"]
DEVICES = ["cpu", *([pytest.param("cuda", marks=pytest.mark.cuda)] if torch.cuda.is_available() else [])]
every_task = pytest.mark.parametrize("task", where_here(CHOSEN), ids=label)
every_sampled = pytest.mark.parametrize("task", SAMPLED, ids=label)


def same(left: Batch, right: Batch) -> bool:
    return all(torch.equal(one, other) for one, other in zip(tensors(left), tensors(right), strict=True))


@every_task
def test_the_task_keeps_its_contract(task: Task) -> None:
    check_task(task)


@every_sampled
def test_the_same_stream_gives_the_same_batch_and_leaves_the_global_one_alone(task: Task) -> None:
    state = torch.get_rng_state()
    first = draw(task, 32, stream("cpu", "one"))
    torch.manual_seed(12345)
    assert same(first, draw(task, 32, stream("cpu", "one")))
    torch.set_rng_state(state)
    draw(task, 32, stream("cpu", "one"))
    assert torch.equal(torch.get_rng_state(), state)


@every_sampled
def test_different_streams_give_different_batches(task: Task) -> None:
    assert not same(draw(task, 32, stream("cpu", "one")), draw(task, 32, stream("cpu", "two")))


@every_sampled
def test_one_stream_goes_on_with_new_examples(task: Task) -> None:
    generator = stream("cpu", "one")
    assert not same(draw(task, 32, generator), draw(task, 32, generator))


def many(task: Task) -> Iterator[Batch]:
    """Yield many examples: of training lengths as training reads them, of every evaluated length, of adversarial kinds.

    The longer the examples, the fewer; the widest is wider than it need be.
    """
    yield draw(task, 200, stream("cpu", "many"))
    yield draw(task, 200, stream("cpu", "many"), training=True)
    for length in sorted({*task.inside_lengths, *task.eval_lengths}):
        count = max(4, min(200, 40_000 // length))
        rows, generator = torch.full((count,), length), stream("cpu", "many", length)
        yield task.sample(rows, length, generator)
        yield task.sample(rows[:4], length + 3, generator)
        yield from (task.adversarial(kind, rows, length, generator) for kind in task.adversarial_kinds)


def well_formed(ids: Tensor, length: Tensor, size: int, *, ends: bool) -> None:
    """Check ids (rows, time): data up to each length, EOS only where they end, PAD behind, nothing empty."""
    real = before(length, ids.shape[1])
    assert ids.dtype == torch.long
    assert length.min() >= 1
    assert length.max() <= ids.shape[1]
    assert (ids[~real] == PAD).all()
    stopped = ids == EOS
    assert ends or not stopped.any()
    assert ((ids >= FIRST_TOKEN) & (ids < size) | stopped)[real].all()
    assert (stopped.long().cummax(1).values.bool() == stopped)[real].all()  # nothing follows an EOS but more of them


@pytest.mark.parametrize("task", [task for task in SAMPLED if task.data == "strings"], ids=label)
def test_strings_are_tokens_of_their_spaces_never_empty_and_padded_behind(task: Task) -> None:
    for batch in many(task):
        assert batch.source is not None
        assert task.source is not None
        well_formed(batch.source, batch.source_length, task.source.size, ends=False)
        well_formed(batch.target, batch.target_length, task.target.size, ends=True)
        assert torch.equal(batch.target_mask, before(batch.target_length, batch.target.shape[1]))
        assert batch.identity is None or (batch.identity.shape, batch.identity.dtype) == (
            (len(batch.target),),
            torch.long,
        )


@pytest.mark.parametrize("task", [task for task in SAMPLED if task.data == "signals"], ids=label)
def test_signals_are_finite_numbers_of_the_length_asked_for(task: Task) -> None:
    for batch in many(task):
        for values, length in ((batch.source, batch.source_length), (batch.target, batch.target_length)):
            assert values is not None
            assert values.is_floating_point()
            assert values.isfinite().all()
            assert length.min() >= 1
            assert length.max() <= values.shape[1]


class Halved(Copy):
    """A broken task: copies half of a string, of one symbol nothing."""

    def paired(self, source: Tensor, length: Tensor) -> Batch:
        half = length // 2
        return Batch(source, length, source.masked_fill(~before(half, source.shape[1]), PAD), half)


def test_an_answer_that_may_be_empty_is_seen() -> None:
    task = Halved(train_lengths=(4,), eval_lengths=(1, 4))
    first, *_, short = sorted(many(task), key=lambda batch: -int(batch.target_length.min()))
    well_formed(first.target, first.target_length, task.target.size, ends=True)
    with pytest.raises(AssertionError):
        well_formed(short.target, short.target_length, task.target.size, ends=True)
    with pytest.raises(ContractError, match="nothing is always right"):
        check_task(task)


@every_task
def test_data_are_of_a_known_kind_and_fit_the_spaces(task: Task) -> None:
    assert task.data in ("strings", "signals", "text")
    assert (task.data == "signals") == isinstance(task.target, Values)
    assert (task.data == "text") == (task.source is None)
    assert task.streams == (task.data == "text")


@every_task
def test_an_example_is_the_same_whenever_it_is_printed_and_draws_on_nothing_else(task: Task) -> None:
    shown = sorted({max(task.inside_lengths), *task.eval_lengths})[:2]
    printed, state = [task.example(length) for length in shown], torch.get_rng_state()
    torch.manual_seed(99)
    assert [task.example(length) for length in shown] == printed
    torch.set_rng_state(state)
    task.example(shown[0])
    assert torch.equal(torch.get_rng_state(), state)
    assert all(printed)
    assert all(" -> " in example for example in printed) == (task.data != "text")


def test_every_task_says_in_one_line_what_is_asked(task_name: str) -> None:
    first = (inspect.getdoc(TASKS[task_name]) or "").splitlines()[0]
    assert first.endswith((".", ":"))
    assert len(first) > 20


@pytest.mark.parametrize("task", where_here(task for task in CHOSEN if task.data == "text"), ids=label)
def test_a_text_has_no_reserved_ids_but_the_stop_that_ends_a_sentence(task: Task) -> None:
    stops = {EOS} if task.name == "words_brown" else set()
    for text in (task.training_text(), *map(task.stream, task.eval_lengths)):
        found = set(text.unique().tolist())
        assert found >= stops
        assert found - stops <= set(range(FIRST_TOKEN, task.target.size))


@pytest.mark.parametrize("device", DEVICES)
@every_sampled
def test_a_batch_is_on_its_generators_device(task: Task, device: str) -> None:
    batch = draw(task, 8, stream(device, "device"))
    assert {each.device.type for each in (*tensors(batch), batch.target_mask)} == {device}


@every_sampled
def test_widths_depend_on_the_longest_length_alone(task: Task) -> None:
    longest = max(task.train_lengths)
    shapes = set()
    for lengths in ([longest] * 4, [min(2, longest)] * 4, [1, longest, longest, 1]):
        batch = task.sample(torch.tensor(lengths), longest, stream("cpu", "width"))
        shapes.add(tuple(tuple(each.shape) for each in tensors(batch)))
    assert len(shapes) == 1


@every_sampled
def test_each_training_length_is_drawn_alike(task: Task) -> None:
    asked: list[int] = []
    sample = type(task).sample

    def counted(self: Task, length: Tensor, most: int, generator: torch.Generator) -> Batch:
        asked.extend(length.tolist())
        return sample(self, length, most, generator)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(task), "sample", counted)
        draw(task, 3000, stream("cpu", "lengths"))
    assert set(asked) == set(task.train_lengths)
    expected = 3000 / len(task.train_lengths)
    assert all(abs(asked.count(length) - expected) < 5 * expected**0.5 for length in task.train_lengths)


@pytest.mark.parametrize("name", [name for name in OWN_TASKS if TASKS[name].automaton])
def test_an_automaton_that_a_task_states_is_of_a_known_class(name: str) -> None:
    said = TASKS[name].automaton
    assert "\n" not in said
    assert any(place in said for place in ("regular", "context-free", "context-sensitive", "outside"))
