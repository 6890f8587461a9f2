"""The regression check's test: is a cell worse by more than the tolerance, and by more than seeds differ anyway?

How much seeds differ, and whether the seeds that both runs have move together, is learnt from all cells of the two runs
(`dispersion`). The probability of a drop is that of a normal difference of means, averaged over what the cell's own
seeds and all others leave open; then pairs (row, family) are tested before their cells (`multiplicity`).

Accuracies are skewed near 0 and 1, and so are means of few seeds; differences of paired seeds are not. So the level is
set such that simulated suites, which are skewed, raise under 1 % of alarms: docs/regression.md has the rates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from bench.analysis.dispersion import Learnt, grid, posterior
from bench.analysis.multiplicity import pairs_first
from bench.analysis.scatter import SAMPLED, Sample, in_both, pooled_mean, scatter, unchanged_cells
from bench.analysis.statistics import Floats

TOLERANCE = 0.02  # smaller drops are of no interest however sure
MANY = 5  # seeds of which the means are nearly normal
PAIRED, APART = {True: 0.01, False: 0.003}, {True: 0.002, False: 0.0003}  # levels, by whether seeds are many


def drop_p_values(base: Sample, new: Sample, learnt: Learnt) -> Floats:
    """Probability of so large a drop from `base` to `new`, or a larger one, where nothing changed: (cells,)."""
    seen, mean = scatter((base, new), learnt.pairing.used), pooled_mean((base, new))
    weight = posterior(seen, mean, base.examples, learnt)
    alone = (1 / base.seeds + 1 / new.seeds)[:, None]
    both = 2 * (seen.shared / (base.seeds * new.seeds))[:, None] * learnt.correlations
    error = np.sqrt(grid(base.examples)[:, :, None] * (alone - both)[:, None, :] * (mean * (1 - mean))[:, None, None])
    return np.asarray((weight * ndtr((new.mean - base.mean)[:, None, None] / error)).sum((1, 2)))


def dropped(base: Sample, new: Sample, learnt: Learnt, tolerance: float = TOLERANCE) -> NDArray[np.bool_]:
    """Which cells got worse by more than the tolerance and by more than noise: (cells,).

    Not among the tests are cells of too few examples to tell, cells that could not have dropped by the tolerance, so
    little is right in both runs (which these are depends on the sum of the runs, not on their difference), and pairs
    of which every seed is as it was.
    """
    changed = np.zeros(base.pairs.max() + 1, dtype=bool)
    changed[base.pairs[~unchanged_cells((base, new), in_both((base, new)))]] = True
    tested = is_tested(base, new) & (base.mean + new.mean > tolerance) & changed[base.pairs]
    larger = np.flatnonzero(tested & (base.mean - new.mean > tolerance))
    p_values = np.ones(len(tested))
    p_values[larger] = drop_p_values(part(base, larger), part(new, larger), learnt)
    falls = np.zeros(len(tested), dtype=bool)
    falls[tested] = pairs_first(p_values[tested], base.pairs[tested], level_of(base, new, learnt))
    return falls


def level_of(base: Sample, new: Sample, learnt: Learnt) -> float:
    """Return the level of any alarm in the suite where nothing changed, by the seeds that most cells have."""
    levels = PAIRED if learnt.pairing.used else APART
    return levels[bool(np.median(np.minimum(base.seeds, new.seeds)) >= MANY)]


def part(run: Sample, cells: NDArray[np.int64]) -> Sample:
    """Return some cells of a run."""
    by_seed = None if run.by_seed is None else run.by_seed[cells]
    return Sample(
        run.mean[cells], run.deviation[cells], run.seeds[cells], run.examples[cells], run.pairs[cells], by_seed
    )


def is_tested(base: Sample, new: Sample) -> NDArray[np.bool_]:
    """Whether both runs have examples enough in a cell: (cells,)."""
    return np.minimum(base.examples, new.examples) >= SAMPLED
