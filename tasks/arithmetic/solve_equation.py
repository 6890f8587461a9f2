"""Solve equation: which digit x stands for in a bracketed expression whose value is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.arithmetic.algebras import algebra, results
from tasks.arithmetic.modular import PLUS, PRIMES, TIMES
from tasks.arithmetic.nesting import FAR, Nesting, draw_turns, evaluated, nest
from tasks.base import FIRST_TOKEN, PAD, Batch, Task, Tokens, before, register
from tasks.checks import check_choice
from tasks.strings.draw import draw_places

KINDS = ("left", "right", "zigzag", "balanced")


@register("solve_equation")
@dataclass(frozen=True, kw_only=True)
class SolveEquation(Task):
    """Write the digit that x stands for, modulo `modulus`, for example ( ( x + 2 ) * 3 ) = 1 -> 0.

    After solve equation of Deletang et al. 2023 (arXiv 2207.02098). A length counts operations, so that the source has
    4 length + 3 tokens; any is the outermost, and so on, as in task nested. Digits and operators + - * are uniform, and
    any one of the digits is hidden behind x; but where an operation around x would multiply it by 0, a sum takes the
    place of the product. So every operation around x can be undone, as the modulus is a prime, and the digit that was
    hidden is the one solution. The answer is one digit, without EOS. Held out: a fixed share of the equations, chosen
    by hash.
    """

    adversarial_kinds: ClassVar[tuple[str, ...]] = KINDS
    automaton: ClassVar[str] = "deterministic context-free: one stack, of operators and values of the form a x + b"
    train_lengths: tuple[int, ...] = tuple(range(1, 11))
    eval_lengths: tuple[int, ...] = FAR
    modulus: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("modulus", str(self.modulus), tuple(map(str, PRIMES)))

    @property
    def source(self) -> Tokens:
        """Digits, then operators and brackets, x and =."""
        return Tokens(len(self.symbols))

    @property
    def target(self) -> Tokens:
        """Digits."""
        return Tokens(self.modulus)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every token of a source as it is printed."""
        return (*algebra("modular", self.modulus).symbols, "x", "=")

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw equations: length (batch,) -> source (batch, 4 max_length + 3), target (batch, 1)."""
        nesting = nest(draw_turns("split", length, max_length, generator), length)
        return self._drawn(nesting, draw_places(length + 1, generator), length, generator)

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw equations; shapes as in `sample`.

        "left", "right", "zigzag": each operation but the deepest has another one on its left, on its right, or in
        turns. "balanced": all are as shallow as can be. In all of them x is either operand of the deepest operation, in
        "balanced" of the leftmost one.
        """
        check_choice("adversarial kind", kind, KINDS)
        nesting = nest(draw_turns(kind, length, max_length, generator), length)
        side = torch.randint(2, length.shape, generator=generator, device=generator.device)
        return self._drawn(nesting, nesting.level.argmax(1) + side, length, generator)

    def _drawn(self, nesting: Nesting, unknown: Tensor, length: Tensor, generator: torch.Generator) -> Batch:
        """Draw digits and operators; which operand is unknown (batch,), counted from the left, from 0."""
        table, device = results("modular", self.modulus, generator.device), generator.device
        digit = torch.randint(self.modulus, nesting.operand.shape, generator=generator, device=device)
        operator = torch.randint(len(table), nesting.level.shape, generator=generator, device=device)
        unknown = unknown[:, None]
        place = nesting.operand.gather(1, unknown)
        value = evaluated(nesting, digit, operator, table)
        operator = operator.masked_fill((operator == TIMES) & _drowns(place, nesting, value), PLUS)
        value = evaluated(nesting, digit, operator, table)[:, :1]
        x, equals, opening, closing = map(self.symbols.index, "x=()")
        source = nesting.laid(digit.scatter(1, unknown, x), opening, self.modulus + operator, closing)
        end = 4 * length[:, None] + 1
        source = FIRST_TOKEN + source.scatter(1, end, equals).scatter(1, end + 1, value)
        source = source.masked_fill(~before(4 * length + 3, nesting.width), PAD)
        return Batch(source, 4 * length + 3, FIRST_TOKEN + digit.gather(1, unknown), torch.ones_like(length))

    def chance(self, length: int) -> float:
        """The digit guessed."""
        return 1 / self.modulus

    def symbol(self, index: int) -> str:
        """A digit, an operator, a bracket, x or =."""
        return self.symbols[index]


def _drowns(x: Tensor, nesting: Nesting, value: Tensor) -> Tensor:
    """Whether x, at a place (batch, 1), is on one side of an operation and 0 on the other (batch, most).

    value (batch, width): of the parts that begin or end at each place
    """
    on_the_left = (nesting.opening < x) & (x < nesting.middle)
    on_the_right = (nesting.middle < x) & (x < nesting.closing)
    left, right = value.gather(1, nesting.middle - 1), value.gather(1, nesting.middle + 1)
    return (on_the_left & (right == 0)) | (on_the_right & (left == 0))
