"""The tasks of single abilities beside plain-Python answers, what they draw, and their levels of chance."""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
import torch
from cases import label
from harness import OWN_TASKS, ROOT
from plain_answers import STOP, all_are_answered, answer, closing, posed
from scipy.stats import chisquare

from bench.spec.spec import Spec
from bench.trial.batches import draw, sampled
from bench.trial.evaluation_sets import evaluation_set
from bench.trial.holdout import held_out
from bench.trial.protocols import protocol_of
from bench.trial.streams import stream
from tasks import TASKS, Batch, Task
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
SURELY_NOT_CHANCE = 1e-4


def drawn(task: Task, length: int, rows: int) -> Batch:
    return task.sample(torch.full((rows,), length), length, stream("cpu", "ability", length))


def is_fair(counts: list[int]) -> bool:
    return bool(chisquare(counts).pvalue > SURELY_NOT_CHANCE)


@every_ability
def test_answers_are_those_of_plain_python(task: Task) -> None:
    length = torch.tensor([1, 2, 3, 4, 7, 11, 23] * 60)
    batch = task.sample(length, 23, stream("cpu", "oracle"))
    assert all_are_answered(task, batch)
    for asked, (question, _) in zip(length.tolist(), posed(task, batch), strict=True):
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
    assert task.version == 1
    assert task.train_lengths == tuple(range(1, 21))
    stops = task.name not in ("parity", "missing_symbol")
    assert all((target[-1] == STOP) == stops for _, target in posed(task, draw(task, 50, stream("cpu", "stops"))))


@pytest.mark.parametrize("name", [name for name in OWN_TASKS if TASKS[name].automaton])
def test_an_automaton_that_a_task_states_is_of_a_known_class(name: str) -> None:
    said = TASKS[name].automaton
    assert "\n" not in said
    assert any(place in said for place in ("regular", "context-free", "context-sensitive", "outside"))


def test_abilities_are_of_different_classes_of_automata() -> None:
    places = {name: TASKS[name].automaton.split(":")[0] for name in ("parity", "reverse", "brackets", "repeat_symbol")}
    free = "deterministic context-free"
    assert places == {"parity": "regular", "reverse": free, "brackets": free, "repeat_symbol": free}


def test_repeated_symbols_are_drawn_alike() -> None:
    found = Counter(question[0] for question, _ in posed(RepeatSymbol(), drawn(RepeatSymbol(), 5, 2000)))
    assert len(found) == 8
    assert is_fair(list(found.values()))


@pytest.mark.parametrize("symbols", range(2, 41))
def test_some_of_a_lengths_repeated_symbols_are_held_out_and_never_all(symbols: int) -> None:
    task = RepeatSymbol(symbols=symbols)
    for length in (1, 2, 20, 2000):
        held = held_out(drawn(task, length, 40 * symbols))
        assert held is not None
        assert 0 < held.sum() < len(held)


def test_repeated_symbols_are_each_trained_and_at_every_length_but_held_out_pairs_never() -> None:
    task, trained = RepeatSymbol(), set()
    for step in itertools.islice(sampled(task, Spec(task.name, "gru"), 1, "cpu"), 60):
        pairs = zip(posed(task, step.batch), step.weight.any(1).tolist(), strict=True)
        trained |= {(question[0], len(question)) for (question, _), counts in pairs if counts}
    assert {length for _, length in trained} == set(range(1, 21))
    assert {symbol for symbol, _ in trained} == set("abcdefgh")
    for length in task.eval_lengths[:9]:
        chosen = evaluation_set(task, length, 64)
        judged = {(question[0], len(question)) for question, _ in posed(task, chosen.batch)}
        assert chosen.unseen
        assert len(judged) == 3
        assert not judged & trained


def test_bits_and_symbols_to_sort_are_uniform() -> None:
    for task, count in ((Parity(), 2), (Sort(), 8)):
        found = Counter(symbol for question, _ in posed(task, drawn(task, 9, 1000)) for symbol in question)
        assert len(found) == count
        assert is_fair(list(found.values()))


def test_the_blank_is_at_any_place_alike_and_hides_any_symbol_alike() -> None:
    task = MissingSymbol()
    examples = posed(task, drawn(task, 6, 3000))
    places = Counter(question.index("_") - 7 for question, _ in examples)
    assert sorted(places) == list(range(6))
    assert is_fair(list(places.values()))
    assert is_fair(list(Counter(target[0] for _, target in examples).values()))
    for question, target in examples:
        first, second = question[:6], question[7:]
        assert [target[0] if symbol == "_" else symbol for symbol in second] == first
        assert question.count("_") == question.count("|") == 1


def test_sums_of_the_copies_give_the_missing_symbol_away() -> None:
    task = MissingSymbol(symbols=5)
    for question, target in posed(task, drawn(task, 12, 200)):
        first, second = (
            sum("abcde".index(symbol) for symbol in half if symbol != "_") for half in (question[:12], question[13:])
        )
        assert "abcde"[(first - second) % 5] == target[0]


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 1.0])
def test_data_have_their_share_of_positions_and_at_least_one(share: float) -> None:
    task = SelectiveCopy(share=share)
    questions = [question for question, _ in posed(task, drawn(task, 10, 4000))]
    counts = [sum(symbol != "_" for symbol in question) for question in questions]
    assert min(counts) >= 1
    expected = 10 * share + (1 - share) ** 10
    assert abs(sum(counts) / 4000 - expected) < 5 * (2.5 / 4000) ** 0.5
    symbols = Counter(symbol for question in questions for symbol in question if symbol != "_")
    assert is_fair(list(symbols.values()))
    places = Counter(at for question in questions for at, symbol in enumerate(question) if symbol != "_")
    assert is_fair([places[at] for at in range(10)])


def walks(length: int, bound: int) -> dict[tuple[int, ...], Fraction]:
    """Return every way that the depth of a prefix goes, and how probable it is."""
    found = {(0,): Fraction(1)}
    for _ in range(length):
        longer: dict[tuple[int, ...], Fraction] = {}
        for walk, probability in found.items():
            steps = {0: [1], bound or math.inf: [-1]}.get(walk[-1], [1, -1])
            for step in steps:
                longer[*walk, walk[-1] + step] = probability / len(steps)
        found = longer
    return found


@pytest.mark.parametrize("bound", [0, 1, 2, 3])
def test_depths_are_a_walk_that_turns_at_the_ground_and_at_the_bound(bound: int) -> None:
    task, rows = Brackets(kinds=2, depth=bound), 8000
    found = Counter(
        tuple(len(closing(question[:end])) for end in range(7)) for question, _ in posed(task, drawn(task, 6, rows))
    )
    expected = walks(6, bound)
    assert set(found) == set(expected)
    pairs = [(found[walk], float(probability) * rows) for walk, probability in expected.items()]
    assert len(pairs) == 1 or chisquare(*zip(*pairs, strict=True)).pvalue > SURELY_NOT_CHANCE


def test_opening_brackets_are_of_each_kind_alike() -> None:
    task = Brackets(kinds=4)
    found = Counter(bracket for question, _ in posed(task, drawn(task, 12, 800)) for bracket in question)
    assert is_fair([found[bracket] for bracket in "([{<"])


def test_many_kinds_of_brackets_have_numbers() -> None:
    task = Brackets(kinds=6)
    assert task.text([3, 8, 9, 14]) == ") 5) ( (5"
    assert len({task.symbol(index) for index in range(12)}) == 12


@pytest.mark.parametrize("symbols", [1, 2, 3])
@pytest.mark.parametrize("length", [1, 2, 5, 6])
def test_chance_of_sorting_is_the_likeliest_answer(symbols: int, length: int) -> None:
    answers = Counter(
        tuple(answer("sort", list(string))) for string in itertools.product("abc"[:symbols], repeat=length)
    )
    assert Sort(symbols=symbols).chance(length) == pytest.approx(max(answers.values()) / symbols**length)


@pytest.mark.parametrize(("share", "symbols"), [(0.5, 8), (0.2, 2), (0.0, 4), (1.0, 3)])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_chance_of_selective_copy_guesses_each_symbol(share: float, symbols: int, length: int) -> None:
    expected = 0.0
    for mask in itertools.product((0, 1), repeat=length):
        count = sum(mask)
        expected += share**count * (1 - share) ** (length - count) / symbols ** max(count, 1)
    assert SelectiveCopy(share=share, symbols=symbols).chance(length) == pytest.approx(expected)


@pytest.mark.parametrize("bound", [0, 1, 3])
@pytest.mark.parametrize("kinds", [1, 2, 5])
@pytest.mark.parametrize("length", [1, 2, 7])
def test_chance_of_brackets_guesses_each_kind(length: int, kinds: int, bound: int) -> None:
    expected = sum(float(probability) / kinds ** walk[-1] for walk, probability in walks(length, bound).items())
    assert Brackets(kinds=kinds, depth=bound).chance(length) == pytest.approx(expected)


@every_ability
def test_chance_is_a_probability_at_every_length(task: Task) -> None:
    assert all(0 <= task.chance(length) <= 1 for length in task.eval_lengths)
    if task.name in ("repeat_symbol", "parity", "missing_symbol"):
        assert task.chance(2000) == pytest.approx(1 / getattr(task, "symbols", 2))


@cache
def judged() -> list[tuple[str, str, tuple[int, int], int, str]]:
    """Return what the committed records judged: task, settings as JSON, examples, task version, evaluation hash.

    Examples: random ones, and of each adversarial kind. Strings longer than 400 take too long to draw.
    """
    found = set()
    for file in sorted(Path(ROOT, "results", "baseline").glob("*/records/*.json")):
        made = json.loads(file.read_text())
        name, settings = made["spec"]["task"], made["spec"]["task_settings"]
        if name in ("copy", "reverse", "variable_copy", "addition", "human_numbers") and "mode" not in settings:
            if name != "human_numbers" and max(settings.get("eval_lengths", (0,))) > 400:
                continue
            counts = (made["spec"]["examples"], made["spec"].get("adversarial", 0))
            about = json.dumps({field: value for field, value in settings.items() if field != "window"})
            found.add((name, about, counts, made["task_version"], made["evaluation_hash"]))
    return sorted(found)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "settings", "counts", "version", "hashed"), judged())
def test_committed_records_were_judged_on_what_is_drawn_today(
    name: str, settings: str, counts: tuple[int, int], version: int, hashed: str
) -> None:
    given = json.loads(settings).items()
    task = TASKS[name](**{field: tuple(value) if isinstance(value, list) else value for field, value in given})
    assert task.version != version or protocol_of(task).fingerprint(task, *counts) == hashed
