"""How dispersions and correlations of seeds are spread over a suite's cells, learnt from all of them (empirical Bayes).

A cell's dispersion is the variance of its seeds divided by m (1 - m), m its mean. A few seeds tell little of one
cell's, but hundreds of cells tell how they are spread: over a grid, of any shape, fitted by maximum likelihood
(Ignatiadis and Sen 2025, after Smyth's moderated t of 2004), for settled cells, where nearly all or nearly nothing is
right, and for the others between. So is the correlation of paired seeds, which each cell may have more or less of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.analysis.scatter import FEWEST, SAMPLED, Pairing, Sample, Scatter, pairing_of, pooled_mean, scatter
from bench.analysis.statistics import Floats

SETTLED = 0.3  # a cell is settled where 4 m (1 - m) is less: above 92 or below 8 %
DISPERSIONS = np.geomspace(1e-5, 1, 40)
CORRELATIONS = np.array([0, 0.2, 0.4, 0.6, 0.75, 0.85, 0.92, 0.97])
LEAST = 0.02  # dispersion that a cell has at least, in units of what sampling alone gives
SEEN = 0.005  # and the least that counts as seen: less may be seen by luck
ROUNDS = 30  # of the fit: few, so that it stays smooth


@dataclass(frozen=True)
class Prior:
    """How probable each dispersion and each correlation is: (dispersions,) and (correlations,)."""

    dispersion: Floats
    correlation: Floats

    @property
    def joint(self) -> Floats:
        """Probability of each of both: (dispersions * correlations,)."""
        return np.outer(self.dispersion, self.correlation).reshape(-1)


@dataclass(frozen=True)
class Learnt:
    """Priors of settled and unsettled cells, and whether seeds are paired."""

    settled: Prior
    unsettled: Prior
    pairing: Pairing

    @property
    def correlations(self) -> Floats:
        """The grid of correlations: none but nil where seeds are not paired."""
        return CORRELATIONS if self.pairing.used else CORRELATIONS[:1]

    def of(self, mean: Floats) -> Floats:
        """Prior of cells of these means: (cells, dispersions * correlations)."""
        return np.where(is_settled(mean)[:, None], self.settled.joint, self.unsettled.joint)


def usual(dispersion: float, freedom: float) -> Prior:
    """Return a prior as of a scaled inverse chi-squared distribution, of seeds that do not correlate."""
    log = -freedom / 2 * (np.log(DISPERSIONS) + dispersion / DISPERSIONS)
    weight = np.exp(log - log.max())
    return Prior(weight / weight.sum(), np.ones(1))


USUAL = usual(0.005, 2.3), usual(0.034, 1.7)  # as learnt from the quick suite: for runs of too few cells


def is_settled(mean: Floats) -> NDArray[np.bool_]:
    """Whether nearly all or nearly nothing is right in a cell."""
    return np.asarray(4 * mean * (1 - mean) < SETTLED)


def grid(examples: Floats) -> Floats:
    """Dispersions that cells of so many examples may have: (cells,) -> (cells, dispersions)."""
    return np.asarray(DISPERSIONS + LEAST / examples[:, None])


def likelihood(seen: Scatter, unit: Floats, examples: Floats, correlations: Floats) -> Floats:
    """How probable the scatter is at each dispersion and correlation, 1 at the best: (cells, grid).

    unit: m (1 - m) of each cell
    """
    half, scales = seen.freedom / 2, np.stack([1 - correlations, 1 + correlations, np.ones(len(correlations))])
    variance = np.maximum(seen.variance / unit, SEEN / examples)
    dispersion = grid(examples)[:, :, None]
    log = -(half * variance).T @ (1 / scales)  # each estimate's variance is the dispersion times its scale
    log = log[:, None, :] / dispersion
    log -= (half.T @ np.log(scales))[:, None, :]
    log -= half.sum(0)[:, None, None] * np.log(dispersion)
    log -= log.max((1, 2), keepdims=True)
    return np.asarray(np.exp(log, out=log).reshape(len(unit), len(DISPERSIONS) * len(correlations)))


def fitted(likely: Floats, changed: NDArray[np.bool_], correlations: int, otherwise: Prior) -> Prior:
    """Fit a prior to some cells by expectation maximisation, correlations to those that changed alone."""
    if len(likely) < FEWEST:
        return Prior(otherwise.dispersion, np.eye(1, correlations)[0])
    found = Prior(np.full(len(DISPERSIONS), 1 / len(DISPERSIONS)), np.full(correlations, 1 / correlations))
    told = int(changed.sum()) if correlations > 1 else 0  # cells that say something of correlations
    if told < FEWEST:
        found = Prior(found.dispersion, np.eye(1, correlations)[0])
    for _ in range(ROUNDS):
        joint = found.joint
        weight = 1 / (likely @ joint)
        whole, moved = joint * (np.stack([weight, weight * changed]) @ likely)
        dispersion, correlation = whole.reshape(-1, correlations).sum(1) / len(likely), found.correlation
        if told >= FEWEST:
            correlation = moved.reshape(-1, correlations).sum(0) / told
        found = Prior(dispersion, correlation)
    return found


def learn(*runs: Sample) -> Learnt:
    """Learn from one run, or from two that are to be compared; drops between these do not matter."""
    pairing = pairing_of(runs[0], runs[1]) if len(runs) > 1 else Pairing(False, 0.0, 0, "one run alone")
    correlations = CORRELATIONS if pairing.used else CORRELATIONS[:1]
    seen, mean = scatter(runs, pairing.used), pooled_mean(runs)
    whole = np.mean([run.mean for run in runs], axis=0)
    told = (whole > 0) & (whole < 1) & (seen.freedom.sum(0) > 0) & (runs[0].examples >= SAMPLED)

    def prior(kind: NDArray[np.bool_], otherwise: Prior) -> Prior:
        cells = np.flatnonzero(told & kind)
        likely = likelihood(chosen(seen, cells), (mean * (1 - mean))[cells], runs[0].examples[cells], correlations)
        return fitted(likely, seen.shared[cells] > 1, len(correlations), otherwise)

    settled = is_settled(mean)
    return Learnt(prior(settled, USUAL[0]), prior(~settled, USUAL[1]), pairing)


def chosen(seen: Scatter, cells: NDArray[np.int64]) -> Scatter:
    """Return the scatter of some cells."""
    return Scatter(seen.variance[:, cells], seen.freedom[:, cells], seen.shared[cells], seen.unchanged[cells])


def posterior(seen: Scatter, mean: Floats, examples: Floats, learnt: Learnt) -> Floats:
    """How probable each dispersion and correlation is in each cell: (cells, dispersions, correlations)."""
    weight = likelihood(seen, mean * (1 - mean), examples, learnt.correlations) * learnt.of(mean)
    weight /= weight.sum(1, keepdims=True)
    return np.asarray(weight.reshape(len(mean), len(DISPERSIONS), len(learnt.correlations)))
