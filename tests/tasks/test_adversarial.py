"""Adversarial examples: each kind has the property that it is named for, and is answered rightly."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from adversarial_draws import LENGTHS, drawn, lengths
from cases import label
from harness import OWN_TASKS
from plain_answers import all_are_answered, closing, posed
from scipy.stats import chisquare

from bench.trial.streams import stream
from tasks import TASKS, Task
from tasks.arithmetic.addition import Addition
from tasks.base import FIRST_SYMBOL, PAD, STOP
from tasks.signals.sine import Sine
from tasks.strings.brackets import Brackets
from tasks.strings.copy import Copy
from tasks.strings.missing_symbol import MissingSymbol
from tasks.strings.parity import Parity
from tasks.strings.selective_copy import SelectiveCopy
from tasks.text.words_toy import WordsToy

SURELY_NOT_CHANCE = 1e-4
STRING_KINDS = ["one_symbol", "palindrome", "period_two", "odd_one"]
POSED: list[Task] = [
    *(TASKS[name]() for name in OWN_TASKS if TASKS[name]().adversarial_kinds),
    Copy(symbols=1, stop="once"),
    SelectiveCopy(symbols=1, share=0.1),
    MissingSymbol(symbols=2),
    Brackets(kinds=1),
    Brackets(kinds=3, depth=3),
    Addition(base=2, aligned=True),
    Addition(base=3, pad_zeros=True, low_first_operands=True),
]
EACH = [(task, kind) for task in POSED for kind in task.adversarial_kinds]


def named(value: Task | str) -> str | None:
    return label(value) or str(value)


every_kind = pytest.mark.parametrize(("task", "kind"), EACH, ids=named)


def test_strings_and_sums_have_adversarial_kinds_and_signals_none() -> None:
    kinds = {name: list(TASKS[name]().adversarial_kinds) for name in OWN_TASKS if TASKS[name]().adversarial_kinds}
    assert kinds == {
        **dict.fromkeys(("copy", "reverse", "variable_copy", "sort", "missing_symbol"), STRING_KINDS),
        "selective_copy": [*STRING_KINDS, "dense", "sparse"],
        "parity": ["all_ones", "single_one", "alternating"],
        "brackets": ["all_open", "single_kind"],
        "addition": ["carry_chain", "nines_plus_one", "no_carry", "unequal"],
    }


@every_kind
def test_an_adversarial_batch_has_the_shapes_of_a_drawn_one(task: Task, kind: str) -> None:
    batch, usual = drawn(task, kind), task.sample(lengths(), max(LENGTHS), stream("cpu", "usual"))
    assert batch.source is not None
    assert usual.source is not None
    assert task.source is not None
    assert (batch.source.shape, batch.source.dtype) == (usual.source.shape, torch.long)
    assert (batch.target.shape, batch.target.dtype) == (usual.target.shape, torch.long)
    for ids, length, size in (
        (batch.source, batch.source_length, task.source.size),
        (batch.target, batch.target_length, task.target.size),
    ):
        for row, end in zip(ids.tolist(), length.tolist(), strict=True):
            assert all(FIRST_SYMBOL <= symbol < size for symbol in row[:end] if symbol != STOP)
            assert set(row[end:]) <= {PAD}


@every_kind
def test_an_adversarial_draw_is_the_generators_alone(task: Task, kind: str) -> None:
    before = torch.get_rng_state()
    first, again = drawn(task, kind), drawn(task, kind)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.source, again.source)
    assert torch.equal(first.target, again.target)


@pytest.mark.parametrize("task", [*POSED, Sine(), WordsToy()], ids=label)
def test_an_unknown_kind_is_refused(task: Task) -> None:
    message = ", ".join(task.adversarial_kinds) or "has no adversarial kind 'friendly'"
    with pytest.raises(ValueError, match=message):
        drawn(task, "friendly")


@pytest.mark.parametrize(("task", "kind"), [each for each in EACH if each[0].name != "addition"], ids=named)
def test_adversarial_questions_have_their_length_and_are_answered(task: Task, kind: str) -> None:
    batch = drawn(task, kind)
    assert all_are_answered(task, batch)
    for asked, (source, _) in zip(lengths().tolist(), posed(task, batch), strict=True):
        assert len(source) == (2 * asked + 1 if task.name == "missing_symbol" else asked)


def keeps(kind: str, string: list[str]) -> bool:
    """Whether a string is of a kind."""
    counts = sorted(Counter(string).values())
    if kind == "one_symbol":
        return len(counts) == 1
    if kind == "palindrome":
        return string == string[::-1]
    if kind == "period_two":
        return string[2:] == string[:-2] and len(counts) == min(2, len(string))
    return len(counts) == min(2, len(string)) and counts[0] == 1


@pytest.mark.parametrize("kind", STRING_KINDS)
@pytest.mark.parametrize("name", ["copy", "reverse", "variable_copy", "sort", "missing_symbol", "selective_copy"])
def test_strings_are_what_their_kind_says(name: str, kind: str) -> None:
    task, seen = TASKS[name](symbols=4), set()
    for source, _ in posed(task, drawn(task, kind)):
        string = source[: source.index("|")] if "|" in source else [symbol for symbol in source if symbol != "_"]
        assert keeps(kind, string)
        seen.add("".join(string))
    symbols = {symbol for string in seen for symbol in string}
    assert symbols == set("abcd")
    assert len({string for string in seen if len(string) > 2}) >= 4


@pytest.mark.parametrize("symbols", [2, 5])
def test_the_odd_one_is_any_other_symbol_at_any_place(symbols: int) -> None:
    task = Copy(symbols=symbols)
    strings = [source for source, _ in posed(task, drawn(task, "odd_one", torch.full((3000,), 7)))]
    pairs, places = Counter(), Counter()
    for string in strings:
        common, odd = (symbol for symbol, _ in Counter(string).most_common())
        pairs[common, odd] += 1
        places[string.index(odd)] += 1
    for counts, choices in ((pairs, symbols * (symbols - 1)), (places, 7)):
        assert len(counts) == choices
        assert chisquare(list(counts.values())).pvalue > SURELY_NOT_CHANCE


def test_the_blank_hides_the_odd_one() -> None:
    task = MissingSymbol()
    for source, target in posed(task, drawn(task, "odd_one", torch.full((100,), 8))):
        assert source[:8].count(target[0]) == 1
        assert source[9:].count(target[0]) == 0


def test_data_are_dense_or_sparse() -> None:
    task = SelectiveCopy()
    assert all("_" not in source for source, _ in posed(task, drawn(task, "dense")))
    for asked, (source, _) in zip(lengths().tolist(), posed(task, drawn(task, "sparse")), strict=True):
        assert source.count("_") == asked - 1


def test_bits_are_what_their_kind_says() -> None:
    task = Parity()
    for asked, (source, _) in zip(lengths().tolist(), posed(task, drawn(task, "all_ones")), strict=True):
        assert source == ["1"] * asked
    places = Counter()
    for source, target in posed(task, drawn(task, "single_one", torch.full((1200,), 6))):
        assert (source.count("1"), target) == (1, ["1"])
        places[source.index("1")] += 1
    assert chisquare([places[at] for at in range(6)]).pvalue > SURELY_NOT_CHANCE
    found = {"".join(source) for source, _ in posed(task, drawn(task, "alternating", torch.full((50,), 5)))}
    assert found == {"01010", "10101"}


def test_brackets_all_open_as_far_as_they_may() -> None:
    for source, _ in posed(Brackets(), drawn(Brackets(), "all_open")):
        assert len(closing(source)) == len(source)
    bounded = Brackets(kinds=3, depth=3)
    for source, _ in posed(bounded, drawn(bounded, "all_open")):
        depths = [len(closing(source[:end])) for end in range(1, len(source) + 1)]
        assert depths == [1, 2, 3, *[2, 3] * 14][: len(source)]
    assert len({"".join(source) for source, _ in posed(Brackets(), drawn(Brackets(), "all_open"))}) > 50


def test_brackets_of_a_single_kind_have_one_kind_in_a_row() -> None:
    task = Brackets(kinds=3)
    sources = [source for source, _ in posed(task, drawn(task, "single_kind"))]
    assert all(set(source) <= set(pair) for source in sources for pair in ["()", "[]", "{}"] if source[0] == pair[0])
    assert {source[0] for source in sources} == set("([{")
