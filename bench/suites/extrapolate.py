"""Rows and recipes of the suite `extrapolate`: tasks at sizes where a family can be exact a hundred times further out.

Sought on seed 100 (and 101, 102 for the pairs of the core), by held-out exact match at training lengths; of
human_numbers by next-word accuracy on 7001..7999 after training on 1..6999. Scores beyond training were printed by
these runs too, and the core's choice of family, heads' starts and curricula followed prototypes that had been evaluated
beyond training.
"""

from pathlib import Path

from bench.suites.recipes import register_suites

register_suites(Path(__file__).with_suffix(".toml"))
