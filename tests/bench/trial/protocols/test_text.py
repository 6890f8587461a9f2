"""The scores of a text against sums in plain Python, and what is known of it without a model."""

from __future__ import annotations

import gzip
import lzma
import math
import random

import pytest
import torch
from cases import CASES, SMALL_TASKS, inputs_of
from tiny import JUDGED, TRAINING, Bigram, Tiny, cut

from bench.probes.corpus_facts import text_facts
from bench.trial import evaluate_text
from bench.trial.batches import is_text
from bench.trial.evaluate import PADDED, evaluate, padding_counted
from bench.trial.evaluate_text import lines
from bench.trial.evaluation_sets import validation_set
from bench.trial.metrics import SPANS
from tasks import Task
from tasks.base import PAD, STOP
from tasks.text.human_numbers import HumanNumbers
from tasks.text.words_toy import WordsToy

RESERVED = 3  # padding, start, stop
LONG = JUDGED * 2
TASK, STRINGS = Tiny(judged=LONG), SMALL_TASKS["symbols"]
NUMBERS = HumanNumbers(train_lengths=(30,), eval_lengths=(30, 45), starts=(1, 31), window=6)


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


def foreseen(table: list[list[float]], before: int, symbol: int) -> bool:
    return max(range(len(table[before])), key=table[before].__getitem__) == symbol


@pytest.mark.parametrize("cells", [1, 400, 8_000_000])
@pytest.mark.parametrize("mode", ["stream", "chunks", "windows"])
@pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 61, len(LONG) - 1, len(LONG), 1000])
def test_nats_are_the_mean_cost_of_what_is_scored(
    length: int, mode: str, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate_text, "CELLS", cells)
    model = Bigram(TASK.target.size)
    table = model.table.double().tolist()
    found = evaluate(model, Tiny(judged=LONG, mode=mode, eval_lengths=(1000,)), length, 0, "cpu")
    wanted = scored(length, mode)
    right = [foreseen(table, before, symbol) for _, before, symbol in wanted]
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
    found = evaluate(model, NUMBERS, length, 0, "cpu")
    pairs = list(zip([1, *text], text, strict=False))
    assert found.nats == pytest.approx(sum(cost(table, *pair) for pair in pairs) / len(pairs), rel=1e-5)
    assert found.tokens_right == sum(foreseen(table, *pair) for pair in pairs)
    assert (found.tokens, found.examples) == (len(text), {30: 30, 45: 15}[length])
    assert found.unseen == (length == 45)


@pytest.mark.parametrize("mode", ["stream", "chunks", "windows"])
def test_the_last_length_is_the_whole_text_even_where_it_is_shorter(mode: str) -> None:
    task = Tiny(judged=LONG, mode=mode, eval_lengths=(2, 8))
    assert evaluate(Bigram(task.target.size), task, 8, 0, "cpu").tokens == len(LONG)


def test_the_toy_corpus_is_scored_as_seen() -> None:
    task = WordsToy()
    assert not evaluate(Bigram(task.target.size), task, 16, 0, "cpu").unseen


def test_nats_that_overflow_are_none() -> None:
    model = Bigram(TASK.target.size)
    model.table = torch.full_like(model.table, math.nan)
    assert evaluate(model, TASK, 8, 0, "cpu").nats is None


def test_strings_and_signals_have_no_nats() -> None:
    for kind in ("symbols", "values"):
        case = next(case for case in CASES if (case.model, case.kind) == ("gru", kind))
        assert evaluate(case.ready(), case.task, max(case.task.eval_lengths), 8, "cpu").nats is None


@pytest.mark.parametrize("ends_with_separator", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_lines_are_right_when_all_their_symbols_are(seed: int, ends_with_separator: bool) -> None:
    drawn = random.Random(seed)
    texts = [[drawn.random() < 0.8 for _ in range(drawn.randint(1, 4))] for _ in range(20)]
    right = [each for line in texts for each in line]
    ends = [place == len(line) - 1 for line in texts for place in range(len(line))]
    if not ends_with_separator:
        ends[-1] = False
    assert lines(torch.tensor(right), torch.tensor(ends)) == (20, sum(map(all, texts)))


class Padder(torch.nn.Module):
    """Answers one symbol, but padding behind a stop symbol and behind padding."""

    def forward(self, source: torch.Tensor, source_length: torch.Tensor, target_in: torch.Tensor) -> torch.Tensor:
        answers = torch.where((target_in == STOP) | (target_in == PAD), PAD, 4)
        return torch.nn.functional.one_hot(answers, STRINGS.target.size).float()


@pytest.mark.parametrize("name", ["gru", "majority", "padder"])
def test_counted_padding_is_every_cell_of_the_batch(name: str) -> None:
    made = {case.model: case.ready() for case in CASES if case.kind == "symbols" and case.model == name}
    model, batch = made.get(name, Padder()), validation_set(STRINGS, PADDED)
    with torch.no_grad():
        answers = model(batch.source, batch.source_length, inputs_of(STRINGS, batch)).argmax(-1).tolist()
    counts = {"symbols": 0, "symbols_right": 0, "cells": 0, "cells_right": 0}
    for answer, target, length in zip(answers, batch.target.tolist(), batch.target_length.tolist(), strict=True):
        for place, (one, other) in enumerate(zip(answer, target, strict=True)):
            counts["cells"] += 1
            counts["cells_right"] += one == other
            counts["symbols"] += place < length
            counts["symbols_right"] += place < length and one == other
    assert padding_counted(model, STRINGS, "cpu") == counts
    assert 0 < counts["symbols"] < counts["cells"]
    padding = counts["cells"] - counts["symbols"]
    assert counts["cells_right"] - counts["symbols_right"] == (padding if name == "padder" else 0)
    assert len(batch.target) == PADDED


def added_bits(training: str, judged: str, joint: str) -> dict[str, float]:
    """What both compressors make of a text behind another, in bits of all of it."""
    before, both = training.encode(), (training + joint + judged).encode()
    return {
        "gzip": 8.0 * (len(gzip.compress(both, 9)) - len(gzip.compress(before, 9))),
        "xz": 8.0 * (len(lzma.compress(both, preset=9)) - len(lzma.compress(before, preset=9))),
    }


def test_what_is_known_of_a_text_is_counted_and_compressed_as_gzip_and_xz_do() -> None:
    training, judged = TRAINING * 40, JUDGED.replace("X", "z") * 9
    facts = text_facts(Tiny(training=training, judged=judged, eval_lengths=(2, 50, 3)))
    shown = judged.replace("z", "<unknown>")
    assert facts == {
        "training_symbols": len(training),
        "judged_symbols": len(judged),
        "vocabulary": len(set(training)) + 1 + RESERVED,
        "unknown": pytest.approx(judged.count("z") / len(judged)),
        **{name: pytest.approx(bits / len(judged), abs=6e-5) for name, bits in added_bits(training, shown, "").items()},
    }


def test_what_is_known_of_the_words_of_a_text() -> None:
    facts = text_facts(NUMBERS)
    training, judged = (NUMBERS.text(NUMBERS.stream(length).tolist()) for length in (30, 45))
    words = len(judged.split())
    assert (facts["training_symbols"], facts["judged_symbols"]) == (len(training.split()), words)
    assert (facts["vocabulary"], facts["unknown"]) == (30 + RESERVED, None)
    for name, bits in added_bits(training, judged, " ").items():
        assert facts[name] == pytest.approx(bits / words, abs=6e-5)


@pytest.mark.parametrize("case", [case for case in CASES if case.model == "gru"], ids=str)
def test_only_texts_are_read_as_texts(case: object) -> None:
    task: Task = case.task
    assert is_text(task) == (task.source is None)
