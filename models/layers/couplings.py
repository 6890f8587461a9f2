"""Which tokens of a source stand for the same place as a token of the target: ids that the two share."""

from __future__ import annotations

import torch
from torch import Tensor

from models.base import FIRST_TOKEN

MARKER, WRITTEN, READ, SECOND = range(4)  # kinds of tokens: delimiters and ends, target, source, its later operands
COUPLES = ("order", "mirror", "places", "places_low")
MARKED = ("order", "mirror")  # their sources get a marker behind their end: where the target is to stop


def source_ids(source: Tensor, length: Tensor, couple: str, delimiter: int) -> Tensor:
    """Give every source token the id of the target token that it belongs to, the target's first token being 1.

    order: x_i has id i. mirror: ids count from the source's end. Behind the end, where the marker is, stands id n + 1.
    places: a digit has the id of its place in its number, units 1; a delimiter (the token of that index) has id 0.
    places_low: the same, numbers being written lowest digit first.
    source (batch, time[, values]), length (batch,) -> (batch, time), 0 or more; ids of padding mean nothing
    """
    time = torch.arange(source.shape[1], device=source.device)
    length = length[:, None]
    if couple == "order":
        return (time + 1).expand(len(source), -1)
    if couple == "mirror":
        return torch.where(time == length, length + 1, length - time).clamp(min=0)
    breaks = (source == FIRST_TOKEN + delimiter) | (time >= length)
    if couple == "places_low":
        return time - torch.where(breaks, time, -1).cummax(1).values
    return torch.where(breaks, time, source.shape[1]).flip(1).cummin(1).values.flip(1) - time


def source_kinds(source: Tensor, length: Tensor, couple: str, delimiter: int) -> Tensor:
    """Tell markers and delimiters, source tokens, and those behind a delimiter apart: as `source_ids` -> the same."""
    if couple in MARKED:
        at_marker = torch.arange(source.shape[1], device=source.device) == length[:, None]
        return torch.where(at_marker, MARKER, READ)
    delimits = source == FIRST_TOKEN + delimiter
    operand = torch.where(delimits.cumsum(1) > 0, SECOND, READ)
    return operand.masked_fill(delimits, MARKER)


def target_kinds(first: int, steps: int, ids: Tensor) -> Tensor:
    """Tell the first input, which is a marker, from what was written: of steps first, first + 1, .. as `ids` is."""
    time = torch.arange(first, first + steps, device=ids.device)
    return torch.where(time == 0, MARKER, WRITTEN).expand_as(ids)


def with_marker(source: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
    """Make room for a marker behind each row's end: source one wider, zeros from its end on; length one more."""
    wider = torch.cat([source, source[:, :1]], 1)
    behind = torch.arange(wider.shape[1], device=source.device) >= length[:, None]
    return wider.masked_fill(behind.view(*behind.shape, *[1] * (source.ndim - 2)), 0), length + 1
