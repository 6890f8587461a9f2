"""Contracts: a task whose draws are wrong and a model whose pass is not what it would decode are named in one line."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
import torch
from cases import SMALL_TASKS
from torch import Tensor, nn

from bench.checks.contracts import ContractError, check_model, check_task
from bench.trial.protocols import protocol_of
from models import adapted, build
from models.base import State
from models.layers import kernels
from tasks import Batch, Task
from tasks.base import FIRST_TOKEN, before
from tasks.strings.copy import Copy
from tasks.text.words_toy import WordsToy

STRINGS, TEXT = SMALL_TASKS["symbols"], SMALL_TASKS["stream"]
SIZE = STRINGS.target.size


class Bad(nn.Module):
    """Scores by the last token and the source's length; `spoil` then does something wrong."""

    def __init__(self, spoil: Callable[[Tensor, Tensor], Tensor], size: int = SIZE) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.table = torch.randn(size, size, generator=generator)
        self.spoil = spoil

    def forward(self, source: Tensor | None, source_length: Tensor, target_in: Tensor) -> Tensor:
        return self.spoil(self.table[target_in] + source_length[:, None, None], target_in)


class BadText(Bad):
    """The same as a language model."""

    def begin(self, source: None, source_length: Tensor) -> State:
        return None

    def decoder(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        return self.spoil(self.table[inputs], inputs), None


def later(outputs: Tensor, _: Tensor) -> Tensor:
    return outputs + torch.cat([outputs[:, 1:], outputs[:, :1]], 1)


def total(outputs: Tensor, _: Tensor) -> Tensor:
    return outputs + outputs.sum(1, keepdim=True)


def others(outputs: Tensor, _: Tensor) -> Tensor:
    return outputs + outputs.mean(0)


def place(outputs: Tensor, _: Tensor) -> Tensor:
    return outputs + torch.arange(len(outputs))[:, None, None]


def width(outputs: Tensor, target_in: Tensor) -> Tensor:
    return outputs + target_in.shape[1]


FAULTS: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], str]] = {
    "reads the next input": (later, r"the causality check: output 0 changes when target input 1 does"),
    "reads all inputs": (total, r"the causality check: output 0 changes when target input \d does"),
    "mixes rows": (others, r"the row independence check: output \d is another where a row is alone"),
    "knows its row": (place, r"the row independence check: output \d is another where a row is in another order"),
    "knows the width": (width, r"the (padding check: output 0 is another where a row is not padded|steps check: .*)"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("task", [STRINGS, TEXT], ids=["strings", "text"])
def test_a_pass_that_decoding_could_not_make_is_refused(fault: str, task: Task) -> None:
    spoil, said = FAULTS[fault]
    model = (Bad if task is STRINGS else BadText)(spoil, task.target.size)
    with pytest.raises(ContractError, match=f"^model 'bad' fails {said}$"):
        check_model(adapted(model), task, "model 'bad'")


class Forgetful(BadText):
    """Its decoder steps by another table than its pass."""

    def begin(self, source: Tensor | None, source_length: Tensor) -> State:
        return source_length

    def decoder(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        return self.table.T[inputs] + 0 * inputs[..., None], state


def test_a_decoder_that_is_not_the_pass_is_refused() -> None:
    with pytest.raises(ContractError, match=r"^model 'bad' fails the steps check: output 0 in steps is not that of"):
        check_model(adapted(Forgetful(lambda outputs, _: outputs)), STRINGS, "model 'bad'")


def test_what_is_right_passes_as_strings_and_as_text() -> None:
    check_model(adapted(Bad(lambda outputs, _: outputs)), STRINGS, "model 'good'")
    check_model(adapted(BadText(lambda outputs, _: outputs, TEXT.target.size)), TEXT, "model 'good'")


def test_a_trivial_baseline_that_peeks_is_refused_once_it_is_fitted() -> None:
    class Fitted(Bad):
        def fit(self, source: Tensor | None, source_length: Tensor, target: Tensor, mask: Tensor) -> None:
            self.fitted = True

        def forward(self, source: Tensor | None, source_length: Tensor, target_in: Tensor) -> Tensor:
            assert self.fitted
            return super().forward(source, source_length, target_in)

    check_model(adapted(Fitted(lambda outputs, _: outputs)), STRINGS, "model 'good'")
    with pytest.raises(ContractError, match="causality"):
        check_model(adapted(Fitted(later)), STRINGS, "model 'bad'")


def test_checking_a_model_changes_neither_its_weights_nor_torchs_generator() -> None:
    model = build("gru", STRINGS.source, STRINGS.target, hidden=8, layers=2, dropout=0.5)
    weights, drawn = {name: value.clone() for name, value in model.state_dict().items()}, torch.get_rng_state()
    check_model(model, STRINGS, "model 'gru'")
    assert torch.equal(torch.get_rng_state(), drawn)
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


@dataclass(frozen=True, kw_only=True)
class Odd(Copy):
    """Copies strings; `spoil` does something wrong with what is drawn."""

    name: ClassVar[str] = "odd"
    fault: str = ""

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        batch = super().sample(length, max_length, generator)
        keys = batch.source[:, 0] if batch.source is not None else length
        if self.fault == "at times empty":
            cut = batch.target_length * (keys != FIRST_TOKEN)
            return replace(batch, target=batch.target.masked_fill(~before(cut, max_length), 0), target_length=cut)
        if self.fault == "beyond training" and int(length.max()) > max(self.train_lengths):
            return replace(batch, target_length=batch.target_length + 1)
        return batch


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("at times empty", "target_length must be 1 or more, as nothing is always right; got an empty one"),
        ("beyond training", "target_length 31 is past the width"),
    ],
)
def test_a_task_is_checked_on_many_rows_and_beyond_training(fault: str, said: str) -> None:
    odd = Odd(symbols=40, train_lengths=(10,), eval_lengths=(10, 30, 5000), fault=fault)
    check_task(replace(odd, fault=""))
    with pytest.raises(ContractError, match=f"^task 'odd' breaks a contract: {re.escape(said)}$"):
        check_task(odd)


def test_a_text_too_short_to_train_on_is_refused() -> None:
    class Tiny(WordsToy):
        def training_text(self) -> Any:
            return super().training_text()[:6]

    with pytest.raises(ContractError, match=r"its training text has 6 tokens, too few to train on"):
        check_task(Tiny())
    assert protocol_of(Tiny()).language(Tiny())


class Lossy(torch.autograd.Function):
    """Adds two tensors, and forgets that the second has a gradient: what a kernel's way back may do."""

    @staticmethod
    def forward(ctx: Any, states: Tensor, added: Tensor) -> Tensor:
        return states + added

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad, None


@pytest.mark.skipif(kernels.library() is None, reason="no C compiler here, or it is switched off")
def test_a_kernel_that_loses_a_gradient_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model: Any = build("gru", STRINGS.source, STRINGS.target, hidden=8)
    check_model(model, STRINGS, "mine")
    readout = model.decoder.readout

    def forward(states: Tensor) -> Tensor:
        product = states @ readout.weight.T
        add = Lossy.apply if kernels.suit(states) else torch.add
        return add(product, readout.bias)

    monkeypatch.setattr(readout, "forward", forward)
    with pytest.raises(
        ContractError, match=r"gradient of decoder\.readout\.bias by kernels in C is another than by torch"
    ):
        check_model(model, STRINGS, "mine")
