"""How often the regression check errs: simulated suites whose noise is that of a real run.

Each cell keeps its mean; its dispersion is the check's own estimate. A seed's accuracy is drawn from a beta
distribution of that mean and dispersion, its count of right strings from a binomial. Where false alarms are counted,
some seeds fail besides: all lengths of a (task, model) lose the same random share, as when a training does not find
the solution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.analysis.regression import Priors, Sample, dropped, learn
from bench.analysis.statistics import Floats

FAILING = 0.02  # share of seeds that fail as a whole
LARGE = 200  # examples a seed of the cells that power is told for
CLASSES = (0.0, 0.005, 0.01, 0.02, 0.05, 1.0)  # of the spread over seeds


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


def noise_of(run: Sample, pair: NDArray[np.int64]) -> Noise:
    """Take a run's noise: the moderated estimate of each cell's dispersion, from its own seeds and all other cells."""
    total = run.seeds * run.examples
    mean = (run.mean * total + 0.25) / (total + 0.5)  # what is right in all seeds need not be right in the next
    excess, known = learn(run).of(mean)
    usual = 1 / run.examples + excess
    own = run.deviation**2 / (mean * (1 - mean))
    freedom = run.seeds - 1
    dispersion = (known * usual + freedom * np.where(freedom > 0, own, 0)) / (known + freedom)
    return Noise(mean, np.clip(dispersion - 1 / run.examples, 1e-6, 0.95), run.examples, pair)


def draw(
    noise: Noise, seeds: int, generator: np.random.Generator, failing: float = 0, drops: Floats | float = 0
) -> Sample:
    """Draw a run of so many seeds; `failing`: share of seeds that fail; `drops`: how much lower each cell truly is."""
    size = (len(noise.mean), seeds)
    strength = (1 / noise.excess - 1)[:, None]
    true = generator.beta(noise.mean[:, None] * strength, (1 - noise.mean)[:, None] * strength, size=size)
    true = np.clip(true - np.broadcast_to(drops, len(true))[:, None], 0, 1)
    pairs = int(noise.pair.max()) + 1
    lost = (generator.random((pairs, seeds)) < failing) * generator.random((pairs, seeds))
    right = generator.binomial(noise.examples.astype(int)[:, None], true * (1 - lost[noise.pair]))
    accuracy = right / noise.examples[:, None]
    deviation = accuracy.std(1, ddof=1) if seeds > 1 else np.zeros(len(accuracy))
    return Sample(accuracy.mean(1), deviation, np.full(len(accuracy), seeds), noise.examples)


def false_alarms(noise: Noise, seeds: tuple[int, int], priors: Priors, suites: int) -> int:
    """Count the simulated suites with any alarm where nothing changed; seeds of the base and of the new run."""
    generator = np.random.default_rng([0, *seeds])
    alarms = 0
    for _ in range(suites):
        base, new = (draw(noise, count, generator, failing=FAILING) for count in seeds)
        alarms += bool(dropped(base, new, priors).any())
    return alarms


def detections(noise: Noise, seeds: tuple[int, int], priors: Priors, drop: float, suites: int) -> pd.DataFrame:
    """Plant a drop in one cell of each simulated suite -> its cell and whether the check names it.

    Cells are those with at least LARGE examples where twice the drop is right, chosen in turn.
    """
    generator = np.random.default_rng([1, *seeds])
    chosen = np.flatnonzero((noise.examples >= LARGE) & (noise.mean >= 2 * drop))
    rows = []
    for index in range(suites if len(chosen) else 0):
        cell = int(chosen[index % len(chosen)])
        planted = np.where(np.arange(len(noise.mean)) == cell, drop, 0.0)
        base, new = draw(noise, seeds[0], generator), draw(noise, seeds[1], generator, drops=planted)
        rows.append({"cell": cell, "spread": noise.spread[cell], "found": bool(dropped(base, new, priors)[cell])})
    return pd.DataFrame(rows, columns=["cell", "spread", "found"])
