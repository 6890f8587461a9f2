"""Noise of suites, as regression is simulated on: a made-up one, a real one that stays the same, any run's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from harness import ROOT

from bench.analysis.compare import alone, read_cells
from bench.analysis.power import Noise, noise_of


def made_up_suite() -> Noise:
    """Return 60 pairs of 5 lengths: 240 cells nearly all or nearly nothing right, 60 noisy ones between.

    Seeds of the noisy cells differ by 3 to 16 points, those of the settled ones by what sampling adds and little more.
    """
    chance = np.random.default_rng(0)
    mean = np.concatenate([chance.choice([0.0005, 0.002, 0.99, 0.998, 0.9995], size=240), chance.uniform(0.1, 0.9, 60)])
    excess = np.concatenate([0.001 * chance.random(240), 0.002 + 0.1 * chance.random(60) ** 2])
    return Noise(mean, excess, chance.choice([256.0, 512.0], size=300), np.repeat(np.arange(60), 5))


def noise_of_run(folder: Path) -> Noise:
    run = alone(read_cells(folder, None, None)[0])
    return noise_of(run, run.pairs)


def noise_of_a_run() -> Noise:
    """Return the noise of a real run, the same one whatever is committed: the quick suite, six seeds, November 2026."""
    kept = pd.read_csv(ROOT / "tests" / "support" / "noise_of_quick.csv")
    mean, excess, examples = (kept[name].to_numpy(float) for name in ("mean", "excess", "examples"))
    return Noise(mean, excess, examples, kept["pair"].to_numpy())
