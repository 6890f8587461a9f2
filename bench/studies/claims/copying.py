"""Lessons on copying: one training length, and a mix of lengths."""

from __future__ import annotations

from bench.studies.claims.charts import ByLength, Series
from bench.studies.claims.claims import Better, Claim, Lesson, Level
from bench.studies.claims.measures import BESIDE_TEN, ELSEWHERE, LONGER, RIGHT, WEAKEST, exact

NAMES = {"rnn": "RNN", "elman": "written-out RNN", "gru": "GRU"}
FIXED = {model: ("copy", model) for model in NAMES}
VARIED = ("variable_copy", "gru")
RIGHT_NAME = "strings right, %"


def fails_elsewhere(model: str) -> tuple[Claim, ...]:
    """Return the claims that a family copies the one length it was trained at, no other, and none that is longer."""
    name = NAMES[model]
    return (
        Claim(
            f"{model}-copies-ten",
            f"Trained on strings of ten symbols alone, the {name} copies those.",
            RIGHT,
            FIXED[model],
            Level(0.99, reached=True),
        ),
        Claim(
            f"{model}-fails-elsewhere",
            f"Trained at length ten alone, the {name} copies fewer than half of the strings at every other length.",
            ELSEWHERE,
            FIXED[model],
            Level(0.5, reached=False),
        ),
        Claim(
            f"{model}-fails-longer",
            f"Trained at length ten alone, the {name} copies fewer than half of the strings at every longer length.",
            LONGER,
            FIXED[model],
            Level(0.5, reached=False),
        ),
    )


COPYING = (
    Lesson(
        "one-length",
        "Trained at one length, good at one length",
        tuple(claim for model in FIXED for claim in fails_elsewhere(model)),
        "A network that has only ever seen ten symbols has no reason to learn what copying is. It may learn instead "
        "which of the ten places comes next, and the loss cannot tell these two apart, for at length ten they are the "
        "same. So accuracy at the training length does not tell accuracy at any other: it has to be measured there. "
        "That nothing but length ten works asks much, and one good length refutes it: look at the curve around ten.",
        (
            ByLength(
                "trained on ten symbols",
                tuple(Series(NAMES[model], pair) for model, pair in FIXED.items()),
                exact,
                RIGHT_NAME,
                "length (symbols)",
            ),
        ),
    ),
    Lesson(
        "mixed-lengths",
        "Trained on a mix of lengths",
        (
            Claim(
                "mixed-holds",
                "A GRU trained on lengths 3 to 14 with stop symbols is right on 99 % at each of them.",
                WEAKEST,
                VARIED,
                Level(0.99, reached=True),
            ),
            Claim(
                "mixed-beats-fixed",
                "At lengths 5 to 14 other than 10 a GRU trained on the mix is better than one trained at 10 alone.",
                BESIDE_TEN,
                VARIED,
                Better(FIXED["gru"]),
            ),
        ),
        "With many lengths in a batch the place in the string no longer tells what to do: when to stop has to come out "
        "of what was read, and so the stop symbol becomes part of the answer. What is learned covers the lengths of "
        "the mix; past the longest of them the curve falls again. The two networks also differ in their steps and "
        "learning rates, which their recipes chose for each task.",
        (
            ByLength(
                "the same GRU, two diets",
                (Series("length 10 alone", FIXED["gru"]), Series("lengths 3 to 14", VARIED)),
                exact,
                RIGHT_NAME,
                "length (symbols)",
                longest=30,
            ),
        ),
    ),
)
