"""Our layers against torch.nn's and against naive loops."""

from __future__ import annotations

import math

import pytest
import torch
from cases import assert_close
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from models.base import Memory
from models.elman import ElmanLayer
from models.gru import GRULayer
from models.irnn import IRNNLayer
from models.layers.attention import AdditiveAttention
from models.layers.heads import MultiHeadAttention
from models.layers.positions import alibi_bias, rotate, sinusoids
from models.layers.recurrent import LayerStack, start_orthogonal
from models.linear_rnn import LinearLayer
from models.lstm import LSTMLayer
from models.rnn import RNNLayer
from models.transformer import Block

BATCH, TIME, WIDTH, HIDDEN, HEADS = 5, 7, 8, 8, 2
LENGTHS = torch.tensor([3, 7, 1, 5, 2])


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def test_the_elman_layer_equals_torch_nn_rnn() -> None:
    ours, theirs = ElmanLayer(WIDTH, HIDDEN), nn.RNN(WIDTH, HIDDEN, batch_first=True)
    copied = {
        "weight_ih_l0": ours.input.weight,
        "bias_ih_l0": ours.input.bias,
        "weight_hh_l0": ours.recurrent,
        "bias_hh_l0": torch.zeros(HIDDEN),
    }
    theirs.load_state_dict(copied)
    inputs, state = torch.randn(BATCH, TIME, WIDTH), torch.randn(1, BATCH, HIDDEN)
    for mine, other in zip(ours(inputs, state), theirs(inputs, state), strict=True):
        assert_close(mine, other)


def test_the_linear_layer_equals_a_naive_loop() -> None:
    layer = LinearLayer(WIDTH, HIDDEN)
    inputs, state = torch.randn(BATCH, TIME, WIDTH), torch.randn(1, BATCH, HIDDEN)
    outputs, last = layer(inputs, state)
    for row in range(BATCH):
        hidden = state[0, row]
        for time in range(TIME):
            hidden = layer.recurrent @ hidden + layer.input.weight @ inputs[row, time] + layer.input.bias
            assert_close(outputs[row, time], hidden)
        assert_close(last[0, row], hidden)


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


def test_additive_attention_equals_a_naive_loop_and_gives_padding_no_weight() -> None:
    attention = AdditiveAttention(HIDDEN)
    queries, states = torch.randn(BATCH, 3, HIDDEN), torch.randn(BATCH, TIME, HIDDEN)
    context, weights = attention(queries, Memory(LENGTHS, states))
    for row, length in enumerate(LENGTHS.tolist()):
        assert not weights[row, :, length:].any()
        for time in range(3):
            scores = [
                attention.score.weight[0]
                @ torch.tanh(
                    attention.query.weight @ queries[row, time]
                    + attention.query.bias
                    + attention.key.weight @ states[row, place]
                )
                for place in range(length)
            ]
            shares = torch.stack(scores).exp() / torch.stack(scores).exp().sum()
            assert_close(weights[row, time, :length], shares)
            assert_close(context[row, time], sum(s * states[row, p] for p, s in enumerate(shares)))


def copy_attention(ours: MultiHeadAttention, theirs: nn.MultiheadAttention) -> None:
    parts = (ours.query, ours.key, ours.value)
    theirs.load_state_dict(
        {
            "in_proj_weight": torch.cat([part.weight for part in parts]),
            "in_proj_bias": torch.cat([part.bias for part in parts]),
            "out_proj.weight": ours.output.weight,
            "out_proj.bias": ours.output.bias,
        }
    )


def test_multi_head_attention_equals_torchs() -> None:
    ours, theirs = MultiHeadAttention(HIDDEN, HEADS, "none"), nn.MultiheadAttention(HIDDEN, HEADS, batch_first=True)
    copy_attention(ours, theirs)
    states, memory = torch.randn(BATCH, 4, HIDDEN), torch.randn(BATCH, TIME, HIDDEN)
    visible = Memory(LENGTHS, memory).mask
    mine = ours(states, *ours.keys_values(memory), visible[:, None, None], 0)
    other, _ = theirs(states, memory, memory, key_padding_mask=~visible)
    assert_close(mine, other)


def test_an_encoder_block_equals_torchs_encoder_layer() -> None:
    ours = Block(HIDDEN, HEADS, "none", 0.0, crossed=False)
    theirs = nn.TransformerEncoderLayer(
        HIDDEN, HEADS, 4 * HIDDEN, 0.0, activation="gelu", batch_first=True, norm_first=True
    )
    for norm in (ours.self_norm, ours.forward_norm):
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
    copy_attention(ours.self_attention, theirs.self_attn)
    pairs = {"norm1": "self_norm", "norm2": "forward_norm", "linear1": "feed_forward.0", "linear2": "feed_forward.3"}
    for name, own in pairs.items():
        theirs.get_submodule(name).load_state_dict(ours.get_submodule(own).state_dict())
    states = torch.randn(BATCH, TIME, HIDDEN)
    visible = Memory(LENGTHS, states).mask
    mine, _ = ours(states, None, visible[:, None, None])
    assert_close(mine[visible], theirs(states, src_key_padding_mask=~visible)[visible])


def score(query: Tensor, key: Tensor, query_position: int, key_position: int) -> Tensor:
    """Return the score that rotary positions give one query and one key, each (features,)."""
    turned = rotate(query[None], torch.tensor([query_position])), rotate(key[None], torch.tensor([key_position]))
    return turned[0] @ turned[1].T


def test_rotary_scores_depend_on_relative_positions_only() -> None:
    query, key = torch.randn(2, HIDDEN)
    for shift in (1, 9, 100):
        torch.testing.assert_close(
            score(query, key, 5 + shift, 2 + shift), score(query, key, 5, 2), rtol=1e-3, atol=1e-4
        )
    assert (score(query, key, 6, 2) - score(query, key, 5, 2)).abs() > 1e-3


def test_rotary_turns_each_pair_of_features_by_its_own_frequency() -> None:
    place, features = 3, torch.randn(HIDDEN)
    turned = rotate(features[None], torch.tensor([place]))[0]
    for pair in range(HIDDEN // 2):
        angle = place * 10_000 ** (-2 * pair / HIDDEN)
        even, odd = features[2 * pair : 2 * pair + 2].tolist()
        assert turned[2 * pair].item() == pytest.approx(even * math.cos(angle) - odd * math.sin(angle), abs=1e-5)
        assert turned[2 * pair + 1].item() == pytest.approx(even * math.sin(angle) + odd * math.cos(angle), abs=1e-5)


@pytest.mark.parametrize("positions", ["rotary", "alibi"])
def test_relative_schemes_see_a_shifted_text_alike(positions: str) -> None:
    attention = MultiHeadAttention(HIDDEN, HEADS, positions)
    states, newest = torch.randn(1, TIME, HIDDEN), torch.randn(1, 1, HIDDEN)
    everything = torch.ones(1, 1, 1, TIME, dtype=torch.bool)
    keys, values = attention.keys_values(states)
    behind = attention(newest, keys, values, everything, TIME - 1)
    longer_keys, longer_values = attention.keys_values(torch.cat([torch.randn(1, 4, HIDDEN), states], 1))
    hidden_first = torch.cat([torch.zeros(1, 1, 1, 4, dtype=torch.bool), everything], -1)
    assert_close(attention(newest, longer_keys, longer_values, hidden_first, TIME + 3), behind)
    assert (attention(newest, keys, values, everything, 1) - behind).abs().max() > 1e-4


def test_alibi_lowers_scores_linearly_with_distance() -> None:
    heads, queries = 8, torch.arange(3, 7)
    bias = alibi_bias(heads, queries, torch.arange(TIME))
    for head in range(heads):
        for row, query in enumerate(queries.tolist()):
            for key in range(TIME):
                assert bias[head, row, key].item() == pytest.approx(-(2.0 ** -(head + 1)) * abs(query - key))


@pytest.mark.parametrize("hidden", [8, 6])
def test_sinusoids_equal_the_formula(hidden: int) -> None:
    table = sinusoids(torch.tensor([0, 1, 50]), hidden)
    for row, place in enumerate((0, 1, 50)):
        for feature in range(hidden):
            angle = place / 10_000 ** (2 * (feature // 2) / hidden)
            expected = math.cos(angle) if feature % 2 else math.sin(angle)
            assert table[row, feature].item() == pytest.approx(expected, abs=1e-5)
