"""Columns: declared once, found by their names or headings, in the order that other programs rely on."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from harness import record
from hypothesis import given
from hypothesis import strategies as st
from text_records import text_record

from bench.analysis.frame import group
from bench.analysis.metrics import METRICS
from bench.analysis.tables import by_length, leaderboard
from bench.spec.errors import RequestError
from bench.views.columns import BY_LENGTH, COLUMNS, LEADERBOARD, brief, columns, costs, csv_names, explained, headline
from bench.views.tables import as_csv

GROUPS = group([record({3: 90, 4: 50}), text_record({8: 1.5, 120_179: 1.0})])[0]


@given(
    st.lists(
        st.tuples(st.floats(), st.text("ab,\"'é\n", max_size=4), st.booleans(), st.integers(-9, 9)),
        min_size=1,
        max_size=9,
    )
)
def test_a_csv_is_that_of_pandas(rows: list[tuple[float, str, bool, int]]) -> None:
    frame = pd.DataFrame(rows, columns=["number", "name", "flag", "count"])
    assert as_csv(frame, list(frame)) == frame.to_csv(index=False, float_format="%.6g")


def test_both_frames_have_the_columns_of_their_csv_and_no_metric_is_added_twice() -> None:
    for frame, order in ((by_length(GROUPS), BY_LENGTH), (leaderboard(GROUPS), LEADERBOARD)):
        assert set(order) <= set(frame.columns)
        assert csv_names(order, frame) == order


def test_headings_and_names_are_found_and_others_named() -> None:
    assert columns("l99 solve_rate") == columns(["L99", "solved"])
    assert len({column.name for column in COLUMNS}) == len({column.heading for column in COLUMNS}) == len(COLUMNS)
    with pytest.raises(RequestError, match="unknown column 'speed'; choose from: task, model, inside"):
        columns("task speed")


@pytest.mark.parametrize("bounds", [True, False])
def test_every_column_writes_a_cell_of_every_row(bounds: bool) -> None:
    for row in leaderboard(GROUPS).to_dict("records"):
        for column in COLUMNS:
            assert column.write(row, bounds)
            assert "nan" not in column.write(row, bounds)
            assert "[" not in column.write(row, bounds) or bounds


def test_what_pages_show_is_explained() -> None:
    layouts = [headline("exact_match"), headline("nats"), costs(METRICS), brief("exact_match"), brief("nats")]
    for column in (column for layout in layouts for column in layout):
        assert column.caption
        assert f"- *{column.heading}*: {column.caption}\n" in explained([column])


def test_a_primary_metric_without_a_layout_has_a_plain_one() -> None:
    assert [column.name for column in headline("content_wrong")][:2] == ["model", "content_wrong"]
    assert [column.name for column in brief("content_wrong")][:3] == ["task", "model", "content_wrong"]


def test_an_interval_stands_where_there_is_one() -> None:
    (inside,) = columns("inside")
    row = {"inside": 0.5, "inside_low": 0.25, "inside_high": 0.75}
    assert [inside.write(row, bounds) for bounds in (True, False)] == ["50.0 [25.0, 75.0]", "50.0"]
    assert inside.write({"inside": 0.5}, True) == "50.0"
    assert inside.write({"inside": math.nan}, True) == "-"
