"""What read heads are told, against the formulas head by head, and how they begin."""

from __future__ import annotations

import math

import pytest
import torch
from cases import assert_close

from models.layers.head_commands import SHIFTS, WAYS, Commander

WIDTH, KINDS = 4, 6


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def test_commands_are_those_of_the_formulas_head_by_head() -> None:
    layer, table = Commander(WIDTH, ["stay", "free"], ["left", "free"]), torch.randn(KINDS, WIDTH)
    for each in layer.parameters():
        torch.nn.init.normal_(each)
    layer.requires_grad_(False)
    reads = torch.randn(3, 2, WIDTH)
    told = layer(reads, layer.keyed(table))
    for row in range(3):
        for head in range(2):
            own = layer.bias[head, 0] + layer.weight[head].T @ reads[row, head]
            assert_close(told.way[row, head], own[:5])
            assert_close(told.shift[row, head], own[5:8])
            assert_close(told.power[row, head], torch.tensor([1 + math.log1p(math.exp(float(own[8])))]))
            assert_close(told.left[row, head], torch.tensor([1 - 1 / (1 + math.exp(-10 * float(own[9])))]))
            for part, found in enumerate((told.content, told.match)):
                index = 2 * part + head
                mapped = layer.queries(reads[row].flatten()).view(4, WIDTH)[index]
                scores = torch.stack([(reads[row, head] + mapped) @ layer.keys[index] @ entry for entry in table])
                assert_close(found[row, head], (scores + layer.readiness[head]).sigmoid() if part else scores)


def test_heads_prefer_what_they_are_told_to_at_first_whatever_they_read() -> None:
    ways, shifts = [*WAYS, "free"], [*SHIFTS, *SHIFTS]
    layer = Commander(32, ways, shifts)
    told = layer(torch.randn(200, len(ways), 32), layer.keyed(torch.randn(KINDS, 32)))
    for head, (way, shift) in enumerate(zip(ways, shifts, strict=True)):
        assert (told.shift[:, head].argmax(-1) == SHIFTS.index(shift)).all()
        if way != "free":
            assert (told.way[:, head].argmax(-1) == WAYS.index(way)).all()
            assert told.way[:, head].softmax(-1)[:, WAYS.index(way)].mean() > 0.85
    assert told.way[:, -1].softmax(-1).amax() < 0.6
    assert told.left.mean() < 0.05


def test_at_first_a_head_looks_for_what_it_alone_read() -> None:
    layer, table = Commander(WIDTH, ["content"] * 2, ["none"] * 2), torch.randn(KINDS, WIDTH)
    reads = torch.randn(1, 2, WIDTH)
    one, other = (layer(each, layer.keyed(table)) for each in (reads, reads * torch.tensor([[[1.0], [-2.0]]])))
    for before, after in zip(one, other, strict=True):
        assert torch.equal(before[:, 0], after[:, 0])
        assert not torch.equal(before[:, 1], after[:, 1])
