"""Hard read heads by the numbers of their places, against plain Python and against the shares."""

from __future__ import annotations

import random

import pytest
import torch
from plain_heads import CONTENT, NEXT, Told, step

from models.layers.head_commands import Commands
from models.layers.head_places import gone, of_interest, places_of, standing_of
from models.layers.head_steps import Standing

KINDS = 5  # three symbols and both marks
TOKENS = torch.tensor([[3, 0, 1, 0, 2, 1, 2, 0, 4], [3, 2, 2, 4, 0, 0, 0, 0, 0]])
LENGTH = torch.tensor([9, 4])


def start(place: int, heads: int) -> Standing:
    weights = torch.zeros(len(TOKENS), heads, TOKENS.shape[1])
    weights[..., place] = 1
    return Standing(weights, torch.zeros_like(weights))


def only(way: int, shift: int, left: float, content: list[float], match: list[float]) -> Commands:
    """Tell one head of both rows one thing."""
    ways, shifts = (torch.eye(size)[chosen].expand(2, 1, size) for size, chosen in ((5, way), (3, shift + 1)))
    some = (torch.tensor(part).expand(2, 1, -1) for part in ([1.0], [left], content, match))
    return Commands(ways, shifts, *some)


@pytest.mark.parametrize("seed", range(4))
def test_steps_are_those_of_plain_python(seed: int) -> None:
    torch.manual_seed(seed)
    heads = 3
    places = places_of(start(0, heads), TOKENS, LENGTH, KINDS)
    begun = start(0, heads)
    before = {(row, head): [part[row, head].tolist() for part in begun] for row in (0, 1) for head in range(heads)}
    for _ in range(60):
        way, shift, content, match = (torch.randn(2, heads, size) for size in (5, 3, KINDS, KINDS))
        power, left = torch.ones(2, heads, 1), torch.rand(2, heads, 1)
        places = gone(places, Commands(way, shift, power, left, content, match.sigmoid()))
        standing = standing_of(places, torch.zeros(KINDS))
        for (row, head), held in before.items():
            length = int(LENGTH[row])
            told = Told(
                way[row, head].tolist(),
                shift[row, head].tolist(),
                1.0,
                float(left[row, head]),
                content[row, head].tolist(),
                match[row, head].sigmoid().tolist(),
            )
            after = step(*(part[:length] for part in held), TOKENS[row, :length].tolist(), told, True)
            for found, expected in zip(standing, after, strict=True):
                assert found[row, head].tolist() == [*expected, *[0.0] * (TOKENS.shape[1] - length)]
            before[row, head] = list(after)


def test_what_was_read_is_not_sought_again_and_the_end_answers_when_all_is_read() -> None:
    places = places_of(start(0, 1), TOKENS, LENGTH, KINDS)
    commands, seen = only(CONTENT, 0, 1e-9, [3.0, 2.0, 1.0, -50.0, -5.0], [0.0] * KINDS), []
    for _ in range(10):
        places = gone(places, commands)
        seen.append(places.place[:, 0].tolist())
    long, short = zip(*seen, strict=True)
    assert long == (1, 3, 7, 2, 5, 4, 6, 8, 8, 8)  # symbol by symbol, each from the left
    assert short == (1, 2, *[3] * 8)


def test_a_scan_finds_each_match_once_whatever_stands_between() -> None:
    source = random.Random(0)
    for _ in range(20):
        wanted = {source.randrange(3)}
        match = [0.9 if kind in wanted else 0.1 for kind in range(KINDS)]
        places = places_of(start(0, 1), TOKENS, LENGTH, KINDS)
        for row, length in enumerate(LENGTH.tolist()):
            held = places
            expected = [place for place in range(1, length - 1) if int(TOKENS[row, place]) in wanted]
            for place in [*expected, length - 1, length - 1]:
                held = gone(held._replace(classes=held.classes.clone()), only(NEXT, 0, 0.1, [0.0] * KINDS, match))
                assert int(held.place[row, 0]) == place


def test_a_covered_match_is_passed_by() -> None:
    match = [0.9, 0.1, 0.1, 0.1, 0.1]
    for left, second in ((0.1, 3), (0.9, 1)):  # 0.9 * 0.9 is above a half still
        places = places_of(start(0, 1), TOKENS, LENGTH, KINDS)
        places = gone(places, only(NEXT, 0, left, [0.0] * KINDS, match))
        assert int(places.place[0, 0]) == 1
        places = gone(places, only(1, 0, left, [0.0] * KINDS, match))  # back to the begin
        places = gone(places, only(NEXT, 0, left, [0.0] * KINDS, match))
        assert int(places.place[0, 0]) == second


def test_only_heads_that_want_to_know_are_looked_after() -> None:
    wanted = torch.tensor([[[True], [False]], [[False], [True]]])
    assert of_interest(wanted).tolist() == [0, 3]
    assert len(of_interest(wanted.to("meta"))) == 4
