"""Tables: pure functions of records. No torch here, so they are rebuilt at once."""

from __future__ import annotations

import itertools
import json
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from bench.analysis.adversarial import adversarial_by_length, adversarial_summaries, kinds_by_length
from bench.analysis.statistics import interval, over_seeds, spread, wilson
from bench.analysis.summary import Block, Pair, blocks, described, in_other_units, split_of, summaries
from bench.records.store import Record, read_records, write_atomically
from bench.spec.errors import WorkError

BY_LENGTH = (
    "task task_version model seeds split length ratio exact_match low high token_accuracy chance examples "
    "nrmse next_step_nrmse stopped_wrong unseen "
    "wilson_low wilson_high seeds_low seeds_high seeds_sd content_wrong nrmse_low nrmse_high "
    "device evaluation_hash diverged "
    "nats nats_low nats_high bits perplexity "
    "adversarial adversarial_low adversarial_high adversarial_examples adversarial_worst adversarial_worst_match"
).split()
LEADERBOARD = (
    "task task_version model parameters seeds inside beyond l99 l90 l50 solve_rate steps seconds device "
    "budget shorter inside_low inside_high beyond_low beyond_high area state diverged "
    "inside_sd beyond_sd shorter_low shorter_high shorter_sd area_low area_high l99_low l99_high l99_ratio "
    "l90_low l90_high l90_ratio l50_low l50_high l50_ratio solve_rate_low solve_rate_high "
    "solve_rate_2x solve_rate_2x_low solve_rate_2x_high stopped_wrong stopped_wrong_low stopped_wrong_high "
    "content_wrong content_wrong_low content_wrong_high reached_99 steps_to_99 steps_to_99_low steps_to_99_high "
    "seconds_to_99 seconds_to_99_low seconds_to_99_high steps_low steps_high seconds_low seconds_high "
    "tokens_per_second tokens_per_second_low tokens_per_second_high evaluation_hash "
    "nats nats_low nats_high bits perplexity nats_inside nats_inside_low nats_inside_high "
    "accuracy accuracy_low accuracy_high kind adversarial adversarial_low adversarial_high "
    "adversarial_l99 adversarial_l99_low adversarial_l99_high adversarial_l99_ratio "
    "solve_rate_10x solve_rate_10x_low solve_rate_10x_high"
).split()
MADE = ("sources", "spec", "task_version", "evaluation_hash", "kind", "inside_lengths")  # what a pair's seeds share


def group(records: list[Record]) -> tuple[dict[Pair, list[Record]], list[str]]:
    """Gather the seeds of each (task, model); seeds made by other settings or code than most are left out and named."""
    pairs: dict[Pair, list[Record]] = defaultdict(list)
    for record in records:
        pairs[record["task"], record["model"]].append(record)
    kept, problems = {}, []
    for pair, found in sorted(pairs.items()):
        makes: dict[str, list[Record]] = defaultdict(list)
        for record in sorted(found, key=lambda record: record["seed"]):
            made = [record[name] for name in MADE] + [sorted(record["by_length"]), kinds_by_length(record)]
            makes[json.dumps(made, sort_keys=True)].append(record)
        most = max(makes.values(), key=len)
        kept[pair] = most
        if len(most) < len(found):
            out = sorted(record["seed"] for record in found if record not in most)
            problems.append(f"{' '.join(pair)}: seeds {out} were made by other settings or code: left out")
    return kept, problems + leave_out_other_kinds(kept)


def leave_out_other_kinds(groups: dict[Pair, list[Record]]) -> list[str]:
    """Keep of each task the pairs that are judged as most are, and name the others: one table cannot hold both."""
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for (task, _), found in groups.items():
        kinds[task][found[0]["kind"]] += 1
    usual = {task: count.most_common(1)[0][0] for task, count in kinds.items()}
    others = [pair for pair, found in groups.items() if found[0]["kind"] != usual[pair[0]]]
    return [f"{' '.join(pair)}: judged as {groups.pop(pair)[0]['kind']}, not as the task: left out" for pair in others]


def by_length(groups: dict[Pair, list[Record]]) -> pd.DataFrame:
    """One row a (task, model, length): exact match pooled over seeds, its intervals, and what is shown beside it.

    Of a text that is judged by its symbols, exact match is the share of symbols foreseen.

    wilson_low, wilson_high: within the seeds, of the pooled counts; seeds_low, seeds_high: over the seeds (bootstrap of
    the mean, percentile), empty for a single seed; low, high: the wider of both on each side
    adversarial: exact match on the adversarial sets, each kind alike; adversarial_worst: the kind with the lowest
    """
    frames = [rows_by_length(found) for found in blocks(groups)]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=BY_LENGTH)
    sets = adversarial_by_length(groups)
    cells = [sets.get(cell, {}) for cell in zip(frame["task"], frame["model"], frame["length"], strict=True)]
    for name in (name for name in BY_LENGTH if name.startswith("adversarial")):
        frame[name] = [cell.get(name, np.nan) for cell in cells]
    return frame.sort_values(["task", "model", "length"], ignore_index=True)[BY_LENGTH]


def rows_by_length(found: Block) -> pd.DataFrame:
    """Return the rows of one block of pairs."""
    scores = {name: values.swapaxes(1, 2) for name, values in found.scores.items()}  # (pairs, lengths, seeds)
    right, examples, stopped = (scores[name] for name in ("right", "examples", "stopped_wrong"))
    accuracy = right / examples
    pooled = right.sum(-1) / examples.sum(-1)
    nrmse, nats = scores["nrmse"], scores["nats"]
    columns = {
        "exact_match": pooled,
        "token_accuracy": scores["tokens_right"].sum(-1) / scores["tokens"].sum(-1),
        "chance": scores["chance"][..., 0],
        "examples": examples[..., 0].astype(int),
        "nrmse": nrmse.mean(-1),
        "next_step_nrmse": scores["next_step_nrmse"].mean(-1),
        "stopped_wrong": stopped.sum(-1) / examples.sum(-1),
        "content_wrong": (examples - right - stopped).sum(-1).clip(0) / examples.sum(-1),
        "unseen": scores["unseen"].astype(bool).all(-1),
        "seeds_sd": spread(accuracy),
        "nats": nats.mean(-1),
        **in_other_units(nats.mean(-1)),
    }
    bounds = {
        "": interval(right, examples),
        "wilson_": wilson(right.sum(-1), examples.sum(-1)),
        "seeds_": over_seeds(accuracy),
        "nrmse_": over_seeds(np.nan_to_num(nrmse)),
        "nats_": over_seeds(np.nan_to_num(nats)),
    }
    for name, ends in bounds.items():
        columns |= {f"{name}{end}": bound for end, bound in zip(("low", "high"), ends, strict=True)}
    for name, end in itertools.product(("nrmse", "nats"), ("low", "high")):
        columns[f"{name}_{end}"] = np.where(np.isnan(columns[name]), np.nan, columns[f"{name}_{end}"])
    frame = pd.DataFrame({name: values.reshape(-1) for name, values in columns.items()})
    count = len(found.lengths)
    frame["length"] = found.lengths * len(found.pairs)
    frame["ratio"] = frame["length"] / max(found.inside)
    frame["split"] = [split_of(length, found.inside) for length in found.lengths] * len(found.pairs)
    about = [described(pair, records) for pair, records in zip(found.pairs, found.records, strict=True)]
    for name in ("task", "task_version", "model", "seeds", "device", "evaluation_hash", "diverged"):
        frame[name] = [row[name] for row in about for _ in range(count)]
    return frame


def leaderboard(groups: dict[Pair, list[Record]]) -> pd.DataFrame:
    """One row a (task, model); within a task the best beyond training first, then inside, then by name.

    Of texts that are judged by their symbols, the fewest nats first.
    """
    sets = adversarial_summaries(groups)
    rows = [row | sets.get((row["task"], row["model"]), {}) for row in summaries(groups)]
    frame = pd.DataFrame(rows, columns=LEADERBOARD)
    first = frame["nats"].where(frame["kind"] == "text", -frame["beyond"])
    order = frame.assign(first=first).sort_values(
        ["task", "first", "inside", "model"], ascending=[True, True, False, True], ignore_index=True
    )
    return order[LEADERBOARD]


def write_tables(out: Path, suite: str) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Rebuild by_length.csv, leaderboard.csv and leaderboard.md from records -> the two frames, notes on problems."""
    from bench.views.markdown import leaderboard_page

    records, problems = read_records(out / "records")
    if not records:
        raise WorkError(f"no records in {str(out / 'records')!r}: run `python -m bench run` first")
    groups, mixed = group(records)
    lengths, board = by_length(groups), leaderboard(groups)
    write_atomically(out / "by_length.csv", lengths.to_csv(index=False, float_format="%.6g"))
    write_atomically(out / "leaderboard.csv", board.to_csv(index=False, float_format="%.6g"))
    write_atomically(out / "leaderboard.md", leaderboard_page(suite, groups, lengths, board))
    return lengths, board, problems + mixed
