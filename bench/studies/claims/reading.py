"""Lessons on reading a text: state that is carried over, positions that predict."""

from __future__ import annotations

from bench.studies.claims.charts import ByLength, Dots, Series
from bench.studies.claims.claims import Alike, Better, Claim, Lesson
from bench.studies.claims.measures import EPOCH, LOWEST, TEXT, WINDOW, WORDS, nats
from bench.studies.claims.nietzsche import CHUNKS, CONTEXT, LOSS, STREAM, WINDOWS

BOOK_STREAM = ("human_numbers(book)", "rnn(stream)")
BOOK_CHUNKS = ("human_numbers(book,mode=chunks)", "rnn(chunks)")

READING = (
    Lesson(
        "state-numbers",
        "Do not forget between batches: numbers",
        (
            Claim(
                "state-helps-numbers",
                "Carrying the state from batch to batch helps to foresee the next word of the numbers in English.",
                WORDS,
                BOOK_STREAM,
                Better(BOOK_CHUNKS),
            ),
        ),
        "Cut into pieces of sixteen words, each read from nothing, the text hides which number one is at until it has "
        "been named again. A state that is carried over has read it already. Gradients still stop at the border of a "
        "piece: only the numbers of the state go on, not the memory of how they came about. Each network is judged as "
        "it was trained, the one in pieces of sixteen, the other in one unbroken pass.",
        (
            Dots(
                "validation text",
                (Series("state carried", BOOK_STREAM), Series("pieces of 16", BOOK_CHUNKS)),
                WORDS,
                "next words right, %",
            ),
        ),
    ),
    Lesson(
        "state-characters",
        "Do not forget between batches: letters",
        (
            Claim(
                "state-helps-characters",
                "Carrying the state lowers the loss on characters, even against pieces judged at their best length.",
                TEXT,
                STREAM,
                Better(CHUNKS, LOWEST),
            ),
        ),
        "A network trained on pieces of eight letters never starts from anything but nothing, and beyond eight letters "
        "it is in a place where training never was. A carried state has seen the word, the phrase and the style so "
        "far. To be fair, the network of pieces is judged at whichever length suits it best, chosen for each seed by "
        "the very loss that is reported, which can only flatter it.",
        (
            ByLength(
                "loss by how much is read",
                (Series("state carried", STREAM), Series("pieces of 8", CHUNKS)),
                nats,
                LOSS,
                CONTEXT,
                is_share=False,
            ),
        ),
    ),
    Lesson(
        "every-position",
        "Let every position predict",
        (
            Claim(
                "every-position-learns",
                "After as many epochs, a network that predicts at all eight positions has the lower loss at windows "
                "of 8.",
                WINDOW,
                CHUNKS,
                Better(WINDOWS),
            ),
            Claim(
                "every-position-costs",
                "An epoch takes both the same time, within a quarter.",
                EPOCH,
                CHUNKS,
                Alike(WINDOWS, 1.25),
            ),
        ),
        "A window of eight letters holds eight questions, and the network has computed a state for each of them "
        "anyway. Asking only the last throws seven of eight gradients away. The loss at a window of eight is scored "
        "after the eighth letter for the network that predicts there alone, after the fifth to eighth for the other, "
        "which often has less to go by: the comparison leans against the claim.",
        (
            Dots(
                "after three epochs",
                (Series("every position", CHUNKS), Series("last position", WINDOWS)),
                WINDOW,
                LOSS,
            ),
            Dots(
                "what they cost",
                (Series("every position", CHUNKS), Series("last position", WINDOWS)),
                EPOCH,
                "seconds an epoch",
            ),
        ),
    ),
)
