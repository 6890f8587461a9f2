"""Cycle navigation beside steps in plain Python."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
import torch
from draws import adversarial, at_length, is_fair, lengths
from plain_answers import printed

from bench.trial.streams import stream
from tasks.strings.cycle_navigation import CycleNavigation


def walked(moves: list[str], places: int) -> str:
    """Go from place to place; before the first comes the last."""
    cycle = [str(place) for place in range(places)]
    for move in moves:
        cycle = {"0": cycle, "+1": cycle[1:] + cycle[:1], "-1": cycle[-1:] + cycle[:-1]}[move]
    return cycle[0]


@pytest.mark.parametrize("places", [2, 3, 5, 40])
def test_moves_lead_where_they_lead(places: int) -> None:
    task = CycleNavigation(places=places)
    drawn = [task.sample(lengths(), int(lengths().max()), stream("cpu", "moves"))]
    drawn += [adversarial(task, kind) for kind in task.adversarial_kinds]
    for batch in drawn:
        for asked, (question, target) in zip(lengths().tolist(), printed(task, batch), strict=True):
            assert len(question) == asked
            assert target == [walked(question, places)]


def test_long_walks_are_right() -> None:
    task = CycleNavigation()
    for batch in (at_length(task, 2000, 4), adversarial(task, "one_way", torch.full((4,), 1999))):
        for question, target in printed(task, batch):
            assert target == [walked(question, 5)]


def test_moves_and_in_the_long_run_places_are_drawn_alike() -> None:
    found = printed(CycleNavigation(), at_length(CycleNavigation(), 2, 6000))
    walks = Counter(tuple(question) for question, _ in found)
    assert is_fair([walks[walk] for walk in product(("0", "+1", "-1"), repeat=2)])
    places = Counter(target[0] for _, target in printed(CycleNavigation(), at_length(CycleNavigation(), 100, 4000)))
    assert is_fair([places[place] for place in "01234"])


def test_kinds_are_what_they_say() -> None:
    task = CycleNavigation()
    for kind in task.adversarial_kinds:
        ways = set()
        for moves, (place,) in printed(task, adversarial(task, kind)):
            way = next(move for move in moves if move != "0")
            back, half = {"+1": "-1", "-1": "+1"}[way], (len(moves) + 1) // 2
            ways.add(way)
            assert {
                "one_way": moves == [way] * len(moves),
                "in_turns": moves == ([way, back] * half)[: len(moves)],
                "there_and_back": moves == [way] * half + [back] * (len(moves) - half),
                "single_move": moves.count("0") == len(moves) - 1,
            }[kind]
            assert kind == "one_way" or place in "014"
        assert ways == {"+1", "-1"}


def test_a_single_move_is_at_every_place_alike() -> None:
    task = CycleNavigation()
    found = [moves for moves, _ in printed(task, adversarial(task, "single_move", torch.full((4000,), 4)))]
    assert is_fair([sum(moves[place] != "0" for moves in found) for place in range(4)])


@pytest.mark.parametrize("places", [2, 3, 4, 5, 9])
@pytest.mark.parametrize("length", [1, 2, 3, 6])
def test_chance_is_that_of_the_likeliest_place(places: int, length: int) -> None:
    ends = Counter(walked(list(moves), places) for moves in product(("0", "+1", "-1"), repeat=length))
    assert CycleNavigation(places=places).chance(length) == pytest.approx(max(ends.values()) / 3**length)


def test_chance_comes_down_to_a_place_of_five() -> None:
    assert CycleNavigation().chance(2000) == pytest.approx(1 / 5)


def test_a_cycle_of_one_place_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^places must be 2 or more; got 1$"):
        CycleNavigation(places=1)
