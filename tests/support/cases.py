"""Small tasks, and every registered family under the settings that it is tested with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.checks.contracts import small_batch
from bench.spec.spec import Spec
from bench.trial.losses import shift_right
from bench.trial.protocols import protocol_of
from models import MODELS, build
from models.base import Model, UnsuitableError
from models.layers.schemes import SCHEMES
from models.transformer import POSITIONS
from tasks import TASKS, Batch, Task
from tasks.signals.sine import Sine
from tasks.strings.variable_copy import VariableCopy
from tasks.text.corpora import CORPORA, CorpusError, corpus_folders
from tasks.text.human_numbers import HumanNumbers

WINDOW = 4
SMALL_TASKS: dict[str, Task] = {
    "symbols": VariableCopy(symbols=3, train_lengths=(1, 2, 3, 4, 5), eval_lengths=(1, 2, 6)),
    "values": Sine(prefix=12, train_lengths=(10,), eval_lengths=(10, 20)),
    "stream": HumanNumbers(train_lengths=(60,), eval_lengths=(60, 90), starts=(1, 61), window=8),
}
SHORT_TEXT: dict[str, Any] = {"train_lengths": (60,), "eval_lengths": (60, 90), "starts": (1, 61)}
SMALL = {"hidden": 16}
DEEP_BLIND = {"hidden": 16, "layers": 2, "decoder": "blind"}
TIED = {"hidden": 16, "tied": True}
NARROW = {"hidden": 16, "embedding": 6, "layers": 2}  # symbols are embedded in fewer numbers than a state has
EMBEDDED = ("elman", "rnn", "irnn", "gru", "gru_cell", "lstm", "char_loop")
RECURRENT = (*EMBEDDED, "linear_rnn", "lstm_attention")
POINTER = {"hidden": 16, "size": 12, "span": 5}
SETTINGS: dict[str, list[dict[str, Any]]] = {
    **{name: [SMALL, DEEP_BLIND, *[NARROW] * (name in EMBEDDED)] for name in RECURRENT},
    "transformer": [{"hidden": 16, "heads": 2, "positions": each, "window": WINDOW} for each in POSITIONS],
    "pointer": [POINTER | {"cell": "gru"}, POINTER | {"cell": "lstm", "layers": 2}],
    "markov": [{"order": 2}],
}
SETTINGS["location_attention"] = [
    {"hidden": 4},  # a larger one copies short strings at once, and no test would see it err
    {"hidden": 4, "heads": 2, "start": "after", "delimiter": 1, "drive": "reads", "embedding": 3},
    SMALL | {"move": "convolution", "start": "last", "pointer": True},
]
SETTINGS["read_heads"] = [
    {"hidden": 4, "embedding": 3},
    {"hidden": 4, "embedding": 3, "starts": "after before", "ways": "free next", "shifts": "free right"}
    | {"delimiter": 1, "soft_steps": 0},
]
SETTINGS["transducer"] = [SMALL, SMALL | {"cell": "linear", "embedding": 8, "layers": 2}]
ONE_SEQUENCE = {"hidden": 16, "heads": 2, "windowed": 1, "clip": 2, "window": 2, "delimiter": 1, "longest": 64}
COUPLED = ONE_SEQUENCE | {"positions": "coupled", "offset": 2}
SETTINGS["decoder_only"] = [
    *[ONE_SEQUENCE | {"positions": each, "offset": 2} for each in SCHEMES],
    ONE_SEQUENCE | {"positions": "rotary", "source_sees": "all"},
    COUPLED | {"couple": "mirror", "source_sees": "all"},
    COUPLED | {"couple": "mirror", "ids": "absolute"},
    COUPLED | {"couple": "places", "source_sees": "all", "layers": 1},
    COUPLED | {"couple": "places_low", "ids": "absolute"},
]
SETTINGS["asentmax"] = [
    {"hidden": 16, "heads": 2},
    {"hidden": 16, "heads": 2, "positions": "none", "normaliser": "softmax"},
    {"hidden": 24, "heads": 3, "positions": "nape", "layers": 1},
    {"hidden": 16, "heads": 1, "positions": "alibi", "scaled": False},
]
SETTINGS["looped_transformer"] = [
    {"hidden": 16, "heads": 2, "loops": 3},
    {"hidden": 16, "heads": 2, "loops": 2, "pace": "logarithm", "layers": 2, "positions": "rotary"},
    {"hidden": 16, "heads": 2, "loops": 1, "pace": "length", "positions": "alibi", "injected": False},
]
SETTINGS["bucketed_bias"] = [{"hidden": 16, "heads": 2}, {"hidden": 16, "heads": 4, "buckets": 4, "furthest": 6}]
SETTINGS["grid_rotary"] = [{"hidden": 16, "heads": 2}, {"hidden": 12, "heads": 1, "layers": 3}]
for each in ("stack_rnn", "tape_rnn", "deque_rnn"):
    SETTINGS[each] = [SMALL, {"hidden": 12, "cell": 5, "temperature": 0.5, "noise": 0.1, "hard": True}]
SETTINGS["tape_rnn"].append({"hidden": 8, "sharpen": False})
for each in ("rnn", "gru", "lstm"):
    SETTINGS[each].append(TIED)
for each in ("min_gru", "lru", "selective_ssm"):
    SETTINGS[each] = [SMALL, DEEP_BLIND, NARROW]
SETTINGS["delta_net"] = [SMALL, DEEP_BLIND, NARROW]
SETTINGS["delta_net"].append({"hidden": 12, "heads": 3, "reflections": 2, "negative": False, "gated": False})
SETTINGS["pd_ssm"] = [SMALL, DEEP_BLIND, NARROW, {"hidden": 12, "heads": 3, "matrices": 2}]
SETTINGS["xlstm"] = [SMALL, DEEP_BLIND, NARROW, {"hidden": 12, "heads": 3, "layers": 3, "pattern": "s"}]
SETTINGS["rotary_ssm"] = [SMALL, DEEP_BLIND, NARROW]
SETTINGS["rotary_ssm"].append({"hidden": 12, "heads": 3, "state": 6, "expansion": 1, "trapezoid": False})
SETTINGS["selective_ssm"].append({"hidden": 16, "layers": 1, "state": 3, "expansion": 1, "window": 2})
SETTINGS["linear_rnn"] += [SMALL | {"recurrent": "orthogonal"}, DEEP_BLIND | {"recurrent": "orthogonal"}]
SETTINGS["lstm"] += [SMALL | {"decoder_cell": "gru"}, SMALL | {"decoder_cell": "rnn", "layers": 2}]
SETTINGS["char_loop"] += [{"hidden": 64, "join": "concat"}, {"hidden": 64, "embedding": 24, "join": "concat"}]


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

    def new(self) -> Model:
        torch.manual_seed(0)
        return build(self.model, self.task.source, self.task.target, **self.settings)

    def ready(self, fits: int = 64) -> Model:
        """Build the model, fitted where it is a trivial baseline, in evaluation mode."""
        model = self.new()
        if not model.trainable:
            spec = Spec(self.task.name, self.model, fits=fits)
            data = protocol_of(self.task).fitting_batch(self.task, spec, 1, "cpu")
            model.fit(data.batch.source, data.batch.source_length, data.batch.target, data.weight)
        return model.eval()


def tried(case: Case) -> Model | None:
    """Build a case's model; None where the family with these settings does not suit the kind of data."""
    if case.kind == "stream" and case.settings.get("decoder") == "blind":
        return None  # it would read nothing at all
    if case.settings.get("tied") and case.kind == "values":
        return None  # values have no embedding to share
    try:
        return case.new()
    except UnsuitableError:
        return None


ALL = [Case(name, each, kind) for name in sorted(MODELS) for each in SETTINGS.get(name, [{}]) for kind in SMALL_TASKS]
BUILT = [(case, model) for case in ALL if (model := tried(case)) is not None]  # once: hundreds of them take seconds
CASES = [case for case, _ in BUILT]
TRAINED = [case for case, model in BUILT if model.trainable]
del BUILT


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


LARGE = ("words_brown", "chars_moliere")  # it takes seconds to read their corpora


def absent(task: str) -> str:
    """Say which file a registered task needs that is not on this machine; nothing where it has all."""
    corpus = "brown" if task == "words_brown" else getattr(TASKS.get(task), "corpus", "")
    if not corpus:
        return ""
    file = CORPORA[corpus].file
    try:
        here = any((folder / file).is_file() for folder in corpus_folders())
    except CorpusError as error:
        return str(error)
    return "" if here else f"{file} is not on this machine; put it into a folder that LENGTHWISE_DATA names"


def where_here(values: Iterable[Any]) -> list[Any]:
    """Make tasks, their names, or tuples that begin with one, parameters of a test: skipped where a file is absent."""
    return [_param(value if isinstance(value, tuple) else (value,)) for value in values]


def _param(values: tuple[Any, ...]) -> Any:
    name = values[0].name if isinstance(values[0], Task) else values[0]
    reason = absent(name)
    slow = [pytest.mark.slow] if name in LARGE else []
    return pytest.param(*values, marks=[pytest.mark.skipif(bool(reason), reason=reason or "all is here"), *slow])


def label(value: object) -> str | None:
    """Name a task in a test's name by what sets it apart."""
    if not isinstance(value, Task):
        return None
    set_apart = [each.name for each in fields(value) if getattr(value, each.name) != each.default]
    return f"{value.name}({','.join(f'{name}={getattr(value, name)}' for name in set_apart)})"


def tensors(batch: Batch) -> list[Tensor]:
    drawn = (batch.source, batch.source_length, batch.target, batch.target_length, batch.identity)
    return [each for each in drawn if each is not None]
