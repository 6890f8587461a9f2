"""A decoder-only Transformer over one row, as loops in numpy over tokens, layers and heads; and 1.5-entmax."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.base import Model

Numbers = NDArray[Any]
SOURCE, INPUTS = [3, 4, 4, 5, 3, 3, 4], [1, 3, 4, 5]  # a row of a string task and what its decoder reads


class Asked(NamedTuple):
    """A query of a head of a layer, at a place in the sequence, and the keys up to it, a row each."""

    layer: int
    head: int
    time: int
    query: Numbers
    keys: Numbers
    normed: Numbers  # what the query was made of


Weigh = Callable[[Asked], Numbers]


def numbers(tensor: torch.Tensor) -> Numbers:
    return tensor.detach().double().numpy()


def softmax(scores: Numbers) -> Numbers:
    shares: Numbers = np.exp(scores - scores.max())
    return shares / shares.sum()


def entmax(scores: Numbers) -> Numbers:
    """Halve the interval in which the threshold lies until nothing is left of it."""
    low, high = scores.max() / 2 - 1, scores.max() / 2
    for _ in range(60):
        middle = (low + high) / 2
        if (np.maximum(scores / 2 - middle, 0) ** 2).sum() < 1:
            high = middle
        else:
            low = middle
    shares: Numbers = np.maximum(scores / 2 - low, 0) ** 2
    return shares


def linear(layer: Any, states: Numbers) -> Numbers:
    made: Numbers = states @ numbers(layer.weight).T + numbers(layer.bias)
    return made


def norm(layer: Any, states: Numbers) -> Numbers:
    centred = states - states.mean(-1, keepdims=True)
    scaled: Numbers = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return scaled * numbers(layer.weight) + numbers(layer.bias)


def gelu(states: Numbers) -> Numbers:
    made: Numbers = states * 0.5 * (1 + np.vectorize(math.erf)(states / math.sqrt(2)))
    return made


def through(block: Any, layer: int, states: Numbers, weigh: Weigh) -> Numbers:
    """Take states (time, hidden) through a block of causal attention."""
    attention, normed = block.self_attention, norm(block.self_norm, states)
    queries, keys, values = np.split(linear(attention.input, normed), 3, -1)
    width, gathered = states.shape[1] // attention.heads, np.zeros_like(states)
    for time in range(len(states)):
        for head in range(attention.heads):
            part = slice(head * width, (head + 1) * width)
            asked = Asked(layer, head, time, queries[time, part], keys[: time + 1, part], normed[time])
            gathered[time, part] = weigh(asked) @ values[: time + 1, part]
    states = states + linear(attention.output, gathered)
    first, *_, last = block.feed_forward
    return states + linear(last, gelu(linear(first, norm(block.forward_norm, states))))


def embedded(model: Model, source: list[int], inputs: list[int]) -> Numbers:
    """Return the embeddings of one row's source and of its target behind it (time, hidden)."""
    parts = (model.encoder, source), (model.decoder, inputs)
    return np.concatenate([numbers(part.reader.weight)[ids] for part, ids in parts])


def read_out(model: Model, states: Numbers) -> Numbers:
    decoder: Any = model.decoder
    return linear(decoder.readout, norm(decoder.norm, states))


def written_out(model: Model, source: list[int], inputs: list[int], weigh: Weigh) -> Numbers:
    """Score one row's target with the layers one after another -> (target_time, size)."""
    decoder: Any = model.decoder
    states = embedded(model, source, inputs)
    for layer, block in enumerate(decoder.layers.blocks):
        states = through(block, layer, states, weigh)
    return read_out(model, states)[len(source) :]


def stirred(model: nn.Module) -> None:
    """Draw every weight anew, so large that each part is seen: some start at zero, or too small."""
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            nn.init.normal_(parameter, std=0.5)


def assert_equals_written_out(model: Model, weigh: Weigh) -> None:
    """Compare what a model puts out for a padded row, beside a longer one, with the loops; `weigh` as for these."""
    expected = torch.tensor(written_out(model, SOURCE, INPUTS, weigh), dtype=torch.float32)
    padded = torch.tensor([[5, 3, 4, 5, 3, 3, 4, 5, 3], [*SOURCE, 0, 0]])
    with torch.no_grad():
        got = model(padded, torch.tensor([9, 7]), torch.tensor([INPUTS, INPUTS]))
    torch.testing.assert_close(got[1], expected, rtol=1e-3, atol=1e-4)
