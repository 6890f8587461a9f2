"""What the tests share: the registries, with the plug-ins that `--plugin FILE` names."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import bench.execution.processes
import bench.trial.trial
from bench.trial.build import load_plugin
from models import MODELS
from models.base import Model
from models.layers import kernels
from tasks import TASKS


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--plugin", action="append", default=[], help="run the contract tests on this file's tasks and models too"
    )
    parser.addoption(
        "--rounding",
        type=int,
        metavar="SEED",
        help="move every initial weight by about a part in a million, as another processor's rounding soon would",
    )


def pytest_configure(config: pytest.Config) -> None:
    torch.set_num_threads(1)
    kernels.library()  # compiled now, so that no test's output tells of it
    for file in config.getoption("--plugin"):
        load_plugin(Path(file))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `task_name` or `model_name` runs over the whole registry."""
    if "task_name" in metafunc.fixturenames:
        metafunc.parametrize("task_name", sorted(TASKS))
    if "model_name" in metafunc.fixturenames:
        metafunc.parametrize("model_name", sorted(MODELS))


@pytest.fixture(autouse=True, scope="session")
def another_rounding(request: pytest.FixtureRequest) -> Iterator[None]:
    """With `--rounding SEED` every training in this process takes another course; no test may hang on which."""
    seed = request.config.getoption("--rounding")
    with pytest.MonkeyPatch.context() as patch:
        if seed is not None:
            patch.setattr(bench.trial.trial, "build_model", nudged(bench.trial.trial.build_model, seed))
        yield


@pytest.fixture(autouse=True, scope="session")
def workers_are_forked() -> Iterator[None]:
    """Fork the workers of runs in this process from a server that has loaded torch, where that is safe.

    A worker that is spawned loads for seconds; those of commands in a process of their own are spawned as ever.
    """
    with pytest.MonkeyPatch.context() as patch:
        if sys.platform == "linux":
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["torch._dynamo", "bench.execution.processes", "bench.trial.trial"])
            chosen = SimpleNamespace(get_context=lambda _: context)
            patch.setattr(bench.execution.processes, "multiprocessing", chosen)
        yield


def nudged(build: Callable[..., Model], seed: int) -> Callable[..., Model]:
    """Return what builds the same models with their weights moved a little, by the same draws every time."""

    def built(*asked: Any) -> Model:
        model, generator = build(*asked), torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for weight in model.parameters() if model.trainable else ():
                weight.mul_(1 + 1e-6 * torch.randn(weight.shape, generator=generator))
        return model

    return built
