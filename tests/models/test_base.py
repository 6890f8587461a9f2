"""The model contract: states of any nesting, what an encoder leaves, and plain modules adapted."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from cases import assert_close
from torch import Tensor, nn

import tasks.base
from models import build
from models.base import EOS, FIRST_TOKEN, PAD, Memory, Seq2Seq, adapted, detach, map_state, state_size
from models.layers.recurrent import RecurrentState
from tasks import Symbols


def test_state_size_counts_real_numbers_in_nested_states() -> None:
    nested = (torch.zeros(2, 3), (torch.zeros(4), torch.zeros(5, dtype=torch.long), None), ())
    assert state_size(nested) == 10


def test_detach_cuts_every_tensor_of_a_state_and_keeps_its_shape() -> None:
    leaf = torch.ones(1, 2, 3, requires_grad=True)
    state = RecurrentState((leaf * 2, leaf * 3), Memory(torch.ones(2), leaf * 4))
    cut = detach(state)
    assert isinstance(cut, RecurrentState)
    assert isinstance(cut.memory, Memory)
    assert not any(part.requires_grad for part in (*cut.layers, cut.memory.states))
    assert torch.equal(cut.layers[1], state.layers[1])
    assert map_state(torch.neg, (None, (torch.ones(1),))) == (None, (-torch.ones(1),))


def test_the_memorys_mask_is_true_where_the_source_is_real() -> None:
    memory = Memory(torch.tensor([1, 3, 2]), torch.zeros(3, 4, 8))
    assert memory.mask.int().tolist() == [[1, 0, 0, 0], [1, 1, 1, 0], [1, 1, 0, 0]]


class Plain(nn.Module):
    """Scores by the source's tokens in a bag and the last token read: a plain module with `forward` alone."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.table = nn.Embedding(size, size)

    def forward(self, source: Tensor, source_length: Tensor, target_in: Tensor) -> Tensor:
        real = torch.arange(source.shape[1]) < source_length[:, None]
        bag = (self.table(source) * real[..., None]).sum(1, keepdim=True)
        return bag + self.table(target_in).cumsum(1)


class Steps(nn.Module):
    """A plain module with steps of its own; its decoder is a method, or a submodule."""

    pairwise = False

    def begin(self, source: Tensor | None, source_length: Tensor) -> Tensor:
        return torch.zeros(len(source_length), 1, 2)

    def decoder(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        return inputs.cumsum(1) + state, state + inputs.sum(1, keepdim=True)

    def forward(self, source: Tensor | None, source_length: Tensor, target_in: Tensor) -> Tensor:
        return self.decoder(target_in, self.begin(source, source_length))[0]


class Adding(nn.Module):
    def forward(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        return inputs + state, state + 1


class StepsByLayer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.decoder = Adding()

    def begin(self, source: Tensor | None, source_length: Tensor) -> Tensor:
        return torch.zeros(len(source_length), 1, 2)


class Fitted(Steps):
    def fit(self, source: Tensor | None, source_length: Tensor, target: Tensor, mask: Tensor) -> None:
        self.seen = target

    def trace(self, state: Tensor) -> dict[str, Tensor]:
        return {"total": state.sum((1, 2))}


SOURCE, LENGTH = torch.tensor([[3, 4, 5], [4, 5, 0]]), torch.tensor([3, 2])


def test_a_model_is_adapted_to_itself() -> None:
    model = build("gru", Symbols(3), Symbols(3), hidden=4)
    assert adapted(model) is model
    assert (model.trainable, model.pairwise, model.traced) == (True, False, False)
    with pytest.raises(AttributeError, match="fit"):
        _ = model.fit  # what is trained by gradient is not fitted


@pytest.mark.parametrize("cuts", [[1] * 5, [2, 3], [5]])
def test_a_module_with_forward_alone_steps_by_rereading(cuts: list[int]) -> None:
    model, inputs = adapted(Plain(6)), torch.tensor([[1, 3, 4, 5, 3], [1, 5, 5, 4, 3]])
    state, outputs = model.begin(SOURCE, LENGTH), []
    for piece in inputs.split(cuts, 1):
        made, state = model.decoder(piece, state)
        assert made.shape == (*piece.shape, 6)
        outputs.append(made)
    assert torch.equal(torch.cat(outputs, 1), model(SOURCE, LENGTH, inputs))
    assert (model.trainable, model.pairwise, model.traced) == (True, True, False)
    assert state_size(detach(state)) == 0  # it carries tokens, no numbers


def test_a_module_with_steps_of_its_own_keeps_them_and_what_it_says_of_itself() -> None:
    inputs, module = torch.rand(2, 4, 2), Steps()
    model = adapted(module)
    first, state = model.decoder(inputs[:, :1], model.begin(None, LENGTH))
    rest, _ = model.decoder(inputs[:, 1:], state)
    assert_close(torch.cat([first, rest], 1), model(None, LENGTH, inputs))
    assert not model.pairwise
    by_layer = adapted(StepsByLayer())
    assert torch.equal(by_layer.decoder(inputs, by_layer.begin(None, LENGTH))[0], inputs)


def test_a_plain_module_that_is_fitted_or_traced_says_so() -> None:
    model = adapted(Fitted())
    assert (model.trainable, model.traced) == (False, True)
    model.fit(None, LENGTH, SOURCE, SOURCE > 0)
    assert torch.equal(model.get_submodule("module").seen, SOURCE)
    assert model.trace(torch.ones(2, 1, 2))["total"].tolist() == [2, 2]


class Half(nn.Module):
    """Half of a sequence-to-sequence model, as a plain module."""

    def __init__(self, pairwise: bool | None = None) -> None:
        super().__init__()
        if pairwise is not None:
            self.pairwise = pairwise


@pytest.mark.parametrize(
    ("encoder", "decoder", "pairwise"),
    [(Half(False), Half(False), False), (None, Half(False), False), (Half(), Half(False), True), (None, Half(), True)],
)
def test_an_encoder_and_a_decoder_may_be_plain_modules(encoder: Any, decoder: Any, pairwise: bool) -> None:
    model = Seq2Seq(encoder, decoder)
    assert (model.pairwise, model.traced) == (pairwise, False)
    decoder.trace = lambda state: {"size": state.sum(1)}
    traced = Seq2Seq(encoder, decoder)
    assert traced.traced
    assert traced.trace(torch.ones(2, 3))["size"].tolist() == [3, 3]


def test_reserved_ids_are_those_of_the_tasks() -> None:
    assert (PAD, EOS, FIRST_TOKEN) == (tasks.base.PAD, tasks.base.EOS, tasks.base.FIRST_TOKEN)
