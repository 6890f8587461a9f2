"""Runs on Nietzsche that several lessons read."""

from __future__ import annotations


def on(column: str) -> tuple[str, str]:
    """Return runs on Nietzsche."""
    return "chars_nietzsche", column


STREAM, CHUNKS, WINDOWS = on("rnn(stream)"), on("rnn(chunks)"), on("rnn(windows)")
WRITTEN, GRU, GRU_CELL, LSTM = on("elman(stream)"), on("gru(stream)"), on("gru_cell(stream)"), on("lstm(restarts)")
ADD, CONCAT = on("char_loop(add)"), on("char_loop(concat)")
HIGH, USUAL = on("rnn(learning_rate=0.3)"), on("rnn(one epoch)")
BIGRAM, SEVENGRAM = on("markov(order=1)"), on("markov(order=6)")
LOSS, CONTEXT = "loss, nats a character", "characters read (the last half scored)"
