"""Permutation: the word problem of a group, beside compositions in plain Python."""

from __future__ import annotations

from collections import Counter
from functools import reduce
from itertools import product

import pytest
import torch
from draws import adversarial, at_length, is_fair, lengths
from plain_answers import printed

from tasks.strings.groups import GROUPS, cayley, elements, inverses, products
from tasks.strings.permutation import Permutation

CPU = torch.device("cpu")
ORDERS = {"s3": 6, "s4": 24, "a5": 60, "s5": 120}


def then(first: str, second: str) -> str:
    """Apply one permutation, then another: where each point goes."""
    return "".join(second[int(point) - 1] for point in first)


def answered(question: list[str], answer: str) -> list[str]:
    """Answer a question by composing from the left."""
    reached = [reduce(then, question[: end + 1]) for end in range(len(question))]
    return reached if answer == "each" else reached[-1:]


@pytest.mark.parametrize("group", GROUPS)
def test_groups_are_groups(group: str) -> None:
    """Closed, associative, with identity and inverses, all by brute force; of the order that textbooks give."""
    found, table, inverse = elements(group), cayley(group, CPU), inverses(group, CPU)
    order = ORDERS[group]
    assert len(set(found)) == len(found) == order
    names = [Permutation(group=group).symbol(index) for index in range(order)]
    assert all(
        names[table[one, other]] == then(names[one], names[other]) for one, other in product(range(order), repeat=2)
    )
    assert table[0].tolist() == table[:, 0].tolist() == list(range(order))
    assert all(table[one, inverse[one]] == table[inverse[one], one] == 0 for one in range(order))


def test_s5_and_a5_are_not_solvable_and_the_others_are() -> None:
    """The commutators of a group are a smaller one, step by step down to the identity, or not."""

    def derived(group: set[str]) -> set[str]:
        back = {one: "".join(str(one.index(str(at + 1)) + 1) for at in range(len(one))) for one in group}
        found = {then(then(back[one], back[other]), then(one, other)) for one, other in product(group, repeat=2)}
        while (more := {then(one, other) for one, other in product(found, repeat=2)} | found) != found:
            found = more
        return found

    ends = {}
    for group in GROUPS:
        series = {Permutation(group=group).symbol(index) for index in range(ORDERS[group])}
        while (smaller := derived(series)) != series:
            series = smaller
        ends[group] = len(series)
    assert ends == {"s3": 1, "s4": 1, "a5": 60, "s5": 60}


@pytest.mark.parametrize("answer", ["end", "each"])
@pytest.mark.parametrize("group", GROUPS)
def test_answers_are_those_of_plain_python(group: str, answer: str) -> None:
    task = Permutation(group=group, answer=answer)
    drawn = [task.sample(lengths(), int(lengths().max()), torch.Generator().manual_seed(5))]
    drawn += [adversarial(task, kind) for kind in task.adversarial_kinds]
    for batch in drawn:
        for asked, (question, target) in zip(lengths().tolist(), printed(task, batch), strict=True):
            assert len(question) == asked
            assert target == answered(question, answer)


def test_factors_and_products_are_drawn_alike_and_apart() -> None:
    task = Permutation(group="s3", answer="each")
    found = printed(task, at_length(task, 3, 6000))
    for drawn in zip(*(question + target for question, target in found), strict=True):
        assert is_fair([drawn.count(task.symbol(index)) for index in range(6)])
    pairs = Counter((question[0], question[2]) for question, _ in found)
    assert len(pairs) == 36
    assert is_fair(list(pairs.values()))


def test_products_by_doubling_are_those_step_by_step() -> None:
    table = cayley("s5", CPU)
    for time in (1, 2, 3, 7, 8, 33):
        factors = torch.randint(120, (4, time), generator=torch.Generator().manual_seed(time))
        reached = [factors[:, 0]]
        for step in range(1, time):
            reached.append(table[reached[-1], factors[:, step]])
        assert torch.equal(products(factors, table), torch.stack(reached, 1))


def test_kinds_are_what_they_say() -> None:
    task = Permutation(group="a5")
    for question, _ in printed(task, adversarial(task, "single_move")):
        assert len(question) - question.count("12345") == 1
    assert all(len(set(question)) == 1 for question, _ in printed(task, adversarial(task, "one_symbol")))
    assert all(question[2:] == question[:-2] for question, _ in printed(task, adversarial(task, "period_two")))


def test_chance_guesses_what_is_asked() -> None:
    assert Permutation(group="a5").chance(9) == pytest.approx(1 / 60)
    assert Permutation(group="s3", answer="each").chance(3) == pytest.approx(6**-3)


@pytest.mark.parametrize(("setting", "value"), [("group", "s6"), ("answer", "both")])
def test_wrong_settings_are_one_line(setting: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^unknown {setting} '{value}'; choose from: "):
        Permutation(**{setting: value})
