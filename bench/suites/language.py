"""The language models that are trained on real text, after the notebooks that they come from, and on better recipes.

A row is a text. Its models differ in how training reads it, window and cut, and are all evaluated on the same part.
An epoch is one pass over the training text, in steps of `batch` rows of `window` tokens. The columns called "notebook"
have the notebook's own schedule. Other settings were sought on seed 100: on Nietzsche and the sonnets with
`task.borders=64,80`, which leaves the evaluated fifth unread (learning rates 2e-3 to 6e-3, windows 8 to 40, weight
decay 0 to 0.3, dropout 0 to 0.5; `irnn`, `transformer` and those taught in windows have one setting each); the pointer
on 7001..7999 after training on 1..6999. The book's rows follow the book; their nonlinearity and start were fitted to
its published figures, by what its evaluated text gave on seeds 100 and 101. On the Brown corpus and on Moliere nothing
was sought: one setting each, with the epochs that fit an hour on two cores.
"""

from pathlib import Path

from bench.suites.recipes import register_suites

register_suites(Path(__file__).with_suffix(".toml"))
