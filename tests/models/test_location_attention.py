"""Attention by location: where heads begin, and a pointer whose weights are set by hand."""

from __future__ import annotations

import math
import re

import pytest
import torch
from cases import assert_close
from torch import Tensor

from models import build
from models.layers.moves import Shift
from models.location_attention import Beginning
from tasks.base import BOS, EOS, FIRST_TOKEN, Symbols


def driven(shift: Shift, moves: list[int], power: float, drive: Tensor) -> None:
    """Make heads move by -1, 0 or +1, as good as surely, and sharpen by a power, whatever drives them."""
    with torch.no_grad():
        shift.shares.weight.zero_()
        shift.power.weight.zero_()
        shift.shares.bias.copy_(
            torch.full((len(moves), 3), -40.0).scatter(1, torch.tensor(moves)[:, None] + 1, 0).flatten()
        )
        shift.power.bias.fill_(math.log(math.expm1(power - 1)))


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("first", [[0, 0], [0, 0]]),
        ("last", [[7, 7], [4, 4]]),
        ("after", [[0, 4], [0, 2]]),
        ("before", [[4, 7], [2, 4]]),
    ],
)
def test_heads_begin_at_the_marks_and_at_delimiters(start: str, expected: list[list[int]]) -> None:
    delimiter = 5
    symbols = torch.tensor([[9, 3, 4, 3, 5, 4, 3, 10], [9, 6, 5, 7, 10, 0, 0, 0]])
    weights = Beginning(2, start, delimiter)(symbols, torch.tensor([8, 5]))
    assert weights.argmax(-1).tolist() == expected
    assert torch.equal(weights.sum(-1), torch.ones(2, 2))
    assert torch.equal(weights.amax(-1), torch.ones(2, 2))


def test_a_learned_beginning_shares_a_head_between_the_marks() -> None:
    torch.manual_seed(2)
    beginning = Beginning(2, "learned", 5)
    assert beginning.share is not None
    weights = beginning(torch.tensor([[9, 3, 4, 10, 0]]), torch.tensor([4]))
    for head, share in enumerate(beginning.share.sigmoid().tolist()):
        assert_close(weights[0, head], torch.tensor([share, 0, 0, 1 - share, 0]))


def walker(direction: int) -> torch.nn.Module:
    """Build a pointer that walks one place a step and copies what stands there, its weights set by hand."""
    torch.manual_seed(3)
    start = "first" if direction > 0 else "last"
    space = Symbols(5)
    model = build("location_attention", space, space, hidden=4, start=start, pointer=True)
    decoder = model.decoder
    driven(decoder.move, [direction], 4.0, torch.zeros(1))
    with torch.no_grad():
        decoder.gate.weight.zero_()
        decoder.gate.bias.fill_(40.0)
    return model.eval()


def test_a_hand_set_pointer_copies_and_stops_where_the_source_ends() -> None:
    torch.manual_seed(4)
    length = torch.tensor([40, 7])
    source = torch.randint(FIRST_TOKEN, FIRST_TOKEN + 5, (2, 40))
    model, inputs = walker(1), torch.full((2, 41), BOS)
    with torch.no_grad():
        written = model(source, length, inputs).argmax(-1)
    assert written[0].tolist() == [*source[0].tolist(), EOS]
    assert written[1, :8].tolist() == [*source[1, :7].tolist(), EOS]


def test_a_hand_set_pointer_reverses() -> None:
    source = torch.tensor([[3, 4, 5, 6, 7, 3, 3, 5]])
    with torch.no_grad():
        written = walker(-1)(source, torch.tensor([8]), torch.full((1, 8), BOS)).argmax(-1)
    assert written.tolist() == [source[0].tolist()[::-1]]


def test_a_trace_says_where_each_head_stands() -> None:
    model, source = walker(1), torch.tensor([[3, 4, 5]])
    state = model.begin(source, torch.tensor([3]))
    found = []
    with torch.no_grad():
        for _ in range(4):
            _, state = model.decoder(torch.tensor([[BOS]]), state)
            shown = model.decoder.trace(state)
            found.append(float(shown["place"][0]))
            assert float(shown["weight there"][0]) > 0.99
    assert found == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"move": "jump"}, "unknown move 'jump'; choose from: shift, convolution"),
        ({"start": "middle"}, "unknown start 'middle'; choose from: learned, first, last, after, before"),
        ({"drive": "wind"}, "unknown drive 'wind'; choose from: state, reads"),
        (
            {"heads": 0},
            "hidden and heads must be 1 or more, embedding and delimiter 0 or more; got hidden 64, heads 0, "
            "embedding 0, delimiter 10",
        ),
    ],
)
def test_a_wrong_setting_of_location_attention_is_named(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        build("location_attention", Symbols(5), Symbols(5), **settings)
