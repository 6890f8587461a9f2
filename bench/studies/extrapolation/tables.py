"""The page's tables: the best family of every task, a task's families, their errors and costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.studies.extrapolation.families import Family, telling_lengths
from bench.studies.extrapolation.names import inductive_bias
from bench.views.columns import Column
from bench.views.numbers import amount, budgeted, estimate, markdown_table, named, percent, reach, share

BEST = (
    "task,best family,L99 random,L99 adversarial,longest length,random there,adversarial there,solved there,"
    "parameters,seconds"
).split(",")
BRIEF = (  # what a terminal shows of a task
    Column("task", "task", rank=0, words=True),
    Column("model", "best family", rank=0, words=True),
    Column("l99", "L99 random", rank=1),
    Column("adversarial_l99", "L99 adversarial", rank=3),
    Column("longest", "farthest", rank=4),
    Column("solved", "solved", rank=2),
    Column("adversarial", "adversarial", rank=5),
)
COSTS = ("parameters", "steps / budget", "seconds")


def best_table(found: Mapping[str, Sequence[Family]], anchors: Mapping[str, str], page: str = "") -> str:
    """Return the summary: of every task its best family; anchors: of the tasks' sections, on this page or another."""
    lines = []
    for task, (best, *_) in found.items():
        last = best.lengths[best.longest]
        cells = [
            f"[{task}]({page}#{anchors[task]})",
            f"`{best.model}`" if best.row["l99"] else f"none (nearest: `{best.model}`)",
            *horizons(best),
            f"{best.longest:,}",
            share(last["exact_match"], last["low"], last["high"]),
            adversarial_at_end(best),
            solved(best, best.longest),
            f"{best.row['parameters']:,}",
            amount(*estimate(best.row, "seconds")),
        ]
        lines.append(cells)
    return markdown_table(BEST, lines, names=2)


def brief(task: str, best: Family) -> list[str]:
    """Return the cells under BRIEF."""
    return [
        *(task, best.model, *horizons(best)),
        *(f"{best.longest:,}", solved(best, best.longest), adversarial_at_end(best)),
    ]


def horizons(family: Family) -> list[str]:
    """Return the horizon on random strings and that on adversarial sets."""
    random = reach(*estimate(family.row, "l99"), family.edge, family.longest)
    if family.adversaries is None:
        return [random, "-"]
    last = family.adversaries.lengths[-1]
    return [random, reach(*estimate(family.row, "adversarial_l99"), family.edge, last)]


def adversarial_at_end(family: Family) -> str:
    """Return what is right of the longest adversarial sets, with their length where it is not the longest of all."""
    if family.adversaries is None:
        return "-"
    last = family.adversaries.lengths[-1]
    where = "" if last == family.longest else f" (at {last:,})"
    return share(*estimate(family.lengths[last], "adversarial")) + where


def solved(family: Family, length: int) -> str:
    """Return how many seeds are at 99 % or more at a length."""
    return f"{family.solved_at(length)}/{len(family.records)}" if length in family.lengths else "-"


def horizon_table(found: Sequence[Family]) -> str:
    """Return a task's first table: horizons, seeds solved, accuracy at the lengths that tell."""
    lengths, far = telling_lengths(found), found[0].far
    both = has_sets(found)
    reached = ("L99 random", "L99 adversarial")[: 1 + both]
    heads = [f"**{length:,}**" if length in found[0].inside else f"{length:,}" for length in lengths]
    lines = []
    for family in found:
        diverged = named(family.row).removeprefix(family.model)
        cells = [f"`{family.model}`{diverged}", inductive_bias(family.first["spec"])]
        cells += [*horizons(family)[: len(reached)], solved(family, far)]
        lines.append([*cells, *(cell(family, length, both) for length in lengths)])
    header = ["family", "inductive bias", *reached, f"solved at {far:,}", *heads]
    return markdown_table(header, lines, names=2)


def cell(family: Family, length: int, both: bool) -> str:
    """Return what is right at a length; both: of random strings and of adversarial sets."""
    row = family.lengths.get(length)
    if row is None:
        return "-"
    if "nrmse" in family.metrics:
        return percent(row["nrmse"])
    if "nats" in family.metrics:
        return f"{percent(row['exact_match'])} / {percent(row['token_accuracy'])}"
    return percent(row["exact_match"]) + (f" / {percent(row['adversarial'])}" if both else "")


def horizon_caption(found: Sequence[Family]) -> str:
    """Say what the numbers of the first table are."""
    if "nrmse" in found[0].metrics:
        return "Free-running NRMSE in percent, by horizon; training horizons in bold:"
    if "nats" in found[0].metrics:
        return "Lines right in every word / words predicted, in percent, by text; the training text in bold:"
    sets = ", random strings / adversarial sets" if has_sets(found) else ""
    return f"Exact match in percent{sets}, by length; training lengths in bold:"


def has_sets(found: Sequence[Family]) -> bool:
    """Whether any family was evaluated on adversarial sets."""
    return any(family.adversaries for family in found)


def errors_table(found: Sequence[Family]) -> str:
    """Return a task's second table: how answers are wrong, where they end in EOS; what a family cost."""
    sets, far = has_sets(found), found[0].far
    wrong = {"stopped_wrong": "EOS error", "content_wrong": "token error"} if has_eos(found) else {}
    lines = []
    for family in found:
        cells = [share(*estimate(family.row, name)) for name in wrong] + [worst_set(family, far)] * sets
        cells += [f"{family.row['parameters']:,}", budgeted(family.row), amount(*estimate(family.row, "seconds"))]
        lines.append([f"`{family.model}`", *cells])
    return markdown_table(["family", *wrong.values(), *[f"worst set at {far:,}"] * sets, *COSTS], lines)


def has_eos(found: Sequence[Family]) -> bool:
    """Whether answers end in EOS, so that they can be wrong in that alone."""
    return "stopped_wrong" in found[0].metrics


def worst_set(family: Family, length: int) -> str:
    """Name the adversarial kind with the least right at a length, and how much that is; "all" where they are alike."""
    if family.adversaries is None or length not in family.adversaries.lengths:
        return "-"
    place = family.adversaries.lengths.index(length)
    kind, match = family.adversaries.worst[place]
    is_alike = all(shares.mean() == match for shares in family.adversaries.kinds[place].values())
    return f"{'all' if is_alike else kind} {percent(match)}"
