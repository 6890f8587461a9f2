"""What one row of the tables is trained by."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

SCHEDULES = ("constant", "cosine", "drop", "one_cycle", "restarts")
PERIODIC = ("drop", "restarts")
OPTIMIZERS = ("adamw", "rmsprop", "lbfgs")
BOUNDS: tuple[tuple[str, str, Callable[[Any], bool]], ...] = (
    ("steps batch eval_every examples fits", "1 or more", lambda value: value >= 1),
    ("warmup patience weight_decay seconds adversarial", "0 or more", lambda value: 0 <= value < math.inf),
    ("curriculum", "from 0 to 1", lambda value: 0 <= value <= 1),
    ("ema", "from 0 to 0.9999", lambda value: 0 <= value <= 0.9999),
    ("data_seed", "0 or more", lambda value: value is None or value >= 0),
    ("learning_rate grad_clip", "above 0", lambda value: 0 < value < math.inf),
)
RENAMED = {  # fields of version 0.1: --set takes them for one version more, records that have them are read for good
    "check_every": "eval_every",
    "one_length": "same_length_batches",
    "averaging": "ema",
    "clip": "grad_clip",
}


@dataclass(frozen=True)
class Spec:
    """A (task, model) pair with its settings and its training budget.

    steps: optimiser steps at most; batch: examples a step (of a text: rows, each a piece of it)
    warmup: steps of linear warm-up; schedule: how the learning rate goes on from there (see bench/trial/optimisers.py);
        period: steps of the first cycle of "restarts", or up to the drop of "drop"
    optimizer: "adamw", "rmsprop" or "lbfgs", which goes through its steps on one batch, the first
    seconds: training ends after so many, its schedule drawn together to fit; 0 for no limit
    curriculum: over this share of the steps the longest length that training draws grows from the shortest to all
    same_length_batches: every batch holds strings of a single length, so that nothing is padded
    ema: the weights evaluated are an exponential moving average over steps with this decay (Polyak and Juditsky 1992);
        0 for none
    grad_clip: the largest norm that a gradient keeps
    eval_every: steps between two validation points, on held-out strings of training lengths (and two progress reports)
    patience: training stops when so many validation points in a row were all exact; 0 never stops early
    examples: strings a length in the final evaluation; adversarial: the same of each adversarial kind, 0 for none
    fits: examples that a trivial baseline is fitted on
    loss_mask: False lets padding count in the loss, an ablation
    exhaustive: every length is judged on all its strings; else those past training by the rules of bench/trial/looks.py
    data_seed: names the training data's stream in place of the run's seed, which then draws the weights alone
    row, column: the names of task and model in the tables
    variant: the settings of model and training that set the column apart from its family; a label, as those are
    """

    task: str
    model: str
    task_settings: Mapping[str, Any] = field(default_factory=dict)
    model_settings: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 1000
    batch: int = 64
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    warmup: int = 100
    schedule: str = "cosine"
    period: int = 0
    optimizer: str = "adamw"
    seconds: float = 0.0
    curriculum: float = 0.0
    same_length_batches: bool = False
    ema: float = 0.0
    grad_clip: float = 1.0
    eval_every: int = 100
    patience: int = 3
    examples: int = 512
    adversarial: int = 0
    fits: int = 4096
    loss_mask: bool = True
    data_seed: int | None = None
    exhaustive: bool = False
    row: str = ""
    column: str = ""
    variant: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "row", self.row or self.task)
        object.__setattr__(self, "column", self.column or self.model)
        for names, said, holds in BOUNDS:
            for name in names.split():
                if not holds(getattr(self, name)):
                    raise ValueError(f"{name} must be {said}; got {getattr(self, name)}")
        for name, choices in (("schedule", SCHEDULES), ("optimizer", OPTIMIZERS)):
            if getattr(self, name) not in choices:
                raise ValueError(f"unknown {name} {getattr(self, name)!r}; choose from: {', '.join(choices)}")
        if (self.period < 1) == (self.schedule in PERIODIC):
            raise ValueError(
                f"schedules {' and '.join(PERIODIC)} need a period of 1 step or more, others have none; "
                f"got {self.schedule} with {self.period}"
            )

    @property
    def asked(self) -> dict[str, Any]:
        """All that it asks for, as a record has it: without `variant`, which stands beside it there."""
        found = asdict(self)
        del found["variant"]
        return found


def renamed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a spec under their names of today."""
    return {RENAMED.get(name, name): value for name, value in fields.items()}
