"""Comparing a run with a baseline: which cells got worse, better, appeared, vanished, and which cannot be compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bench.analysis.dispersion import learn
from bench.analysis.frame import Block, blocks, group
from bench.analysis.regression import dropped, is_tested
from bench.analysis.scatter import Pairing, Sample
from bench.analysis.statistics import Floats
from bench.analysis.tables import lengths_frame
from bench.records.store import read_records
from bench.spec.errors import RequestError

CELL = ["task", "model", "length"]
ABOUT = ["mean", "deviation", "seeds", "examples", "task_version", "evaluation_hash", "device", "diverged"]
SPLITS = ("inside", "beyond")
TEXTS = dict.fromkeys(["task", "model", "evaluation_hash", "device"], str)
COUNTS = ["seeds", "examples", "diverged", "task_version"]
FEW = 3  # seeds that a cell needs for more than a total loss to be told
Cell = tuple[str, str, str]
MANY = 1e6  # examples of a leaderboard's cell, which says none: its seeds' spread counts alone


@dataclass(frozen=True)
class Comparison:
    """What became of every cell.

    cells: one row a cell with `verdict` ("worse", "better", "same", "too few examples", "missing", "new", "diverged" or
        "not comparable") and `reason`
    notes: lines on files that were left out
    pairing: whether the seeds that both runs have were paired
    """

    cells: pd.DataFrame
    notes: list[str]
    pairing: Pairing

    @property
    def unsure(self) -> int:
        """How many pairs have so few seeds that hardly any drop can be told from noise."""
        seeds = self.cells[["seeds_base", "seeds_new"]].min(axis=1)
        few = self.cells[self.cells["verdict"].isin(["worse", "better", "same"]) & (seeds < FEW)]
        return len(few.drop_duplicates(["task", "model"]))

    @property
    def regressed(self) -> bool:
        """Whether anything got worse, is missing or newly diverged."""
        return bool(self.cells["verdict"].isin(["worse", "missing", "diverged"]).any())


def compare(base: Path, new: Path, tolerance: float, tasks: list[str] | None, models: list[str] | None) -> Comparison:
    """Compare two runs: folders, or their by_length.csv or leaderboard.csv; only of these tasks and models if named.

    RequestError where nothing can be compared.
    """
    (before, base_notes), (after, new_notes) = (read_cells(path, tasks, models) for path in (base, new))
    cells = before.merge(after, how="outer", on=CELL, suffixes=("_base", "_new"), indicator="found")
    cells["verdict"], cells["reason"] = "same", ""
    judge_whole(cells)
    open_to_test = cells["verdict"] == "same"
    if not open_to_test.any() and not (cells["verdict"] == "diverged").any():
        shared = cells[cells["found"] == "both"]
        reasons = sorted(set(shared["reason"])) or ["the two runs share no cell"]
        raise RequestError(f"nothing in {str(new)!r} can be compared with {str(base)!r}: {'; '.join(reasons[:3])}")
    pairing = test(cells, open_to_test, tolerance)
    notes = [f"{path}: {note}" for path, said in ((base, base_notes), (new, new_notes)) for note in said]
    return Comparison(cells, notes + devices_note(cells), pairing)


def read_cells(path: Path, tasks: list[str] | None, models: list[str] | None) -> tuple[pd.DataFrame, list[str]]:
    """Read a run's cells, and notes on files that were left out.

    Columns CELL, ABOUT, and `by_seed`: accuracies by seed, none where a table was read.
    """
    notes: list[str] = []
    seeds: dict[Cell, dict[int, float]] = {}
    if (path / "records").is_dir():
        records, notes = read_records(path / "records")
        groups, mixed = group(records)
        found = blocks(groups)
        frame, notes, seeds = lengths_frame(found, groups), notes + mixed, accuracies(found)
    else:
        frame = read_table(path / "by_length.csv" if path.is_dir() else path)
    cells = cells_of(frame, path)
    keys = zip(*(cells[name] for name in CELL), strict=True)
    cells["by_seed"] = pd.Series([seeds.get(key, {}) for key in keys], index=cells.index, dtype=object)
    for column, names in (("task", tasks), ("model", models)):
        cells = cells[cells[column].isin(names)] if names else cells
    if cells.empty:
        why = " of the tasks and models named" if tasks or models else f" ({notes[0]})" if notes else ""
        raise RequestError(f"{str(path)!r} holds no cell{why}")
    return cells, notes


def accuracies(found: list[Block]) -> dict[Cell, dict[int, float]]:
    """Return the exact match of every seed in every cell."""
    return {
        (task, model, str(length)): dict(zip([record["seed"] for record in records], values, strict=True))
        for block in found
        for (task, model), records, table in zip(block.pairs, block.records, block.accuracy, strict=True)
        for length, values in zip(block.lengths, table.T.tolist(), strict=True)
    }


def read_table(path: Path) -> pd.DataFrame:
    """Read by_length.csv or leaderboard.csv."""
    try:
        return pd.read_csv(path, dtype=TEXTS, keep_default_na=False, na_values=[""])
    except (OSError, ValueError) as error:
        raise RequestError(
            f"cannot read {str(path)!r} as a run: give a folder with records, or its by_length.csv or leaderboard.csv"
        ) from error


def cells_of(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Name the numbers of a table as those of cells; a row of a leaderboard is two cells, inside and beyond."""
    try:
        if "length" in frame:
            named = frame.rename(columns={"exact_match": "mean", "seeds_sd": "deviation"})
            cells = named.assign(length=pd.to_numeric(named["length"]).astype(int).astype(str))[CELL + ABOUT]
        else:
            halves = [
                frame.assign(length=split, mean=frame[split], deviation=frame[f"{split}_sd"], examples=MANY)
                for split in SPLITS
            ]
            cells = pd.concat(halves).dropna(subset="mean")[CELL + ABOUT]
        return checked(cells)
    except KeyError as error:
        raise RequestError(
            f"{str(path)!r} has no column {error.args[0]!r}: it is no by_length.csv or leaderboard.csv of this version"
        ) from error
    except (TypeError, ValueError) as error:
        raise RequestError(f"{str(path)!r} is damaged: {error}") from error


def checked(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells with every number as one; ValueError where one is missing or cannot be, or a cell is there twice."""
    numbers = cells[["mean", "deviation", *COUNTS]].apply(pd.to_numeric).astype(float)
    found = cells.assign(**{name: numbers[name] for name in numbers})
    if found.drop(columns="deviation").isna().any(axis=None):
        raise ValueError("a row lacks a name or a number")
    enough = (numbers[["seeds", "examples"]] >= 1).all(axis=None) and not (numbers < 0).any(axis=None)
    if not enough or (numbers["mean"] > 1).any() or np.isinf(numbers).any(axis=None):
        raise ValueError("a number is out of its range")
    if found.duplicated(CELL).any():
        raise ValueError("it holds a cell twice")
    return found.assign(task_version=found["task_version"].astype(int).astype(str))


def judge_whole(cells: pd.DataFrame) -> None:
    """Set the verdict of cells that are in one run alone, cannot be compared, or belong to a pair that diverged."""

    def judge(chosen: pd.Series[bool], verdict: str, reason: pd.Series[str] | str) -> None:
        chosen &= cells["verdict"] == "same"
        cells.loc[chosen, "verdict"] = verdict
        cells.loc[chosen, "reason"] = reason if isinstance(reason, str) else reason[chosen]

    pairs = cells.groupby(["task", "model"])["found"].transform(lambda found: (found == "both").any())
    for side, verdict, why in (
        ("left_only", "missing", "not in the new run"),
        ("right_only", "new", "not in the base"),
    ):
        judge((cells["found"] == side) & ~pairs, verdict, why)
    for name, said in (("task_version", "task version"), ("evaluation_hash", "evaluation set")):
        base, new = (cells[f"{name}_{run}"].map(str) for run in ("base", "new"))
        odd = (base != new) & (cells["found"] == "both")
        changed = odd.groupby([cells["task"], cells["model"]]).transform("any")
        judge(changed, "not comparable", f"{said} changed")
    judge(cells["found"] == "left_only", "missing", "length no longer evaluated")
    judge(cells["found"] == "right_only", "new", "length not evaluated before")
    share = [cells[f"diverged_{run}"] / cells[f"seeds_{run}"] for run in ("base", "new")]
    counts = [cells[f"{name}_new"].astype("Int64").astype(str) for name in ("diverged", "seeds")]
    judge(share[1] > share[0], "diverged", counts[0] + " of " + counts[1] + " seeds diverged")


def devices_note(cells: pd.DataFrame) -> list[str]:
    """Say on what each run was trained, where that differs."""
    before, after = (", ".join(sorted(set(cells[f"device_{run}"].dropna()))) for run in ("base", "new"))
    return [] if before == after else [f"trained on {before} before, on {after} now"]


def test(cells: pd.DataFrame, chosen: pd.Series[bool], tolerance: float) -> Pairing:
    """Set the verdict of cells that both runs have, by the regression check's test in either direction."""
    base, new = (sample(cells[chosen], run) for run in ("base", "new"))
    learnt = learn(base, new)
    verdict = np.where(is_tested(base, new), "same", "too few examples").astype(object)
    verdict[dropped(base, new, learnt, tolerance)] = "worse"
    verdict[dropped(new, base, learnt, tolerance)] = "better"
    cells.loc[chosen, "verdict"] = verdict
    found = cells["verdict"].isin(["worse", "better"])
    cells.loc[found, "reason"] = "paired seeds" if learnt.pairing.used else "seeds apart"
    return learnt.pairing


def sample(cells: pd.DataFrame, run: str) -> Sample:
    """Return one run's measurements of some cells."""
    mean, deviation, seeds, examples = (
        cells[f"{name}_{run}"].to_numpy() for name in ("mean", "deviation", "seeds", "examples")
    )
    pair = cells.groupby(["task", "model"]).ngroup().to_numpy().astype(np.int64)
    return Sample(
        mean,
        np.nan_to_num(deviation),
        seeds.astype(int),
        examples.astype(float),
        pair,
        seeds_of(cells, f"by_seed_{run}"),
    )


def seeds_of(cells: pd.DataFrame, name: str) -> Floats | None:
    """Return a column of accuracies by seed as (cells, seeds), a column for each seed that any of the runs has."""
    if not any(cells[name]):
        return None
    known = sorted({seed for column in cells.filter(regex="^by_seed_") for found in cells[column] for seed in found})
    return np.array([[found.get(seed, np.nan) for seed in known] for found in cells[name]])


def alone(cells: pd.DataFrame) -> Sample:
    """Return the measurements of a run that is compared with none."""
    return sample(cells.rename(columns={name: f"{name}_run" for name in [*ABOUT, "by_seed"]}), "run")
