"""Equations beside a plain recursive parser and every digit tried in place of x."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from draws import adversarial, at_length, is_fair, lengths
from expressions import Operation, deeply, depth, operations, parsed, worth
from plain_answers import printed

from bench.trial.streams import stream
from tasks import Batch
from tasks.arithmetic.modular import PRIMES
from tasks.arithmetic.solve_equation import SolveEquation

FEW = lengths(10)


def equations(task: SolveEquation, batch: Batch) -> list[tuple[Operation, int, list[str]]]:
    """Return each left side, the number on the right, and the answer given."""
    found = []
    for question, target in printed(task, batch):
        assert question[-2] == "="
        found.append((parsed(question[:-2]), int(question[-1]), target))
    return found


def solutions(tree: Operation, value: int, modulus: int) -> list[str]:
    return [str(x) for x in range(modulus) if worth(tree, modulus, x) == value]


def way_to_x(tree: Operation) -> list[Operation]:
    """Return the operations that x is in, the outermost first."""
    inside = [each for part in tree.parts for each in way_to_x(part)]
    return [tree, *inside] if inside or "x" in tree.operands else []


@pytest.mark.parametrize("modulus", PRIMES)
def test_the_answer_is_the_one_solution(modulus: int) -> None:
    task = SolveEquation(modulus=modulus)
    batches = [task.sample(FEW, int(FEW.max()) + 2, stream("cpu", "equations"))]
    batches += [adversarial(task, kind, FEW) for kind in task.adversarial_kinds]
    for batch in batches:
        assert torch.equal(batch.source_length, 4 * FEW + 3)
        for length, (tree, value, target) in zip(FEW.tolist(), equations(task, batch), strict=True):
            assert len(operations(tree)) == length
            assert target == solutions(tree, value, modulus)


def test_long_equations_are_right() -> None:
    task, long = SolveEquation(), torch.tensor([1000, 999])
    with deeply():
        for batch in (task.sample(long, 1000, stream("cpu", "long")), adversarial(task, "zigzag", long)):
            assert all(target == solutions(tree, value, 5) for tree, value, target in equations(task, batch))


def test_x_is_any_operand_and_any_digit() -> None:
    task = SolveEquation()
    batch = at_length(task, 4, 2000)
    places, answers = Counter[int](), Counter[str]()
    for question, (answer,) in printed(task, batch):
        places[[token for token in question[:-2] if token.isdigit() or token == "x"].index("x")] += 1
        answers[answer] += 1
    assert is_fair([places[place] for place in range(5)])
    assert is_fair([answers[digit] for digit in "01234"])


def test_operators_are_uniform_but_for_products_with_0_on_the_way_to_x_which_are_sums() -> None:
    found = [tree for tree, _, _ in equations(SolveEquation(), at_length(SolveEquation(), 3, 2000))]
    beside, others, elsewhere = Counter[str](), Counter[str](), Counter[str]()
    for tree in found:
        way = way_to_x(tree)
        assert sum(operation.operands.count("x") for operation in operations(tree)) == 1
        for operation in way:
            (other,) = [each for each in operation.operands if each != "x" and each not in way]
            (beside if worth(other, 5) == 0 else others)[operation.operator] += 1
        elsewhere.update(operation.operator for operation in operations(tree) if operation not in way)
    assert is_fair([others[sign] for sign in "+-*"])
    assert is_fair([elsewhere[sign] for sign in "+-*"])
    assert set(beside) == {"+", "-"}
    assert beside["+"] / beside.total() == pytest.approx(2 / 3, abs=0.05)


def test_x_is_as_deep_as_can_be_in_every_kind() -> None:
    task = SolveEquation()
    for kind in task.adversarial_kinds:
        sides = Counter[int]()
        for tree, _, _ in equations(task, adversarial(task, kind, lengths(20))):
            way = way_to_x(tree)
            count = len(operations(tree))
            assert len(way) == depth(tree) == (count.bit_length() if kind == "balanced" else count)
            turns = [operation.nested[0] for operation in way[:-1]]
            expected = {"left": [0] * len(turns), "right": [1] * len(turns), "zigzag": [1, 0] * len(turns)}
            assert kind == "balanced" or turns == expected[kind][: len(turns)]
            sides[way[-1].operands.index("x")] += 1
        assert is_fair([sides[0], sides[1]])


def test_chance_guesses_a_digit_and_a_modulus_that_is_no_prime_is_one_line() -> None:
    assert SolveEquation(modulus=7).chance(50) == pytest.approx(1 / 7)
    with pytest.raises(ValueError, match=r"^unknown modulus '6'; choose from: 2, 3, 5, 7, 11, 13$"):
        SolveEquation(modulus=6)
