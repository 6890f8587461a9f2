"""Small tasks, and every registered family under the settings that it is tested with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from bench.contracts import small_batch
from bench.feed import fitting_batch
from bench.losses import shift_right
from bench.spec import Spec
from models import MODELS
from models.base import Model, UnsuitableError
from models.transformer import POSITIONS
from tasks import Batch, Task
from tasks.human_numbers import HumanNumbers
from tasks.sine import Sine
from tasks.variable_copy import VariableCopy

WINDOW = 4
SMALL_TASKS: dict[str, Task] = {
    "symbols": VariableCopy(symbols=3, train_lengths=(1, 2, 3, 4, 5), eval_lengths=(1, 2, 6)),
    "values": Sine(prefix=12, train_lengths=(10,), eval_lengths=(10, 20)),
    "stream": HumanNumbers(train_lengths=(60,), eval_lengths=(60, 90), starts=(1, 61), window=8),
}
SMALL = {"hidden": 16}
DEEP_BLIND = {"hidden": 16, "layers": 2, "decoder": "blind"}
TIED = {"hidden": 16, "tied": True}
SETTINGS: dict[str, list[dict[str, Any]]] = {
    **{name: [SMALL, DEEP_BLIND] for name in ("linear_rnn", "elman", "rnn", "irnn", "gru", "lstm", "lstm_attention")},
    "transformer": [{"hidden": 16, "heads": 2, "positions": each, "window": WINDOW} for each in POSITIONS],
}
for each in ("rnn", "gru", "lstm"):
    SETTINGS[each].append(TIED)
SETTINGS["lstm"] = [*SETTINGS["lstm"], SMALL | {"decoder_cell": "gru"}, SMALL | {"decoder_cell": "rnn", "layers": 2}]


@dataclass(frozen=True)
class Case:
    """A family with settings on a kind of data."""

    model: str
    settings: dict[str, Any]
    kind: str

    def __str__(self) -> str:
        shown = ",".join(f"{key}={value}" for key, value in self.settings.items() if key not in ("hidden", "heads"))
        return f"{self.model}({shown})-{self.kind}"

    @property
    def task(self) -> Task:
        return SMALL_TASKS[self.kind]

    @property
    def trains(self) -> bool:
        return not hasattr(self.new(), "fit")

    def new(self) -> Model:
        torch.manual_seed(0)
        return MODELS[self.model](self.task.source, self.task.target, **self.settings)

    def ready(self, fits: int = 64) -> Model:
        """Build the model, fitted where it is a floor, in evaluation mode."""
        model = self.new()
        if hasattr(model, "fit"):
            data = fitting_batch(self.task, Spec(self.task.name, self.model, fits=fits), 1, "cpu")
            model.fit(data.batch.source, data.batch.source_length, data.batch.target, data.weight)
        return model.eval()


def suitable(case: Case) -> bool:
    if case.kind == "stream" and case.settings.get("decoder") == "blind":
        return False  # it would read nothing at all
    if case.settings.get("tied") and case.kind == "values":
        return False  # values have no embedding to share
    try:
        case.new()
    except UnsuitableError:
        return False
    return True


ALL = [Case(name, each, kind) for name in sorted(MODELS) for each in SETTINGS.get(name, [{}]) for kind in SMALL_TASKS]
CASES = [case for case in ALL if suitable(case)]
TRAINED = [case for case in CASES if case.trains]


def of_kind(kind: str, cases: list[Case] = CASES) -> list[Case]:
    return [case for case in cases if case.kind == kind]


def inputs_of(task: Task, batch: Batch) -> Tensor:
    return shift_right(batch.target, task.first_input(batch))


def drawn(case: Case, rows: int = 6) -> tuple[Batch, Tensor]:
    """Draw a small batch and what the decoder reads of it."""
    batch = small_batch(case.task, rows)
    return batch, inputs_of(case.task, batch)


def assert_close(left: Tensor, right: Tensor) -> None:
    torch.testing.assert_close(left, right, rtol=1e-4, atol=1e-5)
