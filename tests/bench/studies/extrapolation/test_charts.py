"""The pictures of a task: which families they show, which numbers, that all lies within them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from harness import record, score

from bench.analysis.metrics import EXACT
from bench.records.store import write_record
from bench.studies.extrapolation.charts import (
    MOST_LINES,
    accuracy_panels,
    error_panels,
    scores,
    text_styles,
    word_panel,
)
from bench.studies.extrapolation.families import families
from bench.studies.extrapolation.page import content, read
from bench.views.charts.material import Run
from bench.views.charts.style import style_at, styled


def test_a_chart_shows_the_largest_areas_in_colours_of_their_own(run: Run) -> None:
    styles = content(run).drawings["copy(1-20)"].styles
    assert styles is not None
    assert len(styles) == MOST_LINES
    assert len({style.colour for style in styles.values()}) == MOST_LINES
    assert not {"gru", "lstm", "lru"} & set(styles)


def test_a_chart_is_of_every_seed_and_of_adversarial_sets_the_mean_over_kinds(tmp_path: Path) -> None:
    for seed, right in enumerate((50, 100)):
        sets = {"6": {"a": {"examples": 10, "right": seed, "stopped_wrong": 0}, "b": {"examples": 2, "right": 2,
                "stopped_wrong": 0}}}  # fmt: skip
        write_record(tmp_path / "records", record({3: 100, 6: right}, seed=seed, adversarial=sets))
    (family,) = families(read(tmp_path), "copy")
    lengths, values = scores(family, EXACT)
    assert (lengths, values.tolist()) == ([3, 6], [[1, 0.5], [1, 1]])
    random, hard = accuracy_panels({"gru": family}, {"gru": style_at(0)})
    assert "gru 100.0 % at 3 and 75.0 % at 6" in random.alt_text
    assert "gru 52.5 % at 6" in hard.alt_text


def test_errors_are_drawn_where_no_seed_overflowed(tmp_path: Path) -> None:
    for seed, last in enumerate((0.5, None)):
        by_length = {"3": score(0, nrmse=0.0), "6": score(0, nrmse=0.25), "9": score(0, nrmse=last)}
        write_record(tmp_path / "records", record({3: 0}, seed=seed, kind="values") | {"by_length": by_length})
    (family,) = families(read(tmp_path), "copy")
    (panel,) = error_panels({"gru": family}, {"gru": style_at(0)})
    assert "gru 1e-16 at 3 and 0.25 at 6." in panel.alt_text


def test_texts_keep_their_styles_where_families_are_evaluated_on_different_ones(run: Run) -> None:
    wide, narrow = families(run, "human_numbers")[:2]
    part = replace(narrow, lengths={text: row for text, row in narrow.lengths.items() if text > 8000})
    styles = text_styles({"wide": wide, "narrow": part})
    assert list(styles) == ["text to 8,000 (training)", "text to 9,999", "text to 11,999"]
    said = word_panel({"wide": wide, "narrow": part}, styles).alt_text
    assert said.count("text to 8,000 (training)") == 1
    assert said.count("text to 9,999") == said.count("text to 11,999") == 2


@pytest.mark.slow
@styled()
def test_all_that_a_picture_writes_lies_within_it(run: Run) -> None:
    for picture in content(run).pictures:
        figure = picture.figure()
        box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        assert min(box.x0, box.y0) >= 0, picture.name
        assert box.x1 <= width, picture.name
        assert box.y1 <= height, picture.name
