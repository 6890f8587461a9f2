"""Reference runs were evaluated on what is drawn today."""

from __future__ import annotations

import json
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
from harness import ROOT

from bench.records.store import read_records
from bench.trial.protocols import protocol_of
from tasks import TASKS


@cache
def evaluated() -> list[tuple[str, str, tuple[int, int], int, str]]:
    """Return what the committed records evaluated: task, settings as JSON, examples, task version, evaluation hash.

    Examples: random ones, and of each adversarial kind. Strings longer than 400 take too long to draw.
    """
    found = set()
    folders = sorted(Path(ROOT, "results", "baseline").glob("*/records"))
    for made in chain.from_iterable(read_records(folder)[0] for folder in folders):
        name, settings = made["spec"]["task"], made["spec"]["task_settings"]
        if name in ("copy", "reverse", "variable_copy", "addition", "human_numbers") and "mode" not in settings:
            if name != "human_numbers" and max(settings.get("eval_lengths", (0,))) > 400:
                continue
            counts = (made["spec"]["examples"], made["spec"].get("adversarial", 0))
            about = json.dumps({field: value for field, value in settings.items() if field != "window"})
            found.add((name, about, counts, made["task_version"], made["evaluation_hash"]))
    return sorted(found)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "settings", "counts", "version", "hashed"), evaluated())
def test_committed_records_were_evaluated_on_what_is_drawn_today(
    name: str, settings: str, counts: tuple[int, int], version: int, hashed: str
) -> None:
    given = json.loads(settings).items()
    task = TASKS[name](**{field: tuple(value) if isinstance(value, list) else value for field, value in given})
    assert task.version != version or protocol_of(task).fingerprint(task, *counts) == hashed
