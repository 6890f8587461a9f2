"""The language models that are trained on real text, after the notebooks that they come from, and on better recipes.

An epoch is one pass over the training text, in steps of `batch` lanes of `window` symbols.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.settings import label
from bench.spec import Spec

WINDOWED = {"mode": "windows"}
CHUNKED = {"mode": "chunks"}


@dataclass(frozen=True)
class Text:
    """A text as the suites pose it: the task's settings, and how many symbols its training part has."""

    task: str
    symbols: int
    settings: dict[str, Any]
    row: str

    def spec(
        self,
        model: str,
        settings: dict[str, Any],
        *,
        window: int,
        batch: int = 64,
        epochs: int = 1,
        period: int = 0,
        cut: dict[str, Any] | None = None,
        column: str = "",
        **budget: Any,
    ) -> Spec:
        """Return the spec of a model on this text: epochs and period (of the schedule, in epochs) become steps."""
        epoch = self.symbols // (batch * window)
        sized = {"window": window} if self.task == "human_numbers" else {"train_lengths": (window,)}
        return Spec(
            self.task,
            model,
            {**self.settings, **sized, **(cut or {})},
            settings,
            steps=epochs * epoch,
            period=period * epoch,
            batch=batch,
            patience=0,
            row=self.row,
            column=column or label(model, {}, {"window": window, **(cut or {})}.items()),
            **budget,
        )

    def floor(self, model: str, **settings: Any) -> Spec:
        """Return the spec of a model that is fitted."""
        return Spec(self.task, model, self.settings, settings, row=self.row, column=label(model, settings))


NIETZSCHE = Text("chars_nietzsche", 480_714, {}, "chars_nietzsche")
SONNETS = Text("chars_sonnets", 72_711, {}, "chars_sonnets")
MOLIERE = Text("chars_moliere", 1_855_194, {}, "chars_moliere")
SHAKESPEARE = Text("chars_tinyshakespeare", 892_315, {}, "chars_tinyshakespeare")
BROWN = Text("words_brown", 974_896, {}, "words_brown")
TOY = Text("words_toy", 16, {}, "words_toy")
# Deep Learning for Coders cuts the numbers where a fifth of its sequences is left: its 64 training lanes end at 8022
# and its validation lanes run from 8082 to 9949; 8000 is absent. So "eight thousand" stands in its training text.
BOOK = Text(
    "human_numbers",
    50_168,
    {"missing": (8000,), "train_lengths": (8022,), "eval_lengths": (8022, 9949), "starts": (1, 8082)},
    "human_numbers(book)",
)
COURSE = {"hidden": 256, "embedding": 42}  # the course's sizes
