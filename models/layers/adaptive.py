"""Attention whose scores grow with the number of keys as its inputs ask, with softmax or sparse weights."""

from __future__ import annotations

import math
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.layers.attention import AttentionBlock, MultiHeadAttention, attend
from models.layers.entmax import Entmax
from models.layers.linear import Linear
from models.layers.positions import alibi_bias

NORMALISERS = ("softmax", "entmax")
SCHEMES = ("nape", "alibi", "none")
REACH = 2.0  # the power of the logarithm is between minus this and this
START = 0.05  # beta at first: from less, what makes it would hardly have a gradient


class Temperature(nn.Module):
    """Scales a query's scores by delta + beta (log(n + 1))^gamma, n being the keys that it sees.

    Of each head, beta = softplus(..) and gamma = 2 tanh(..) of maps of the layer's input (Vasylenko et al. 2025, arXiv
    2506.16640). Their delta is 1 and their maps start random; here these start at zero and delta takes off what beta
    starts with, so that the scale is 1 at first.
    """

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.maps = Linear(hidden, 2 * heads)  # of beta and gamma, in this order
        with torch.no_grad():
            self.maps.weight.zero_()
            self.maps.bias.zero_()
            self.maps.bias[:heads] = math.log(math.expm1(START))

    def asked(self, states: Tensor) -> Tensor:
        """Return what beta and gamma are made of: states (batch, time, hidden) -> (batch, heads, time, 2)."""
        return self.maps(states).unflatten(-1, (2, -1)).permute(0, 3, 1, 2)

    def forward(self, asked: Tensor, seen: Tensor) -> Tensor:
        """Return the scale (batch, heads, time, 1): asked as it was made, seen (batch, 1, time), how many keys."""
        beta, gamma = F.softplus(asked[..., 0]), REACH * asked[..., 1].tanh()
        return (1 - START + beta * torch.log1p(seen).pow(gamma))[..., None]


class AdaptiveAttention(MultiHeadAttention):
    """Multi-head attention with a choice of how scores are scaled and what makes weights of them.

    positions: "nape", of whose heads the first half have ALiBi with slopes 1, 1/2, 1/3, .. and the others no positions;
        "alibi", with its usual slopes, or "none"
    scaled: whether heads have a `Temperature`; of "nape" those without positions do
    """

    def __init__(self, hidden: int, heads: int, positions: str, normaliser: str, *, scaled: bool) -> None:
        super().__init__(hidden, heads, positions)
        self.normaliser = normaliser
        self.near = heads // 2 if positions == "nape" else 0
        self.temperature = Temperature(hidden, heads - self.near) if scaled else None

    def queries_keys_values(self, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return all three; queries carry what their temperature is made of behind their features."""
        queries, keys, values = super().queries_keys_values(states)
        if self.temperature is not None:
            asked = F.pad(self.temperature.asked(states), (0, 0, 0, 0, self.near, 0))
            queries = torch.cat([queries, asked], -1)
        return queries, keys, values

    def forward(self, queries: Tensor, keys: Tensor, values: Tensor, visible: Tensor, first: int) -> Tensor:
        """Attend; see `MultiHeadAttention`. visible (batch, 1, time, key_time): which keys are seen."""
        if self.temperature is not None:
            queries, asked = queries[..., :-2], queries[..., -2:]
            scale = self.temperature(asked[:, self.near :], visible.sum(-1))
            queries = queries * F.pad(scale, (0, 0, 0, 0, self.near, 0), value=1.0)
        seen = self.biased(visible, first, queries.shape[2])
        if self.normaliser == "softmax":
            gathered = attend(queries, keys, values, seen)
        else:
            scores = queries @ keys.transpose(2, 3) / math.sqrt(queries.shape[3])
            scores = scores.masked_fill(~visible, -torch.inf) if self.positions == "none" else scores + seen
            gathered = cast("Tensor", Entmax.apply(scores)) @ values
        return self.output(gathered.transpose(1, 2).flatten(2))

    def biased(self, visible: Tensor, first: int, steps: int) -> Tensor:
        """Return what is seen, or what positions add to scores: as `visible`, with heads where there is something."""
        if self.positions == "none":
            return visible
        query = torch.arange(first, first + steps, device=visible.device)
        key = torch.arange(visible.shape[3], device=visible.device)
        bias = nape_bias(self.heads, query, key) if self.positions == "nape" else alibi_bias(self.heads, query, key)
        return bias.masked_fill(~visible, -torch.inf)


def nape_bias(heads: int, query_position: Tensor, key_position: Tensor) -> Tensor:
    """Return -distance / h of the h-th head in the first half of them, 0 of the others: -> (heads, queries, keys)."""
    head = torch.arange(1, heads + 1, device=query_position.device)
    slope = (head <= heads // 2) / head
    return -slope[:, None, None] * (query_position[:, None] - key_position).abs()


class AdaptiveBlock(AttentionBlock):
    """A Transformer's block of `AdaptiveAttention`."""

    def __init__(
        self, hidden: int, heads: int, positions: str, dropout: float, normaliser: str, *, scaled: bool
    ) -> None:
        super().__init__(hidden, heads, positions, dropout, crossed=False)
        self.self_attention = AdaptiveAttention(hidden, heads, positions, normaliser, scaled=scaled)
