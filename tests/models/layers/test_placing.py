"""Where the tokens of one sequence stand, random or counted."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from models.layers.placing import Coupled, Randomised, scattered

PLUS, HIDDEN = 13, 8


DIGITS = {str(n): 3 + n for n in range(10)} | {"+": PLUS}


def written(*questions: str) -> tuple[Tensor, Tensor]:
    """Write questions such as 12+345 as ids, padded with zeros: (batch, time), (batch,)."""
    width = max(map(len, questions))
    rows = [[DIGITS[each] for each in question] + [0] * (width - len(question)) for question in questions]
    return torch.tensor(rows), torch.tensor([len(question) for question in questions])


def test_randomised_places_are_sorted_distinct_random_in_training_and_within_the_range() -> None:
    torch.manual_seed(0)
    placing, length = Randomised(50), torch.tensor([5, 2, 5])
    seen = set()
    for _ in range(200):
        placed = placing.source(torch.zeros(3, 5, dtype=torch.long), length)
        target = placing.target(placed.row, 0, 6)
        for row, count in enumerate(length.tolist()):
            places = [*placed.ids[row, :count].tolist(), *target[row, : count + 1].tolist()]
            assert all(one < other for one, other in pairwise(places))
            assert places[0] >= 0
            assert places[-1] < 50
            seen.add(tuple(places))
    assert len(seen) == 600


def test_randomised_places_spread_over_the_range_evenly() -> None:
    torch.manual_seed(0)
    spacing = torch.empty(4000, 8, dtype=torch.float64).exponential_()
    places = scattered(spacing, torch.full((4000,), 7), 1000)[:, :7].double()
    for rank, mean in enumerate(places.mean(0).tolist(), 1):
        assert mean == pytest.approx(1000 * rank / 8, abs=10)  # of the rank-th smallest of seven uniform numbers


def test_randomised_places_in_evaluation_are_fixed_by_the_rows_own_length() -> None:
    placing = Randomised(2048).eval()
    alone = placing.source(torch.zeros(1, 4, dtype=torch.long), torch.tensor([4]))
    wide = placing.source(torch.zeros(2, 30, dtype=torch.long), torch.tensor([30, 4]))
    assert torch.equal(wide.ids[1, :4], alone.ids[0])
    steps = placing.target(alone.row, 0, 40)[0]
    assert torch.equal(placing.target(wide.row, 0, 40)[1], steps)
    whole = [*alone.ids[0].tolist(), *steps.tolist()]
    assert all(one < other for one, other in pairwise(whole))


def test_a_sequence_longer_than_the_range_has_plain_places() -> None:
    placing, source = Randomised(8).eval(), torch.zeros(1, 10, dtype=torch.long)
    placed = placing.source(source, torch.tensor([10]))
    assert placed.ids[0].tolist() == list(range(10))
    assert placing.target(placed.row, 0, 30)[0].tolist() == list(range(10, 40))


def test_abacus_places_count_within_each_number_and_move_together_but_for_delimiters() -> None:
    torch.manual_seed(0)
    source, length = written("12+345", "678+90")
    by_hand = torch.tensor([[1, 2, 0, 1, 2, 3], [1, 2, 3, 0, 1, 2]])
    placing, drawn = Coupled("places_low", 10, 4, digits_only=True), set()
    for _ in range(200):
        placed = placing.source(source, length)
        (offset,) = placed.row
        assert torch.equal(placed.ids, torch.where(by_hand > 0, by_hand + offset[:, None], 0))
        assert torch.equal(placing.target(placed.row, 0, 3)[:, 1:], torch.tensor([1, 2]) + offset[:, None])
        assert not placing.target(placed.row, 0, 3)[:, 0].any()
        drawn.add(tuple(offset.tolist()))
    assert drawn == {(one, other) for one in range(5) for other in range(5)}
    placing.eval()
    assert torch.equal(placing.source(source, length).ids, by_hand)
