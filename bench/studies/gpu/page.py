"""The page on what a GPU did: its steps beside a processor's, several at once, and whether its numbers are the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pandas as pd
from scipy.stats import t

from bench.analysis.compare import compare
from bench.analysis.frame import Groups, group
from bench.analysis.tables import leaderboard
from bench.records.store import read_records, write_atomically
from bench.studies.gpu.session import CORE, GRAPH, PLAIN, Session, Way, read_session
from bench.studies.pages import origin, rendered
from bench.views.numbers import markdown_table

TEMPLATE = Path(__file__).with_name("page.md")
TOLERANCE = 0.02  # as `compare` has it by default
SPLITS = {"inside": "inside training lengths", "beyond": "past them"}


@dataclass(frozen=True)
class Agreement:
    """How a run stands to the reference run on processors.

    cells, worse, better: those of both; pairs: how many; differences: a sentence's part on each split
    """

    suite: str
    made: str
    seeds: int
    cells: int
    worse: int
    better: int
    pairs: int
    differences: str


def agreement(run: Path, baseline: Path) -> Agreement:
    """Hold a run on a GPU beside the reference run of its suite."""
    found = compare(baseline / run.name, run, TOLERANCE, None, None).cells
    verdicts = found[found["found"] == "both"]["verdict"].value_counts()
    here, there = (groups_of(each) for each in (run, baseline / run.name))
    shared = here.keys() & there.keys()
    one, other = (
        leaderboard({pair: each[pair] for pair in shared}).set_index(["task", "model"]) for each in (here, there)
    )
    said = [f"{difference(one[split] - other[split])} {words}" for split, words in SPLITS.items()]
    records = [record for each in here.values() for record in each]
    return Agreement(
        run.name,
        origin(records),
        len(records),
        int(verdicts.sum()),
        int(verdicts.get("worse", 0)),
        int(verdicts.get("better", 0)),
        len(shared),
        " and ".join(said),
    )


def difference(gaps: pd.Series[float]) -> str:
    """Say the mean over pairs of a difference of shares, in points, and its 95 % interval by Student's t."""
    known = 100 * gaps.dropna()
    half = float(t.ppf(0.975, len(known) - 1)) * float(known.to_numpy().std(ddof=1)) / len(known) ** 0.5
    return f"{known.mean():+.1f} ± {half:.1f} points"


def groups_of(run: Path) -> Groups:
    """Return a run's records by pair."""
    return group(read_records(run / "records")[0])[0]


def steps_table(session: Session) -> str:
    """Return every family's steps a second: on a core, call by call, by graph, and what the graph gains."""
    rows = []
    for family in session.families:
        rates = [session.rates.get((family, way)) for way in (CORE, PLAIN, GRAPH)]
        gains = [session.gain(family, GRAPH, way) for way in (CORE, PLAIN)]
        rows.append([family, *map(whole, rates), *map(times, gains)])
    heads = ["family", "a core", "call by call", "by graph", "graph / core", "graph / calls"]
    return markdown_table(heads, rows, 1)


def together_table(session: Session) -> str:
    """Return what several at once gain over one alone, by family: times its steps a second."""
    ways = session.ways
    rows = [[family, *(times(session.gain(family, way, GRAPH)) for way in ways)] for family in session.families]
    return markdown_table(
        ["family", *map(named, ways)], [row for row in rows if any(each != "-" for each in row[1:])], 1
    )


def named(way: Way) -> str:
    """Name a way of several at once: 4 x 8, processes by seeds in each."""
    return f"{way.processes} x {way.seeds}"


def middle(session: Session, way: Way, over: Way) -> str:
    """Return the median family's gain of one way over another."""
    return times(median(gain for each in session.families if (gain := session.gain(each, way, over))))


def slower(session: Session) -> str:
    """Say how many families take fewer steps call by call than on a core."""
    gains = [gain for family in session.families if (gain := session.gain(family, PLAIN, CORE)) is not None]
    return f"{sum(gain < 1 for gain in gains)} of {len(gains)}"


def whole(rate: float | None) -> str:
    """Steps a second, to three digits at most."""
    return "-" if rate is None else f"{rate:.0f}" if rate >= 100 else f"{rate:#.2g}".rstrip(".")


def times(ratio: float | None) -> str:
    """A ratio, or a dash where there is none."""
    return "-" if ratio is None else f"{ratio:.1f}"


def gpu_page(folder: Path, baseline: Path) -> str:
    """Return the page on a session's folder."""
    session = read_session(folder)
    return rendered(
        TEMPLATE,
        facts=session.facts,
        steps=steps_table(session),
        together=together_table(session),
        graph_over_calls=middle(session, GRAPH, PLAIN),
        graph_over_core=middle(session, GRAPH, CORE),
        slower=slower(session),
        runs=[agreement(run, baseline) for run in session.runs],
    )


def write_page(folder: Path, baseline: Path, page: Path) -> None:
    """Write the page to a file."""
    write_atomically(page, gpu_page(folder, baseline))
