"""The notebooks' tasks by their recipes: does everything run (smoke), a family of each kind (quick), every pair (full).

And variance, which crosses each of four data streams with every seed of the weights.
"""

from pathlib import Path

from bench.suites.recipes import register_suites

register_suites(Path(__file__).with_suffix(".toml"))
