"""Lessons on memory: gates that carry a digit, recurrent weights that start as the identity."""

from __future__ import annotations

from bench.studies.claims.charts import ByLength, Dots, Series
from bench.studies.claims.claims import Better, Claim, Lesson
from bench.studies.claims.measures import RIGHT, exact
from bench.studies.claims.progress import Learning

IDENTITY, PLAIN = ("copy", "irnn(identity)"), ("copy", "rnn(start=own)")
FASTER = ("copy", "rnn(start=own,learning_rate=0.003)")
STARTS = (Series("ReLU, identity", IDENTITY), Series("tanh, rate 0.001", PLAIN), Series("tanh, rate 0.003", FASTER))
SUMS = (Series("RNN", ("addition(three digits)", "rnn")), Series("LSTM", ("addition(three digits)", "lstm")))

MEMORY = (
    Lesson(
        "lstm-addition",
        "Gates help to carry a digit",
        (
            Claim(
                "lstm-adds",
                "An LSTM adds three-digit numbers better than an RNN.",
                RIGHT,
                SUMS[1].pair,
                Better(SUMS[0].pair),
            ),
        ),
        "To add, a network keeps the digits of two numbers while it reads them and a carry while it writes. A plain "
        "RNN rewrites its whole state at every step; an LSTM has a cell that is changed only where a gate opens, so "
        "what was read early survives until it is needed. Both networks have the same width, steps and learning rate, "
        "and the LSTM four times as many recurrent weights.",
        (
            ByLength("by digits", SUMS, exact, "sums right, %", "digits of the longer number"),
            Learning("while it learns", SUMS, "exact", "held-out sums right, %"),
        ),
    ),
    Lesson(
        "identity-start",
        "Start as a memory",
        (
            Claim(
                "identity-beats-tanh",
                "A ReLU network that starts as the identity copies ten symbols better than a tanh network whose "
                "recurrent weights start as torch's.",
                RIGHT,
                IDENTITY,
                Better(PLAIN),
            ),
            Claim(
                "identity-beats-faster-tanh",
                "A ReLU network that starts as the identity copies ten symbols better than the tanh network at three "
                "times its rate.",
                RIGHT,
                IDENTITY,
                Better(FASTER),
            ),
        ),
        "Recurrent weights that start as small random numbers shrink the state at every step: after ten steps little "
        "of the first symbol is left, and little gradient comes back to it. With the identity and a ReLU the network "
        "starts as an accumulator that forgets nothing, and training has only to learn what to write. Two things "
        "differ between these networks, the start and the nonlinearity, for a tanh network would not stay an "
        "accumulator.",
        (
            Dots("after training", STARTS, RIGHT, "strings of ten symbols right, %"),
            Learning("while it learns", STARTS, "exact", "held-out strings right, %"),
        ),
    ),
)
