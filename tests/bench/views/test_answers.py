"""Answers beside the truth: what differs is marked, symbol under symbol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from harness import record
from text_records import FACTS, text_record

from bench.views.charts.style import styles_of
from bench.views.html.answers import examples

WHOLE = FACTS["judged_symbols"]


def one_answer(truth: Sequence[str], written: Sequence[str]) -> Any:
    sample = {"length": 3, "first": 0, "given": ["q"], "truth": list(truth), "written": list(written)}
    firsts, others = examples({"gru": [record({3: 1}, samples=[sample])]}, styles_of(["gru"]))
    assert not others
    return firsts[0]


@pytest.mark.parametrize(
    ("truth", "written", "pieces", "wrong"),
    [
        ("abc", "abc", [(False, "abc")], 0),
        ("abc", "axc", [(False, "a"), (True, "x"), (False, "c")], 1),
        ("abc", "ab", [(False, "ab"), (True, "\N{MIDDLE DOT}")], 1),
        ("ab", "abcd", [(False, "ab"), (True, "cd")], 2),
        (["a", "<stop>"], ["<stop>"], [(True, "<stop>\N{MIDDLE DOT}")], 2),
        (["a", "b"], ["<pad>", "b"], [(True, "\N{WHITE VERTICAL RECTANGLE}"), (False, "b")], 1),
        (["one", "two"], ["one", "thousand"], [(False, "one "), (True, "thousand ")], 1),
        ("ab", "", [(True, "\N{MIDDLE DOT}" * 2)], 2),
    ],
)
def test_answers_are_marked_where_they_differ(
    truth: Sequence[str], written: Sequence[str], pieces: list[tuple[bool, str]], wrong: int
) -> None:
    (answer,) = one_answer(truth, written).answers
    assert (answer.pieces, answer.wrong) == (pieces, wrong)


def test_words_stand_under_words() -> None:
    found = one_answer(["one", "thousand", "two"], ["three", "two", "two"])
    (answer,) = found.answers
    assert "".join(text for _, text in answer.pieces).index("two ") == found.truth.index("thousand")


def test_answers_to_one_question_stand_together_and_second_questions_apart() -> None:
    asked = [{"length": 3, "first": 0, "given": [q], "truth": ["a"], "written": ["a"]} for q in "xy"]
    records = {model: [record({3: 1}, model=model, samples=asked)] for model in ("gru", "lstm")}
    firsts, others = examples(records, styles_of(records))
    assert [(one.given, [answer.model for answer in one.answers]) for one in firsts] == [("x", ["gru", "lstm"])]
    assert [one.given for one in others] == ["y"]


def test_blanks_line_ends_and_unknown_characters_of_a_text_can_be_seen() -> None:
    sample = {"length": WHOLE, "first": 0, "given": [], "truth": ["a", " ", "\n", "<unknown>"], "written": [*"a\n\t "]}
    (one,), others = examples({"gru": [text_record({8: 1.5}, samples=[sample])]}, styles_of(["gru"]))
    assert not others
    assert (one.heading, one.given, one.truth) == (
        "The beginning of the evaluated text",
        "",
        "a␣↵\N{REPLACEMENT CHARACTER}",
    )
    assert one.answers[0].pieces == [(False, "a"), (True, "↵→␣")]


def test_words_of_a_text_are_left_as_they_are() -> None:
    sample = {"length": WHOLE, "first": 0, "given": [], "truth": ["The", "<unknown>"], "written": ["The", "<stop>"]}
    (one,), _ = examples({"gru": [text_record({8: 1.5}, samples=[sample])]}, styles_of(["gru"]))
    assert one.truth.split() == ["The", "<unknown>"]
