"""Nested: what a bracketed expression is worth; digits modulo a number, truth values, or lists of digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.arithmetic.algebras import ALGEBRAS, Algebra, algebra, answer_shares, results
from tasks.arithmetic.nesting import FAR, Nesting, draw_turns, evaluated, nest
from tasks.base import FIRST_TOKEN, PAD, Batch, Task, Tokens, before, register
from tasks.checks import check_at_least, check_choice

KINDS = ("left", "right", "zigzag", "balanced", "reversible")
MEASURED = {"length": "split", "depth": "chain"}  # how operations are nested


@register("nested")
@dataclass(frozen=True, kw_only=True)
class Nested(Task):
    """Write what a bracketed expression is worth, for example ( 3 + ( 4 * 2 ) ) -> 1, the last digit of 11.

    A length counts operations, each in brackets, so that the source has 4 length + 1 tokens. `measured`: by "length"
    any operation is the outermost, all alike, and so on at either side of it, so that depth grows as the logarithm of
    the length; by "depth" each operation but the deepest has one other at its left or right, so that a length, with as
    many tokens, is the depth as well. Ito et al. 2026 (arXiv 2608.31067) train on depths 1 and 2 and test up to 30.
    `algebra`: "modular", + - * of digits modulo `modulus`, after modular arithmetic with brackets of Deletang et al.
    2023 (arXiv 2207.02098); "boolean", & | ^ (and, or, either but not both) of T and F; "lists", after ListOps (Nangia
    and Bowman 2018, arXiv 1804.06028), [MAX 3 [MIN 4 7 2 ] 2 ] -> 3, the greatest, the least, the median (MED) of three
    operands or the last digit of their sum (SM), two operands at most being lists. Operands, of lists also their order,
    and operators are uniform. The answer is one value, without EOS. Held out: a fixed share of the expressions, chosen
    by hash; there are only 12 boolean ones of one operation, so that it may have one or none.
    """

    adversarial_kinds: ClassVar[tuple[str, ...]] = KINDS
    automaton: ClassVar[str] = "deterministic context-free: one stack, of values and operators"
    train_lengths: tuple[int, ...] = tuple(range(1, 11))
    eval_lengths: tuple[int, ...] = FAR
    algebra: str = "modular"
    modulus: int = 10
    measured: str = "length"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("algebra", self.algebra, ALGEBRAS)
        check_choice("measured", self.measured, tuple(MEASURED))
        check_at_least("modulus", self.modulus, 2)
        if self.algebra != "modular" and self.modulus != Nested.modulus:
            raise ValueError(f"modulus {self.modulus} is of algebra 'modular'; algebra {self.algebra!r} has none")

    @property
    def of(self) -> Algebra:
        """Values, operators and brackets."""
        return algebra(self.algebra, self.modulus)

    @property
    def source(self) -> Tokens:
        """Values, then operators and brackets."""
        return Tokens(len(self.of.symbols))

    @property
    def target(self) -> Tokens:
        """Values."""
        return Tokens(len(self.of.values))

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw expressions: length (batch,) -> source (batch, 4 max_length + 1), target (batch, 1)."""
        return self._drawn(MEASURED[self.measured], range(len(self.of.operators)), length, max_length, generator)

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw expressions; shapes as in `sample`.

        "left", "right", "zigzag": each operation but the deepest has another one on its left, on its right, or in
        turns. "balanced": all are as shallow as can be. "reversible": drawn as in `sample`, of operators whose result
        changes whenever one operand does (+ and -, ^, SM), so that every operand counts; elsewhere a 0, an F or a 9 may
        drown all that is on the other side.
        """
        check_choice("adversarial kind", kind, KINDS)
        if kind == "reversible":
            return self._drawn(MEASURED[self.measured], self.of.reversible, length, max_length, generator)
        return self._drawn(kind, range(len(self.of.operators)), length, max_length, generator)

    def _drawn(self, shape: str, operators: range, length: Tensor, most: int, generator: torch.Generator) -> Batch:
        """Draw operands, and operators from some of them, in a shape of nesting."""
        of, device = self.of, generator.device
        nesting = nest(draw_turns(shape, length, most, generator), length)
        operand = torch.randint(len(of.values), nesting.operand.shape, generator=generator, device=device)
        each = nesting.middle.shape  # (batch, most), of each operation
        operator = torch.randint(operators.start, operators.stop, each, generator=generator, device=device)
        third = torch.randint(of.thirds, each, generator=generator, device=device)
        function = operator * of.thirds + third
        value = evaluated(nesting, operand, function, results(self.algebra, self.modulus, device))[:, :1]
        sign = len(of.values) + operator
        if of.opening:
            source = nesting.laid(operand, of.symbols.index(of.opening), sign, of.symbols.index(of.closing))
        else:
            source = listed(nesting, operand, sign, third, of.symbols.index(of.closing), generator)
        source = (FIRST_TOKEN + source)[:, : 4 * most + 1].masked_fill(~before(4 * length + 1, 4 * most + 1), PAD)
        return Batch(source, 4 * length + 1, FIRST_TOKEN + value, torch.ones_like(length))

    def chance(self, length: int) -> float:
        """The commonest answer of expressions of this length guessed."""
        return float(answer_shares(self.algebra, self.modulus, length, self.measured).max())

    def symbol(self, index: int) -> str:
        """A value, an operator or a bracket."""
        return self.of.symbols[index]


def listed(
    nesting: Nesting, operand: Tensor, operator: Tensor, third: Tensor, closing: int, generator: torch.Generator
) -> Tensor:
    """Write [operator left third right ] in rows (batch, width), the third operand at random any of the three."""
    rows = nesting.laid(operand, operator, third, closing)
    moved = torch.stack([2 * nesting.opening + 1, 2 * nesting.middle, 2 * nesting.closing - 1])  # in halves of places
    chosen = torch.randint(len(moved), third.shape, generator=generator, device=generator.device)
    order = 2 * torch.arange(nesting.width, device=rows.device).expand_as(rows)
    order = order.scatter(1, nesting.middle, moved.gather(0, chosen[None])[0])
    return rows.gather(1, order.argsort(1))
