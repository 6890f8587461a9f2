"""Every column of both tables once more, from the records' JSON, one cell at a time."""

from __future__ import annotations

import gzip
import json
import math
from collections import defaultdict
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from plain import Bounds, area, bootstrap, horizon, mean_bounds, mean_curve, wider, wilson

Row = dict[str, Any]
Groups = dict[tuple[str, str], list[Row]]
SPLITS = {"inside": "train", "beyond": "beyond", "shorter": "shorter"}


def read(folder: Path) -> Groups:
    """Read the records of a run, in order of seed; all seeds of a pair are of one make."""
    found: Groups = defaultdict(list)
    texts = [path.read_text(encoding="utf-8") for path in (folder / "records").glob("*.json")]
    for pack in (folder / "records").glob("*.jsonl.gz"):
        texts += gzip.decompress(pack.read_bytes()).decode().splitlines()
    for record in map(json.loads, texts):
        found[record["task"], record["model"]].append(record)
    return {pair: sorted(records, key=lambda record: record["seed"]) for pair, records in found.items()}


def place(length: int, record: Row) -> str:
    """Say in which split a length lies."""
    if length in record["inside_lengths"]:
        return "train"
    return "beyond" if all(length > trained for trained in record["inside_lengths"]) else "shorter"


def named(name: str, value: float | None, bounds: Bounds) -> Row:
    """Three columns: a value and its bounds."""
    low, high = bounds if bounds is not None and value is not None else (None, None)
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def deviation(values: list[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None


def about(records: list[Row]) -> Row:
    """What both tables say of a pair."""
    first = records[0]
    return {
        "task": first["task"],
        "model": first["model"],
        "task_version": first["task_version"],
        "seeds": len(records),
        "device": ", ".join(sorted({record["device"] for record in records})),
        "evaluation_hash": first["evaluation_hash"],
        "diverged": len([record for record in records if record["status"] == "diverged"]),
    }


def length_rows(records: list[Row]) -> list[Row]:
    """Return a pair's rows of by_length.csv."""
    return [length_row(records, length) for length in sorted(map(int, records[0]["by_length"]))]


def length_row(records: list[Row], length: int) -> Row:
    scores = [record["by_length"][str(length)] for record in records]
    weights = [0.75 if score.get("rule") else 1 for score in scores]
    right, examples = (sum(w * s[part] for w, s in zip(weights, scores, strict=True)) for part in ("right", "examples"))
    stopped = fmean(score["stopped_wrong"] / score["examples"] for score in scores)
    shares = [score["right"] / score["examples"] for score in scores]
    errors = [score["nrmse"] for score in scores]
    error = None if None in errors else fmean(errors)
    steps = [score["next_step_nrmse"] for score in scores]
    pooled, seeds = wilson(right, examples), mean_bounds(shares)
    low, high = wider(pooled, seeds)
    return about(records) | {
        "split": place(length, records[0]),
        "length": length,
        "ratio": length / max(records[0]["inside_lengths"]),
        "exact_match": fmean(shares),
        "low": low,
        "high": high,
        "wilson_low": pooled[0],
        "wilson_high": pooled[1],
        "seeds_low": seeds and seeds[0],
        "seeds_high": seeds and seeds[1],
        "seeds_sd": deviation(shares),
        "token_accuracy": None
        if any(s["tokens"] is None for s in scores)
        else fmean(s["tokens_right"] / s["tokens"] for s in scores),
        "chance": scores[0]["chance"],
        "examples": min(score["examples"] for score in scores),
        "skipped": sum(score.get("rule") == "skipped" for score in scores),
        **named("nrmse", error, None if error is None else mean_bounds(errors)),
        "next_step_nrmse": None if None in steps else fmean(steps),
        "stopped_wrong": stopped,
        "content_wrong": 1 - fmean(shares) - stopped,
        "unseen": all(score["unseen"] for score in scores),
        **nats_columns("nats", [score.get("nats") for score in scores]),
        **other_units([score.get("nats") for score in scores]),
        **adversarial_cells(records, length),
    }


def kind_shares(record: Row, length: int) -> dict[str, float]:
    """Return the share right of each adversarial kind at a length."""
    kinds = record.get("adversarial", {}).get(str(length), {})
    return {kind: counts["right"] / counts["examples"] for kind, counts in kinds.items()}


def adversarial_sizes(record: Row, length: int) -> int:
    return sum(counts["examples"] for counts in record["adversarial"][str(length)].values())


def adversarial_lengths(record: Row) -> list[int]:
    return sorted(int(length) for length, kinds in record.get("adversarial", {}).items() if kinds)


def adversarial_mean(name: str, records: list[Row], lengths: list[int]) -> Row:
    """Mean over lengths of the mean over kinds, and its interval: the wider of Wilson's and the seeds'."""
    by_seed = [fmean(fmean(kind_shares(record, n).values()) for n in lengths) for record in records]
    examples = sum(adversarial_sizes(record, n) for record in records for n in lengths)
    return named(name, fmean(by_seed), wider(wilson(fmean(by_seed) * examples, examples), mean_bounds(by_seed)))


def adversarial_cells(records: list[Row], length: int) -> Row:
    """What by_length.csv says of the adversarial sets at one length; nothing where there are none."""
    if length not in adversarial_lengths(records[0]):
        absent = dict.fromkeys(f"adversarial_{part}" for part in ("examples", "worst", "worst_match"))
        return named("adversarial", None, None) | absent
    worst, match = "", 2.0
    for kind in sorted(kind_shares(records[0], length)):
        share = fmean(kind_shares(record, length)[kind] for record in records)
        if share < match:
            worst, match = kind, share
    return {
        **adversarial_mean("adversarial", records, [length]),
        "adversarial_examples": adversarial_sizes(records[0], length),
        "adversarial_worst": worst,
        "adversarial_worst_match": match,
    }


def adversarial_columns(records: list[Row]) -> Row:
    """What leaderboard.csv says of the adversarial sets."""
    inside, lengths = records[0]["inside_lengths"], adversarial_lengths(records[0])
    beyond = [length for length in lengths if length > max(inside)]
    row = adversarial_mean("adversarial", records, beyond) if beyond else named("adversarial", None, None)
    if not lengths:
        return row | named("adversarial_l99", None, None) | {"adversarial_l99_ratio": None}
    curves = [{n: fmean(kind_shares(record, n).values()) for n in lengths} for record in records]
    reached = horizon(mean_curve(curves), min(inside), 0.99)
    bounds = bootstrap(curves, lambda some: horizon(mean_curve(some), min(inside), 0.99))
    return row | named("adversarial_l99", reached, bounds) | {"adversarial_l99_ratio": reached / max(inside)}


def nats_columns(name: str, values: list[float | None]) -> Row:
    """Mean nats over the seeds and their interval; nothing where a seed has none."""
    known = [value for value in values if value is not None]
    return named(name, None, None) if len(known) < len(values) else named(name, fmean(known), mean_bounds(known))


def other_units(values: list[float | None]) -> Row:
    """The mean nats as bits, and as perplexity."""
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return {"bits": None, "perplexity": None}
    return {
        "bits": fmean(known) / math.log(2),
        "perplexity": math.exp(fmean(known)) if fmean(known) < 700 else math.inf,
    }


def text_columns(records: list[Row]) -> Row:
    """What is said of texts: nats at the longest length and at the longest trained one, symbols foreseen."""
    first = records[0]
    last, edge = str(max(map(int, first["by_length"]))), str(max(first["inside_lengths"]))
    carried = [record["by_length"][last].get("nats") for record in records]
    inside = [record["by_length"].get(edge, {}).get("nats") for record in records]
    row = nats_columns("nats", carried) | other_units(carried) | nats_columns("nats_inside", inside)
    if first["kind"] not in ("stream", "text"):
        return row | named("accuracy", None, None)
    scores = [record["by_length"][last] for record in records]
    right, tokens = sum(score["tokens_right"] for score in scores), sum(score["tokens"] for score in scores)
    shares = [score["tokens_right"] / score["tokens"] for score in scores]
    return row | named("accuracy", fmean(shares), wider(wilson(right, tokens), mean_bounds(shares)))


def split_columns(name: str, records: list[Row], lengths: list[int], wrong: str = "") -> Row:
    """Mean over lengths, each alike, of what is right (or of a way to be wrong), and its interval."""
    if not lengths:
        return named(name, None, None)
    shares, examples = [], []
    for record in records:
        parts, judged = [], 0.0
        for length in lengths:
            score = record["by_length"][str(length)]
            weight = 0.75 if score.get("rule") else 1
            content = score["examples"] - score["right"] - score["stopped_wrong"]
            count = {"": score["right"], "stopped": score["stopped_wrong"], "content": content}[wrong]
            parts.append(count / score["examples"])
            judged += weight * score["examples"]
        shares.append(fmean(parts))
        examples.append(judged)
    right = sum(share * judged for share, judged in zip(shares, examples, strict=True))
    bounds = wider(wilson(right, sum(examples)), mean_bounds(shares))
    return named(name, fmean(shares), bounds) | ({} if wrong else {f"{name}_sd": deviation(shares)})


def solved(name: str, shares: list[float]) -> Row:
    count = len([share for share in shares if share >= 0.99 - 1e-9])
    return named(name, count / len(shares), wilson(count, len(shares)))


def to_99(record: Row) -> tuple[int, float] | None:
    """Step and seconds of the first look at which 99 % are right."""
    for index, look in enumerate(record["curve"]):
        if look["exact"] is not None and look["exact"] >= 0.99:
            return look["step"], record["timing"]["look_seconds"][index]
    return None


def trained(record: Row) -> float:
    """Seconds of training: on a CPU the processor's, where the record has them."""
    wall, processor = record["timing"]["train_seconds"], record["timing"].get("train_cpu_seconds")
    return processor if record["device"] == "cpu" and processor is not None else wall


def measured(name: str, values: list[float | None]) -> Row:
    """Mean over the seeds and its interval; nothing where a seed has none."""
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return named(name, None, None)
    return named(name, fmean(known), mean_bounds(known))


def board_row(records: list[Row]) -> Row:
    """Return a pair's row of leaderboard.csv."""
    first, row = records[0], about(records)
    inside, lengths = first["inside_lengths"], sorted(map(int, first["by_length"]))
    splits = {name: [n for n in lengths if place(n, first) == split] for name, split in SPLITS.items()}
    for name in SPLITS:
        row |= {f"{name}_sd": None} | split_columns(name, records, splits[name])
    curves = [{n: s["right"] / s["examples"] for n, s in numbered(record).items()} for record in records]
    for name, level in (("l99", 0.99), ("l90", 0.9), ("l50", 0.5)):
        reached = horizon(mean_curve(curves), min(inside), level)
        bounds = bootstrap(curves, lambda some, level=level: horizon(mean_curve(some), min(inside), level))
        row |= named(name, reached, bounds) | {f"{name}_ratio": reached / max(inside)}
    row |= solved("solve_rate", [fmean([curve[n] for n in splits["inside"]] or [0]) for curve in curves])
    twice = min(splits["beyond"], key=lambda n: (abs(n - 2 * max(inside)), n), default=None)
    row |= named("solve_rate_2x", None, None) if twice is None else solved("solve_rate_2x", [c[twice] for c in curves])
    tenfold = min(splits["beyond"], key=lambda n: (abs(n - 10 * max(inside)), n), default=0)
    is_far = tenfold >= 5 * max(inside)
    tenth = [curve[tenfold] for curve in curves] if is_far else []
    row |= solved("solve_rate_10x", tenth) if is_far else named("solve_rate_10x", None, None)
    row |= adversarial_columns(records)
    for wrong in ("stopped", "content"):
        row |= split_columns(f"{wrong}_wrong", records, splits["beyond"], wrong)
    row |= named("area", fmean(map(area, curves)), mean_bounds([area(curve) for curve in curves]))
    looks = [to_99(record) for record in records]
    row |= {"reached_99": len([look for look in looks if look])}
    row |= measured("steps_to_99", [look and look[0] for look in looks])
    row |= measured("seconds_to_99", [look and look[1] for look in looks])
    row |= measured("steps", [record["steps"] for record in records])
    row |= measured("seconds", [trained(record) for record in records])
    row |= measured("tokens_per_second", [record["timing"]["tokens_per_second"] or None for record in records])
    return (
        row
        | text_columns(records)
        | {
            "kind": first["kind"],
            "steps": round(row["steps"]),
            "parameters": first["parameters"],
            "state": first["state"],
            "budget": first["spec"]["steps"],
        }
    )


def numbered(record: Row) -> dict[int, Row]:
    return {int(length): score for length, score in record["by_length"].items()}
