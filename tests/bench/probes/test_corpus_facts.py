"""What is known of a text without any model, against compressors in plain Python."""

from __future__ import annotations

import gzip
import lzma

import pytest
from cases import SMALL_TASKS
from tiny import JUDGED, TRAINING, Tiny

from bench.probes.probe import text_facts
from tasks.text.human_numbers import HumanNumbers

RESERVED = 3  # padding, start, stop
NUMBERS = HumanNumbers(train_lengths=(30,), eval_lengths=(30, 45), starts=(1, 31), window=6)


def added_bits(training: str, judged: str, joint: str) -> dict[str, float]:
    """What both compressors make of a text behind another, in bits of all of it."""
    before, both = training.encode(), (training + joint + judged).encode()
    return {
        "gzip": 8.0 * (len(gzip.compress(both, 9)) - len(gzip.compress(before, 9))),
        "xz": 8.0 * (len(lzma.compress(both, preset=9)) - len(lzma.compress(before, preset=9))),
    }


def test_what_is_known_of_a_text_is_counted_and_compressed_as_gzip_and_xz_do() -> None:
    training, judged = TRAINING * 40, JUDGED.replace("X", "z") * 9
    facts = text_facts(Tiny(training=training, judged=judged, eval_lengths=(2, 50, 3)))
    shown = judged.replace("z", "<unknown>")
    assert facts == {
        "training_symbols": len(training),
        "judged_symbols": len(judged),
        "vocabulary": len(set(training)) + 1 + RESERVED,
        "unknown": pytest.approx(judged.count("z") / len(judged)),
        **{name: pytest.approx(bits / len(judged), abs=6e-5) for name, bits in added_bits(training, shown, "").items()},
    }


def test_what_is_known_of_the_words_of_a_text() -> None:
    facts = text_facts(NUMBERS)
    training, judged = (NUMBERS.text(NUMBERS.stream(length).tolist()) for length in (30, 45))
    words = len(judged.split())
    assert (facts["training_symbols"], facts["judged_symbols"]) == (len(training.split()), words)
    assert (facts["vocabulary"], facts["unknown"]) == (30 + RESERVED, None)
    for name, bits in added_bits(training, judged, " ").items():
        assert facts[name] == pytest.approx(bits / words, abs=6e-5)


def test_of_strings_and_signals_there_is_nothing_to_say() -> None:
    assert text_facts(SMALL_TASKS["symbols"]) is text_facts(SMALL_TASKS["values"]) is None
