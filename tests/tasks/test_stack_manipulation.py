"""Stack manipulation beside a list that is pushed and popped."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import product

import pytest
import torch
from draws import adversarial, at_length, is_fair, lengths
from plain_answers import STOP, printed

from bench.trial.streams import stream
from tasks.strings.stack_manipulation import StackManipulation

ACTIONS = ("+a", "+b", "-")


def left(question: list[str]) -> list[str]:
    """Do what is asked with a list; the top is its end."""
    stack: list[str] = []
    for token in question:
        if token != "-":
            stack.append(token[-1])
        elif stack:
            stack.pop()
    return [*stack[::-1], STOP]


def given(question: list[str]) -> int:
    """Count the tokens of the stack; behind them are actions alone."""
    count = sum(token in ("a", "b") for token in question)
    assert set(question[:count]) <= {"a", "b"}
    assert set(question[count:]) <= set(ACTIONS)
    return count


def test_stacks_are_those_of_a_list() -> None:
    task, empty = StackManipulation(), 0
    drawn = [task.sample(lengths(), int(lengths().max()), stream("cpu", "stacks"))]
    drawn += [adversarial(task, kind) for kind in task.adversarial_kinds]
    for batch in drawn:
        for asked, (question, target) in zip(lengths().tolist(), printed(task, batch), strict=True):
            assert len(question) == asked
            assert 1 <= given(question) <= max(1, asked - 1)
            assert target == left(question)
            empty += target == [STOP]
    assert empty > 50


def test_every_short_source_is_drawn_and_right() -> None:
    """Of four tokens, so that stacks are emptied, and pushed on and popped again once they are."""
    drawn = printed(StackManipulation(), at_length(StackManipulation(), 4, 9000))
    found = {tuple(question): target for question, target in drawn}
    expected = {
        (*stack, *actions)
        for many in (1, 2, 3)
        for stack in product("ab", repeat=many)
        for actions in product(ACTIONS, repeat=4 - many)
    }
    assert set(found) == expected
    assert all(target == left(list(question)) for question, target in found.items())


def test_long_stacks_are_right() -> None:
    task, length = StackManipulation(), torch.tensor([1999, 2000])
    drawn = [task.sample(length, 2001, stream("cpu", "long"))]
    drawn += [adversarial(task, kind, length) for kind in task.adversarial_kinds]
    for batch in drawn:
        assert all(target == left(question) for question, target in printed(task, batch))


def test_stacks_symbols_and_actions_are_drawn_alike() -> None:
    questions = [question for question, _ in printed(StackManipulation(), at_length(StackManipulation(), 5, 4000))]
    sizes = Counter(map(given, questions))
    assert is_fair([sizes[size] for size in (1, 2, 3, 4)])
    assert is_fair([sum(question[0] == symbol for question in questions) for symbol in "ab"])
    for place in (-1, -2):
        last = Counter(question[place] for question in questions)
        assert is_fair([last[action] for action in ACTIONS])


def test_kinds_are_what_they_say() -> None:
    task = StackManipulation()
    for kind in task.adversarial_kinds:
        seen = set()
        for question, target in printed(task, adversarial(task, kind)):
            actions = [token == "-" for token in question[given(question) :]]
            pops = (len(actions) + 1) // 2
            expected = {
                "all_pushes": [False] * len(actions),
                "all_pops": [True] * len(actions),
                "in_turns": ([False, True] * pops)[: len(actions)],
                "pops_first": [True] * pops + [False] * (len(actions) - pops),
            }
            assert actions == expected[kind]
            seen |= set(question)
            assert kind != "all_pushes" or len(target) == len(question) + 1
        never = {"all_pushes": {"-"}, "all_pops": {"+a", "+b"}}
        assert seen == {"a", "b", *ACTIONS} - never.get(kind, set())


@pytest.mark.parametrize("length", [1, 2, 3, 4, 6])
def test_chance_is_that_of_the_likeliest_answer(length: int) -> None:
    sizes = range(1, max(2, length))
    answers = Counter[tuple[str, ...]]()
    for many in sizes:
        for stack, actions in product(product("ab", repeat=many), product(ACTIONS, repeat=length - many)):
            answers[tuple(left([*stack, *actions]))] += Fraction(1, len(sizes) * 2**many * 3 ** (length - many))
    assert sum(answers.values()) == 1
    assert StackManipulation().chance(length) == pytest.approx(float(max(answers.values())))


def test_chance_at_a_great_length_is_small_and_above_nothing() -> None:
    assert 0 < StackManipulation().chance(2000) < 1e-9
