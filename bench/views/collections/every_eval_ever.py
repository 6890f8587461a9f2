"""Every Eval Ever: a JSON file a model, of its shared schema for evaluation results (evalevalai.com, version 0.3.0)."""

from __future__ import annotations

import hashlib
import json
import math
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from bench.records.files import safe_name
from bench.records.provenance import version
from bench.views.collections.scores import Score, Scores

SCHEMA = "0.3.0"
SOURCE = "lengthwise"
UNKNOWN = "unknown"


def files(suite: str, found: list[Scores], dataset: str | None) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield a file a family, its place as the collection sorts them: benchmark, developer, model.

    dataset: the Hub's name of the data set that holds the held-out strings, if there is one
    """
    for each in found:
        content = evaluation(suite, each, dataset)
        text = json.dumps(content, indent=1, sort_keys=True) + "\n"
        digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
        name = uuid.UUID(bytes=digest, version=4)  # the collection's form of a name; the same results, the same file
        place = PurePosixPath("data", f"{SOURCE}_{suite}", SOURCE, safe_name(each.model, each.model))
        yield place / f"{name}.json", text.encode()


def evaluation(suite: str, found: Scores, dataset: str | None) -> dict[str, Any]:
    """Return one model's evaluation: every number of every row, each with its interval and what it was measured on."""
    date = found.date or UNKNOWN
    model = f"{SOURCE}/{safe_name(found.model, found.model)}"
    return {
        "schema_version": SCHEMA,
        "evaluation_id": f"{SOURCE}_{suite}/{model}/{date}",
        "evaluation_timestamp": date,
        "retrieved_timestamp": seconds(found.date),
        "source_metadata": {
            "source_name": f"Lengthwise, suite {suite}",
            "source_type": "evaluation_run",
            "source_organization_name": "Lengthwise",
            "evaluator_relationship": "third_party" if found.elsewhere else "first_party",
        },
        "eval_library": {"name": SOURCE, "version": version()},
        "model_info": {
            "name": found.model,
            "id": model,
            "developer": UNKNOWN if found.elsewhere else SOURCE,
            "additional_details": {
                "family": found.family,
                "deployment_type": UNKNOWN if found.elsewhere else "self_deployed",
                "model_availability": UNKNOWN,
            },
        },
        "evaluation_results": [result(score, dataset) for score in found.scores],
    }


def result(score: Score, dataset: str | None) -> dict[str, Any]:
    """Return one number."""
    metric = score.metric
    bounds = {} if score.most is None else {"score_type": "continuous", "min_score": 0.0, "max_score": score.most}
    return {
        "evaluation_name": f"{score.row}: {metric.name}",
        "source_data": source(score, dataset),
        "metric_config": {
            "evaluation_description": metric.said,
            "metric_id": metric.name,
            "metric_name": metric.name.replace("_", " "),
            "metric_kind": metric.kind,
            "metric_unit": metric.unit,
            "lower_is_better": metric.lower_is_better,
            **bounds,
        },
        "score_details": {
            "score": score.value,
            "details": {"seeds": str(score.seeds), **score.about},
            **({} if math.isnan(score.low) else {"uncertainty": uncertainty(score)}),
        },
    }


def source(score: Score, dataset: str | None) -> Mapping[str, Any]:
    """Return what a number was measured on: a data set of the Hub, or one that the program makes."""
    told = {"dataset_name": score.row, "additional_details": {"evaluation_hash": score.about["evaluation_hash"]}}
    if dataset is None:
        return {"source_type": "other", **told}
    return {"source_type": "hf_dataset", "hf_repo": dataset, "hf_split": "test", **told}


def uncertainty(score: Score) -> dict[str, Any]:
    """Return the interval: over seeds and strings, the wider of both."""
    told = {"confidence_level": 0.95, "method": "wider of Wilson's over strings and the bootstrap over seeds"}
    return {"confidence_interval": {"lower": score.low, "upper": score.high, **told}, "num_samples": score.seeds}


def seconds(date: str) -> str:
    """Return a date in ISO 8601 as Unix seconds; those of an unknown one are 0."""
    return str(int(datetime.fromisoformat(date).timestamp())) if date else "0"
