"""Human numbers beside numbers spelled in plain Python."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from draws import SURELY_NOT_CHANCE
from oracles import examples, in_words
from scipy.stats import chisquare

from bench.trial.protocols.text import whole_lines
from bench.trial.streams import stream
from tasks.text.human_numbers import HumanNumbers
from tasks.text.words_toy import WordsToy


def test_the_texts_are_the_numbers_in_words() -> None:
    task = HumanNumbers()
    for first, last in ((1, 7999), (8001, 9999), (10001, 10999), (99001, 99999)):
        expected = " . ".join(in_words(value) for value in range(first, last + 1))
        assert task.text(task.stream(last).tolist()) == expected


def test_the_texts_have_the_published_sizes() -> None:
    task = HumanNumbers()
    train, valid = (task.text(task.stream(last).tolist()).split() for last in (7999, 9999))
    whole = [*train, ".", *valid]
    assert whole.count(".") + 1 == 9998
    assert len(whole) == 63_095
    assert len(range(0, len(whole) - 4, 3)) == 21_031
    assert len(set(whole)) == task.target.count == 30
    assert len(valid) == 13_016


@pytest.mark.parametrize(("last", "first"), [(7999, 1), (9999, 8001), (10_999, 10_001)])
def test_successors_are_the_next_numbers_and_numbers_come_from_their_text(last: int, first: int) -> None:
    task = HumanNumbers(form="successor")
    numbers = {in_words(value): value for value in range(first, last + 1)}
    batch = task.sample(torch.full((400,), last), last, stream("cpu", "successor"))
    drawn = []
    for source, target in examples(batch):
        drawn.append(numbers[task.text(source)])
        assert target[-1] == 2
        assert task.text(target[:-1]) == in_words(drawn[-1] + 1)
    quarters = [(value - first) * 4 // (last - first + 1) for value in drawn]
    assert chisquare([quarters.count(each) for each in range(4)]).pvalue > SURELY_NOT_CHANCE


@pytest.mark.parametrize("last", [7999, 9999, 99_999])
def test_chance_on_a_text_is_its_shortest_line_guessed(last: int) -> None:
    task = HumanNumbers()
    first = dict(zip(task.eval_lengths, task.starts, strict=True))[last]
    words = min(len(in_words(value).split()) for value in range(first, last + 1))
    assert task.chance(last) == pytest.approx(30.0**-words)


def test_missing_numbers_are_left_out_of_the_text_and_of_nothing_else() -> None:
    settings: dict[str, Any] = {"train_lengths": (30,), "eval_lengths": (30, 60), "starts": (1, 31)}
    whole, gap = HumanNumbers(**settings), HumanNumbers(**settings, missing=(1, 7, 40, 60))
    for length, left_out in ((30, (1, 7)), (60, (40, 60))):
        lines = whole.text(whole.stream(length).tolist()).split(" . ")
        first = 1 if length == 30 else 31
        kept = [line for number, line in enumerate(lines, first) if number not in left_out]
        assert gap.text(gap.stream(length).tolist()).split(" . ") == kept
        assert len(kept) == 28
    assert gap.separator == whole.separator
    assert HumanNumbers(**settings, mode="chunks").separator is None


def rolled(previous: str) -> str:
    """Name what rolls over behind a number in words."""
    value = VALUES[previous]
    zeros = len(str(value + 1)) - len(str(value + 1).rstrip("0"))
    return ["", "tens", "hundreds", "thousands"][min(zeros, 3)]


VALUES = {in_words(value): value for value in range(1, 12_000)}


@pytest.mark.parametrize(
    ("settings", "length"),
    [
        ({}, 7999),
        ({}, 9999),
        ({}, 10_999),
        ({"missing": (8000,), "train_lengths": (8022,), "eval_lengths": (8022, 9949), "starts": (1, 8082)}, 8022),
        ({"missing": (10, 19, 100), "train_lengths": (120,), "eval_lengths": (120,), "starts": (1,)}, 120),
    ],
)
def test_boundaries_are_the_numbers_behind_a_roll_over(settings: dict[str, Any], length: int) -> None:
    task = HumanNumbers(**settings)
    spelled = task.text(task.stream(length).tolist()).split(" . ")
    expected = ["", *map(rolled, spelled[:-1])]
    found = task.boundaries(length)
    assert set(found) == set(expected) - {""}
    for name, mask in found.items():
        assert mask.dtype == torch.bool
        assert mask.tolist() == [each == name for each in expected]
    text = task.stream(length)
    ends = text == task.separator
    assert all(len(mask) == len(whole_lines(torch.ones_like(ends), ends)) for mask in found.values())


def test_boundaries_without_a_line_are_left_out() -> None:
    task = HumanNumbers(train_lengths=(60,), eval_lengths=(60, 90, 9), starts=(1, 61, 1))
    assert set(task.boundaries(60)) == {"tens"}
    assert task.boundaries(9) == {}


def test_only_texts_of_lines_have_boundaries() -> None:
    short: dict[str, Any] = {"train_lengths": (60,), "eval_lengths": (60, 90), "starts": (1, 61)}
    for settings in ({"mode": "chunks"}, {"mode": "windows"}, {"form": "successor"}):
        assert HumanNumbers(**short, **settings).boundaries(90) == {}
    assert WordsToy().boundaries(2) == {}
