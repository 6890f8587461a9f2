"""The history of a suite: each pair's headline numbers at the commits where someone asked for them to be kept."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analysis.frame import Groups
from bench.analysis.tables import leaderboard
from bench.records.provenance import commit_date
from bench.records.store import write_atomically
from bench.spec.errors import RequestError

COLUMNS = "commit date suite task task_version model device seeds inside inside_sd beyond beyond_sd area".split()
KEY = ["commit", "suite", "task", "model"]
TEXTS = dict.fromkeys([*KEY, "date", "device"], str)


def append(file: Path, groups: Groups, commit: str, suite: str) -> int:
    """Add a run's pairs under a commit -> how many; a pair kept before is replaced."""
    rows = leaderboard(groups).assign(commit=commit, date=commit_date(commit), suite=suite)[COLUMNS]
    kept = read_history(file)
    frame = pd.concat([kept, rows]).drop_duplicates(KEY, keep="last") if len(kept) else rows
    frame = frame.sort_values(["date", "commit", "suite", "task", "model"], ignore_index=True)
    write_atomically(file, frame.to_csv(index=False, float_format="%.6g"))
    return len(rows)


def read_history(file: Path) -> pd.DataFrame:
    """Read the history; none yet is an empty one."""
    if not file.exists():
        return pd.DataFrame(columns=COLUMNS)
    try:
        frame = pd.read_csv(file, dtype=TEXTS, keep_default_na=False, na_values=[""])
        return frame[COLUMNS]
    except (OSError, ValueError, KeyError) as error:
        raise RequestError(f"{str(file)!r} is no history (columns {', '.join(COLUMNS)}): move it away") from error
