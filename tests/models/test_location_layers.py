"""Attention by location against plain Python: where heads begin, how they move, what the marks are."""

from __future__ import annotations

import math
import re

import pytest
import torch
from cases import assert_close
from torch import Tensor

from models import build
from models.layers.ends import with_ends
from models.layers.moves import SMALLEST, Convolution, Shift, place_of
from models.location_attention import Beginning
from tasks.base import FIRST_SYMBOL, START, STOP, Symbols

SIZE = 9


def driven(shift: Shift, moves: list[int], power: float, drive: Tensor) -> None:
    """Make heads move by -1, 0 or +1, as good as surely, and sharpen by a power, whatever drives them."""
    with torch.no_grad():
        shift.shares.weight.zero_()
        shift.power.weight.zero_()
        shift.shares.bias.copy_(
            torch.full((len(moves), 3), -40.0).scatter(1, torch.tensor(moves)[:, None] + 1, 0).flatten()
        )
        shift.power.bias.fill_(math.log(math.expm1(power - 1)))


def test_marks_stand_before_each_source_and_behind_its_true_end() -> None:
    source = torch.tensor([[3, 4, 5, 7], [6, 0, 8, 8]])  # what stands in padding must not matter
    symbols, length = with_ends(source, torch.tensor([4, 1]), SIZE)
    assert symbols.tolist() == [[9, 3, 4, 5, 7, 10], [9, 6, 10, 0, 0, 0]]
    assert length.tolist() == [6, 3]


@pytest.mark.parametrize("seed", range(5))
def test_a_shift_moves_blurs_and_sharpens_as_its_formula_says(seed: int) -> None:
    torch.manual_seed(seed)
    shift, drive = Shift(4, 2, 0), torch.randn(3, 4)
    weights = torch.rand(3, 2, 6).softmax(-1)
    mask = torch.arange(6) < torch.tensor([[6], [4], [5]])
    shift.requires_grad_(False)
    moved = shift(weights * mask[:, None], drive, torch.zeros(3, 6, 4), mask)
    for row in range(3):
        shares = shift.shares(drive[row]).view(2, 3).softmax(-1).tolist()
        for head in range(2):
            power = 1 + math.log1p(math.exp(float(shift.power(drive[row])[head])))
            before = (weights[row, head] * mask[row]).tolist()
            raised = []
            for place in range(int(mask[row].sum())):
                right_of, left_of = before[place + 1] if place < 5 else 0.0, before[place - 1] if place else 0.0
                mixed = shares[head][0] * right_of + shares[head][1] * before[place] + shares[head][2] * left_of
                raised.append((mixed + SMALLEST) ** power)
            expected = [each / sum(raised) for each in raised] + [0.0] * (6 - len(raised))
            assert_close(moved[row, head], torch.tensor(expected))


def test_a_sharp_head_walks_thousands_of_places_and_stops_at_the_end() -> None:
    shift = Shift(2, 1, 1)
    driven(shift, [1], 3.0, torch.zeros(1, 2))
    places = 3000
    weights, mask = torch.zeros(1, 1, places), torch.ones(1, places, dtype=torch.bool)
    weights[..., 0] = 1
    with torch.no_grad():
        for step in range(1, places):
            weights = shift(weights, torch.zeros(1, 2), torch.zeros(1, places, 1), mask)
            if step % 500 == 0:
                assert int(weights.argmax()) == step
                assert float(weights.max()) > 0.999


def test_heads_prefer_their_direction_at_first() -> None:
    torch.manual_seed(0)
    for direction in (-1, 0, 1):
        shares = Shift(8, 3, direction).shares.bias.detach().view(3, 3)
        gained = shares[:, 1 + direction].mean() - shares.mean()
        assert (float(gained) > 1) == (direction != 0)


def test_a_convolution_scores_places_as_its_formula_says() -> None:
    torch.manual_seed(1)
    layer, drive, keys = Convolution(4, 3, 2), torch.randn(2, 4), torch.randn(2, 7, 3)
    weights, mask = torch.rand(2, 2, 7), torch.arange(7) < torch.tensor([[7], [5]])
    layer.requires_grad_(False)
    placed = layer(weights, drive, keys, mask)
    kernel = layer.filters.weight[:, 0]  # (filters, 5)
    for row in range(2):
        for head in range(2):
            scores = []
            for place in range(int(mask[row].sum())):
                located = torch.zeros(len(kernel))
                for tap in range(5):
                    if 0 <= place + tap - 2 < 7:
                        located += 4 * weights[row, head, place + tap - 2] * kernel[:, tap]
                inner = (
                    layer.state(drive[row]) + layer.head[head, 0] + layer.key(keys[row, place]) + layer.place(located)
                )
                scores.append(float(layer.scale[head] * layer.score(inner.tanh())))
            expected = torch.zeros(7)
            expected[: len(scores)] = torch.tensor(scores).softmax(0)
            assert_close(placed[row, head], expected)


def test_places_are_found_by_count() -> None:
    symbols = torch.tensor([[9, 3, 5, 3, 10, 0], [9, 5, 10, 0, 0, 0]])
    length = torch.tensor([5, 3])
    assert place_of(symbols, length, 3, 1).tolist() == [1, 2]  # the second row has none: its last place
    assert place_of(symbols, length, 3, 2).tolist() == [3, 2]


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
    source = torch.randint(FIRST_SYMBOL, FIRST_SYMBOL + 5, (2, 40))
    model, inputs = walker(1), torch.full((2, 41), START)
    with torch.no_grad():
        written = model(source, length, inputs).argmax(-1)
    assert written[0].tolist() == [*source[0].tolist(), STOP]
    assert written[1, :8].tolist() == [*source[1, :7].tolist(), STOP]


def test_a_hand_set_pointer_reverses() -> None:
    source = torch.tensor([[3, 4, 5, 6, 7, 3, 3, 5]])
    with torch.no_grad():
        written = walker(-1)(source, torch.tensor([8]), torch.full((1, 8), START)).argmax(-1)
    assert written.tolist() == [source[0].tolist()[::-1]]


def test_a_trace_says_where_each_head_stands() -> None:
    model, source = walker(1), torch.tensor([[3, 4, 5]])
    state = model.begin(source, torch.tensor([3]))
    found = []
    with torch.no_grad():
        for _ in range(4):
            _, state = model.decoder(torch.tensor([[START]]), state)
            shown = model.decoder.trace(state)
            found.append(float(shown["place"][0]))
            assert float(shown["weight there"][0]) > 0.99
    assert found == [1, 2, 3, 4]


def test_a_transducer_reads_one_symbol_a_step_and_then_the_mark() -> None:
    torch.manual_seed(5)
    space = Symbols(5)
    model = build("transducer", space, space, hidden=6, cell="gru").eval()
    source, length = torch.tensor([[3, 4, 5, 6]]), torch.tensor([4])
    inputs = torch.tensor([[START, 3, 4, 5, 6, 7]])
    with torch.no_grad():
        before = model(source, length, inputs)
        for place in range(4):
            other = source.clone()
            other[0, place] = 7
            changed = (model(other, length, inputs) - before).abs().amax(-1)[0] > 1e-7
            assert changed.tolist() == [step >= place for step in range(6)]


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


def test_a_wrong_cell_of_a_transducer_is_named() -> None:
    with pytest.raises(ValueError, match=r"^unknown cell 'tcn'; choose from: elman, gru, linear, lstm$"):
        build("transducer", Symbols(5), Symbols(5), cell="tcn")
