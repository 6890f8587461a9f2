"""Make a run the committed baseline; keep each pair's headline numbers at the commits where someone asks for that."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analysis.frame import Groups, group
from bench.analysis.metrics import NATS, primary
from bench.analysis.summary import Pair, summaries
from bench.analysis.tables import leaderboard
from bench.records.key import sources_of
from bench.records.provenance import commit, commit_date
from bench.records.schema import SCORED
from bench.records.store import Record, pack_records, read_records, write_atomically
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError
from bench.spec.home import no_records
from bench.spec.spec import Spec

COLUMNS = "commit date suite task task_version model device seeds inside inside_sd beyond beyond_sd area".split()
KEY = ["commit", "suite", "task", "model"]
TEXTS = dict.fromkeys([*KEY, "date", "device"], str)


def promote(run: Path, baseline: Path) -> list[str]:
    """Replace a baseline's records by a run's, packed; return lines that say what changes. The run may be the baseline.

    Refused unless the code is committed, every record was made by committed code, and that code is this code.
    """
    groups, _ = checked_groups(run)
    lines = differences(group(read_records(baseline / "records")[0])[0], groups)
    pack_records(run / "records", baseline / "records")
    return lines


def checked_groups(run: Path) -> tuple[Groups, str]:
    """Return a run's records, and the commit of this checkout, once it is sure that this very code made them."""
    records, problems = read_records(run / "records")
    if problems:
        raise RequestError(f"{str(run)!r} has files that are no records: {problems[0]}")
    if not records:
        raise RequestError(no_records(run))
    head, dirty = commit()
    if head is None or dirty:
        raise RequestError("the code is not committed (or this is no git checkout): commit, run again, then promote")
    catalogue = Catalogue()
    for record in records:
        check_origin(record, catalogue)
    groups, mixed = group(records)
    if mixed:
        raise RequestError(mixed[0])
    return groups, head


def check_origin(record: Record, catalogue: Catalogue) -> None:
    """Raise unless a record was made by committed code that is still the code."""
    name = f"{record['task']} {record['model']} seed {record['seed']}"
    if record["status"] == SCORED:
        raise RequestError(f"{name} was scored, not trained: a reference run holds what its code trained")
    if record["commit"] is None or record["dirty"]:
        raise RequestError(f"{name} was made by code that was not committed: run it again")
    if record["sources"] != sources_of(Spec(record["spec"]["task"], record["spec"]["model"]), catalogue).whole:
        raise RequestError(f"{name} was made by other code than this checkout's: run it again")


def differences(old: Groups, new: Groups) -> list[str]:
    """Say pair by pair what a new baseline changes."""
    lines = []
    for pair in sorted(old.keys() | new.keys()):
        name = " ".join(pair)
        if pair not in new:
            lines.append(f"- {name}: gone")
        elif pair not in old:
            lines.append(f"+ {name}: new, {described(pair, new[pair])}")
        elif [r["by_length"] for r in old[pair]] != [r["by_length"] for r in new[pair]]:
            lines.append(f"  {name}: {described(pair, old[pair])} -> {described(pair, new[pair])}")
    return lines or ["nothing changes"]


def described(pair: Pair, records: list[Record]) -> str:
    """Return exact match in distribution and past it in a few characters; of language models, their nats."""
    (row,) = summaries({pair: records})
    if primary(records[0]) is NATS:
        return f"{row['nats']:.3f} nats"
    return f"inside {100 * row['inside']:.1f} % beyond {100 * row['beyond']:.1f} %"


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
