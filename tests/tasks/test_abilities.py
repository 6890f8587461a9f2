"""The tasks of single abilities beside plain-Python answers."""

from __future__ import annotations

import pytest
import torch
from cases import label
from plain_answers import STOP, all_are_answered, printed

from bench.trial.batches import draw
from bench.trial.evaluation_sets import evaluation_set
from bench.trial.streams import stream
from tasks import TASKS, Task
from tasks.strings.brackets import Brackets
from tasks.strings.missing_symbol import MissingSymbol
from tasks.strings.parity import Parity
from tasks.strings.repeat_symbol import RepeatSymbol
from tasks.strings.selective_copy import SelectiveCopy
from tasks.strings.sort import Sort

ABILITIES: list[Task] = [
    RepeatSymbol(),
    RepeatSymbol(symbols=3),
    Parity(),
    Sort(),
    Sort(symbols=3),
    MissingSymbol(),
    MissingSymbol(symbols=2),
    SelectiveCopy(),
    SelectiveCopy(share=0.1),
    SelectiveCopy(share=0.0, symbols=1),
    Brackets(),
    Brackets(kinds=1),
    Brackets(kinds=4, depth=1),
    Brackets(kinds=3, depth=3),
]
every_ability = pytest.mark.parametrize("task", ABILITIES, ids=label)


@every_ability
def test_answers_are_those_of_plain_python(task: Task) -> None:
    length = torch.tensor([1, 2, 3, 4, 7, 11, 23] * 60)
    batch = task.sample(length, 23, stream("cpu", "oracle"))
    assert all_are_answered(task, batch)
    for asked, (question, _) in zip(length.tolist(), printed(task, batch), strict=True):
        assert len(question) == (2 * asked + 1 if task.name == "missing_symbol" else asked)


@pytest.mark.slow
@pytest.mark.parametrize("task", [task for task in ABILITIES if task == type(task)()], ids=label)
def test_the_longest_evaluation_sets_are_drawn_and_right(task: Task) -> None:
    assert max(task.eval_lengths) == 2000
    chosen = evaluation_set(task, 2000, 64)
    assert len(chosen.batch.target) == (3 if task.name == "repeat_symbol" else 64)  # of its 8 strings, 3 are held out
    assert chosen.unseen
    assert all_are_answered(task, chosen.batch)
    evaluation_set.cache_clear()


@every_ability
def test_defaults_train_up_to_twenty_and_stop_where_they_should(task: Task) -> None:
    assert task.train_lengths == tuple(range(1, 21))
    stops = task.name not in ("parity", "missing_symbol")
    assert all((target[-1] == STOP) == stops for _, target in printed(task, draw(task, 50, stream("cpu", "stops"))))


def test_abilities_are_of_different_classes_of_automata() -> None:
    places = {name: TASKS[name].automaton.split(":")[0] for name in ("parity", "reverse", "brackets", "repeat_symbol")}
    free = "deterministic context-free"
    assert places == {"parity": "regular", "reverse": free, "brackets": free, "repeat_symbol": free}


@every_ability
def test_chance_is_a_probability_at_every_length(task: Task) -> None:
    assert all(0 <= task.chance(length) <= 1 for length in task.eval_lengths)
    if task.name in ("repeat_symbol", "parity", "missing_symbol"):
        assert task.chance(2000) == pytest.approx(1 / getattr(task, "symbols", 2))
