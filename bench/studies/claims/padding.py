"""Lessons on padding: what counting it does, what training on it does, where the state is taken."""

from __future__ import annotations

from bench.studies.claims.charts import Dots, Series
from bench.studies.claims.claims import Better, Claim, Lesson
from bench.studies.claims.measures import ADDED, CELLS, CONTENT, STEPS_TO_LEARN, SYMBOLS
from bench.studies.claims.progress import Learning

VARIED, UNMASKED = ("variable_copy", "gru"), ("variable_copy", "gru(loss_mask=false)")
LATE = ("variable_copy", "gru(final=padding)")
EARLY, EARLY_UNMASKED = ("variable_copy", "gru(300 steps)"), ("variable_copy", "gru(300 steps,loss_mask=false)")
ABLATIONS = (
    Series("masked, at the stop", VARIED),
    Series("unmasked, at the stop", UNMASKED),
    Series("masked, at the end", LATE),
)
COUNTED = (
    Series("unmasked, 300 steps", EARLY_UNMASKED),
    Series("masked, 300 steps", EARLY),
    Series("unmasked, to the end", UNMASKED),
    Series("masked, to the end", VARIED),
)

PADDING = (
    Lesson(
        "padding-counts",
        "Padding is not an answer",
        (
            Claim(
                "padding-inflates",
                "After 300 steps with padding in the loss, counting padding inflates accuracy.",
                CELLS,
                EARLY_UNMASKED,
                Better(EARLY_UNMASKED, SYMBOLS, paired=True),
            ),
            Claim(
                "padding-inflates-unmasked",
                "At the end of that training it still does.",
                CELLS,
                UNMASKED,
                Better(UNMASKED, SYMBOLS, paired=True),
            ),
            Claim(
                "padding-inflates-masked",
                "Where the loss left padding out, counting it inflates accuracy.",
                CELLS,
                VARIED,
                Better(VARIED, SYMBOLS, paired=True),
            ),
            Claim(
                "mask-early",
                "After 300 steps a masked loss has more of the symbols right.",
                SYMBOLS,
                EARLY,
                Better(EARLY_UNMASKED),
            ),
        ),
        "Short strings in a batch are filled up to the longest. Writing padding after the stop is trivial once it is "
        "trained, so each such cell is a free point, and the shorter the strings the more of them there are: a network "
        "that has learned little else looks half trained. One that is right throughout has nothing to gain, and one "
        "whose loss leaves padding out was never told what to write there: counting its padding then measures nothing "
        "at all and may move the figure either way. Both numbers are of the same trained networks, so the difference "
        "is taken seed by seed.",
        (
            Dots("symbols alone", COUNTED, SYMBOLS, "symbols right, %"),
            Dots("what counting padding adds", COUNTED, ADDED, "points"),
        ),
    ),
    Lesson(
        "mask-and-stop",
        "Mask the loss, and take the state before the padding",
        (
            Claim("mask-content", "Masking the loss improves content.", CONTENT, VARIED, Better(UNMASKED)),
            Claim("mask-speed", "Masking the loss needs fewer steps.", STEPS_TO_LEARN, VARIED, Better(UNMASKED)),
            Claim(
                "stop-padded",
                "Taking the state at the stop has more symbols right where strings are padded as in training.",
                SYMBOLS,
                VARIED,
                Better(LATE),
            ),
            Claim(
                "stop-content",
                "Taking the state at the stop has more content right where nothing is padded.",
                CONTENT,
                VARIED,
                Better(LATE),
            ),
            Claim(
                "stop-speed", "Taking the state at the stop needs fewer steps.", STEPS_TO_LEARN, VARIED, Better(LATE)
            ),
        ),
        "An unmasked loss spends part of every gradient on padding, which is soon easy, and dilutes what is left for "
        "the symbols. A state taken at the end of a padded row has read padding after the string, a different number "
        "of times for each string, and must carry the string through it. A gated network can learn to do so, and then "
        "comes to need it: strings of one length, read without padding behind them, end in a state it was never "
        "trained to write from. An answer that depends on how long the other strings of the batch are is a defect, "
        "however good it looks on batches like those of training. A run that never came to 90 % counts with its "
        "whole budget of steps.",
        (
            Dots("content, nothing padded", ABLATIONS, CONTENT, "strings of right content, %"),
            Learning("while it learns", ABLATIONS, "exact", "held-out strings right, %"),
        ),
    ),
)
