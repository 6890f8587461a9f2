"""Writes what the lessons of a run come to: the table of claims, the page, the pictures."""

from __future__ import annotations

import os
from pathlib import Path

from bench.analysis.tables import group
from bench.records.store import read_records, write_atomically
from bench.spec.errors import WorkError
from bench.studies.claims.course import COURSE
from bench.studies.claims.figures import write_pictures
from bench.studies.claims.judge import judge
from bench.studies.claims.page import lessons_page
from bench.studies.claims.table import Judged, claims_table
from bench.studies.claims.words import COMMAND


def write_lessons(out: Path, page: Path | None) -> tuple[list[Judged], list[str]]:
    """Judge every claim by a run's records and write claims.csv, lessons.md and figures/ into its folder.

    page: a file that gets the same page, its pictures still those of the run -> verdicts, notes on records left out
    """
    records, problems = read_records(out / "records")
    if not records:
        raise WorkError(f"no records in {str(out / 'records')!r}: run `{COMMAND}` first")
    groups, mixed = group(records)
    judged = [Judged(lesson, claim, judge(claim, groups)) for lesson in COURSE for claim in lesson.claims]
    pictures = write_pictures(out / "figures", COURSE, groups)
    write_atomically(out / "claims.csv", claims_table(judged).to_csv(index=False, float_format="%.6g"))
    for file in (out / "lessons.md", *([page] if page else [])):
        folder = Path(os.path.relpath(out.resolve() / "figures", file.resolve().parent)).as_posix()
        write_atomically(file, lessons_page(judged, groups, pictures, folder))
    return judged, problems + mixed
