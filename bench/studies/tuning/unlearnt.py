"""Which pairs of a suite their default recipe leaves unlearnt, by the records of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.analysis.statistics import SOLVED
from bench.records.store import Record, read_records
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError
from bench.studies.tuning.search import tunable
from bench.suites.suites import Suite


def unlearnt(run: Path, suite: Suite, catalogue: Catalogue) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the pairs below 99 % exact match inside, over all seeds, and a note about those without a record.

    A column that is named apart from its family has settings of its own, which are what it is about: none is tuned.
    """
    records, problems = read_records(run / "records")
    if not records:
        raise RequestError(f"no records in {str(run / 'records')!r}: name rows and families, or a run with --from")
    found: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        found.setdefault((record["task"], record["model"]), []).append(record)
    families = tunable(catalogue)
    pairs = [(s.row, s.column) for s in suite.specs if s.column == s.model and s.model in families]
    lacking = ", ".join(f"{row} {model}" for row, model in pairs if (row, model) not in found)
    notes = [f"left out, without a record in {str(run)!r}: {lacking}"] if lacking else []
    return [pair for pair in pairs if pair in found and inside(found[pair]) < SOLVED], [*problems, *notes]


def inside(records: Sequence[Record]) -> float:
    """Return the mean exact match over a pair's seeds and its training lengths, each alike."""
    shares = []
    for record in records:
        scores = [record["by_length"].get(str(length)) for length in record["inside_lengths"]]
        judged = [score["right"] / score["examples"] for score in scores if score is not None]
        shares.append(sum(judged) / len(judged) if judged else 0.0)
    return sum(shares) / len(shares)
