"""Published claims beside ours: the verdict's rule, the numbers of the line, and committed records behind each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from harness import ROOT, record

from bench.records.store import read_records, write_record
from bench.spec.errors import WorkError
from bench.studies.published import reproductions as page
from bench.studies.published.reproductions import HEADINGS, Claim, claim_of, papers, reproductions
from bench.views.charts.material import read_run
from bench.views.readme import Asked

ENTRY = {
    "says": "LSTM, parity",
    "there": "up to 40 -> 256",
    "printed": 0.9,
    "seeds": "5",
    "holds": True,
    "row": "copy",
    "family": "gru",
    "lengths": [40, 80],
}


def claim(**changes: object) -> Claim:
    """A claim, changed."""
    return claim_of(ENTRY | changes)


@pytest.mark.parametrize(
    ("changes", "found", "verdict"),
    [
        ({}, [0.9, 0.9, 0.9], "reproduced"),
        ({}, [1.0, 0.8, 0.76], "reproduced"),  # a mean of 85.3 is within five points of 90
        ({}, [1.0, 0.8, 0.7], "not reproduced"),
        ({}, [1.0, 1.0, 1.0], "reproduced"),  # more than is claimed is no failure of the claim
        ({"spread": 0.2}, [0.7, 0.7, 0.75], "reproduced"),
        ({"spread": 0.2}, [0.7, 0.7, 0.69], "not reproduced"),
        ({"holds": False}, [0.1, 0.2, 0.0], "reproduced"),
        ({"holds": False, "printed": 0.5}, [0.5, 0.54, 0.6], "reproduced"),
        ({"holds": False, "printed": 0.5}, [1.0, 0.5, 0.5], "not reproduced"),
        ({}, [1.0, 1.0], "open"),
        ({"incomparable": "It reads a tape."}, [0.0, 0.0, 0.0], "not comparable"),
    ],
)
def test_the_verdict_is_by_the_mean_on_the_claimed_side(
    changes: dict[str, object], found: list[float], verdict: str
) -> None:
    assert claim(**changes).verdict(np.array(found)) == verdict


def test_a_line_has_the_mean_over_lengths_and_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "results" / "baseline" / "full" / "records"
    for seed, right in enumerate([(100, 90), (80, 70), (60, 50)]):
        made = record({10: 98, 40: right[0], 80: right[1]}, inside=(10,), task="copy", model="gru", seed=seed)
        write_record(folder, made)
    paper = page.Paper(name="A paper", source="Somebody 2025", differs="All.", tried="Much.", claims=(claim(),))
    monkeypatch.setattr(page, "papers", lambda: [paper])
    asked = Asked(tmp_path, tmp_path / "docs" / "a.md", "results/baseline", "", None, None, read_run)
    text = reproductions(asked)
    assert text.startswith(
        "1 claims of 1 papers: 1 not reproduced.\n\n## A paper\n\nSomebody 2025. All.\n\nTried: Much."
    )
    line = dict(zip(HEADINGS, [cell.strip() for cell in text.splitlines()[-1].strip("|").split(" | ")], strict=True))
    assert (line["found"], line["seeds"], line["inside"]) == ("75.0 [55.0, 95.0]", "3", "98.0")
    assert (line["printed"], line["there"], line["verdict"]) == ("90.0", "up to 40 -> 256, 5 seeds", "not reproduced")
    assert line["here"] == "to 10, asked at 40, 80"


def test_a_length_that_was_not_scored_is_one_line() -> None:
    with pytest.raises(WorkError, match=r"^'gru' on 'copy' was not scored at all of \[40, 80\]$"):
        claim().of_each_seed([record({10: 98, 40: 1})])


def test_every_claim_has_committed_records_scored_at_its_lengths() -> None:
    runs = {each.run for paper in papers() for each in paper.claims}
    found = {run: read_records(ROOT / "results" / "baseline" / run / "records")[0] for run in runs}
    for paper in papers():
        for each in paper.claims:
            its = [made for made in found[each.run] if (made["task"], made["model"]) == (each.row, each.family)]
            assert its, each
            assert len(each.of_each_seed(its)) == len(its)
            assert min(each.lengths) > max(its[0]["train_lengths"])
