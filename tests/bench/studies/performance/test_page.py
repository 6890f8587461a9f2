"""The page on speed is made of its file alone: the committed two agree, and a small measurement gives both."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from harness import ROOT, in_process

from bench.commands.performance import MEASURED
from bench.probes.performance.measurement import PARTS, Measurement, Product, Row, read_measurement, write_measurement
from bench.spec.errors import RequestError, WorkError
from bench.studies.performance import page
from bench.studies.performance.cases import COUNTERPARTS, FAMILIES, LENGTHS, LONG, NOTEBOOK, cases

FILE, PAGE = ROOT / "results" / "performance.json", ROOT / "docs" / "performance.md"


def row(table: str, model: str, peer: str = "", **others: float) -> Row:
    given = {"seconds": 0.01, "torch_seconds": 0.02, "operations": 5e8, "tokens": 640.0} | others
    sizes = {"hidden": 64, "batch": 64, "step_bytes": 2_500_000, "evaluation_bytes": 1_000_000}
    peers = {"peer": peer, "peer_tokens": 640.0, "peer_seconds": 0.015} if peer else {}
    shares = dict.fromkeys(PARTS, 0.2)
    return Row(table=table, task="copy", model=model, evaluation_seconds=0.03, shares=shares, **given, **sizes, **peers)


def measurement(*rows: Row) -> Measurement:
    products = [Product(1024, 1024, 1024, 1e11, 6e10), Product(56, 64, 256, 5e10, 6e10)]
    about = {"processor": "a processor", "instruction_set": "AVX2", "torch": "2.13.0", "kernels": True}
    return Measurement(**about, rounds=3, steps=3, examples=256, products=products, rows=list(rows))


FOUND = measurement(
    row(FAMILIES, "lstm", "LSTM"), row(FAMILIES, "transformer"), row(FAMILIES, "mine"), row(NOTEBOOK, "rnn", "notebook")
)


def test_committed_page_is_that_of_the_committed_file() -> None:
    assert page.performance_page(read_measurement(FILE)) == PAGE.read_text(encoding="utf-8")


def test_committed_ratios_are_of_the_same_work() -> None:
    compared = [each for each in read_measurement(FILE).rows if each.peer]
    assert {each.table for each in compared} == {FAMILIES, LENGTHS, LONG, NOTEBOOK}
    assert all(each.tokens == each.peer_tokens for each in compared)


def test_a_file_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_measurement(tmp_path / "found.json", FOUND)
    assert read_measurement(tmp_path / "found.json") == FOUND


def test_ratios_and_shares() -> None:
    lstm = FOUND.rows[0]
    assert (lstm.against_peer, lstm.against_torch) == pytest.approx((1.5, 2.0))
    assert lstm.share(FOUND.limit) == pytest.approx(0.5)
    assert FOUND.rows[1].against_peer is None


def test_page_names_every_family_once_a_table_and_says_where_the_numbers_are_from() -> None:
    text = page.performance_page(FOUND)
    assert "a processor, torch 2.13.0 with AVX2" in " ".join(text.split())
    for model in ("lstm", "transformer", "mine"):
        assert len(re.findall(rf"^\| {model}, 64 \|", text, re.MULTILINE)) == 2
    for heading in ("### Recurrent layers", "### Attention", "### Others"):
        assert heading in text
    assert "### Parallel scans" not in text
    assert "1.50 times its speed" in text
    assert all(len(line) <= 120 or line.startswith("|") for line in text.splitlines())


def test_a_page_without_comparisons_has_no_section_on_them() -> None:
    assert "## Beside" not in page.performance_page(measurement(row(FAMILIES, "lstm")))


@pytest.mark.parametrize("content", ["{", "{}", json.dumps([1])])
def test_another_file_is_refused_in_one_line(content: str, tmp_path: Path) -> None:
    (tmp_path / "found.json").write_text(content)
    with pytest.raises(WorkError, match="is no file of `python -m bench performance`"):
        read_measurement(tmp_path / "found.json")


def test_a_file_that_is_missing_names_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = in_process(capsys, "performance", "--measured", "--out", tmp_path / "none.json")
    assert done.code == 1
    assert "`python -m bench performance` writes it" in done.err


def test_cases_are_of_all_families_or_of_those_asked() -> None:
    assert {case.spec.model for case in cases() if case.peer} == set(COUNTERPARTS)
    assert [case.table for case in cases(["lstm"])] == [FAMILIES, LENGTHS, LONG]
    with pytest.raises(RequestError, match="unknown model 'lsmt'"):
        cases(["lsmt"])


def test_the_command_shows_a_file_within_80_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bench.commands.console.LOG_WIDTH", 80)
    write_measurement(tmp_path / "found.json", FOUND)
    shown = "performance", "--measured", "--out", tmp_path / "found.json", "--page", tmp_path / "page.md"
    done = in_process(capsys, *shown)
    assert (done.code, done.err) == (0, "")
    tables = [line for line in done.out.splitlines() if line[:1] in "│┃┏└┡"]
    assert tables
    assert max(map(len, tables)) <= 80
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == page.performance_page(FOUND)


@pytest.mark.slow
def test_the_command_measures_writes_and_leaves_untrained_families_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("performance", "--families", "elman,majority,ridge", "--rounds", 1, "--out", tmp_path / "found.json")
    done = in_process(capsys, *asked)
    assert done.code == 0
    found = read_measurement(tmp_path / "found.json")
    assert [each.model for each in found.rows] == ["elman"]
    assert found.rows[0].tokens == found.rows[0].peer_tokens
    assert found.limit > 0
    assert "elman, 128" in done.out
    assert MEASURED.parent.name == "runs"
