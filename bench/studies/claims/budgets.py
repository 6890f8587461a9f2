"""Lessons on what a network is held against, and on a step that is too large."""

from __future__ import annotations

from bench.studies.claims.charts import Dots, Series
from bench.studies.claims.claims import Better, Claim, Lesson, Level
from bench.studies.claims.measures import TEXT
from bench.studies.claims.nietzsche import BIGRAM, GRU, HIGH, LOSS, LSTM, SEVENGRAM, STREAM, USUAL
from bench.studies.claims.progress import Learning

BUDGETS = (
    Lesson(
        "counting",
        "Counting is a strong baseline",
        (
            Claim(
                "order-six-beats-one",
                "Counting after six characters gives a lower loss than after one.",
                TEXT,
                SEVENGRAM,
                Better(BIGRAM),
            ),
            *(
                Claim(
                    f"counting-beats-{name.lower()}",
                    f"Counting after six characters gives a lower loss than {article} {name} trained for three epochs.",
                    TEXT,
                    SEVENGRAM,
                    Better(pair),
                )
                for name, article, pair in (("RNN", "an", STREAM), ("GRU", "a", GRU), ("LSTM", "an", LSTM))
            ),
        ),
        "A table of what followed the last six characters, smoothed with shorter contexts, is made in one pass and has "
        "no learning rate to get wrong. A network shares what it learns among contexts that look alike, which a table "
        "cannot, but it needs epochs to get there. A language model that was not compared with a good table was not "
        "compared with anything. A table has no seeds: its figure is the same each time.",
        (
            Dots(
                "the whole judged text",
                (
                    Series("count after 1", BIGRAM),
                    Series("count after 6", SEVENGRAM),
                    Series("RNN", STREAM),
                    Series("GRU", GRU),
                    Series("LSTM, restarts", LSTM),
                ),
                TEXT,
                LOSS,
            ),
        ),
    ),
    Lesson(
        "rate-too-high",
        "A step that is too large",
        (
            Claim(
                "high-rate-fails",
                "With a learning rate of 0.3 an RNN ends its epoch no better than counting after one character, or "
                "diverges.",
                TEXT,
                HIGH,
                Level(BIGRAM, reached=False),
            ),
            Claim(
                "usual-rate-works",
                "With a rate of 0.003 and all else equal it ends its epoch better than counting after one character.",
                TEXT,
                USUAL,
                Level(BIGRAM, reached=True),
            ),
        ),
        "A gradient tells which way is down here, not how far. A step a hundred times too long lands on the other side "
        "of the valley, often higher up. These runs bound the gradient's length and their units saturate, so the loss "
        "need not become infinite: the network may just stay stuck, its units pinned at one and minus one, where a "
        "gradient hardly exists. A run whose loss is no number any more counts as diverged.",
        (
            Learning(
                "while it learns",
                (Series("rate 0.3", HIGH), Series("rate 0.003", USUAL)),
                "loss",
                "training loss, nats a character",
            ),
            Dots(
                "after one epoch",
                (Series("rate 0.3", HIGH), Series("rate 0.003", USUAL), Series("count after 1", BIGRAM)),
                TEXT,
                LOSS,
            ),
        ),
    ),
)
