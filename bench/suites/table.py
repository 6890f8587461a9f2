"""The one table: its rows and recipes, and the suites that are parts of it.

The notebooks' rows go by recipes.toml. Of the others, settings were sought on seed 100 (and 101, 102 for the pairs of
the core), by held-out exact match at training lengths; of human_numbers by next-word accuracy on 7001..7999 after
training on 1..6999. Scores beyond training were printed by these runs too, and the core's choice of family, heads'
starts and curricula followed prototypes that had been evaluated beyond training. What fills the table (`nearer`,
`further`) is one recipe a family, whatever the row.
"""

from pathlib import Path

from bench.suites.recipes import register_suites

register_suites(Path(__file__).with_suffix(".toml"))
