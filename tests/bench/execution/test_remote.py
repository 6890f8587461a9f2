"""Jobs elsewhere: what comes back is as if made here, what is lost goes out once more, and the engines that exist."""

from __future__ import annotations

import os
import pickle
import re
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from harness import TINY, in_process, one_line, records_in, without

import bench.trial.trial
from bench.execution.executor import Failed, Finished, NotStarted, Resources, Store
from bench.execution.job import Job, make_jobs
from bench.execution.remote import Parcel, run_remotely, work
from bench.execution.run_store import RunStore
from bench.execution.serial import Serial
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError
from bench.spec.spec import Spec

SPEC = Spec(
    "copy", "gru", {"train_lengths": (2, 3), "eval_lengths": (3, 4)}, {"hidden": 4}, steps=4, batch=4, examples=4
)


@dataclass
class Elsewhere:
    """An engine that does its work when it is asked what has ended, from what could travel; some of it gets lost.

    lost: how often a seed is lost
    """

    slots: int = 2
    lost: dict[int, int] = field(default_factory=dict)
    sent: list[bytes] = field(default_factory=list)
    waiting: dict[int, bytes] = field(default_factory=dict)
    is_open: bool = False

    def __enter__(self) -> Elsewhere:
        self.is_open = True
        return self

    def __exit__(self, *_: object) -> None:
        self.is_open = False

    def submit(self, job: Job, store: Store[Any], resources: Resources) -> int:
        assert self.is_open
        assert len(self.waiting) < self.slots
        self.sent.append(pickle.dumps((job, store, resources)))
        self.waiting[len(self.sent)] = self.sent[-1]
        return len(self.sent)

    def finished(self) -> Iterator[tuple[int, Parcel | str]]:
        for handle in list(self.waiting):
            job, store, resources = pickle.loads(self.waiting.pop(handle))
            (seed,) = job.seeds
            self.lost[seed] = self.lost.get(seed, 0) - 1
            yield handle, "its worker was lost" if self.lost[seed] >= 0 else work(job, store, resources)


def jobs_of(count: int = 3, spec: Spec = SPEC, **changes: Any) -> list[Job]:
    """Return a job with some seeds."""
    return make_jobs([spec], range(count), Catalogue(), **changes)


def same(one: Path, other: Path) -> None:
    """Check that two runs have the same records and the same weights, to the bit."""
    ours, theirs = records_in(one), records_in(other)
    assert ours.keys() == theirs.keys()
    for name, made in ours.items():
        assert without(made, "timing") == without(theirs[name], "timing")
    for path in (one / "checkpoints").glob("*.pt"):
        mine, yours = (torch.load(each / "checkpoints" / path.name, weights_only=True) for each in (one, other))
        assert all(torch.equal(value, yours["weights"][name]) for name, value in mine["weights"].items())


def test_what_comes_back_is_what_is_made_here(tmp_path: Path) -> None:
    jobs, events = jobs_of(keep_weights=True), list[Any]()
    engine = Elsewhere(lost={1: 1})
    assert run_remotely(engine, jobs, RunStore(tmp_path / "there"), Resources(), events.append) == []
    assert Serial(Resources()).run(jobs, RunStore(tmp_path / "here"), lambda event: None) == []
    same(tmp_path / "here", tmp_path / "there")
    assert len(list((tmp_path / "there" / "checkpoints").glob("*.pt"))) == 3
    assert sorted(event.seed for event in events if isinstance(event, Finished)) == [0, 1, 2]
    assert len(engine.sent) == 4  # the one that was lost went out twice
    assert not engine.is_open


def test_what_is_lost_again_and_what_raises_fail_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = bench.trial.trial.trial_in_turns

    def trial_in_turns(spec: Spec, seed: int, *rest: Any) -> Any:
        if seed == 0:
            raise ValueError("no luck")
        return usual(spec, seed, *rest)

    monkeypatch.setattr("bench.trial.trial.trial_in_turns", trial_in_turns)
    events = list[Any]()
    failures = run_remotely(Elsewhere(lost={2: 2}), jobs_of(), RunStore(tmp_path), Resources(), events.append)
    assert {type(event) for event in events} == {Failed, Finished}
    assert sorted(failures) == ["copy gru seed 0: ValueError: no luck", "copy gru seed 2: its worker was lost"]
    assert [made["seed"] for made in records_in(tmp_path).values()] == [1]


def test_what_is_made_is_not_sent_and_nothing_when_the_time_is_over(tmp_path: Path) -> None:
    assert Serial(Resources()).run(jobs_of(1), RunStore(tmp_path), lambda event: None) == []
    engine, events = Elsewhere(), list[Any]()
    run_remotely(engine, jobs_of(1), RunStore(tmp_path), Resources(), events.append)
    assert engine.sent == []
    run_remotely(engine, jobs_of(), RunStore(tmp_path), Resources(until=0.0), events.append)
    assert engine.sent == []
    assert [type(event) for event in events] == [Finished, Finished, NotStarted, NotStarted]


def test_an_interrupt_leaves_the_engine_closed(tmp_path: Path) -> None:
    class Interrupted(Elsewhere):
        def finished(self) -> Iterator[tuple[int, Parcel | str]]:
            raise KeyboardInterrupt

    engine = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        run_remotely(engine, jobs_of(), RunStore(tmp_path), Resources(), lambda event: None)
    assert not engine.is_open


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_ray_on_this_machine_loses_a_worker_and_nothing_else(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    from bench.execution.ray import OnRay

    jobs, killed = jobs_of(4), list[int]()

    def kill_one(event: Any) -> None:
        """Kill a worker that works once, when a seed has come back."""
        if not killed:
            for status in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    said = status.read_bytes()
                except OSError:
                    continue
                if said.startswith(b"ray::work") and not killed:
                    killed.append(int(status.parent.name))
                    os.kill(killed[-1], signal.SIGKILL)

    assert OnRay(Resources("cpu", 2)).run(jobs, RunStore(tmp_path / "ray"), kill_one) == []
    assert killed
    assert Serial(Resources()).run(jobs, RunStore(tmp_path / "serial"), lambda event: None) == []
    same(tmp_path / "serial", tmp_path / "ray")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_submitit_runs_jobs_in_processes_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("submitit")
    from bench.execution.slurm import OnSlurm

    monkeypatch.chdir(tmp_path)
    resources = Resources("cpu", 2, address="local")
    assert OnSlurm(resources).run(jobs_of(2), RunStore(tmp_path / "slurm"), lambda event: None) == []
    assert Serial(Resources()).run(jobs_of(2), RunStore(tmp_path / "serial"), lambda event: None) == []
    same(tmp_path / "serial", tmp_path / "slurm")


@pytest.mark.parametrize(("name", "library"), [("ray", "Ray"), ("slurm", "submitit")])
def test_an_engine_that_is_not_installed_names_its_extra(
    name: str, library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, {"ray": "ray", "slurm": "submitit"}[name], None)
    asked = ("run", *TINY, "--tasks", "copy", "--models", "gru", "--executor", name, "--out", tmp_path / "run")
    one_line(in_process(capsys, *asked), f"--executor {name} needs {library}: pip install 'lengthwise[{name}]'")


@pytest.mark.parametrize("mode", ["", "token"])
def test_a_cluster_that_refuses_is_one_line_that_knows_of_tokens(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.execution.ray import TOKEN, Cluster

    def init(**_: Any) -> None:
        raise RuntimeError("no entry\nat length")

    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    if mode:
        monkeypatch.setenv("RAY_AUTH_MODE", mode)
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        where = f"127.0.0.1:{somebody.getsockname()[1]}"
        for address in (where, f"ray://{where}"):
            said = f"no Ray cluster at {address!r}: no entry{'' if mode else TOKEN}"
            with pytest.raises(RequestError, match=f"^{re.escape(said)}$"):
                Cluster(SimpleNamespace(init=init), Resources(address=address)).__enter__()
    with pytest.raises(RequestError, match=r"^no Ray cluster at 'this machine': no entry$"):
        Cluster(SimpleNamespace(init=init), Resources()).__enter__()


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_where_nobody_answers_ray_is_not_left_to_try_for_minutes(scheme: str) -> None:
    from bench.execution.ray import Cluster

    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = f"{scheme}127.0.0.1:{gone.getsockname()[1]}"
    tried = list[object]()
    with pytest.raises(RequestError, match=f"^no Ray cluster at '{address}': .*refused$"):
        Cluster(SimpleNamespace(init=lambda **asked: tried.append(asked)), Resources(address=address)).__enter__()
    assert tried == []
