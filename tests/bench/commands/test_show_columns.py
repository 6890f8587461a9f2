"""`show` by rows and columns of any suite, and what a length means to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cases import absent
from harness import OWN_MODELS, OWN_TASKS, in_process, one_line

from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec
from bench.suites.plan import specs_named
from bench.suites.suites import SUITES, Suite
from tasks.text.words_toy import TEXT

QUICKLY = ("--steps", 2, "--set", "train.batch=2", "--device", "cpu")
NIETZSCHE = pytest.mark.skipif(bool(absent("chars_nietzsche")), reason=absent("chars_nietzsche") or "it is here")


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No weights are kept anywhere at first, and nothing is written but in the test's own folder."""
    monkeypatch.setattr("bench.commands.places.RUNS", tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


@pytest.mark.parametrize("row", ["human_numbers(book)", "addition(three digits)", "addition(reversed)"])
def test_a_row_of_any_suite_is_shown_as_it_is_posed(row: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = in_process(capsys, "show", row, "--count", 1)
    assert (done.code, done.err) == (0, "")
    heads = [line for line in done.out.splitlines() if line.startswith(f"{row}, length ")]
    lengths = {
        "human_numbers(book)": ["8022 (inside", "9949 (beyond"],
        "addition(three digits)": ["1 (inside", "3 (inside", "4 (beyond"],
        "addition(reversed)": ["1 (inside", "4 (inside", "5 (beyond"],
    }[row]
    assert [head.removeprefix(f"{row}, length ").removesuffix(" training)") for head in heads] == lengths
    if row == "human_numbers(book)":
        assert "  eight thousand eighty two ." in done.out  # where the book's validation begins


def test_a_column_of_any_suite_answers(capsys: pytest.CaptureFixture[str]) -> None:
    done = in_process(
        capsys, "show", "addition(three digits)", "--model", "lstm", "--length", 2, "--count", 1, *QUICKLY
    )
    assert done.code == 0, done.err
    assert done.out.startswith(
        "training lstm(steps=2,batch=2) on addition(three digits), seed 0: 2 steps at most ...\n"
    )
    done = in_process(capsys, "show", "words_toy", "--model", "markov(order=2)")
    assert (done.code, done.err) == (0, "")
    first, heading, truth, answer = done.out.splitlines()
    assert first == "fitting markov(order=2) on words_toy, seed 0 ..."
    assert heading == f"words_toy, all {len(TEXT)} evaluated tokens (training reads them too)"
    assert truth.split() == TEXT
    assert answer.split()[2:] == TEXT[1:]  # each word follows from the two before it


@pytest.mark.slow
@NIETZSCHE
def test_a_column_of_a_corpus_is_trained_as_its_suite_trains_it(capsys: pytest.CaptureFixture[str]) -> None:
    done = in_process(capsys, "show", "chars_nietzsche", "--model", "gru(notebook)", "--steps", 2)
    assert done.code == 0, done.err
    assert done.out.startswith("training gru(notebook)(steps=2) on chars_nietzsche, seed 0: 2 steps at most ...\n")
    assert done.out.count("evaluated tokens") == 1


@NIETZSCHE
def test_a_corpus_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    done = in_process(capsys, "show", "chars_nietzsche")
    assert (done.code, done.err) == (0, "")
    heading, text = done.out.split("\n", 1)
    assert heading == "chars_nietzsche, the first 60 of 120,179 evaluated tokens"
    assert len(text) == len("  ") + 60 + len("\n")


def test_a_length_that_means_nothing_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    done = in_process(capsys, "show", "words_toy", "--length", 4)
    one_line(done, "--length 4 means nothing for task 'words_toy': it has one evaluated text to show")
    before_training = in_process(capsys, "show", "words_toy", "--model", "lstm", "--length", 4, "--steps", 10**6)
    assert before_training == done


def test_every_length_that_means_something_has_its_effect(capsys: pytest.CaptureFixture[str]) -> None:
    strings = [in_process(capsys, "show", "copy", "--length", length, "--count", 1).out for length in (2, 17)]
    assert [len(out.splitlines()[-1].split(" -> ")[1].split()) for out in strings] == [2, 17]
    texts = [in_process(capsys, "show", "human_numbers", "--length", length).out for length in (7999, 9999, 10999)]
    assert [out.splitlines()[1][:20].split()[:3] for out in texts] == [
        ["one", ".", "two"],
        ["eight", "thousand", "one"],
        ["ten", "thousand", "one"],
    ]


def test_weights_that_any_of_the_suites_budgets_left_are_used(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    short = Spec("words_toy", "lstm", {}, {"hidden": 4}, steps=2, batch=1, row="toy(mine)", column="small one")
    longer = replace(short, steps=4)
    for name, spec in (("first", short), ("second", longer)):
        monkeypatch.setitem(SUITES, name, Suite(name, "", 1, (spec,)))
    assert [spec.steps for spec in specs_named(Catalogue(), "toy(mine)", "small one", [])] == [4, 2]
    asked = ("show", "toy(mine)", "--model", "small one", "--device", "cpu")
    assert in_process(capsys, *asked).out.startswith("training small one on toy(mine), seed 0: 4 steps at most ...\n")
    kept = ("run", "--suite", "first", "--models", "small one", "--checkpoint", "--jobs", 1, "--device", "cpu")
    assert in_process(capsys, *kept).code == 0
    assert (runs / "first").is_dir()
    done = in_process(capsys, *asked)
    heading, text = (
        "weights of small one on toy(mine), seed 0, 2 steps at most, kept in runs/first",
        "toy(mine), all 16",
    )
    assert done.out.startswith(f"{heading}\n{text} evaluated tokens")


def test_positions_that_end_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    table = ("--set", "model.positions=learned", "--set", "model.longest=16", "--length", 17)
    done = in_process(capsys, "show", "copy", "--model", "transformer", *table, *QUICKLY)
    assert done.code == 2
    assert done.err.startswith("error: transformer(longest=16,positions=learned,")
    assert done.err.endswith("on copy: position 17 is past the learned table; set model.longest above 16\n")


BAD_REQUESTS: dict[str, tuple[tuple[object, ...], tuple[str, ...]]] = {
    "row": (
        ("human_numbers(bok)",),
        ("unknown task", "'human_numbers(bok)'", ", ".join(OWN_TASKS), "; rows: ", "(book)"),
    ),
    "column": (
        ("human_numbers(book)", "--model", "lstm(3 layers)"),
        ("unknown model 'lstm(3 layers)'", ", ".join(OWN_MODELS), "; columns of human_numbers(book): lstm(2 layers),"),
    ),
    "column of another row": (("sine", "--model", "lstm(2 layers)"), ("'lstm(2 layers)'", "columns of sine: ")),
    "unsuitable pair": (("words_toy", "--model", "ridge"), ("words_toy ridge", "real value")),
    "length of a text": (("human_numbers(book)", "--length", 9), ("length 9", "choose from: 8022, 9949")),
}


@pytest.mark.parametrize("name", BAD_REQUESTS)
def test_a_bad_request_is_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, said = BAD_REQUESTS[name]
    one_line(in_process(capsys, "show", *arguments), *said)
