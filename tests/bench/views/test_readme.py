"""The README's examples run as they stand, and its tables are those of the baseline."""

from __future__ import annotations

import re
import shutil
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import pandas as pd
import pytest

from bench.__main__ import main
from bench.commands.readme import all_blocks
from bench.records.store import read_records
from bench.spec.catalogue import ROOT
from bench.spec.errors import RequestError, WorkError
from bench.views.charts.material import read_run
from bench.views.readme import refresh
from models import MODELS
from tasks import TASKS

README = ROOT / "README.md"
ALL = all_blocks()
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
    with pytest.raises(WorkError, match=r"unknown block 'board'; choose from: figure, goals, horizons, leaderboard"):
        refresh(page, tmp_path, ALL)


def of_quick(folder: Path, page: str, text: str) -> list[str]:
    """Return the lines of a page's block once it is refreshed, beside the records of quick."""
    shutil.copytree(ROOT / "results" / "baseline" / "quick", folder / "results" / "baseline" / "quick")
    path = folder / page
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"<!-- Written by hand -->\n<!-- {text} -->\nold\n<!-- end -->\nafter\n")
    assert refresh(path, folder, ALL)
    assert not refresh(path, folder, ALL)
    first, start, *lines, end, after = path.read_text().splitlines()
    assert (first, end, after) == ("<!-- Written by hand -->", "<!-- end -->", "after")
    assert start == f"<!-- {text} -->"
    return lines


def test_a_leaderboard_can_be_limited_to_columns_and_rows(tmp_path: Path) -> None:
    asked = "leaderboard results/baseline/quick columns=task,model,inside,extrapolation,l99 rows=12"
    header, _, *rows = of_quick(tmp_path, "README.md", asked)
    assert header == "| task | model | in-distribution | extrapolation | L99 |"
    board = pd.read_csv(ROOT / "results" / "baseline" / "quick" / "leaderboard.csv")
    tasks = board["task"].nunique()
    assert len(rows) == 12 // tasks * tasks
    best = board.groupby("task").head(12 // tasks)
    assert [row.split(" | ")[1] for row in rows] == best["model"].tolist()
    assert [row.split(" | ")[0].strip("| ") for row in rows if not row.startswith("|  |")] == sorted(set(board["task"]))


def test_a_leaderboard_of_one_task_and_a_table_of_some_lengths(tmp_path: Path) -> None:
    rows = of_quick(tmp_path / "one", "page.md", "leaderboard results/baseline/quick copy rows=3")
    assert len(rows) == 2 + 3
    assert rows[2].startswith("| copy | ")
    rows = of_quick(tmp_path / "other", "page.md", "lengths results/baseline/quick copy columns=20,10,100 rows=2")
    assert rows[0] == "| model | **10** | 20 | 100 |"
    assert len(rows) == 2 + 2


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("leaderboard results/baseline/quick columns=task,speed", "unknown column 'speed'"),
        ("leaderboard results/baseline/quick nothing", "no task 'nothing'"),
        ("lengths results/baseline/quick nothing", "no task 'nothing'"),
        ("texts results/baseline/quick", "no language model"),
        ("leaderboard results/nowhere", "no records"),
    ],
)
def test_what_a_block_cannot_show_is_named(asked: str, named: str, tmp_path: Path) -> None:
    with pytest.raises((WorkError, RequestError), match=re.escape(named)):
        of_quick(tmp_path, "README.md", asked)


@pytest.mark.parametrize(("page", "link"), [("README.md", "results"), ("docs/results.md", "../results")])
def test_figures_are_linked_from_where_the_page_lies(page: str, link: str, tmp_path: Path) -> None:
    (line,) = of_quick(tmp_path, page, "figure results/baseline/quick length-copy")
    assert line.endswith(f"]({link}/baseline/quick/figures/length-copy.png)")
    assert (tmp_path / "results" / "baseline" / "quick" / "figures" / "length-copy.png").is_file()


def test_a_block_of_horizons_links_to_the_sections_of_a_page(tmp_path: Path) -> None:
    _, _, *lines = of_quick(tmp_path, "README.md", "horizons results/baseline/quick docs/page.md")
    board = pd.read_csv(ROOT / "results" / "baseline" / "quick" / "leaderboard.csv")
    rows = {line.split("|")[1].strip(): line for line in lines}
    assert len(rows) == board["task"].nunique()
    best = board[board["task"] == "variable_copy"].sort_values("l99").iloc[-1]
    line = rows["[variable_copy](docs/page.md#variable_copy)"]
    assert re.search(rf"\| `{best['model']}` \| (>= )?{best['l99']} \(", line)


def test_a_limited_block_of_horizons_has_the_rows_that_most_seeds_solve(tmp_path: Path) -> None:
    asked = "horizons results/baseline/quick docs/page.md columns=task,solved_there"
    whole, limited = (
        [line.split("|")[1:3] for line in of_quick(tmp_path / name, "README.md", f"{asked}{rows}")[2:]]
        for name, rows in (("whole", ""), ("limited", " rows=3"))
    )

    def solved(row: list[str]) -> int:
        return int(row[1].split("/")[0])

    assert sorted(map(solved, whole), reverse=True)[:3] == [solved(row) for row in limited]
    assert [row for row in whole if row in limited] == limited != whole[:3]


def test_the_readme_shows_a_model_and_a_task() -> None:
    assert sorted(name for _, name in FILES) == ["double.py", "my_gru.py"]
    assert len(COMMANDS) == 2


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_each_plug_in_command_runs(command: str, example_files: Path, tmp_path: Path) -> None:
    if command.split()[2].removesuffix(".py") in {*MODELS, *TASKS}:
        pytest.skip("the plug-in was moved into its folder")
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
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    pages = [Path(shutil.copy(README, tmp_path)), *sorted((tmp_path / "docs").glob("*.md"))]
    shutil.copytree(ROOT / "results" / "baseline", tmp_path / "results" / "baseline")
    found = sorted((ROOT / "results").glob("baseline/*/figures/*.png"))
    drawn = [figure for figure in found if not figure.name.startswith("lesson-")]
    assert drawn
    for figure in drawn:
        (tmp_path / figure.relative_to(ROOT)).unlink()
    read = lru_cache(read_run)
    for page in pages:
        assert not refresh(page, tmp_path, ALL, read), f"{page.name} is stale: run `make readme`"
    pinned = re.search(r"^matplotlib==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert pinned
    for figure in drawn:
        again = tmp_path / figure.relative_to(ROOT)
        assert again.is_file(), "no longer shown: remove it"
        if metadata.version("matplotlib") == pinned[1]:  # another version draws other pixels
            assert again.read_bytes() == figure.read_bytes(), "stale: run `make readme`"
