"""Strings, answers and greedy decoding in plain Python: nothing here is shared with how the harness draws and scores.

Token ids are written out as docs/tasks.md has them: 0 padding, 1 the first input, 2 the end, the alphabet from 3 on.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import zip_longest

import torch

from models.base import Model

Ids = list[int]
FIRST_INPUT, END, ALPHABET = 1, 2, 3
PLUS, ABSENT = 10, 10  # behind the digits: the plus sign; in pairs, no digit
BLANK = 8  # behind the eight symbols of selective copy


def added(one: Ids, other: Ids) -> Ids:
    """Add two numbers as at school, digit by digit, the low ones first."""
    digits, carry = list[int](), 0
    for each in zip_longest(one, other, fillvalue=0):
        carry, digit = divmod(sum(each) + carry, 10)
        digits.append(digit)
    return [*digits, carry] if carry else digits


def summed(symbols: Ids) -> Ids:
    plus = symbols.index(PLUS)
    return added(symbols[:plus][::-1], symbols[plus + 1 :][::-1])


def summed_in_pairs(symbols: Ids) -> Ids:
    columns = zip(*(divmod(pair, 11) for pair in symbols), strict=True)
    return added(*([place for place in column if place != ABSENT] for column in columns))


# The answer to symbols, both numbered from 0, by task; but for parity the end comes behind it.
ANSWERS: dict[str, Callable[[Ids], Ids]] = {
    "copy": lambda symbols: symbols,
    "reverse": lambda symbols: symbols[::-1],
    "repeat_symbol": lambda symbols: symbols,
    "selective_copy": lambda symbols: [symbol for symbol in symbols if symbol != BLANK],
    "parity": lambda symbols: [sum(symbols) % 2],
    "addition": summed,
    "addition(aligned)": summed_in_pairs,
}


def answer(task: str, source: Ids) -> Ids:
    """Return the whole answer to a source, as token ids."""
    right = [symbol + ALPHABET for symbol in ANSWERS[task]([token - ALPHABET for token in source])]
    return right if task == "parity" else [*right, END]


def a_string(task: str, length: int, chance: random.Random) -> Ids:
    """Draw a source of a length, of additions the longer number's, as token ids."""
    if task == "repeat_symbol":
        symbols = [chance.randrange(8)] * length
    elif task == "selective_copy":
        share = chance.choice([0.1, 0.5, 1.0])
        symbols = [chance.randrange(8) if chance.random() < share else BLANK for _ in range(length - 1)] + [0]
    elif task.startswith("addition"):
        long, short = ([chance.randint(1, 9), *chance.choices(range(10), k=size - 1)] for size in (length, length // 2))
        if chance.random() < 0.5:  # a carry that runs through every digit
            long, short = [9] * length, [1]
        if task == "addition":
            symbols = [*long, PLUS, *short]
        else:
            padded = [*short[::-1], *[ABSENT] * (length - len(short))]
            symbols = [11 * one + other for one, other in zip(long[::-1], padded, strict=True)]
    else:
        symbols = chance.choices(range(2 if task == "parity" else 8), k=length)
    return [symbol + ALPHABET for symbol in symbols]


@torch.no_grad()
def decoded(model: Model, source: Ids, most: int) -> Ids:
    """Decode greedily a token at a time, up to the end or so many."""
    state = model.begin(torch.tensor([source]), torch.tensor([len(source)]))
    written, token = list[int](), FIRST_INPUT
    while len(written) < most and token != END:
        outputs, state = model.decoder(torch.tensor([[token]]), state)
        token = int(outputs[0, 0].argmax())
        written.append(token)
    return written


def right(model: Model, task: str, source: Ids) -> bool:
    """Whether a model answers a source to the last token and then stops."""
    truth = answer(task, source)
    return decoded(model, source, len(truth)) == truth
