"""Published figures beside ours: the right numbers of the right records, and nothing met that is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import ROOT, record, score

from bench.records.store import read_records, write_record
from bench.spec.errors import WorkError
from bench.studies.published.table import HEADINGS, figures, published
from bench.views.charts.material import read_run
from bench.views.readme import Asked

NATS = {("rnn", 0): 1.4, ("rnn", 1): 1.6, ("gru", 0): 1.3}


def asked(root: Path) -> Asked:
    """What a page in docs asks for."""
    return Asked(root, root / "docs" / "results.md", "results/baseline", "", None, None, read_run)


def planted(root: Path, nats: dict[tuple[str, int], float], words: int) -> None:
    """Write records of every row that a figure stands beside, two seeds of the RNN with so many nats."""
    for figure in figures():
        folder = root / "results" / "baseline" / figure.run / "records"
        for seed in (0, 1) if figure.family == "rnn" else (0,):
            parts = {"8": score(1, 2, tokens=2, tokens_right=1, nats=9.0)}
            far = nats.get((figure.family, seed), 1.0)
            parts[str(figure.text or 500)] = score(1, 2, tokens=1000, tokens_right=words, nats=far)
            made = record({3: 1}, task=figure.row, model=figure.family, seed=seed, kind="stream", inside=(8,))
            write_record(folder, made | {"by_length": parts})


def rows(table: str) -> list[dict[str, str]]:
    """Return the rows of a Markdown table by heading."""
    lines = [[cell.strip() for cell in line.strip().strip("|").split(" | ")] for line in table.splitlines()]
    assert tuple(lines[0]) == HEADINGS
    return [dict(zip(HEADINGS, line, strict=True)) for line in lines[2:]]


def test_a_figure_stands_beside_the_mean_over_seeds_of_the_farthest_text(tmp_path: Path) -> None:
    planted(tmp_path, NATS, words=640)
    rnn, gru, lstm, words, *_ = rows(published(asked(tmp_path)))
    assert (rnn["published"], rnn["here"], rnn["seeds"]) == ("1.486", "1.500 [1.400, 1.600]", "2")
    assert rnn["shortfall"] == "0.014"
    assert (gru["here"], gru["seeds"], gru["shortfall"]) == ("1.300", "1", "none")
    assert lstm["shortfall"] == "none"
    assert (words["published"], words["here"], words["shortfall"]) == ("64.0", "64.0 [64.0, 64.0]", "none")


def test_fewer_words_fall_short(tmp_path: Path) -> None:
    planted(tmp_path, NATS, words=600)
    assert [row["shortfall"] for row in rows(published(asked(tmp_path)))[3:]] == ["4.0", "none", "15.8", "26.9"]


def test_a_run_that_lacks_a_row_is_named(tmp_path: Path) -> None:
    planted(tmp_path, NATS, words=600)
    for file in (tmp_path / "results" / "baseline" / "language" / "records").glob("*gru*"):
        file.unlink()
    with pytest.raises(WorkError, match="no 'gru' on 'chars_nietzsche' in the run 'language'"):
        published(asked(tmp_path))


def test_every_figure_has_a_committed_counterpart() -> None:
    for figure in figures():
        records, _ = read_records(ROOT / "results" / "baseline" / figure.run / "records")
        assert any((made["task"], made["model"]) == (figure.row, figure.family) for made in records), figure
