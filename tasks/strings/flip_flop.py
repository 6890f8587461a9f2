"""Flip-flop: a bit is written, read and talked over; what does it say at the end?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import FIRST_TOKEN, PAD, Batch, Task, Tokens, before, register
from tasks.checks import check_choice, check_share
from tasks.strings.draw import FAR

KINDS = ("one_write", "all_writes", "other_bits")
MARKS = "01wri"
WRITE, READ, IGNORE = 2, 3, 4


@register("flip_flop")
@dataclass(frozen=True, kw_only=True)
class FlipFlop(Task):
    """Write the bit that was last written, for example w 1 i 0 r 1 i 0 r -> 1.

    After Liu et al. 2023 (arXiv 2306.00946), where every bit behind an r is asked for; here the last one is, and those
    before it are given. Regular, with two states. A length counts instructions with their bits; the first of them
    writes. A share `ignored` of the others is followed by any bit and is to be overlooked, of the rest one half writes
    a random bit and the other reads. The answer is one bit, without EOS. Held out: a fixed share of the sources, chosen
    by hash; of length 1 there are two, so it may have none. Not by answers: there are only two.
    """

    adversarial_kinds: ClassVar[tuple[str, ...]] = KINDS
    automaton: ClassVar[str] = "regular: a finite automaton of two states and a reset"
    train_lengths: tuple[int, ...] = tuple(range(1, 21))
    eval_lengths: tuple[int, ...] = FAR
    ignored: float = 0.8

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share("ignored", self.ignored)

    @property
    def source(self) -> Tokens:
        """Bits and instructions."""
        return Tokens(len(MARKS))

    @property
    def target(self) -> Tokens:
        """Bits."""
        return Tokens(2)

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw instructions: length (batch,) -> source (batch, 2 max_length + 1), target (batch, 1)."""
        shape, device = (len(length), max_length), generator.device
        other = WRITE + torch.randint(2, shape, generator=generator, device=device)
        is_ignored = torch.rand(shape, generator=generator, device=device) < self.ignored
        return self._paired(torch.where(is_ignored, IGNORE, other), self._bits(shape, generator), length)

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw instructions; shapes as in `sample`.

        "one_write": all but the first are ignored. "all_writes". "other_bits": one write, and all that is ignored is
        followed by the other bit.
        """
        check_choice("adversarial kind", kind, KINDS)
        bits = self._bits((len(length), max_length), generator)
        if kind == "other_bits":
            bits = torch.cat([bits[:, :1], 1 - bits[:, :1].expand(-1, max_length - 1)], 1)
        instructions = torch.full_like(bits, WRITE if kind == "all_writes" else IGNORE)
        return self._paired(instructions, bits, length)

    def _bits(self, shape: tuple[int, int], generator: torch.Generator) -> Tensor:
        return torch.randint(2, shape, generator=generator, device=generator.device)

    def _paired(self, instructions: Tensor, bits: Tensor, length: Tensor) -> Batch:
        """Write instructions, the first of which writes, and bits, two of (batch, time), then r; length (batch,)."""
        time = torch.arange(bits.shape[1], device=bits.device)
        instructions = torch.where(time == 0, WRITE, instructions)
        written = torch.where(instructions == WRITE, time, 0).cummax(1).values
        state = bits.gather(1, written)
        pairs = torch.stack([instructions, torch.where(instructions == READ, state, bits)], 2).flatten(1)
        source = torch.nn.functional.pad(FIRST_TOKEN + pairs, (0, 1), value=PAD)
        source = source.masked_fill(~before(2 * length, source.shape[1]), PAD)
        source = source.scatter(1, 2 * length[:, None], FIRST_TOKEN + READ)
        target = FIRST_TOKEN + state.gather(1, length[:, None] - 1)
        return Batch(source, 2 * length + 1, target, torch.ones_like(length))

    def chance(self, length: int) -> float:
        """A bit guessed."""
        return 0.5

    def symbol(self, index: int) -> str:
        """A bit; w writes, r reads, i is to be ignored."""
        return MARKS[index]
