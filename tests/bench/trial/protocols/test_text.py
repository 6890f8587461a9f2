"""The scores of a text against sums in plain Python."""

from __future__ import annotations

import math
import random

import pytest
import torch
from cases import CASES
from tiny import JUDGED, Bigram, Tiny, cut

from bench.trial.metrics import SPANS, Score
from bench.trial.protocols import protocol_of, text
from bench.trial.protocols.text import whole_lines
from models.base import Model
from tasks import Task
from tasks.text.human_numbers import HumanNumbers
from tasks.text.words_toy import WordsToy

LONG = JUDGED * 2
TASK = Tiny(judged=LONG)
NUMBERS = HumanNumbers(train_lengths=(30,), eval_lengths=(30, 45), starts=(1, 31), window=6)


def evaluated(model: Model, task: Task, length: int) -> Score:
    return protocol_of(task).score(model, task, length, 8, "cpu")


def scored(length: int, mode: str) -> list[tuple[int, int, int]]:
    """What is scored at a length of the tiny task: each symbol's place in its piece, the one before it, and itself."""
    text = TASK.judged_text().tolist()
    if length >= len(text):
        pieces, places = cut(text, len(text), 1), range(len(text))
    elif mode == "windows":
        pieces, places = cut(text, length, max(1, length // 2)), range(length - 1, length)
    else:
        pieces, places = cut(text, length, length), range(length // 2, length)
    return [(place, read[place], asked[place]) for read, asked in pieces for place in places]


def cost(table: list[list[float]], before: int, symbol: int) -> float:
    """-log softmax."""
    return math.log(sum(map(math.exp, table[before]))) - table[before][symbol]


def predicted(table: list[list[float]], before: int, symbol: int) -> bool:
    return max(range(len(table[before])), key=table[before].__getitem__) == symbol


@pytest.mark.parametrize("cells", [1, 400, 8_000_000])
@pytest.mark.parametrize("mode", ["stream", "chunks", "windows"])
@pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 61, len(LONG) - 1, len(LONG), 1000])
def test_nats_are_the_mean_cost_of_what_is_scored(
    length: int, mode: str, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "CELLS", cells)
    model = Bigram(TASK.target.size)
    table = model.table.double().tolist()
    found = evaluated(model, Tiny(judged=LONG, mode=mode, eval_lengths=(1000,)), length)
    wanted = scored(length, mode)
    right = [predicted(table, before, symbol) for _, before, symbol in wanted]
    assert found.nats == pytest.approx(sum(cost(table, *pair) for _, *pair in wanted) / len(wanted), rel=1e-5)
    assert (found.tokens, found.tokens_right) == (found.examples, found.right) == (len(wanted), sum(right))
    assert found.unseen
    assert found.stopped_wrong == 0
    steps = min(length, len(LONG))
    spans = min(SPANS, steps)
    assert len(found.errors_at) == spans
    for span, share in enumerate(found.errors_at):
        there = [not one for one, (at, _, _) in zip(right, wanted, strict=True) if at * spans // steps == span]
        assert share == (pytest.approx(sum(there) / len(there), rel=1e-3) if there else None)


@pytest.mark.parametrize("length", [30, 45])
def test_nats_of_human_numbers_are_those_of_the_whole_text_and_examples_are_its_lines(length: int) -> None:
    model = Bigram(NUMBERS.target.size)
    table, text = model.table.double().tolist(), NUMBERS.stream(length).tolist()
    found = evaluated(model, NUMBERS, length)
    pairs = list(zip([1, *text], text, strict=False))
    assert found.nats == pytest.approx(sum(cost(table, *pair) for pair in pairs) / len(pairs), rel=1e-5)
    assert found.tokens_right == sum(predicted(table, *pair) for pair in pairs)
    assert (found.tokens, found.examples) == (len(text), {30: 30, 45: 15}[length])
    assert found.unseen == (length == 45)


@pytest.mark.parametrize("mode", ["stream", "chunks", "windows"])
def test_the_last_length_is_the_whole_text_even_where_it_is_shorter(mode: str) -> None:
    task = Tiny(judged=LONG, mode=mode, eval_lengths=(2, 8))
    assert evaluated(Bigram(task.target.size), task, 8).tokens == len(LONG)


def test_the_toy_corpus_is_scored_as_seen() -> None:
    task = WordsToy()
    assert not evaluated(Bigram(task.target.size), task, 16).unseen


def test_nats_that_overflow_are_none() -> None:
    model = Bigram(TASK.target.size)
    model.table = torch.full_like(model.table, math.nan)
    assert evaluated(model, TASK, 8).nats is None


def test_strings_and_signals_have_no_nats() -> None:
    for kind in ("symbols", "values"):
        case = next(case for case in CASES if (case.model, case.kind) == ("gru", kind))
        assert evaluated(case.ready(), case.task, max(case.task.eval_lengths)).nats is None


@pytest.mark.parametrize("ends_with_separator", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_lines_are_right_when_all_their_symbols_are(seed: int, ends_with_separator: bool) -> None:
    drawn = random.Random(seed)
    texts = [[drawn.random() < 0.8 for _ in range(drawn.randint(1, 4))] for _ in range(20)]
    right = [each for line in texts for each in line]
    ends = [place == len(line) - 1 for line in texts for place in range(len(line))]
    if not ends_with_separator:
        ends[-1] = False
    assert whole_lines(torch.tensor(right), torch.tensor(ends)).tolist() == [all(line) for line in texts]
