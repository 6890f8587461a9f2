"""The page's tables: the best family of every task, a task's families, their errors and costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.studies.extrapolation.families import Family, telling_lengths
from bench.views.best import horizon
from bench.views.numbers import amount, budgeted, estimate, markdown_table, named, percent, reach, share

COSTS = ("parameters", "steps / budget", "seconds")


def best_cells(task: str, best: Family) -> dict[str, str]:
    """Return what the summary says of a task's best family, by heading."""
    longest, (random, adversarial) = best.row["longest"], of_seeds(best)
    last = best.lengths[longest]
    return {
        "task": task,
        "best family": best.model,
        "L99 random": random,
        "L99 adversarial": adversarial,
        "longest length": f"{longest:,}",
        "random there": share(last["exact_match"], last["low"], last["high"]),
        "adversarial there": adversarial_at_end(best),
        "solved there": solved(best, longest),
        "parameters": f"{best.row['parameters']:,}",
        "seconds": amount(*estimate(best.row, "seconds")),
    }


def best_table(
    found: Mapping[str, Sequence[Family]],
    anchors: Mapping[str, str],
    page: str = "",
    headings: Sequence[str] | None = None,
) -> str:
    """Return the summary: of every task its best family; anchors: of the tasks' sections, on this page or another.

    headings: the columns that are shown, by default all
    """
    every = []
    for task, (best, *_) in found.items():
        name = f"`{best.model}`" if best.reached else f"none (nearest: `{best.model}`)"
        every.append(best_cells(task, best) | {"task": f"[{task}]({page}#{anchors[task]})", "best family": name})
    shown = headings or (list(every[0]) if every else [])
    return markdown_table(list(shown), [[cells[heading] for heading in shown] for cells in every], names=2)


def of_seeds(family: Family) -> list[str]:
    """Return the median seed's horizon on random strings and on the worst adversarial set, and the worst seed's.

    Of what has no exact match the horizons of the mean.
    """
    if not family.robust:
        return horizons(family)
    found = []
    for kind in ("", "adversarial_"):
        median, worst = (horizon(family.robust, f"{kind}{which}") for which in ("median", "worst"))
        found.append(median if median == worst else f"{median}; worst seed {worst}")
    return found


def horizons(family: Family) -> list[str]:
    """Return the horizon of the mean over seeds on random strings and that on adversarial sets."""
    reached = family.row["edge"], family.row["longest"]
    random = reach(*estimate(family.row, "l99"), *reached)
    if family.adversaries is None:
        return [random, "-"]
    last = family.adversaries.lengths[-1]
    return [random, reach(*estimate(family.row, "adversarial_l99"), reached[0], last)]


def adversarial_at_end(family: Family) -> str:
    """Return what is right of the longest adversarial sets, with their length where it is not the longest of all."""
    if family.adversaries is None:
        return "-"
    last = family.adversaries.lengths[-1]
    where = "" if last == family.row["longest"] else f" (at {last:,})"
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
        cells = [f"`{family.model}`{diverged}", family.inductive_bias]
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


def has_sets(found: Sequence[Family]) -> bool:
    """Whether any family was evaluated on adversarial sets."""
    return any(family.adversaries for family in found)


def errors_table(found: Sequence[Family]) -> str:
    """Return a task's second table: how answers are wrong, where they end in EOS; what a family cost."""
    sets, far = has_sets(found), found[0].far
    wrong = {"stopped_wrong": "EOS error", "content_wrong": "token error"}
    wrong = wrong if wrong.keys() <= found[0].metrics else {}
    lines = []
    for family in found:
        cells = [share(*estimate(family.row, name)) for name in wrong] + [worst_set(family, far)] * sets
        cells += [f"{family.row['parameters']:,}", budgeted(family.row), amount(*estimate(family.row, "seconds"))]
        lines.append([f"`{family.model}`", *cells])
    return markdown_table(["family", *wrong.values(), *[f"worst set at {far:,}"] * sets, *COSTS], lines)


def worst_set(family: Family, length: int) -> str:
    """Name the adversarial kind with the least right at a length, and how much that is; "all" where they are alike."""
    if family.adversaries is None or length not in family.adversaries.lengths:
        return "-"
    place = family.adversaries.lengths.index(length)
    kind, match = family.adversaries.worst[place]
    is_alike = all(shares.mean() == match for shares in family.adversaries.kinds[place].values())
    return f"{'all' if is_alike else kind} {percent(match)}"
