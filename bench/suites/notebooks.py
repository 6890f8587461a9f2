"""Small suites beside the table: does everything run (smoke), and what the spread over seeds comes from (variance).

variance crosses each of four data streams with every seed of the weights.
"""

from pathlib import Path

from bench.suites.recipes import register_suites

register_suites(Path(__file__).with_suffix(".toml"))
