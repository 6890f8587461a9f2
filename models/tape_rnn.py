"""Tape RNN: a recurrent controller with a tape, one head that writes on it and one that reads it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from models.layers.memory import EMPTY, Choice, MachineFamily, Store
from models.registry import register

HEADS, MOVES, WRITES = 2, 3, 2  # writing and reading head; left, stay, right; write or leave
ONWARD = 4.0  # what the score of the writing head's move to the right starts with


class Tape(Store):
    """Each step writes in part where the writing head is, M <- M + k w (v - M), then moves both heads.

    A head is a distribution w over the slots, moved left, right or not at all, in part. The tape has a left edge and no
    right one: room is made for every step, so neither head can outrun it, however long source and answer are; a move
    left from slot 0 stays there. Both heads start on slot 1, so that an empty slot lies on either side of what is
    written. Slots are stored relative to an empty one. Before training the writing head mostly moves right: from heads
    that stand still, training often makes them count the length and never learns what to write.
    sharpen: after a move each head's w becomes w^(1 + s) / sum, s >= 0 its own command, which undoes the blur of moves.
    """

    def __init__(self, size: int, choice: Choice, *, sharpen: bool) -> None:
        super().__init__()
        self.size = size
        self.sharpen = sharpen
        self.choice = choice
        self.parts = [WRITES, HEADS * MOVES, HEADS if sharpen else 0, size]
        self.lean = torch.zeros(sum(self.parts))
        self.lean[WRITES + MOVES - 1] = ONWARD
        never = -torch.inf
        stay = [never, 0.0, never] * HEADS
        idle = torch.tensor([never, 0.0, *stay, *[never] * self.parts[2], *[0.0] * size])
        self.register_buffer("idle", idle, persistent=False)

    def start(self, batch: int) -> tuple[Tensor, Tensor]:
        """Return an empty tape (batch, 2, size) and the heads (batch, 2, 2) on its slot 1."""
        heads = torch.arange(2, dtype=self.idle.dtype, device=self.idle.device).expand(batch, HEADS, 2)
        return self.idle.new_zeros(batch, 2, self.size), heads

    def room(self, slots: Tensor, heads: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        """Add empty slots on the right, one for each step."""
        return F.pad(slots, (0, 0, 0, steps)), F.pad(heads, (0, steps))

    def show(self, slots: Tensor, heads: Tensor) -> Tensor:
        """Return what the reading head sees: slots (batch, slots, size), heads (batch, 2, slots) -> (batch, size)."""
        return (heads[:, 1:] @ slots)[:, 0]

    def act(self, commands: Tensor, slots: Tensor, heads: Tensor) -> tuple[Tensor, Tensor]:
        """Write, then move: slots (batch, slots, size) and heads (batch, 2, slots), neither on the last slot."""
        writes, moves, sharpness, value = commands.split(self.parts, 1)
        weight = heads[:, 0] * self.choice(writes)[:, :1]
        value = torch.tanh(value) - EMPTY
        slots = torch.lerp(slots, value[:, None], weight[..., None])
        heads = moved(heads, self.choice(moves.unflatten(1, (HEADS, MOVES))))
        return slots, sharpened(heads, sharpness) if self.sharpen else heads

    def trace(self, slots: Tensor, heads: Tensor) -> dict[str, Tensor]:
        """Return each head's mean place, counted from the left edge."""
        write, read = (heads @ torch.arange(heads.shape[-1], device=heads.device, dtype=heads.dtype)).unbind(1)
        return {"read head": read, "write head": write}


def moved(heads: Tensor, moves: Tensor) -> Tensor:
    """Move heads (batch, 2, slots) by shares of left, stay and right (batch, 2, 3) -> (batch, 2, slots)."""
    left, stay, right = moves[..., None].unbind(2)
    around = F.pad(heads, (1, 1))
    at_edge = F.pad(left * heads[..., :1], (0, heads.shape[-1] - 1))  # what would leave the tape stays on slot 0
    kept = torch.addcmul(torch.addcmul(at_edge, stay, around[..., 1:-1]), left, around[..., 2:])
    return torch.addcmul(kept, right, around[..., :-2])


def sharpened(heads: Tensor, sharpness: Tensor) -> Tensor:
    """Raise heads (batch, 2, slots) to 1 + softplus(sharpness (batch, 2)) and make them sum to 1 again."""
    largest = heads.detach().amax(-1, keepdim=True)  # cancels; without it a head spread wide would vanish
    raised = (heads / largest) ** (1 + F.softplus(sharpness))[..., None]
    return raised / raised.sum(-1, keepdim=True)


@register("tape_rnn")
@dataclass(frozen=True, kw_only=True)
class TapeRNN(MachineFamily):
    """GRU with a tape under two moving heads, one that writes and one that reads.

    Such memories were compared by length by Deletang et al. 2023, arXiv 2207.02098. sharpen: see `Tape`.
    """

    paper = "After Suzgun et al. 2019, arXiv 1911.03329"
    inductive_bias = "a tape with two moving heads"
    sharpen: bool = True

    def store(self, size: int, choice: Choice) -> Store:
        """Return the tape."""
        return Tape(size, choice, sharpen=self.sharpen)
