"""Seeds at once: each trains, stops, fails and is recorded as it would be alone, to the bit on a processor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from cases import SHORT_TEXT
from harness import records_in, registries_restored, without
from misbehaving import plugin
from tape import Tapes, as_on_a_gpu

import bench.trial.protocols.base
import bench.trial.trial
from bench.execution.executor import Finished, NotStarted, Resources, Validated
from bench.execution.job import Job, make_jobs
from bench.execution.run_store import RunStore
from bench.execution.seeds import Seeds
from bench.execution.serial import Serial
from bench.records.store import Record
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec
from bench.trial.streams import number

LENGTHS = {"train_lengths": (2, 3, 4), "eval_lengths": (3, 6)}
USUAL = {"steps": 10, "batch": 4, "examples": 8, "eval_every": 3, "patience": 0, "warmup": 2}
SPEC = Spec("copy", "gru", LENGTHS, {"hidden": 8, "dropout": 0.3}, **USUAL)
SPECS = {
    "dropout": SPEC,
    "none": replace(SPEC, model="elman", column="", model_settings={"hidden": 8}),
    "noise": replace(SPEC, model="stack_rnn", column="", model_settings={"hidden": 8, "noise": 0.5}),
    "widths": replace(SPEC, task="variable_copy", row="", same_length_batches=True, curriculum=0.5),
    "text": Spec("human_numbers", "lstm", {**SHORT_TEXT, "window": 8}, {"hidden": 8, "dropout": 0.2}, **USUAL),
    "average": replace(SPEC, ema=0.8, schedule="restarts", period=2),
    "fitted": replace(SPEC, model="majority", column="", model_settings={}),
}


def jobs_of(spec: Spec, seeds: int = 3, plugins: tuple[Path, ...] = ()) -> list[Job]:
    return make_jobs([spec], range(seeds), Catalogue(plugins), keep_weights=True)


def run(kind: Any, jobs: list[Job], out: Path, at_once: int = 3, listen: Any = lambda event: None) -> list[str]:
    failures: list[str] = kind(Resources("cpu", at_once)).run(jobs, RunStore(out), listen)
    return failures


def told(made: Record) -> Record:
    return without(made, "timing", "seeds_at_once")


def weights(out: Path) -> dict[str, dict[str, torch.Tensor]]:
    """Return all weights that a run kept, those at the end of a cycle too."""
    files = sorted((out / "checkpoints").glob("*.pt"))
    return {path.name: torch.load(path, weights_only=True)["weights"] for path in files}


def compare(
    jobs: list[Job], folder: Path, at_once: int = 3, between: Callable[[], None] = lambda: None
) -> dict[str, Record]:
    """Train the seeds one after the other, then at once, and return the records of the latter, which are the same."""
    expected = run(Serial, jobs, folder / "alone")
    between()
    assert run(Seeds, jobs, folder / "at_once", at_once) == expected
    alone, made = records_in(folder / "alone"), records_in(folder / "at_once")
    assert {name: told(record) for name, record in made.items()} == {name: told(each) for name, each in alone.items()}
    kept, found = weights(folder / "alone"), weights(folder / "at_once")
    assert kept.keys() == found.keys()
    for name, expected_weights in kept.items():
        for part, weight in expected_weights.items():
            assert torch.equal(weight, found[name][part]) or bool(weight.isnan().any())
    assert all("seeds_at_once" not in record for record in alone.values())
    return made


@pytest.mark.parametrize("name", SPECS)
def test_seeds_at_once_are_seeds_alone(name: str, tmp_path: Path) -> None:
    made = compare(jobs_of(SPECS[name]), tmp_path)
    assert [record["seeds_at_once"] for record in made.values()] == [3, 3, 3]


@pytest.mark.parametrize("name", ["dropout", "none", "text"])
def test_so_are_they_where_steps_are_recorded(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tapes stand for the graphs of a GPU: each seed has its own."""
    made: list[Tapes] = []

    def recorder_of(device: str) -> Tapes:
        made.append(Tapes())
        return made[-1]

    as_on_a_gpu(monkeypatch)
    monkeypatch.setattr("bench.trial.step.recorder_of", recorder_of)
    compare(jobs_of(SPECS[name]), tmp_path)
    assert len(made) == 6
    assert all(tapes.recorded and tapes.replayed for tapes in made)


def test_each_stops_when_it_has_learned_and_the_next_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seed n is exact from its (n + 1)th validation point on, and two in a row end it."""
    learned = {number(seed, "weights"): seed + 1 for seed in range(5)}
    looks = Counter[int]()

    def validate(*_: object) -> float:
        looks[torch.initial_seed()] += 1
        return float(looks[torch.initial_seed()] >= learned[torch.initial_seed()])

    monkeypatch.setattr(bench.trial.protocols.base.Protocol, "validate", validate)
    jobs = jobs_of(replace(SPEC, steps=40, eval_every=2, patience=2), 5)
    made = compare(jobs, tmp_path, at_once=2, between=looks.clear)
    assert [record["steps"] for record in made.values()] == [4, 6, 8, 10, 12]
    assert {record["seeds_at_once"] for record in made.values()} == {2}


@pytest.fixture
def _plugins_forgotten() -> Iterator[None]:
    with registries_restored():
        yield


def failing(folder: Path, deed: str, spec: Spec = SPEC) -> list[Job]:
    """Return jobs of a model that does something in training where it was drawn with seed 1."""
    drawn = f"if __import__('torch').initial_seed() == {number(1, 'weights')}: {deed}"
    file = plugin(folder, odd=drawn)[1]
    return jobs_of(replace(spec, model="odd", column="", model_settings={}), plugins=(file,))


@pytest.mark.usefixtures("_plugins_forgotten")
def test_one_that_diverges_ends_alone(tmp_path: Path) -> None:
    made = compare(failing(tmp_path, "return self.readout(target_in) * float('nan')"), tmp_path)
    assert [record["status"] for record in made.values()] == ["trained", "diverged", "trained"]
    assert [record["steps"] for record in made.values()] == [10, 3, 10]


@pytest.mark.usefixtures("_plugins_forgotten")
def test_one_that_fails_in_training_fails_alone(tmp_path: Path) -> None:
    jobs = failing(tmp_path, "raise ArithmeticError('no luck')")
    assert [record["seed"] for record in compare(jobs, tmp_path).values()] == [0, 2]
    assert run(Seeds, jobs, tmp_path / "more") == [f"{jobs[1].name(1)}: ArithmeticError: no luck"]


def test_one_that_fails_in_its_evaluation_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluated = bench.trial.trial.evaluate_trained

    def evaluate(*given: Any) -> Any:
        if torch.initial_seed() == number(1, "weights"):
            raise MemoryError("none left")
        return evaluated(*given)

    jobs = jobs_of(SPEC)
    monkeypatch.setattr("bench.trial.trial.evaluate_trained", evaluate)
    assert [record["seed"] for record in compare(jobs, tmp_path).values()] == [0, 2]
    monkeypatch.undo()
    assert run(Seeds, jobs, tmp_path / "at_once") == []  # of the kept weights
    assert len(records_in(tmp_path / "at_once")) == 3


def test_seeds_take_turns(tmp_path: Path) -> None:
    events: list[Any] = []
    before = torch.get_rng_state()
    run(Seeds, jobs_of(SPEC), tmp_path, listen=events.append)
    looks = [(event.point.step, event.seed) for event in events if isinstance(event, Validated)]
    assert looks == [(step, seed) for step in (3, 6, 9, 10) for seed in range(3)]
    assert torch.equal(torch.get_rng_state(), before)


def test_a_record_is_written_as_soon_as_its_seed_has_ended_and_an_interrupt_keeps_it(tmp_path: Path) -> None:
    written: list[int] = []

    def listen(event: Any) -> None:
        if isinstance(event, Finished):
            written.append(len(records_in(tmp_path)))
            if len(written) == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(Seeds, jobs_of(SPEC), tmp_path, listen=listen)
    assert written == [1, 2]
    assert len(records_in(tmp_path)) == 2
    assert run(Seeds, jobs_of(SPEC), tmp_path) == []
    assert len(records_in(tmp_path)) == 3


def test_those_that_run_end_when_the_time_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[Any] = []
    monkeypatch.setattr(Resources, "over", property(lambda _: bool(list(tmp_path.glob("records/*.json")))))
    run(Seeds, jobs_of(SPEC, 5), tmp_path, at_once=2, listen=events.append)
    assert [event.seed for event in events if isinstance(event, Finished)] == [0, 1]
    assert [event.seed for event in events if isinstance(event, NotStarted)] == [2, 3, 4]


def test_seconds_are_not_shared(tmp_path: Path) -> None:
    """What has seconds to train in goes last, alone."""
    events: list[Any] = []
    jobs = jobs_of(replace(SPEC, seconds=1000.0)) + jobs_of(replace(SPEC, model="elman", column=""))
    run(Seeds, jobs, tmp_path, listen=events.append)
    ends = [(event.job.spec.model, event.seed) for event in events if isinstance(event, Finished)]
    assert ends == [(model, seed) for model in ("elman", "gru") for seed in range(3)]
    shared = {name.split("--")[1]: record.get("seeds_at_once") for name, record in records_in(tmp_path).items()}
    assert shared == {"elman": 3, "gru": None}


def test_pairs_take_turns_too_and_a_lane_takes_what_is_next(tmp_path: Path) -> None:
    short = replace(SPEC, model="elman", column="", model_settings={"hidden": 8}, steps=4)
    jobs, events = make_jobs([SPEC, short], range(2), Catalogue(), keep_weights=True), list[Any]()
    compare(jobs, tmp_path, at_once=2)
    run(Seeds, jobs, tmp_path / "told", at_once=2, listen=events.append)
    ends = [(event.job.spec.model, event.seed) for event in events if isinstance(event, Finished)]
    assert ends == [("elman", 0), ("gru", 0), ("elman", 1), ("gru", 1)]


def test_without_a_gpu_a_line_says_what_is_faster(capsys: pytest.CaptureFixture[str]) -> None:
    Seeds(Resources("cuda:0"))
    assert capsys.readouterr().err == ""
    Seeds(Resources("cpu"))
    assert capsys.readouterr().err.startswith("note: without a GPU it is --executor processes that is faster")
