"""The runs that the claims read: two that are compared differ in what the claim is about; if in more, it says so."""

from __future__ import annotations

from typing import Any

from bench.spec.spec import Spec
from bench.suites.configured import Settings
from bench.suites.language import BOOK, CHUNKED, CONCAT, COURSE, NIETZSCHE, ONE_CYCLE, WINDOWED, Text
from bench.suites.recipes import recipe
from bench.suites.suites import Suite, register

EXAMPLES = 256
LETTERS = Text(NIETZSCHE.row, NIETZSCHE.tokens, {"eval_lengths": (2, 8, 32, 128, 1024, 120_179)})
BOOK_CHUNKS = Text("human_numbers(book,mode=chunks)", BOOK.tokens)


def sine(hidden: int, row: str = "sine") -> Spec:
    """Return a linear RNN with so many units on sines, trained twice as long on two frequencies."""
    budget = {"examples": EXAMPLES, "steps": 1500 if row == "sine" else 3000}
    return recipe(row, "linear_rnn", like="sine", settings={"hidden": hidden}, shown=["hidden"], **budget)


def variable_copy(settings: Settings | None = None, **changes: Any) -> Spec:
    """Return a GRU on variable-length copy."""
    sizes = {"hidden": 128, **(settings or {})}
    return recipe("variable_copy", "gru", examples=EXAMPLES, settings=sizes, **changes)


def memory(model: str, settings: Settings, rate: float, **named: Any) -> Spec:
    """Return a ReLU or tanh network on copying ten symbols, with the same budget."""
    sizes = {"hidden": 128, **settings}
    return recipe("copy", model, examples=EXAMPLES, settings=sizes, steps=2000, learning_rate=rate, **named)


def digits(model: str) -> Spec:
    """Return a recurrent network on sums of two numbers of up to three digits."""
    budget = {"examples": EXAMPLES, "steps": 5000, "learning_rate": 5e-3}
    return recipe("addition(three digits)", model, like="addition(reversed)", settings={"hidden": 128}, **budget)


def letters(model: str, variant: str, epochs: int = 3, sizes: Settings = COURSE, **changes: Any) -> Spec:
    """Return one of the course's networks on Nietzsche, evaluated at fewer contexts."""
    return LETTERS.spec(model, sizes, 8, epochs, variant, **{"learning_rate": 3e-3, "weight_decay": 0.0, **changes})


def chapter(text: Text, variant: str) -> Spec:
    """Return the book's network with one layer of 64 on its numbers."""
    return text.spec("rnn", {"hidden": 64}, 16, 15, variant, learning_rate=3e-3, **ONE_CYCLE)


LESSONS = (
    sine(1),
    sine(2),
    *(sine(hidden, "sine(two frequencies)") for hidden in (2, 3, 4)),
    *(recipe("copy", model, examples=EXAMPLES) for model in ("rnn", "elman", "gru")),
    variable_copy(),
    variable_copy(loss_mask=False, shown=["loss_mask"]),
    variable_copy({"final": "padding"}, shown=["final"]),
    variable_copy(steps=300, variant="300 steps"),
    variable_copy(steps=300, loss_mask=False, variant="300 steps,loss_mask=false"),
    digits("rnn"),
    digits("lstm"),
    memory("irnn", {}, 1e-3, variant="identity"),
    memory("rnn", {"start": "own"}, 1e-3, shown=["start"]),
    memory("rnn", {"start": "own"}, 3e-3, shown=["start", "learning_rate"]),
    chapter(BOOK, "stream"),
    chapter(BOOK_CHUNKS, "chunks"),
    letters("rnn", "stream"),
    letters("rnn", "chunks", cut=CHUNKED),
    letters("rnn", "windows", cut=WINDOWED),
    letters("char_loop", "add", cut=WINDOWED),
    letters("char_loop", "concat", sizes=CONCAT, cut=WINDOWED),
    letters("elman", "stream"),
    letters("gru", "stream"),
    letters("gru_cell", "stream"),
    letters("lstm", "restarts", schedule="restarts", period=1, warmup=0),
    letters("rnn", "learning_rate=0.3", epochs=1, learning_rate=0.3),
    letters("rnn", "one epoch", epochs=1),
    LETTERS.baseline("markov", order=1),
    LETTERS.baseline("markov", order=6),
)
ABOUT = "what the teaching notebooks conclude, each with the runs that show it: twenty minutes on two cores"
register(Suite("lessons", ABOUT, 3, LESSONS, order=3))
