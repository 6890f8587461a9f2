"""Recurrent layers against torch.nn's, stepped, packed and started."""

from __future__ import annotations

import pytest
import torch
from cases import assert_close
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from models.elman import ElmanLayer
from models.gru import GRULayer
from models.irnn import IRNNLayer
from models.layers.recurrent import LayerStack
from models.layers.steps import start_orthogonal, step_through, unroll
from models.linear_rnn import LinearLayer
from models.lstm import LSTMLayer
from models.rnn import RNNLayer

BATCH, TIME, WIDTH, HIDDEN, HEADS = 5, 7, 8, 8, 2


LENGTHS = torch.tensor([3, 7, 1, 5, 2])


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def stacked(layer: type[nn.Module], depth: int) -> tuple[LayerStack, nn.RNNBase]:
    """Return our stack and torch's own with the same weights."""
    stack = LayerStack(layer, WIDTH, HIDDEN, depth, 0.0, "all", False)
    inner = next(stack.layers[0].children())
    assert isinstance(inner, nn.RNNBase)
    kind = {"nonlinearity": inner.nonlinearity} if isinstance(inner, nn.RNN) else {}
    theirs = type(inner)(WIDTH, HIDDEN, num_layers=depth, batch_first=True, **kind)
    with torch.no_grad():
        for name, weight in theirs.named_parameters():
            kind_of_weight, _, level = name.rpartition("_l")
            weight.copy_(getattr(next(stack.layers[int(level)].children()), f"{kind_of_weight}_l0"))
    return stack, theirs


def parts_of(final: Tensor | tuple[Tensor, Tensor], depth: int) -> Tensor:
    """Return torch's final state of one layer as ours: (parts, batch, hidden)."""
    return torch.stack([part[depth] for part in (final if isinstance(final, tuple) else (final,))])


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("layer", [RNNLayer, IRNNLayer, GRULayer, LSTMLayer])
def test_rows_of_different_lengths_end_as_torch_packs_them(layer: type[nn.Module], depth: int) -> None:
    ours, theirs = stacked(layer, depth)
    inputs = torch.randn(BATCH, TIME, WIDTH)
    packed, final = theirs(pack_padded_sequence(inputs, LENGTHS, batch_first=True, enforce_sorted=False))
    expected, _ = pad_packed_sequence(packed, batch_first=True)
    outputs, states = ours(inputs, ours.start(BATCH), LENGTHS)
    real = torch.arange(TIME) < LENGTHS[:, None]
    assert_close(outputs[real], expected[real])
    for level, state in enumerate(states):
        assert_close(state, parts_of(final, level))


@pytest.mark.parametrize("layer", [RNNLayer, IRNNLayer, GRULayer, LSTMLayer])
def test_a_given_state_is_gone_on_from_as_torch_does(layer: type[nn.Module]) -> None:
    ours, theirs = stacked(layer, 1)
    inputs, state = torch.randn(BATCH, TIME, WIDTH), torch.randn(ours.start(BATCH)[0].shape)
    given = (state[:1], state[1:]) if len(state) == 2 else state
    packed = pack_padded_sequence(inputs, LENGTHS, batch_first=True, enforce_sorted=False)
    _, final = theirs(packed, given)
    assert_close(ours(inputs, (state,), LENGTHS)[1][0], parts_of(final, 0))
    outputs, last = theirs(inputs, given)
    ours_outputs, ours_last = ours(inputs, (state,))
    assert_close(ours_outputs, outputs)
    assert_close(ours_last[0], parts_of(last, 0))


@pytest.mark.parametrize("layer", [ElmanLayer, LinearLayer])
def test_written_out_layers_end_at_each_rows_own_length(layer: type[nn.Module]) -> None:
    ours = layer(WIDTH, HIDDEN)
    inputs, state = torch.randn(BATCH, TIME, WIDTH), torch.randn(1, BATCH, HIDDEN)
    _, last = ours(inputs, state, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone, _ = ours(inputs[row : row + 1, :length], state[:, row : row + 1])
        assert_close(last[0, row], alone[0, -1])


def test_an_irnn_starts_out_keeping_its_state() -> None:
    layer = IRNNLayer(WIDTH, HIDDEN)
    state = torch.rand(1, BATCH, HIDDEN)
    outputs, last = layer(torch.zeros(BATCH, TIME, WIDTH), state)
    assert torch.equal(last, state)
    assert torch.equal(outputs, state[0][:, None].expand(-1, TIME, -1))


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_start_orthogonal_makes_every_gate_orthogonal(kind: type[nn.RNNBase]) -> None:
    layer = kind(WIDTH, HIDDEN, num_layers=2)
    start_orthogonal(nn.ModuleList([layer]))
    for depth in range(2):
        for gate in getattr(layer, f"weight_hh_l{depth}").split(HIDDEN):
            assert_close(gate @ gate.T, torch.eye(HIDDEN))


def test_start_orthogonal_opens_the_forget_gates_of_an_lstm_only() -> None:
    layer = nn.LSTM(WIDTH, HIDDEN)
    untouched = layer.bias_hh_l0.detach().clone()
    start_orthogonal(layer)
    write, forget, content, show = layer.bias_hh_l0.detach().split(HIDDEN)
    assert torch.equal(forget, torch.ones(HIDDEN))
    kept = untouched.split(HIDDEN)
    assert torch.equal(torch.cat([write, content, show]), torch.cat([kept[0], kept[2], kept[3]]))


def test_unroll_is_the_loop_that_step_through_is() -> None:
    driven, start, recurrent = torch.randn(3, 9, 5), torch.randn(3, 5), torch.randn(5, 5)
    expected = step_through(driven, start, recurrent, torch.tanh)
    unrolled = unroll(lambda drive, hidden: torch.addmm(drive, hidden, recurrent.T).tanh(), driven, start)
    assert torch.equal(unrolled, expected)
