"""Modular arithmetic: sums and products of digits, modulo a prime."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import FIRST_TOKEN, PAD, Batch, Task, Tokens, before, register
from tasks.checks import check_choice

KINDS = ("sums", "products", "in_turns")
PRIMES = (2, 3, 5, 7, 11, 13)
SIGNS = "+-*"
PLUS, MINUS, TIMES = range(3)


@register("modular")
@dataclass(frozen=True, kw_only=True)
class Modular(Task):
    """Evaluate an expression without brackets modulo `modulus`, products first, for example 3 + 4 * 2 - 1 -> 0.

    After modular arithmetic (simple) of Deletang et al. 2023 (arXiv 2207.02098); regular. A length counts operands, so
    that the source has nearly twice as many tokens; digits and operators are uniform. The answer is one digit, without
    EOS. Held out: a fixed share of the expressions, chosen by hash; not by answers, which are few.
    """

    adversarial_kinds: ClassVar[tuple[str, ...]] = KINDS
    automaton: ClassVar[str] = "regular: a finite automaton that holds the sum so far and the product since"
    train_lengths: tuple[int, ...] = tuple(range(1, 21))
    eval_lengths: tuple[int, ...] = (1, 2, 5, 10, 15, 20, 25, 30, 40, 60, 100, 200, 400, 1000, 2000)
    modulus: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("modulus", str(self.modulus), tuple(map(str, PRIMES)))

    @property
    def source(self) -> Tokens:
        """Digits, then the operators."""
        return Tokens(self.modulus + len(SIGNS))

    @property
    def target(self) -> Tokens:
        """Digits."""
        return Tokens(self.modulus)

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw expressions: length (batch,) -> source (batch, 2 max_length - 1), target (batch, 1)."""
        digits = self._drawn(0, (len(length), max_length), generator)
        signs = torch.randint(len(SIGNS), digits.shape, generator=generator, device=generator.device)
        return self._paired(digits, signs, length)

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw "sums" alone, "products" of anything but 0, or + and * "in_turns"; shapes as in `sample`."""
        check_choice("adversarial kind", kind, KINDS)
        digits = self._drawn(int(kind == "products"), (len(length), max_length), generator)
        time = torch.arange(max_length, device=generator.device).expand_as(digits)
        is_product = {"sums": time < 0, "products": time >= 0, "in_turns": time % 2 == 0}[kind]
        return self._paired(digits, torch.where(is_product, TIMES, PLUS), length)

    def _drawn(self, least: int, shape: tuple[int, int], generator: torch.Generator) -> Tensor:
        return torch.randint(least, self.modulus, shape, generator=generator, device=generator.device)

    def _paired(self, digits: Tensor, signs: Tensor, length: Tensor) -> Batch:
        """Write digits with signs, each before its digit but the first, two of (batch, time); length (batch,)."""
        inside = before(length, digits.shape[1])
        value = self._value(digits, signs, inside)
        source = torch.stack([self.modulus + signs, digits], 2).flatten(1)[:, 1:]
        source = (FIRST_TOKEN + source).masked_fill(~before(2 * length - 1, source.shape[1]), PAD)
        return Batch(source, 2 * length - 1, FIRST_TOKEN + value[:, None], torch.ones_like(length))

    def _value(self, digits: Tensor, signs: Tensor, inside: Tensor) -> Tensor:
        """Evaluate; a product is a sum of logarithms to the base of a primitive root, and 0 where a factor is."""
        first = torch.arange(digits.shape[1], device=digits.device) == 0
        begins = (signs != TIMES) | first
        term, nothing = begins.cumsum(1) - 1, torch.zeros_like(digits)
        logarithm, power = logarithms(self.modulus, digits.device)
        exponent = nothing.scatter_add(1, term, logarithm[digits].masked_fill(~inside, 0))
        zeros = nothing.scatter_add(1, term, ((digits == 0) & inside).long())
        sign = torch.where((signs == MINUS) & ~first, -1, 1).masked_fill(~(begins & inside), 0)
        sign = nothing.scatter_add(1, term, sign)
        terms = power[exponent % (self.modulus - 1)].masked_fill(zeros > 0, 0)
        return (sign * terms).sum(1) % self.modulus

    def chance(self, length: int) -> float:
        """The digit guessed."""
        return 1 / self.modulus

    def symbol(self, index: int) -> str:
        """A digit or an operator."""
        return str(index) if index < self.modulus else SIGNS[index - self.modulus]


@cache
def logarithms(prime: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return logarithms to the base of a primitive root (prime,), 0 of 0, and the powers of that root (prime - 1,)."""
    for root in range(1, prime):
        powers = [pow(root, exponent, prime) for exponent in range(prime - 1)]
        if len(set(powers)) == prime - 1:
            break
    logarithm = [powers.index(digit) if digit else 0 for digit in range(prime)]
    return torch.tensor(logarithm, device=device), torch.tensor(powers, device=device)
