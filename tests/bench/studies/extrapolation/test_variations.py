"""The same task trained on shorter and on longer strings."""

from __future__ import annotations

import re

import pytest
from extrapolation_pages import rows_of

from bench.studies.extrapolation.families import families
from bench.studies.extrapolation.variations import variations
from bench.views.charts.material import Run


@pytest.mark.slow
def test_horizons_by_training_length_are_those_of_the_rows_own_tables(page: str, run: Run) -> None:
    table = rows_of(page, "Horizon against training length", 0)
    assert table[""] == ["family", "up to 5", "up to 10", "up to 20", "up to 40"]
    assert set(table) == {"", "`location_attention`", "`decoder_only(positions=coupled)`", "`gru`", "`lru`"}
    assert table["`lru`"] == ["-"] * 4
    for place, edge in enumerate((5, 10, 20, 40)):
        horizons = {family.model: family.row["l99"] for family in families(run, f"copy(1-{edge})")}
        for model in ("location_attention", "decoder_only(positions=coupled)", "gru"):
            shown = re.match(r"(?:>= )?(\d+)", table[f"`{model}`"][place])
            assert shown
            assert int(shown[1]) == horizons[model]


def test_families_stand_in_order_of_their_horizons_with_their_training_lengths_ascending(run: Run) -> None:
    found = variations(run)
    assert list(found) == ["copy"]
    assert next(iter(found["copy"])) == "location_attention"
    assert [family.row["edge"] for family in found["copy"]["gru"]] == [5, 10, 20, 40]
