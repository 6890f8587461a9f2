"""The pictures of a task: which families they show, which numbers, that all lies within them."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import record

from bench.records.store import write_record
from bench.studies.extrapolation.charts import MOST_LINES, adversarial_scores, random_scores
from bench.studies.extrapolation.families import families
from bench.studies.extrapolation.page import content
from bench.studies.extrapolation.write import read
from bench.views.charts.material import Run
from bench.views.charts.panel import together
from bench.views.charts.style import styled


def test_a_chart_shows_the_largest_areas_in_colours_of_their_own(run: Run) -> None:
    styles = content(run).drawings["copy(1-20)"].styles
    assert styles is not None
    assert len(styles) == MOST_LINES
    assert len({style.colour for style in styles.values()}) == MOST_LINES
    assert not {"gru", "lstm", "lru"} & set(styles)


def test_curves_are_means_over_kinds_for_every_seed(tmp_path: Path) -> None:
    for seed, right in enumerate((50, 100)):
        sets = {"6": {"a": {"examples": 10, "right": seed, "stopped_wrong": 0}, "b": {"examples": 2, "right": 2,
                "stopped_wrong": 0}}}  # fmt: skip
        write_record(tmp_path / "records", record({3: 100, 6: right}, seed=seed, adversarial=sets))
    (family,) = families(read(tmp_path), "copy")
    lengths, values = random_scores(family)
    assert (lengths, values.tolist()) == ([3, 6], [[1, 0.5], [1, 1]])
    found = adversarial_scores(family)
    assert found
    assert (found[0], found[1].tolist()) == ([6], [[0.5], [0.55]])


@pytest.mark.slow
@styled()
def test_all_that_a_picture_writes_lies_within_it(run: Run) -> None:
    for picture in content(run).pictures:
        figure = together(picture.heading, picture.panels, picture.columns, picture.styles)
        box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        assert min(box.x0, box.y0) >= 0, picture.name
        assert box.x1 <= width, picture.name
        assert box.y1 <= height, picture.name
