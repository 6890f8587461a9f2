"""Tables: pure functions of records. No torch here, so they are rebuilt at once."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pandas as pd

from bench.errors import WorkError
from bench.records import Record, read_records, write_atomically
from bench.statistics import SOLVED, area_over_log_length, horizon, interval

BY_LENGTH = (
    "task task_version model seeds split length ratio exact_match low high token_accuracy chance examples "
    "nrmse next_step_nrmse stopped_wrong unseen"
).split()
LEADERBOARD = (
    "task task_version model parameters seeds inside beyond l99 l90 l50 solve_rate steps seconds device "
    "budget shorter inside_low inside_high beyond_low beyond_high area state diverged"
).split()
LEVELS = {"l99": 0.99, "l90": 0.90, "l50": 0.50}
Pair = tuple[str, str]


def group(records: list[Record]) -> tuple[dict[Pair, list[Record]], list[str]]:
    """Gather the seeds of each (task, model); seeds made by other settings or code than most are left out and named."""
    pairs: dict[Pair, list[Record]] = defaultdict(list)
    for record in records:
        pairs[record["task"], record["model"]].append(record)
    kept, problems = {}, []
    for pair, found in sorted(pairs.items()):
        makes: dict[str, list[Record]] = defaultdict(list)
        for record in sorted(found, key=lambda record: record["seed"]):
            made = [record["sources"], record["spec"], record["task_version"], record["evaluation_hash"]]
            makes[json.dumps(made, sort_keys=True)].append(record)
        most = max(makes.values(), key=len)
        kept[pair] = most
        if len(most) < len(found):
            out = sorted(record["seed"] for record in found if record not in most)
            problems.append(f"{' '.join(pair)}: seeds {out} were made by other settings or code: left out")
    return kept, problems


def by_length(groups: dict[Pair, list[Record]]) -> pd.DataFrame:
    """One row a (task, model, length): exact match pooled over seeds, its interval, and what is shown beside it."""
    rows = []
    for (task, model), records in groups.items():
        inside = records[0]["inside_lengths"]
        for text in sorted(records[0]["by_length"], key=int):
            scores = [record["by_length"][text] for record in records]
            right, examples = ([score[name] for score in scores] for name in ("right", "examples"))
            low, high = interval(right, examples)
            rows.append(
                {
                    "task": task,
                    "task_version": records[0]["task_version"],
                    "model": model,
                    "seeds": len(records),
                    "split": split_of(int(text), inside),
                    "length": int(text),
                    "ratio": int(text) / max(inside),
                    "exact_match": sum(right) / sum(examples),
                    "low": low,
                    "high": high,
                    "token_accuracy": total(scores, "tokens_right") / total(scores, "tokens"),
                    "chance": scores[0]["chance"],
                    "examples": examples[0],
                    "nrmse": mean(scores, "nrmse"),
                    "next_step_nrmse": mean(scores, "next_step_nrmse"),
                    "stopped_wrong": total(scores, "stopped_wrong") / sum(examples),
                    "unseen": all(score["unseen"] for score in scores),
                }
            )
    return pd.DataFrame(rows, columns=BY_LENGTH)


def leaderboard(groups: dict[Pair, list[Record]]) -> pd.DataFrame:
    """One row a (task, model); within a task the best beyond training first, then inside, then by name."""
    rows = [summary(*pair, records) for pair, records in groups.items()]
    frame = pd.DataFrame(rows, columns=LEADERBOARD)
    return frame.sort_values(
        ["task", "beyond", "inside", "model"], ascending=[True, False, False, True], ignore_index=True
    )


def summary(task: str, model: str, records: list[Record]) -> dict[str, Any]:
    """Summarise the seeds of one pair."""
    inside = records[0]["inside_lengths"]
    curves = [accuracies(record) for record in records]
    mean_curve = {length: sum(curve[length] for curve in curves) / len(curves) for length in curves[0]}
    row: dict[str, Any] = {
        "task": task,
        "task_version": records[0]["task_version"],
        "model": model,
        "parameters": records[0]["parameters"],
        "seeds": len(records),
        "solve_rate": sum(split_mean(curve, inside, "train") >= SOLVED for curve in curves) / len(curves),
        "budget": records[0]["spec"]["steps"],
        "steps": round(sum(record["steps"] for record in records) / len(records)),
        "seconds": sum(record["timing"]["train_seconds"] for record in records) / len(records),
        "device": ", ".join(sorted({record["device"] for record in records})),
        "area": area_over_log_length(mean_curve),
        "state": records[0]["state"],
        "diverged": sum(record["status"] == "diverged" for record in records),
    }
    for name, level in LEVELS.items():
        row[name] = horizon(mean_curve, inside, level)
    row["shorter"] = split_mean(mean_curve, inside, "shorter")
    for name, split in (("inside", "train"), ("beyond", "beyond")):
        row[name] = split_mean(mean_curve, inside, split)
        row[f"{name}_low"], row[f"{name}_high"] = split_interval(records, inside, split)
    return row


def accuracies(record: Record) -> dict[int, float]:
    """Exact match by length of one seed."""
    return {int(length): score["right"] / score["examples"] for length, score in record["by_length"].items()}


def split_of(length: int, inside: list[int]) -> str:
    """Say where a length lies: "train", "beyond" the longest trained, or "shorter" than that and never trained."""
    return "train" if length in inside else "beyond" if length > max(inside) else "shorter"


def split_mean(curve: dict[int, float], inside: list[int], split: str) -> float:
    """Mean over the evaluated lengths of one split, each length alike; NaN where there is none."""
    chosen = [accuracy for length, accuracy in curve.items() if split_of(length, inside) == split]
    return sum(chosen) / len(chosen) if chosen else float("nan")


def split_interval(records: list[Record], inside: list[int], split: str) -> tuple[float, float]:
    """Interval of the mean over one split, each length weighted alike; NaN where there is no length."""
    texts = [text for text in records[0]["by_length"] if split_of(int(text), inside) == split]
    if not texts:
        return float("nan"), float("nan")
    examples = [sum(record["by_length"][text]["examples"] for text in texts) for record in records]
    shares = [split_mean(accuracies(record), inside, split) for record in records]
    return interval([share * count for share, count in zip(shares, examples, strict=True)], examples)


def total(scores: list[dict[str, Any]], name: str) -> int:
    """Sum a count over seeds."""
    return sum(score[name] for score in scores)


def mean(scores: list[dict[str, Any]], name: str) -> float:
    """Mean over seeds of an error; NaN where there is none, or where a seed's overflowed."""
    values = [score[name] for score in scores]
    return float("nan") if None in values else float(sum(values)) / len(values)


def write_tables(out: Path, suite: str) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Rebuild by_length.csv, leaderboard.csv and leaderboard.md from records -> the two frames, notes on problems."""
    from bench.markdown import leaderboard_page

    records, problems = read_records(out / "records")
    if not records:
        raise WorkError(f"no records in {str(out / 'records')!r}: run `python -m bench run` first")
    groups, mixed = group(records)
    lengths, board = by_length(groups), leaderboard(groups)
    write_atomically(out / "by_length.csv", lengths.to_csv(index=False, float_format="%.6g"))
    write_atomically(out / "leaderboard.csv", board.to_csv(index=False, float_format="%.6g"))
    write_atomically(out / "leaderboard.md", leaderboard_page(suite, groups, lengths, board))
    return lengths, board, problems + mixed
