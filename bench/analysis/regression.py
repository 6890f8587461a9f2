"""The regression check's test: is a cell worse by more than the tolerance, and by more than seeds differ anyway?

A cell's dispersion is its variance over seeds, within each run, divided by m (1 - m), m its mean. Three seeds tell
little of one cell's dispersion, but a suite's hundreds of cells tell how dispersions are spread; each cell's estimate
is drawn towards them (empirical Bayes: Smyth 2004, the moderated t of limma), towards those of settled cells, where
nearly all or nearly nothing is right, or of unsettled ones between. Holm's procedure (1979) then bounds the chance of
any false alarm in the whole suite. docs/regression.md has the rates that this reaches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import f as f_distribution
from scipy.stats import t as t_distribution

from bench.analysis.statistics import Floats

TOLERANCE = 0.02  # smaller drops are of no interest however sure
LEVEL = 0.0015  # of Holm's procedure: simulated suites, less regular than its theory, raise under 1 % of alarms
SETTLED = 0.3  # a cell is settled where 4 m (1 - m) is less: above 92 or below 8 %
FEWEST = 20  # cells of a kind that dispersions are learnt from
SAMPLED = 30  # examples that a cell needs for its dispersion to say something of the others


@dataclass(frozen=True)
class Sample:
    """What one run measured in each of its cells, all (cells,).

    mean of the seeds' accuracies, their standard deviation (any number for a single seed), seeds, and examples a seed
    """

    mean: Floats
    deviation: Floats
    seeds: NDArray[np.int64]
    examples: Floats


@dataclass(frozen=True)
class Prior:
    """How dispersions are spread: beyond sampling `excess` on average, as sure as `freedom` degrees of freedom are."""

    excess: float
    freedom: float


@dataclass(frozen=True)
class Priors:
    """One for settled and one for unsettled cells."""

    settled: Prior
    unsettled: Prior

    def of(self, mean: Floats) -> tuple[Floats, Floats]:
        """Return excess and freedom for cells of these means: (cells,) each."""
        settled = is_settled(mean)
        excess = np.where(settled, self.settled.excess, self.unsettled.excess)
        return excess, np.where(settled, self.settled.freedom, self.unsettled.freedom)


USUAL = Priors(Prior(0.0014, 2.3), Prior(0.03, 1.7))  # as learnt from the quick suite: for runs of too few cells


def pooled(*runs: Sample) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Pool runs in each cell -> mean of all seeds, variance within the runs, its degrees of freedom."""
    seeds = np.sum([run.seeds for run in runs], axis=0)
    mean = np.sum([run.mean * run.seeds for run in runs], axis=0) / seeds
    squares = [np.where(run.seeds > 1, run.deviation, 0.0) ** 2 * (run.seeds - 1) for run in runs]
    freedom = seeds - len(runs)
    return mean, np.sum(squares, axis=0) / np.maximum(freedom, 1), freedom


def is_settled(mean: Floats) -> NDArray[np.bool_]:
    """Whether nearly all or nearly nothing is right in a cell."""
    return 4 * mean * (1 - mean) < SETTLED


def learn(*runs: Sample) -> Priors:
    """Estimate how the dispersions of settled and of unsettled cells are spread; drops between runs do not matter."""
    mean, variance, freedom = pooled(*runs)
    examples = runs[0].examples
    told = (mean > 0) & (mean < 1) & (freedom > 0) & (examples >= SAMPLED)
    kinds = (told & is_settled(mean), USUAL.settled), (told & ~is_settled(mean), USUAL.unsettled)
    spread = mean * (1 - mean)
    return Priors(*(fitted(variance[k] / spread[k], examples[k], freedom[k], usual) for k, usual in kinds))


def fitted(dispersion: Floats, examples: Floats, freedom: NDArray[np.int64], usual: Prior) -> Prior:
    """Fit a prior to some cells' dispersions by maximum likelihood: F distributed, relative to their mean."""
    if len(dispersion) < FEWEST:
        return usual
    sampling = 1 / examples
    seen = np.maximum(dispersion, 0.01 * sampling)

    def prior(logs: Floats) -> Prior:
        return Prior(float(np.exp(np.clip(logs[0], -12, 0))), float(np.exp(np.clip(logs[1], -1, 5))))

    def misfit(logs: Floats) -> float:
        tried = prior(logs)
        scale = sampling + tried.excess
        return -float((f_distribution.logpdf(seen / scale, freedom, tried.freedom) - np.log(scale)).sum())

    return prior(minimize(misfit, np.log([usual.excess, usual.freedom]), method="Nelder-Mead").x)


def drop_p_values(base: Sample, new: Sample, priors: Priors) -> Floats:
    """Probability of so large a drop from `base` to `new`, or a larger one, where nothing changed: (cells,)."""
    mean, variance, freedom = pooled(base, new)
    edge = 0.5 / (base.examples * (base.seeds + new.seeds) + 1)  # a cell that is all right may be wrong in the next
    mean = np.clip(mean, edge, 1 - edge)
    excess, known = priors.of(mean)
    usual = (1 / base.examples + excess) * mean * (1 - mean)
    moderated = (known * usual + freedom * variance) / (known + freedom)
    error = np.sqrt(moderated * (1 / base.seeds + 1 / new.seeds))
    return np.asarray(t_distribution.sf((base.mean - new.mean) / error, known + freedom))


def holm(p_values: Floats, level: float) -> NDArray[np.bool_]:
    """Which hypotheses fall at a family-wise error rate (Holm 1979): (cells,)."""
    order = p_values.argsort(kind="stable")
    allowed = level / np.arange(len(p_values), 0, -1)
    falls = np.zeros(len(p_values), dtype=bool)
    falls[order] = np.logical_and.accumulate(p_values[order] <= allowed)
    return falls


def dropped(base: Sample, new: Sample, priors: Priors, tolerance: float = TOLERANCE) -> NDArray[np.bool_]:
    """Which cells got worse by more than the tolerance and by more than noise: (cells,).

    Not among the tests are cells of too few examples to tell, and cells that could not have dropped by the tolerance,
    so little is right in both runs: which these are depends on the sum of the runs, not on their difference.
    """
    tested = is_tested(base, new) & (base.mean + new.mean > tolerance)
    falls = np.zeros(len(tested), dtype=bool)
    falls[tested] = holm(drop_p_values(base, new, priors)[tested], LEVEL)
    return falls & (base.mean - new.mean > tolerance)


def is_tested(base: Sample, new: Sample) -> NDArray[np.bool_]:
    """Whether both runs have examples enough in a cell: (cells,)."""
    return np.minimum(base.examples, new.examples) >= SAMPLED
