"""Heads that walk along a long source: through windows as far as these lose next to nothing, else in full."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor

from models.base import map_state
from models.layers.window import WIDTH, Source, Window, window_of

STEPS = 16  # steps that are taken before windows follow their heads, which by then are well inside them
FEWEST = 1 << 14  # weights in a batch from which on windows cost less than looking at all places
TOLERANCE = 1e-6  # weight that may lie outside a window, or come to its edges; beyond, all places are looked at


class Standing(NamedTuple):
    """Where a decoder stands: its hidden (batch, hidden), what its heads read, their weights (batch, heads, places)."""

    hidden: Tensor
    reads: Tensor
    weights: Tensor


class Walk(NamedTuple):
    """The same of some rows (rows,) of a batch whose heads look through windows."""

    rows: Tensor
    hidden: Tensor
    reads: Tensor
    window: Window

    def standing(self, real: Tensor) -> Standing:
        """Return it with weights at all places; real (rows, places)."""
        return Standing(self.hidden, self.reads, self.window.whole(real))


Full: TypeAlias = Callable[[Tensor, Standing, Source], tuple[Tensor, Standing]]
Within: TypeAlias = Callable[[Tensor, Walk, Source], tuple[Tensor, Walk, Tensor]]  # and what was lost (batch, heads)


def pays(inputs: Tensor, weights: Tensor) -> bool:
    """Whether windows are worth while for inputs (batch, time) and weights (batch, heads, places)."""
    return inputs.shape[1] > STEPS and weights.shape[2] > WIDTH and weights.numel() >= FEWEST


def walked(
    in_full: Full, within: Within, inputs: Tensor, standing: Standing, source: Source, size: int
) -> tuple[Tensor, Standing]:
    """Read inputs (batch, time) in full until every head stands at one place, then through windows.

    A row whose windows lose more than TOLERANCE goes on in full from the steps in which they did. -> outputs
    (batch, time, size) and where the decoder then stands
    """
    time, done = inputs.shape[1], 0
    outputs = source.states.new_empty(*inputs.shape, size)
    while done < time and bool((window_of(standing.weights, source.real).stray > TOLERANCE).any()):
        part = slice(done, done + STEPS)
        outputs[:, part], standing = in_full(inputs[:, part], standing, source)
        done += STEPS
    rows = torch.arange(len(inputs), device=inputs.device)
    walk = Walk(rows, standing.hidden, standing.reads, window_of(standing.weights, source.real))
    source, ended = source.counted(), list[tuple[Tensor, Standing]]()
    for first in range(done, time, STEPS):
        part = slice(first, first + STEPS)
        made, after, lost = within(inputs[walk.rows, part], walk, source)
        held = (lost <= TOLERANCE).all(1)
        if not bool(held.all()):
            far, far_source = chosen((walk, source), ~held)
            found, end = in_full(inputs[far.rows, first:], far.standing(far_source.real), far_source)
            outputs[far.rows, first:] = found
            ended.append((far.rows, end))
            made, after, source = chosen((made, after, source), held)
        walk = after
        outputs[walk.rows, part] = made
    ended.append((walk.rows, walk.standing(source.real)))
    order = torch.cat([rows for rows, _ in ended]).argsort()
    hidden, reads, weights = (torch.cat(part)[order] for part in zip(*(end for _, end in ended), strict=True))
    return outputs, Standing(hidden, reads, weights)


def chosen(parts: Any, rows: Tensor) -> Any:
    """Return nested tuples with some rows of each tensor: rows is a mask (batch,)."""
    return map_state(lambda part: part[rows], parts)
