"""Hugging Face's `.eval_results`: a YAML file a model, an entry a row, as its page and leaderboards read them.

The format is described in the Hub's documentation (docs/hub/eval-results); the Hub's own library writes the entries.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from bench.records.files import safe_name
from bench.spec.errors import RequestError
from bench.views.collections.scores import BEYOND, Score, Scores

PACKAGE = "huggingface_hub"
EXTRA = "hub"


def files(suite: str, found: list[Scores], dataset: str | None) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield a file a family, in the place that it has in a model's repository; rows without exact match are left out.

    dataset: the Hub's name of the data set whose leaderboard these are for; RequestError without one
    """
    if dataset is None or dataset.count("/") != 1 or not all(dataset.split("/")):
        raise RequestError(f"--dataset OWNER/NAME says whose leaderboard the results are for; got {dataset!r}")
    hub, yaml = library(PACKAGE), library("yaml")
    for each in found:
        told = [entry(hub, score, dataset, each) for score in each.scores if score.metric is BEYOND]
        if told:
            text = yaml.safe_dump(hub.eval_result_entries_to_yaml(told), sort_keys=False, allow_unicode=True)
            place = PurePosixPath(safe_name(each.model, each.model), ".eval_results", f"lengthwise_{suite}.yaml")
            yield place, text.encode()


def entry(hub: Any, score: Score, dataset: str, of: Scores) -> Any:
    """Return one entry: exact match past the training lengths, in percent."""
    seeds = "one seed" if score.seeds == 1 else f"mean of {score.seeds} seeds"
    return hub.EvalResultEntry(
        dataset_id=dataset,
        task_id=score.row,
        value=round(100 * score.value, 2),
        date=of.date or None,
        notes=f"exact match past the training lengths in percent, {seeds}; trained at {score.about['train_lengths']}",
    )


def library(name: str) -> Any:
    """Return an optional library, or say what brings it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise RequestError(
            f"the Hub's files need {name}, which is not installed: pip install 'lengthwise[{EXTRA}]'"
        ) from error
