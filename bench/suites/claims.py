"""The runs that the lessons read: two that are compared differ in what the lesson is about; if in more, it says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.spec.spec import Spec
from bench.suites.language import BOOK, CHUNKED, COURSE, NIETZSCHE, WINDOWED
from bench.suites.recipes import REVERSED, recipe

EXAMPLES = 256
LETTERS = replace(NIETZSCHE, settings={"eval_lengths": (2, 8, 32, 128, 1024, 120_179)})
TWO = {"frequencies": (1.0, 3.0), "weights": (1.0, 1.0)}
DIGITS = {**REVERSED, "train_lengths": (1, 2, 3, 3, 3), "eval_lengths": (1, 2, 3, 4, 6)}


def sine(hidden: int, settings: dict[str, Any], row: str = "sine") -> Spec:
    """Return a linear RNN with so many units on sines."""
    spec = recipe("sine", "linear_rnn", examples=EXAMPLES, steps=3000 if settings else 1500)
    return replace(
        spec,
        task_settings=settings,
        model_settings={"hidden": hidden},
        row=row,
        column=f"linear_rnn(hidden={hidden})",
    )


def variable_copy(column: str, settings: dict[str, Any], **budget: Any) -> Spec:
    """Return a GRU on variable-length copy."""
    spec = recipe("variable_copy", "gru", examples=EXAMPLES, **budget)
    return replace(spec, model_settings={**spec.model_settings, **settings}, column=column)


def memory(model: str, column: str, settings: dict[str, Any], rate: float) -> Spec:
    """Return a ReLU or tanh network on copying ten symbols, with the same budget."""
    spec = recipe("copy", model, examples=EXAMPLES, steps=2000, learning_rate=rate)
    return replace(spec, model_settings={"hidden": 128, **settings}, column=column)


def digits(model: str) -> Spec:
    """Return a recurrent network on sums of two numbers of up to three digits."""
    spec = recipe("addition(reversed)", model, examples=EXAMPLES, steps=5000, learning_rate=5e-3)
    return replace(spec, task_settings=DIGITS, model_settings={"hidden": 128}, row="addition(three digits)")


def course(model: str, column: str, epochs: int = 3, **changes: Any) -> Spec:
    """Return one of the course's networks on Nietzsche, windows of eight characters."""
    budget = {"learning_rate": 3e-3, "weight_decay": 0.0} | changes
    settings = {**COURSE, **budget.pop("sizes", {})}
    return LETTERS.spec(model, settings, window=8, epochs=epochs, column=column, **budget)


def book(row: str, column: str, mode: dict[str, Any]) -> Spec:
    """Return the book's network with one layer of 64 on its numbers."""
    return replace(BOOK, row=row).spec(
        "rnn",
        {"hidden": 64},
        window=16,
        epochs=15,
        cut=mode,
        column=column,
        learning_rate=3e-3,
        schedule="one_cycle",
        warmup=0,
    )


LESSONS = (
    sine(1, {}),
    sine(2, {}),
    sine(2, TWO, "sine(two frequencies)"),
    sine(3, TWO, "sine(two frequencies)"),
    sine(4, TWO, "sine(two frequencies)"),
    *(recipe("copy", model, examples=EXAMPLES) for model in ("rnn", "elman", "gru")),
    variable_copy("gru", {}),
    variable_copy("gru(loss_mask=false)", {}, loss_mask=False),
    variable_copy("gru(final=padding)", {"final": "padding"}),
    variable_copy("gru(300 steps)", {}, steps=300),
    variable_copy("gru(300 steps,loss_mask=false)", {}, steps=300, loss_mask=False),
    digits("rnn"),
    digits("lstm"),
    memory("irnn", "irnn(identity)", {}, 1e-3),
    memory("rnn", "rnn(start=own)", {"start": "own"}, 1e-3),
    memory("rnn", "rnn(start=own,learning_rate=0.003)", {"start": "own"}, 3e-3),
    book(BOOK.row, "rnn(stream)", {}),
    book("human_numbers(book,mode=chunks)", "rnn(chunks)", CHUNKED),
    course("rnn", "rnn(stream)"),
    course("rnn", "rnn(chunks)", cut=CHUNKED),
    course("rnn", "rnn(windows)", cut=WINDOWED),
    course("char_loop", "char_loop(add)", cut=WINDOWED),
    course("char_loop", "char_loop(concat)", cut=WINDOWED, sizes={"join": "concat"}),
    course("elman", "elman(stream)"),
    course("gru", "gru(stream)"),
    course("gru_cell", "gru_cell(stream)"),
    course("lstm", "lstm(restarts)", schedule="restarts", period=1, warmup=0),
    course("rnn", "rnn(learning_rate=0.3)", epochs=1, learning_rate=0.3),
    course("rnn", "rnn(one epoch)", epochs=1),
    LETTERS.floor("markov", order=1),
    LETTERS.floor("markov", order=6),
)
