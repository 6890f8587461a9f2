"""Answers from elsewhere are judged as families here are: the same network scores the same, inside or outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.analysis.frame import group
from bench.exchange.answers import Answered, Reader
from bench.exchange.examples import RANDOM, ExampleSet, content, judged_sets, parts_of, vocabulary
from bench.exchange.judge import score_strings, scored_record
from bench.exchange.rows import row_of
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError
from bench.trial.build import build_model
from bench.trial.decode import free_running, lengths_with_stop
from bench.trial.protocols import protocol_of
from bench.trial.train import train
from models.base import Model
from tasks.base import EOS, Task

Line = dict[str, Any]
ROW, LENGTHS = "variable_copy(stop=once)", (2, 3, 5)


def written_file(folder: Path, lines: list[Line]) -> Path:
    """Write a file of answers."""
    file = folder / "answers.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return file


def rows(row: str, lengths: tuple[int, ...]) -> tuple[Task, Any, list[ExampleSet]]:
    """Return a row's task, its spec and the sets of some lengths."""
    _, spec, task = row_of(Catalogue(), row)
    return task, spec, judged_sets(task, spec, lengths)


def answers(sets: list[ExampleSet], task: Task, answer: Callable[[list[Any], list[Any]], list[Any]]) -> list[Line]:
    """Answer every example by a function of its source and its target."""
    found = []
    for each in sets:
        for row, name in enumerate(each.ids()):
            source, target = (content(task, part) for part in parts_of(each, row))
            found.append({"id": name, "answer": answer(list(source), list(target))})
    return found


def read(tmp_path: Path, row: str, task: Task, sets: list[ExampleSet], lines: list[Line]) -> list[Answered]:
    """Read answers from a file."""
    return Reader(written_file(tmp_path, lines), row, sets, vocabulary(task)).answers()


@pytest.mark.parametrize("row", ["copy(1-20)", "copy", "addition(reversed)"])
def test_a_network_scores_the_same_inside_and_outside(row: str, tmp_path: Path) -> None:
    _, spec, task = row_of(Catalogue(), row)
    torch.manual_seed(0)
    model = build_model("gru", task, {"hidden": 32})
    short = {"copy": (10, 11, 12), "copy(1-20)": (2, 5, 10), "addition(reversed)": (1, 4, 8)}[row]
    train(model, task, replace(spec, steps=60, batch=64, curriculum=0.0), 0, "cpu", lambda point: None)
    sets = [each for each in judged_sets(task, spec, short) if each.kind == RANDOM]
    lines = [line for each in sets for line in decoded(model, task, each)]
    for each in read(tmp_path, row, task, sets, lines):
        assert each.examples.length is not None
        ours = protocol_of(task).score(model, task, each.examples.length, spec.examples, "cpu")
        theirs = score_strings(each)
        assert (theirs.examples, theirs.right, theirs.tokens) == (ours.examples, ours.right, ours.tokens)
        assert theirs.unseen == ours.unseen


def decoded(model: Model, task: Task, found: ExampleSet) -> list[Line]:
    """Answer a set by a model's own greedy decoding, as token ids."""
    batch = found.batch
    model.eval()
    with torch.no_grad():
        tokens = free_running(model, task, batch, batch.target.shape[1] + 2)
    ends = lengths_with_stop(tokens)
    return [{"id": name, "answer": tokens[row, : int(ends[row])].tolist()} for row, name in enumerate(found.ids())]


def test_a_right_rule_is_right_everywhere_and_the_stop_may_be_left_out(tmp_path: Path) -> None:
    task, spec, sets = rows("copy(1-20)", (1, 5, 40))
    for with_stop in (True, False):
        lines = answers(sets, task, lambda source, target, stop=with_stop: [*source, *["<stop>"] * stop])
        for each in read(tmp_path, "copy(1-20)", task, sets, lines):
            score = score_strings(each)
            assert score.right == score.examples
            assert score.tokens_right == score.tokens
    made = scored_record(task, spec, "rule", 0, read(tmp_path, "copy(1-20)", task, sets, lines), Catalogue())
    assert (made["status"], made["device"], made["steps"]) == ("scored", "elsewhere", 0)
    assert made["by_length"]["40"]["right"] == made["by_length"]["40"]["examples"]
    assert (made["by_length"]["60"]["rule"], made["by_length"]["60"]["right"]) == ("skipped", 0)  # no answers
    kinds = made["adversarial"]["40"]
    assert set(kinds) == set(task.adversarial_kinds)
    assert all(counts["right"] == counts["examples"] for counts in kinds.values())


def test_the_trainings_of_a_program_are_seeds_of_one_row(tmp_path: Path) -> None:
    """Whatever each of them answered; two ways to answer are two names."""
    task, spec, sets = rows("copy(1-20)", (1, 5))
    made = []
    for seed, symbol in enumerate(("a", "b")):
        lines = answers(sets, task, lambda source, target, symbol=symbol: [symbol] * len(source))
        found = read(tmp_path, "copy(1-20)", task, sets, lines)
        made.append(scored_record(task, spec, "theirs", seed, found, Catalogue()))
    assert made[0]["key"] != made[1]["key"]
    groups, problems = group(made)
    assert problems == []
    assert [record["seed"] for record in groups["copy(1-20)", "theirs"]] == [0, 1]


def test_an_answer_that_ends_wrong_is_told_from_one_that_is_wrong(tmp_path: Path) -> None:
    task, _, sets = rows("copy(1-20)", (5,))
    sets = sets[:1]
    count = len(sets[0].ids())
    other = {"a": "b"}
    cases: dict[str, Callable[[list[str], list[str]], list[str]]] = {
        "short": lambda source, target: source[:3],
        "long": lambda source, target: [*source, "a"],
        "wrong": lambda source, target: [other.get(source[0], "a"), *source[1:]],
    }
    found = {}
    for name, answer in cases.items():
        (answered,) = read(tmp_path, "copy(1-20)", task, sets, answers(sets, task, answer))
        found[name] = score_strings(answered)
        assert found[name].right == 0
    assert found["short"].stopped_wrong == found["long"].stopped_wrong == count
    assert found["wrong"].stopped_wrong == 0
    assert (found["long"].tokens_right, found["short"].tokens_right) == (5 * count, 3 * count)


def test_where_the_length_is_told_what_is_behind_it_does_not_count(tmp_path: Path) -> None:
    task, _, sets = rows("copy", (10,))
    lines = answers(sets, task, lambda source, target: [*source, "a", "b"])
    (answered,) = read(tmp_path, "copy", task, sets, lines)
    assert score_strings(answered).right == len(lines)
    assert EOS not in answered.written[0]


def test_a_signal_that_is_continued_rightly_has_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task, spec, sets = rows("sine", (50, 100))
    lines = answers(sets, task, lambda source, target: [value + 0.001 for value in target])
    made = scored_record(task, spec, "rule", 0, read(tmp_path, "sine", task, sets, lines), Catalogue())
    assert made["by_length"]["100"]["right"] == made["by_length"]["100"]["examples"]
    assert made["by_length"]["100"]["nrmse"] == pytest.approx(0.001 / 0.7071, rel=0.05)
    lines[0]["answer"].pop()
    with pytest.raises(RequestError, match=r"the answer to '50-random-0-\w+' has 49 numbers; 50 are asked for"):
        scored_record(task, spec, "rule", 0, read(tmp_path, "sine", task, sets, lines), Catalogue())
