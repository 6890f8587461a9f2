"""Nested expressions beside a plain recursive parser of what is printed."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
import torch
from draws import adversarial, at_length, is_fair, lengths
from expressions import Operation, deeply, depth, operations, parsed, worth
from plain_answers import printed

from bench.trial.streams import stream
from tasks import Batch
from tasks.arithmetic.nested import Nested

CHOSEN = [
    Nested(algebra=algebra, measured=measured)
    for algebra in ("modular", "boolean", "lists")
    for measured in ("length", "depth")
] + [Nested(modulus=modulus) for modulus in (2, 5, 12)]
every_task = pytest.mark.parametrize("task", CHOSEN, ids=lambda task: f"{task.algebra}{task.modulus}-{task.measured}")
SIGNS = {"modular": "+-*", "boolean": "&|^", "lists": ["MAX", "MIN", "MED", "SM"]}


FEW = lengths(10)


def trees(task: Nested, batch: Batch) -> list[Operation]:
    return [parsed(question) for question, _ in printed(task, batch)]


def drawn(task: Nested, length: int, rows: int) -> list[Operation]:
    return trees(task, at_length(task, length, rows))


def is_answered(task: Nested, batch: Batch) -> bool:
    values = {"modular": range(task.modulus), "boolean": "FT", "lists": range(10)}[task.algebra]
    return all(
        target == [str(values[worth(parsed(question), task.modulus)])] for question, target in printed(task, batch)
    )


@every_task
def test_answers_are_those_of_a_plain_parser_and_a_length_counts_operations(task: Nested) -> None:
    batches = [task.sample(FEW, int(FEW.max()) + 2, stream("cpu", "nested"))]
    batches += [adversarial(task, kind, FEW) for kind in task.adversarial_kinds]
    for batch in batches:
        assert is_answered(task, batch)
        assert [len(operations(tree)) for tree in trees(task, batch)] == FEW.tolist()
        assert torch.equal(batch.source_length, 4 * FEW + 1)


@every_task
def test_long_expressions_are_right(task: Nested) -> None:
    long = torch.tensor([1000, 999])
    with deeply():
        assert is_answered(task, task.sample(long, 1000, stream("cpu", "long")))
        assert all(is_answered(task, adversarial(task, kind, long)) for kind in ("zigzag", "balanced"))


@pytest.mark.parametrize("algebra", SIGNS)
def test_by_depth_a_length_is_the_depth_and_sides_are_drawn_alike(algebra: str) -> None:
    task = Nested(algebra=algebra, measured="depth")
    sides: list[Counter[int]] = [Counter() for _ in range(5)]
    for tree in drawn(task, 6, 900):
        assert depth(tree) == 6
        for level, operation in enumerate(operations(tree)[:-1]):
            sides[level].update(operation.nested)
    for side in sides:
        assert len(side) == (3 if algebra == "lists" else 2)
        assert is_fair(list(side.values()))
        assert side.total() == 900


def test_by_length_any_operation_is_the_outermost_at_every_level() -> None:
    outermost, inside = Counter[int](), Counter[int]()
    for tree in drawn(Nested(), 5, 2500):
        left = tree.operands[0]
        count = len(operations(left)) if isinstance(left, Operation) else 0
        outermost[count] += 1
        if count == 4:
            assert isinstance(left, Operation)
            deeper = left.operands[0]
            inside[len(operations(deeper)) if isinstance(deeper, Operation) else 0] += 1
    assert is_fair([outermost[count] for count in range(5)])
    assert is_fair([inside[count] for count in range(4)])


def test_by_length_depth_grows_as_a_logarithm() -> None:
    found = {length: [depth(tree) for tree in drawn(Nested(), length, 8)] for length in (10, 100, 1000)}
    means = [sum(each) / len(each) for each in found.values()]
    assert means == sorted(means)
    assert max(found[1000]) < 40  # a chain is 1000 deep


@pytest.mark.parametrize("algebra", SIGNS)
def test_operands_operators_and_the_places_of_lists_are_drawn_alike(algebra: str) -> None:
    task = Nested(algebra=algebra)
    ones = drawn(task, 1, 2000)
    values = {"modular": 10, "boolean": 2, "lists": 10}[algebra]
    for place in range(len(ones[0].operands)):
        found = Counter(str(tree.operands[place]) for tree in ones)
        assert len(found) == values
        assert is_fair(list(found.values()))
    signs = Counter(tree.operator for tree in ones)
    assert set(signs) == set(SIGNS[algebra])
    assert is_fair(list(signs.values()))
    if algebra == "lists":
        two = Counter(tuple(tree.nested) for tree in drawn(task, 3, 1800))
        balanced = [two[places] for places in ((0, 1), (0, 2), (1, 2))]
        assert is_fair(balanced)
        assert sum(balanced) == pytest.approx(600, abs=100)


@every_task
def test_kinds_are_nested_as_they_say(task: Nested) -> None:
    left, right = ({0, 1}, {1, 2}) if task.algebra == "lists" else ({0}, {1})  # a list's digit may stand before
    turns = {"left": (left, left), "right": (right, right), "zigzag": (right, left)}
    for kind, sides in turns.items():
        for tree in trees(task, adversarial(task, kind, FEW)):
            chain = operations(tree)
            assert depth(tree) == len(chain)
            assert all(each.nested[0] in sides[turn % 2] for turn, each in enumerate(chain[:-1]))
    for tree in trees(task, adversarial(task, "balanced", FEW)):
        assert depth(tree) == len(operations(tree)).bit_length()


@every_task
def test_every_operand_counts_where_operators_are_reversible(task: Nested) -> None:
    """Change one operand of the deepest operation: the answer changes."""
    kinds = {"modular": set("+-"), "boolean": {"^"}, "lists": {"SM"}}[task.algebra]
    batch = adversarial(task, "reversible", FEW)
    assert {part.operator for tree in trees(task, batch) for part in operations(tree)} == kinds
    for question, _ in printed(task, batch)[:20]:
        value = worth(parsed(question), task.modulus)
        for place in [place for place, token in enumerate(question) if token.isdigit() or token in "TF"]:
            other = {"T": "F", "F": "T"}.get(question[place]) or str((int(question[place]) + 1) % task.modulus)
            changed = worth(parsed([*question[:place], other, *question[place + 1 :]]), task.modulus)
            assert changed != value


def every_tree(length: int, measured: str, signs: str, values: str) -> list[tuple[float, Operation | str]]:
    """Return every expression of two operands and its probability."""
    if length == 0:
        return [(1 / len(values), value) for value in values]
    splits = range(length) if measured == "length" else (0, length - 1)
    found: list[tuple[float, Operation | str]] = []
    for left in splits:
        sides = (every_tree(count, measured, signs, values) for count in (left, length - 1 - left))
        for sign, one, other in product(signs, *sides):
            chance = one[0] * other[0] / len(splits) / len(signs)
            found.append((chance, Operation(sign, (one[1], other[1]))))
    return found


@pytest.mark.parametrize("measured", ["length", "depth"])
@pytest.mark.parametrize(
    ("settings", "length"), [({"modulus": 3}, 2), ({"modulus": 2}, 3), ({"algebra": "boolean"}, 3)]
)
def test_chance_is_the_share_of_the_commonest_answer_among_all_expressions(
    measured: str, settings: dict[str, object], length: int
) -> None:
    task = Nested(measured=measured, **settings)
    values = "FT" if task.algebra == "boolean" else "012"[: task.modulus]
    shares = Counter[int]()
    for chance, tree in every_tree(length, measured, str(SIGNS[task.algebra]), values):
        shares[worth(tree, task.modulus)] += chance
    assert sum(shares.values()) == pytest.approx(1)
    assert task.chance(length) == pytest.approx(max(shares.values()))


@every_task
def test_chance_is_how_often_the_commonest_answer_comes_up(task: Nested) -> None:
    for length in (1, 4, 30):
        answers = Counter(at_length(task, length, 4000).target[:, 0].tolist())
        share, expected = max(answers.values()) / 4000, task.chance(length)
        assert abs(share - expected) < 5 * (expected * (1 - expected) / 4000) ** 0.5


def test_lists_and_truth_values_have_uniform_answers_and_products_make_zeros() -> None:
    assert Nested(algebra="lists").chance(1000) == pytest.approx(0.1)
    assert Nested(algebra="boolean").chance(1000) == pytest.approx(0.5)
    zero = at_length(Nested(), 50, 500).target[:, 0].mode().values
    assert Nested().text([int(zero)]) == "0"


def test_bad_settings_are_one_line() -> None:
    with pytest.raises(ValueError, match=r"^unknown algebra 'groups'; choose from: modular, boolean, lists$"):
        Nested(algebra="groups")
    with pytest.raises(ValueError, match=r"^unknown measured 'tokens'; choose from: length, depth$"):
        Nested(measured="tokens")
    with pytest.raises(ValueError, match=r"^modulus must be 2 or more; got 1$"):
        Nested(modulus=1)
    with pytest.raises(ValueError, match=r"^modulus 5 is of algebra 'modular'; algebra 'lists' has none$"):
        Nested(algebra="lists", modulus=5)
