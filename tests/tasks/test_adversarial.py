"""Adversarial examples: each kind has the property that it is named for, and is answered rightly."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from cases import label
from draws import LENGTHS, adversarial, lengths
from harness import OWN_TASKS
from plain_answers import ANSWERED, all_are_answered, printed

from bench.trial.streams import stream
from tasks import TASKS, Task
from tasks.arithmetic.addition import Addition
from tasks.base import EOS, FIRST_TOKEN, PAD
from tasks.signals.sine import Sine
from tasks.strings.brackets import Brackets
from tasks.strings.copy import Copy
from tasks.strings.missing_symbol import MissingSymbol
from tasks.strings.selective_copy import SelectiveCopy
from tasks.text.words_toy import WordsToy

STRING_KINDS = ["one_symbol", "palindrome", "period_two", "odd_one"]
CHOSEN: list[Task] = [
    *(TASKS[name]() for name in OWN_TASKS if TASKS[name]().adversarial_kinds),
    Copy(symbols=1, stop="once"),
    SelectiveCopy(symbols=1, share=0.1),
    MissingSymbol(symbols=2),
    Brackets(kinds=1),
    Brackets(kinds=3, depth=3),
    Addition(base=2, aligned=True),
    Addition(base=3, pad_zeros=True, low_first_operands=True),
]
EACH = [(task, kind) for task in CHOSEN for kind in task.adversarial_kinds]


def named(value: Task | str) -> str | None:
    return label(value) or str(value)


every_kind = pytest.mark.parametrize(("task", "kind"), EACH, ids=named)


def test_strings_and_sums_have_adversarial_kinds_and_signals_none() -> None:
    kinds = {name: list(TASKS[name]().adversarial_kinds) for name in OWN_TASKS if TASKS[name]().adversarial_kinds}
    expected = {
        **dict.fromkeys(("copy", "reverse", "variable_copy", "sort", "missing_symbol"), STRING_KINDS),
        "selective_copy": [*STRING_KINDS, "dense", "sparse"],
        "parity": ["all_ones", "single_one", "alternating"],
        "brackets": ["all_open", "single_kind"],
        "addition": ["carry_chain", "nines_plus_one", "no_carry", "unequal"],
    }
    assert {name: kinds[name] for name in expected} == expected
    assert not Sine().adversarial_kinds


@every_kind
def test_an_adversarial_batch_has_the_shapes_of_a_drawn_one(task: Task, kind: str) -> None:
    batch, usual = adversarial(task, kind), task.sample(lengths(), max(LENGTHS), stream("cpu", "usual"))
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
            assert all(FIRST_TOKEN <= symbol < size for symbol in row[:end] if symbol != EOS)
            assert set(row[end:]) <= {PAD}


@every_kind
def test_an_adversarial_draw_is_the_generators_alone(task: Task, kind: str) -> None:
    before = torch.get_rng_state()
    first, again = adversarial(task, kind), adversarial(task, kind)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.source, again.source)
    assert torch.equal(first.target, again.target)


@pytest.mark.parametrize("task", [*CHOSEN, Sine(), WordsToy()], ids=label)
def test_an_unknown_kind_is_refused(task: Task) -> None:
    message = ", ".join(task.adversarial_kinds) or "has no adversarial kind 'friendly'"
    with pytest.raises(ValueError, match=message):
        adversarial(task, "friendly")


@pytest.mark.parametrize(("task", "kind"), [each for each in EACH if each[0].name in ANSWERED], ids=named)
def test_adversarial_questions_have_their_length_and_are_answered(task: Task, kind: str) -> None:
    batch = adversarial(task, kind)
    assert all_are_answered(task, batch)
    for asked, (source, _) in zip(lengths().tolist(), printed(task, batch), strict=True):
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
    for source, _ in printed(task, adversarial(task, kind)):
        string = source[: source.index("|")] if "|" in source else [symbol for symbol in source if symbol != "_"]
        assert keeps(kind, string)
        seen.add("".join(string))
    symbols = {symbol for string in seen for symbol in string}
    assert symbols == set("abcd")
    assert len({string for string in seen if len(string) > 2}) >= 4
