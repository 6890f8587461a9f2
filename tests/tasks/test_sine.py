"""Sine beside Python's own."""

from __future__ import annotations

import math
import statistics

import pytest
import torch
from draws import SURELY_NOT_CHANCE
from scipy.stats import chisquare

from bench.trial.batches import draw
from bench.trial.streams import stream
from tasks import TASKS, Batch
from tasks.signals.sine import Sine


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


def test_a_guess_of_zero_follows_no_sine() -> None:
    task = TASKS["sine"]()
    batch = draw(task, 100, stream("cpu", "guess"))
    errors = task.loss(torch.zeros_like(batch.target), batch.target).mean(1).sqrt()
    assert errors.min() > 0.5
    assert task.chance(50) == 0
