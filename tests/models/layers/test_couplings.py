"""Ids that source and target share, against those written by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from bench.checks.contracts import small_batch
from models.layers.couplings import MARKER, READ, SECOND, source_ids, source_kinds
from models.layers.placing import Coupled
from tasks.arithmetic.addition import Addition

PLUS, HIDDEN = 13, 8


DIGITS = {str(n): 3 + n for n in range(10)} | {"+": PLUS}


def written(*questions: str) -> tuple[Tensor, Tensor]:
    """Write questions such as 12+345 as ids, padded with zeros: (batch, time), (batch,)."""
    width = max(map(len, questions))
    rows = [[DIGITS[each] for each in question] + [0] * (width - len(question)) for question in questions]
    return torch.tensor(rows), torch.tensor([len(question) for question in questions])


# Written by hand: 12+345 and 6+7, highest digit first, then lowest first.
PLACES = [
    ("places", "12+345", [2, 1, 0, 3, 2, 1]),
    ("places", "6+7", [1, 0, 1]),
    ("places", "80+1+205", [2, 1, 0, 1, 0, 3, 2, 1]),
    ("places_low", "12+345", [1, 2, 0, 1, 2, 3]),
    ("places_low", "6+7", [1, 0, 1]),
    ("order", "1234", [1, 2, 3, 4]),
    ("mirror", "1234", [4, 3, 2, 1]),
    ("mirror", "1", [1]),
]


@pytest.mark.parametrize(("couple", "question", "expected"), PLACES)
def test_ids_are_those_written_by_hand_whatever_the_padding(couple: str, question: str, expected: list[int]) -> None:
    source, length = written(question, "9" * 9)
    for filler in (0, PLUS, 5):
        row = source[:1].where(torch.arange(9) < length[:1, None], filler)
        assert source_ids(row, length[:1], couple, 10)[0, : len(question)].tolist() == expected


@pytest.mark.parametrize("couple", ["order", "mirror"])
def test_a_marker_with_the_id_behind_the_last_stands_at_every_rows_end(couple: str) -> None:
    source, length = written("1234", "56")
    placed = Coupled(couple, 10, 0, digits_only=False).source(source, length)
    assert placed.source[:, :5].tolist() == [[4, 5, 6, 7, 0], [8, 9, 0, 0, 0]]
    assert placed.length.tolist() == [5, 3]
    assert placed.ids[0, 4] == 5
    assert placed.ids[1, 2] == 3
    assert placed.kinds[0].tolist() == [READ, READ, READ, READ, MARKER]
    assert placed.kinds[1, :3].tolist() == [READ, READ, MARKER]


def test_a_marker_behind_values_is_a_vector_of_zeros() -> None:
    source, length = torch.ones(2, 3, 1), torch.tensor([3, 1])
    placed = Coupled("order", 10, 0, digits_only=False).source(source, length)
    assert placed.source[..., 0].tolist() == [[1, 1, 1, 0], [1, 0, 0, 0]]


def test_operands_and_delimiters_are_of_different_kinds() -> None:
    source, length = written("12+345")
    assert source_kinds(source, length, "places", 10)[0].tolist() == [READ, READ, MARKER, SECOND, SECOND, SECOND]


@pytest.mark.parametrize("low", [True, False])
def test_digits_of_a_sum_have_the_ids_of_the_digits_that_they_add(low: bool) -> None:
    task = Addition(train_lengths=(6,), low_first_operands=low, low_first_sum=True, operands="digits", shortest=1)
    batch = small_batch(task, 32)
    assert batch.source is not None
    placed = Coupled("places_low" if low else "places", 10, 0, digits_only=False).source(
        batch.source, batch.source_length
    )
    for row in range(32):
        sums, ids = [0] * 9, placed.ids[row].tolist()
        for place, symbol in zip(ids, batch.source[row].tolist(), strict=True):
            if symbol >= 3 and symbol != PLUS:
                sums[place] += symbol - 3
        total = sum(digit * 10 ** (place - 1) for place, digit in enumerate(sums) if place)
        answer = [symbol - 3 for symbol in batch.target[row].tolist() if symbol >= 3]
        assert total == sum(digit * 10**place for place, digit in enumerate(answer))
