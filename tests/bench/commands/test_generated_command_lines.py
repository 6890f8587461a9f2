from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from cases import absent
from harness import OWN_TASKS, pretend, record
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.__main__ import main
from bench.execution.job import Job
from bench.records.store import write_record
from bench.trial.build import build_model, build_task

HERE = [name for name in OWN_TASKS if not absent(name)]  # the others would be downloaded
TASK_NAMES = st.lists(st.sampled_from([*HERE, "addition(reversed)", "revrese", ""]), max_size=3)
MODEL_NAMES = st.lists(st.sampled_from(["gru", "elman", "majority", "ridge", "gro", ""]), max_size=2)
FIELDS = "task.symbols task.stop task.eval_lengths task.train_lengths model.hidden model.layers model.decoder".split()
FIELDS += "train.steps train.learning_rate train.loss_mask train.schedule train.patience other.hidden task.".split()
VALUES = "0 1 2 -1 3,4 1-3 3-1 none once fed blind true false 0.5 1e9 nan constant , - = \x00 | é (".split(" ")
CHANGES = st.builds("{}={}".format, st.sampled_from(FIELDS), st.sampled_from(VALUES))
COUNTS = st.sampled_from(["1", "2", "0", "-1", "a", "", "1,2", "0,0", "99999999999999999999"])
PLACES = st.sampled_from(["nowhere", "nowhere/further", "README.md", "bench", ".", "", "a" * 300, "RECORDS"])
RUN_OPTIONS = {
    "--tasks": TASK_NAMES.map(",".join),
    "--models": MODEL_NAMES.map(",".join),
    "--suite": st.sampled_from(["smoke", "smoke", "smkoe"]),
    "--seeds": COUNTS.filter(lambda text: len(text) < 9),
    "--steps": COUNTS,
    "--jobs": COUNTS,
    "--threads": COUNTS,
    "--device": st.sampled_from(["cpu", "auto", "cuda:99", "gpu"]),
    "--set": CHANGES,
    "--plugin": st.sampled_from(["nowhere.py", "bench", "bench/spec/spec.py", "README.md"]),
    "--checkpoint": st.none(),
    "--track": st.sampled_from(["tensorboard", "wandb", "trackio", "tensorbord", ""]),
}
COMPARE_OPTIONS = {
    "--tolerance": st.sampled_from(["2", "0", "100", "-1", "101", "nan", "inf", "a", ""]),
    "--tasks": TASK_NAMES.map(",".join),
    "--models": MODEL_NAMES.map(",".join),
    "--markdown": st.none(),
}
POWER_OPTIONS = {
    "--drop": COMPARE_OPTIONS["--tolerance"],
    "--page": st.sampled_from(["nowhere/page.md", "PAGE", "bench"]),
}
SHOW_OPTIONS = {
    "--length": st.sampled_from(["1", "4", "0", "-1", "a"]),
    "--count": st.sampled_from(["1", "2", "0", "a"]),
    "--model": st.sampled_from(["gru", "elman", "gro"]),
    "--out": PLACES,
    "--steps": COUNTS,
    "--device": RUN_OPTIONS["--device"],
    "--set": CHANGES,
}

GENERATE_OPTIONS = {
    "--prompt": st.sampled_from(["", "one", "<s> Mary", "é", " \n"]),
    "--tokens": COUNTS,
    "--temperature": st.sampled_from(["0.5", "1e-300", "1e300", "0", "-1", "nan", "inf", "a"]),
    "--greedy": st.none(),
    "--train": st.none(),
    "--seed": COUNTS,
    "--model-seed": COUNTS,
    "--out": PLACES,
    "--plot": st.sampled_from(["PICTURE", "PICTURE.gif", "README.md/x.png"]),
    "--steps": COUNTS,
    "--device": RUN_OPTIONS["--device"],
    "--set": CHANGES,
}


def options(chosen: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[list[str]]:
    """Draw some options with their values, if they take one."""
    if not chosen:
        return st.just([])
    pairs = st.sampled_from(sorted(chosen)).flatmap(lambda name: st.tuples(st.just(name), chosen[name]))
    return st.lists(pairs, max_size=4).map(lambda found: [part for pair in found for part in pair if part is not None])


def commands(words: list[str], places: int, chosen: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[list[str]]:
    """Draw a command with up to so many folders and some options."""
    return st.builds(lambda found, rest: [*words, *found, *rest], st.lists(PLACES, max_size=places), options(chosen))


COMMANDS = st.one_of(
    *[options(RUN_OPTIONS).map(lambda found: ["run", "--suite", "smoke", *found])] * 2,
    st.builds(lambda task, found: ["show", task, *found], st.sampled_from(HERE), options(SHOW_OPTIONS)),
    st.builds(
        lambda named, found: ["generate", *named, *found],
        st.sampled_from(
            [
                *(["words_toy", name, "--train"] for name in ("gru", "elman", "gro")),
                *(["human_numbers", name] for name in ("gru", "rnn(stream)", "gro")),
                ["copy", "gru"],
                ["sine", "elman", "--plot", "PICTURE", "--train"],
            ]
        ),
        options(GENERATE_OPTIONS),
    ),
    st.builds(
        lambda found: ["list", *found], st.lists(st.sampled_from(["tasks", "suites", "x", "--json"]), max_size=2)
    ),
    commands(["compare"], 3, COMPARE_OPTIONS),
    commands(["power", "--suites", "1"], 2, POWER_OPTIONS),
    commands(["history", "--file", "HISTORY"], 2, {}),
    commands(["promote"], 2, {}),
    commands(["tables"], 1, {"--out": PLACES}),
    commands(["report"], 1, {"--out": PLACES.filter(lambda place: place != "RECORDS")}),  # which takes seconds
    st.sampled_from([[], ["", "-"], ["tables", "--debug", "x"]]),
)


@pytest.fixture
def little_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the records of two seeds. Nothing is trained, nor written but in the test's own folder."""
    pretend(monkeypatch)
    for tracker in ("wandb", "trackio"):
        monkeypatch.setitem(sys.modules, tracker, None)
    monkeypatch.setattr("bench.commands.places.BASELINE", tmp_path / "baseline")
    for seed in (0, 1):
        write_record(tmp_path / "little" / "records", record({3: 80, 4: 40}, seed=seed))
    return tmp_path / "little"


@pytest.mark.slow
@settings(
    max_examples=500,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(arguments=COMMANDS)
def test_no_command_line_ends_in_an_exception(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, little_run: Path, capsys: Any
) -> None:
    def untrained(job: Job, *_: object) -> Any:
        spec = job.spec
        return build_model(spec.model, build_task(spec.task, spec.task_settings), spec.model_settings)

    monkeypatch.setattr("bench.commands.ready.train_now", untrained)
    monkeypatch.setattr("bench.commands.places.RUNS", Path(tempfile.mkdtemp(dir=tmp_path)))
    meant = {"RECORDS": little_run, "HISTORY": tmp_path / "history.csv", "PAGE": tmp_path / "page.md"}
    meant["PICTURE"] = tmp_path / "signal.png"
    code = main([str(meant.get(part, part)) for part in arguments])
    captured = capsys.readouterr()
    assert code in (0, 1, 2)
    if code and captured.err:  # `compare` says on standard output what got worse
        assert captured.err.startswith("error: ")
        assert captured.err.count("\n") == 1
