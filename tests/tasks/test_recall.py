"""Recall: a dictionary in plain Python, keys that differ, queries from near and far."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
import torch
from draws import adversarial, at_length, is_fair, lengths
from plain_answers import STOP, printed

from bench.trial.streams import stream
from tasks.strings.mixing import FEW, different
from tasks.strings.recall import Recall

TASKS = [Recall(), Recall(width=1, letters=8192 * 2), Recall(letters=2, width=14, values=2, queries=1)]


def read(task: Recall, question: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return what a question says of each key, and the keys that it asks for."""
    bar, width = question.index("|"), task.width
    pairs = [question[at : at + width + 1] for at in range(0, bar, width + 1)]
    known = {" ".join(pair[:-1]): pair[-1] for pair in pairs}
    assert len(known) == len(pairs)  # all keys are different
    return known, [" ".join(question[at : at + width]) for at in range(bar + 1, len(question), width)]


@pytest.mark.parametrize("task", TASKS, ids=["default", "one letter", "two letters"])
def test_answers_are_those_of_a_dictionary(task: Recall) -> None:
    drawn = [task.sample(lengths(), int(lengths().max()), stream("cpu", "recall"))]
    drawn += [adversarial(task, kind) for kind in task.adversarial_kinds]
    for batch in drawn:
        for asked, (question, target) in zip(lengths().tolist(), printed(task, batch), strict=True):
            known, queries = read(task, question)
            assert (len(known), len(queries)) == (asked, task.queries)
            assert target == [*(known[query] for query in queries), STOP]


@pytest.mark.slow
def test_keys_are_different_at_65_536_tokens() -> None:
    ((question, target),) = printed(Recall(), at_length(Recall(), max(Recall().eval_lengths), 1))
    assert len(question) < 65_536
    known, queries = read(Recall(), question)
    assert target == [*(known[query] for query in queries), STOP]


@pytest.mark.parametrize(("count", "space"), [(3, 9), (2, 17), (6, 6), (1, 1)])
def test_different_numbers_are_drawn_alike(count: int, space: int) -> None:
    found = different(20_000, count, space, stream("cpu", "different", space))
    ways = Counter(map(tuple, found.tolist()))
    if space < 9:
        assert all(len(set(way)) == count for way in ways)
        assert len(ways) == (720 if count == 6 else 1)
    else:
        assert set(ways) == {way for way in product(range(space), repeat=count) if len(set(way)) == count}
    assert len(ways) == 1 or is_fair(list(ways.values()))


def test_of_many_numbers_those_asked_for_are_mixed_alike() -> None:
    space = 6000
    assert space > FEW
    found = different(3000, 40, space, stream("cpu", "mixed"))
    assert all(len(set(row)) == 40 for row in found.tolist())
    for place in (0, 1, 39):
        assert is_fair(torch.bincount(found[:, place] // 100, minlength=60).tolist())
    assert is_fair(torch.bincount((found[:, 1] - found[:, 0]) % space // 100, minlength=60).tolist())
    whole = different(2, space, space, stream("cpu", "whole"))
    assert torch.equal(whole.sort(1).values, torch.arange(space).expand(2, space))


def test_more_different_numbers_than_there_are_is_an_error() -> None:
    with pytest.raises(ValueError, match="there are 4 numbers below 4; 5 different ones were asked for"):
        different(1, 5, 4, torch.Generator())


def test_queries_are_of_every_pair_alike() -> None:
    task, places = Recall(), Counter[int]()
    for question, _ in printed(task, at_length(task, 5, 1500)):
        known, queries = read(task, question)
        places.update(list(known).index(query) for query in queries)
    assert is_fair([places[place] for place in range(5)])


def test_kinds_are_what_they_say() -> None:
    task = Recall(queries=2)
    for kind in task.adversarial_kinds:
        for question, _ in printed(task, adversarial(task, kind)):
            known, queries = read(task, question)
            keys = list(known)
            if kind == "first_pairs":
                assert queries == [keys[0], keys[1 % len(keys)]]
            elif kind == "last_pairs":
                assert queries == [keys[-1], keys[-1 - 1 % len(keys)]]
            elif kind == "one_value":
                assert len({value for key, value in known.items() if key not in queries}) <= 1
            else:
                numbers = {int("".join(f"{ord(letter) - ord('a'):x}" for letter in key.split()), 16) for key in keys}
                assert any({(first + step) % 16**4 for step in range(len(keys))} == numbers for first in numbers)


@pytest.mark.parametrize(("pairs", "queries", "values"), [(1, 3, 5), (2, 2, 4), (3, 4, 2)])
def test_chance_guesses_a_value_for_each_pair_that_is_asked_for(pairs: int, queries: int, values: int) -> None:
    """All that may be asked, one as probable as another: queries for one pair are answered alike."""
    ways = list(product(range(pairs), repeat=queries))
    expected = sum(values ** -float(len(set(way))) for way in ways) / len(ways)
    assert Recall(queries=queries, values=values).chance(pairs) == pytest.approx(expected)


def test_fewer_keys_than_pairs_is_one_line() -> None:
    said = r"letters\*\*width must be as many as the pairs, 10900, which all differ; got 16\*\*3 = 4096"
    with pytest.raises(ValueError, match=said):
        Recall(width=3)
