"""`tune` on the command line: a tiny search trained end to end, its table, its recipes, and what is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from harness import Outcome, in_process, one_line
from tries import SPACE, Inventor, a_try, short_recipes

from bench.studies.tuning.table import read_tries, write_tries


def tune(capsys: Any, table: Path, *arguments: object) -> Outcome:
    return in_process(capsys, "tune", *arguments, "--table", table, "--device", "cpu", "--jobs", 1)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Search among four settings of a few steps; whatever evaluates fails."""
    short_recipes(monkeypatch)

    def refused(*asked: Any) -> Any:
        raise AssertionError(f"evaluated: {asked}")

    for module in ("evaluation_sets", "protocols.base", "protocols.strings", "protocols.signals"):
        monkeypatch.setattr(f"bench.trial.{module}.evaluation_set", refused, raising=False)
    monkeypatch.setattr("bench.trial.trial.evaluate_trained", refused)


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(
    ("row", "metric"), [("copy", "exact_match"), ("sine", "nrmse"), ("human_numbers", "token_accuracy")]
)
def test_a_search_from_end_to_end_reads_nothing_past_training(
    row: str, metric: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, recipes = tmp_path / "tuning.csv", tmp_path / "tuned.toml"
    done = tune(capsys, table, row, "gru")
    assert (done.code, done.err) == (0, "")
    assert f"1 pairs, {SPACE.tries} tries each, seeds 100 to 102" in done.out
    found = read_tries(table)
    assert [one.stage for one in found] == [*["short"] * 4, *["long"] * 2, *["confirm"] * 2, *["default"] * 2]
    assert {one.metric for one in found} == {metric}
    assert {one.seed for one in found} == {100, 101, 102}
    assert all(one.steps_taken == one.steps for one in found)
    before = table.read_bytes()
    assert tune(capsys, table, row, "gru").code == 0
    assert table.read_bytes() == before  # seconds too: nothing was trained again
    assert tune(capsys, table, "--write", "--recipes", recipes).code == 0
    for models in tomllib.loads(recipes.read_text()).values():
        assert models["gru"]["settings"]["hidden"] in SPACE.widths


def test_recipes_are_written_of_the_winners_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, recipes = tmp_path / "tuning.csv", tmp_path / "tuned.toml"
    for model, score in (("gru", 0.9), ("lstm", 0.1)):
        seeds = [("confirm", score), ("default", 0.5)]
        tries = [a_try(stage, got, seed=seed, model=model) for stage, got in seeds for seed in (101, 102)]
        write_tries(table, [*read_tries(table), *tries])
    done = tune(capsys, table, "--write", "--recipes", recipes)
    assert done.code == 0
    assert "1 of 2 pairs have a tuned recipe" in done.out
    assert "copy lstm: exact_match 0.1000" in done.out
    assert list(tomllib.loads(recipes.read_text())["copy"]) == ["gru"]


@pytest.mark.usefixtures("tiny")
def test_a_try_that_fails_is_exit_code_1_and_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    executor = Inventor(lambda spec, seed: 0.5, fails=lambda spec: spec.learning_rate == 0.01 and spec.steps == 6)
    monkeypatch.setattr("bench.execution.executor.find_executor", lambda name: lambda resources: executor)
    done = tune(capsys, tmp_path / "tuning.csv", "copy", "gru")
    assert done.code == 1
    assert done.err.splitlines() == ["failed: copy gru(hidden=4,learning_rate=0.01,steps=6) seed 100"]
    assert "copy gru: its search is not finished" in done.out


@pytest.mark.usefixtures("tiny")
def test_bad_requests_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "tuning.csv"
    one_line(tune(capsys, table, "kopy", "gru"), "unknown row 'kopy'", "variable_copy")
    one_line(tune(capsys, table, "copy", "gruu"), "unknown model 'gruu'", "lstm")
    one_line(tune(capsys, table, "copy", "majority"), "width to search 'majority'", "lstm")
    one_line(tune(capsys, table, "words_toy", "gru"), "nothing is held out of the text 'words_toy'", "human_numbers")
    one_line(tune(capsys, table, "copy"), "name rows and families, or neither")
    one_line(tune(capsys, table, "copy", "gru", "--write"), "name rows and families, or neither")
    one_line(tune(capsys, table, "copy", "gru", "--seed", 99), "seeds of 100 or more", "got 99")
    one_line(tune(capsys, table, "--write"), "no tries in")
    one_line(tune(capsys, table, "--from", tmp_path), "no records in")
    one_line(tune(capsys, table, "copy", "gru", "--executor", "rays"), "unknown executor 'rays'")
    assert not table.exists()


def test_by_default_it_is_what_a_run_leaves_unlearnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("bench.studies.tuning.unlearnt.unlearnt", lambda *given: asked.append(given) or ([], ["so"]))
    done = tune(capsys, tmp_path / "tuning.csv", "--from", tmp_path, "--suite", "quick")
    assert done.code == 0
    assert "note: so" in done.out
    assert (asked[0][0], asked[0][1].name) == (tmp_path, "quick")
