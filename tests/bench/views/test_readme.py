"""The README's examples run as they stand, and its tables are those of the baseline."""

from __future__ import annotations

import re
import shutil
from importlib import metadata
from pathlib import Path

import pandas as pd
import pytest

from bench.__main__ import main
from bench.records.store import read_records
from bench.spec.catalogue import ROOT
from bench.spec.errors import WorkError
from bench.views.readme import refresh

README = ROOT / "README.md"
FILES = re.findall(r'```python\n("""(\w+\.py):.*?)```', README.read_text(encoding="utf-8"), re.DOTALL)
COMMANDS = re.findall(r"^python -m bench (run --plugin .*)$", README.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.fixture
def example_files(tmp_path: Path) -> Path:
    for text, name in FILES:
        (tmp_path / name).write_text(text)
    return tmp_path


def test_an_unknown_block_is_named_with_those_that_exist(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "results" / "baseline" / "quick", tmp_path / "results" / "baseline" / "quick")
    page = tmp_path / "README.md"
    page.write_text("<!-- board results/baseline/quick -->\n<!-- end -->\n")
    with pytest.raises(WorkError, match=r"unknown block 'board'; choose from: figure, horizons, leaderboard, lengths"):
        refresh(page, tmp_path)


def test_a_block_of_horizons_links_to_the_sections_of_a_page(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "results" / "baseline" / "quick", tmp_path / "results" / "baseline" / "quick")
    page = tmp_path / "README.md"
    page.write_text("<!-- horizons results/baseline/quick docs/page.md -->\n<!-- end -->\n")
    assert refresh(page, tmp_path)
    board = pd.read_csv(ROOT / "results" / "baseline" / "quick" / "leaderboard.csv")
    rows = {line.split("|")[1].strip(): line for line in page.read_text().splitlines()[3:-1]}
    assert len(rows) == board["task"].nunique()
    best = board[board["task"] == "variable_copy"].sort_values("l99").iloc[-1]
    line = rows["[variable_copy](docs/page.md#variable_copy)"]
    assert f"| `{best['model']}` | {best['l99']} (" in line


def test_the_readme_shows_a_model_and_a_task() -> None:
    assert sorted(name for _, name in FILES) == ["double.py", "my_gru.py"]
    assert len(COMMANDS) == 2


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_each_plug_in_command_runs(command: str, example_files: Path, tmp_path: Path) -> None:
    words = [str(example_files / word) if word.endswith(".py") else word for word in command.split()]
    out = tmp_path / "out"
    options = ["--out", str(out), "--steps", "3", "--seeds", "1", "--jobs", "1", "--device", "cpu"]
    assert main([*words, *options]) == 0
    records, problems = read_records(out / "records")
    assert not problems
    assert {"my_gru", "double"} & {
        name for record in records for name in (record["spec"]["task"], record["spec"]["model"])
    }


@pytest.mark.slow
def test_tables_and_figures_are_those_of_the_baseline(tmp_path: Path) -> None:
    shutil.copy(README, tmp_path)
    shutil.copytree(ROOT / "results" / "baseline", tmp_path / "results" / "baseline")
    found = sorted((ROOT / "results").glob("baseline/*/figures/*.png"))
    drawn = [figure for figure in found if not figure.name.startswith("lesson-")]
    assert drawn
    for figure in drawn:
        (tmp_path / figure.relative_to(ROOT)).unlink()
    assert not refresh(tmp_path / "README.md", tmp_path), "stale: run `make readme`"
    pinned = re.search(r"^matplotlib==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert pinned
    for figure in drawn:
        again = tmp_path / figure.relative_to(ROOT)
        assert again.is_file(), "no longer shown: remove it"
        if metadata.version("matplotlib") == pinned[1]:  # another version draws other pixels
            assert again.read_bytes() == figure.read_bytes(), "stale: run `make readme`"
