from __future__ import annotations

import json
from pathlib import Path

import pytest
from cases import where_here
from harness import (
    OWN_MODELS,
    OWN_TASKS,
    SHORT,
    Outcome,
    Pretender,
    in_process,
    pretend,
    records_in,
    registries_restored,
)

from bench.__main__ import main
from bench.spec.errors import RequestError, WorkError
from bench.suites.suites import SUITES
from bench.trial.build import build_task
from tasks.text.corpus import CorpusTask

RUN = ("run", "--suite", "smoke", "--tasks", "copy", "--models", "gru")
EVERYTHING = ("run", "--suite", "smoke")


@pytest.fixture
def pretender(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pretender:
    """Nothing is trained, and nothing is written but in the test's own folder."""
    monkeypatch.setattr("bench.commands.places.RUNS", tmp_path / "runs")
    monkeypatch.setattr("bench.commands.places.BASELINE", tmp_path / "baseline")
    stand_in: Pretender = pretend(monkeypatch)
    return stand_in


def assert_refused(outcome: Outcome, *said: str) -> None:
    lines = outcome.err.splitlines()
    assert outcome.code == 2, outcome
    assert len(lines) == 1, outcome.err
    assert lines[0].startswith("error: ")
    for part in said:
        assert part in lines[0]


TASK_CHOICES = ", ".join(OWN_TASKS)
MODEL_CHOICES = ", ".join(OWN_MODELS)
BAD_REQUESTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "no command": ((), ("COMMAND",)),
    "command": (("ru",), ("'ru'", "list", "run", "tables", "show")),
    "option": ((*RUN, "--sed", "3"), ("--sed",)),
    "kind of list": (("list", "modles"), ("'modles'", "tasks", "models", "suites")),
    "suite": (("run", "--suite", "smkoe"), ("'smkoe'", ", ".join(sorted(SUITES)))),
    "task": ((*EVERYTHING, "--tasks", "revrese"), ("'revrese'", TASK_CHOICES)),
    "task beside a right one": ((*EVERYTHING, "--tasks", "copy,revrese"), ("'revrese'", TASK_CHOICES)),
    "model": ((*EVERYTHING, "--models", "gro"), ("'gro'", MODEL_CHOICES)),
    "no task": ((*EVERYTHING, "--tasks", ","), ("--tasks", "','")),
    "no model": ((*EVERYTHING, "--models", ""), ("--models", "''")),
    "device": ((*RUN, "--device", "gpu"), ("'gpu'", "auto, cpu")),
    "device's number": ((*RUN, "--device", "cuda:99"), ("'cuda:99'", "auto, cpu")),
    "part": ((*RUN, "--set", "data.symbols=3"), ("'data.symbols=3'", "task.", "model.", "train.")),
    "no value": ((*RUN, "--set", "model.hidden"), ("'model.hidden'", "model.FIELD=VALUE")),
    "setting of a task": ((*RUN, "--set", "task.symbol=3"), ("'symbol'", "copy", "symbols", "stop", "eval_lengths")),
    "setting of a model": ((*RUN, "--set", "model.hiden=3"), ("'hiden'", "gru", "hidden", "layers", "dropout")),
    "setting of training": ((*RUN, "--set", "train.stpes=3"), ("'stpes'", "steps", "learning_rate", "patience")),
    "spec field that is no setting": ((*RUN, "--set", "train.row=mine"), ("'row'", "steps", "learning_rate")),
    "unreadable int": ((*RUN, "--set", "model.hidden=abc"), ("model.hidden", "'abc'", "int")),
    "unreadable float": ((*RUN, "--set", "train.learning_rate=fast"), ("train.learning_rate", "'fast'", "float")),
    "unreadable bool": ((*RUN, "--set", "train.loss_mask=maybe"), ("train.loss_mask", "'maybe'", "bool")),
    "unreadable list": ((*RUN, "--set", "task.eval_lengths=1,x"), ("task.eval_lengths", "'1,x'")),
    "length of zero": ((*RUN, "--set", "task.train_lengths=0"), ("train_lengths", "1 or more", "0")),
    "no length": ((*RUN, "--set", "task.eval_lengths=5-3"), ("eval_lengths", "1 or more")),
    "task's choice": ((*RUN, "--set", "task.stop=never"), ("'never'", "none, once, padded")),
    "task's number": ((*RUN, "--set", "task.symbols=0"), ("symbols", "1 or more", "0")),
    "model's choice": ((*RUN, "--set", "model.decoder=deaf"), ("'deaf'", "fed, blind")),
    "model's size": ((*RUN, "--set", "model.hidden=0"), ("hidden", "1 or more", "0")),
    "model's share": ((*RUN, "--set", "model.dropout=2"), ("dropout", "2")),
    "model too large": ((*RUN, "--set", "model.hidden=1000000000000000"), ("1000000000000000",)),
    "schedule": ((*RUN, "--set", "train.schedule=linear"), ("'linear'", "constant, cosine")),
    "negative learning rate": ((*RUN, "--set", "train.learning_rate=-1"), ("learning_rate", "-1")),
    "learning rate that is no number": ((*RUN, "--set", "train.learning_rate=nan"), ("learning_rate", "nan")),
    "negative weight decay": ((*RUN, "--set", "train.weight_decay=-1"), ("weight_decay", "-1")),
    "negative patience": ((*RUN, "--set", "train.patience=-1"), ("patience", "-1")),
    "negative warm-up": ((*RUN, "--set", "train.warmup=-1"), ("warmup", "-1")),
    "negative clip": ((*RUN, "--set", "train.grad_clip=-1"), ("grad_clip", "-1")),
    "batch of none": ((*RUN, "--set", "train.batch=0"), ("batch", "1 or more", "0")),
    "no steps": ((*RUN, "--steps", "0"), ("steps", "1 or more", "0")),
    "negative steps": ((*RUN, "--steps", "-3"), ("steps", "1 or more", "-3")),
    "steps in words": ((*RUN, "--steps", "many"), ("--steps", "'many'")),
    "no seeds": ((*RUN, "--seeds", "0"), ("seeds", "'0'")),
    "no seeds at all": ((*RUN, "--seeds", ""), ("seeds", "''")),
    "negative number of seeds": ((*RUN, "--seeds", "-1"), ("seeds", "-1")),
    "negative seed": ((*RUN, "--seeds=0,-2"), ("seeds", "'0,-2'")),
    "seed twice": ((*RUN, "--seeds", "1,1"), ("seeds", "'1,1'")),
    "seeds in letters": ((*RUN, "--seeds", "a"), ("'a'", "0,1,2")),
    "no jobs": ((*RUN, "--jobs", "0"), ("--jobs", "1 or more", "0")),
    "negative jobs": ((*RUN, "--jobs", "-2"), ("--jobs", "1 or more", "-2")),
    "no threads": ((*RUN, "--threads", "0"), ("--threads", "1 or more", "0")),
    "unsuitable pair": ((*EVERYTHING, "--tasks", "sine", "--models", "majority"), ("sine majority", "real values")),
    "unsuitable language model": (
        (*EVERYTHING, "--tasks", "human_numbers", "--models", "neighbour"),
        ("human_numbers neighbour", "source"),
    ),
    "missing plug-in": ((*RUN, "--plugin", "nowhere/mine.py"), ("'nowhere/mine.py'", "not a file")),
    "folder as plug-in": ((*RUN, "--plugin", "bench"), ("'bench'", "not a file")),
    "missing plug-in to list": (("list", "--plugin", "nowhere/mine.py"), ("'nowhere/mine.py'", "not a file")),
    "task to show": (("show", "revrese"), ("'revrese'", TASK_CHOICES)),
    "model to show": (("show", "copy", "--model", "gro"), ("'gro'", MODEL_CHOICES)),
    "length to show": (("show", "copy", "--length", "0"), ("--length", "1 or more", "0")),
    "count to show": (("show", "copy", "--count", "0"), ("--count", "1 or more", "0")),
    "text to show": (("show", "human_numbers", "--length", "5"), ("5", "7999, 9999, 10999, 14000, 99999")),
    "device to show": (("show", "copy", "--device", "gpu"), ("'gpu'", "auto, cpu")),
    "setting to show": (("show", "copy", "--set", "task.symbol=3"), ("'symbol'", "symbols")),
    "unsuitable pair to show": (("show", "copy", "--model", "ridge"), ("copy ridge", "real value")),
    "steps to show": (("show", "copy", "--model", "gru", "--steps", "0"), ("steps", "1 or more", "0")),
    "run to promote": (("promote", "nowhere"), ("'nowhere/records'", "no records")),
}


@pytest.mark.parametrize("request_name", BAD_REQUESTS)
def test_bad_request_is_one_line_with_the_value_and_the_choices(
    request_name: str, pretender: Pretender, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, said = BAD_REQUESTS[request_name]
    assert_refused(in_process(capsys, *arguments), *said)
    assert not pretender.jobs


@pytest.mark.parametrize("below", ["", "runs", "runs/smoke"])
def test_folder_that_cannot_be_written_is_refused_before_training(
    below: str, tmp_path: Path, pretender: Pretender, capsys: pytest.CaptureFixture[str]
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("mine")
    assert_refused(in_process(capsys, *RUN, "--out", in_the_way / below), str(in_the_way), "cannot write")
    assert in_the_way.read_text() == "mine"
    assert not pretender.jobs


def test_tables_without_records_fail_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = in_process(capsys, "tables", "--out", tmp_path)
    assert outcome.code == 1
    assert outcome.err.splitlines() == [
        f"error: no records in {str(tmp_path / 'records')!r}: run `python -m bench run` first"
    ]


@pytest.mark.parametrize("command", [("list", "tasks"), ("tables", "--out", "OUT"), RUN])
def test_debug_raises_what_is_one_line_otherwise(command: tuple[str, ...], tmp_path: Path) -> None:
    arguments = [str(tmp_path) if part == "OUT" else part for part in command]
    wrong = [] if command[0] == "tables" else ["--plugin", "nowhere/mine.py"]
    with registries_restored(), pytest.raises((RequestError, WorkError), match=r"is not a file|no records in"):
        main([*arguments, *wrong, "--debug"])


@pytest.mark.parametrize("kind", ["tasks", "models", "suites"])
def test_list_names_every_entry(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    names = {"tasks": set(OWN_TASKS), "models": set(OWN_MODELS), "suites": set(SUITES)}[kind]
    text = in_process(capsys, "list", kind)
    assert text.code == 0
    assert {line.split()[0] for line in text.out.splitlines()[1:] if line.startswith("  ") and line[2] != " "} == names
    found = json.loads(in_process(capsys, "list", kind, "--json").out)
    assert {entry["name"] for entry in found[kind]} == names
    assert all(entry["summary"] for entry in found[kind])


def test_list_without_a_kind_gives_all_three(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(json.loads(in_process(capsys, "list", "--json").out)) == {"tasks", "models", "suites"}


def test_set_reaches_the_spec_and_the_label(
    tmp_path: Path, pretender: Pretender, capsys: pytest.CaptureFixture[str]
) -> None:
    values = ("task.symbols=7", "task.eval_lengths=4-6,9", "model.hidden=8", "train.learning_rate=0.5")
    changes = [part for value in values for part in ("--set", value)]
    outcome = in_process(capsys, *RUN, *changes, "--steps", 9, "--seeds", "4,2", "--out", tmp_path)
    assert outcome.code == 0, outcome.err
    assert [job.seeds[0] for job in pretender.jobs] == [4, 2]
    spec = pretender.jobs[0].spec
    assert spec.task_settings == {"symbols": 7, "eval_lengths": (4, 5, 6, 9)}
    assert spec.model_settings == {"hidden": 8}
    assert (spec.learning_rate, spec.steps, spec.loss_mask) == (0.5, 9, True)
    assert spec.row == "copy(eval_lengths=4-6,9,symbols=7)"
    assert spec.column.startswith("gru(hidden=8,")
    assert {"steps=9", "learning_rate=0.5"} <= set(spec.column[4:-1].split(","))
    board = (tmp_path / "leaderboard.md").read_text()
    assert spec.row in board
    assert spec.column in board


def test_changed_row_is_another_row_than_the_plain_one(
    tmp_path: Path, pretender: Pretender, capsys: pytest.CaptureFixture[str]
) -> None:
    for change in ((), ("--set", "train.loss_mask=false"), ("--set", "model.layers=2"), SHORT):
        assert in_process(capsys, *RUN, *change, "--out", tmp_path).code == 0
    assert len(records_in(tmp_path)) == 4


@pytest.mark.parametrize(
    ("arguments", "seeds"),
    [((), [0]), (("--seeds", "3"), [0, 1, 2]), (("--seeds", "7,"), [7]), (("--seeds", "5,3"), [5, 3])],
)
def test_seeds_are_a_number_or_a_list(
    arguments: tuple[str, ...],
    seeds: list[int],
    tmp_path: Path,
    pretender: Pretender,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert in_process(capsys, *RUN, *arguments, "--out", tmp_path).code == 0
    assert [job.seeds[0] for job in pretender.jobs] == seeds


def test_runs_go_under_the_suites_name_by_default(
    tmp_path: Path, pretender: Pretender, capsys: pytest.CaptureFixture[str]
) -> None:
    assert in_process(capsys, *RUN).code == 0
    assert (tmp_path / "runs" / "smoke" / "leaderboard.md").is_file()
    assert not (tmp_path / "baseline").exists()


@pytest.mark.slow
@pytest.mark.parametrize("task", where_here(OWN_TASKS))
def test_show_prints_an_example_of_every_task(task: str, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = in_process(capsys, "show", task)
    assert outcome.code == 0, outcome.err
    built = build_task(task, {})
    corpus = isinstance(built, CorpusTask)  # one text, whatever the length
    assert corpus or f"{task}, length {min(built.inside_lengths)} (inside training)" in outcome.out
    parts = outcome.out.split(f"{task}, " if corpus else f"{task}, length ")[1:]
    beyond = [length for length in built.eval_lengths if length > max(built.inside_lengths)]
    assert len(parts) == 1 if corpus else len(parts) >= (2 if beyond else 1)
    for part in parts:  # a short length may have fewer held-out strings than the three that are shown by default
        examples = [line for line in part.splitlines() if line.startswith("  ")]
        assert 1 <= len(examples) <= (1 if built.streams else 3)
        assert built.streams or all(" -> " in line for line in examples)


@pytest.mark.slow
def test_show_with_a_model_prints_predictions(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = in_process(capsys, "show", "copy", "--model", "gru", "--steps", 5, "--length", 6, "--count", 2)
    assert outcome.code == 0, outcome.err
    lines = [line for line in outcome.out.splitlines() if line.startswith("  ")]
    assert ["model:" in line for line in lines] == [False, True, False, True]
    for truth, written in zip(lines[::2], lines[1::2], strict=True):
        wanted, answered = truth.split(" -> ")[1].split(), written.split("model:")[1].split()
        assert [symbol.rstrip("^") == right for symbol, right in zip(answered, wanted, strict=True)] == [
            not symbol.endswith("^") for symbol in answered
        ]
