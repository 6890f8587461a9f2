"""The catalogue, read from source text, names what the registries hold."""

from __future__ import annotations

import inspect
import sys
from dataclasses import MISSING, fields
from pathlib import Path

import pytest
from harness import OWN_MODELS, OWN_TASKS

from bench.spec.catalogue import Catalogue
from bench.spec.settings import read, written
from models import MODELS
from tasks import TASKS


def test_catalogue_names_what_the_registries_hold() -> None:
    entries = Catalogue().entries
    assert sorted(entries["task"]) == OWN_TASKS
    assert sorted(entries["model"]) == OWN_MODELS
    for kind, registry in (("task", TASKS), ("model", MODELS)):
        for name, entry in entries[kind].items():
            assert entry.file == Path(inspect.getfile(registry[name]))
            assert entry.summary == (inspect.getdoc(registry[name]) or "").splitlines()[0]


@pytest.mark.parametrize("name", OWN_TASKS)
def test_catalogue_reads_a_tasks_version_and_settings(name: str) -> None:
    entry, task = Catalogue().entries["task"][name], TASKS[name]
    assert entry.version == task.version
    assert list(entry.settings) == [field.name for field in fields(task)]
    scope = vars(sys.modules[task.__module__])
    for field in fields(task):
        assert field.default is not MISSING
        assert eval(entry.settings[field.name].default, scope) == field.default
        assert read(written(field.default), entry.settings[field.name].type, field.name) == field.default


@pytest.mark.parametrize("name", OWN_MODELS)
def test_catalogue_reads_a_models_settings(name: str) -> None:
    entry, model = Catalogue().entries["model"][name], MODELS[name]
    parameters = inspect.signature(model).parameters.values()
    keywords = {part.name: part.default for part in parameters if part.kind is part.KEYWORD_ONLY}
    assert list(entry.settings) == list(keywords)
    assert len(parameters) == 2 + len(keywords)
    for setting, default in keywords.items():
        assert eval(entry.settings[setting].default, vars(sys.modules[model.__module__])) == default
        assert read(written(default), entry.settings[setting].type, setting) == default
