"""Attention against torch.nn's and naive loops."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from cases import assert_close
from torch import Tensor, nn

from models.base import Memory
from models.layers.attention import AdditiveAttention, AttentionBlock, MultiHeadAttention, attend

BATCH, TIME, WIDTH, HIDDEN, HEADS = 5, 7, 8, 8, 2


LENGTHS = torch.tensor([3, 7, 1, 5, 2])


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


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
    theirs.load_state_dict(
        {
            "in_proj_weight": ours.input.weight,
            "in_proj_bias": ours.input.bias,
            "out_proj.weight": ours.output.weight,
            "out_proj.bias": ours.output.bias,
        }
    )


def test_multi_head_attention_equals_torchs() -> None:
    ours, theirs = MultiHeadAttention(HIDDEN, HEADS, "none"), nn.MultiheadAttention(HIDDEN, HEADS, batch_first=True)
    copy_attention(ours, theirs)
    states, memory = torch.randn(BATCH, 4, HIDDEN), torch.randn(BATCH, TIME, HIDDEN)
    visible = Memory(LENGTHS, memory).mask
    mine = ours(ours.queries(states), *ours.keys_values(memory), visible[:, None, None], 0)
    other, _ = theirs(states, memory, memory, key_padding_mask=~visible)
    assert_close(mine, other)


def test_an_encoder_block_equals_torchs_encoder_layer() -> None:
    ours = AttentionBlock(HIDDEN, HEADS, "none", 0.0, crossed=False)
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


@pytest.mark.parametrize("positions", ["rotary", "alibi"])
def test_relative_schemes_see_a_shifted_text_alike(positions: str) -> None:
    attention = MultiHeadAttention(HIDDEN, HEADS, positions)
    states, newest = torch.randn(1, TIME, HIDDEN), attention.queries(torch.randn(1, 1, HIDDEN))
    everything = torch.ones(1, 1, 1, TIME, dtype=torch.bool)
    keys, values = attention.keys_values(states)
    behind = attention(newest, keys, values, everything, TIME - 1)
    longer_keys, longer_values = attention.keys_values(torch.cat([torch.randn(1, 4, HIDDEN), states], 1))
    hidden_first = torch.cat([torch.zeros(1, 1, 1, 4, dtype=torch.bool), everything], -1)
    assert_close(attention(newest, longer_keys, longer_values, hidden_first, TIME + 3), behind)
    assert (attention(newest, keys, values, everything, 1) - behind).abs().max() > 1e-4


def masks(queries: int, keys: int) -> dict[str, Tensor]:
    """What may be seen, in the shapes that models give it."""
    length, time = torch.tensor([4, keys, 1]), torch.arange(keys)
    distance = torch.arange(queries)[:, None] + keys - queries - time
    bias = torch.randn(2, queries, keys)
    return {
        "all": torch.ones(1, 1, 1, 1, dtype=torch.bool),
        "lengths": (time < length[:, None])[:, None, None],
        "causal": distance >= 0,
        "window": (distance >= 0) & (distance <= 3),
        "bias": bias.requires_grad_(),
        "bias and lengths": bias.detach().masked_fill((time >= length[:, None])[:, None, None], -torch.inf),
    }


@pytest.mark.parametrize("keys", [7, 16, 19])
@pytest.mark.parametrize("name", masks(5, 7))
def test_keys_that_are_padded_for_speed_change_nothing(name: str, keys: int) -> None:
    torch.manual_seed(keys)
    seen = masks(5, keys)[name]
    given = [torch.randn(3, 2, time, 4, requires_grad=True) for time in (5, keys, keys)]
    pull, learnt = torch.randn(3, 2, 5, 4), [*given, *([seen] if seen.requires_grad else [])]
    found, expected = attend(*given, seen), F.scaled_dot_product_attention(*given, attn_mask=seen)
    assert_close(found, expected)
    ours, theirs = (torch.autograd.grad((each * pull).sum(), learnt) for each in (found, expected))
    for mine, reference in zip(ours, theirs, strict=True):
        assert_close(mine, reference)
