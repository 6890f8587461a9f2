"""The command `claims`: the table, the page and the pictures of a run, the same each time."""

from __future__ import annotations

import re
import shutil
import struct
from importlib import metadata
from pathlib import Path

import pandas as pd
import pytest
from cases import absent
from harness import ROOT, in_process
from lesson_records import suite_records

from bench.analysis.frame import group
from bench.records.store import read_records, write_record
from bench.studies.claims.charts import drawing
from bench.studies.claims.claim import topics
from bench.studies.claims.judge import NO_RUNS
from bench.suites.suites import SUITES
from bench.trial.build import build_task
from bench.trial.protocols import protocol_of
from bench.views.charts.style import styled
from bench.views.html.page import write_report
from bench.views.tables import write_tables

BASELINE, PAGE = ROOT / "results" / "baseline" / "lessons", ROOT / "docs" / "claims.md"
COLUMNS = (  # other programs read them
    "lesson claim statement verdict test measure unit better scale a_runs b_runs a_mean b_mean bound difference "
    "low high a_seeds b_seeds met diverged lost a_values b_values evidence"
).split()
CLAIMS = [claim for topic in topics() for claim in topic.claims]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the records of a whole run, where a checkout has them."""
    root = tmp_path_factory.mktemp("checkout")
    for record in suite_records(3):
        write_record(root / "results" / "baseline" / "lessons" / "records", record)
    return root


def run_of(root: Path) -> Path:
    return root / "results" / "baseline" / "lessons"


def files_of(root: Path) -> dict[str, bytes]:
    """Return what the command wrote, by path."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.suffix != ".json"
    }


@pytest.mark.slow
def test_command_writes_table_page_and_pictures_the_same_each_time(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("claims", "--out", run_of(checkout), "--page", checkout / "docs" / "claims.md")
    stale = run_of(checkout) / "figures" / "lesson-of-yesterday.png"
    stale.parent.mkdir()
    stale.write_bytes(b"")
    done = in_process(capsys, *command)
    assert (done.code, done.err) == (0, "")
    assert "One hidden unit continues no sine." in done.out
    assert "claims.csv" in done.out
    first = files_of(checkout)
    assert in_process(capsys, *command).code == 0
    assert files_of(checkout) == first
    assert not stale.exists()
    page = first["docs/claims.md"].decode()
    own = first["results/baseline/lessons/lessons.md"].decode()
    assert own == page.replace("](../results/baseline/lessons/figures/", "](figures/")
    check_page(page, checkout / "docs")
    check_table(run_of(checkout) / "claims.csv")
    for topic in topics():
        for ending in ("png", "svg"):
            assert len(first[f"results/baseline/lessons/figures/lesson-{topic.name}.{ending}"]) > 4000
        width, height = struct.unpack(">II", first[f"results/baseline/lessons/figures/lesson-{topic.name}.png"][16:24])
        assert width <= 1000
        assert height <= 450


def check_page(page: str, folder: Path) -> None:
    """Each lesson is there with its claims, verdicts, why, runs, and a picture with words."""
    assert page.startswith("# ")
    assert "suite `lessons`, seeds 0-2, commit 0000000" in page
    anchors = re.findall(r'<a id="([\w-]+)"></a>', page)
    assert anchors == re.findall(r"\(#([\w-]+)\)", page) == [topic.name for topic in topics()]
    flat = " ".join(page.split())
    for topic in topics():
        assert topic.why in flat
        assert all(f"`{model}`" in page for _, model in topic.pairs)
    for claim in CLAIMS:
        assert page.count(claim.statement) == 2  # in the contents and in its section
    pictures = re.findall(r"!\[(.+?)\]\(([^)]+\.png)\)", page)
    assert len(pictures) == len(topics())
    assert all((folder / path).is_file() for _, path in pictures)
    assert all(re.search(r"\d", seen) for seen, _ in pictures)
    assert not re.search(r"\bnan\b|\binf\b", page)
    assert not re.search(r"\d{4}-\d\d-\d\d", page)


def check_table(path: Path) -> None:
    frame = pd.read_csv(path)
    assert frame.columns.tolist() == COLUMNS
    assert frame["claim"].tolist() == [claim.name for claim in CLAIMS]
    assert set(frame["verdict"]) <= {"holds", "false", "not shown"}
    assert (frame["low"] <= frame["difference"] + 1e-9).all()
    assert (frame["difference"] <= frame["high"] + 1e-9).all()
    assert (frame["a_seeds"] == 3).all()
    assert frame.loc[frame["claim"] == "one-unit", "a_values"].item() == "0:0 1:0 2:0"
    assert frame.loc[frame["test"] == "paired difference", "b_runs"].notna().all()


@pytest.mark.slow
def test_a_run_of_some_pairs_is_judged_as_far_as_it_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for record in suite_records(2):
        if record["task"] == "sine":
            write_record(tmp_path / "records", record)
    assert in_process(capsys, "claims", "--out", tmp_path).code == 0
    frame = pd.read_csv(tmp_path / "claims.csv")
    assert (frame["verdict"] != NO_RUNS).sum() == 3
    assert frame["evidence"].str.contains("python -m bench run --suite lessons").sum() == len(CLAIMS) - 3
    assert [path.name for path in sorted((tmp_path / "figures").iterdir())] == [
        "lesson-sine-units.png",
        "lesson-sine-units.svg",
    ]
    assert "without runs" in (tmp_path / "lessons.md").read_text()


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_a_terminal_shows_every_claim_whole(
    columns: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"COLUMNS": str(columns), "FORCE_COLOR": "1", "TERM": "xterm"}.items():  # as on a terminal
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("bench.studies.claims.write.drawing", lambda *_: None)
    write_record(tmp_path / "records", suite_records(1)[0])
    done = in_process(capsys, "claims", "--out", tmp_path)
    assert (done.code, done.err) == (0, "")
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in done.out.splitlines()]
    table = [line for line in lines if "│" in line]
    assert all(len(line) <= columns for line in table)
    said = "".join(line.split("│")[2].strip().replace(" ", "") for line in table)
    assert all(claim.statement.replace(" ", "") in said for claim in CLAIMS)


def test_the_old_name_of_the_command_works_and_says_the_new_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = (in_process(capsys, name, "--out", tmp_path) for name in ("lessons", "claims"))
    assert (old.code, old.out) == (new.code, new.out)
    assert old.err == f"note: `lessons` is now called `claims`\n{new.err}"


def test_a_folder_without_records_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = in_process(capsys, "claims", "--out", tmp_path)
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert "python -m bench run --suite lessons" in done.err


@pytest.mark.slow
@styled()
def test_all_that_a_picture_writes_lies_within_it() -> None:
    groups, _ = group(suite_records(3))
    for topic in topics():
        drawn = drawing(topic, groups)
        assert drawn
        figure = drawn.figure()
        box = figure.get_tightbbox()
        width, height = figure.get_size_inches()
        assert min(box.x0, box.y0) >= 0, topic.name
        assert box.x1 <= width, topic.name
        assert box.y1 <= height, topic.name


@pytest.mark.slow
def test_pictures_are_drawn_of_runs_that_diverged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for record in suite_records(2):
        if record["seed"] or record["task"] in ("copy", "sine") or record["model"] == "rnn(stream)":
            record["status"] = "diverged"
            record["curve"] = [{"step": 100, "loss": None, "exact": None}]
            record["timing"]["look_seconds"] = [1.0]
            for score in record["by_length"].values():
                score |= {"right": 0, "nats": None, "nrmse": None}
            for sample in record["samples"]:
                if record["kind"] == "values":
                    sample["written"] = [None] * len(sample["written"])
        write_record(tmp_path / "records", record)
    assert in_process(capsys, "claims", "--out", tmp_path).code == 0
    assert read_records(tmp_path / "records")[1] == []
    assert "diverged" in (tmp_path / "lessons.md").read_text()
    assert not re.search(r"\bnan\b", (tmp_path / "lessons.md").read_text())


@pytest.mark.slow
def test_committed_page_table_and_pictures_are_those_of_the_committed_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not (BASELINE / "records").is_dir():
        pytest.skip("results/baseline/lessons does not exist yet: run `make lessons`")
    shutil.copytree(BASELINE / "records", run_of(tmp_path) / "records")
    page = tmp_path / "docs" / "claims.md"
    assert in_process(capsys, "claims", "--out", run_of(tmp_path), "--page", page).code == 0
    assert page.read_bytes() == PAGE.read_bytes(), "stale: run `make lessons`"
    for name in ("claims.csv", "lessons.md"):
        assert (run_of(tmp_path) / name).read_bytes() == (BASELINE / name).read_bytes(), "stale: run `make lessons`"
    drawn = sorted(path.name for path in (BASELINE / "figures").glob("lesson-*"))
    assert drawn == sorted(path.name for path in (run_of(tmp_path) / "figures").iterdir())
    pinned = re.search(r"^matplotlib==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert pinned
    if metadata.version("matplotlib") == pinned[1]:  # another version draws other pixels
        for name in drawn:
            assert (run_of(tmp_path) / "figures" / name).read_bytes() == (BASELINE / "figures" / name).read_bytes()


def test_a_run_of_the_lessons_has_tables_and_a_report(tmp_path: Path) -> None:
    for record in suite_records():
        write_record(tmp_path / "records", record)
    _, board, problems = write_tables(tmp_path, "lessons")
    assert not problems
    assert set(board["task"]) == {spec.row for spec in SUITES["lessons"].specs}
    assert write_report(tmp_path, "lessons").stat().st_size > 10_000


def test_a_row_of_a_table_holds_one_kind_of_records() -> None:
    for suite in SUITES.values():
        kinds: dict[str, set[str]] = {}
        for spec in suite.specs:
            if not absent(spec.task):
                task = build_task(spec.task, spec.task_settings)
                kinds.setdefault(spec.row, set()).add(protocol_of(task).kind(task))
        assert all(len(found) == 1 for found in kinds.values()), suite.name
