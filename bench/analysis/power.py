"""How often the regression check errs: simulated suites whose noise is that of a real run.

Each cell keeps its mean; its dispersion is the check's own estimate. A seed's accuracy is drawn from a beta
distribution of that mean and dispersion, as a whole number of strings; the same seed of a second run may be drawn so
that the two correlate (a Gaussian copula), and so do the lengths of one training. Where false alarms are counted, some
seeds fail besides: all lengths of a (task, model) lose the same random share, as when a training does not find the
solution, in each run by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr

from bench.analysis.dispersion import grid, learn, posterior
from bench.analysis.regression import dropped
from bench.analysis.scatter import Sample, pooled_mean, scatter
from bench.analysis.statistics import Floats

FAILING = 0.02  # share of seeds that fail as a whole
ALIKE = 0.6  # correlation of shared seeds: as of trainings on two processors, whose rounding differs
LENGTHS = 0.5  # correlation of the lengths of a training, whose seed is a good or a bad one
LARGE = 200  # examples a seed of the cells that power is told for
CLASSES = (0.0, 0.005, 0.01, 0.02, 0.05, 1.0)  # of the spread over seeds
NORMAL = np.linspace(-4.5, 4.5, 361)  # where the quantiles of a seed's accuracy are kept
Runs = tuple[Sample, Sample]


@dataclass(frozen=True)
class Noise:
    """How a suite's cells vary: mean, dispersion beyond sampling, examples a seed, which pair each belongs to."""

    mean: Floats
    excess: Floats
    examples: Floats
    pair: NDArray[np.int64]

    @property
    def spread(self) -> Floats:
        """Standard deviation of a seed's accuracy, sampling included."""
        return np.asarray(np.sqrt((self.excess + 1 / self.examples) * self.mean * (1 - self.mean)))

    @cached_property
    def quantiles(self) -> Floats:
        """A seed's accuracy at the quantiles of NORMAL: (cells, quantiles)."""
        strength = (1 / np.minimum(self.excess + 1 / self.examples, 0.97) - 1)[:, None]
        mean = self.mean[:, None]
        return np.asarray(betaincinv(mean * strength, (1 - mean) * strength, ndtr(NORMAL)))

    @property
    def able(self) -> NDArray[np.bool_]:
        """Which cells have examples enough for power to be told of."""
        return np.asarray(self.examples >= LARGE)


def noise_of(run: Sample, pair: NDArray[np.int64]) -> Noise:
    """Take a run's noise: the check's estimate of each cell's dispersion, from its own seeds and all other cells."""
    total = run.seeds * run.examples
    mean = (run.mean * total + 0.25) / (total + 0.5)  # what is right in all seeds need not be right in the next
    weight = posterior(scatter((run,), False), pooled_mean((run,)), run.examples, learn(run)).sum(2)
    dispersion = np.exp((weight * np.log(grid(run.examples))).sum(1))
    return Noise(mean, np.clip(dispersion - 1 / run.examples, 1e-6, 0.95), run.examples, pair)


def normal(noise: Noise, seeds: int, generator: np.random.Generator) -> Floats:
    """Draw how good each seed is in each cell, as normal numbers: (cells, seeds)."""
    training = generator.standard_normal((int(noise.pair.max()) + 1, seeds))[noise.pair]
    own = generator.standard_normal(training.shape)
    return np.asarray(np.sqrt(LENGTHS) * training + np.sqrt(1 - LENGTHS) * own)


def accuracies(noise: Noise, numbers: Floats) -> Floats:
    """Turn normal numbers into accuracies of seeds: (cells, seeds) -> (cells, seeds)."""
    place = np.clip((numbers - NORMAL[0]) / (NORMAL[1] - NORMAL[0]), 0, len(NORMAL) - 1)
    below = np.minimum(place.astype(int), len(NORMAL) - 2)
    part, rows = place - below, np.arange(len(numbers))[:, None]
    return np.asarray(noise.quantiles[rows, below] * (1 - part) + noise.quantiles[rows, below + 1] * part)


def measured(
    noise: Noise, true: Floats, generator: np.random.Generator, failing: float = 0, drops: Floats | float = 0
) -> Sample:
    """Measure seeds of these accuracies, of which a share fails, where each cell truly is lower by `drops`."""
    pairs, seeds = int(noise.pair.max()) + 1, true.shape[1]
    lost = (generator.random((pairs, seeds)) < failing) * generator.random((pairs, seeds))
    drop = np.broadcast_to(drops, len(true))[:, None]
    kept = np.clip(true - drop, 0, 1) * (1 - lost[noise.pair])
    by_seed = np.round(kept * noise.examples[:, None]) / noise.examples[:, None]
    deviation = by_seed.std(1, ddof=1) if seeds > 1 else np.zeros(len(by_seed))
    count = np.full(len(by_seed), seeds)
    return Sample(by_seed.mean(1), deviation, count, noise.examples, noise.pair, by_seed)


def draw(
    noise: Noise, seeds: int, generator: np.random.Generator, failing: float = 0, drops: Floats | float = 0
) -> Sample:
    """Draw a run of so many seeds; `failing`: share of seeds that fail; `drops`: how much lower each cell truly is."""
    return measured(noise, accuracies(noise, normal(noise, seeds, generator)), generator, failing, drops)


def draw_two(
    noise: Noise,
    seeds: tuple[int, int],
    alike: float,
    generator: np.random.Generator,
    failing: float = 0,
    drops: Floats | float = 0,
) -> Runs:
    """Draw a base run and a new one, the second lower by `drops`; the seeds that both have correlate by `alike`."""
    most = max(seeds)
    base = normal(noise, most, generator)
    new = alike * base + np.sqrt(1 - alike**2) * normal(noise, most, generator)
    runs = [
        measured(noise, accuracies(noise, numbers[:, :count]), generator, failing, lower)
        for numbers, count, lower in ((base, seeds[0], 0), (new, seeds[1], drops))
    ]
    return aligned(runs[0], most), aligned(runs[1], most)


def aligned(run: Sample, seeds: int) -> Sample:
    """Give a run columns for so many seeds, of which it lacks the last."""
    assert run.by_seed is not None
    missing = np.full((len(run.mean), seeds - run.by_seed.shape[1]), np.nan)
    by_seed = np.concatenate([run.by_seed, missing], axis=1)
    return Sample(run.mean, run.deviation, run.seeds, run.examples, run.pair, by_seed)


def found_in(runs: Runs) -> NDArray[np.bool_]:
    """Compare as `compare` does: which cells got worse."""
    return dropped(*runs, learn(*runs))


def alarms(noise: Noise, seeds: tuple[int, int], alike: float) -> Iterator[bool]:
    """Yield without end whether a simulated suite has any alarm where nothing changed; seeds of base and new run."""
    generator = np.random.default_rng([0, *seeds])
    while True:
        yield bool(found_in(draw_two(noise, seeds, alike, generator, FAILING)).any())


def false_alarms(noise: Noise, seeds: tuple[int, int], alike: float, suites: int) -> int:
    """Count the alarms in so many simulated suites where nothing changed."""
    return sum(islice(alarms(noise, seeds, alike), suites))


def detections(
    noise: Noise,
    seeds: tuple[int, int],
    alike: float,
    drop: float,
    suites: int,
    whole: bool = False,
    among: NDArray[np.bool_] | bool = True,
) -> pd.DataFrame:
    """Plant a drop in one cell of each simulated suite -> its cell and whether the check names it.

    Cells are those with at least LARGE examples where twice the drop is right, chosen in turn among some; with `whole`
    all such cells of its pair drop.
    """
    generator = np.random.default_rng([1, *seeds])
    can = noise.able & (noise.mean >= 2 * drop)
    rows = []
    for cell in in_turn(np.flatnonzero(can & among), suites):
        lower = can & (noise.pair == noise.pair[cell]) if whole else np.arange(len(can)) == cell
        runs = draw_two(noise, seeds, alike, generator, drops=np.where(lower, drop, 0.0))
        rows.append({"cell": cell, "spread": noise.spread[cell], "found": bool(found_in(runs)[cell])})
    return pd.DataFrame(rows, columns=["cell", "spread", "found"])


def in_turn(cells: NDArray[np.int64], times: int) -> Iterator[int]:
    """Yield so many of some cells in turn."""
    for index in range(times if len(cells) else 0):
        yield int(cells[index % len(cells)])
