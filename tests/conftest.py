"""What the tests share: the registries, with the plug-ins that `--plugin FILE` names."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from bench.trial.build import load_plugin
from models import MODELS
from models.layers import kernels
from tasks import TASKS


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--plugin", action="append", default=[], help="run the contract tests on this file's tasks and models too"
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
