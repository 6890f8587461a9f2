"""Read heads' steps as shares, against plain Python; what of them a gradient sees."""

from __future__ import annotations

import pytest
import torch
from cases import assert_close
from plain_heads import Told, step
from torch import Tensor

from models.layers.head_commands import Commands
from models.layers.head_steps import Ground, Standing, ground_of, moved, scanned, sought

KINDS, HEADS = 5, 2  # three symbols and both marks
SOFTLY, HARD = torch.tensor(True), torch.tensor(False)
TOKENS = torch.tensor([[3, 0, 1, 0, 2, 1, 4], [3, 2, 2, 4, 0, 0, 0]])
LENGTH = torch.tensor([7, 4])


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def told(dtype: torch.dtype = torch.float32) -> Commands:
    """Draw commands for two rows of two heads."""
    way, shift, content, match = (2 * torch.randn(2, HEADS, size, dtype=dtype) for size in (5, 3, KINDS, KINDS))
    power, left = (torch.rand(2, HEADS, 1, dtype=dtype) for _ in range(2))
    return Commands(way, shift, 1 + power, left, content, match.sigmoid())


def ground(dtype: torch.dtype = torch.float32) -> Ground:
    return ground_of(TOKENS, LENGTH, KINDS, torch.zeros((), dtype=dtype))


def drawn(hard: bool, dtype: torch.dtype = torch.float32) -> Standing:
    """Draw where heads stand and what they have covered, never the mark behind the source."""
    scores = torch.randn(2, HEADS, 7, dtype=dtype) + ground(dtype).barred
    weights, covered = scores.softmax(-1), torch.rand(2, HEADS, 7, dtype=dtype)
    if hard:
        weights, covered = (weights == weights.amax(-1, keepdim=True)).to(dtype), covered.round()
    return Standing(weights, covered * (1 - ground(dtype).end) * ground(dtype).real)


def of(commands: Commands, row: int, head: int) -> Told:
    way, shift, power, left, content, match = (part[row, head].tolist() for part in commands)
    return Told(way, shift, power[0], left[0], content, match)


@pytest.mark.parametrize("hard", [False, True], ids=["soft", "hard"])
def test_steps_are_those_of_plain_python(hard: bool) -> None:
    ways = set[int]()
    for _ in range(8):
        standing = drawn(hard)
        for _ in range(3):
            commands = told()
            ways |= set(commands.way.argmax(-1).flatten().tolist())
            after = moved(standing, commands, ground(), HARD if hard else SOFTLY)
            for row, length in enumerate(LENGTH.tolist()):
                for head in range(HEADS):
                    before = [part[row, head, :length].tolist() for part in standing]
                    kinds = TOKENS[row, :length].tolist()
                    for found, expected in zip(after, step(*before, kinds, of(commands, row, head), hard), strict=True):
                        assert_close(found[row, head, :length], torch.tensor(expected))
                        assert not found[row, head, length:].any()
            standing = after
    assert ways == set(range(5))


def test_hard_heads_stay_whole() -> None:
    standing = drawn(True)
    for _ in range(50):
        standing = moved(standing, told(), ground(), HARD)
        assert set(standing.weights.flatten().tolist()) == {0.0, 1.0}
        assert torch.equal(standing.weights.sum(-1), torch.ones(2, HEADS))
        assert set(standing.covered.flatten().tolist()) <= {0.0, 1.0}


def test_equal_matches_are_sought_from_the_left() -> None:
    left = torch.ones(2, HEADS, 7)
    left[:, 0, 2] = 0.0
    scores = torch.zeros(2, HEADS, KINDS)
    scores[..., 1] = 1.0
    assert sought(scores, left, ground(), HARD)[0].argmax(-1).tolist() == [5, 2]


def test_the_mark_behind_the_source_ends_every_scan_and_holds_who_stands_there() -> None:
    weights = torch.eye(7)[torch.tensor([[1, 6], [0, 3]])]
    none = torch.zeros(2, HEADS, KINDS)
    for softly in (SOFTLY, HARD):
        found = scanned(weights, none, torch.ones(2, HEADS, 7), ground(), softly)
        assert torch.equal(found, torch.eye(7)[torch.tensor([[6, 6], [3, 3]])])


def apart(commands: Commands) -> tuple[Tensor, ...]:
    return tuple(part.requires_grad_() for part in commands)


def test_gradients_of_soft_steps_are_those_of_finite_differences() -> None:
    standing = drawn(False, torch.double)
    standing = Standing(standing.weights, 0.4 * standing.covered)  # none at 1, where it is cut

    def taken(weights: Tensor, covered: Tensor, *parts: Tensor) -> tuple[Tensor, Tensor]:
        covered = covered * (1 - ground(torch.double).end)
        return tuple(moved(Standing(weights, covered), Commands(*parts), ground(torch.double), SOFTLY))

    given = (*(part.requires_grad_() for part in standing), *apart(told(torch.double)))
    assert torch.autograd.gradcheck(taken, given)


def test_hard_steps_have_the_gradient_of_the_shares() -> None:
    """With whole weights before and one way open, the gradient is that of softmax at its scores."""
    commands, standing = told(), drawn(True)
    scores = commands.content.clone().requires_grad_()
    asked = torch.randn(2, HEADS, 7)
    left = torch.ones(2, HEADS, 7)
    (found,) = torch.autograd.grad((asked * sought(scores, left, ground(), HARD)).sum(), scores)
    (expected,) = torch.autograd.grad((asked * (scores @ ground().kinds + ground().barred).softmax(-1)).sum(), scores)
    assert_close(found, expected)
    given = apart(commands)
    moved(standing, Commands(*given), ground(), HARD).weights.mul(asked).sum().backward()
    without = [name for name, part in zip(Commands._fields, given, strict=True) if not part.grad.any()]
    assert without == ["power"]


def test_coverage_is_differentiated_in_soft_steps_alone() -> None:
    for softly, seen in ((SOFTLY, True), (HARD, False)):
        weights, covered = drawn(True)
        covered = (0.5 * covered).requires_grad_()
        after = moved(Standing(weights, covered), told(), ground(), softly)
        (after.weights * torch.randn(2, HEADS, 7)).sum().backward()
        assert (covered.grad is not None and bool(covered.grad.any())) == seen
