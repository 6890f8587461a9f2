"""What nested expressions are made of: values, operators and their results; and how often each answer then comes up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

ALGEBRAS = ("modular", "boolean", "lists")


@dataclass(frozen=True)
class Algebra:
    """Values and operators by their printed names; `results` of operators on indices of values.

    operands: how many an operation has. opening: the bracket before it, "" where the operator is that bracket
    reversible: operators, by index, whose result changes whenever one operand does
    """

    values: tuple[str, ...]
    operators: tuple[str, ...]
    results: tuple[Callable[..., int], ...]
    reversible: range
    operands: int = 2
    opening: str = "("
    closing: str = ")"

    @property
    def thirds(self) -> int:
        """How many functions of two values an operator is: one, or one for each third operand."""
        return len(self.values) ** (self.operands - 2)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Values, then operators, the closing bracket, and the opening one where there is one."""
        return (*self.values, *self.operators, self.closing, *filter(None, [self.opening]))


@cache
def algebra(name: str, modulus: int) -> Algebra:
    """Return one of ALGEBRAS; `modulus` is that of "modular"."""
    if name == "modular":
        found = (lambda x, y: (x + y) % modulus, lambda x, y: (x - y) % modulus, lambda x, y: x * y % modulus)
        return Algebra(tuple(map(str, range(modulus))), ("+", "-", "*"), found, range(2))
    if name == "boolean":
        found = (lambda x, y: x & y, lambda x, y: x | y, lambda x, y: x ^ y)
        return Algebra(("F", "T"), ("&", "|", "^"), found, range(2, 3))
    middle, last_digit = lambda *x: sorted(x)[1], lambda *x: sum(x) % 10
    operators = ("[MAX", "[MIN", "[MED", "[SM")
    return Algebra(tuple("0123456789"), operators, (max, min, middle, last_digit), range(3, 4), 3, "", "]")


@cache
def results(name: str, modulus: int, device: torch.device) -> Tensor:
    """Return the results of an algebra (functions, values, values); a third operand is a function's own."""
    of = algebra(name, modulus)
    count = len(of.values)
    found = [result(*each) for result in of.results for each in product(range(count), repeat=of.operands)]
    return torch.tensor(found, device=device).view(-1, count, count)


def answer_shares(name: str, modulus: int, length: int, nested: str) -> npt.NDArray[np.float64]:
    """Return how often each value is that of a random expression (values,), by recursion over its operations.

    length: of operations. nested: by "length" any number of them is left of the outermost, the others right; by
    "depth" all are on one side. Functions, operands and sides are uniform and independent. In numpy, as torch may take
    a hundred times as long for products so small where its threads wait for one another.
    """
    table = results(name, modulus, torch.device("cpu")).numpy()
    count = table.shape[-1]
    leads_to = np.eye(count)[table].mean(0)  # (left, right, value)
    shares = np.full((length + 1, count), 1 / count)
    for operations in range(1, length + 1):
        left = shares[:operations] if nested == "length" else shares[[0, operations - 1]]
        shares[operations] = np.tensordot(left.T @ left[::-1] / len(left), leads_to)
    return shares[length]
