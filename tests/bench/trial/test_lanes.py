"""Lanes: what is drawn in one is what is drawn alone, whatever others draw between; a GPU's generator by a stand-in."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from bench.trial.lanes import CardDraws, Lane
from bench.trial.turns import Turns, in_turns, to_the_end


def draws(seed: int, count: int, found: list[Tensor]) -> Turns[int]:
    torch.manual_seed(seed)
    for _ in range(count):
        found.append(torch.rand(3))
        yield
    found.append(torch.rand(3))
    return seed


def alone(seed: int, count: int) -> list[Tensor]:
    found: list[Tensor] = []
    with torch.random.fork_rng(devices=[]):
        to_the_end(draws(seed, count, found))
    return found


def same(found: list[Tensor], expected: list[Tensor]) -> bool:
    return len(found) == len(expected) and all(map(torch.equal, found, expected))


def test_draws_in_turns_are_draws_alone() -> None:
    counts, found = (2, 5, 3), dict[int, list[Tensor]]()
    in_turns([Lane("cpu").through(draws(seed, count, found.setdefault(seed, []))) for seed, count in enumerate(counts)])
    assert all(same(found[seed], alone(seed, count)) for seed, count in enumerate(counts))


def test_what_goes_through_a_lane_ends_with_what_it_makes_and_leaves_the_generator_as_it_was() -> None:
    before = torch.get_rng_state()
    assert to_the_end(Lane("cpu").through(draws(7, 2, []))) == 7
    assert torch.equal(torch.get_rng_state(), before)


def test_a_failure_leaves_the_generator_as_it_was() -> None:
    def fails() -> Turns[None]:
        torch.manual_seed(1)
        yield
        raise ArithmeticError("no luck")

    before = torch.get_rng_state()
    with pytest.raises(ArithmeticError, match="no luck"):
        to_the_end(Lane("cpu").through(fails()))
    assert torch.equal(torch.get_rng_state(), before)


class Pointing:
    """A GPU's generator, which points to its state: another generator may share it, and so does a graph."""

    def __init__(self, state: torch.Generator) -> None:
        self.state = state

    def clone_state(self) -> Pointing:
        return Pointing(torch.Generator().set_state(self.state.get_state()))

    def graphsafe_get_state(self) -> Pointing:
        return Pointing(self.state)

    def graphsafe_set_state(self, other: Pointing) -> None:
        self.state = other.state


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Pointing:
    usual = Pointing(torch.Generator().manual_seed(0))
    monkeypatch.setattr(torch.cuda, "default_generators", [usual])
    monkeypatch.setattr(torch.cuda, "init", lambda: None)
    return usual


def test_a_graph_draws_on_from_where_its_lane_left_off(card: Pointing) -> None:
    """Plainly twice, then by what points to the state that was there when it was recorded."""
    usual, lanes, recorded = card.state, [CardDraws("cuda:0") for _ in range(2)], list[torch.Generator]()
    found: list[list[Tensor]] = [[], []]
    for number, lane in enumerate(lanes):
        lane.swap()
        card.state.manual_seed(number)
        lane.swap()
    for turn in range(5):
        for number, lane in enumerate(lanes):
            lane.swap()
            if turn == 2:
                recorded.append(card.state)
            found[number].append(torch.rand(3, generator=recorded[number] if turn > 2 else card.state))
            lane.swap()
            assert card.state is usual
    for number, drawn in enumerate(found):
        generator = torch.Generator().manual_seed(number)
        assert same(drawn, [torch.rand(3, generator=generator) for _ in range(5)])
    assert torch.equal(usual.get_state(), torch.Generator().manual_seed(0).get_state())


@pytest.mark.usefixtures("card")
def test_on_a_gpu_a_lane_has_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []

    class Entered:
        def __init__(self, stream: Any) -> None:
            self.stream = stream

        def __enter__(self) -> None:
            told.append(self.stream)

        def __exit__(self, *_: object) -> None:
            told.append("left")

    monkeypatch.setattr(torch.cuda, "Stream", lambda device: f"a stream on {device}")
    monkeypatch.setattr(torch.cuda, "stream", Entered)
    lane = Lane("cuda:0")
    for _ in range(2):
        with lane.taken():
            told.append("works")
    assert told == ["a stream on cuda:0", "works", "left"] * 2
