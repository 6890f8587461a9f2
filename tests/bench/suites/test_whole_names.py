"""One row or one column of a suite, selected by its whole name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from harness import Pretender, in_process, one_line, pretend

from bench.spec.catalogue import Catalogue
from bench.spec.settings import Change
from bench.suites.plan import plan
from bench.suites.suites import SUITES
from tasks import TASKS
from tasks.text.corpora import CorpusError

WAYS = ("plain", "reversed", "aligned")


@pytest.fixture
def pretender(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pretender:
    """Nothing is trained, and nothing is written but in the test's own folder."""
    stand_in: Pretender = pretend(monkeypatch)
    monkeypatch.setattr("bench.commands.places.RUNS", tmp_path / "runs")
    return stand_in


def columns(*arguments: object, suite: str = "full") -> list[tuple[str, str]]:
    """Name the pairs that a suite has under --tasks and --models."""
    tasks, models = ([part] if isinstance(part, str) else part for part in arguments)
    return [(spec.row, spec.column) for spec in plan(SUITES[suite], Catalogue(), tasks, models, [], None)]


def test_one_column_of_several_is_selected_by_its_whole_name() -> None:
    name = "lstm(decoder=blind,hidden=200)"
    assert columns(None, name) == columns("addition", name) == [("addition", name)]
    rows = {row for row, column in columns("addition", "lstm") if column == "lstm"}
    assert rows == {"addition", *(f"addition({kind})" for kind in ("reversed", *(f"{way},1-10" for way in WAYS)))}
    assert ("addition", name) in columns("addition", "lstm")
    assert set(columns("addition", ["elman", name])) == {("addition", name), *((row, "elman") for row in rows)}
    assert columns(None, "lstm(2 layers)", suite="language") == [("human_numbers(book)", "lstm(2 layers)")]


def test_commas_in_brackets_belong_to_a_name(
    tmp_path: Path, pretender: Pretender, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("run", "--suite", "full", "--seeds", 1, "--tasks", "addition(reversed), addition", "--out", tmp_path)
    done = in_process(capsys, *asked, "--models", " gru,rnn(decoder=blind,hidden=100,layers=5)", "--steps", 3)
    assert "only in addition; got task 'addition(reversed)'" in done.err
    done = in_process(capsys, *asked[:5], "--models", "ridge,rnn(decoder=blind,hidden=100,layers=5)", "--out", tmp_path)
    assert done.code == 0, done.err
    found = {job.pair for job in pretender.jobs}
    ridge = {(row, "ridge") for row in ("sine", "sine(one,float64)", "sine(three,float64)")}
    assert found == {*ridge, ("addition", "rnn(decoder=blind,hidden=100,layers=5)")}


def test_rows_are_selected_by_their_whole_name() -> None:
    assert columns("addition(reversed)", "gru") == [("addition(reversed)", "gru")]
    assert {("addition", "gru"), ("addition(reversed)", "gru")} < set(columns("addition", "gru"))
    recipe = plan(SUITES["full"], Catalogue(), ["addition(reversed)"], ["gru"], [], None)
    elsewhere = plan(SUITES["language"], Catalogue(), ["addition(reversed)"], ["gru"], [], None)
    assert [replace(spec, examples=1) for spec in elsewhere] == [replace(spec, examples=1) for spec in recipe]


def test_a_pair_that_a_row_lacks_has_the_rows_own_settings() -> None:
    (made,) = plan(SUITES["language"], Catalogue(), ["human_numbers(book)"], ["gru"], [], None)
    book = {"missing": (8000,), "train_lengths": (8022,), "eval_lengths": (8022, 9949), "starts": (1, 8082)}
    assert (made.task, made.task_settings, made.row) == ("human_numbers", book, "human_numbers(book)")
    (made,) = plan(SUITES["smoke"], Catalogue(), ["sine(two frequencies)"], ["gru"], [], None)  # of another suite
    assert made.task_settings == {"frequencies": (1.0, 3.0), "weights": (1.0, 1.0)}
    assert made.examples == SUITES["smoke"].specs[0].examples


def test_a_tasks_other_rows_get_no_pair_that_their_suite_lacks() -> None:
    """`sine` is a row and the task of others: what the suite has in that row alone is not trained by guess in these."""
    assert columns("sine", "lstm_attention") == [("sine", "lstm_attention")]
    three = ("sine(three,float64)", "lstm_attention")
    assert columns(["sine", "sine(three,float64)"], "lstm_attention") == [("sine", "lstm_attention"), three]
    rows = {"sine", "sine(one,float64)", "sine(three,float64)"}
    assert {row for row, _ in columns("sine", "min_gru")} == rows  # which the suite has in none of them


def test_a_change_that_makes_another_configured_task_bears_its_name() -> None:
    changes = [Change("task", "frequencies", "1,3"), Change("task", "weights", "1,1")]
    (made,) = plan(SUITES["smoke"], Catalogue(), ["sine"], ["gru"], changes, None)
    assert made.row == "sine(two frequencies)"
    (made,) = plan(SUITES["smoke"], Catalogue(), ["sine"], ["gru"], changes[:1], None)
    assert made.row == "sine(frequencies=1.0,3.0)"


def test_a_missing_corpus_is_said_in_one_line(
    tmp_path: Path, pretender: Pretender, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(self: object) -> object:
        raise CorpusError("no sonnets here")

    monkeypatch.setattr(TASKS["chars_sonnets"], "vocabulary", property(absent))
    asked = ("run", "--suite", "language", "--tasks", "chars_sonnets", "--parameters", 9000, "--out", tmp_path / "out")
    one_line(in_process(capsys, *asked), "task chars_sonnets: no sonnets here")
