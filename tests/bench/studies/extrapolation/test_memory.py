"""Which traces of memories the page shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from extrapolation_pages import own_record, page_of
from harness import record

from bench.records.store import Record


@pytest.mark.slow
def test_a_memory_is_shown_where_a_familys_horizon_is_farthest_and_nearest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def made(task: str, last: int, values: list[Any]) -> Record:
        kept = [{"length": n, "source": ["a"], "written": ["b"], "series": {"place": values}} for n in (3, 6)]
        return own_record(task, "walker", {3: 100, 6: last, 30: 0}, traces=kept)

    far, near, between = made("far", 100, [1, 2]), made("near", 0, [7, None]), made("between", 98, [5])
    near["by_length"]["3"] |= {"right": 0, "tokens_right": 0}
    blank = made("blank", 100, [None]) | {"model": "silent"}
    empty = record({3: 1}, model="empty", traces=[{"length": 3, "source": [], "written": [], "series": {}}])
    page, _ = page_of(capsys, tmp_path, far, near, between, blank, empty)
    assert re.findall(r"^`(\w+)` on (\w+):$", page, re.MULTILINE) == [
        ("silent", "blank"),
        ("walker", "far"),
        ("walker", "near"),
    ]
    assert "place from 1 to 2, between 1 and 2, in 2 steps" in page
    assert "place has no number" in page
