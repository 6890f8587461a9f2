"""What the regression check says over ten commits: a step, a drift, one bad seed, wider seeds, a step taken back.

Every commit's run is compared with the one base run, as a committed reference is; what happens, happens to one pair
(row, family) of a simulated suite, which has a cell whose seeds spread by 2 to 5 points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.analysis.power import Noise, Runs, accuracies, aligned, found_in, in_turn, measured, normal
from bench.analysis.statistics import Floats

COMMITS = (1, 3, 4, 6, 7, 10)
FIRST, BACK = 4, 7  # commits at which something happens, and is taken back
SPREAD = (0.02, 0.05)
WIDER = 2.0


@dataclass(frozen=True)
class Change:
    """What differs in the new run: a drop, by how much wider seeds spread, and how many of the seeds get nothing."""

    drop: float = 0.0
    wider: float = 1.0
    lost: int = 0


CASES: dict[str, Callable[[int, float], Change]] = {
    "nothing": lambda commit, drop: Change(),
    "step, from the fourth commit": lambda commit, drop: Change(drop * (commit >= FIRST)),
    "drift, a tenth at every commit": lambda commit, drop: Change(drop * commit / 10),
    "recovery, a step taken back at the seventh": lambda commit, drop: Change(drop * (FIRST <= commit < BACK)),
    "one seed of the fourth commit gets nothing": lambda commit, drop: Change(lost=int(commit == FIRST)),
    "seeds spread twice as much from the fourth": lambda commit, drop: Change(wider=WIDER if commit >= FIRST else 1),
}


def histories(noise: Noise, seeds: tuple[int, int], alike: float, drop: float, suites: int) -> pd.DataFrame:
    """Go through every case so many times -> case, commit, found: whether a cell of the pair was named."""
    can = noise.able & (noise.mean >= 2 * drop)
    cells = np.flatnonzero(can & (noise.spread >= SPREAD[0]) & (noise.spread < SPREAD[1]))
    rows = []
    for number, (case, changes) in enumerate(CASES.items()):
        generator = np.random.default_rng([2, *seeds, number])
        for cell in in_turn(cells, suites):
            base, struck = normal(noise, max(seeds), generator), noise.pair == noise.pair[cell]
            for commit in COMMITS:
                runs = changed(noise, seeds, alike, base, changes(commit, drop), struck & can, generator)
                rows.append({"case": case, "commit": commit, "found": bool(found_in(runs)[struck].any())})
    return pd.DataFrame(rows, columns=["case", "commit", "found"])


def changed(
    noise: Noise,
    seeds: tuple[int, int],
    alike: float,
    base: Floats,
    change: Change,
    struck: NDArray[np.bool_],
    generator: np.random.Generator,
) -> Runs:
    """Draw a commit's run to a base, whose seeds' normal numbers are given; what is struck changes."""
    new = alike * base + np.sqrt(1 - alike**2) * normal(noise, max(seeds), generator)
    true = accuracies(noise, new)[:, : seeds[1]]
    middle = noise.mean[:, None]
    true = np.where(struck[:, None], np.clip(middle + change.wider * (true - middle), 0, 1), true)
    true[struck, : change.lost] = 0
    before = measured(noise, accuracies(noise, base)[:, : seeds[0]], generator)
    after = measured(noise, true, generator, drops=np.where(struck, change.drop, 0.0))
    return aligned(before, max(seeds)), aligned(after, max(seeds))
