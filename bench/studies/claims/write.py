"""Writes what the claims come to by a run: their table, the page, the pictures."""

from __future__ import annotations

from pathlib import Path

from bench.analysis.frame import group
from bench.records.store import read_records, write_atomically
from bench.spec.errors import WorkError
from bench.studies.claims.charts import drawing
from bench.studies.claims.claim import topics
from bench.studies.claims.evidence import COMMAND
from bench.studies.claims.judge import judge
from bench.studies.claims.page import claims_page
from bench.studies.claims.table import Judged, claims_table
from bench.studies.pages import write_pages
from bench.views.charts.panel import write_drawings


def write_claims(out: Path, page: Path | None) -> tuple[list[Judged], list[str]]:
    """Judge every claim by a run's records and write claims.csv, lessons.md and figures/ into its folder.

    page: a file that gets the same page, its pictures still those of the run -> verdicts, notes on records left out
    """
    records, problems = read_records(out / "records")
    if not records:
        raise WorkError(f"no records in {str(out / 'records')!r}: run `{COMMAND}` first")
    groups, mixed = group(records)
    judged = [Judged(topic, claim, judge(claim, groups)) for topic in topics() for claim in topic.claims]
    pictures = {topic.name: drawn for topic in topics() if (drawn := drawing(topic, groups))}
    write_drawings(out / "figures", pictures.values(), only="lesson-*")
    write_atomically(out / "claims.csv", claims_table(judged).to_csv(index=False, float_format="%.6g"))
    files = [out / "lessons.md", *([page] if page else [])]
    write_pages(files, out / "figures", lambda folder: claims_page(judged, groups, pictures, folder))
    return judged, problems + mixed
