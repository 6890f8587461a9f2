"""Recurrent layers as one operation with a gradient of its own: rows of different lengths, no padding computed.

Two bodies give the same numbers within rounding: C, where it could be compiled (float32 on a CPU), and torch. Both sort
rows by length and work, at each step, on those that have not ended.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from models.layers import kernels, recurrence_compiled, recurrence_torch
from models.layers.linear import linear


class Lookup(NamedTuple):
    """Tokens that are still to be embedded: ids (batch, time), by a table (ids, width).

    The table times a layer's input weights is a smaller table of what each token drives the layer with: a lookup there
    takes the place of a matrix product at every step.
    """

    ids: Tensor
    table: Tensor

    @property
    def embedded(self) -> Tensor:
        """(batch, time, width)."""
        return F.embedding(self.ids, self.table)


def embedded(inputs: Tensor | Lookup) -> Tensor:
    """Return inputs as vectors (batch, time, width)."""
    return inputs.embedded if isinstance(inputs, Lookup) else inputs


def pays(kind: str, inputs: Tensor | Lookup) -> bool:
    """Whether `recur` is faster than torch's layers: in C it is; in torch over tokens alone, on a GPU nowhere."""
    if not isinstance(inputs, Lookup):
        return kernels.suit(inputs)
    return kernels.suit(inputs.table) or (inputs.table.device.type == "cpu" and kind != "linear")


def recur(
    kind: str,
    inputs: Tensor | Lookup,
    weights: tuple[Tensor, Tensor | None],
    recurrent: Tensor,
    state: Tensor,
    length: Tensor | None = None,
    bias: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Run a recurrent layer -> outputs (batch, time, hidden) and the state (parts, batch, hidden) at each row's end.

    kind: "tanh", "relu" or "linear", h[t] = act(W h[t-1] + U x[t] + b); "lstm" and "gru" with torch.nn's gates, in
        their order
    inputs: x (batch, time, width); weights: U (gates * hidden, width) and b, None for none
    recurrent: W (gates * hidden, hidden); state (parts, batch, hidden): before the first step
    length (batch,): a row's state stays past its end, and its outputs are 0 there; None: all rows are whole
    bias (hidden,): of a gru, what its reset gate damps besides W h; None for zeros
    """
    if isinstance(inputs, Lookup) and len(inputs.table) > inputs.ids.numel():
        inputs = inputs.embedded  # the table is the larger product
    ids = inputs.ids if isinstance(inputs, Lookup) else None
    drive = linear(inputs.table if isinstance(inputs, Lookup) else inputs, *weights)
    if kind == "gru" and bias is None:
        bias = drive.new_zeros(recurrent.shape[1])
    compiled = kernels.suit(drive)
    fused = kind == "lstm" and not compiled and torch.backends.mkldnn.enabled
    if fused and ids is not None and (length is None or bool((length >= ids.shape[1]).all())):
        return lstm_of_tokens(ids, drive, recurrent, state)
    body = recurrence_compiled if compiled else recurrence_torch
    found = body.Recurrence.apply(kind, drive, recurrent, state, length, ids, bias, torch.is_grad_enabled())
    return cast("tuple[Tensor, Tensor]", found)


def lstm_of_tokens(ids: Tensor, drive: Tensor, recurrent: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """Run torch's LSTM, one kernel on a CPU, over whole rows of ids (batch, time).

    Its input weights are the table of what each token drives it with.
    """
    tokens = F.one_hot(ids, len(drive)).to(drive.dtype)
    none = drive.new_zeros(drive.shape[1])
    weights = [drive.T.contiguous(), recurrent, none, none]
    start = state[:1].contiguous(), state[1:].contiguous()
    outputs, output, cell = torch.lstm(tokens, start, weights, True, 1, 0.0, True, False, True)
    return outputs, torch.cat([output, cell])
