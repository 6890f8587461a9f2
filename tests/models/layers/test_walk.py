"""Walking through windows: the same as looking at all places, and in full where heads are spread out."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from cases import assert_close
from torch import Tensor

from models import build
from models.base import Seq2Seq
from models.layers import walk
from models.layers.window import WIDTH, window_of
from tasks.base import BOS, FIRST_TOKEN, Symbols

LENGTH, ROWS = 240, 6


@pytest.fixture(autouse=True)
def _any_size_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "FEWEST", 0)


def walking(directions: tuple[int, ...], power: float = 4.0, **settings: Any) -> Seq2Seq:
    """Build a model whose heads move so by as good as a place a step, its other weights random."""
    torch.manual_seed(3)
    space = Symbols(5)
    settings = {"hidden": 8, "heads": len(directions), "delimiter": 4, **settings}
    model = build("location_attention", space, space, **settings)
    assert isinstance(model, Seq2Seq)
    move: Any = model.decoder.move
    with torch.no_grad():
        if settings.get("move") == "convolution":
            follow(move, directions[0])
        else:
            move.shares.weight.mul_(0.1)
            move.shares.bias.view(-1, 3)[range(len(directions)), [1 + each for each in directions]] += 12.0
            move.power.bias.fill_(power)
    return model.eval()


def follow(move: Any, direction: int) -> None:
    """Make a convolution score the place beside the one where its head stood far above all others."""
    for parameter in (move.filters.weight, move.place.weight, move.score.weight):
        parameter.zero_()
    move.filters.weight[0, 0, 2 - direction] = 1.0
    move.place.weight[0, 0] = 2.0
    move.score.weight[0, 0] = 1.0
    move.scale.fill_(60.0)
    move.state.weight[0] = move.state.bias[0] = move.key.weight[0] = move.head[..., 0] = 0.0


def drawn(length: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Draw sources of these lengths with a delimiter amid each, and inputs."""
    generator = torch.Generator().manual_seed(5)
    source = torch.randint(FIRST_TOKEN, FIRST_TOKEN + 4, (len(length), int(length.max())), generator=generator)
    source = source.scatter(1, length[:, None] // 2, FIRST_TOKEN + 4)
    inputs = torch.randint(FIRST_TOKEN, FIRST_TOKEN + 5, source.shape, generator=generator)
    inputs[:, 0] = BOS
    return source, length, inputs


def both(model: Seq2Seq, source: Tensor, length: Tensor, inputs: Tensor) -> tuple[int, Tensor, Tensor]:
    """Score through windows and in full -> steps that were taken in full of the first, and the outputs of both."""
    steps, in_full = [0], model.decoder.in_full

    def counted(inputs: Tensor, *others: Any, **more: Any) -> Any:
        steps[0] += inputs.numel()
        return in_full(inputs, *others, **more)

    with torch.no_grad():
        model.decoder.in_full = counted
        near = model(source, length, inputs)
        model.decoder.in_full = in_full
    return steps[0], near, model(source, length, inputs).detach()  # with gradient, in full


EQUAL = torch.full((ROWS,), LENGTH)
CASES: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "forwards": ((1,), {"start": "first"}),
    "backwards": ((-1,), {"start": "last"}),
    "pointer": ((1,), {"start": "first", "pointer": True}),
    "after": ((1, 1), {"start": "after"}),
    "before": ((-1, -1), {"start": "before", "drive": "reads"}),
    "standing": ((0, 1), {"start": "after", "pointer": True}),
    "convolution": ((1,), {"start": "first", "move": "convolution"}),
    "convolution backwards": ((-1,), {"start": "last", "move": "convolution", "pointer": True}),
}


@pytest.mark.parametrize("name", CASES)
def test_hard_heads_see_through_windows_what_they_see_in_full(name: str) -> None:
    directions, settings = CASES[name]
    model = walking(directions, **settings)
    steps, near, full = both(model, *drawn(EQUAL - (torch.arange(ROWS) if len(directions) == 1 else 0)))
    assert steps <= ROWS * 32  # the last steps, where a head leaves the source
    assert torch.equal(near.argmax(-1), full.argmax(-1))
    assert_close(near, full)


def test_a_head_that_begins_between_the_marks_is_followed_once_it_stands_at_one_place() -> None:
    steps, near, full = both(walking((1,), start="learned"), *drawn(EQUAL))
    assert ROWS * walk.STEPS <= steps <= ROWS * 4 * walk.STEPS
    assert_close(near, full)


def test_the_floor_that_weak_sharpening_leaves_everywhere_is_counted() -> None:
    model = walking((1,), power=-4.0, start="first")  # a power of 1.02: a hundred millionth stays at every place
    source, length, inputs = drawn(torch.full((2,), 4000))
    with torch.no_grad():
        state = model.decoder(inputs[:, :40], model.begin(source, length))[1]
        real = torch.ones_like(source, dtype=torch.bool)
        assert float(window_of(state.weights[..., 1:-1], real).floor.min()) * 4000 > 10 * walk.TOLERANCE
    steps, near, full = both(model, source, length, inputs[:, :200])
    assert steps == 0
    assert_close(near, full)


@pytest.mark.parametrize("move", ["shift", "convolution"])
def test_spread_out_heads_are_read_in_full(move: str) -> None:
    torch.manual_seed(1)
    model = build("location_attention", Symbols(5), Symbols(5), hidden=8, heads=2, move=move, pointer=True).eval()
    assert isinstance(model, Seq2Seq)
    if move == "shift":
        with torch.no_grad():
            model.decoder.move.power.bias.fill_(-20.0)
    source, length, inputs = drawn(EQUAL)
    steps, near, full = both(model, source, length, inputs)
    assert steps == inputs.numel()
    assert_close(near, full)


def test_only_a_row_that_loses_weight_goes_on_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    model, calls = walking((1, 1), start="after", pointer=True), [0]
    within = model.decoder.within

    def losing(inputs: Tensor, before: walk.Walk, *others: Any, **more: Any) -> Any:
        made, after, lost = within(inputs, before, *others, **more)
        calls[0] += 1
        at_fault = {3: 4, 5: 0}.get(calls[0], -1)
        return made, after, lost + (before.rows == at_fault)[:, None]

    monkeypatch.setattr(model.decoder, "within", losing)
    source, length, inputs = drawn(EQUAL - torch.arange(ROWS))
    inputs = inputs[:, : -LENGTH // 3]  # before a head leaves the source
    steps, near, full = both(model, source, length, inputs)
    assert steps == 2 * inputs.shape[1] - (2 + 4) * walk.STEPS
    assert_close(near, full)


def test_heads_that_walk_off_the_source_are_alike_everywhere() -> None:
    steps, near, full = both(walking((1,), start="first", pointer=True), *drawn(torch.tensor([LENGTH, 100, 180])))
    assert steps == 0
    assert_close(near, full)


@pytest.mark.parametrize("start", ["first", "learned"])
def test_the_state_behind_windows_is_that_of_the_full_pass(start: str) -> None:
    model, (source, length, inputs) = walking((1,), start=start), drawn(EQUAL - torch.arange(ROWS))
    begun = model.begin(source, length)
    with torch.no_grad():
        near = model.decoder(inputs[:, :-40], begun)[1]
    full = model.decoder(inputs[:, :-40], begun)[1]
    for name in ("hidden", "reads", "weights"):
        assert_close(getattr(near, name), getattr(full, name).detach())


def test_a_window_follows_its_head_and_knows_what_it_leaves_behind() -> None:
    weights = torch.zeros(1, 1, 200)
    weights[..., 100], weights[..., 69], weights[..., 130] = 0.9, 0.04, 0.06
    window = window_of(weights, torch.ones(1, 200, dtype=torch.bool))
    assert (int(window.first), float(window.stray)) == (100 - WIDTH // 2, 0)
    moved = window._replace(weights=window.weights.roll(5, -1).flip(-1).flip(-1)).followed(200)
    assert int(moved.first) == 105 - WIDTH // 2
    assert_close(moved.weights.sum() + moved.stray.sum(), torch.tensor(1.0))
    assert_close(window.whole(torch.ones(1, 200, dtype=torch.bool)), weights)
