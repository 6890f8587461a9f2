"""What a query sees of the keys, against literal loops."""

from __future__ import annotations

import math

import pytest
import torch

from models.layers.couplings import MARKER
from models.layers.relative import RelativeBias, WindowedHeads


@pytest.mark.parametrize(("window", "clip"), [(0, 2), (2, 8), (3, 2)])
@pytest.mark.parametrize("shown", [True, False])
def test_the_bias_equals_a_literal_loop(window: int, clip: int, shown: bool) -> None:
    torch.manual_seed(0)
    layers, heads, kinds = 2, 3, 4
    bias = RelativeBias(layers, heads, kinds, clip, window, markers_shown=shown)
    torch.nn.init.normal_(bias.bias)
    key_ids, key_kinds = torch.randint(0, 9, (2, 7)), torch.randint(0, kinds, (2, 7))
    query_ids, visible = torch.randint(0, 9, (2, 5)), torch.rand(2, 1, 5, 7) < 0.7
    masks = bias(visible, key_ids[:, None] - query_ids[:, :, None], key_kinds)
    reach = min(clip, window) if window else clip
    for row in range(2):
        for query in range(5):
            for key in range(7):
                difference = int(key_ids[row, key] - query_ids[row, query])
                kind = int(key_kinds[row, key])
                near = not window or abs(difference) <= window or (shown and kind == MARKER)
                for layer in range(layers):
                    for head in range(heads):
                        got = masks[layer][row, head, query, key].item()
                        if not near or not visible[row, 0, query, key]:
                            assert got == -math.inf
                            continue
                        step = max(-reach, min(reach, difference)) + reach
                        assert got == bias.bias[layer, head, kind * (2 * reach + 1) + step].item()


def test_windowed_heads_see_as_many_tokens_as_their_number_says() -> None:
    time = torch.arange(6)
    causal = torch.ones(6, 6, dtype=torch.bool).tril()[None, None]
    (mask,) = WindowedHeads(1, 4, 3)(causal, (time - time[:, None])[None], time[None])
    for head in range(4):
        for query in range(6):
            seen = mask[0, head, query].nonzero().flatten().tolist()
            first = 0 if head == 3 else max(0, query - head)
            assert seen == list(range(first, query + 1))
