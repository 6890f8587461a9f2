"""Hard read heads by the numbers of their places, against plain Python and against the shares."""

from __future__ import annotations

import random

import pytest
import torch
from plain_heads import CONTENT, NEXT, Told, step

from models.layers.head_commands import Commands
from models.layers.head_places import NEAR, Places, Source, first_of, gone, places_at

KINDS = 5  # three symbols and both marks
TOKENS = torch.tensor([[3, 0, 1, 0, 2, 1, 2, 0, 4], [3, 2, 2, 4, 0, 0, 0, 0, 0]])
LENGTH = torch.tensor([9, 4])


SOURCE = Source(TOKENS, LENGTH[:, None] - 1, KINDS)
FAR = NEAR + 30


def start(heads: int, source: Source = SOURCE) -> Places:
    return places_at(torch.zeros(len(source.tokens), heads, dtype=torch.long), source)


def far() -> Source:
    """Draw a source of which most places are farther off than are looked at first, and a short one."""
    length = torch.tensor([FAR, 5])
    tokens = torch.randint(0, 3, (2, FAR)).masked_fill(torch.arange(FAR) >= length[:, None], 0)
    tokens[:, 0] = 3
    return Source(tokens.scatter(1, length[:, None] - 1, 4), length[:, None] - 1, KINDS)


def only(way: int, shift: int, left: float, content: list[float], match: list[float]) -> Commands:
    """Tell one head of both rows one thing."""
    ways, shifts = (torch.eye(size)[chosen].expand(2, 1, size) for size, chosen in ((5, way), (3, shift + 1)))
    some = (torch.tensor(part).expand(2, 1, -1) for part in ([1.0], [left], content, match))
    return Commands(ways, shifts, *some)


@pytest.mark.parametrize(("source", "heads", "steps"), [(SOURCE, 3, 60), (None, 1, 30)], ids=["near", "far"])
@pytest.mark.parametrize("seed", range(4))
def test_steps_are_those_of_plain_python(seed: int, source: Source | None, heads: int, steps: int) -> None:
    torch.manual_seed(seed)
    source = source or far()
    places, width = start(heads, source), source.tokens.shape[1]
    lengths = [last + 1 for last in source.last[:, 0].tolist()]
    before = {
        (row, head): ([1.0] + [0.0] * (length - 1), [0.0] * length)
        for row, length in enumerate(lengths)
        for head in range(heads)
    }
    for _ in range(steps):
        way, shift, content, match = (torch.randn(2, heads, size) for size in (5, 3, KINDS, KINDS))
        power, left = torch.ones(2, heads, 1), torch.rand(2, heads, 1)
        match = (match - 2 * (source is not SOURCE)).sigmoid()  # where a match is rare, a scan goes far
        places = gone(places, Commands(way, shift, power, left, content, match), source)
        for (row, head), held in before.items():
            told = Told(
                way[row, head].tolist(),
                shift[row, head].tolist(),
                1.0,
                float(left[row, head]),
                content[row, head].tolist(),
                match[row, head].tolist(),
            )
            weights, covered = step(*held, source.tokens[row, : lengths[row]].tolist(), told, True)
            assert int(places.place[row, head]) == weights.index(1)
            assert places.covered[row, head].tolist() == [*map(bool, covered), *[False] * (width - lengths[row])]
            before[row, head] = (weights, covered)


@pytest.mark.parametrize("ways", [("stay", "content"), ("end", "content")], ids=["from the left", "from the right"])
def test_content_is_found_whatever_was_covered_before(ways: tuple[str, str]) -> None:
    source, content, wanted = far(), [3.0, 2.0, 1.0, -50.0, -5.0], [0.0] * KINDS
    places, shift = start(1, source), {"stay": 1, "end": -1}[ways[0]]
    if ways[0] == "end":
        places = gone(places, only(2, 0, 1e-9, content, wanted), source)
    for _ in range(NEAR):  # it walks over most, then seeks what is left
        places = gone(places, only(0, shift, 1e-9, content, wanted), source)
    row = source.tokens[0].tolist()
    left = [place for place in range(1, FAR - 1) if not bool(places.covered[0, 0, place])]
    for expected in sorted(left, key=lambda place: (row[place], place)):
        places = gone(places, only(CONTENT, 0, 1e-9, content, wanted), source)
        assert int(places.place[0, 0]) == expected
    places = gone(places, only(CONTENT, 0, 1e-9, content, wanted), source)
    assert places.place[:, 0].tolist() == (source.last[:, 0]).tolist()


def test_of_equal_scores_the_first_place_is_sought() -> None:
    source = far()
    places = start(1, source)
    for expected in (1, 2, 3):
        places = gone(places, only(CONTENT, 0, 1e-9, [1.0, 1.0, 1.0, -50.0, -5.0], [0.0] * KINDS), source)
        assert places.place[:, 0].tolist() == [expected, expected]


def test_what_was_read_is_not_sought_again_and_the_end_answers_when_all_is_read() -> None:
    places = start(1)
    commands, seen = only(CONTENT, 0, 1e-9, [3.0, 2.0, 1.0, -50.0, -5.0], [0.0] * KINDS), []
    for _ in range(10):
        places = gone(places, commands, SOURCE)
        seen.append(places.place[:, 0].tolist())
    long, short = zip(*seen, strict=True)
    assert long == (1, 3, 7, 2, 5, 4, 6, 8, 8, 8)  # symbol by symbol, each from the left
    assert short == (1, 2, *[3] * 8)


def test_a_scan_finds_each_match_once_whatever_stands_between() -> None:
    source = random.Random(0)
    for _ in range(20):
        wanted = {source.randrange(3)}
        match = [0.9 if kind in wanted else 0.1 for kind in range(KINDS)]
        places = start(1)
        for row, length in enumerate(LENGTH.tolist()):
            held = places
            expected = [place for place in range(1, length - 1) if int(TOKENS[row, place]) in wanted]
            for place in [*expected, length - 1, length - 1]:
                held = held._replace(covered=held.covered.clone())
                held = gone(held, only(NEXT, 0, 0.1, [0.0] * KINDS, match), SOURCE)
                assert int(held.place[row, 0]) == place


def test_a_covered_match_is_passed_by() -> None:
    match = [0.9, 0.1, 0.1, 0.1, 0.1]
    for left, second in ((0.1, 3), (0.9, 1)):  # 0.9 * 0.9 is above a half still
        places = start(1)
        places = gone(places, only(NEXT, 0, left, [0.0] * KINDS, match), SOURCE)
        assert int(places.place[0, 0]) == 1
        places = gone(places, only(1, 0, left, [0.0] * KINDS, match), SOURCE)  # back to the begin
        places = gone(places, only(NEXT, 0, left, [0.0] * KINDS, match), SOURCE)
        assert int(places.place[0, 0]) == second


def test_on_a_device_without_shapes_from_data_all_heads_are_looked_after() -> None:
    """As on the processor, where only those are that want to know."""
    source, places = far(), start(2, far())
    classes, wanted = torch.rand(2, 2, 2 * KINDS) < 0.3, torch.tensor([[[True], [False]], [[False], [True]]])
    begin = torch.zeros(2, 2, dtype=torch.long)
    some = first_of(classes, begin, places, source, wanted)
    every = first_of(classes, begin, places, source, torch.ones_like(wanted))
    assert torch.equal(some, every.where(wanted[..., 0], 0))
    given = (part.to("meta") for part in (classes, begin))
    held = Places(*(part.to("meta") for part in places))
    there = Source(source.tokens.to("meta"), source.last.to("meta"), KINDS)
    assert first_of(*given, held, there, wanted.to("meta")).shape == begin.shape
