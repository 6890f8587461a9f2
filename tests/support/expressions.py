"""Bracketed expressions as they are printed: a plain recursive parser, and what it finds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    """An operator and its operands as they stand, each a printed value or an operation."""

    operator: str
    operands: tuple[Operation | str, ...]

    @property
    def nested(self) -> list[int]:
        """Return the places of operands that are operations."""
        return [place for place, each in enumerate(self.operands) if isinstance(each, Operation)]

    @property
    def parts(self) -> list[Operation]:
        return [each for each in self.operands if isinstance(each, Operation)]


def parsed(tokens: list[str]) -> Operation:
    """Parse ( left operator right ) or [operator one two three ]; raise where anything is left or missing."""
    rest = iter(tokens)
    tree = operand_from(rest)
    assert isinstance(tree, Operation)
    assert next(rest, None) is None
    return tree


def operand_from(rest: Iterator[str]) -> Operation | str:
    token = next(rest)
    if token == "(":
        left, operator, right = operand_from(rest), next(rest), operand_from(rest)
        assert operator in tuple("+-*&|^")
        assert next(rest) == ")"
        return Operation(operator, (left, right))
    if token.startswith("["):
        three = (operand_from(rest), operand_from(rest), operand_from(rest))
        assert next(rest) == "]"
        return Operation(token[1:], three)
    assert token.isdigit() or token in ("T", "F", "x")
    return token


def worth(tree: Operation | str, modulus: int = 10, x: int | None = None) -> int:
    """Evaluate: T is 1 and F 0; sums, differences and products are taken modulo `modulus`, where x is known."""
    if isinstance(tree, str):
        return {"T": 1, "F": 0, "x": x}[tree] if tree in ("T", "F", "x") else int(tree)
    values = [worth(each, modulus, x) for each in tree.operands]
    if len(values) == 3:
        return {"MAX": max(values), "MIN": min(values), "MED": sorted(values)[1], "SM": sum(values) % 10}[tree.operator]
    left, right = values
    if tree.operator in ("&", "|", "^"):
        return int({"&": left and right, "|": left or right, "^": left != right}[tree.operator])
    return {"+": left + right, "-": left - right, "*": left * right}[tree.operator] % modulus


def operations(tree: Operation) -> list[Operation]:
    """Return a tree's operations, an outer one before those inside it."""
    return [tree, *(each for part in tree.parts for each in operations(part))]


def depth(tree: Operation) -> int:
    return 1 + max(map(depth, tree.parts), default=0)


@contextmanager
def deeply() -> Iterator[None]:
    """Let functions call themselves for expressions of a thousand levels."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    yield
    sys.setrecursionlimit(limit)
