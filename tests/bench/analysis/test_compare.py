"""`compare`: what became of every cell, the exit code, and one line for what cannot be compared."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pandas as pd
import pytest
from compared_runs import ALL_RIGHT, SOURCES, Command, make
from harness import in_process, one_line, record

from bench.analysis.compare import compare
from bench.records.store import write_record


def read_from(folder: Path, source: str) -> Path:
    """Return what to name so that a run is read from its records or from one of its tables."""
    return folder if source == "records" else folder / source


def verdicts(base: Path, new: Path, *only: list[str] | None) -> dict[tuple[str, str, str], str]:
    cells = compare(base, new, 0.02, *(only or (None, None))).cells
    return {(row["task"], row["model"], row["length"]): row["verdict"] for row in cells.to_dict("records")}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Command:
    return lambda *words: in_process(capsys, "compare", *words)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A run of two pairs, each with cells enough to be quiet."""
    return make(make(tmp_path / "base"), "lstm", {3: 100, 4: 70, 6: 2})


def copied(base: Path, name: str = "new") -> Path:
    return Path(shutil.copytree(base, base.parent / name))


@pytest.mark.parametrize("source", SOURCES)
def test_an_identical_run_is_no_regression(source: str, base: Path, run: Command) -> None:
    done = run(read_from(base, source), read_from(copied(base), source))
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("no regression: of ")
    assert "(tolerance 2 points)" in done.out
    assert set(verdicts(read_from(base, source), read_from(base, source)).values()) == {"same"}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(SOURCES[:2], repeat=2)))
def test_records_and_their_table_by_length_say_the_same(before: str, after: str, base: Path) -> None:
    new = make(copied(base), "gru", {3: 100, 4: 100, 6: 0})
    found = verdicts(read_from(base, before), read_from(new, after))
    assert found == verdicts(base, new)
    assert [cell for cell, verdict in found.items() if verdict != "same"] == [("copy", "gru", "6")]


@pytest.mark.parametrize("source", SOURCES)
def test_worse_and_better_are_told_apart(source: str, base: Path, run: Command) -> None:
    new = make(copied(base), "gru", dict.fromkeys(ALL_RIGHT, 0))
    before, after = read_from(base, source), read_from(new, source)
    lengths = ["beyond", "inside"] if source == "leaderboard.csv" else ["3", "4", "6"]
    for one, other, verdict in ((before, after, "worse"), (after, before, "better")):
        found = verdicts(one, other)
        assert sorted(cell for cell, said in found.items() if said != "same") == [("copy", "gru", n) for n in lengths]
        assert {said for said in found.values() if said != "same"} == {verdict}
    worse, better = run(before, after), run(after, before)
    assert (worse.code, better.code) == (1, 0)
    assert f"REGRESSION: of {2 * len(lengths)} cells {len(lengths)} got worse, {len(lengths)} no different" in worse.out
    assert f"no regression: of {2 * len(lengths)} cells {len(lengths)} got better" in better.out
    for word in ("copy", "gru", "100.0 ± 0.0 (3)", "0.0 ± 0.0 (3)"):
        assert word in worse.out


def test_a_pair_that_one_run_lacks_leaves_the_others_to_be_compared(base: Path, run: Command) -> None:
    new = make(base.parent / "new", "gru", {3: 100, 4: 100, 6: 0})
    found = verdicts(base, new)
    assert found["copy", "gru", "6"] == "worse"
    assert found["copy", "gru", "3"] == "same"
    assert {found["copy", "lstm", n] for n in "346"} == {"missing"}
    back = verdicts(new, base)
    assert back["copy", "gru", "6"] == "better"
    assert {back["copy", "lstm", n] for n in "346"} == {"new"}
    done = run(base, make(base.parent / "fewer"))
    assert done.code == 1
    assert "3 missing" in done.out
    assert run(base.parent / "fewer", base).code == 0


def test_a_length_that_is_no_longer_evaluated_is_missing(base: Path, run: Command) -> None:
    shutil.rmtree(base)
    make(base)
    fewer = make(base.parent / "fewer", "gru", {3: 100, 6: 100})
    assert verdicts(base, fewer) == {
        ("copy", "gru", "3"): "same",
        ("copy", "gru", "4"): "missing",
        ("copy", "gru", "6"): "same",
    }
    assert verdicts(fewer, base)["copy", "gru", "4"] == "new"
    done = run(base, fewer)
    assert done.code == 1
    assert "no longer evaluated" in done.out


def test_seeds_that_newly_diverged_are_a_regression_and_old_ones_are_none(base: Path, run: Command) -> None:
    new = copied(base)
    write_record(new / "records", record({3: 100, 4: 70, 6: 2}, model="lstm", seed=1, status="diverged"))
    found = verdicts(base, new)
    assert {found["copy", "lstm", n] for n in "346"} == {"diverged"}
    assert {found["copy", "gru", n] for n in "346"} == {"same"}
    done = run(base, new)
    assert done.code == 1
    assert "1 of 3 seeds diverged" in done.out
    assert run(new, base).code == 0
    assert run(new, new).code == 0


CHANGES = {
    "task version changed": {"task_version": 2},
    "evaluation set changed": {"evaluation_hash": "other"},
}


@pytest.mark.parametrize("reason", CHANGES)
@pytest.mark.parametrize("source", SOURCES)
def test_what_changed_is_not_compared(source: str, reason: str, base: Path, run: Command) -> None:
    new = make(copied(base), "gru", dict.fromkeys(ALL_RIGHT, 0), **CHANGES[reason])
    before, after = read_from(base, source), read_from(new, source)
    found = verdicts(before, after)
    assert {verdict for (_, model, _), verdict in found.items() if model == "gru"} == {"not comparable"}
    assert {verdict for (_, model, _), verdict in found.items() if model == "lstm"} == {"same"}
    done = run(before, after)
    assert done.code == 0
    assert reason in done.out
    one_line(run(before, after, "--models", "gru"), "can be compared", reason)


def test_a_run_on_a_gpu_is_compared_with_one_on_a_processor(base: Path, run: Command) -> None:
    same = make(base.parent / "same", device="NVIDIA H100")
    done = run(base, same, "--models", "gru")
    assert done.code == 0
    assert "trained on cpu before, on NVIDIA H100 now" in done.out
    worse = make(base.parent / "worse", "gru", dict.fromkeys(ALL_RIGHT, 0), device="NVIDIA H100")
    assert set(verdicts(base, worse, None, ["gru"]).values()) == {"worse"}
    assert "trained on" not in run(same, worse).out


def test_runs_without_a_common_cell_are_one_line(base: Path, run: Command) -> None:
    other = make(base.parent / "other", "elman")
    one_line(run(base, other), "share no cell", "other")
    one_line(run(base / "by_length.csv", base / "leaderboard.csv"), "can be compared")


def test_only_the_tasks_and_models_named_are_compared(base: Path, run: Command) -> None:
    worse = make(copied(base), "gru", dict.fromkeys(ALL_RIGHT, 0))
    make(base, "gru(hidden=8,layers=2)")
    assert run(base, worse, "--models", "lstm").code == 0
    assert run(base, worse, "--tasks", "copy", "--models", "lstm,gru").code == 1
    assert {model for _, model, _ in verdicts(base, base, None, ["gru(hidden=8,layers=2)"])} == {
        "gru(hidden=8,layers=2)"
    }
    done = run(base, base, "--models", "gru(hidden=8,layers=2),lstm")
    assert "of 6 cells 6 no different" in done.out
    one_line(run(base, worse, "--tasks", "addition"), "holds no cell of the tasks and models named")
    one_line(run(base, worse, "--tasks", ","), "--tasks")


@pytest.mark.parametrize(("tolerance", "code"), [((), 1), (("--tolerance", "9.9"), 1), (("--tolerance", "10.5"), 0)])
def test_drops_up_to_the_tolerance_are_none(
    tolerance: tuple[str, ...], code: int, tmp_path: Path, run: Command
) -> None:
    base, new = (make(tmp_path / f"r{right}", rights={3: right}, seeds=range(5)) for right in (100, 90))
    for folder in (base, new):
        table = pd.read_csv(folder / "by_length.csv")
        table.assign(examples=10**6, seeds_sd=1e-5).to_csv(folder / "by_length.csv", index=False)
    assert run(base / "by_length.csv", new / "by_length.csv", *tolerance).code == code


@pytest.mark.parametrize("tolerance", ["-1", "101", "nan", "much"])
def test_a_tolerance_is_points(tolerance: str, base: Path, run: Command) -> None:
    one_line(run(base, base, "--tolerance", tolerance), "--tolerance")


def test_the_base_is_by_default_the_baseline_of_the_runs_name(
    base: Path, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.commands.places.BASELINE", base.parent / "baselines")
    shutil.copytree(base, base.parent / "baselines" / "quick")
    assert run(copied(base, "quick")).code == 0
    make(base.parent / "quick", "gru", dict.fromkeys(ALL_RIGHT, 0))
    assert run(base.parent / "quick").code == 1
    one_line(run(base), "no baseline", "base")


def test_cells_of_few_examples_are_not_tested(base: Path) -> None:
    made = record({3: 9, 4: 100})
    for folder, right in ((base, 9), (base.parent / "new", 0)):
        for seed in range(3):
            made = record({3: right, 4: 100}, model="few", seed=seed)
            made["by_length"]["3"] |= {"examples": 9, "tokens": 90}
            write_record(folder / "records", made)
    found = verdicts(base, base.parent / "new")
    assert (found["copy", "few", "3"], found["copy", "few", "4"]) == ("too few examples", "same")


@pytest.mark.parametrize("source", SOURCES[1:])
def test_names_are_never_read_as_numbers_or_as_nothing(source: str, tmp_path: Path) -> None:
    for name in ("null", "NA", "001", "nan"):
        make(tmp_path / "run", name)
    found = verdicts(tmp_path / "run", read_from(tmp_path / "run", source)) if source == SOURCES[1] else {}
    found |= verdicts(read_from(tmp_path / "run", source), read_from(tmp_path / "run", source))
    assert set(found.values()) == {"same"}
    assert {model for _, model, _ in found} == {"null", "NA", "001", "nan"}


def test_markdown_is_tables_that_names_with_a_bar_do_not_break(base: Path, run: Command) -> None:
    for name in ("bar|bar", "gone|gone"):
        make(base, name)
    new = make(make(base.parent / "new", "bar|bar", dict.fromkeys(ALL_RIGHT, 0)), "gru")
    make(new, "lstm", {3: 100, 4: 70, 6: 2}, status="diverged")
    done = run(base, new, "--markdown")
    assert done.code == 1
    assert done.out.startswith("**REGRESSION: of 12 cells 3 got worse, 3 newly diverged, 3 missing, 3 no different")
    blocks = [block.splitlines() for block in done.out.split("\n\n") if block.startswith("|")]
    assert len(blocks) == 3
    for lines in blocks:
        assert set(lines[1]) <= set("|-: ")
        assert len({line.replace("\\|", "").count("|") for line in lines}) == 1
    assert "bar\\|bar" in done.out
    assert "| 100.0 ± 0.0 (3) | 0.0 ± 0.0 (3) |" in done.out


def test_markup_in_names_is_printed_as_it_stands(base: Path, run: Command) -> None:
    make(base, "mine[/red]")
    assert "mine[/red]" in run(base, make(base.parent / "new")).out


def test_files_that_are_no_records_are_noted(base: Path, run: Command) -> None:
    new = copied(base)
    (new / "records" / "mine.json").write_text("{")
    done = run(base, new)
    assert done.code == 0
    assert "mine.json" in done.out
