"""Lessons on cells: written out or from a library, adding or concatenating, with gates or without."""

from __future__ import annotations

from bench.studies.claims.charts import ByLength, Dots, Series
from bench.studies.claims.claims import Alike, Better, Claim, Lesson
from bench.studies.claims.measures import RIGHT, TEXT, WINDOW, nats
from bench.studies.claims.nietzsche import ADD, CONCAT, CONTEXT, GRU, GRU_CELL, LOSS, LSTM, STREAM, WRITTEN

CLOSE = 0.02  # nats: two networks nearer than this are alike

LAYERS = (
    Lesson(
        "written-out",
        "A layer of torch is the formula in the book",
        (
            Claim(
                "rnn-copies-alike",
                "torch.nn's RNN and the written-out one copy ten symbols alike, within 5 points.",
                RIGHT,
                ("copy", "rnn"),
                Alike(("copy", "elman"), 0.05),
            ),
            Claim(
                "rnn-reads-alike",
                "torch.nn's RNN and the written-out one read Nietzsche alike, within 0.02 nats.",
                TEXT,
                STREAM,
                Alike(WRITTEN, CLOSE),
            ),
            Claim(
                "gru-reads-alike",
                "torch.nn's GRU and the written-out one read Nietzsche alike, within 0.02 nats.",
                TEXT,
                GRU,
                Alike(GRU_CELL, CLOSE),
            ),
        ),
        "Given the same weights, the library's layer and the written-out formula return the same numbers. Here each is "
        "trained from starts of its own, and the written-out RNN learns the state it begins with as well, so they can "
        "agree only as far as two seeds do. That is why the claim has a margin: no experiment shows that two things "
        "are equal, but one can show that they differ by less than matters.",
        (
            Dots(
                "copying ten symbols",
                (Series("torch.nn RNN", ("copy", "rnn")), Series("written out", ("copy", "elman"))),
                RIGHT,
                "strings right, %",
            ),
            Dots(
                "reading Nietzsche",
                (
                    Series("torch.nn RNN", STREAM),
                    Series("written out", WRITTEN),
                    Series("torch.nn GRU", GRU),
                    Series("GRU written out", GRU_CELL),
                ),
                TEXT,
                LOSS,
            ),
        ),
    ),
    Lesson(
        "concatenate",
        "Concatenate, or add",
        (
            Claim(
                "concat-beats-add",
                "Concatenating the letter to the state gives a lower loss than adding it.",
                WINDOW,
                CONCAT,
                Better(ADD),
            ),
        ),
        "Adding puts the letter and the memory into the same numbers before anything is computed from them, and what "
        "is added up cannot be taken apart again without effort. Concatenating hands both to the next matrix side by "
        "side, at the price of a larger matrix. The two also differ in what the rectifier is applied to, the letter "
        "alone or the letter and the memory together.",
        (Dots("windows of 8", (Series("concatenate", CONCAT), Series("add", ADD)), WINDOW, LOSS),),
    ),
    Lesson(
        "gates",
        "Gates, and a rate that restarts",
        (
            Claim("gru-beats-rnn", "A GRU has a lower loss than an RNN.", TEXT, GRU, Better(STREAM)),
            Claim("lstm-beats-gru", "An LSTM with warm restarts has a lower loss than a GRU.", TEXT, LSTM, Better(GRU)),
        ),
        "A gate lets a unit keep its value instead of recomputing it, so that the beginning of a word need not be "
        "fought for at every letter. All have the same width and the same three epochs, not the same number of "
        "weights: a GRU has three times, an LSTM four times the recurrent weights of an RNN. Restarting a cosine "
        "schedule raises the rate again after the first epoch, which lets training leave a narrow valley but spends "
        "steps at high rates: whether that pays within three epochs is not obvious, and the LSTM's row shows both "
        "changes at once, and a third: its first cycle has no warm-up.",
        (
            ByLength(
                "loss by how much is read",
                (Series("RNN", STREAM), Series("GRU", GRU), Series("LSTM, restarts", LSTM)),
                nats,
                LOSS,
                CONTEXT,
                is_share=False,
            ),
            Dots(
                "the whole judged text",
                (Series("RNN", STREAM), Series("GRU", GRU), Series("LSTM, restarts", LSTM)),
                TEXT,
                LOSS,
            ),
        ),
    ),
)
