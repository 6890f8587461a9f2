"""Plain-Python answers for each task, sharing no code with it."""

from __future__ import annotations

import math
import statistics
from typing import Any

import pytest
import torch
from oracles import examples, in_words, number, question
from scipy.stats import chisquare

from bench.trial.batches import draw
from bench.trial.streams import stream
from tasks import Batch
from tasks.arithmetic.addition import Addition, add_digits
from tasks.signals.sine import Sine
from tasks.strings.copy import Copy
from tasks.strings.reverse import Reverse
from tasks.strings.variable_copy import VariableCopy
from tasks.text.human_numbers import HumanNumbers

LENGTHS = (1, 2, 3, 5, 9)
SURELY_NOT_CHANCE = 1e-4  # seeds are fixed: a fair draw passes once and for ever


@pytest.mark.parametrize("kind", [Copy, Reverse, VariableCopy])
@pytest.mark.parametrize("stop", ["none", "once", "padded"])
def test_strings_are_rewritten_as_lists_are(kind: type[Copy], stop: str) -> None:
    batch = draw(kind(train_lengths=LENGTHS, stop=stop), 300, stream("cpu", "oracle"))
    for source, target in examples(batch):
        answer = source[::-1] if kind is Reverse else source
        ends = {"none": 0, "once": 1, "padded": max(LENGTHS) + 1 - len(source)}[stop]
        assert target == answer + [2] * ends


@pytest.mark.parametrize("kind", [Copy, Reverse, VariableCopy])
def test_strings_have_the_length_asked_for_and_uniform_symbols(kind: type[Copy]) -> None:
    length = torch.tensor([1, 4, 7] * 500)
    batch = kind(symbols=5).sample(length, 7, stream("cpu", "oracle"))
    sources = [source for source, _ in examples(batch)]
    assert list(map(len, sources)) == length.tolist()
    drawn = [symbol for source in sources for symbol in source]
    assert chisquare([drawn.count(symbol) for symbol in range(3, 8)]).pvalue > SURELY_NOT_CHANCE


FORMATS: list[dict[str, Any]] = [
    {},
    {"low_first_operands": True},
    {"low_first_sum": True},
    {"pad_zeros": True},
    {"pad_zeros": True, "low_first_operands": True, "low_first_sum": True},
    {"aligned": True},
    {"aligned": True, "pad_zeros": True, "low_first_sum": True},
]


@pytest.mark.parametrize("settings", FORMATS, ids=str)
@pytest.mark.parametrize("base", [2, 10, 16])
@pytest.mark.parametrize("operands", ["values", "digits", "equal"])
def test_sums_are_pythons(settings: dict[str, Any], base: int, operands: str) -> None:
    task = Addition(train_lengths=(*LENGTHS, 14), shortest=2, base=base, operands=operands, **settings)
    length = torch.tensor(task.train_lengths).repeat(40)
    batch = task.sample(length, 14, stream("cpu", "oracle"))
    for most, (source, target) in zip(length.tolist(), examples(batch), strict=True):
        (left, left_digits), (right, right_digits) = question(source, task)
        total, digits = number(target[:-1], base, task.low_first_sum)
        assert target[-1] == 2
        assert total == left + right
        if task.pad_zeros:
            assert (left_digits, right_digits, digits) == (most, most, most + 1)
        for value, written in ((left, left_digits), (right, right_digits), (total, digits)):
            assert task.pad_zeros or base ** (written - 1) <= value < base**written


def operands_of(task: Addition, length: int, count: int) -> list[int]:
    batch = task.sample(torch.full((count,), length), length, stream("cpu", "operands"))
    pairs = [[value for value, _ in question(source, task)] for source, _ in examples(batch)]
    assert sum(left == right for left, right in pairs) < count / 5
    return [value for pair in pairs for value in pair]


def test_operands_by_value_are_uniform_from_100_to_9999() -> None:
    drawn = operands_of(Addition(), 4, 10_000)
    assert 100 <= min(drawn) <= max(drawn) <= 9999
    bins = [0] * 11  # of 900 numbers each, the first of which is the numbers of three digits
    for value in drawn:
        bins[(value - 100) // 900] += 1
    assert chisquare(bins).pvalue > SURELY_NOT_CHANCE


@pytest.mark.parametrize(("length", "least"), [(1, 1), (2, 10), (3, 100)])
def test_operands_no_longer_than_the_shortest_have_exactly_the_length(length: int, least: int) -> None:
    drawn = operands_of(Addition(shortest=3), length, 2000)
    assert min(drawn) >= least
    assert max(drawn) < 10 * least
    assert len(set(drawn)) > 0.8 * 9 * least


def test_operands_by_digits_have_each_number_of_digits_alike() -> None:
    drawn = [len(str(value)) for value in operands_of(Addition(operands="digits", shortest=2), 6, 5000)]
    assert chisquare([drawn.count(digits) for digits in range(2, 7)]).pvalue > SURELY_NOT_CHANCE


def test_equal_operands_have_as_many_digits_as_the_length() -> None:
    drawn = operands_of(Addition(operands="equal"), 5, 3000)
    assert {len(str(value)) for value in drawn} == {5}
    assert chisquare([sum(str(v)[0] == d for v in drawn) for d in "123456789"]).pvalue > SURELY_NOT_CHANCE


def places(value: int, base: int, width: int) -> list[int]:
    """Return the digits of a number, lowest first."""
    return [value // base**place % base for place in range(width)]


@pytest.mark.parametrize("width", [1, 2, 3, 8, 40])
@pytest.mark.parametrize("base", [2, 10, 16])
def test_long_carry_chains_are_added_as_python_does(base: int, width: int) -> None:
    top, ones = base**width - 1, (base**width - 1) // (base - 1)
    alternating = sum((base - 1) * base**place for place in range(0, width, 2))
    hard = [(top, 1), (1, top), (top, top), (top, 0), (0, 0), (alternating, top - alternating), (top - ones, ones)]
    hard += [(alternating, top - alternating + 1), (base ** (width - 1), top), (top - 1, 1), (top - 1, 2 % base)]
    hard = [(left, right) for left, right in hard if max(left, right) <= top]
    left, right = (torch.tensor([places(pair[side], base, width) for pair in hard]) for side in (0, 1))
    expected = [places(a + b, base, width + 1) for a, b in hard]
    assert add_digits(left, right, base).tolist() == expected


def signals(task: Sine, rows: int = 200) -> tuple[list[list[float]], Batch]:
    """Return each signal, the prefix and its continuation in one."""
    batch = draw(task, rows, stream("cpu", "sine"))
    assert batch.source is not None
    return torch.cat([batch.source, batch.target], 1)[..., 0].tolist(), batch


def phase_of(signal: list[float], turn: float, weight: float) -> float:
    """Recover the phase of weight sin(turn t + phase) from its first two samples."""
    first, second = signal[0] / weight, signal[1] / weight
    return math.atan2(first, (second - first * math.cos(turn)) / math.sin(turn))


@pytest.mark.parametrize(("frequency", "weight", "step"), [(1.0, 1.0, 0.1), (0.4, 2.5, 0.3)])
def test_a_sine_is_pythons_from_its_first_two_samples_on(frequency: float, weight: float, step: float) -> None:
    task = Sine(frequencies=(frequency,), weights=(weight,), step=step)
    turn, phases = 2 * math.pi * frequency * step, []
    for signal in signals(task)[0]:
        phases.append(phase_of(signal, turn, weight))
        expected = [weight * math.sin(turn * time + phases[-1]) for time in range(len(signal))]
        assert signal == pytest.approx(expected, abs=2e-5)
    eighths = [int((phase / (2 * math.pi) % 1) * 8) for phase in phases]
    assert chisquare([eighths.count(each) for each in range(8)]).pvalue > SURELY_NOT_CHANCE


def test_a_sum_of_two_sines_obeys_its_recurrence_and_has_the_stated_scale() -> None:
    task = Sine(frequencies=(1.0, 2.3), weights=(1.0, 0.5), train_lengths=(400,))
    first, second = (2 * math.cos(2 * math.pi * frequency * 0.1) for frequency in (1.0, 2.3))
    taps = [1, -first - second, 2 + first * second, -first - second, 1]  # (1 - first z + z^2)(1 - second z + z^2)
    drawn = signals(task)[0]
    for signal in drawn[:20]:
        for time in range(4, len(signal)):
            assert abs(sum(tap * signal[time - back] for back, tap in enumerate(taps))) < 1e-5
    spread = statistics.pstdev(value for signal in drawn for value in signal)
    assert spread == pytest.approx(math.sqrt((1 + 0.25) / 2), rel=0.02)
    assert task.scale == pytest.approx(spread, rel=0.02)


def test_noise_is_on_the_observed_prefix_only() -> None:
    _, clean = signals(Sine())
    _, noisy = signals(Sine(noise=0.1))
    assert torch.equal(noisy.target, clean.target)
    assert clean.source is not None
    assert noisy.source is not None
    noise = (noisy.source - clean.source).flatten()
    assert noise.std().item() == pytest.approx(0.1, rel=0.05)
    assert abs(noise.mean().item()) < 0.01


def factor_of(signal: list[float]) -> float:
    """Recover by how much a signal's frequency differs from one cycle in ten samples."""
    ends = [signal[time] + signal[time - 2] for time in range(2, len(signal))]
    cosine = sum(a * b for a, b in zip(ends, signal[1:], strict=False)) / (2 * sum(b * b for b in signal[1:-1]))
    return math.acos(cosine) / (2 * math.pi * 0.1)


def test_spread_draws_frequency_factors_evenly_and_names_their_bin() -> None:
    drawn, batch = signals(Sine(spread=0.25), 800)
    factors = [factor_of(signal) for signal in drawn]
    assert 0.75 - 1e-3 < min(factors) < max(factors) < 1.25 + 1e-3
    tenths = [min(9, max(0, int((factor - 0.75) * 20))) for factor in factors]
    assert chisquare([tenths.count(each) for each in range(10)]).pvalue > SURELY_NOT_CHANCE
    assert batch.identity is not None
    for factor, name in zip(factors, batch.identity.tolist(), strict=True):
        assert abs((factor - 0.75) / 0.5 * 64 - (name + 0.5)) < 0.6


def test_without_spread_every_frequency_is_the_same_and_nothing_is_named() -> None:
    drawn, batch = signals(Sine())
    assert [factor_of(signal) for signal in drawn] == pytest.approx([1.0] * len(drawn), abs=1e-3)
    assert batch.identity is None


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
